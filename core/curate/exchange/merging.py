"""Labels, tags and notes of a file joined with those of the project, in one edit.

A file adds: what it does not say takes nothing away. Where it says another class than a person gave here, that is a
conflict; a class that came from an import or a model gives way. Splits, sources and groups stay as they are here.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from sqlite3 import Connection

from core.curate.exchange.matching import Images
from core.curate.exchange.registry import read
from core.curate.exchange.report import Conflict, MergeReport
from core.curate.exchange.said import PEOPLE, Said
from core.errors import Error
from core.events import Event, Stage
from core.images.names import shown
from core.importers.layout import class_name
from core.project import catalog, edits
from core.project.edits import Change
from core.project.records import batches, classes
from core.project.store import Store

CONFLICTS = ("ours", "theirs", "report")
"""What becomes of conflicts: what is here stays, the file wins, or nothing at all is written while there are any."""

_MOST_CLASSES = 10_000


@dataclass
class _State:
    """What the project knows of an image now."""

    label: str | None
    by: str | None
    note: str
    rejected: bool
    tags: set[str] = field(default_factory=set)


@dataclass
class _Plan:
    """What shall become of which images; of labels also by whom they are."""

    labels: dict[int, tuple[str, str]] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)
    tags: dict[str, list[int]] = field(default_factory=dict)
    rejected: list[int] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    labelled: int = 0
    confirmed: int = 0

    def tagged(self) -> set[int]:
        return {id for ids in self.tags.values() for id in ids}

    def changed(self) -> set[int]:
        return {*self.labels, *self.notes, *self.tagged(), *self.rejected}


def merge(
    store: Store, path: Path, conflicts: str = "ours", dry_run: bool = False
) -> Generator[Event, None, MergeReport]:
    """Join the labels at `path` with the project's; `conflicts` is one of `CONFLICTS`. A dry run writes nothing.

    Closing the job writes nothing. Raises `Error` where `path` holds no labels or is damaged; then nothing is written.
    """
    said = yield from read(path)
    yield Stage(title="Comparing labels", unit="rows")
    if dry_run:
        return preview(store, said, conflicts)
    _, report = apply(store, said, path.absolute().name, conflicts)
    return report


def preview(store: Store, said: Sequence[Said], conflicts: str = "ours") -> MergeReport:
    """What `apply` would do."""
    return _compare(store, said, conflicts)[1]


def apply(store: Store, said: Sequence[Said], name: str, conflicts: str = "ours") -> tuple[Change | None, MergeReport]:
    """Write what `said`, read from the file `name`, changes: one edit, which can be undone. None where it is nothing.

    With "report", any conflict keeps everything as it is.
    """
    plan, report = _compare(store, said, conflicts)
    if not report.changed or (conflicts == "report" and report.conflicts):
        return None, report
    kind = "class" if report.new_classes else "label"
    title = f"Import labels of {edits.counted(sorted(plan.changed()))} from {shown(name)}"
    with store.transaction() as db:
        entry = edits.begin(db, kind, title, "import")
        ids = {known.name: known.id for known in classes(store)}
        _write(db, entry, plan, ids | edits.make_classes(db, entry, report.new_classes))
        change = edits.finish(db, entry)
    return change, MergeReport(**{**vars(report), "written": True})


def _write(db: Connection, entry: int, plan: _Plan, class_ids: Mapping[str, int]) -> None:
    labels = {
        "class_id": [class_ids[label] for label, _ in plan.labels.values()],
        "labelled_by": [by for _, by in plan.labels.values()],
    }
    edits.add_rows(db, entry, list(plan.labels), labels)
    edits.add_rows(db, entry, list(plan.notes), {"note": list(plan.notes.values())})
    edits.add_rows(db, entry, plan.rejected, {"rejected": 1})
    for tag, ids in plan.tags.items():
        db.executemany("INSERT INTO edit_row VALUES (?, ?, ?, 0, 1)", [(entry, id, f"tag:{tag}") for id in ids])


def _compare(store: Store, said: Sequence[Said], conflicts: str) -> tuple[_Plan, MergeReport]:
    if conflicts not in CONFLICTS:
        raise Error(f"Conflicts cannot be settled by “{conflicts}”.", f"The ways are: {', '.join(CONFLICTS)}.")
    images = Images(store)
    rows_of, named, unknown = _matched(images, said)
    known = {record.name for record in classes(store)}
    plan = _planned(rows_of, _states(store, list(rows_of)), images, _spelling(known), conflicts == "theirs")
    new = {label for label, _ in plan.labels.values()} - known
    if len(known | new) > _MOST_CLASSES:
        raise Error(
            f"These labels would bring {len(new):,} new classes.",
            "Is another column meant? Rename the one of the classes to label, and leave out the others.",
        )
    changed = plan.changed()
    clashing = {conflict.id for conflict in plan.conflicts}
    settleable = {conflict.id for conflict in plan.conflicts if conflict.ours}
    report = MergeReport(
        rows=len(said),
        matched=len(rows_of),
        by_name=len(named),
        changed=len(changed),
        equal=len(rows_of) - len(changed | clashing),
        labelled=plan.labelled,
        relabelled=len(plan.labels) - plan.labelled - plan.confirmed,
        confirmed=plan.confirmed,
        tagged=len(plan.tagged()),
        noted=len(plan.notes),
        rejected=len(plan.rejected),
        at_stake=len(settleable - changed),
        new_classes=tuple(sorted(new, key=catalog.natural)),
        conflicts=tuple(plan.conflicts),
        unknown=tuple(unknown),
        unusable=tuple((row.where, row.problem) for row in said if row.problem),
    )
    return plan, report


def _matched(images: Images, said: Sequence[Said]) -> tuple[dict[int, list[Said]], set[int], list[tuple[str, str]]]:
    """The rows of each image that some mean, the images known by name only, and the rows that mean none and why."""
    rows_of: dict[int, list[Said]] = {}
    named: set[int] = set()
    unknown: list[tuple[str, str]] = []
    for row in said:
        if row.problem:
            continue
        match = images.meant(row)
        if match.problem:
            unknown.append((_row_name(row), match.problem))
        for id in match.ids:
            rows_of.setdefault(id, []).append(row)
            if match.by_name:
                named.add(id)
    return rows_of, named, unknown


def _spelling(known: set[str]) -> Callable[[str], str]:
    """How the project spells a class that a file names: as the file if there is that class, else as an import would."""
    return lambda label: label if label in known else class_name(label.encode())


def _planned(
    rows_of: Mapping[int, Sequence[Said]],
    states: Mapping[int, _State],
    images: Images,
    spelled: Callable[[str], str],
    theirs_win: bool,
) -> _Plan:
    plan = _Plan()
    for id, rows in rows_of.items():
        state, name = states[id], images.name(id)
        label = _agreed(plan, id, name, "label", rows, {spelled(row.label): row for row in rows if row.label})
        if label is not None:
            _plan_label(plan, id, name, state, label, theirs_win)
        note = _agreed(plan, id, name, "note", rows, {row.note: row for row in rows if row.note})
        if note is not None and note[0] != state.note:
            _plan_note(plan, id, name, state, note, theirs_win)
        for tag in {tag: None for row in rows for tag in row.tags}:
            if tag not in state.tags:
                plan.tags.setdefault(tag, []).append(id)
        if any(row.rejected for row in rows) and not state.rejected:
            plan.rejected.append(id)
    return plan


def _agreed(
    plan: _Plan, id: int, name: str, what: str, rows: Sequence[Said], values: Mapping[str, Said]
) -> tuple[str, Said] | None:
    """The one value that rows give an image, with a row; None where there is none, or they disagree: a conflict."""
    if len(values) > 1:
        where = ", ".join(row.where for row in values.values())
        plan.conflicts.append(Conflict(id, name, what, "", " or ".join(values), where))
        return None
    return next(iter(values.items()), None)


def _plan_label(plan: _Plan, id: int, name: str, state: _State, said: tuple[str, Said], theirs_win: bool) -> None:
    label, row = said
    by = row.by or "import"
    if state.label == label:
        if by in PEOPLE and state.by not in PEOPLE:
            plan.labels[id] = (label, by)
            plan.confirmed += 1
        return
    if state.label is not None and state.by in PEOPLE:
        plan.conflicts.append(Conflict(id, name, "label", state.label, label, row.where))
        if not theirs_win:
            return
    plan.labels[id] = (label, by)
    plan.labelled += state.label is None


def _plan_note(plan: _Plan, id: int, name: str, state: _State, said: tuple[str, Said], theirs_win: bool) -> None:
    note, row = said
    if state.note:
        plan.conflicts.append(Conflict(id, name, "note", state.note, note, row.where))
    if theirs_win or not state.note:
        plan.notes[id] = note


def _states(store: Store, ids: Sequence[int]) -> dict[int, _State]:
    found: dict[int, _State] = {}
    for part in batches(ids):
        marks = ",".join("?" * len(part))
        for id, label, by, note, rejected in store.read(
            "SELECT i.id, c.name, i.labelled_by, i.note, i.rejected FROM image i"
            f" LEFT JOIN class c ON c.id = i.class_id WHERE i.id IN ({marks})",
            part,
        ):
            found[id] = _State(label, by, note or "", bool(rejected))
        for id, tag in store.read(
            "SELECT it.image_id, t.name FROM image_tag it JOIN tag t ON t.id = it.tag_id"
            f" WHERE it.image_id IN ({marks})",
            part,
        ):
            found[id].tags.add(tag)
    return found


def _row_name(row: Said) -> str:
    return f"{row.where} ({shown(row.names[0])})" if row.names and row.names[0] != row.where else row.where
