from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.errors import Error
from core.events import EpochEnded, RunStarted
from core.project.records import columns, files
from core.project.store import Store
from core.recipe import Recipe
from core.report import canvas, pictures
from core.runs.folder import RunFolder, create
from core.runs.predictions import PredictionTable, save


@pytest.fixture
def run(shapes: Store) -> RunFolder:
    """A run of three epochs that takes everything for the second class, very surely."""
    run = create(shapes.paths.runs, "demo", Recipe())
    run.append(RunStarted(run=run.name, epochs=3, steps_per_epoch=1, train_images=9, val_images=9, device="CPU"))
    for epoch, accuracy in enumerate((0.4, 0.8, 0.6), start=1):
        run.append(
            EpochEnded(
                epoch=epoch,
                train_loss=1 / epoch,
                train_accuracy=accuracy,
                val_loss=1.1 / epoch,
                val_accuracy=accuracy,
                best=epoch < 3,
            )
        )
    known = columns(shapes)
    logits = np.tile(np.array([[0, 5, 0]], np.float32), (len(known.ids), 1))
    table = PredictionTable(
        known.ids, logits, known.class_index, known.split, np.zeros_like(known.source), known.classes, ("s",)
    )
    save(table, run.predictions_file)
    return run


def colours(file: Path) -> set[tuple[int, int, int]]:
    with Image.open(file) as image:
        return {colour for _, colour in image.convert("RGB").getcolors(1 << 24)}


def test_three_figures_are_drawn_of_the_validation_images(run: RunFolder, shapes: Store) -> None:
    written = pictures.write(shapes, run)
    assert [path.name for path in written] == ["confusion.png", "curves.png", "misclassified.png"]
    assert canvas.VAL in colours(run.report / "confusion.png")
    assert canvas.WRONG in colours(run.report / "confusion.png")
    assert {canvas.TRAIN, canvas.VAL} <= colours(run.report / "curves.png")
    assert len(colours(run.report / "misclassified.png")) > 1000  # photos, not only words
    assert pictures.write(shapes, run) == written


def test_missing_photos_and_empty_curves_still_give_figures(
    run: RunFolder, shapes: Store, shapes_folder: Path, finish: Callable[..., Any]
) -> None:
    run.events_file.unlink()
    gone = files(shapes, columns(shapes).ids[:1])[0]
    aside = gone.rename(gone.with_suffix(".gone"))
    try:
        assert len(pictures.write(shapes, run)) == 3
    finally:
        aside.rename(gone)


def test_many_classes_still_make_a_picture_of_some_size() -> None:
    every = np.arange(1000)
    names = tuple(str(n) for n in every)
    nothing = np.full(1000, -1, np.int32)
    table = PredictionTable(
        every, np.eye(1000, dtype=np.float32), every.astype(np.int16), every.astype(np.uint8), nothing, names, ()
    )
    assert max(pictures.confusion("many", table).size) < 4500


def test_a_run_that_was_not_evaluated_is_told(shapes: Store) -> None:
    with pytest.raises(Error, match="no predictions yet"):
        pictures.write(shapes, create(shapes.paths.runs, "new", Recipe()))


def test_long_words_are_shortened() -> None:
    assert canvas.Canvas(100, 100).fitted("a very long class name", 60, 15).endswith("…")
