"""Which learning rate suits a recipe: the range test of Smith 2017, "Cyclical learning rates for training neural
networks", section 3.3.

The recipe's own network learns from its own samples while the rate grows from step to step: the loss falls once the
rate is large enough, and rises when it is too large. Nothing of it is kept. The test is too short for the loss to fall
far, so each batch is also shown to the network as it began: the difference tells what was learnt, whatever the batch.
"""

import contextlib
import copy
import itertools
import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from core import wording
from core.augment.draws import step_seed
from core.errors import Error
from core.events import Event, Progress, RatePoint, Stage
from core.models import registry, transfer
from core.paths import ProjectPaths
from core.recipe import Recipe, change
from core.train import batches, failures, threads
from core.train.batches import Batch, Images
from core.train.device import Device
from core.train.job import Prepared, training_images
from core.train.learner import Learner, pieces
from core.train.objective import Objective

LOWEST, HIGHEST, STEPS = 1e-7, 10.0, 100
_KEPT = 0.98  # share of the average so far when a loss comes in; Smith's followers use the same for as many steps
_HOPELESS = 4.0  # times the first loss, from which on nothing more is learnt
_FALL = 1e-3  # of the first loss, below which nothing was learnt
_BELOW = 3.0  # Smith's base rate is a third or a fourth of the largest


@dataclass(frozen=True)
class Suggestion:
    """A learning rate of two digits, and why it.

    `lowest` is the rate at which the smoothed loss was lowest, `steepest` that at which it fell most for its logarithm.
    """

    rate: float
    steepest: float
    lowest: float
    reason: str


def find_rate(found: Prepared, paths: ProjectPaths, device: Device) -> Generator[Event, None, Suggestion]:
    """Try learning rates on what was prepared of a project and a recipe; yields a `RatePoint` after each step.

    Ends early where the smoothed loss is four times the first, or no number. The same recipe gives the same curve, on
    the CPU bit for bit. Raises `Error` where the loss falls at no rate, and as training does.
    """
    yield from found.notices
    # Neither changes the curve, and both cost time.
    recipe = change(found.recipe, {"optim.ema": 0.0, "compute.compile": False})
    with failures.recorded(None, recipe.optim.batch_size):
        train = yield from training_images(paths, found.train, recipe)
        trial = _Trial(recipe, train, device.name)
        yield Stage(title="Trying learning rates", total=STEPS, unit="steps")
        points = yield from _tried(trial)
    return suggestion(points)


def suggestion(points: Sequence[RatePoint]) -> Suggestion:
    """What the points of a test, by growing rate, say. Raises `Error` where nothing was learnt at any rate.

    The middle, in logarithms, of the steepest fall and of a third of the rate at which the average is lowest, where the
    losses of steps are back at what they were before; no more than that third. Where a test of a hundred steps learns
    little, on wild digits, the steepest fall alone is a twentieth of the best rate; where it learns all there is, on
    simple shapes, the third alone is ten times too much.
    """
    curve = [(point.rate, point.loss) for point in points if point.loss is not None]
    if not curve:
        hint = "Look at the first weights and at compute.precision; a very small learning rate does not help."
        raise Error("The loss is no number from the first step on.", hint)
    at = np.array([rate for rate, _ in curve])
    loss = np.array([value for _, value in curve])
    best = int(loss.argmin())
    if loss[best] > loss[0] * (1 - _FALL):
        hint = "Check that the labels are right; or keep the rate you have."
        raise Error("The loss falls at no learning rate within so few steps.", hint)
    steepest = float(at[1 + int(np.diff(loss[: best + 1]).argmin())])
    lowest = float(at[best])
    third, middle = lowest / _BELOW, math.sqrt(steepest * lowest / _BELOW)
    reason = f"a third of {wording.number(_rounded(lowest))}, from which on it does not fall any more."
    if middle < third:
        reason = f"between {wording.number(_rounded(steepest))}, where the loss falls most steeply, and {reason}"
    else:
        reason = reason.replace("it does", "the loss does")
    return Suggestion(_rounded(min(third, middle)), steepest, lowest, reason[0].upper() + reason[1:])


def _rounded(rate: float) -> float:
    return float(f"{rate:.1e}")


def rates() -> list[float]:
    """Those that are tried: each by the same factor above the one before."""
    return [float(rate) for rate in np.geomspace(LOWEST, HIGHEST, STEPS)]


def _tried(trial: "_Trial") -> Generator[Event, None, list[RatePoint]]:
    average, points = _Average(), list[RatePoint]()
    with contextlib.closing(trial.batches()) as shown:
        for rate, (batch, epoch, step) in zip(rates(), shown, strict=False):
            loss = trial.loss(batch, rate, epoch, step)
            smooth = average.after(loss) if math.isfinite(loss) else None
            points.append(RatePoint(rate=rate, loss=smooth))
            yield points[-1]
            yield Progress(done=len(points), total=STEPS)
            if smooth is None or smooth > _HOPELESS * (points[0].loss or 0.0):
                break
    return points


class _Trial:
    """The network that learns, and the one as it began."""

    def __init__(self, recipe: Recipe, train: Images, device: str) -> None:
        self._recipe, self._train, self._device = recipe, train, device
        self._classes = len(train.chosen.classes)
        model = registry.build(recipe.model, self._classes, recipe.seed)
        transfer.load_first(model, recipe.model)
        self._learner = Learner(recipe, model, train, device)
        self._learner.train_mode()
        self._began = copy.deepcopy(self._learner.model)
        transfer.train_mode(self._began, recipe.model)
        self._objective = Objective(recipe, train.labels, self._classes, device)
        self._first: torch.Tensor | None = None

    def batches(self) -> Generator[tuple[Batch, int, int], None, None]:
        """One epoch after the other: a mixed batch on the device, its epoch and its step, both from 1."""
        for epoch in itertools.count(1):
            for step, batch in enumerate(batches.training(self._train, self._recipe, epoch, 0, self._device), 1):
                mixed = batches.mix(batch, self._recipe, self._classes, epoch, step)
                yield mixed.on(self._device), epoch, step

    def loss(self, batch: Batch, rate: float, epoch: int, step: int) -> float:
        """The loss of a batch, as if it were as hard as the first one, before a step with `rate`.

        Not a number where that is what it is.
        """
        seed = step_seed(self._recipe.seed, epoch, step)
        try:
            loss = self._learner.step(batch, rate, seed, epoch, step, counted=False)
        except failures.Divergence:
            return math.nan
        before = self._before(batch, seed)
        self._first = before if self._first is None else self._first
        return (loss - before + self._first).item()

    @torch.no_grad()
    def _before(self, batch: Batch, seed: int) -> torch.Tensor:
        torch.manual_seed(seed)  # drops the same features
        parts = pieces(batch, self._learner.parts)
        with threads.limited(self._learner.threads):
            total = torch.stack([self._objective.total(self._began(part.x), part) for part in parts]).sum()
        return total / self._objective.weight(batch)


class _Average:
    """A moving average whose beginning is not drawn to 0 (the bias correction of Kingma and Ba 2015, section 3)."""

    def __init__(self) -> None:
        self._sum = self._weight = 0.0

    def after(self, loss: float) -> float:
        """The average once `loss` is in it."""
        self._sum = _KEPT * self._sum + (1 - _KEPT) * loss
        self._weight = _KEPT * self._weight + (1 - _KEPT)
        return self._sum / self._weight
