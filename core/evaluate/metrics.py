"""Scores as pure functions of arrays. Knows no torch and no files."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.runs.predictions import shares

Counts = npt.NDArray[np.int64]
Index = npt.NDArray[np.integer[Any]]
Scores = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PerClass:
    """Scores in [0, 1], one a class; nan where undefined: nothing predicted, nothing true, or neither."""

    precision: Scores
    recall: Scores
    f1: Scores


def confusion(true: Index, predicted: Index, classes: int) -> Counts:
    """How often each true class (row) was predicted as each class (column), C,C. Rows of label -1 are left out."""
    known = true >= 0
    pairs = true[known].astype(np.int64) * classes + predicted[known]
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes).astype(np.int64)


def accuracy(counts: Counts) -> float | None:
    """The fraction on the diagonal; None of an empty matrix."""
    total = int(counts.sum())
    return int(np.trace(counts)) / total if total else None


def per_class(counts: Counts) -> PerClass:
    """Precision, recall and F1, their harmonic mean, of each class."""
    hits = np.diag(counts).astype(np.float64)
    true, predicted = counts.sum(1), counts.sum(0)
    return PerClass(_ratio(hits, predicted), _ratio(hits, true), _ratio(2 * hits, true + predicted))


def by_source(right: npt.NDArray[np.bool_], source: Index, sources: tuple[str, ...]) -> dict[str, float]:
    """Accuracy by source; sources without images are absent."""
    return shares(right, source, sources)


def _ratio(above: Scores, below: Counts) -> Scores:
    out = np.full(len(above), np.nan)
    np.divide(above, below, out=out, where=below > 0)
    return out
