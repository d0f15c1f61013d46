import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import recipe as recipes
from core.errors import Error
from core.evaluate.predict import evaluate
from core.project import edits, query
from core.project.records import columns
from core.project.store import Store
from core.recipe import Recipe
from core.runs import history, predictions
from core.train import loop
from core.train.device import choose

CPU = choose("cpu")


def test_evaluation_repeats_the_best_epochs_accuracy_and_merges(
    shapes: Store, quick: Recipe, finish: Callable[..., Any]
) -> None:
    recipe = recipes.change(quick, {"data.normalize": "none", "data.stored_size": 24})
    run = finish(loop.fit(loop.new_run(shapes, recipe, CPU)))
    table = finish(evaluate(shapes, run, None, CPU))
    past = history.read(run)
    assert float(table.right.mean()) == past.best_accuracy
    assert len(table) == past.val_images
    assert len(predictions.load(run.predictions_file)) == past.val_images

    train = columns(shapes).ids[columns(shapes).split == 1]
    edits.label(shapes, train[:1], None)
    edits.add_class(shapes, "cross")
    edits.label(shapes, train[1:2], "cross")
    more = finish(evaluate(shapes, run, query.parse("split:train"), CPU))
    assert more.label[:2].tolist() == [-1, -1]
    both = predictions.load(run.predictions_file)
    assert both.ids.tolist() == columns(shapes).ids.tolist()
    rows = np.isin(both.ids, table.ids)
    np.testing.assert_array_equal(both.where(rows).logits, table.logits)

    with pytest.raises(Error, match="no images to predict"):
        finish(evaluate(shapes, run, query.parse("name:nothing-is-called-so"), CPU))


def test_a_run_without_checkpoint_is_told(shapes: Store, quick: Recipe, finish: Callable[..., Any]) -> None:
    job = loop.new_run(shapes, quick, CPU)
    with pytest.raises(Error, match="There is no checkpoint"):
        finish(evaluate(shapes, job.run, None, CPU))


def test_images_that_are_all_gone_leave_earlier_predictions(
    shapes: Store, shapes_folder: Path, quick: Recipe, finish: Callable[..., Any]
) -> None:
    run = finish(loop.fit(loop.new_run(shapes, quick, CPU)))
    finish(evaluate(shapes, run, None, CPU))
    before = run.predictions_file.read_bytes()
    shutil.rmtree(shapes.paths.cache)
    away = shapes_folder.rename(shapes_folder.with_name("away"))  # other tests use these images too
    try:
        with pytest.raises(Error, match="None of the images"):
            finish(evaluate(shapes, run, None, CPU))
    finally:
        away.rename(shapes_folder)
    assert run.predictions_file.read_bytes() == before
