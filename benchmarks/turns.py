"""Ways of training that take turns, each a generator that says after each turn how many images a second it did."""

import contextlib
import itertools
import statistics
import time
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path

import torch
from torch.nn import functional as F

from benchmarks import projects
from benchmarks.plain import Plain
from core.events import EpochEnded
from core.project.store import Store
from core.recipe import Recipe
from core.train import allocator, batches, loop, threads
from core.train.device import choose
from core.train.job import TrainingJob, begin, images
from core.train.learner import Learner

Turns = Generator[float, None, None]
Rounds = dict[str, list[float]]
_WARM = 5  # steps that a loader's workers may need to come up


def interleaved(ways: Mapping[str, Turns], count: int) -> Rounds:
    """Images a second of each way in each of `count` rounds, after one that is not counted. The ways are closed."""
    for way in ways.values():
        next(way)
    rounds: Rounds = {name: [] for name in ways}
    for _ in range(count):
        for name, way in ways.items():
            rounds[name].append(next(way))
    for way in ways.values():
        way.close()
    return rounds


def medians(rounds: Rounds) -> dict[str, float]:
    """Images a second."""
    return {name: statistics.median(found) for name, found in rounds.items()}


def ratio(rounds: Rounds, name: str, other: str) -> float:
    """The median of how many times as fast one was as the other in the same round."""
    return round(statistics.median(a / b for a, b in zip(rounds[name], rounds[other], strict=True)), 3)


def job(root: Path, recipe: Recipe) -> TrainingJob:
    """A training of a project on the CPU that has not begun."""
    with Store.open(root, write=False) as store:
        return loop.new_run(store, recipe, choose("cpu"))


def learner(training: TrainingJob) -> tuple[Learner, batches.Batch]:
    """A network that has not learnt yet, and a first batch for it."""
    train, _ = projects.finish(images(training))
    made, _ = begin(training, train)
    made.train_mode()
    batch = next(iter(batches.training(train, training.recipe, 1, 0)))
    return made, batch


def real(training: TrainingJob) -> Turns:
    """A turn is an epoch of training; its validation and checkpoints are not counted."""
    with contextlib.closing(loop.fit(training)) as events:
        for event in events:
            if isinstance(event, EpochEnded):
                yield event.images_per_second or 0.0


def constant(training: TrainingJob, steps: int, all_threads: bool = False) -> Turns:
    """Nothing but the steps of the network on a batch that stays, with the threads that training gives it or all.

    The weights stay too: a batch learnt by heart leaves gradients so small that processors multiply them slowly.
    """
    own, batch = learner(training)
    for group in own.optimizer.param_groups:
        group["lr"] = 0.0
    x, y, smoothing = batch.x.clone(), batch.y, training.recipe.optim.label_smoothing
    count = torch.get_num_threads() if all_threads else own.threads
    while True:
        with threads.limited(count):
            began = time.perf_counter()
            for _ in range(steps):
                own.optimizer.zero_grad()
                F.cross_entropy(own.model(x), y, label_smoothing=smoothing).backward()
                own.optimizer.step()
            passed = time.perf_counter() - began
        yield steps * len(batch) / passed


def plain(way: Plain, steps: int) -> Turns:
    """Each turn begins an epoch anew; its first steps, in which workers come up, are not counted.

    Memory is handled as usual, and not as our training asks for.
    """
    while True:
        allocator.keep_freed(allocator.USUAL)
        with contextlib.closing(way.epoch()) as losses:
            _take(losses, _WARM if way.workers else 1)
            began = time.perf_counter()
            done = _take(losses, steps)
            passed = time.perf_counter() - began
        allocator.keep_freed()
        yield done * way.batch_size / passed


def _take(losses: Iterator[float], steps: int) -> int:
    """How many steps there were: an epoch may have fewer."""
    return sum(1 for _ in itertools.islice(losses, steps))
