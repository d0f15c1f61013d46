"""What the Review page shows, decided without Qt: a run's predictions against the labels of their time and of today.

The matrix and all figures are those of the run. What was relabelled since is told beside them, never mixed in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from core import wording
from core.errors import Error, told
from core.evaluate import metrics
from core.project import records
from core.project.classes import run_names
from core.project.store import Store
from core.runs import history, predictions
from core.runs.folder import RunFolder, find, list_runs
from core.runs.predictions import PredictionTable

Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Cell = tuple[int, int]  # true, predicted

PARTS = {"val": "Validation", "test": "Test", "train": "Training", "all": "All images"}
_CODES = {"train": 1, "val": 2, "test": 3}
MOST_CONFUSED = 5


# --- runs ---


@dataclass(frozen=True)
class RunLine:
    """A run of the picker."""

    name: str
    accuracy: float | None
    predicted: bool
    checkpoint: bool  # whether there is a network that could predict

    @property
    def title(self) -> str:
        return f"{self.name} · {wording.percent(self.accuracy)}" if self.accuracy is not None else self.name


def run_lines(store: Store) -> tuple[RunLine, ...]:
    """The runs of the project, newest first; ask it from a reader's thread."""
    return tuple(_line(run) for run in reversed(list_runs(store.paths.runs)))


def _line(run: RunFolder) -> RunLine:
    try:
        accuracy = history.read(run).best_accuracy
    except OSError:  # the run is listed all the same; choosing it says what is wrong
        accuracy = None
    return RunLine(run.name, accuracy, run.predictions_file.exists(), run.best.exists())


# --- what a run said ---


@dataclass(frozen=True)
class Outcome:
    """A run's predictions of the images of one part, an array element an image.

    `true` and `predicted` count in `classes` (-1 in `true`: it had no label), `source` in `sources` (-1 none).
    """

    run: str
    part: str
    parts: tuple[str, ...]  # those that have images
    classes: tuple[str, ...]
    sources: tuple[str, ...]
    ids: Ids
    true: npt.NDArray[np.int16]
    predicted: npt.NDArray[np.int16]
    confidence: npt.NDArray[np.float32]
    source: npt.NDArray[np.int32]

    @cached_property
    def labelled(self) -> Flags:
        return self.true >= 0

    @cached_property
    def wrong(self) -> Flags:
        return self.labelled & (self.true != self.predicted)

    @cached_property
    def counts(self) -> npt.NDArray[np.int64]:
        """The confusion matrix C,C: rows are true, columns predicted."""
        known = self.labelled
        return metrics.confusion(self.true[known], self.predicted[known], len(self.classes))

    def prepare(self) -> None:
        """Compute what takes time, here rather than in the window's thread."""
        _ = self.wrong, self.counts, self.row_of

    @cached_property
    def row_of(self) -> dict[int, int]:
        """Where an image is in the arrays."""
        return {id: row for row, id in enumerate(self.ids.tolist())}


@dataclass(frozen=True)
class Loaded:
    """What reading a run gave: its outcome, or the reason why there is none."""

    run: str
    outcome: Outcome | None = None
    problem: Error | None = None


def load(store: Store, run: str, part: str = "") -> Loaded:
    """Read the predictions of a run; what is missing or damaged is a `problem`. Ask it from a reader's thread."""
    try:
        table = _checked(predictions.load(find(store.paths.runs, run).predictions_file), run)
    except (Error, OSError) as problem:
        known = told(problem)
        if known is None:
            raise
        return Loaded(run, problem=known)
    shown = outcome(run, table, part)
    shown.prepare()
    return Loaded(run, shown)


def _checked(table: PredictionTable, run: str) -> PredictionTable:
    """`table` if its arrays fit together; a file that was edited by hand must not break the page."""
    rows, classes = len(table.ids), len(table.classes)
    columns = (table.label, table.split, table.source)
    fits = table.logits.shape == (rows, classes) and classes > 0 and all(column.shape == (rows,) for column in columns)
    if not fits or (rows and (table.label.max() >= classes or table.source.max() >= len(table.sources))):
        raise Error(f"The predictions of run {run} are damaged: their parts do not fit.", "Evaluate the run again.")
    return table


def outcome(run: str, table: PredictionTable, part: str = "") -> Outcome:
    """The predictions of one part ("val", "test", "train", "all"); where it has none, of the first that has."""
    sizes = {key: int((table.split == code).sum()) for key, code in _CODES.items()}
    parts = tuple(key for key in PARTS if sizes.get(key, 0))
    if len(parts) != 1 or sizes[parts[0]] != len(table):
        parts = (*parts, "all")
    chosen = part if part in parts else parts[0]
    table = table if chosen == "all" else table.where(table.split == _CODES[chosen])
    return Outcome(
        run,
        chosen,
        parts,
        table.classes,
        table.sources,
        table.ids,
        table.label,
        table.predicted,
        table.confidence,
        table.source,
    )


# --- what the project says today ---


@dataclass(frozen=True)
class Today:
    """Which images of an outcome are still there, and the labels that changed since, by image (None: unlabelled).

    `lost` are classes of the run that the project has no more, under whatever name. An image of a lost class that now
    carries a class the run did not know is taken for renamed, not for changed.
    """

    present: Flags
    changed: dict[int, str | None]
    lost: tuple[str, ...] = ()


def today(store: Store, shown: Outcome) -> Today:
    """Compare with the project of now; ask it from a reader's thread."""
    rows = store.read("SELECT i.id, c.name FROM image i LEFT JOIN class c ON c.id = i.class_id")
    known = {record.id: record.name for record in records.classes(store)}
    names = {old: known[id] for old, id in run_names(store).items()}
    return compare(shown, dict(rows), list(known.values()), names)


def compare(
    shown: Outcome, labels: dict[int, str | None], classes: Sequence[str], names: Mapping[str, str] | None = None
) -> Today:
    """`labels` are those of all images by id, `classes` those of the project, `names` what it calls classes of old."""
    called = [(names or {}).get(name, name) for name in shown.classes]
    lost = tuple(name for name in called if name not in classes)
    known = set(called)
    changed: dict[int, str | None] = {}
    for id, true in zip(shown.ids.tolist(), shown.true.tolist(), strict=True):
        before, now = (called[true] if true >= 0 else None), labels.get(id)
        renamed = before in lost and now is not None and now not in known
        if id in labels and before != now and not renamed:
            changed[id] = now
    present = np.fromiter((id in labels for id in shown.ids.tolist()), np.bool_, len(shown.ids))
    return Today(present, changed, lost)


def changes_line(now: Today | None) -> str:
    """Such as "3 labels changed since this run"; empty when all is as it was."""
    if now is None:
        return ""
    parts = [f"{wording.count(len(now.changed), 'label')} changed since this run"] if now.changed else []
    if now.lost:
        names = ", ".join(now.lost)
        verb = "classes are" if len(now.lost) > 1 else "class is"
        parts.append(f"its {verb} no longer in the project: {names}")
    return "; ".join(parts)


# --- the list of images ---


@dataclass(frozen=True)
class Listing:
    """The images beside the matrix, surest first."""

    title: str
    number: str
    ids: Ids
    empty: str  # what to say when there is none


def listing(shown: Outcome, now: Today | None, cell: Cell | None, wrong_only: bool) -> Listing:
    """The images of a cell, or without one the wrong ones or all of the part."""
    if cell is not None:
        flags = (shown.true == cell[0]) & (shown.predicted == cell[1])
        title = reading(shown, *cell)
    else:
        flags = shown.wrong if wrong_only else np.ones(len(shown.ids), np.bool_)
        title = "Wrong" if wrong_only else PARTS[shown.part]
    total = int(flags.sum())
    if now is not None:
        flags = flags & now.present
    rows = np.flatnonzero(flags)
    rows = rows[np.argsort(-shown.confidence[rows], kind="stable")]
    gone = total - len(rows)
    number = wording.count(total, "image") + (f", {gone:,} no longer in the project" if gone else "")
    empty = "Nothing here was read wrong." if cell is None and wrong_only else "No image is in this cell."
    return Listing(title, number, shown.ids[rows], empty)


def reading(shown: Outcome, true: int, predicted: int) -> str:
    """Such as "1 read as 7"."""
    return f"{shown.classes[true]} read as {shown.classes[predicted]}"


@dataclass(frozen=True)
class Mark:
    """What is written on one thumbnail and in its tooltip; `bad` for a wrong reading, `relabelled` since the run."""

    badge: str
    bad: bool
    relabelled: bool
    words: str


def mark(shown: Outcome, now: Today | None, id: int) -> Mark:
    """How an image is marked: "1→7 .99", "7 .98", after relabelling "was 1, now 7"."""
    row = shown.row_of.get(id)
    if row is None:
        return Mark("", False, False, "not seen by this run")
    true = shown.classes[shown.true[row]] if shown.true[row] >= 0 else ""
    read, sure = shown.classes[shown.predicted[row]], float(shown.confidence[row])
    words = f"labelled {true or 'nothing'}, read as {read} at {sure:.2f}"
    if now is not None and id in now.changed:
        label = now.changed[id]
        return Mark(
            f"was {true or 'unlabelled'}, now {label or 'unlabelled'}",
            False,
            True,
            f"{words}; now {f'labelled {label}' if label else 'unlabelled'}",
        )
    wrong = bool(shown.wrong[row])
    reads = f"{true}→{read}" if wrong or not true else read
    return Mark(f"{reads} {short(sure)}", wrong, False, words)


def short(confidence: float) -> str:
    """A share in two digits without the leading zero: ".94", "1.0"."""
    return f"{confidence:.2f}".removeprefix("0") if confidence < 0.995 else "1.0"


# --- figures ---


@dataclass(frozen=True)
class Pair:
    """Two classes that are mixed up, and how often."""

    cell: Cell
    title: str
    number: int


def most_confused(shown: Outcome) -> tuple[Pair, ...]:
    """The cells off the diagonal with the most images, most first."""
    off = shown.counts.copy()
    np.fill_diagonal(off, 0)
    order = np.argsort(-off, axis=None, kind="stable")[:MOST_CONFUSED]
    cells = [(int(at // len(off)), int(at % len(off))) for at in order]
    return tuple(Pair(cell, reading(shown, *cell), int(off[cell])) for cell in cells if off[cell])


@dataclass(frozen=True)
class ClassLine:
    """Precision, recall and F1 of a class as text of equal width; "n/a" where there is nothing to divide by."""

    name: str
    images: int
    precision: str
    recall: str
    f1: str


def class_lines(shown: Outcome) -> tuple[ClassLine, ...]:
    """One line a class, in the run's order."""
    scores = metrics.per_class(shown.counts)
    columns = (scores.precision, scores.recall, scores.f1)
    texts = [[_share(float(value)) for value in column] for column in columns]
    sizes = shown.counts.sum(1)
    return tuple(
        ClassLine(name, int(sizes[row]), *(column[row] for column in texts)) for row, name in enumerate(shown.classes)
    )


def _share(value: float) -> str:
    return "n/a " if value != value else f"{value:.2f}"


@dataclass(frozen=True)
class Figures:
    """The right column."""

    head: str
    accuracy: str
    margin: str
    by_source: dict[str, float]


def figures(shown: Outcome) -> Figures:
    """Accuracy of the labelled images with its 95 % margin (Wilson's interval), and by source."""
    total, right = int(shown.counts.sum()), int(np.trace(shown.counts))
    low, high = wilson(right, total)
    known = shown.labelled
    return Figures(
        f"{PARTS[shown.part]}, {wording.count(total, 'image')}",
        wording.percent(right / total if total else None),
        f"{100 * low:.1f} – {100 * high:.1f} at 95 %" if total else "no labelled images",
        predictions.shares((shown.true == shown.predicted)[known], shown.source[known], shown.sources),
    )


def wilson(right: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """The interval of Wilson (1927) around a share of `right` among `total`."""
    if not total:
        return 0.0, 1.0
    share, square = right / total, z * z / total
    middle = (share + square / 2) / (1 + square)
    half = z / (1 + square) * float(np.sqrt(share * (1 - share) / total + square / (4 * total)))
    return max(0.0, middle - half), min(1.0, middle + half)


# --- when there is nothing ---


@dataclass(frozen=True)
class Empty:
    """What is said in place of the matrix; `button` evaluates the run, none where that cannot help."""

    sentence: str
    hint: str = ""
    button: str = ""


def empty(loaded: Loaded, line: RunLine | None) -> Empty | None:
    """Why a run has no matrix; None when it has one."""
    if loaded.outcome is not None:
        seen = loaded.outcome.labelled.any() or len(loaded.outcome.parts) > 1
        return None if seen else Empty(f"{loaded.run} has seen no labelled images.")
    if line is not None and not line.predicted:
        if not line.checkpoint:
            return Empty(f"{loaded.run} has no network to look at yet.", "It is saved when its first epoch ends.")
        hint = "Its best network reads the validation images once."
        return Empty(f"{loaded.run} has not been evaluated yet.", hint, "Evaluate")
    title = loaded.problem.title if loaded.problem else f"The predictions of {loaded.run} cannot be read."
    return Empty(title, "The run itself is safe; its predictions can be made again.", "Evaluate")
