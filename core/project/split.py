"""Splitting images into train, validation and test: stratified by class, with what belongs together kept together.

`proposing` finds out what a plan (plan.py) would do and changes nothing; `applying` does it in one edit.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from core import jobs, wording
from core.errors import Error
from core.events import Event, Progress, Stage
from core.project import division, edits, plan, units
from core.project.plan import SplitPlan
from core.project.records import SPLITS, TEST, TRAIN, VAL, Columns, columns
from core.project.store import Store

Codes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Result = TypeVar("Result")

_WRITTEN = 50_000  # images between two events
_NAMED = 3  # groups that a sentence names
_CLASSES = 5  # and classes
_MISSED = 0.1  # how far a part may be from its share before it is told


@dataclass(frozen=True)
class SplitHealth:
    """What a split is like: images by split name, and how many groups have images in more than one split.

    `exact` and `near` count the same of equal files and of images that look alike; near is None where no image was
    measured.
    """

    train: int
    val: int
    test: int
    none: int
    torn_groups: int
    exact: int = 0
    near: int | None = None
    test_locked: bool = False


@dataclass(frozen=True, eq=False)
class Proposal:
    """What a plan makes of the images `ids`: `codes` are 1 train, 2 val, 3 test and 0 none.

    `counts` are the images by split as they will be then, those of a test set that is kept among them, and `classes`
    the same for each class. `units` were divided. `unmeasured` images were not compared by looks. `notes` say in
    sentences what is not as one would wish.
    """

    plan: SplitPlan
    ids: npt.NDArray[np.int64]
    codes: Codes
    counts: dict[str, int]
    classes: dict[str, dict[str, int]]
    units: int
    unmeasured: int
    notes: tuple[str, ...]


def assign(store: Store, wanted: SplitPlan = SplitPlan()) -> edits.Change:  # noqa: B008  a frozen value
    """Split all labelled images that are not rejected. Raises `Error` as `proposing` does."""
    return apply(store, propose(store, wanted))


def propose(store: Store, wanted: SplitPlan) -> Proposal:
    """`proposing` at one go."""
    return _whole(proposing(store, wanted))


def proposing(store: Store, wanted: SplitPlan) -> Generator[Event, None, Proposal]:
    """What `wanted` would do; the shares are of images and hold in each class about.

    Images that are tied to a test set that is kept get no split: they would leak from wherever they are. What is tied
    to a source that is held out goes along with it. Images that are not labelled, or rejected, lose a split they had.

    Raises `Error` when the plan makes no sense, nothing is labelled, the test set is locked, or no split without a
    leak exists; then it names the groups that prevent it.
    """
    wanted.check()
    _refuse_locked(store, wanted)
    yield Stage(title="Looking at the images", unit="groups")
    known = columns(store)
    _refuse_strange_sources(known, wanted)
    ground = _ground(store, known, wanted)
    yield Stage(title="Dividing the images", total=int(ground.unit.max(initial=-1)) + 1, unit="groups")
    codes = yield from _divided(ground, known, wanted)
    _refuse_leaks(store, ground, codes)
    return _proposal(store, ground, codes)


def applying(store: Store, proposal: Proposal) -> Generator[Event, None, edits.Change]:
    """Do what was proposed, in one edit; the plan is in force then. Closed before its end it does nothing."""
    names = (None, *SPLITS)
    ids, splits = proposal.ids.tolist(), [names[code] for code in proposal.codes.tolist()]
    yield Stage(title="Writing the split", total=len(ids))
    with store.transaction() as db:
        entry = edits.begin(db, "split", _title(proposal), edits.by_number(ids))
        for start in range(0, len(ids), _WRITTEN):
            end = start + _WRITTEN
            edits.add_rows(db, entry, ids[start:end], {"split": splits[start:end]})
            yield Progress(done=min(end, len(ids)), total=len(ids))
        plan.note(db, entry, store, proposal.plan)
        return edits.finish(db, entry)


def _title(proposal: Proposal) -> str:
    wanted, placed = proposal.plan, proposal.codes[proposal.codes > 0]
    how = f"{100 * (placed == VAL).mean():.0f} % validation"
    if wanted.folds:
        how = f"fold {wanted.fold} of {wanted.folds}"
    elif wanted.hold_out:
        how = f"{', '.join(wanted.hold_out[:_NAMED])} held out"
    return f"Split {len(placed):,} images, {how}"


def apply(store: Store, proposal: Proposal) -> edits.Change:
    """`applying` at one go."""
    return _whole(applying(store, proposal))


def lock_test(store: Store, locked: bool = True) -> edits.Change:
    """Let no image enter or leave the test set any more, or allow it again. Raises `Error` where there is none."""
    if locked and not store.read("SELECT 1 FROM image WHERE split = 'test' LIMIT 1"):
        raise _nothing_to_lock()
    with store.transaction() as db:
        entry = edits.begin(db, "split", f"{'Lock' if locked else 'Unlock'} the test set", "hand")
        plan.note_lock(db, entry, store, locked)
        return edits.finish(db, entry)


def health(store: Store) -> SplitHealth:
    """How the project is split at present, looked at by what the plan in force keeps together."""
    known = columns(store)
    decided = plan.current(store)
    ties = units.ties(store, known, units.basis(decided.group_by if decided else None))
    train, val, test = (int((known.split == code).sum()) for code in (TRAIN, VAL, TEST))
    return SplitHealth(
        train,
        val,
        test,
        len(known.ids) - train - val - test,
        torn_groups=sum(len(units.torn(tie, known.split)) for tie in ties.named),
        exact=len(units.torn(ties.exact, known.split)),
        near=len(units.torn(ties.near, known.split)) if ties.measured.any() else None,
        test_locked=plan.test_is_locked(store),
    )


def _whole(job: Generator[Event, None, Result]) -> Result:
    result: Result = jobs.run(job, lambda event: None)
    return result


# --- what a plan meets ---


@dataclass(frozen=True, eq=False)
class _Ground:
    """The images that a plan divides, as masks of `known`, and their units (-1 elsewhere).

    `measured` were compared by looks. `kept` are in a test set that stays, `tied` to it; `held` are held out, `along`
    those among them of other sources. `free` are divided by shares.
    """

    known: Columns
    wanted: SplitPlan
    unit: npt.NDArray[np.int64]
    measured: Mask
    kept: Mask
    tied: Mask
    held: Mask
    along: Mask
    free: Mask

    @property
    def parts(self) -> tuple[int, ...]:
        """The splits that get images."""
        shares = (TRAIN, *(code for code, share in zip((VAL, TEST), self.wanted.shares[1:], strict=True) if share))
        held = {"val": VAL, "test": TEST}[self.wanted.held_as]
        return (TRAIN, VAL) if self.wanted.folds else (*shares, held) if self.wanted.hold_out else shares

    @property
    def open(self) -> Mask:
        return self.tied | self.held | self.free

    @property
    def stale(self) -> Mask:
        """Images that are not used but were split before: where they are now may be torn from their unit."""
        return (self.known.split > 0) & ~self.kept & ~self.known.usable


def _ground(store: Store, known: Columns, wanted: SplitPlan) -> _Ground:
    kept = (known.split == TEST) & (not wanted.makes_test)
    wide = known.usable | kept
    if not (known.usable & ~kept).any():
        raise Error(
            "There are no labelled images to split.", "Label some first: `core label`, or in the window by key."
        )
    ties = units.ties(store, known, wanted.group_by)
    unit = np.full(len(known.ids), -1, np.int64)
    unit[wide] = ties.units(wide)
    tied = _of_units(unit, kept) & ~kept
    sources = [known.sources.index(name) for name in wanted.hold_out]
    meant = np.isin(known.source, sources) & known.usable & ~kept & ~tied
    held = _of_units(unit, meant) & ~kept
    free = known.usable & ~(kept | tied | held)
    return _Ground(known, wanted, unit, ties.measured, kept, tied & known.usable, held, held & ~meant, free)


def _of_units(unit: npt.NDArray[np.int64], rows: Mask) -> Mask:
    """All images of the units that `rows` are of."""
    found = np.zeros(int(unit.max(initial=-1)) + 2, np.bool_)  # the last serves -1
    found[unit[rows]] = True
    found[-1] = False
    return np.asarray(found[unit])


def _number(unit: npt.NDArray[np.int64]) -> int:
    """How many different units there are; `np.unique` takes half a second for a million."""
    return int(np.count_nonzero(np.bincount(unit)))


def _divided(ground: _Ground, known: Columns, wanted: SplitPlan) -> Generator[Event, None, Codes]:
    """The codes of all images; 0 for those that are not divided."""
    codes = np.zeros(len(known.ids), np.uint8)
    codes[ground.held] = VAL if wanted.held_as == "val" else TEST
    shares = [1 / wanted.folds] * wanted.folds if wanted.folds else wanted.shares
    labels = known.class_index[ground.free]
    numbers = np.unique(ground.unit[ground.free], return_inverse=True)[1].astype(np.int64)
    parts = yield from division.dividing(labels, numbers, shares, wanted.seed)
    if wanted.folds:
        codes[ground.free] = np.where(parts == wanted.fold - 1, VAL, TRAIN)
    else:
        codes[ground.free] = parts + 1
    return codes


# --- what is refused ---


def _refuse_locked(store: Store, wanted: SplitPlan) -> None:
    if wanted.makes_test and wanted.lock_test is not False and plan.test_is_locked(store):
        raise Error("The test set is locked.", "Leave it as it is, without a share for test; or unlock it first.")


def _nothing_to_lock() -> Error:
    return Error("There is no test set to lock.", "Give it a share of the images, such as --test 0.15.")


def _refuse_strange_sources(known: Columns, wanted: SplitPlan) -> None:
    for name in wanted.hold_out:
        if name not in known.sources:
            names = ", ".join(known.sources[:12]) or "none"
            raise Error(f"There is no source {name}.", f"The sources are: {names}.")


def _refuse_leaks(store: Store, ground: _Ground, codes: Codes) -> None:
    """Raises `Error` where units keep the images from being divided as wanted."""
    if ground.wanted.lock_test and not (codes == TEST).any() and not ground.kept.any():
        raise _nothing_to_lock()
    if not ground.open.any() or (ground.tied.any() and not (codes == TRAIN).any()):
        title = "No leak-free split exists: all images are tied to the test set, which is kept."
        raise Error(title, _remedy(store, ground, ground.tied, "or draw a new test set"))
    if ground.held.any() and not (codes == TRAIN).any():
        title = "No leak-free split exists: nothing is left to train on beside what is held out."
        raise Error(title, _remedy(store, ground, ground.held, "or hold out less"))
    if any(not (codes == part).any() for part in ground.parts):
        count = _number(ground.unit[ground.open & ~ground.tied])
        title = f"No leak-free split exists: the images form only {wording.count(count, 'group')}, too few to divide."
        raise Error(title, _remedy(store, ground, ground.open, "or put a source aside by holding it out"))
    other = VAL if VAL in ground.parts else TEST
    shared = np.intersect1d(ground.known.class_index[codes == TRAIN], ground.known.class_index[codes == other])
    if not len(shared):
        where = "validation" if other == VAL else "test"
        title = f"No leak-free split exists: no class would be both in training and in {where}, since each is tied up."
        raise Error(title, _remedy(store, ground, ground.open, "or add images of other groups"))


def _remedy(store: Store, ground: _Ground, rows: Mask, otherwise: str) -> str:
    """Names the largest units among `rows` and says what can be done."""
    named = "; ".join(_largest(store, ground, rows))
    by = ground.wanted.group_by
    if by == "none":
        return f"The largest: {named}. Only duplicates tie them: reject copies, {otherwise}."
    return f"The largest: {named}. Group by something finer (now: by {by}), {otherwise}."


def _largest(store: Store, ground: _Ground, rows: Mask) -> list[str]:
    """The largest units of `rows`, such as "group g4 of meter (120 images of cat and dog)"."""
    inside = ground.unit[rows & (ground.unit >= 0)]
    sizes = np.bincount(inside)
    largest = np.argsort(-sizes, kind="stable")[:_NAMED]
    return [_unit_told(store, ground, int(unit)) for unit in largest if sizes[unit]]


def _unit_told(store: Store, ground: _Ground, unit: int) -> str:
    rows = np.flatnonzero(ground.unit == unit)
    label = ground.known.class_index[rows]
    held = [ground.known.classes[index] for index in np.unique(label[label >= 0])]
    more = f" and {len(held) - _NAMED} more" if len(held) > _NAMED else ""
    name = units.told(store, ground.known, rows, ground.wanted.group_by)
    return f"{name} ({wording.count(len(rows), 'image')} of {', '.join(held[:_NAMED])}{more})"


# --- what is told ---


def _proposal(store: Store, ground: _Ground, codes: Codes) -> Proposal:
    known = ground.known
    after = np.where(ground.open, codes, np.where(ground.kept, TEST, 0)).astype(np.int64)
    table = np.zeros((len(known.classes) + 1, 4), np.int64)  # the last serves images without a class
    np.add.at(table, (known.class_index.astype(np.int64), after), 1)
    parts: dict[str, Any] = dict(zip((*SPLITS, "none"), np.bincount(after, minlength=4)[[1, 2, 3, 0]], strict=True))
    return Proposal(
        plan=ground.wanted,
        ids=known.ids[ground.open | ground.stale],
        codes=codes[ground.open | ground.stale],
        counts={name: int(number) for name, number in parts.items()},
        classes={
            name: dict(zip(SPLITS, row[1:].tolist(), strict=True))
            for name, row in zip(known.classes, table[:-1], strict=True)
        },
        units=_number(ground.unit[ground.open]),
        unmeasured=int((~ground.measured & (ground.open | ground.kept)).sum()),
        notes=tuple(_notes(store, ground, codes, table[:-1])),
    )


def _notes(store: Store, ground: _Ground, codes: Codes, table: npt.NDArray[np.int64]) -> Generator[str, None, None]:
    if number := int(ground.tied.sum()):
        which = "; ".join(_largest(store, ground, ground.tied))
        yield f"{wording.count(number, 'image')} would leak into the test set, and get no split: {which}."
    if number := int(ground.along.sum()):
        which = "; ".join(_largest(store, ground, ground.along))
        yield f"{wording.count(number, 'image')} of other sources go along with what is held out: {which}."
    yield from _missed_shares(store, ground, codes)
    part = VAL if VAL in ground.parts else TEST
    for code, word in ((TRAIN, "training"), (part, "validation" if part == VAL else "test")):
        absent = np.flatnonzero((table[:, 1:].sum(1) > 1) & (table[:, code] == 0))
        if len(absent):
            names = [ground.known.classes[row] for row in absent[:_CLASSES]]
            more = f" and {len(absent) - _CLASSES} more" if len(absent) > _CLASSES else ""
            which = "; ".join(_only_units(store, ground, absent))
            yield f"No image in {word} has the class {', '.join(names)}{more}: {which or 'too few have it'}."


def _only_units(store: Store, ground: _Ground, classes: npt.NDArray[np.int64]) -> Generator[str, None, None]:
    """Of those classes that one unit has alone, the units by name."""
    for index in classes[:_NAMED]:
        of_class = np.unique(ground.unit[ground.open & (ground.known.class_index == index)])
        if len(of_class) == 1:
            yield f"all of {ground.known.classes[index]} is in {_unit_told(store, ground, int(of_class[0]))}"


def _missed_shares(store: Store, ground: _Ground, codes: Codes) -> Generator[str, None, None]:
    if ground.wanted.folds or not ground.free.any():
        return
    got = np.bincount(codes[ground.free], minlength=4)[1:] / ground.free.sum()
    for word, share, wanted in zip(("Training", "Validation", "Test"), got, ground.wanted.shares, strict=True):
        if abs(share - wanted) > _MISSED:
            which = "; ".join(_largest(store, ground, ground.free))
            yield f"{word} gets {100 * share:.0f} % rather than {100 * wanted:.0f} %: groups are large, as {which}."
            return
