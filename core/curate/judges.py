"""Judges of labels that need no run: a linear discriminant and the nearest neighbours, both on looks.

Neither ever judges an image by itself or by what belongs to it: a copy, or an image of the same group.
"""

from collections.abc import Generator

import numpy as np
import numpy.typing as npt

from core.curate.confident import Probabilities
from core.events import Event, Progress, Stage

Looks = npt.NDArray[np.float16]
Labels = npt.NDArray[np.int16]
Units = npt.NDArray[np.int64]
Folds = npt.NDArray[np.uint8]

FOLDS = 5
FEWEST = 3  # images of a class that must be left to learn it from
NEAREST = 10

_SHRUNK = 0.02  # share of the covariance that is replaced by that of a sphere
_POWER = 4  # of the similarity, as the weight of a neighbour
_BLOCK = 1024
_COMPARED = 20_000  # images that neighbours are looked for among; a million against all would take an hour
_OF_CLASS = 100  # of each class, if there are as many

Reals = npt.NDArray[np.float64]


def learnable(labels: Labels, folds: Folds) -> npt.NDArray[np.bool_]:
    """Of which of N images `FEWEST` others with the same label are in other folds."""
    table = np.zeros((FOLDS, int(labels.max(initial=0)) + 1), np.int64)
    np.add.at(table, (folds, labels), 1)
    return np.asarray((table.sum(0) - table)[folds, labels] >= FEWEST)


def discriminant(looks: Looks, labels: Labels, folds: Folds, classes: int) -> Generator[Event, None, Probabilities]:
    """What a linear discriminant says of each fold that learnt from the others, N,C. Each fold's others must have
    images.

    Normal densities with one covariance for all classes (T. Hastie and others, The Elements of Statistical Learning,
    4.3). Sums of each fold are made once, and what is learnt without it is the difference: one pass over a million.
    """
    yield Stage(title="Learning labels from other images", total=FOLDS, unit="parts")
    parts = []
    for fold in range(FOLDS):
        parts.append(_sums(looks[folds == fold], labels[folds == fold], classes))
        yield Progress(done=fold, total=FOLDS)
    said = np.full((len(labels), classes), np.nan, np.float32)
    for fold in np.unique(folds).tolist():
        numbers, sums, products = (sum(part[at] for n, part in enumerate(parts) if n != fold) for at in range(3))
        weights, constant = _solved(np.asarray(numbers), np.asarray(sums), np.asarray(products))
        for rows in _blocks(np.flatnonzero(folds == fold)):
            logits = looks[rows].astype(np.float64) @ weights + constant
            powers = np.exp(logits - logits.max(1, keepdims=True))
            said[rows] = powers / powers.sum(1, keepdims=True)
    yield Progress(done=FOLDS, total=FOLDS)
    return said


def neighbours(looks: Looks, labels: Labels, units: Units, classes: int) -> Generator[Event, None, Probabilities]:
    """The shares of the labels of each image's nearest images of other `units`, weighted by similarity, N,C.

    nan where there is none that is alike at all.
    """
    yield Stage(title="Comparing with the most similar images", total=len(labels))
    among = _among(labels)
    others, their_units, their_labels = looks[among].astype(np.float32), units[among], labels[among]
    count = min(NEAREST, len(among))
    said = np.full((len(labels), classes), np.nan, np.float32)
    for rows in _blocks(np.arange(len(labels))):
        similar = looks[rows].astype(np.float32) @ others.T
        similar[units[rows][:, None] == their_units[None]] = 0
        best = np.argpartition(similar, len(among) - count, axis=1)[:, len(among) - count :]
        weights = np.maximum(np.take_along_axis(similar, best, 1), 0) ** _POWER
        votes = np.zeros((len(rows), classes), np.float32)
        np.add.at(votes, (np.arange(len(rows))[:, None], their_labels[best]), weights)
        total = votes.sum(1)
        said[rows[total > 0]] = (votes / np.maximum(total, 1e-9)[:, None])[total > 0]
        yield Progress(done=int(rows[-1]) + 1, total=len(labels))
    return said


def _sums(looks: Looks, labels: Labels, classes: int) -> tuple[Reals, Reals, Reals]:
    """Images a class C, sums of their looks C,D, and of the products of all looks D,D."""
    width = looks.shape[1]
    sums, products = np.zeros((classes, width)), np.zeros((width, width))
    for rows in _blocks(np.arange(len(labels))):
        values = looks[rows].astype(np.float64)
        np.add.at(sums, labels[rows], values)
        products += values.T @ values
    return np.bincount(labels, minlength=classes).astype(np.float64), sums, products


def _solved(numbers: Reals, sums: Reals, products: Reals) -> tuple[Reals, Reals]:
    """Weights D,C and constants C of the discriminant; a class without images gets -inf."""
    means = sums / np.maximum(numbers, 1)[:, None]
    covariance = (products - (means * numbers[:, None]).T @ means) / numbers.sum()
    width = len(covariance)
    even = max(float(np.trace(covariance)) / width, 1e-6) * np.eye(width)
    weights = np.linalg.solve((1 - _SHRUNK) * covariance + _SHRUNK * even, means.T)
    shares = np.full(len(numbers), -np.inf)
    np.log(numbers / numbers.sum(), out=shares, where=numbers > 0)
    return weights, shares - (means.T * weights).sum(0) / 2


def _among(labels: Labels) -> npt.NDArray[np.int64]:
    """The rows that neighbours are looked for among: of each class its share, and at least `_OF_CLASS`."""
    if len(labels) <= _COMPARED:
        return np.arange(len(labels))
    mixed = np.random.default_rng(0).permutation(len(labels))
    mixed = mixed[np.argsort(labels[mixed], kind="stable")]
    numbers = np.bincount(labels)
    place = np.arange(len(labels)) - (np.cumsum(numbers) - numbers)[labels[mixed]]
    kept = place < np.maximum(_OF_CLASS, numbers * _COMPARED // len(labels))[labels[mixed]]
    return np.sort(mixed[kept])


def _blocks(rows: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    return [rows[at : at + _BLOCK] for at in range(0, len(rows), _BLOCK)]
