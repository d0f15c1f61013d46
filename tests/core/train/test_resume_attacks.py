"""Runs that go on though something happened to them: images, files, numbers, kills at odd moments."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from core import recipe as recipes
from core.errors import Error
from core.events import Event, Notice, RunStarted, Step
from core.importers import import_path
from core.project import edits
from core.project.records import columns
from core.project.store import Store
from core.recipe import Recipe
from core.runs import history
from core.runs.folder import RunFolder
from core.train import loop
from tests.core.train.test_loop import CPU, assert_same_end, every_step, trained

__all__ = ["every_step"]  # a fixture


def stopped(store: Store, recipe: Recipe, after: int) -> RunFolder:
    """A run that is stopped after so many steps."""
    job = loop.new_run(store, recipe, CPU)
    fit, seen = loop.fit(job), 0
    while seen < after:
        seen += isinstance(next(fit), Step)
    fit.close()
    return job.run


def resumed(store: Store, run: RunFolder) -> list[Event]:
    return list(loop.fit(loop.resume(store, run, CPU)))


@pytest.mark.usefixtures("every_step")
def test_images_rejected_in_mid_epoch_start_the_epoch_over(shapes: Store, quick: Recipe) -> None:
    run = stopped(shapes, quick, after=6)
    edits.reject(shapes, columns(shapes).ids[1:3], True)
    events = resumed(shapes, run)
    assert any(isinstance(event, Notice) and "changed since" in event.text for event in events)
    started = next(event for event in events if isinstance(event, RunStarted))
    assert (started.epoch, started.step, started.train_images) == (1, 0, 54)
    assert history.read(run).epochs == (1, 2, 3)


@pytest.mark.usefixtures("every_step")
def test_a_source_that_came_meanwhile_changes_nothing(
    shapes: Store, quick: Recipe, tmp_path: Path, finish: Callable[..., Any]
) -> None:
    whole, _ = trained(shapes, quick)
    run = stopped(shapes, quick, after=6)
    (tmp_path / "phone").mkdir()
    Image.new("RGB", (20, 20), "red").save(tmp_path / "phone" / "one.png")
    table = tmp_path / "more.csv"
    table.write_text("path,source\nphone/one.png,a source of its own\n")
    finish(import_path(shapes, table))
    assert len(columns(shapes).sources) == 1
    resumed(shapes, run)
    assert_same_end(whole, run)


@pytest.mark.usefixtures("every_step")
def test_a_recipe_that_was_changed_by_hand_is_told(shapes: Store, quick: Recipe) -> None:
    run = stopped(shapes, quick, after=6)
    run.recipe_file.write_text(recipes.dump(recipes.change(quick, {"model.name": "resnet18"})))
    with pytest.raises(Error, match=r"model\.name") as told:
        loop.resume(shapes, run, CPU)
    assert "small_cnn" in told.value.hint
    run.recipe_file.write_text(recipes.dump(recipes.change(quick, {"compute.channels_last": False})))
    resumed(shapes, run)
    assert history.read(run).status == "completed"


@pytest.mark.usefixtures("every_step")
def test_weights_alone_are_nothing_to_go_on_from(shapes: Store, quick: Recipe) -> None:
    run = stopped(shapes, quick, after=6)
    run.last.write_bytes(run.best.read_bytes())  # as somebody may do whose `last` is damaged
    with pytest.raises(Error, match="holds weights only"):
        resumed(shapes, run)
