"""What the import dialog says, from previews as the command gives them."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from core.importers.several import look_at
from studio import understood
from studio.understood import Column


def looked(*paths: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(json.dumps(asdict(look_at(paths))))
    return told


def draw(path: Path, shade: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), (shade, 0, 0)).save(path)
    return path


def test_a_folder_of_classes(tmp_path: Path) -> None:
    pets = tmp_path / "pets"
    for number, name in enumerate(("train/cat/1.png", "val/dog/2.png", "val/cat/3.png")):
        draw(pets / name, number)
    (pets / "val" / "cat" / "empty.png").touch()
    shown = understood.found([pets], looked(pets))
    assert shown.title == "pets"
    assert shown.lines == (
        "3 images, train and val folders, folders are classes",
        "The images stay where they are and are only read.",
    )
    assert shown.columns == (
        Column("2 classes", (("cat", 2), ("dog", 1))),
        Column("2 splits", (("train", 1), ("val", 2))),
    )
    assert shown.remarks == ("1 file left out, as it is empty (0 bytes): val/cat/empty.png",)
    assert [path.is_file() for path in shown.examples] == [True] * 3
    assert shown.button == "Import 3 images"


def test_several_with_one_that_cannot_be_imported(tmp_path: Path) -> None:
    pets = draw(tmp_path / "pets" / "cat" / "1.png").parents[1]
    loose = [draw(tmp_path / "a.png", 1), draw(tmp_path / "b.png", 2)]
    (tmp_path / "notes.txt").write_text("x")
    paths = [pets, *loose, tmp_path / "notes.txt"]
    shown = understood.found(paths, looked(*paths))
    assert shown.title == "pets and 3 more"
    assert shown.lines[:2] == ("pets: 1 image, folders are classes", "2 image files: 2 images, no labels")
    assert shown.columns == (Column("1 class", (("cat", 1), ("no class", 2))),)
    assert shown.remarks[0].startswith("notes.txt is nothing that can be imported.")
    assert shown.button == "Import 3 images"


def test_a_table_with_sources_and_targets(tmp_path: Path) -> None:
    for number in range(3):
        draw(tmp_path / "signs" / f"{number}.png", number)
    rows = "file,source,split,target:squares\n0.png,phone,test,1\n1.png,,train,2\n2.png,phone,,3\n"
    (tmp_path / "signs" / "labels.csv").write_text(rows)
    shown = understood.found([tmp_path / "signs"], looked(tmp_path / "signs"))
    assert shown.columns == (
        Column("1 source", (("phone", 2), ("no source", 1))),
        Column("2 splits", (("train", 1), ("test", 1), ("no split", 1))),
        Column("1 target", (("squares", -1),)),
    )


def test_images_of_which_none_can_be_used(tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "1.png").touch()
    shown = understood.found([tmp_path / "bad"], looked(tmp_path / "bad"))
    assert shown.lines[0].startswith("No image that can be used")
    assert (shown.button, shown.columns) == ("", ())


def test_a_look_that_was_cut_short_promises_no_number(tmp_path: Path) -> None:
    pets = draw(tmp_path / "pets" / "cat" / "1.png").parents[1]
    cut = looked(pets)
    cut["complete"] = cut["previews"][0]["complete"] = False
    shown = understood.found([pets], cut)
    assert shown.lines[0] == "At least 1 image, folders are classes"
    assert shown.button == "Import at least 1 image"
    assert shown.remarks == (
        "All images are in one folder, so all get its name as their class: cat.",
        "There is more than could be looked at now; the import goes through all of it.",
    )


@pytest.mark.parametrize(
    ("known", "button", "remark"),
    [
        (1, "Import 2 images", "1 image of these is in it already."),
        (3, "Look for changes", "3 images of these are in it already."),
    ],
)
def test_what_the_project_has_is_told(tmp_path: Path, known: int, button: str, remark: str) -> None:
    for number in range(3):
        draw(tmp_path / "pets" / f"{number}.png", number)
    shown = understood.found([tmp_path / "pets"], looked(tmp_path / "pets") | {"known": known})
    assert shown.button == button
    assert shown.remarks[0] == remark


def test_classes_beyond_the_list_are_counted(tmp_path: Path) -> None:
    for number in range(53):
        draw(tmp_path / "many" / f"{number}" / "1.png", number)
    (column,) = understood.found([tmp_path / "many"], looked(tmp_path / "many")).columns
    assert (column.head, len(column.rows), column.more) == ("53 classes", 50, "and 3 more")
