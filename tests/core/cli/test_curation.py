"""`core check` and `core suspects` as people and programs see it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.cli.main import run
from core.project import edits
from core.project.store import Store
from tests.core.images.test_measures import scene

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """50 drawings: those of dogs are darker, two are copies under another class."""
    for n in range(50):
        file = tmp_path / "photos" / ("cat", "dog")[n % 2] / f"{n:02}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        scene(60, 45, seed=n).point(lambda value, dark=n % 2: value // 3 if dark else 80 + value // 2).save(file)
    for n in (0, 2):
        shutil.copy(tmp_path / "photos" / "cat" / f"{n:02}.png", tmp_path / "photos" / "dog" / f"copy {n}.png")
    assert run(["import", str(tmp_path / "photos"), "-p", str(tmp_path / "pets")]) == 0
    capsys.readouterr()
    return tmp_path / "pets"


def test_findings_as_a_table(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "-p", str(project)]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[0] == "52 images"
    (conflict,) = [line for line in lines if line.startswith("Different labels")]
    assert conflict.split()[2] == "4"
    assert conflict.endswith("  conflict")
    (duplicate,) = [line for line in lines if line.startswith("Equal files")]
    assert "(2 groups)" in duplicate
    assert any(line.startswith("Brightness alone tells the class of 9") for line in lines)
    assert "vary it within each class" in lines[-1]
    assert "Measuring images" in said.err


def test_findings_as_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "-p", str(project), "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert (value["images"], value["measured"]) == (52, 52)
    counts = {finding["word"]: finding["count"] for finding in value["findings"]}
    assert counts["conflict"] == counts["equal"] == 4
    assert [group["conflict"] for group in value["duplicates"]] == [True, True]
    assert "brightness" in {cue["name"] for cue in value["cues"] if cue["spurious"]}


def test_stopping_by_stdin_and_going_on(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-m", "core", "check", "-p", str(project), "--events"]
    stopped = subprocess.run(command, input="stop\n", capture_output=True, text=True, cwd=ROOT, check=False)
    assert stopped.returncode in (0, 130)  # it may have been quicker than the word
    with subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        last = json.loads(list(child.stdout)[-1])
    assert last["event"] == "Finished"
    assert last["result"]["measured"] == 52


def test_a_project_that_is_open_elsewhere_can_be_checked(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Store.open(project):
        assert run(["check", "-p", str(project), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["measured"] == 52


def test_an_empty_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["new", str(tmp_path / "empty")]) == 0
    assert run(["check", "-p", str(tmp_path / "empty")]) == 0
    assert "0 images" in capsys.readouterr().out


def test_suspects_as_a_table(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["suspects", "-p", str(project), "--top", "3"]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[0].startswith("52 labels compared; about ")
    assert len(lines[2:-2]) == 3
    assert lines[-1] == 'All of them: core list --where "suspect>=0.5 -checked"'
    assert "Measuring images" in said.err
    assert run(["list", "-p", str(project), "--where", "suspect>=0.5 -checked", "--json"]) == 0


def test_suspects_as_json_and_without_those_that_were_checked(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["suspects", "-p", str(project), "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert (value["images"], value["judged"], len(value["top"])) == (52, 52, 20)
    first = value["top"][0]
    assert first["label"] in ("cat", "dog")
    assert set(first["why"]) <= set(value["signals"]) == {"looks", "neighbours"}
    assert all(one["suspect"] <= first["suspect"] <= 1 for one in value["top"])
    with Store.open(project) as store:
        edits.tag(store, [first["id"]], "checked")
    assert run(["suspects", "-p", str(project), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)["top"]
    assert [one["id"] for one in again[:19]] == [one["id"] for one in value["top"][1:]]


def test_suspects_without_labels_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["new", str(tmp_path / "empty")]) == 0
    assert run(["suspects", "-p", str(tmp_path / "empty")]) == 1
    assert "too few labelled images" in capsys.readouterr().err
