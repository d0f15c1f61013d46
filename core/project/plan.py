"""How a project is split: the plan, what was decided last, and the lock of the test set.

Both are rows of the journal, in the edit that they were decided with: row 0 of the fields `split:plan` and
`split:locked`. What the latest edit says that is not undone is in force, so undo takes a plan and a lock back as well.
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any, Literal

from core.errors import Error
from core.project.store import Store

GroupBy = Literal["auto", "group", "source", "folder", "any", "none"]
GROUPINGS: tuple[GroupBy, ...] = ("auto", "group", "source", "folder", "any", "none")
HELD_AS = ("val", "test")
UNLOCK = "Unlock it first: `core split --unlock-test`, or in the window under Split."
FIELD, LOCK = "split:plan", "split:locked"


@dataclass(frozen=True)
class SplitPlan:
    """What is wanted of a split.

    `val` and `test` are shares of the images. Without one for test, the images of the test set stay in it: one that
    came with the images, such as MNIST's, must not get into training. With `folds`, of which number `fold` (from 1)
    validates, `val` means nothing: everything outside the test set validates in one fold. Images of the sources
    `hold_out` all become `held_as`, "val" or "test"; of the shares only the other one is used then.

    `group_by` is what images must share to stay together: auto (the group, else the source), group, source, folder
    (the directory of their name), any of these three, or none. Duplicates stay together always. `lock_test` locks or
    unlocks the test set with this split; None leaves the lock as it is.
    """

    val: float = 0.15
    test: float = 0.0
    folds: int = 0
    fold: int = 1
    group_by: GroupBy = "auto"
    hold_out: tuple[str, ...] = ()
    held_as: str = "val"
    seed: int = 0
    lock_test: bool | None = None

    @property
    def makes_test(self) -> bool:
        """Whether images come into a test set anew."""
        return self.test > 0 or (bool(self.hold_out) and self.held_as == "test")

    @property
    def shares(self) -> tuple[float, float, float]:
        """Of the images that are divided: those of train, val and test."""
        val, test = self.val, self.test
        if self.hold_out:
            val, test = (0.0, test) if self.held_as == "val" else (val, 0.0)
        return 1 - val - test, val, test

    def check(self) -> None:
        """Raises `Error` where the plan makes no sense, whatever the images."""
        if self.folds or self.fold != 1:
            self._check_folds()
        if self.held_as != "val" and not self.hold_out:
            raise Error("No source is held out.", "Name one or more, such as --hold-out meter.")
        _, val, test = self.shares
        least = 0.0 if self.hold_out else 1e-9
        if not self.folds and not (val >= 0 and test >= 0 and least <= val + test < 1):
            raise Error(
                f"Shares of {val:g} for validation and {test:g} for test cannot be split off.",
                "Both are 0 or more, and together more than 0 and less than 1; such as --val 0.15.",
            )
        if self.group_by not in GROUPINGS or self.held_as not in HELD_AS or self.seed < 0:
            raise ValueError(self)

    def _check_folds(self) -> None:
        if self.folds < 2 or not 1 <= self.fold <= self.folds:
            raise Error(
                f"There is no fold {self.fold} of {self.folds}.", "Folds are 2 or more; such as --folds 5 --fold 1."
            )
        if self.makes_test or self.hold_out:
            raise Error(
                "Folds divide what is outside the test set, and nothing is held out of them.",
                "Make the test set first, by a split of its own.",
            )

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it, without the lock, which is not a matter of one split."""
        return {name: value for name, value in dataclasses.asdict(self).items() if name != "lock_test"}


def from_dict(values: Mapping[str, Any]) -> SplitPlan:
    """The plan that `as_dict` gave. What a later version knows beside is left out."""
    known = {field.name for field in dataclasses.fields(SplitPlan)} - {"lock_test"}
    kept = {name: value for name, value in values.items() if name in known}
    return SplitPlan(**{**kept, "hold_out": tuple(kept.get("hold_out", ()))})


def current(store: Store) -> SplitPlan | None:
    """The plan of the latest split; None where it came with the images or was made by hand alone."""
    text = _latest(store, FIELD)
    return from_dict(json.loads(text)) if text else None


def test_is_locked(store: Store) -> bool:
    """Whether images may neither enter nor leave the test set."""
    return bool(_latest(store, LOCK))


def refuse_locked(store: Store, splits: Mapping[int, str | None]) -> None:
    """Raises `Error` where giving images these splits would change a test set that is locked."""
    if not test_is_locked(store):
        return
    tested = {row[0] for row in store.read("SELECT id FROM image WHERE split = 'test'")}
    moved = sum((split == "test") != (id in tested) for id, split in splits.items())
    if moved:
        raise Error(
            f"The test set is locked, and {moved:,} of these images would enter or leave it.",
            UNLOCK,
        )


def note(db: Connection, entry: int, store: Store, plan: SplitPlan) -> None:
    """Write what the plan decides into the journal entry of its edit, which is open."""
    values: dict[str, Any] = {FIELD: json.dumps(plan.as_dict())}
    if plan.lock_test is not None:
        values[LOCK] = int(plan.lock_test)
    _put(db, entry, store, values)


def note_lock(db: Connection, entry: int, store: Store, locked: bool) -> None:
    """Write into an open journal entry that the test set is locked or not."""
    _put(db, entry, store, {LOCK: int(locked)})


def _put(db: Connection, entry: int, store: Store, values: Mapping[str, Any]) -> None:
    for field, value in values.items():
        before = _latest(store, field)
        if value != (before or (0 if field == LOCK else None)):
            db.execute("INSERT INTO edit_row VALUES (?, 0, ?, ?, ?)", (entry, field, before, value))


def _latest(store: Store, field: str) -> Any:
    rows = store.read(
        "SELECT r.after FROM edit_row r JOIN edit e ON e.id = r.edit_id"
        " WHERE r.row_id = 0 AND r.field = ? AND e.state = 0 ORDER BY e.id DESC LIMIT 1",
        (field,),
    )
    return rows[0][0] if rows else None
