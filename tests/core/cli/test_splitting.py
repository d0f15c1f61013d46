"""`core split` by its exit code, output and what it leaves behind."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.cli.main import run
from core.project import plan, records
from core.project.catalog import add_images
from core.project.plan import SplitPlan
from core.project.store import Store
from tests.core.project.conftest import new_image


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A closed project of 40 images of two classes and four sources, in folders of ten."""
    with Store.create(tmp_path / "project") as store:
        found = [new_image(f"{n // 10}/{n}.png", label=str(n % 2), source=f"s{n % 4}") for n in range(40)]
        add_images(store, tmp_path, found)
    return tmp_path / "project"


@pytest.fixture
def say(root: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs `core split …` and returns its exit code, what it says and what it says on stderr."""

    def ask(*arguments: str) -> tuple[int, str, str]:
        ended = run(["split", *arguments, "-p", str(root)])
        said = capsys.readouterr()
        return ended, said.out, said.err

    return ask


def splits(root: Path) -> dict[str, int]:
    with Store.open(root, write=False) as store:
        return records.counts(store).splits


def test_a_dry_run_shows_and_changes_nothing(say: Any, root: Path) -> None:
    code, out, _ = say("--val", "0.25", "--by", "none", "--dry-run")
    assert code == 0
    assert "30 training, 10 validation" in out
    assert "15 train" in out
    assert "Nothing was changed." in out
    value = json.loads(say("--val", "0.25", "--by", "none", "--dry-run", "--json")[1])
    assert (value["dry_run"], value["train"], value["classes"]["0"]) == (True, 30, {"train": 15, "val": 5, "test": 0})
    assert splits(root)[""] == 40


def test_folds_hold_out_and_grouping_become_the_plan(say: Any, root: Path) -> None:
    value = json.loads(say("--folds", "4", "--fold", "2", "--by", "folder", "--json")[1])
    assert (value["train"], value["val"], value["torn_groups"]) == (30, 10, 0)
    say("--hold-out", "s1", "--hold-out", "s2", "--as", "test", "--val", "0.1", "--by", "none")
    with Store.open(root, write=False) as store:
        assert plan.current(store) == SplitPlan(val=0.1, hold_out=("s1", "s2"), held_as="test", group_by="none")
        assert records.counts(store).splits == {"train": 18, "val": 2, "test": 20, "": 0}


def test_the_lock_alone_divides_nothing_and_refuses_what_would_change_the_test_set(say: Any, root: Path) -> None:
    assert "There is no test set to lock." in say("--lock-test")[2]
    say("--val", "0.2", "--test", "0.2", "--by", "none")
    before = splits(root)
    assert say("--lock-test")[1] == "The test set of 8 images is locked.\n"
    code, _, problem = say("--test", "0.1")
    assert (code, "The test set is locked." in problem) == (1, True)
    assert splits(root) == before
    assert "the test set is locked" in say("--certificate")[1]
    assert say("--unlock-test")[0] == 0
    assert say("--test", "0.1", "--by", "none")[0] == 0


def test_the_certificate_is_shown_and_says_what_leaks(say: Any, root: Path) -> None:
    say("--by", "none")
    code, out, _ = say("--certificate")
    assert code == 0
    assert out.startswith("No group and no exact duplicate is in two splits. Near duplicates are not known: 0 of 40")
    value = json.loads(say("--certificate", "--json")[1])
    assert (value["clean"], value["groups"]["count"], value["near"]["count"]) == (None, 0, None)
    assert value["splits"] == {"train": 34, "val": 6, "test": 0}


def test_what_prevents_a_split_is_told(say: Any) -> None:
    code, _, problem = say("--hold-out", "s0", "--hold-out", "s1", "--hold-out", "s2", "--hold-out", "s3")
    assert code == 1
    assert "nothing is left to train on" in problem
    assert "source s0 (10 images of 0)" in problem
