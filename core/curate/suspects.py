"""Which labels are probably wrong, and how difficult each image is: what `cache/scores.npz` holds.

Suspicion is 1 minus the probability of the label, by judges that did not learn from the image: a linear discriminant
and the nearest neighbours, both by looks, and runs that were not trained on it; each counts by how often it is right
(`confident.weight`). How training went with the image counts like one more judge. That number is then stretched so that
as many images reach 0.5 as `confident.errors` finds wrong labels; no image does whose judges prefer its label.

Difficulty is the mean of what is known: how hard the image was to learn (`learnt.effort_of`) and how little runs agree
on it. Where no run saw it, it is the share of its neighbours with another label.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.curate import confident, judges
from core.curate.confident import Probabilities
from core.curate.learnt import Learnt, learnt
from core.curate.measuring import measure
from core.errors import Error
from core.events import Event, Stage
from core.images.measures import Measures
from core.project import records, units
from core.project.division import dividing
from core.project.plan import GroupBy
from core.project.records import Columns
from core.project.scores import ScoreFile, pack
from core.project.store import Store
from core.runs.durable import write_durably

"""What shows the suspects."""

LOOKS, NEIGHBOURS, TRAINING = "looks", "neighbours", "training"

Reals = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
_BELOW = np.nextafter(np.float32(0.5), np.float32(0))
_SEED = 0


@dataclass(frozen=True, eq=False)
class Suspects:
    """What was found of the N images `ids`, ascending; nan and -1 where nothing is known.

    `labels` and `suggested` count in `classes`. `doubts` tells by signal how far it is from the label, 0 to 1, N each:
    "looks", "neighbours", "training", or a run's name. `judged` is how many labels were looked at, `errors` how many
    of them are probably wrong.
    """

    ids: Rows
    labels: npt.NDArray[np.int16]
    classes: tuple[str, ...]
    suspect: npt.NDArray[np.float32]
    difficulty: npt.NDArray[np.float32]
    suggested: npt.NDArray[np.int64]
    doubts: Mapping[str, npt.NDArray[np.float32]]
    judged: int
    errors: int

    def top(self, count: int, but: Rows) -> Rows:
        """The rows of the `count` images that are most suspect, the most suspect first, without the ids `but`."""
        known = np.flatnonzero(np.isfinite(self.suspect) & ~np.isin(self.ids, but))
        return known[np.argsort(-self.suspect[known], kind="stable")[:count]]

    def why(self, row: int) -> dict[str, float]:
        """The signals that doubt the label of `row` more than they trust it, the strongest first."""
        found = {name: float(values[row]) for name, values in self.doubts.items() if values[row] > 0.5}
        return dict(sorted(found.items(), key=lambda one: -one[1]))


@dataclass(frozen=True, eq=False)
class _Judged:
    """The labelled images at `rows` of all that could be judged, M, with what each judge says of them, M,C."""

    rows: Rows
    labels: npt.NDArray[np.int16]
    said: Mapping[str, Probabilities]


def find(store: Store) -> Generator[Event, None, Suspects]:
    """Measure what is new, score all images, and keep the scores. Closed before its end, it leaves the old ones.

    Raises `Error` where too few labels can be compared with each other, OSError where the scores cannot be kept.
    """
    known = records.columns(store)
    measures = yield from measure(store, known)
    runs = yield from learnt(store, known)
    judged = yield from _judged(store, known, measures, runs)
    found = _scored(known, judged, runs)
    names = np.array([*found.classes, ""])
    file = ScoreFile(
        ids=found.ids,
        labels=tuple(names[found.labels].tolist()),
        suspect=found.suspect,
        difficulty=found.difficulty,
        suggested=tuple(names[found.suggested].tolist()),
    )
    store.paths.scores.parent.mkdir(parents=True, exist_ok=True)
    write_durably(store.paths.scores, pack(file))
    return found


def _judged(store: Store, known: Columns, measures: Measures, runs: Learnt) -> Generator[Event, None, _Judged]:
    measured = measures.rows_of(known.content_hash)
    rows = np.flatnonzero(known.usable & (measured >= 0))
    labels, classes = known.class_index[rows], len(known.classes)
    together, folds = yield from _folds(store, known, rows)
    able = judges.learnable(labels, folds)
    if len(np.unique(labels[able])) < 2:
        hint = f"At least two classes with {judges.FEWEST + 1} images that are no copies of each other are needed."
        raise Error("There are too few labelled images to tell which labels are wrong.", hint)
    looks = measures.look[measured[rows]]
    said = {LOOKS: (yield from judges.discriminant(looks, labels, folds, classes))}
    said[NEIGHBOURS] = yield from judges.neighbours(looks, labels, together, classes)
    said |= {name: table[rows] for name, table in runs.unseen.items()}
    return _Judged(rows[able], labels[able], {name: table[able] for name, table in said.items()})


def _folds(store: Store, known: Columns, rows: Rows) -> Generator[Event, None, tuple[Rows, judges.Folds]]:
    """What belongs together among `rows`, and the fold of each.

    Groups belong together, and copies; copies alone where groups leave too few labels to learn from, as with one group
    a class. Sources may be torn: whoever takes all images of one kind is no reason to doubt them.
    """
    among: npt.NDArray[np.bool_] = np.zeros(len(known.ids), np.bool_)
    among[rows] = True
    labels = known.class_index[rows]
    yield Stage(title="Keeping apart what belongs together", unit="groups")
    together, folds = np.zeros(0, np.int64), np.zeros(0, np.uint8)
    if not len(rows):
        return together, folds
    group_by: GroupBy
    for group_by in ("group", "none"):
        together = units.ties(store, known, group_by).units(among)
        folds = yield from dividing(labels, together, [1 / judges.FOLDS] * judges.FOLDS, _SEED)
        if judges.learnable(labels, folds).mean() > 0.5:
            break
    return together, folds


def _scored(known: Columns, judged: _Judged, runs: Learnt) -> Suspects:
    labels, rows, several = judged.labels, judged.rows, list(judged.said.values())
    pooled = confident.pooled(several, labels)
    errors = confident.errors(several, labels)
    doubt = _with_training(1 - confident.of_label(pooled, labels), pooled, labels, runs.doubt[rows])
    others = pooled.copy()
    others[np.arange(len(rows)), labels] = -1
    other = others.argmax(1)
    prefers = others.max(1) > confident.of_label(pooled, labels)
    suspect = np.full(len(known.ids), np.nan, np.float32)
    suspect[rows] = _stretched(doubt, prefers, errors)
    suggested = np.full(len(known.ids), -1, np.int64)
    suggested[rows] = np.where(prefers, other, -1)
    doubts = {name: _placed(1 - confident.of_label(said, labels), rows, known) for name, said in judged.said.items()}
    doubts[TRAINING] = _placed(runs.doubt[rows], rows, known)
    near = _placed(1 - confident.of_label(judged.said[NEIGHBOURS], labels), rows, known)
    return Suspects(
        ids=known.ids,
        labels=known.class_index,
        classes=known.classes,
        suspect=suspect,
        difficulty=_difficulty(runs, near),
        suggested=suggested,
        doubts={name: values for name, values in doubts.items() if np.isfinite(values).any()},
        judged=len(rows),
        errors=errors,
    )


def _with_training(doubt: Reals, pooled: Probabilities, labels: npt.NDArray[np.int16], training: Reals) -> Reals:
    """The doubts of judges and of training, N, each weighed by how often it gives the label; nan counts nothing."""
    there = np.isfinite(training)
    if not there.any():
        return doubt
    classes = pooled.shape[1]
    weights = [
        confident.weight(float(right.mean()), classes)
        for right in (pooled[there].argmax(1) == labels[there], training[there] < 0.5)
    ]
    mixed = doubt.copy()
    if sum(weights) > 0:
        mixed[there] = (weights[0] * doubt[there] + weights[1] * training[there]) / sum(weights)
    return mixed


def _stretched(doubt: Reals, prefers: npt.NDArray[np.bool_], errors: int) -> npt.NDArray[np.float32]:
    """`doubt` N in [0, 1], stretched so that the `errors` largest of those whose judges prefer another class reach 0.5.

    The order of all others stays, below 0.5.
    """
    wrong = np.sort(doubt[prefers])[::-1]
    cut = wrong[min(errors, len(wrong)) - 1] if errors and len(wrong) else np.inf
    above = 0.5 + 0.5 * (doubt - cut) / max(1 - cut, 1e-9) if np.isfinite(cut) else doubt
    below = np.minimum(0.5 * doubt / (max(cut, 1e-9) if np.isfinite(cut) else 1.0), _BELOW)
    return np.asarray(np.where(prefers & (doubt >= cut), np.minimum(above, 1), below), np.float32)


def _difficulty(runs: Learnt, near: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    parts = np.stack([runs.effort, runs.disagreement])
    known = np.isfinite(parts)
    mean = np.where(known, parts, 0).sum(0) / np.maximum(known.sum(0), 1)
    return np.asarray(np.where(known.any(0), mean, near), np.float32)


def _placed(values: npt.NDArray[Any], rows: Rows, known: Columns) -> npt.NDArray[np.float32]:
    """`values` of `rows` among all images, nan elsewhere."""
    found = np.full(len(known.ids), np.nan, np.float32)
    found[rows] = values
    return found
