"""How an epoch went, judged by the validation images."""

from collections.abc import Generator

import numpy as np
import torch
from torch.nn import functional as F

from core.events import EpochEnded, Event, Validating
from core.recipe import Recipe
from core.runs.predictions import PredictionTable, shares
from core.train import inference
from core.train.batches import Images
from core.train.cadence import Every, Stopwatch
from core.train.job import TrainingJob
from core.train.learner import Learner
from core.train.schedule import learning_rate
from core.train.state import State


def validated(
    job: TrainingJob, learner: Learner, val: Images, state: State, watch: Stopwatch
) -> Generator[Event, None, EpochEnded]:
    """Validate and say how the current epoch went; losses of training and validation are smoothed alike."""
    learner.settle()
    tick, said, done, trained = Every(seconds=0.2), [], 0, watch.seconds()
    for outputs in inference.logits(learner.judged, val, job.recipe.data.normalize, job.device.name):
        said.append(outputs)
        done += len(outputs)
        if tick.due():
            yield from watch.telling(Validating(epoch=state.epoch + 1, done=done, total=len(val)))
    table = inference.table(val, said, job.classes)
    loss = _losses(table, job.recipe)
    value = watched(job.recipe.schedule.metric, table, loss)
    tally, seconds = learner.tally, watch.seconds()
    return EpochEnded(
        epoch=state.epoch + 1,
        train_loss=tally.mean_loss(),
        train_accuracy=tally.accuracy(),
        val_loss=float(loss.mean()) if len(loss) else None,
        val_accuracy=float(table.right.mean()) if len(table) else None,
        by_class=shares(table.right, table.label, table.classes),
        by_source=shares(table.right, table.source, table.sources),
        loss_by_class=_means(loss, table.label, table.classes),
        loss_by_source=_means(loss, table.source, table.sources),
        train_by_class=tally.classes(1),
        train_by_source=tally.sources(1),
        train_by_origin=tally.origins(1),
        train_loss_by_class=tally.classes(2),
        train_loss_by_source=tally.sources(2),
        train_loss_by_origin=tally.origins(2),
        metric=value,
        learning_rate=learning_rate(job.recipe, state.epoch + 1 - 1 / state.step),
        images_per_second=state.seen / trained if trained else None,
        gpu_memory=learner.gpu_memory,
        seconds=seconds,
        seconds_left=seconds * (job.recipe.schedule.epochs - state.epoch - 1),
        best=state.improved_by(job.recipe.schedule.metric, value),
    )


def watched(metric: str, table: PredictionTable, loss: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float | None:
    """The value of a recipe's metric for a table of predictions and their losses; None of an empty table.

    Sources are those that an image is known to be of; where there is none, the worst source is the whole.
    """
    if not len(table):
        return None
    accuracy = float(table.right.mean())
    match metric:
        case "loss":
            return float(loss.mean())
        case "balanced_accuracy":
            return float(np.mean(list(shares(table.right, table.label, table.classes).values())))
        case "worst_class":
            return min(shares(table.right, table.label, table.classes).values())
        case "worst_source":
            return min(shares(table.right, table.source, table.sources).values(), default=accuracy)
    return accuracy


def _losses(table: PredictionTable, recipe: Recipe) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    if not len(table):
        return np.zeros(0)
    logits, labels = torch.from_numpy(table.logits), torch.from_numpy(table.label.astype(np.int64))
    losses = F.cross_entropy(logits, labels, reduction="none", label_smoothing=recipe.optim.label_smoothing)
    return losses.numpy().astype(np.float64)


def _means(
    values: np.ndarray[tuple[int], np.dtype[np.float64]], index: np.ndarray, names: tuple[str, ...]
) -> dict[str, float]:
    known = index >= 0
    counts = np.bincount(index[known], minlength=len(names))
    sums = np.bincount(index[known], weights=values[known], minlength=len(names))
    return {name: float(sums[n] / counts[n]) for n, name in enumerate(names) if counts[n]}
