"""The batch size that a recipe leaves open."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from core import recipe as recipes
from core.events import Notice, RunEnded, RunStarted
from core.models import registry
from core.models.capacity import capacity
from core.project.store import Store
from core.recipe import Recipe
from core.train import checkpoint, job, loop, selection, sizing
from core.train.selection import Chosen
from tests.core.train.test_loop import CPU


@pytest.fixture
def open_size(quick: Recipe) -> Recipe:
    return recipes.change(quick, {"optim.batch_size": 0})


@pytest.fixture
def chosen(shapes: Store, quick: Recipe) -> Chosen:
    return selection.training(shapes, quick, selection.class_names(shapes))


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets so many bytes be free."""
    return lambda free: monkeypatch.setattr(sizing, "free_memory", lambda: int(free))


class Greedy(nn.Module):
    """A network that does not get memory for more than `most` images."""

    def __init__(self, classes: int, most: int) -> None:
        super().__init__()
        self.last, self.most = nn.Linear(3, classes), most

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if len(x) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        logits: torch.Tensor = self.last(x.mean((2, 3)))
        return logits


def test_a_run_names_the_size_that_was_chosen(shapes: Store, open_size: Recipe) -> None:
    work = loop.new_run(shapes, open_size, CPU)
    assert work.recipe.optim.batch_size == work.run.recipe().optim.batch_size == 8  # of 56 images
    events = list(loop.fit(work))
    told = next(event for event in events if isinstance(event, Notice))
    assert told.text == "Each step takes 8 images: the least that is chosen."
    assert next(event for event in events if isinstance(event, RunStarted)).steps_per_epoch == 7
    assert isinstance(events[-1], RunEnded)
    assert checkpoint.load(work.run.last).recipe.optim.batch_size == 8


def test_a_stopped_run_keeps_its_size_on_another_machine(
    shapes: Store, open_size: Recipe, memory: Callable[[float], None]
) -> None:
    work = loop.new_run(shapes, open_size, CPU)
    fit = loop.fit(work)
    while not isinstance(next(fit), RunStarted):
        pass
    fit.close()
    memory(1)
    again = loop.resume(shapes, work.run, CPU)
    assert again.recipe == work.recipe
    assert again.notices == ()


def test_what_a_network_costs_and_what_is_free_say_how_many(
    open_size: Recipe, chosen: Chosen, memory: Callable[[float], None]
) -> None:
    recipe = recipes.change(open_size, {"synth.count": 5000})
    memory(1e12)
    assert sizing.batch_size(recipe, chosen, CPU) == sizing.Size(128, "the most that is chosen")
    cost = capacity(recipe.model, 3, recipe.data.image_size, 32)
    memory(2 * (cost.weight_bytes + 1.6 * cost.activation_bytes))
    assert sizing.batch_size(recipe, chosen, CPU) == sizing.Size(32, "what the free memory holds")
    memory(2 * (cost.weight_bytes + 1.4 * cost.activation_bytes))
    assert sizing.batch_size(recipe, chosen, CPU).images == 16
    memory(0)
    assert sizing.batch_size(recipe, chosen, CPU).images == 8


@pytest.mark.parametrize(("images", "size"), [(0, 8), (100, 8), (104, 16), (263, 16), (264, 32), (10**6, 128)])
def test_an_epoch_has_ten_steps_where_images_suffice(
    images: int, size: int, open_size: Recipe, chosen: Chosen, memory: Callable[[float], None]
) -> None:
    memory(1e12)
    recipe = recipes.change(open_size, {"synth.count": images})
    assert sizing.batch_size(recipe, chosen, CPU).images == size


@pytest.mark.parametrize(("most", "size"), [(7, 8), (8, 8), (63, 32), (64, 64), (10**6, 128)])
def test_trying_finds_the_most_that_works_at_once(
    most: int, size: int, open_size: Recipe, chosen: Chosen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "build", lambda model, classes, seed: Greedy(classes, most))
    assert sizing.tried(recipes.change(open_size, {"optim.ema": 0.9}), chosen, "cpu", 128) == size


def test_trying_lets_other_failures_through(open_size: Recipe, chosen: Chosen, monkeypatch: pytest.MonkeyPatch) -> None:
    def build(model: Any, classes: int, seed: int) -> nn.Module:
        broken = Greedy(classes, 8)
        broken.forward = lambda x: broken.last(x)  # type: ignore[method-assign]
        return broken

    monkeypatch.setattr(registry, "build", build)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        sizing.tried(open_size, chosen, "cpu", 128)


def test_free_memory_is_what_the_system_and_the_container_leave(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    facts, limit = tmp_path / "meminfo", tmp_path / "memory.max"
    monkeypatch.setattr(sizing, "_MEMINFO", facts)
    monkeypatch.setattr(sizing, "_LIMITS", (limit, tmp_path / "none"))
    assert sizing.free_memory() > 1 << 28  # whatever this system tells otherwise
    facts.write_text("MemTotal:       24000000 kB\nMemFree:         1000 kB\nMemAvailable:    5000000 kB\n")
    assert sizing.free_memory() == 5_000_000 * 1024
    limit.write_text("max\n")
    assert sizing.free_memory() == 5_000_000 * 1024
    limit.write_text("1048576\n")
    assert sizing.free_memory() == 1 << 20


def test_files_that_a_run_names_mean_the_same_from_any_folder(
    shapes: Store, quick: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = loop.new_run(shapes, quick, CPU)
    list(loop.fit(first))
    monkeypatch.chdir(first.run.last.parent)
    second = loop.new_run(shapes, recipes.change(quick, {"model.weights": "last.safetensors"}), CPU)
    assert second.run.recipe().model.weights == str(first.run.last)
    monkeypatch.chdir(tmp_path)
    assert isinstance(list(loop.fit(second))[-1], RunEnded)
    assert job.prepare(shapes, recipes.change(quick, {"model.weights": ""}), CPU).recipe.model.weights == ""
