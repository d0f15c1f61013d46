"""What a user does to a project: one function a verb, each one transaction with its inverse and a journal entry.

Undo and redo walk the journal, so they survive restarts. A row of the journal says which field of which image (or
class) went from what to what; undoing writes the old values back.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import Error
from core.project import catalog
from core.project.records import SPLITS, batches, class_named
from core.project.store import Store

DONE, UNDONE, DROPPED = 0, 1, 2

Row = tuple[int, str, Any, Any]  # image or class id, field, before, after


@dataclass(frozen=True)
class Change:
    """What an edit did: its title for the user, its verb, and the images it touched (none for edits of classes)."""

    title: str
    kind: str
    image_ids: npt.NDArray[np.int64]


def label(store: Store, ids: Iterable[int], class_name: str | None, by: str = "hand") -> Change:
    """Give images a class, or with None take it away. Raises `Error` for an unknown class or image."""
    wanted = _ids(ids)
    target = class_named(store, class_name) if class_name is not None else None
    new = {"class_id": target.id if target else None, "labelled_by": by if target else None}
    words = f"as {class_name}" if target else "as nothing"
    return _set_columns(store, "label", f"Label {_count(wanted)} {words}", by, wanted, lambda _: new)


def set_split(store: Store, splits: Mapping[int, str | None], title: str = "") -> Change:
    """Put images into train, val or test (None for no split)."""
    wrong = {split for split in splits.values() if split not in (*SPLITS, None)}
    if wrong:
        raise Error(f"There is no split {wrong.pop()}.", "The splits are train, val and test.")
    wanted = _ids(splits)
    return _set_columns(
        store, "split", title or f"Split {_count(wanted)}", "hand", wanted, lambda id: {"split": splits[id]}
    )


def reject(store: Store, ids: Iterable[int], rejected: bool = True) -> Change:
    """Keep images out of training (or take them back in); nothing is deleted."""
    wanted = _ids(ids)
    verb = "Reject" if rejected else "Take back"
    return _set_columns(
        store, "reject", f"{verb} {_count(wanted)}", "hand", wanted, lambda _: {"rejected": int(rejected)}
    )


def tag(store: Store, ids: Iterable[int], name: str, on: bool = True) -> Change:
    """Put a tag on images or take it off."""
    if not name.strip() or set(name) & set(',:"()'):
        raise Error(f"{name!r} cannot be a tag.", "A tag is a word without commas, colons, quotes and parentheses.")
    wanted = _ids(ids)
    with store.transaction() as db:
        _require(db, wanted)
        rows: list[Row] = []
        for part in batches(wanted):
            marks = ",".join("?" * len(part))
            sql = "SELECT image_id FROM image_tag it JOIN tag t ON t.id = it.tag_id WHERE t.name = ? AND image_id IN"
            has = {row[0] for row in db.execute(f"{sql} ({marks})", [name, *part])}
            rows += [(id, f"tag:{name}", int(id in has), int(on)) for id in part if (id in has) != on]
        title = f"Tag {_count(wanted)} {name}" if on else f"Remove tag {name} from {_count(wanted)}"
        return _record(db, "tag", title, "hand", rows)


def add_class(store: Store, name: str) -> Change:
    """Add a class after the others."""
    if not name.strip() or name != name.strip() or set(name) & set(',:"()') or name == "none":
        raise Error(f"{name!r} cannot be a class.", "A class is a name without commas, colons, quotes and parentheses.")
    with store.transaction() as db:
        if db.execute("SELECT 1 FROM class WHERE name = ?", (name,)).fetchone():
            raise Error(f"There is a class {name} already.", "Choose another name.")
        id = catalog.add_class(db, name)
        return _record(db, "class", f"Add class {name}", "hand", [(id, "class:name", None, name)])


def undo(store: Store) -> Change | None:
    """Take back the latest edit that is not undone; None when there is none."""
    return _walk(store, "state = 0 AND undoable = 1 ORDER BY id DESC", "Undo", UNDONE, lambda row: row[2])


def redo(store: Store) -> Change | None:
    """Do again what was undone last; None when there is nothing."""
    return _walk(store, "state = 1 ORDER BY id", "Redo", DONE, lambda row: row[3])


def next_undo(store: Store) -> str | None:
    """Title of the edit that `undo` would take back."""
    rows = store.read("SELECT title FROM edit WHERE state = 0 AND undoable = 1 ORDER BY id DESC LIMIT 1")
    return rows[0][0] if rows else None


def next_redo(store: Store) -> str | None:
    """Title of the edit that `redo` would do again."""
    rows = store.read("SELECT title FROM edit WHERE state = 1 ORDER BY id LIMIT 1")
    return rows[0][0] if rows else None


def _set_columns(
    store: Store, verb: str, title: str, by: str, ids: list[int], new: Callable[[int], dict[str, Any]]
) -> Change:
    with store.transaction() as db:
        _require(db, ids)
        rows: list[Row] = []
        names = list(new(ids[0])) if ids else []
        for part in batches(ids):
            marks = ",".join("?" * len(part))
            for id, *old in db.execute(f"SELECT id, {', '.join(names)} FROM image WHERE id IN ({marks})", part):
                rows += [(id, name, before, new(id)[name]) for name, before in zip(names, old, strict=True)]
        return _record(db, verb, title, by, [row for row in rows if row[2] != row[3]])


def _record(db: Connection, verb: str, title: str, by: str, rows: Sequence[Row]) -> Change:
    """Write `rows` and their journal entry in the open transaction. An edit that changes nothing leaves no entry."""
    if rows:
        db.execute("UPDATE edit SET state = ? WHERE state = ?", (DROPPED, UNDONE))
        entry = db.execute(
            "INSERT INTO edit (at_ms, verb, title, made_by) VALUES (?, ?, ?, ?)",
            (time.time_ns() // 1_000_000, verb, title, by),
        ).lastrowid
        db.executemany("INSERT INTO edit_row VALUES (?, ?, ?, ?, ?)", [(entry, *row) for row in rows])
        _write(db, rows, lambda row: row[3])
    return Change(title, verb, _touched(rows))


def _walk(store: Store, which: str, word: str, state: int, value: Callable[[Row], Any]) -> Change | None:
    if not store.read(f"SELECT 1 FROM edit WHERE {which} LIMIT 1"):
        return None
    with store.transaction() as db:
        entry, verb, title = db.execute(f"SELECT id, verb, title FROM edit WHERE {which} LIMIT 1").fetchone()
        rows = db.execute("SELECT row_id, field, before, after FROM edit_row WHERE edit_id = ?", (entry,)).fetchall()
        _write(db, rows, value)
        db.execute("UPDATE edit SET state = ? WHERE id = ?", (state, entry))
        return Change(f"{word}: {title}", verb, _touched(rows))


def _write(db: Connection, rows: Sequence[Row], value: Callable[[Row], Any]) -> None:
    by_field: dict[str, list[tuple[Any, int]]] = {}
    for row in rows:
        by_field.setdefault(row[1], []).append((value(row), row[0]))
    for field, pairs in by_field.items():
        if field.startswith("tag:"):
            _write_tag(db, field.removeprefix("tag:"), pairs)
        elif field == "class:name":
            _write_class(db, pairs)
        else:
            db.executemany(f"UPDATE image SET {_COLUMNS[field]} = ? WHERE id = ?", pairs)


# Only these columns can be edited; a journal from a stranger's project cannot name others.
_COLUMNS = {name: name for name in ("class_id", "labelled_by", "split", "rejected")}


def _write_tag(db: Connection, name: str, pairs: Sequence[tuple[Any, int]]) -> None:
    db.execute("INSERT OR IGNORE INTO tag (name) VALUES (?)", (name,))
    (tag_id,) = db.execute("SELECT id FROM tag WHERE name = ?", (name,)).fetchone()
    on = [(id, tag_id) for value, id in pairs if value]
    off = [(id, tag_id) for value, id in pairs if not value]
    db.executemany("INSERT OR IGNORE INTO image_tag VALUES (?, ?)", on)
    db.executemany("DELETE FROM image_tag WHERE image_id = ? AND tag_id = ?", off)


def _write_class(db: Connection, pairs: Sequence[tuple[Any, int]]) -> None:
    for name, id in pairs:
        if name is None:
            db.execute("DELETE FROM prediction WHERE class_id = ?", (id,))
            db.execute("DELETE FROM class WHERE id = ?", (id,))
        else:
            db.execute(
                "INSERT INTO class (id, name, position) SELECT ?, ?, count(*) FROM class WHERE true"
                " ON CONFLICT (id) DO UPDATE SET name = excluded.name",
                (id, name),
            )


def _touched(rows: Sequence[Row]) -> npt.NDArray[np.int64]:
    return np.unique(np.array([row[0] for row in rows if not row[1].startswith("class:")], np.int64))


def _require(db: Connection, ids: list[int]) -> None:
    for part in batches(ids):
        storable = [id for id in part if abs(id) < 2**63]  # SQLite knows no larger numbers
        marks = ",".join("?" * len(storable))
        found = {row[0] for row in db.execute(f"SELECT id FROM image WHERE id IN ({marks})", storable)}
        if missing := sorted(set(part) - found):
            raise Error(
                f"There is no image {missing[0]} in this project.", "`core list` shows the images and their numbers."
            )


def _ids(ids: Iterable[int]) -> list[int]:
    return list(dict.fromkeys(int(id) for id in ids))


def _count(ids: Sequence[int]) -> str:
    return f"image {ids[0]}" if len(ids) == 1 else f"{len(ids):,} images"
