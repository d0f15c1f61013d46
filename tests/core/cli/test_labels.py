import csv
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
    with Store.create(tmp_path / "pets") as store:
        add_images(store, tmp_path / "photos", [new_image(f"{n}.png", label=str(n % 2)) for n in range(6)])
        edits.label(store, [1], "1")
    return tmp_path / "pets"


def test_labels_go_out_by_the_name_of_the_file_and_a_filter(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "labels.csv"
    assert run(["labels", "export", str(place), "-p", str(project), "--where", "class:1"]) == 0
    assert capsys.readouterr().out.startswith("4 images in ")
    with place.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["file"], row["label"], row["labelled_by"]) for row in rows][:2] == [
        ("0.png", "1", "hand"),
        ("1.png", "1", "import"),
    ]
    assert run(["labels", "export", str(place), "-p", str(project)]) == 1
    assert "is there already" in capsys.readouterr().err
    assert run(["labels", "export", str(place), "-p", str(project), "--replace"]) == 0
    assert run(["labels", "export", str(tmp_path / "x.xml"), "-p", str(project)]) == 1
    assert "Say which one: csv, jsonl" in capsys.readouterr().err


def test_labels_come_in_with_a_report(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "theirs.csv").write_text("file,label\n0.png,ape\n1.png,ape\n7.png,ape\n")
    command = ["labels", "import", str(tmp_path / "theirs.csv"), "-p", str(project)]
    assert run([*command, "--dry-run", "--json", "--csv", str(tmp_path / "report.csv")]) == 0
    value = json.loads(capsys.readouterr().out)
    assert (value["written"], value["changed"], value["new_classes"]) == (False, 1, ["ape"])
    assert (value["conflicts_count"], value["conflicts"][0]["ours"]) == (1, "1")
    assert len((tmp_path / "report.csv").read_text().splitlines()) == 3
    assert run([*command, "--csv", str(tmp_path / "report.csv")]) == 1
    assert run(command) == 0
    text = capsys.readouterr().out
    assert "3 rows: 2 matched, 1 changed, 0 equal already" in text
    assert "label 1 here, ape in the file (line 2)" in text
    assert run([*command, "--conflicts", "theirs"]) == 0
    assert run(["label", "--undo", "-p", str(project)]) == 0
    assert "Undo: Import labels of image 1 from theirs.csv" in capsys.readouterr().out


def test_a_list_of_numbers_says_which_images_go_out(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers, place = tmp_path / "numbers", tmp_path / "labels.csv"
    numbers.write_text("2\n4\n5\n")
    command = ["labels", "export", str(place), "-p", str(project), "--ids", str(numbers)]
    assert run([*command, "--where", "class:1"]) == 0
    with place.open(newline="", encoding="utf-8") as file:
        assert [row["file"] for row in csv.DictReader(file)] == ["1.png", "3.png"]
    numbers.write_text("two\n")
    assert run([*command, "--replace"]) == 1
    assert "is no list of numbers of images" in capsys.readouterr().err
