import json
from pathlib import Path

import pytest

from core.cli.main import run
from core.project import edits, predictions, records
from core.project.catalog import add_images
from core.project.store import Store
from tests.core.project.conftest import new_image
from tests.said import said


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """12 images: four imported as cat, one as dog by hand, the others without a label; a run says dog of all."""
    with Store.create(tmp_path / "pets") as store:
        add_images(store, tmp_path, [new_image(f"{n:02}.png", label="cat" if n < 4 else None) for n in range(12)])
        edits.add_class(store, "dog")
        edits.label(store, [12], "dog")
        dog = records.class_named(store, "dog").id
        ids = range(1, 13)
        predictions.replace(store, "02-net", "x", said(ids, [dog] * 12, [0.9 + n / 200 for n in range(12)]))
    return tmp_path / "pets"


def labels(project: Path) -> list[str]:
    with Store.open(project, write=False) as store:
        return [(image.class_name or "-")[0] for image in records.images(store, range(1, 13))]


def test_a_dry_run_shows_and_does_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["accept", "0.93", "-p", str(project), "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Would label 5 images as run 02-net says.",
        "  dog  5",
        "5 without a label, 0 imported or by a model that say otherwise.",
        "1 label given by hand left alone, 0 say otherwise.",
        "Of 1 labelled image outside training that it read as surely, 100.0 % are right.",
    ]
    assert labels(project) == list("cccc-------d")


def test_accepting_is_one_edit(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["accept", "0.91", "-p", str(project), "--replace-imported", "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert (value["unlabelled"], value["replaced"], value["changed"]) == (7, 2, list(range(3, 12)))
    assert labels(project) == list("ccdddddddddd")
    assert run(["label", "--undo", "-p", str(project)]) == 0
    assert capsys.readouterr().out == "Undo: Accept 9 labels of run 02 above 0.91 (9 images changed)\n"
    assert labels(project) == list("cccc-------d")


def test_imported_labels_stay_unless_asked_for(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["accept", "0", "-p", str(project), "--where", "id:1,2,5"]) == 0
    out = capsys.readouterr().out
    assert "2 imported or model labels would change with --replace-imported." in out
    assert labels(project) == list("ccccd------d")


def test_without_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Store.create(tmp_path / "none").close()
    assert run(["accept", "0.9", "-p", str(tmp_path / "none")]) == 1
    assert "No run has predicted anything yet.\nTrain or evaluate first." in capsys.readouterr().err
    assert run(["accept", "1.5", "-p", str(tmp_path / "none")]) == 2
