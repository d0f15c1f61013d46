"""Whether a property that has nothing to do with the classes tells them, so that a model may learn it instead."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core import wording
from core.images import alike
from core.images.measures import Measures
from core.project.records import Columns

SAMPLE = 20_000  # images that are looked at, drawn with a fixed seed
FEWEST = 40  # images, below which nothing is said
GAIN = 0.15
"""Share of the mistakes of a blind guess that knowing the property must avoid to be called a cue: of two equal classes,
57.5 % right. MNIST's brightness, which tells ones from noughts, stays below with 0.13."""

ADVICE = "A model may learn that instead of what you mean: vary it within each class."

_FOLDS = 5
_LEAVES = 8
_ERRORS = 3.0  # standard errors that a cue must be above a blind guess

Features = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Cue:
    """How well one property tells the class of images whose groups it did not learn from.

    `accuracy` and `guess`, always saying the commonest class, are shares of `images`.
    """

    name: str
    accuracy: float
    guess: float
    images: int
    spurious: bool

    @property
    def sentence(self) -> str:
        told = f"{self.name.capitalize()} alone tells the class of {wording.percent(self.accuracy)} of the images"
        return f"{told}; the commonest class would be right for {wording.percent(self.guess)}."


def cues(known: Columns, sizes: npt.NDArray[np.int32], measures: Measures) -> tuple[Cue, ...]:
    """What each property tells of the labelled images that are measured and not rejected, the most telling first.

    `sizes` are width and height of all images of `known`, N,2 in px. Empty where there are fewer than `FEWEST` such
    images or fewer than two classes.
    """
    measured = measures.rows_of(known.content_hash)
    rows = np.flatnonzero(known.usable & (measured >= 0))
    if len(rows) > SAMPLE:
        rows = np.sort(np.random.default_rng(0).choice(rows, SAMPLE, replace=False))
    labels = known.class_index[rows].astype(np.int64)
    if len(rows) < FEWEST or len(np.unique(labels)) < 2:
        return ()
    groups = _groups(known, rows, measures.cluster[measured[rows]])
    folds = np.random.default_rng(0).permutation(int(groups.max()) + 1)[groups] % _FOLDS
    guess = _right(_guessed(np.zeros(len(rows), np.int64), labels, folds), labels)
    shares = {
        name: _right(_learned(values, labels, folds), labels)
        for name, values in _properties(sizes[rows], measures, measured[rows]).items()
    }
    if len(known.sources) > 1:
        shares["source"] = _right(_guessed(known.source[rows].astype(np.int64) + 1, labels, folds), labels)
    independent = len(np.unique(groups))
    found = [Cue(name, one, guess, len(rows), _tells(one, guess, independent)) for name, one in shares.items()]
    return tuple(sorted(found, key=lambda cue: -cue.accuracy))


def _properties(
    sizes: npt.NDArray[np.int32], measures: Measures, rows: npt.NDArray[np.int64]
) -> Mapping[str, Features]:
    """The properties that are numbers, N,1 or N,2."""
    width, height = sizes[:, 0].astype(np.float32), sizes[:, 1].astype(np.float32)
    found = {
        "brightness": measures.brightness[rows],
        "contrast": measures.contrast[rows],
        "sharpness": measures.sharpness[rows],
        "size": np.sqrt(width * height),
        "aspect": width / np.maximum(height, 1),
    }
    return {name: values[:, None] for name, values in found.items() if values.min() < values.max()}


def _groups(known: Columns, rows: npt.NDArray[np.int64], clusters: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Numbers of what must not be torn: groups, near duplicates and equal images, joined where they overlap.

    Sources are no groups here: that one of them is darker and has other classes is what is looked for.
    """
    pairs = [np.zeros((0, 2), np.int64)]
    for numbers in (known.group[rows], clusters, alike.same_content(known.content_hash[rows])):
        members = np.flatnonzero(numbers >= 0)
        _, first, inverse = np.unique(numbers[members], return_index=True, return_inverse=True)
        pairs.append(np.stack([members[first][inverse], members], axis=1))
    joined = alike.clusters(np.concatenate(pairs), len(rows))
    alone = joined < 0
    joined[alone] = joined.max(initial=-1) + 1 + np.arange(int(alone.sum()))
    return joined


def _learned(values: Features, labels: npt.NDArray[np.int64], folds: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """What a small decision tree says of each fold that has learnt from the others."""
    # Imported here because it takes a second.
    from sklearn.tree import DecisionTreeClassifier

    said = np.full(len(labels), -1, np.int64)
    fewest = max(5, len(labels) // 200)
    for fold in np.unique(folds):
        here = folds == fold
        if here.all():
            continue
        tree = DecisionTreeClassifier(max_leaf_nodes=_LEAVES, min_samples_leaf=fewest, random_state=0)
        said[here] = tree.fit(values[~here], labels[~here]).predict(values[here])
    return said


def _guessed(
    kinds: npt.NDArray[np.int64], labels: npt.NDArray[np.int64], folds: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """The commonest class of each one's kind (N, from 0) in the other folds, of all images where that has none."""
    said = np.full(len(labels), -1, np.int64)
    shape = (int(kinds.max()) + 1, int(labels.max()) + 1)
    for fold in np.unique(folds):
        here = folds == fold
        counts = np.zeros(shape, np.int64)
        np.add.at(counts, (kinds[~here], labels[~here]), 1)
        best = np.where(counts.any(1), counts.argmax(1), counts.sum(0).argmax())
        said[here] = best[kinds[here]]
    return said


def _right(said: npt.NDArray[np.int64], labels: npt.NDArray[np.int64]) -> float:
    return float((said == labels).mean())


def _tells(accuracy: float, guess: float, independent: int) -> bool:
    error: Any = np.sqrt(max(accuracy * (1 - accuracy), 1 / independent) / independent)
    return bool(accuracy - guess > _ERRORS * error and accuracy - guess >= GAIN * (1 - guess))
