"""What a user does to a project: one function a verb, each one transaction with its inverse and a journal entry.

Undo and redo walk the journal, so they survive restarts. A row of the journal says which field of which image (or
class) went from what to what; undoing writes the old values back. Rows are written by whole statements, not one by
one, so that ten thousand images take a moment.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import Error
from core.project import catalog, plan
from core.project.records import SPLITS, class_named, classes
from core.project.store import Store, next_revision

DONE, UNDONE, DROPPED = 0, 1, 2
UNSURE, CHECKED = "unsure", "checked"  # tags that keys set: to be looked at again; looked at, and the label is right

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Change:
    """What an edit did: its title for the user, its verb, and the images it touched (none for edits of classes)."""

    title: str
    kind: str
    image_ids: Ids


def label(store: Store, ids: Iterable[int], class_name: str | None, by: str = "hand") -> Change:
    """Give images a class, or with None take it away. Raises `Error` for an unknown class or image."""
    wanted = distinct(ids)
    target = class_named(store, class_name) if class_name is not None else None
    words = f"as {class_name}" if target else "as nothing"
    values = {"class_id": target.id if target else None, "labelled_by": by if target else None}
    return set_values(store, "label", f"Label {counted(wanted)} {words}", by, wanted, values)


def set_labels(store: Store, labels: Mapping[int, str | None], by: str, title: str) -> Change:
    """Give each image its own class (None for none) in one edit. Raises `Error` for an unknown class or image."""
    known = {record.name: record.id for record in classes(store)}
    for name in labels.values():
        if name is not None and name not in known:
            class_named(store, name)  # says which there are
    values = {
        "class_id": [None if name is None else known[name] for name in labels.values()],
        "labelled_by": [None if name is None else by for name in labels.values()],
    }
    return set_values(store, "label", title, by, list(labels), values)


def accept(store: Store, said: Mapping[int, str], title: str = "") -> Change:
    """Take what a run said of images as their labels. Labels given by hand, one or many at once, are left alone."""
    ids = list(said)
    with store.transaction() as db:
        _want(db, ids, [None] * len(ids))
        sql = "SELECT i.id FROM wanted w CROSS JOIN image i ON i.id = w.id WHERE i.labelled_by IN ('hand', 'bulk')"
        by_hand = {row[0] for row in db.execute(sql)}
    open_to_it = {id: name for id, name in said.items() if id not in by_hand}
    return set_labels(store, open_to_it, "model", title or f"Accept the label of {counted(list(open_to_it))}")


def set_split(store: Store, splits: Mapping[int, str | None], title: str = "") -> Change:
    """Put images into train, val or test (None for no split). Raises `Error` where that changes a locked test set."""
    wrong = {split for split in splits.values() if split not in (*SPLITS, None)}
    if wrong:
        raise Error(f"There is no split {wrong.pop()}.", "The splits are train, val and test.")
    plan.refuse_locked(store, splits)
    wanted = distinct(splits)
    title = title or f"Split {counted(wanted)}"
    return set_values(store, "split", title, by_number(wanted), wanted, {"split": [splits[id] for id in wanted]})


def reject(store: Store, ids: Iterable[int], rejected: bool = True) -> Change:
    """Keep images out of training (or take them back in); nothing is deleted."""
    wanted = distinct(ids)
    verb = "Reject" if rejected else "Take back"
    values = {"rejected": int(rejected)}
    return set_values(store, "reject", f"{verb} {counted(wanted)}", by_number(wanted), wanted, values)


def write_note(store: Store, ids: Iterable[int], note: str) -> Change:
    """Write a note on images; an empty one takes it away."""
    wanted = distinct(ids)
    values = {"note": note.strip() or None}
    return set_values(store, "note", f"Note on {counted(wanted)}", by_number(wanted), wanted, values)


def tag(store: Store, ids: Iterable[int], name: str, on: bool = True) -> Change:
    """Put a tag on images or take it off."""
    if not name.strip() or set(name) & set(',:"()'):
        raise Error(f"{name!r} cannot be a tag.", "A tag is a word without commas, colons, quotes and parentheses.")
    wanted = distinct(ids)
    title = f"Tag {counted(wanted)} {name}" if on else f"Remove tag {name} from {counted(wanted)}"
    with store.transaction() as db:
        _want(db, wanted, [int(on)] * len(wanted))
        entry = begin(db, "tag", title, by_number(wanted))
        has = (
            "EXISTS (SELECT 1 FROM image_tag it JOIN tag t ON t.id = it.tag_id WHERE it.image_id = w.id AND t.name = ?)"
        )
        db.execute(
            f"INSERT INTO edit_row SELECT ?, w.id, ?, {has}, w.value FROM wanted w WHERE {has} <> w.value",
            (entry, f"tag:{name}", name, name),
        )
        return finish(db, entry)


def add_class(store: Store, name: str) -> Change:
    """Add a class after the others."""
    check_class_name(store, name)
    with store.transaction() as db:
        entry = begin(db, "class", f"Add class {name}", "hand")
        make_classes(db, entry, [name])
        return finish(db, entry)


def check_class_name(store: Store, name: str) -> None:
    """Raises `Error` where `name` cannot be that of a new class."""
    if not name.strip() or name != name.strip() or set(name) & set(',:"()') or name == "none":
        raise Error(f"{name!r} cannot be a class.", "A class is a name without commas, colons, quotes and parentheses.")
    if any(known.name == name for known in classes(store)):
        raise Error(f"There is a class {name} already.", "Choose another name.")


def undo(store: Store) -> Change | None:
    """Take back the latest edit that is not undone; None when there is none."""
    return _walk(store, "state = 0 AND undoable = 1 ORDER BY id DESC", "Undo", UNDONE, "before")


def redo(store: Store) -> Change | None:
    """Do again what was undone last; None when there is nothing."""
    return _walk(store, "state = 1 ORDER BY id", "Redo", DONE, "after")


def undo_to(store: Store, entry: int) -> Change | None:
    """Take back this edit of the journal and all that came after it, in one transaction; None when there is none."""
    with store.transaction() as db:
        sql = "SELECT id, verb, title FROM edit WHERE state = 0 AND undoable = 1 AND id >= ? ORDER BY id DESC"
        taken = db.execute(sql, (entry,)).fetchall()
        if not taken:
            return None
        touched = [_write(db, id, "before") for id, _, _ in taken]
        db.executemany("UPDATE edit SET state = ? WHERE id = ?", [(UNDONE, id) for id, _, _ in taken])
    verbs = {verb for _, verb, _ in taken}
    title = taken[0][2] if len(taken) == 1 else f"{len(taken):,} edits"
    # Who counts splits again must hear of them, whatever else was taken back.
    kind = next(verb for verb in ("split", "class", taken[0][1]) if verb in verbs)
    everything = any(not len(ids) for ids in touched)  # an edit that names no images touched them all
    return Change(f"Undo: {title}", kind, np.zeros(0, np.int64) if everything else np.unique(np.concatenate(touched)))


def next_undo(store: Store) -> str | None:
    """Title of the edit that `undo` would take back."""
    rows = store.read("SELECT title FROM edit WHERE state = 0 AND undoable = 1 ORDER BY id DESC LIMIT 1")
    return rows[0][0] if rows else None


def next_redo(store: Store) -> str | None:
    """Title of the edit that `redo` would do again."""
    rows = store.read("SELECT title FROM edit WHERE state = 1 ORDER BY id LIMIT 1")
    return rows[0][0] if rows else None


# --- what verbs are made of; also those of classes.py ---


def set_values(
    store: Store, verb: str, title: str, by: str, ids: Sequence[int], values: Mapping[str, Any | Sequence[Any]]
) -> Change:
    """Set columns of images, each to one value or to a list with one for each of `ids`, in one edit."""
    with store.transaction() as db:
        entry = begin(db, verb, title, by)
        add_rows(db, entry, ids, values)
        return finish(db, entry)


def begin(db: Connection, verb: str, title: str, by: str) -> int:
    """Open a journal entry in the open transaction; `finish` closes it."""
    entry = db.execute(
        "INSERT INTO edit (at_ms, verb, title, made_by) VALUES (?, ?, ?, ?)",
        (time.time_ns() // 1_000_000, verb, title, by),
    ).lastrowid
    assert entry is not None
    return entry


def add_rows(db: Connection, entry: int, ids: Sequence[int], values: Mapping[str, Any | Sequence[Any]]) -> None:
    """Note in entry what columns of images go to; see `set_values`. Values that are there already are left out."""
    for field, value in values.items():
        _want(db, ids, value if isinstance(value, list) else [value] * len(ids))
        column = _COLUMNS[field]
        db.execute(
            f"INSERT INTO edit_row SELECT ?, i.id, ?, i.{column}, w.value"
            f" FROM wanted w CROSS JOIN image i ON i.id = w.id WHERE i.{column} IS NOT w.value ORDER BY i.id",
            (entry, field),
        )


def finish(db: Connection, entry: int) -> Change:
    """Do what the entry's rows say. An edit that changes nothing leaves no entry."""
    verb, title = db.execute("SELECT verb, title FROM edit WHERE id = ?", (entry,)).fetchone()
    if db.execute("SELECT 1 FROM edit_row WHERE edit_id = ? LIMIT 1", (entry,)).fetchone() is None:
        db.execute("DELETE FROM edit WHERE id = ?", (entry,))
        return Change(title, verb, np.zeros(0, np.int64))
    db.execute(f"UPDATE edit SET state = {DROPPED} WHERE state = {UNDONE}")  # bound, it would not use the index
    return Change(title, verb, _write(db, entry, "after"))


def make_classes(db: Connection, entry: int, names: Iterable[str]) -> dict[str, int]:
    """Add classes after the others and note it in entry; their ids."""
    places = dict(db.execute("SELECT id, position FROM class").fetchall())
    made = catalog.add_classes(db, list(names))
    rows = [(entry, id, "class:name", None, name) for name, id in made.items()]
    for known, place in db.execute("SELECT id, position FROM class").fetchall():
        if place != places.get(known):  # the new ones, and those that made room
            rows.append((entry, known, "class:position", places.get(known), place))
    db.executemany("INSERT INTO edit_row VALUES (?, ?, ?, ?, ?)", rows)
    return made


def distinct(ids: Iterable[int]) -> list[int]:
    """`ids` in order, each once."""
    return list(dict.fromkeys(int(id) for id in ids))


def by_number(ids: Sequence[int]) -> str:
    """Who the journal says did it: "hand" where it is one image, "bulk" where there are more."""
    return "hand" if len(ids) == 1 else "bulk"


def counted(ids: Sequence[int]) -> str:
    """Such as "image 12" or "1,200 images"."""
    return f"image {ids[0]}" if len(ids) == 1 else f"{len(ids):,} images"


# Only these columns can be edited; a journal from a stranger's project cannot name others.
_COLUMNS = {name: name for name in ("class_id", "labelled_by", "split", "rejected", "note")}
_NOT_OF_IMAGES = ("class:", "split:")  # fields of classes, and of the split as a whole (plan.py)
_CLASS_COLUMNS = {f"class:{name}": name for name in ("name", "position", "color", "key")}


def _want(db: Connection, ids: Sequence[int], values: Sequence[Any]) -> None:
    """Fill the temporary table `wanted`. Raises `Error` for an image that is not there.

    Whoever joins it with image says CROSS JOIN, which keeps SQLite from going through a million images instead.
    """
    db.execute("CREATE TEMP TABLE IF NOT EXISTS wanted (id INTEGER PRIMARY KEY, value ANY) STRICT")
    db.execute("DELETE FROM wanted")
    missing = next((id for id in ids if abs(id) >= 2**63), None)  # SQLite knows no larger numbers
    if missing is None:
        db.executemany("INSERT INTO wanted VALUES (?, ?)", zip(ids, values, strict=True))
        sql = "SELECT id FROM wanted w WHERE NOT EXISTS (SELECT 1 FROM image i WHERE i.id = w.id) ORDER BY id LIMIT 1"
        missing = next((row[0] for row in db.execute(sql)), None)
    if missing is not None:
        raise Error(f"There is no image {missing} in this project.", "`core list` shows the images and their numbers.")


def _walk(store: Store, which: str, word: str, state: int, side: str) -> Change | None:
    if not store.read(f"SELECT 1 FROM edit WHERE {which} LIMIT 1"):
        return None
    with store.transaction() as db:
        entry, verb, title = db.execute(f"SELECT id, verb, title FROM edit WHERE {which} LIMIT 1").fetchone()
        touched = _write(db, entry, side)
        db.execute("UPDATE edit SET state = ? WHERE id = ?", (state, entry))
        return Change(f"{word}: {title}", verb, touched)


def _write(db: Connection, entry: int, side: str) -> Ids:
    """Give all fields of an entry their values of `side`, before or after; the images that it touches, see `Change`."""
    revision = next_revision(db)
    fields = [row[0] for row in db.execute("SELECT DISTINCT field FROM edit_row WHERE edit_id = ?", (entry,))]
    gone = _write_classes(db, entry, side)
    for field in fields:
        if field.startswith("tag:"):
            _write_tag(db, entry, field, side)
        elif not field.startswith(_NOT_OF_IMAGES):
            db.execute(
                f"UPDATE image SET {_COLUMNS[field]} = r.{side} FROM edit_row r"
                " WHERE r.edit_id = ? AND r.field = ? AND image.id = r.row_id",
                (entry, field),
            )
    others = " ".join(f"AND field NOT LIKE '{name}%'" for name in _NOT_OF_IMAGES)
    ids = f"SELECT DISTINCT row_id FROM edit_row WHERE edit_id = ? {others}"
    db.execute(f"UPDATE image SET revision = ? WHERE id IN ({ids})", (revision, entry))
    for id in gone:  # once no image has it any more
        _forget_class(db, id)
    if any(field.startswith("class:") for field in fields):
        return np.zeros(0, np.int64)  # the look of all images may be another
    touched = db.execute(f"{ids} ORDER BY row_id", (entry,)).fetchall()
    return np.fromiter((row[0] for row in touched), np.int64, len(touched))


def _write_tag(db: Connection, entry: int, field: str, side: str) -> None:
    name = field.removeprefix("tag:")
    db.execute("INSERT OR IGNORE INTO tag (name) VALUES (?)", (name,))
    (tag_id,) = db.execute("SELECT id FROM tag WHERE name = ?", (name,)).fetchone()
    rows = f"SELECT row_id FROM edit_row WHERE edit_id = {entry} AND field = ? AND {side} ="
    db.execute(f"INSERT OR IGNORE INTO image_tag SELECT row_id, {tag_id} FROM ({rows} 1)", (field,))
    db.execute(f"DELETE FROM image_tag WHERE tag_id = {tag_id} AND image_id IN ({rows} 0)", (field,))


def _write_classes(db: Connection, entry: int, side: str) -> list[int]:
    """Make and change classes; returns those that are to be deleted."""
    sql = f"SELECT row_id, field, {side} FROM edit_row WHERE edit_id = ? AND field LIKE 'class:%'"
    rows = db.execute(sql, (entry,)).fetchall()
    names = {id: value for id, field, value in rows if field == "class:name"}
    for id in names:  # out of the way first, because classes may swap names
        db.execute("UPDATE class SET name = char(0) || id WHERE id = ?", (id,))
    for id, name in names.items():
        if name is not None:
            db.execute(
                "INSERT INTO class (id, name, position) SELECT ?, ?, count(*) FROM class WHERE true"
                " ON CONFLICT (id) DO UPDATE SET name = excluded.name",
                (id, name),
            )
    gone = [id for id, name in names.items() if name is None]
    for id, field, value in rows:
        if field in _CLASS_COLUMNS and field != "class:name" and id not in gone:
            db.execute(f"UPDATE class SET {_CLASS_COLUMNS[field]} = ? WHERE id = ?", (value, id))
    return gone


def _forget_class(db: Connection, id: int) -> None:
    """Delete a class without images. Runs that know it have another stamp then, so that they are copied anew."""
    knowing = "SELECT DISTINCT run_id FROM prediction WHERE class_id = ? OR label_id = ?"
    db.execute(f"UPDATE run SET stamp = stamp || ' less' WHERE stamp <> '' AND id IN ({knowing})", (id, id))
    db.execute("DELETE FROM prediction WHERE class_id = ?", (id,))
    db.execute("UPDATE prediction SET label_id = NULL, loss = NULL WHERE label_id = ?", (id,))
    db.execute("DELETE FROM class WHERE id = ?", (id,))
