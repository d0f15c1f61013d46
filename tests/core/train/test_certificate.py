"""The leak certificate that a run keeps."""

from typing import Any

import pytest

from core.cli.main import run as command_line
from core.errors import Error
from core.project import edits
from core.project.certificate import certify
from core.project.records import VAL, columns
from core.project.store import Store
from core.recipe import Recipe, change
from core.runs import certified
from core.runs.folder import create
from core.train import loop
from tests.core.train.test_loop import CPU, trained


def test_a_run_keeps_the_certificate_of_the_images_it_uses(shapes: Store, quick: Recipe) -> None:
    edits.reject(shapes, columns(shapes).ids[:1].tolist())
    run, _ = trained(shapes, change(quick, {"data.where": "class:disc,bar"}))
    found = certified.read(run)
    assert found is not None
    past = run.events()
    started: Any = next(event for event in past if type(event).__name__ == "RunStarted")
    assert (found.splits["train"], found.splits["val"]) == (started.train_images, started.val_images)
    assert found.where == "class:disc,bar"
    assert found.labels == certify(shapes, "class:disc,bar").labels != certify(shapes).labels


def test_a_run_that_goes_on_after_another_split_says_what_it_had_seen(shapes: Store, quick: Recipe) -> None:
    run, _ = trained(shapes, quick)
    known = columns(shapes)
    moved = known.ids[known.split == 1][:2].tolist()
    edits.set_split(shapes, dict.fromkeys(moved, "val"))
    list(loop.fit(loop.resume(shapes, run, CPU, {"schedule.epochs": quick.schedule.epochs + 1})))
    found = certified.read(run)
    assert found is not None
    assert (found.trained_before, found.clean) == (2, False)
    assert found.splits["val"] == (known.split == VAL).sum() + 2
    assert found.verdict == "Leak: the run had been trained on 2 validation images before the images were split anew."


def test_a_run_from_before_has_none_and_it_is_said(
    shapes: Store, quick: Recipe, capsys: pytest.CaptureFixture[str]
) -> None:
    run = create(shapes.paths.runs, "old", quick)
    assert certified.read(run) is None
    assert command_line(["runs", "show", "old", "-p", str(shapes.root)]) == 1
    capsys.readouterr()
    assert command_line(["runs", "show", run.name, "-p", str(shapes.root)]) == 0
    assert "begun before leak certificates were kept" in capsys.readouterr().out
    certified.write(run, certify(shapes))
    assert command_line(["runs", "show", "-p", str(shapes.root)]) == 0
    assert "No group and no exact duplicate is in two splits." in capsys.readouterr().out


def test_a_damaged_one_is_told(shapes: Store, quick: Recipe) -> None:
    run = create(shapes.paths.runs, "torn", quick)
    for text in ("{", "[]", '{"at": 1}'):
        run.certificate_file.write_text(text)
        with pytest.raises(Error, match="is damaged"):
            certified.read(run)
