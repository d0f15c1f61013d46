"""Taking over what the latest run said of many images as their labels: first what it would change, then the edit."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core import wording
from core.errors import Error
from core.project import edits, table
from core.project.edits import Change
from core.project.query import ALL, Filter
from core.project.records import batches
from core.project.store import Store
from core.project.table import LATEST_RUN, MADE_BY, SPLITS, Column, Mask, Table

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Judged:
    """How many of the `known` images with a label were read as it says, among those that the run was as sure of.

    Labels that came from a model do not count. `outside`: nor did images of the train split, as there were others.
    """

    known: int
    right: int
    outside: bool

    @property
    def accuracy(self) -> float | None:
        return self.right / self.known if self.known else None

    def __str__(self) -> str:
        if not self.known:
            return "It read no labelled image as surely, so nothing tells how often that is right."
        images = wording.count(self.known, "labelled image")
        place = " outside training" if self.outside else ", which it may have been trained on,"
        return f"Of {images}{place} that it read as surely, {wording.percent(self.accuracy)} are right."


@dataclass(frozen=True, eq=False)
class Proposal:
    """What accepting the predictions of `run` with at least this `confidence` would do.

    `ids` M would get the classes that `codes` M count in `classes`: `unlabelled` of them have no label, the labels of
    `replaced` came from an import or a model and say something else; `replaceable` such labels were left alone.
    `by_hand` images that were read as surely have a label by hand, one or many at once; `disagreeing` of these labels
    say something else. They stay as they are.
    """

    run: str
    confidence: float
    ids: Ids
    codes: npt.NDArray[np.int32]
    classes: tuple[str, ...]
    unlabelled: int
    replaced: int
    replaceable: int
    by_hand: int
    disagreeing: int
    judged: Judged

    @property
    def counts(self) -> dict[str, int]:
        """How many images each class would get; those that get none are left out."""
        numbers = np.bincount(self.codes, minlength=len(self.classes)).tolist()
        return {name: number for name, number in zip(self.classes, numbers, strict=True) if number}

    @property
    def run_number(self) -> str:
        """Such as "03" of 03-resnet."""
        return self.run.partition("-")[0]


def proposal(store: Store, filter: Filter, confidence: float, replace_imported: bool = False) -> Proposal:
    """What accepting would do to the images of `filter`. Rejected images are never accepted.

    Raises `Error` when no run has predicted anything.
    """
    known = table.of(store)
    said, labels, by = known.predicted, known.classes.codes, known.number("by")
    run = store.read(f"SELECT name FROM run WHERE id = {LATEST_RUN}")
    if not run or not (said.class_at >= 0).any():
        raise Error("No run has predicted anything yet.", "Train or evaluate first.")
    # As filters do: a float32 compares with the number as it is written.
    sure = (said.class_at >= 0) & (said.confidence >= np.float32(confidence)) & ~known.number("rejected")
    asked = sure if filter == ALL else sure & filter.mask(known)
    hand = asked & _made_by(by, "hand", "bulk")
    other = asked & ~hand & (labels != said.class_at)
    unlabelled = other & (labels < 0)
    rows = np.flatnonzero(other if replace_imported else unlabelled)
    others = int(other.sum()) - int(unlabelled.sum())
    return Proposal(
        run=run[0][0],
        confidence=confidence,
        ids=known.ids[rows],
        codes=said.class_at[rows],
        classes=known.classes.names,
        unlabelled=int(unlabelled.sum()),
        replaced=others if replace_imported else 0,
        replaceable=0 if replace_imported else others,
        by_hand=int(hand.sum()),
        disagreeing=int((hand & (labels != said.class_at)).sum()),
        judged=_judged(known, sure),
    )


def accept(store: Store, proposed: Proposal) -> Change:
    """Do what was proposed, in one edit; images labelled by hand or rejected since then are left alone.

    Raises `Error` where a class or an image is gone by now.
    """
    closed = _closed(store, proposed.ids.tolist())
    pairs = zip(proposed.ids.tolist(), proposed.codes.tolist(), strict=True)
    said = {id: proposed.classes[code] for id, code in pairs if id not in closed}
    count = wording.count(len(said), "label")
    return edits.accept(store, said, f"Accept {count} of run {proposed.run_number} above {proposed.confidence:g}")


def least_sure(store: Store, proposed: Proposal, count: int) -> Ids:
    """The first `count` of the proposed images when those come first of which the run is least sure."""
    known = table.of(store)
    rows = known.rows_of(proposed.ids)
    rows = rows[np.argsort(known.predicted.confidence[rows], kind="stable")[:count]]
    return np.asarray(known.ids[rows])


def _judged(known: Table, sure: Mask) -> Judged:
    told = sure & (known.classes.codes >= 0) & _made_by(known.number("by"), "hand", "bulk", "import")
    outside = told & (known.number("split") != SPLITS.index("train"))
    asked = outside if outside.any() else told
    right = asked & (known.classes.codes == known.predicted.class_at)
    return Judged(int(asked.sum()), int(right.sum()), bool(outside.any()))


def _made_by(by: Column, *makers: str) -> Mask:
    return np.isin(by, [MADE_BY.index(maker) for maker in makers])


def _closed(store: Store, ids: list[int]) -> set[int]:
    """Those of `ids` that must not be labelled by a model."""
    found: set[int] = set()
    for part in batches(ids):
        marks = ",".join("?" * len(part))
        sql = f"SELECT id FROM image WHERE id IN ({marks}) AND (rejected OR labelled_by IN ('hand', 'bulk'))"
        found.update(row[0] for row in store.read(sql, part))
    return found
