"""Contact sheets of a run: made once, at its start, of what its training sees."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core import recipe as recipes
from core.augment.normalize import shown
from core.cli.main import run as command_line
from core.project import edits
from core.project.records import columns
from core.project.store import Store
from core.recipe import Recipe
from core.report import sheets
from core.runs.folder import find
from core.train import batches, loop
from core.train.batches import Images
from core.train.device import choose
from core.train.job import images


@pytest.fixture
def composed(shapes: Store, quick: Recipe) -> Recipe:
    """A recipe with composites for the shapes, which get the digits as classes."""
    train = columns(shapes).ids[columns(shapes).split == 1]
    for digit in range(10):
        edits.add_class(shapes, str(digit))
        edits.label(shapes, train[digit : digit + 1], str(digit))
    return recipes.change(quick, {"synth.count": 40, "synth.smallest": 16})


def learnt_from(store: Store, recipe: Recipe, finish: Callable[..., Any]) -> Images:
    found: Images = finish(images(loop.new_run(store, recipe, choose("cpu"))))[0]
    return found


def tile(sheet: Image.Image, row: int, column: int, left: int) -> np.ndarray:
    """A tile of 96 px without its enlargement from 16 px, of a sheet with captions."""
    x, y = left + column * 104, 16 + row * 122
    return np.asarray(sheet)[y : y + 96 : 6, x : x + 96 : 6]


def test_the_sheet_shows_images_and_the_samples_of_epochs(
    shapes: Store, quick: Recipe, finish: Callable[..., Any]
) -> None:
    train = learnt_from(shapes, quick, finish)
    at = sheets.first(train, quick, 1)
    sheet = sheets.augmentation(train, at, quick, range(1, 4))
    assert (tile(sheet, 2, 0, 136) == train.gather(at)[2]).all()
    for epoch in (1, 3):
        samples = shown(batches.prepare(train, at, quick, epoch).x.numpy(), quick.data.normalize)
        assert (tile(sheet, 5, epoch, 136) == samples[5]).all()


def test_the_images_are_those_that_an_epoch_begins_with(
    shapes: Store, composed: Recipe, finish: Callable[..., Any]
) -> None:
    train = learnt_from(shapes, composed, finish)
    begins = next(batches.training(train, composed, 1, 0)).ids
    assert begins.min() < 0
    assert train.ids[sheets.first(train, composed, 1)].tolist() == [id for id in begins if id > 0][:8]


def test_training_draws_its_sheets_at_its_start_and_leaves_them(
    shapes: Store, composed: Recipe, tmp_path: Path, capsys: pytest.CaptureFixture[str], finish: Callable[..., Any]
) -> None:
    (tmp_path / "recipe.yaml").write_text(recipes.dump(composed))
    assert command_line(["train", "-p", str(shapes.root), "--recipe", str(tmp_path / "recipe.yaml")]) == 0
    capsys.readouterr()
    run = find(shapes.paths.runs, "last")
    files = [run.report / name for name in ("augmentation.png", "synthesis.png")]
    for file in files:
        with Image.open(file) as sheet:
            assert sheet.width > 900
        assert file.stat().st_mtime_ns < run.last.stat().st_mtime_ns
    before = [file.stat().st_mtime_ns for file in files]
    sheets.write(run, composed, learnt_from(shapes, composed, finish))
    assert [file.stat().st_mtime_ns for file in files] == before


def test_without_composites_there_is_no_sheet_of_them(shapes: Store, quick: Recipe, finish: Callable[..., Any]) -> None:
    job = loop.new_run(shapes, quick, choose("cpu"))
    finish(loop.fit(job, lambda train: sheets.write(job.run, job.recipe, train)))
    assert [file.name for file in job.run.report.iterdir()] == ["augmentation.png"]


def test_a_label_that_a_rule_changes_is_said(shapes: Store, quick: Recipe, finish: Callable[..., Any]) -> None:
    flip = recipes.change(quick, {"augment.horizontal_flip.enabled": True, "augment.horizontal_flip.probability": 1.0})
    turning = recipes.change(flip, {"augment.rules": "horizontal_flip turns bar into disc, disc into bar"})
    train = learnt_from(shapes, flip, finish)
    plain, turned = (np.asarray(sheets.augmentation(train, np.arange(4), made, [1])) for made in (flip, turning))
    assert (plain != turned).any(axis=2).any(axis=0)[136 + 104 :].any()  # captions below samples
    assert (plain[:, : 136 + 96] == turned[:, : 136 + 96]).all()
