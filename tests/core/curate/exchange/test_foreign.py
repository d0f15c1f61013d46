"""Files as other programs write them, after their own documentation."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from core.curate import exchange
from core.errors import Error
from core.project import records
from core.project.store import Store
from tests.core.conftest import finish
from tests.core.curate.exchange.conftest import ids


def choice(*names: str, control: str = "choice") -> dict[str, Any]:
    """A region of Label Studio."""
    region = {"id": "Dx_aB91ISN", "type": "choices", "origin": "manual", "to_name": "image", "from_name": control}
    return {**region, "value": {"choices": list(names)}}


def annotation(*regions: dict[str, Any], cancelled: bool = False) -> dict[str, Any]:
    facts = {"id": 7, "completed_by": 1, "was_cancelled": cancelled, "ground_truth": False, "lead_time": 4.2, "task": 1}
    return {**facts, "result": list(regions), "created_at": "2026-01-09T22:16:08.728353Z", "result_count": 0}


def task(number: int, image: str, *annotations: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": number,
        "data": {"image": image},
        "annotations": list(annotations),
        "drafts": [],
        "predictions": [{"model_version": "m", "score": 0.5, "result": [choice("fish")]}],
        "file_upload": image.rpartition("/")[2],
        "project": 83,
    }


def merged(store: Store, place: Path) -> exchange.MergeReport:
    report: exchange.MergeReport = finish(exchange.merge(store, place, "theirs"))
    return report


def labels(store: Store) -> dict[str, str | None]:
    return {image.name: image.class_name for image in records.images(store, ids(store).values())}


def test_label_studio(ours: Store, tmp_path: Path) -> None:
    tasks: list[Any] = [
        task(1, "/data/upload/1/0a1b2c3d-loose.png", annotation(choice("bird"))),
        task(2, "/data/local-files/?d=photos/cat/1.png", annotation(choice("bird")), annotation(choice("bird"))),
        task(3, "s3://bucket/photos/a%2C%20b/%C3%BC%20%C3%9F.png", annotation(choice("bird"))),
        task(4, "http://host/dog/1.png?x=1", annotation(choice("ape")), annotation(choice("bird"))),
        task(5, "/data/upload/1/ffffffff-spare.png", annotation(choice("bird"), cancelled=True)),
        task(6, "/data/upload/1/ffffffff-2.png", annotation(choice("bird"))),
        task(7, "dog/2.png", annotation(choice("bird", "ape"))),
        task(8, "dog/2.png", annotation(choice("sharp", control="quality"), choice("bird"))),
        task(9, "reject.png", annotation(choice("a", control="one"), choice("b", control="two"))),
        {"id": 10, "data": [], "annotations": {}},
        {"id": 11, "data": {"image": 5}, "annotations": [3]},
        "task",
    ]
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "export.json").write_text(json.dumps(tasks))
    report = merged(ours, tmp_path / "away" / "export.json")
    found = labels(ours)
    assert [found[name] for name in ("loose.png", "cat/1.png", "a, b/ü ß.png", "dog/2.png")] == ["bird"] * 4
    assert (found["spare.png"], found["dog/1.png"], found["reject.png"]) == (None, "dog", "dog")
    assert report.unknown == (("task 6 (data/upload/1/ffffffff-2.png)", "several images here have this name"),)
    assert dict(report.unusable) == {
        "task 4": "its annotations disagree: ape, bird",
        "task 7": "an annotation has several choices",
        "task 9": "its annotations are of several controls: one, two",
        "task 10": "its data is no object",
        "task 11": "its annotations are no list of objects",
        "task 12": "it is no object",
    }
    assert report.by_name == report.matched == 5


def test_label_studio_in_short_and_as_table(ours: Store, tmp_path: Path) -> None:
    rows = [
        {"image": "/data/upload/1/0a1b2c3d-loose.png", "id": 1, "choice": "bird", "annotator": 1, "lead_time": 4.2},
        {"image": "http://host/photos/cat/1.png", "id": 2, "choice": "bird", "annotator": 1, "lead_time": 1.0},
    ]
    (tmp_path / "min.json").write_text(json.dumps(rows))
    assert merged(ours, tmp_path / "min.json").relabelled == 2
    text = "annotation_id,annotator,choice,image\n1,1,ape,/data/upload/1/0a1b2c3d-loose.png\n"
    (tmp_path / "project-1.csv").write_text(text)
    assert merged(ours, tmp_path / "project-1.csv").relabelled == 1
    assert labels(ours)["loose.png"] == "ape"


def test_hugging_face_metadata_at_the_root_and_in_splits(ours: Store, photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "hf"
    (folder / "train").mkdir(parents=True)
    (folder / "test" / "deep").mkdir(parents=True)
    shutil.copy(photos / "cat/1.png", folder / "train" / "0001.png")
    shutil.copy(photos / "dog/1.png", folder / "test" / "deep" / "0001.png")
    (folder / "train" / "metadata.jsonl").write_text('{"file_name": "0001.png", "label": "bird", "text": "a bird"}\n')
    (folder / "test" / "metadata.csv").write_text("file_name,label,text\ndeep/0001.png,2,a bird\nabsent.png,2,x\n")
    report = merged(ours, folder)
    assert (labels(ours)["cat/1.png"], labels(ours)["dog/1.png"], report.by_name) == ("bird", "2", 0)
    assert report.unknown == (("test/metadata.csv line 3 (absent.png)", "no image here has this name"),)


def test_plain_class_folders_with_and_without_splits(ours: Store, photos: Path, tmp_path: Path) -> None:
    for place, name in (
        ("train/bird/x.png", "cat/1.png"),
        ("val/ape/y.jpg", "spare.png"),
        ("val/ape/z.png", "cat/2.png"),
    ):
        (tmp_path / "set" / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(photos / name, tmp_path / "set" / place)
    (tmp_path / "set" / "val" / "ape" / "new.png").write_bytes(b"another image")
    report = merged(ours, tmp_path / "set")
    assert [labels(ours)[name] for name in ("cat/1.png", "spare.png", "cat/2.png")] == ["bird", "ape", "ape"]
    assert (report.matched, report.unknown) == (3, (("val/ape/new.png", "no image here has this content"),))


def test_a_folder_around_the_classes_says_nothing(ours: Store, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "set" / "photos" / "bird").mkdir(parents=True)
    (tmp_path / "set" / "photos" / "ape").mkdir()
    shutil.copy(photos / "cat/1.png", tmp_path / "set" / "photos" / "bird" / "x.png")
    shutil.copy(photos / "cat/2.png", tmp_path / "set" / "photos" / "ape" / "x.png")
    merged(ours, tmp_path / "set")
    assert (labels(ours)["cat/1.png"], labels(ours)["cat/2.png"]) == ("bird", "ape")


def test_a_table_among_images_without_class_folders(ours: Store, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    shutil.copy(photos / "cat/1.png", tmp_path / "set" / "x.png")
    shutil.copy(photos / "cat/2.png", tmp_path / "set" / "y.png")
    (tmp_path / "set" / "labels.csv").write_text("filename,class,tags\nx.png,bird,\nspare.png,ape,a\nz.png,ape,a:b\n")
    report = merged(ours, tmp_path / "set")
    assert (labels(ours)["cat/1.png"], labels(ours)["cat/2.png"], labels(ours)["spare.png"]) == ("bird", "cat", "ape")
    assert (report.matched, report.by_name, report.unusable) == (3, 1, (("line 4", "a:b cannot be a tag"),))


def test_a_project_is_no_file_of_labels(ours: Store) -> None:
    with pytest.raises(Error, match="is a Wildset project"):
        merged(ours, ours.root)
