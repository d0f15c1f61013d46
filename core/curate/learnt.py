"""What the latest runs tell of images: how training went for each, and what networks say of those they never saw."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.curate.confident import Probabilities
from core.errors import Error
from core.events import Event, Progress, Stage
from core.project.classes import run_names
from core.project.edits import DONE
from core.project.records import Columns, classes
from core.project.store import Store
from core.runs import dynamics, history, predictions
from core.runs.dynamics import Dynamics
from core.runs.folder import RunFolder, list_runs
from core.runs.predictions import PredictionTable

RUNS = 5  # the latest that are asked
_EPOCHS = 2  # fewer say nothing of how hard it was

Reals = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Learnt:
    """Of N images, nan where nothing is known.

    `doubt` is how far training answered otherwise than the label, `effort` how hard it was to learn, `disagreement`
    how little runs agree, all 0 to 1. `unseen` are what runs say of images they did not learn from, N,C by run.
    """

    doubt: Reals
    effort: Reals
    disagreement: Reals
    unseen: dict[str, Probabilities]


def learnt(store: Store, known: Columns) -> Generator[Event, None, Learnt]:
    """What the latest runs tell of the images `known`.

    An image's training is that of the latest run of two epochs or more that was trained on it with the label of today.
    """
    runs = list_runs(store.paths.runs)[-RUNS:]
    doubt, effort = np.full((2, len(known.ids)), np.nan)
    total = np.zeros((len(known.ids), len(known.classes)), np.float32)
    unseen: dict[str, Probabilities] = {}
    if runs:
        yield Stage(title="Reading runs", total=len(runs), unit="runs")
    for done, run in enumerate(reversed(runs), start=1):
        rows, told = _trained(store, known, run)
        new = np.isnan(doubt[rows])
        doubt[rows[new]], effort[rows[new]] = doubt_of(told)[new], effort_of(told)[new]
        said = _said(store, known, run)
        if said is not None:
            total += np.nan_to_num(said)
            said[np.isin(known.ids, dynamics.trained(run))] = np.nan
            unseen[run.name] = said
        yield Progress(done=done, total=len(runs))
    return Learnt(doubt, effort, _spread(total), unseen)


def doubt_of(told: Dynamics) -> Reals:
    """1 / (1 + exp(margin)) of each image, the mean over epochs but the first, which has learnt little, N.

    Mean margins tell wrong labels from hard images: G. Pleiss and others, Identifying Mislabeled Data using the Area
    Under the Margin Ranking (2020).
    """
    later = Dynamics(told.ids, told.epochs[1:], told.loss[1:], told.margin[1:])
    return _mean(1 / (1 + np.exp(np.clip(later.margin.astype(np.float64), -50, 50))), later, 1)


def effort_of(told: Dynamics) -> Reals:
    """How hard each image was to learn, N: the mean of three numbers from 0 to 1.

    These are the mean over epochs of 1 - exp(-loss), which is 1 minus the label's probability; the share of epochs
    until it was answered right for good; and how often it was forgotten, of how often that is possible.
    """
    seen, right = told.seen, told.right
    shown = seen.sum(0)
    place = np.cumsum(seen, axis=0)
    late = np.where(seen & ~right, place, 0).max(0, initial=0) / np.maximum(shown, 1)
    forgotten = np.minimum(told.forgotten / np.maximum(shown // 2, 1), 1)
    return np.asarray((_mean(1 - np.exp(-told.loss.astype(np.float64)), told, _EPOCHS) + late + forgotten) / 3)


def _mean(values: Reals, told: Dynamics, fewest: int) -> Reals:
    """The mean of `values` E,N over the epochs that showed an image, N; nan where there were not `fewest`."""
    shown = told.seen.sum(0)
    total = np.where(told.seen, values, 0).sum(0)
    return np.asarray(np.where(shown >= fewest, total / np.maximum(shown, 1), np.nan))


def _trained(store: Store, known: Columns, run: RunFolder) -> tuple[npt.NDArray[np.int64], Dynamics]:
    """The rows of images that the run was trained on with the label of today, and how that went."""
    told = dynamics.read(run)
    rows, there = _rows(known.ids, told.ids)
    if there.any():
        began = history.read(run).started_at
        there &= ~np.isin(told.ids, _relabelled(store, began)) & bool(began)
    return rows[there], Dynamics(told.ids[there], told.epochs, told.loss[:, there], told.margin[:, there])


def _relabelled(store: Store, since: float) -> npt.NDArray[np.int64]:
    """The images whose label was changed after `since`, seconds since 1970, also if it was changed back."""
    changed = "SELECT DISTINCT r.row_id FROM edit e JOIN edit_row r ON r.edit_id = e.id"
    sql = f"{changed} WHERE e.at_ms >= ? AND e.state = ? AND r.field = 'class_id'"
    return np.array([id for (id,) in store.read(sql, (int(since * 1000), DONE))], np.int64)


def _said(store: Store, known: Columns, run: RunFolder) -> Probabilities | None:
    """What the run's best network says of images, in classes of today, N,C, nan where nothing."""
    table = _readable(run)
    if table is None or not len(table):
        return None
    rows, there = _rows(known.ids, table.ids)
    meant = run_names(store)
    place = {record.id: at for at, record in enumerate(classes(store))}
    shares = np.zeros((int(there.sum()), len(known.classes)), np.float32)
    for name, column in zip(table.classes, table.probabilities[there].T, strict=True):
        if name in meant:
            shares[:, place[meant[name]]] += column
    said = np.full((len(known.ids), len(known.classes)), np.nan, np.float32)
    said[rows[there]] = shares
    return said


def _readable(run: RunFolder) -> PredictionTable | None:
    """The run's predictions; a run without any, or whose file is damaged, is passed over: its own page tells of it."""
    try:
        return predictions.load(run.predictions_file)
    except Error:
        return None


def _rows(ids: npt.NDArray[np.int64], some: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], Any]:
    """Where `some` are in the ascending `ids`, and which of them are."""
    if not len(ids):
        return np.zeros(len(some), np.int64), np.zeros(len(some), np.bool_)
    rows = np.minimum(np.searchsorted(ids, some), len(ids) - 1)
    return rows, ids[rows] == some


def _spread(total: Probabilities) -> Reals:
    """The entropy of what all runs say together, of the largest possible, N; nan where no run said anything."""
    summed = total.sum(1, dtype=np.float64)
    shares = total / np.maximum(summed, 1e-9)[:, None]
    entropy = -(shares * np.log(np.maximum(shares, 1e-12))).sum(1) / np.log(max(total.shape[1], 2))
    return np.asarray(np.where(summed > 0, np.clip(entropy, 0, 1), np.nan), np.float64)
