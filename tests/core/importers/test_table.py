"""Importing tables, and the tables that lie in folders of images."""

import json
import os
from pathlib import Path

import pytest

from core.errors import Error
from core.events import Event, Notice
from core.importers import import_path
from core.project.records import columns, targets
from core.project.store import Store
from tests.core.importers.conftest import Draw, bring, names


@pytest.fixture
def photos(tmp_path: Path, draw: Draw) -> Path:
    for name in ("a.png", "b.png", "sub/c.png", "extra.png"):
        draw(tmp_path / "photos" / name)
    return tmp_path / "photos"


def told(sink: list[Event]) -> str:
    return " ".join(event.text for event in sink if isinstance(event, Notice))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels.csv", "file,label\na.png,cat\nb.png,dog\nsub/c.png,cat\n"),
        ("labels.csv", "\ufeff\"Image_Path\";\"Class\"\r\n\"a.png\";\"cat\"\r\nb.png;dog\r\n./sub/c.png;cat\r\n"),
        ("labels.tsv", "Category\tFilename\ncat\ta.png\ndog\tb.png\ncat\tsub\\c.png\n"),
        ("labels.CSV", ",path,target,x\n0,a.png,cat,1\n1,b.png,dog,2\n2,sub/c.png,cat,3"),
        ("x.csv", "image,label,label_name\na.png,0,cat\nb.png,1,dog\nsub/c.png,0,cat\n"),
        ("metadata.jsonl", '{"file_name": "a.png", "label": "cat"}\n\n{"label": "dog", "file_name": "b.png", "x": []}\n'
         '{"file_name": "sub/c.png", "label": "cat", "text": null}\n'),
    ],
)  # fmt: skip
def test_usual_shapes(store: Store, photos: Path, name: str, text: str) -> None:
    (photos / name).write_text(text, encoding="utf-8", newline="")
    report = bring(store, photos / name)
    assert (report.added, report.skipped) == (3, [])
    expected = {"a.png": ("cat", None), "b.png": ("dog", None), "sub/c.png": ("cat", None)}
    assert names(store) == expected
    again = bring(store, photos)
    assert (again.added, again.unchanged) == (0, 3)
    assert again.skipped == [("extra.png", f"{name} does not name it")]


def test_source_group_split_and_numbers(store: Store, photos: Path) -> None:
    rows = [{"image": "a.png", "label": 3, "source": "s", "group": 7, "split": "VALID", "target:Size": 2.5}]
    (photos / "x.ndjson").write_text("\n".join(map(json.dumps, [*rows, {"image": "b.png", "label": True}])))
    bring(store, photos / "x.ndjson")
    assert names(store) == {"a.png": ("3", "val"), "b.png": ("true", None)}
    assert store.read("SELECT group_name FROM image ORDER BY id") == [("7",), (None,)]
    assert targets(store, columns(store).ids).names == ("Size",)


def test_numbers_without_classes_become_targets(store: Store, photos: Path) -> None:
    (photos / "labels.csv").write_text("id,name,squares,Up,remark\n0,a.png,3,0.5,x\n1,b.png,,-1,\n")
    sink: list[Event] = []
    bring(store, photos, sink)
    found = targets(store, columns(store).ids)
    assert found.names == ("squares", "Up")
    assert found.values[:, 1].tolist() == [0.5, -1]
    assert "labels.csv has no column of classes; its numbers come in as targets: squares, Up." in told(sink)


def test_folders_say_what_the_table_has_no_column_for(store: Store, tmp_path: Path, draw: Draw) -> None:
    for name in ("train/cat/1.png", "train/dog/2.png", "val/cat/3.png"):
        draw(tmp_path / "pets" / name)
    (tmp_path / "pets" / "who.csv").write_text("path,source\ntrain/cat/1.png,me\ntrain/dog/2.png,you\n")
    report = bring(store, tmp_path / "pets")
    assert names(store) == {"train/cat/1.png": ("cat", "train"), "train/dog/2.png": ("dog", "train")}
    assert report.skipped == [("val/cat/3.png", "who.csv does not name it")]


def test_a_table_in_each_folder_of_a_split(store: Store, tmp_path: Path, draw: Draw) -> None:
    for name in ("train/1.png", "train/2.png", "test/1.png"):
        draw(tmp_path / "hub" / name)
    (tmp_path / "hub" / "train" / "metadata.csv").write_text("file_name,label\n1.png,x\n2.png,y\n")
    (tmp_path / "hub" / "test" / "metadata.csv").write_text("file_name,label\n1.png,y\n")
    bring(store, tmp_path / "hub")
    assert names(store) == {"train/1.png": ("x", "train"), "train/2.png": ("y", "train"), "test/1.png": ("y", "test")}


def test_tables_that_are_not_meant(store: Store, photos: Path) -> None:
    (photos / "notes.csv").write_text("day,weather\n1,fine\n")
    (photos / "gone.csv").write_text("file,label\nelsewhere.png,x\n")
    (photos / "empty.csv").touch()
    (photos / "binary.tsv").write_bytes(b"\xff\0\xff")
    (photos / "list.jsonl").write_text("[1, 2]")
    sink: list[Event] = []
    report = bring(store, photos, sink)
    assert (report.added, report.skipped) == (4, [])
    assert "5 other files are no pictures and were left out" in told(sink)


def test_two_tables_are_told(store: Store, photos: Path) -> None:
    for name in ("one.csv", "two.csv"):
        (photos / name).write_text(f"file,label\na.png,{name}\n")
    sink: list[Event] = []
    bring(store, photos, sink)
    assert told(sink).startswith("one.csv and two.csv both tell of the images beside them, so neither is used; import ")
    assert "left out" not in told(sink)
    assert names(store)["a.png"] == (None, None)


def test_manifest_is_preferred(store: Store, photos: Path) -> None:
    sink: list[Event] = []
    (photos / "labels.csv").write_text("file,label\na.png,x\n")
    (photos / "manifest.csv").write_text("file,label\na.png,y\n")
    bring(store, photos, sink)
    assert names(store) == {"a.png": ("y", None)}
    assert told(sink) == "1 other file is no picture and was left out (.csv 1)."


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        (
            "x.csv",
            b"photo,kind\na.png,1\n",
            r"^x\.csv in photos has no column “file”\. It has: photo, kind\.",
        ),
        ("x.csv", b"file,kind\na.png,big\n", r"^x\.csv in photos has no column “label”\. It has: file, kind\."),
        ("x.csv", b"", r"has no column “file”\. It is empty\."),
        (
            "x.tsv",
            b"file\tlabel\nz.png\t1\ny.png\t1",
            r"^None of the 2 files that x\.tsv names lies beside it\.",
        ),
        ("x.csv", b"file,label,split\na.png,1,maybe\n", "has the split “maybe” in line 2"),
        ("x.csv", b'file,label\na.png,"1\n', "cannot be read: line 2: unexpected end"),
        ("x.csv", b"file,label\n" + b"\xe9", "is not UTF-8 text: line 2"),
        ("x.jsonl", b'{"file": "a.png", "label": "x"}\n{"file": \n', r"line 2 is no JSON object\."),
        ("x.jsonl", b'[["file", "a.png"]]\n', r"line 1 is no JSON object\."),
        ("x.jsonl", b"[" * 100_000, r"line 1 is no JSON object\."),
        ("x.jsonl", b'{"n": ' + b"9" * 5000 + b"}", r"line 1 is no JSON object\."),
    ],
)
def test_what_is_wrong_is_told(store: Store, photos: Path, name: str, text: bytes, sentence: str) -> None:
    (photos / name).write_bytes(text)
    with pytest.raises(Error, match=sentence):
        bring(store, photos / name)
    assert names(store) == {}


def test_odd_names_in_a_table(store: Store, photos: Path, draw: Draw) -> None:
    odd = ["new\nline.png", "\N{PILE OF POO}.png", "a,b.png", '"q".png', " space.png"]
    for name in odd:
        draw(photos / "x.png").rename(photos / name)
    rows = [*odd, "../out.png", "/etc/passwd", "zero\0.png", "\ud800.png", "sub", "a.png", "./a.png", ""]
    (photos / "x.jsonl").write_text("\n".join(json.dumps({"file": name, "label": "\ud800x"}) for name in rows))
    report = bring(store, photos / "x.jsonl")
    assert {path for (path,) in store.read("SELECT path FROM image")} == {*map(os.fsencode, odd), b"a.png"}
    assert [reason.removeprefix("line ")[2:].strip() for _, reason in report.skipped] == [
        "of x.jsonl leads out of the folder",
        "of x.jsonl leads out of the folder",
        "of x.jsonl names it, but it is not there",
        "of x.jsonl names it, but it is not there",
        "of x.jsonl names it, but it is not there",
        "of x.jsonl names it a second time",
        "of x.jsonl names no file",
    ]


@pytest.mark.parametrize("stop_at", [1, 2, 3])
def test_closing_leaves_the_project_as_it_was(store: Store, photos: Path, stop_at: int) -> None:
    (photos / "x.csv").write_text("file,label\na.png,1\ngone.png,2\n")
    job = import_path(store, photos / "x.csv")
    for _ in range(stop_at):
        next(job)
    job.close()
    assert names(store) == {}


def test_the_real_shapes(store: Store, shared_data: Path) -> None:
    archive = shared_data / "gsn-shapes" / "data_gsn.zip"
    if not archive.is_file():
        pytest.skip("the shapes beside the repository (../shared/data/gsn-shapes) are absent")
    report = bring(store, archive)
    assert (report.added, report.skipped, report.classes) == (10000, [], ())
    held = targets(store, columns(store).ids)
    assert set(held.names) == {"squares", "circles", "up", "right", "down", "left"}
    assert (held.values.sum(1) == 10).all()
