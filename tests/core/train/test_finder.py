"""The learning rate that is suggested for a recipe."""

from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from core import recipe as recipes
from core.errors import Error
from core.events import EpochEnded, Event, Notice, Progress, RatePoint
from core.models import registry
from core.project import edits
from core.project.records import columns
from core.project.store import Store
from core.recipe import Recipe
from core.runs.folder import list_runs
from core.train import finder, loop
from core.train.finder import STEPS, Suggestion, rates, suggestion
from core.train.job import prepare
from tests.core.train.test_loop import CPU


def search(store: Store, recipe: Recipe) -> Generator[Event, None, Suggestion]:
    return finder.find_rate(prepare(store, recipe, CPU), store.paths, CPU)


def found(store: Store, recipe: Recipe) -> tuple[Suggestion, list[RatePoint]]:
    work, points = search(store, recipe), []
    while True:
        try:
            event = next(work)
        except StopIteration as end:
            return end.value, points
        if isinstance(event, RatePoint):
            points.append(event)


def losses(store: Store, recipe: Recipe) -> list[float]:
    """Training losses of the epochs of a run."""
    events = list(loop.fit(loop.new_run(store, recipe, CPU)))
    return [event.train_loss or np.inf for event in events if isinstance(event, EpochEnded)]


@pytest.mark.parametrize("method", ["adamw", "sgd"])
def test_what_is_suggested_trains_about_as_well_as_the_default(shapes: Store, quick: Recipe, method: str) -> None:
    recipe = recipes.change(quick, {"optim.method": method, "schedule.epochs": 6})
    told, points = found(shapes, recipe)
    default = losses(shapes, recipes.change(recipe, {"optim.learning_rate": Recipe().optim.learning_rate}))
    suggested = losses(shapes, recipes.change(recipe, {"optim.learning_rate": told.rate}))
    assert np.mean(suggested[3:]) < 1.5 * np.mean(default[3:])
    assert suggested[-1] < 0.5 * suggested[0]
    assert [point.rate for point in points] == rates()[: len(points)]
    assert told.steepest <= told.lowest
    assert told.rate < told.lowest / 2.9
    assert list_runs(shapes.paths.runs)[0].recipe() != recipe  # only those two were made
    assert len(list_runs(shapes.paths.runs)) == 2


def test_the_same_recipe_gives_the_same_curve_and_another_optimizer_another(shapes: Store, quick: Recipe) -> None:
    one, curve = found(shapes, quick)
    torch.manual_seed(7)
    assert found(shapes, quick) == (one, curve)
    averaged = recipes.change(quick, {"optim.ema": 0.99, "schedule.epochs": 40, "optim.learning_rate": 1.0})
    assert found(shapes, averaged) == (one, curve)  # what does not bear on it
    other, _ = found(shapes, recipes.change(quick, {"optim.method": "sgd"}))
    assert other.rate != one.rate


def test_it_begins_flat_and_hides_that_batches_differ(shapes: Store, quick: Recipe) -> None:
    _, points = found(shapes, quick)
    first = [point.loss or 0.0 for point in points[:20]]  # rates at which nothing can be learnt
    assert np.ptp(first) < 0.01


BUSY: dict[str, Any] = {
    "augment.mixup.enabled": True,
    "augment.cutmix.enabled": True,
    "augment.rotation.enabled": True,
    "optim.ema": 0.9,
    "optim.class_weights": "balanced",
    "optim.sampling": "balanced",
    "optim.clip": 1.0,
    "compute.precision": "bfloat16",
    "schedule.shape": "one_cycle",
}


@pytest.mark.parametrize(
    "changes",
    [BUSY, {"optim.batch_size": 4000}, {"optim.batch_size": 0}, {"model.name": "resnet18"}],
    ids=["all at once", "one step an epoch", "open batch size", "resnet18"],
)
def test_every_recipe_can_be_tried(shapes: Store, quick: Recipe, changes: dict[str, Any]) -> None:
    told, points = found(shapes, recipes.change(quick, changes))
    assert 1e-6 < told.rate < 4
    assert all(np.isfinite(point.loss or np.nan) for point in points[:60])


def test_two_images_are_enough(shapes: Store, quick: Recipe) -> None:
    known = columns(shapes)
    kept = [int(known.ids[known.class_index == label][0]) for label in (0, 1)]
    edits.set_split(shapes, dict.fromkeys(kept, "train"))
    edits.reject(shapes, [int(id) for id in known.ids if int(id) not in kept], True)
    told, points = found(shapes, quick)
    assert len(points) <= STEPS
    assert told.rate > 0


def test_pieces_of_a_batch_give_the_same_curve(shapes: Store, quick: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = recipes.change(quick, {"model.name": "lenet5", "data.image_size": 32, "model.dropout": 0.0})
    _, whole = found(shapes, recipe)
    build = registry.build

    def greedy(model: Any, classes: int, seed: int) -> nn.Module:
        def refuse(module: nn.Module, inputs: tuple[torch.Tensor]) -> None:
            if len(inputs[0]) > 8:
                raise torch.OutOfMemoryError("CUDA out of memory.")

        network = build(model, classes, seed)
        network.register_forward_pre_hook(refuse)
        return network

    monkeypatch.setattr(registry, "build", greedy)
    _, pieced = found(shapes, recipe)
    # Only the beginning: sums in another order grow apart.
    assert [p.loss for p in pieced[:40]] == pytest.approx([p.loss for p in whole[:40]], rel=1e-4)


def test_it_may_be_closed_at_any_time(shapes: Store, quick: Recipe) -> None:
    for after in (1, 2, 3, 4, 9, 60):
        work = search(shapes, quick)
        for _ in range(after):
            next(work)
        work.close()
    assert list_runs(shapes.paths.runs) == []


def test_it_tells_how_far_it_is_and_what_size_was_chosen(shapes: Store, quick: Recipe) -> None:
    events = list(search(shapes, recipes.change(quick, {"optim.batch_size": 0})))
    assert any(isinstance(event, Notice) and "8 images" in event.text for event in events)
    done = [event.done for event in events if isinstance(event, Progress) and event.total == STEPS]
    points = [event for event in events if isinstance(event, RatePoint)]
    assert done[-len(points) :] == list(range(1, len(points) + 1))


def test_a_loss_that_is_no_number_from_the_first_step_is_told(
    shapes: Store, quick: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = registry.build

    def broken(model: Any, classes: int, seed: int) -> nn.Module:
        network = build(model, classes, seed)
        with torch.no_grad():
            registry.head(network).bias.fill_(torch.nan)  # type: ignore[union-attr,operator]
        return network

    monkeypatch.setattr(registry, "build", broken)
    work = search(shapes, quick)
    points = []
    with pytest.raises(Error, match="no number from the first step on"):
        points += [event for event in work if isinstance(event, RatePoint)]


def test_one_class_is_told_before_anything_is_tried(shapes: Store, quick: Recipe, finish: Callable[..., Any]) -> None:
    known = columns(shapes)
    edits.reject(shapes, [int(id) for id in known.ids[known.class_index != 0]], True)
    with pytest.raises(Error, match="All training images are of one class, bar"):
        finish(search(shapes, quick))


def curve(*values: float | None) -> list[RatePoint]:
    return [RatePoint(rate=10.0**-number, loss=loss) for number, loss in zip(range(6, 0, -1), values, strict=False)]


def test_the_suggestion_is_below_where_the_loss_is_lowest() -> None:
    told = suggestion(curve(2.0, 1.99, 1.5, 1.2, 1.9, None))
    assert (told.rate, told.steepest, told.lowest) == (1.8e-4, 1e-4, 1e-3)
    end = "a third of 0.001, from which on it does not fall any more."
    assert told.reason == f"Between 0.0001, where the loss falls most steeply, and {end}"
    told = suggestion(curve(2.0, 1.99, 1.98, 1.2, 1.9, None))
    assert (told.rate, told.steepest, told.lowest) == (3.3e-4, 1e-3, 1e-3)
    assert told.reason == "A third of 0.001, from which on the loss does not fall any more."


@pytest.mark.parametrize(
    ("values", "title"),
    [
        ((2.0, 2.0, 2.1, 3.0), "falls at no learning rate"),
        ((2.0, 1.9999, 2.1), "falls at no learning rate"),
        ((2.0, None), "falls at no learning rate"),
        ((None,), "no number from the first step"),
    ],
)
def test_where_nothing_was_learnt_nothing_is_suggested(values: tuple[float | None, ...], title: str) -> None:
    with pytest.raises(Error, match=title):
        suggestion(curve(*values))
