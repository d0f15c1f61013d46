import json
from pathlib import Path

import pytest

from core.cli.main import run
from core.project import edits
from core.project.catalog import add_images
from core.project.store import Store
from tests.core.project.conftest import new_image


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """16 cats and 8 dogs, of which two have no label and one is rejected; two sources, two splits."""
    found = [
        new_image(f"{n:02}.png", label="dog" if n % 3 == 0 else "cat", source=("yard", None)[n % 2]) for n in range(24)
    ]
    with Store.create(tmp_path / "pets") as store:
        add_images(store, tmp_path, found)
        edits.label(store, [1, 2], None)
        edits.reject(store, [3])
        edits.set_split(store, {id: "val" if id > 18 else "train" for id in range(1, 25)})
    return tmp_path / "pets"


def test_the_table_is_aligned(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["balance", "-p", str(project)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["class", "all", "train", "val"]
    assert lines[2].split()[:4] == ["dog", "7", "31.8", "%"]
    assert lines[3].split() == ["unlabelled", "2", "2", "0"]
    assert len({len(line) for line in lines[:3]}) == 1
    assert "class  " in lines[5]
    assert "no source" in lines[5]
    said = "Largest difference between classes: class cat has 15 images, class dog has 7; 72.7 % of an average class."
    assert said in lines
    assert lines[-1] == "1 image of these rejected, so kept out of training."


def test_programs_get_all_numbers(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["balance", "-p", str(project), "--where", "source:yard", "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert (value["labelled"], value["unlabelled"]) == (11, 1)
    assert list(value["by_source"]) == ["yard"]
    assert value["by_split"]["val"]["counts"] == {"cat": 2, "dog": 1}
    assert value["between_splits"]["class_name"] in ("dog", "cat")
    assert value["between_sources"] is None


def test_nothing_to_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Store.create(tmp_path / "none").close()
    assert run(["balance", "-p", str(tmp_path / "none")]) == 0
    assert capsys.readouterr().out == "There are no such images.\n"
