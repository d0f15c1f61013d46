import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest

from core.curate import exchange
from core.curate.exchange.registry import FORMATS
from core.errors import Error
from core.importers import import_path
from core.project import edits, query, records
from core.project.predictions import Said, replace
from core.project.store import Store
from tests.core.conftest import finish
from tests.core.curate.exchange.conftest import NAMES, facts, ids


def out(store: Store, place: Path, format: str, where: str = "") -> exchange.ExportReport:
    report: exchange.ExportReport = finish(exchange.export(store, place, format, query.parse(where)))
    return report


def into(store: Store, place: Path, conflicts: str = "ours", dry_run: bool = False) -> exchange.MergeReport:
    report: exchange.MergeReport = finish(exchange.merge(store, place, conflicts, dry_run))
    return report


@pytest.mark.parametrize("format", ["csv", "jsonl", "label-studio"])
def test_files_bring_labels_tags_notes_and_rejection_to_the_same_images(
    format: str, ours: Store, theirs: Store, tmp_path: Path
) -> None:
    place = tmp_path / f"labels{FORMATS[format].suffix}"
    assert out(ours, place, format).images == len(NAMES)
    report = into(theirs, place)
    assert (report.matched, report.by_name, report.conflicts, report.unknown, report.unusable) == (8, 0, (), (), ())
    assert (report.labelled, report.written) == (7, True)
    assert facts(theirs) == facts(ours)
    again = into(theirs, place)
    assert (again.changed, again.equal, again.written) == (0, 8, False)


@pytest.mark.parametrize("format", ["imagefolder", "imagefolder-links", "huggingface"])
def test_folders_bring_all_but_what_they_have_no_place_for(
    format: str, ours: Store, theirs: Store, tmp_path: Path
) -> None:
    expected = facts(ours)
    report = out(ours, tmp_path / "set", format)
    assert report.images == (7 if format == "huggingface" else 6)
    assert "1 rejected image is left out" in report.notices[0]
    into(theirs, tmp_path / "set")
    missing = {content for content, fact in facts(theirs).items() if fact != expected[content]}
    rejected = {content for content, fact in expected.items() if fact[-1]}
    bare = {content for content, fact in expected.items() if fact[0] is None}
    assert missing == (rejected if format == "huggingface" else rejected | bare)


def test_one_edit_is_undone_with_the_classes_it_brought(ours: Store, theirs: Store, tmp_path: Path) -> None:
    out(ours, tmp_path / "labels.csv", "csv")
    before, steps = facts(theirs), edits.next_undo(theirs)
    names = [known.name for known in records.classes(theirs)]
    into(theirs, tmp_path / "labels.csv")
    assert edits.next_undo(theirs) == "Import labels of 8 images from labels.csv"
    edits.undo(theirs)
    assert (facts(theirs), edits.next_undo(theirs)) == (before, steps)
    assert [known.name for known in records.classes(theirs)] == names
    edits.redo(theirs)
    assert facts(theirs) == facts(ours)


def test_copies_of_one_content_with_other_labels_stay_apart_by_their_names(
    photos: Path, ours: Store, tmp_path: Path
) -> None:
    (photos / "cat" / "copy.png").write_bytes((photos / "dog" / "1.png").read_bytes())
    finish(import_path(ours, photos))
    out(ours, tmp_path / "labels.jsonl", "jsonl")
    before = {image.name: image.class_name for image in records.images(ours, ids(ours).values())}
    assert (before["cat/copy.png"], before["dog/1.png"]) == ("cat", "dog")
    assert into(ours, tmp_path / "labels.jsonl").equal == 9
    edits.label(ours, ids(ours).values(), None)
    into(ours, tmp_path / "labels.jsonl")
    assert before == {image.name: image.class_name for image in records.images(ours, ids(ours).values())}


def test_a_filter_says_which_images_go_out(ours: Store, tmp_path: Path) -> None:
    assert out(ours, tmp_path / "cats.csv", "csv", "class:cat").images == 3
    with (tmp_path / "cats.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == ["cat/1.png", "cat/2.png", "dog/2.png"]
    assert rows[0]["tags"] == "häßlich; sehr,night"
    with pytest.raises(Error, match="no images"):
        out(ours, tmp_path / "none.csv", "csv", "class:none split:test")


def test_splits_are_folders_and_images_without_one_are_apart(ours: Store, tmp_path: Path) -> None:
    id = ids(ours)
    edits.set_split(ours, {id["cat/1.png"]: "train", id["dog/1.png"]: "val", id["spare.png"]: "test"})
    out(ours, tmp_path / "folders", "imagefolder")
    assert files(tmp_path / "folders") == {
        *("labels.csv", "train/cat/1.png", "val/dog/1.png", "unsplit/cat/2.png", "unsplit/cat/2-2.png"),
        *("unsplit/a, b/ü ß.png", "unsplit/Übergröße 大/loose.png"),
    }
    out(ours, tmp_path / "hf", "huggingface")
    assert {"train/1.png", "validation/1.png", "test/spare.png", "test/metadata.jsonl"} <= files(tmp_path / "hf")
    lines = (tmp_path / "hf/validation/metadata.jsonl").read_text("utf-8").splitlines()
    row = json.loads(lines[0])
    assert (row["file_name"], row["label"], row["split"], row["tags"]) == ("1.png", "dog", "val", "")
    tables = [file.read_text("utf-8").splitlines() for file in (tmp_path / "hf").rglob("metadata.jsonl")]
    assert len({tuple(json.loads(line)) for lines in tables for line in lines}) == 1


def test_an_image_moved_to_another_folder_gets_its_class_and_keeps_its_tags(
    ours: Store, theirs: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "set"
    out(ours, folder, "imagefolder")
    (folder / "cat" / "1.png").rename(folder / "dog" / "moved.png")
    (folder / "ape").mkdir()
    (folder / "dog" / "1.png").rename(folder / "ape" / "1.png")
    into(theirs, folder)
    found = {image.name: (image.class_name, image.tags) for image in records.images(theirs, ids(theirs).values())}
    assert found["scan0.png"] == ("dog", ("häßlich; sehr", "night"))
    assert found["scan2.png"] == ("ape", ())


def test_links_are_the_images_themselves(photos: Path, ours: Store, tmp_path: Path) -> None:
    out(ours, tmp_path / "links", "imagefolder-links")
    assert os.path.samefile(tmp_path / "links" / "cat" / "1.png", photos / "cat" / "1.png")


def test_where_no_link_can_be_made_it_is_told(ours: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    report = out(ours, tmp_path / "symbolic", "imagefolder-links")
    assert "6 of the links are symbolic" in report.notices[0]
    assert into(ours, tmp_path / "symbolic").equal == 6
    monkeypatch.setattr(os, "symlink", refuse)
    with pytest.raises(Error, match="Neither hard nor symbolic links"):
        out(ours, tmp_path / "none", "imagefolder-links")
    assert not (tmp_path / "none").exists()


def test_predictions_of_a_run_go_to_label_studio(ours: Store, tmp_path: Path) -> None:
    id, cat = ids(ours)["dog/1.png"], records.class_named(ours, "cat").id
    one = np.array([0.75])
    replace(ours, "01-run", "x", Said(np.array([id]), np.array([cat]), one, one, np.array([-1]), one))
    report = out(ours, tmp_path / "tasks.json", "label-studio")
    tasks = {task["data"]["file"]: task for task in json.loads((tmp_path / "tasks.json").read_text("utf-8"))}
    said = tasks["dog/1.png"]["predictions"][0]
    assert (said["model_version"], said["score"]) == ("01-run", 0.75)
    assert said["result"][0]["value"] == {"choices": ["cat"]}
    assert tasks["dog/1.png"]["annotations"][0]["result"][0]["value"] == {"choices": ["dog"]}
    assert "annotations" not in tasks["spare.png"]
    assert tasks["a, b/ü ß.png"]["data"]["image"] == "/data/local-files/?d=photos/a%2C%20b/%C3%BC%20%C3%9F.png"
    assert f"DOCUMENT_ROOT={tmp_path}," in report.notices[0]


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
