"""Training with two real processes, started as users start them."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.distributed as dist
from hypothesis import given
from hypothesis import strategies as st

from core import recipe as recipes
from core.augment.mix import mixes
from core.errors import Error
from core.events import Diverged, EpochEnded, Failed, RunStarted, Step
from core.models import registry
from core.project.store import Store
from core.recipe import Model, Recipe
from core.runs import dynamics, history
from core.runs.folder import RunFolder, list_runs
from core.train import batches, checkpoint, loop, together
from core.train.batches import Batch
from core.train.device import choose
from core.train.job import images
from core.train.together import ALONE, World
from tests.core.train.test_loop import CPU, every_step, trained

__all__ = ["every_step"]  # a fixture

ROOT = Path(__file__).parents[3]
EVERYTHING: dict[str, Any] = {
    "optim.batch_size": 18,  # of 56 images: the last step has two, too few to divide
    "augment.mixup.enabled": True,
    "augment.mixup.probability": 0.5,
    "augment.cutmix.enabled": True,
    "augment.cutmix.probability": 0.5,
    "optim.class_weights": "balanced",
    "optim.sampling": "balanced",
    "optim.ema": 0.9,
    "optim.clip": 0.5,
}

gloo = pytest.mark.skipif(
    not dist.is_available() or not dist.is_gloo_available(), reason="this PyTorch was built without gloo"
)


@pytest.fixture
def plain(quick: Recipe) -> Recipe:
    """A recipe without anything that differs from process to process."""
    changes = {
        "model.name": "lenet5",
        "model.dropout": 0,
        "optim.method": "sgd",
        "optim.learning_rate": 0.05,
        "schedule.shape": "constant",
    }
    return recipes.change(quick, changes)


@contextlib.contextmanager
def two(store: Store, *arguments: str, mishap: str = "none") -> Iterator[subprocess.Popen[str]]:
    """`core train` in two processes."""
    start = ["torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "tests.core.train.processes"]
    process = subprocess.Popen(
        [sys.executable, "-m", *start, mishap, "train", "-p", str(store.root), "--device", "cpu", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def together_trained(store: Store, *arguments: str, mishap: str = "none") -> tuple[int, str]:
    """The exit code and all that was printed."""
    with two(store, *arguments, mishap=mishap) as process:
        printed, _ = process.communicate(timeout=240)
        return process.returncode, printed


def file(recipe: Recipe, folder: Path) -> str:
    path = folder / "recipe.yaml"
    path.write_text(recipes.dump(recipe), encoding="utf-8")
    return str(path)


def assert_alike(one: RunFolder, other: RunFolder) -> None:
    """Weights and curves are equal but for the order in which floats were added."""
    mine, others = checkpoint.load(one.last), checkpoint.load(other.last)
    assert (mine.epoch, mine.step) == (others.epoch, others.step)
    for name in ("weights", "judged", "optimizer"):
        tensors, expected = getattr(mine, name), getattr(others, name)
        assert tensors.keys() == expected.keys()
        for key in tensors:
            assert torch.allclose(tensors[key], expected[key], rtol=1e-4, atol=1e-6), key
    a, b = history.read(one), history.read(other)
    assert a.train_loss == pytest.approx(b.train_loss, rel=1e-5)
    assert a.train_accuracy == pytest.approx(b.train_accuracy)
    assert a.val_loss == pytest.approx(b.val_loss, rel=1e-5)
    first, second = dynamics.read(one), dynamics.read(other)
    assert np.array_equal(first.seen, second.seen)
    np.testing.assert_allclose(first.loss.astype(np.float32), second.loss.astype(np.float32), rtol=1e-2, atol=1e-3)


@gloo
def test_two_processes_learn_what_one_does_also_where_the_memory_of_one_does_not_suffice(
    shapes: Store, plain: Recipe, tmp_path: Path
) -> None:
    recipe = recipes.change(plain, EVERYTHING)
    alone, _ = trained(shapes, recipe)
    code, printed = together_trained(shapes, "--recipe", file(recipe, tmp_path), mishap="memory")
    assert code == 0, printed
    run = list_runs(shapes.paths.runs)[-1]
    assert_alike(run, alone)
    assert checkpoint.load(run.last).state["parts"] == 4
    assert printed.count("each step now adds up 4 parts") == 1
    assert "2 processes, each on CPU" in printed
    assert "2 processes" in run.environment_file.read_text()
    assert len([event for event in run.events() if isinstance(event, EpochEnded)]) == 3


@gloo
def test_two_processes_go_on_with_what_one_began_and_see_every_image_once(
    shapes: Store, plain: Recipe, every_step: None
) -> None:
    alone, _ = trained(shapes, plain)
    job = loop.new_run(shapes, plain, CPU)
    fit, steps = loop.fit(job), 0
    while steps < 2:
        steps += isinstance(next(fit), Step)
    fit.close()
    code, printed = together_trained(shapes, "--resume", "last")
    assert code == 0, printed
    assert next(event for event in reversed(job.run.events()) if isinstance(event, RunStarted)).step == 2
    assert_alike(job.run, alone)
    assert dynamics.read(job.run).seen.all()
    assert printed.count("Resuming") == 1


@gloo
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals for groups of processes")
def test_two_processes_stop_together_and_one_goes_on(shapes: Store, plain: Recipe, tmp_path: Path) -> None:
    many = recipes.change(plain, {"schedule.epochs": 10_000, "optim.learning_rate": 1e-3})
    with two(shapes, "--recipe", file(many, tmp_path)) as process:
        until = time.monotonic() + 180
        while not any(
            isinstance(event, EpochEnded) for run in list_runs(shapes.paths.runs) for event in run.events(steps=False)
        ):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does, and then torchrun to its processes again
        printed, _ = process.communicate(timeout=60)
    assert printed.count("Stopped; what was done is kept.") == 1
    assert "Traceback" not in re.sub(r"(?s)Traceback.*?torch/distributed.*?SignalException.*", "", printed)
    run = list_runs(shapes.paths.runs)[-1]
    assert history.read(run).status == "stopped"
    epochs = checkpoint.load(run.last).epoch + 1
    list(loop.fit(loop.resume(shapes, run, CPU, {"schedule.epochs": epochs})))
    alone, _ = trained(shapes, recipes.change(many, {"schedule.epochs": epochs}))
    assert_alike(run, alone)


@gloo
@pytest.mark.parametrize(
    ("mishap", "title"),
    [("error", "A wheel has come off."), ("death", "Another process of this training has ended.")],
)
def test_a_failure_of_one_process_ends_all_and_is_said_once(
    shapes: Store, plain: Recipe, tmp_path: Path, mishap: str, title: str
) -> None:
    code, printed = together_trained(shapes, "--recipe", file(plain, tmp_path), mishap=mishap)
    assert code == 1
    assert printed.count(title) == 1
    assert "This is a bug" not in printed
    events = list_runs(shapes.paths.runs)[-1].events()
    assert isinstance(events[-1], Failed)
    assert events[-1].title == title


@gloo
def test_divergence_in_one_process_is_that_of_the_step(shapes: Store, plain: Recipe, tmp_path: Path) -> None:
    recipe = recipes.change(plain, {"model.name": "small_cnn"})
    code, printed = together_trained(shapes, "--recipe", file(recipe, tmp_path), mishap="infinite")
    assert code == 1
    assert printed.count("Training diverged") == 1
    assert printed.count("batch normalisation sees only the images of its own process") == 1
    diverged, failed = list_runs(shapes.paths.runs)[-1].events()[-2:]
    assert isinstance(failed, Failed)
    assert isinstance(diverged, Diverged)
    assert (diverged.epoch, diverged.step, len(set(diverged.ids))) == (1, 3, 16)


@given(st.integers(1, 70), st.integers(1, 9), st.booleans())
def test_the_processes_have_every_sample_of_a_batch_once(samples: int, size: int, mixing: bool) -> None:
    visits = np.stack([np.arange(samples), np.zeros(samples, int)], axis=1)
    found = []
    for world in (World(rank, size) for rank in range(size)):
        at = world.cut(visits, mixing)[:, 0]
        batch = world.own(Batch(torch.zeros(len(at), 1), torch.from_numpy(at), at, at), samples)
        if world.counts(samples):
            found += batch.at.tolist()
        assert len(batch) >= min(samples, 2)
    assert found == list(range(samples))


@pytest.mark.parametrize("sampling", ["each_once", "balanced"])
def test_parts_of_a_mixed_batch_are_those_of_the_whole(
    shapes: Store, plain: Recipe, finish: Callable[..., Any], sampling: str
) -> None:
    always = {"augment.mixup.enabled": True, "augment.mixup.probability": 1.0, "optim.sampling": sampling}
    recipe = recipes.change(plain, {**always, "optim.batch_size": 30})
    train, _ = finish(images(loop.new_run(shapes, recipe, CPU)))

    def step(world: World) -> list[Batch]:
        cut = partial(world.cut, mixes=mixes(recipe.augment))
        found = batches.training(train, recipe, 1, 0, cut=cut)
        sizes = [len(part) for part in batches.stepwise(train, recipe, 1)]
        mixed = [batches.mix(batch, recipe, 3, 1, at) for at, batch in enumerate(found, start=1)]
        return [world.own(batch, samples) for batch, samples in zip(mixed, sizes, strict=True)]

    parts = zip(*(step(World(rank, 3)) for rank in range(3)), strict=True)
    for whole, shares in zip(step(ALONE), parts, strict=True):
        assert torch.equal(torch.cat([share.x for share in shares]), whole.x)
        assert torch.equal(torch.cat([share.soft for share in shares if share.soft is not None]), whole.soft)
        assert np.concatenate([share.at for share in shares]).tolist() == whole.at.tolist()


@pytest.mark.parametrize("name", ["resnet18", "timm:resnet10t"])
def test_on_gpus_batch_normalisation_is_over_all_processes(name: str) -> None:
    if name.startswith("timm:"):
        pytest.importorskip("timm")
    model = registry.build(Model(name=name), 3, 0)
    names = list(model.state_dict())
    norms = len(registry.batch_norms(model))
    weights = {id(parameter) for parameter in model.parameters()}
    assert World(0, 2).prepared(model, "cpu") is ALONE.prepared(model, "cuda:0") is model
    shared = World(0, 2).prepared(model, "cuda:0")
    assert list(shared.state_dict()) == names  # checkpoints are those of one process
    assert {id(parameter) for parameter in shared.parameters()} == weights
    assert [isinstance(layer, torch.nn.SyncBatchNorm) for layer in registry.batch_norms(shared)] == [True] * norms


def test_devices_are_those_that_can_train_together(monkeypatch: pytest.MonkeyPatch) -> None:
    assert together.choose_device("cpu") == choose("cpu")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(Error, match="Only `core train`"):
        together.choose_device("cpu")
    monkeypatch.setattr(together, "world", lambda: World(1, 2))
    assert together.choose_device("cpu").title == f"2 processes, each on {choose('cpu').title}"
    with pytest.raises(Error, match="do not train together on mps"):
        together.choose_device("mps")
