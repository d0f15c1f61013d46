"""Confident learning: which labels judges who never saw them would not have given. Pure arrays.

C. Northcutt, L. Jiang, I. Chuang, Confident Learning: Estimating Uncertainty in Dataset Labels (2021). A judge is a
table of probabilities N,C of images that it did not learn from, nan in the rows that it says nothing of.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Probabilities = npt.NDArray[np.float32]
Labels = npt.NDArray[np.integer[Any]]
Reals = npt.NDArray[np.float64]

_SUREST = 0.99  # share of right answers beyond which a judge weighs no more


def counted_as(probabilities: Probabilities, labels: Labels) -> npt.NDArray[np.int64]:
    """The class that a judge is sure each image is of, N, -1 where of none.

    It is sure of a class whose probability is at least what it gives on average to the images labelled so: the
    threshold of the paper's equation 2. Of several such classes the likeliest counts.
    """
    own, known = of_label(probabilities, labels), np.isfinite(probabilities[:, 0])
    classes = probabilities.shape[1]
    total = np.bincount(labels[known], weights=own[known], minlength=classes)
    number = np.bincount(labels[known], minlength=classes)
    threshold = np.where(number > 0, total / np.maximum(number, 1), np.inf)
    sure = np.where(probabilities >= threshold, probabilities, -1)
    return np.where(sure.max(1) >= 0, sure.argmax(1), -1).astype(np.int64)


def errors(judges: Sequence[Probabilities], labels: Labels) -> int:
    """How many labels are wrong: images that two judges are sure to be of the same other class, or one if it is alone.

    That is what the paper counts off the diagonal of its confident joint, but for the second judge. A single one that
    is right about 60 % of the images would doubt every fifth label.
    """
    votes = np.zeros((len(labels), judges[0].shape[1]), np.int8)
    for judge in judges:
        counted = counted_as(judge, labels)
        rows = np.flatnonzero((counted >= 0) & (counted != labels))
        votes[rows, counted[rows]] += 1
    return int((votes.max(1) >= min(2, len(judges))).sum())


def of_label(probabilities: Probabilities, labels: Labels) -> Reals:
    """What the judge gives to the label of each image, N; nan where it says nothing."""
    return np.asarray(np.take_along_axis(probabilities, labels[:, None].astype(np.int64), 1)[:, 0], np.float64)


def weight(right: float, classes: int) -> float:
    """What a judge counts that gives the label to this share of the images, 0 if it does no better than chance.

    Log odds of being right: J. Zhu and others, Multi-class AdaBoost (2009), equation 3.
    """
    right = min(max(right, 1e-9), _SUREST)
    return float(max(0.0, np.log(right / (1 - right)) + np.log(max(classes - 1, 1))))


def pooled(judges: Sequence[Probabilities], labels: Labels) -> Probabilities:
    """The mean of the judges, each by its `weight` among those that say something of an image; nan where none does."""
    total: Reals = np.zeros(judges[0].shape)
    weights: Reals = np.zeros(len(labels))
    for judge in judges:
        known = np.isfinite(judge[:, 0])
        if not known.any():
            continue
        counts = weight(float((judge[known].argmax(1) == labels[known]).mean()), judge.shape[1])
        total[known] += counts * judge[known]
        weights[known] += counts
    found = np.full(total.shape, np.nan, np.float32)
    found[weights > 0] = total[weights > 0] / weights[weights > 0, None]
    return found
