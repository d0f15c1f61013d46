"""`core label`, `core classes` and `core journal` on a small project."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.cli.main import run
from core.project import classes, edits, records
from core.project.catalog import add_images
from core.project.store import Store
from core.recipe import Recipe
from core.runs.folder import create
from core.runs.predictions import PredictionTable, save
from tests.core.project.conftest import new_image


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Six images of cat and dog, 1 cat, 2 dog and so on, without files."""
    with Store.create(tmp_path / "pets") as store:
        add_images(store, tmp_path, [new_image(f"{n}.png", label=("cat", "dog")[n % 2]) for n in range(6)])
    return tmp_path / "pets"


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert run([*arguments, "--json"]) == 0
    value: dict[str, Any] = json.loads(capsys.readouterr().out)
    return value


def add_run(project: Path, name: str) -> None:
    """A run that says dog of all images, and knows their labels of now."""
    with Store.open(project, write=False) as store:
        known = records.columns(store)
    folder = create(project / "runs", name, Recipe())
    zeros = np.zeros(len(known.ids), np.int32)
    logits = np.stack([zeros, zeros + 5], axis=1).astype(np.float32)
    table = PredictionTable(
        known.ids, logits, known.class_index, zeros.astype(np.uint8), zeros, known.classes, ("somewhere",)
    )
    save(table, folder.predictions_file)


def test_images_are_tagged_noted_and_rejected_and_each_is_undone(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ("-p", str(project))
    assert said(capsys, "label", "1", "2", "--tag", "odd", *at)["images"] == [1, 2]
    assert said(capsys, "list", *at, "--where", "tag:odd")["total"] == 2
    assert said(capsys, "label", "--where", "tag:odd", "--untag", "odd", *at)["title"] == "Remove tag odd from 2 images"
    assert said(capsys, "label", "1", "--note", "look", *at)["images"] == [1]
    assert said(capsys, "list", *at, "--where", "note:look")["total"] == 1
    said(capsys, "label", "1", "2", "3", "--reject", *at)
    said(capsys, "label", "1", "--take-back", *at)
    assert said(capsys, "list", *at, "--where", "rejected")["total"] == 2
    for _ in range(5):
        said(capsys, "label", "--undo", *at)
    assert said(capsys, "list", *at, "--where", "rejected or note:look or tag:odd")["total"] == 0
    assert run(["label", "1", "--tag", "a", "--reject", *at]) == 2
    assert run(["label", "--tag", "a", *at]) == 2


def test_classes_are_changed_and_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = ("-p", str(project))
    assert run(["classes", *at]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["cat", "3", "1", "of", "its", "place"]
    said(capsys, "classes", "add", "bird", *at)
    said(capsys, "classes", "color", "bird", "#0173b2", *at)
    said(capsys, "classes", "key", "dog", "d", *at)
    assert said(capsys, "classes", "order", "dog", "bird", "cat", *at)["classes"] == ["dog", "bird", "cat"]
    assert said(capsys, "classes", "rename", "bird", "fowl", *at)["title"] == "Rename class bird to fowl"
    listed = said(capsys, "classes", *at)
    assert [(one["name"], one["images"], one["key"], one["color"]) for one in listed["classes"]] == [
        ("dog", 3, "d", None),
        ("fowl", 0, "1", "#0173b2"),
        ("cat", 3, "2", None),
    ]
    assert said(capsys, "classes", "merge", "cat", "--into", "fowl", *at)["classes"] == ["dog", "fowl"]
    assert said(capsys, "classes", "delete", "dog", *at)["classes"] == ["fowl"]
    listed = said(capsys, "classes", *at)
    assert (listed["classes"][0]["images"], listed["unlabelled"]) == (3, 3)
    assert run(["classes", "key", "fowl", "!", *at]) == 1
    assert "one letter or digit" in capsys.readouterr().err


def test_runs_are_understood_after_a_rename_and_its_undoing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = ("-p", str(project))
    add_run(project, "a")
    assert run(["classes", "rename", "dog", "hound", *at]) == 0
    assert "Runs before this know the class by its old name" in capsys.readouterr().out
    assert said(capsys, "list", *at, "--where", "pred:hound right")["total"] == 3
    said(capsys, "classes", "delete", "hound", *at)
    assert said(capsys, "list", *at, "--where", "predicted")["total"] == 0
    assert run(["label", "--undo", *at]) == 0
    assert capsys.readouterr().out == "Undo: Delete class hound, 3 images\n"
    assert said(capsys, "list", *at, "--where", "pred:hound")["total"] == 6


def test_the_journal_is_listed_by_edit_and_by_image_and_written(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ("-p", str(project))
    said(capsys, "label", "1", "--class", "dog", *at)
    said(capsys, "label", "--undo", *at)
    said(capsys, "label", "1", "2", "--class", "dog", *at)
    listed = said(capsys, "journal", *at)["edits"]
    assert [(one["who"], one["state"], one["images"]) for one in listed] == [
        ("in bulk", "done", 2),  # the second was a dog already, by another's word
        ("by hand", "dropped", 1),
        ("import", "done", 6),
    ]
    history = said(capsys, "journal", "--image", "1", *at)["history"]
    assert [(one["before"], one["after"]) for one in history] == [("cat", "dog"), ("not there", "cat")]
    assert said(capsys, "journal", "--who", "import", *at)["edits"][0]["title"].startswith("Import 6 images")
    assert said(capsys, "journal", "--csv", str(tmp_path / "all.csv"), *at)["lines"] == 6
    assert len((tmp_path / "all.csv").read_text("utf-8").splitlines()) == 7
    assert run(["journal", *at]) == 0
    assert "… " not in capsys.readouterr().out


def test_two_times_and_two_runs_are_compared(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = ("-p", str(project))
    add_run(project, "a")
    with Store.open(project) as store:
        edits.label(store, [1], "dog")
        classes.rename(store, "cat", "kitten")
    add_run(project, "b")
    different = [{"image_id": 1, "before": "kitten", "after": "dog"}]
    assert said(capsys, "journal", "--between-runs", "0", "01-b", *at) == {"images": 6, "different": different}
    found = said(capsys, "journal", "--between", "2000-01-01", "2100-01-01", *at)["different"]
    assert found[0] == {"image_id": 1, "before": "not there", "after": "dog"}
    assert len(found) == 6
    table = tmp_path / "runs.csv"
    said(capsys, "journal", "--between-runs", "0", "01-b", "--csv", str(table), *at)
    assert table.read_text("utf-8") == "image,name,before,after\n1,0.png,kitten,dog\n"
    assert run(["journal", "--between", "soon", "later", *at]) == 1
    assert run(["journal", "--between", "2000", "2001", "--image", "1", *at]) == 2
