"""Edits on classes: each one transaction, one step of undo and one entry of the journal.

A class is known by its number; its name, place, colour and key may change. The number of a class that went is never
given again, so the journal always knows which one is meant. Runs keep the names of their time: `run_names` says which
class of today they mean.
"""

import re
from collections.abc import Iterable, Sequence
from sqlite3 import Connection

from core import wording
from core.errors import Error
from core.project.edits import Change, begin, check_class_name, finish
from core.project.records import ClassRecord, class_named, classes
from core.project.store import Store

KEYS = "1234567890"  # those that classes get by themselves


def rename(store: Store, name: str, new: str) -> Change:
    """Give a class another name. Raises `Error` where there is no such class, or the name is taken or no name."""
    known = class_named(store, name)
    if new != name:
        check_class_name(store, new)
    with store.transaction() as db:
        entry = begin(db, "class", f"Rename class {name} to {new}", "hand")
        _note(db, entry, known.id, "name", new)
        return finish(db, entry)


def merge(store: Store, names: Iterable[str], into: str) -> Change:
    """Give the images of classes to the class `into`, whoever labelled them, and take the emptied classes away."""
    target = class_named(store, into)
    emptied = [class_named(store, name) for name in dict.fromkeys(names) if name != into]
    if not emptied:
        raise Error(f"Nothing is to be merged into {into}.", "Name one more class at least.")
    with store.transaction() as db:
        entry = begin(db, "class", f"Merge {_listed(emptied)} into {into}{_images(db, emptied)}", "bulk")
        for known in emptied:
            _move_images(db, entry, known.id, target.id)
            # Nothing is written by this row: it tells what became of the class, also where it had no images.
            db.execute("INSERT INTO edit_row VALUES (?, ?, 'class:into', NULL, ?)", (entry, known.id, target.id))
        _take_away(store, db, entry, emptied)
        return finish(db, entry)


def delete(store: Store, names: Iterable[str]) -> Change:
    """Take classes away; their images become unlabelled."""
    gone = [class_named(store, name) for name in dict.fromkeys(names)]
    with store.transaction() as db:
        noun = "class" if len(gone) == 1 else "classes"
        entry = begin(db, "class", f"Delete {noun} {_listed(gone)}{_images(db, gone)}", "bulk")
        for known in gone:
            _move_images(db, entry, known.id, None)
        _take_away(store, db, entry, gone)
        return finish(db, entry)


def reorder(store: Store, names: Sequence[str]) -> Change:
    """Show the classes in this order. Raises `Error` unless each class is named once."""
    known = {record.name: record for record in classes(store)}
    if sorted(names) != sorted(known):
        missing = [name for name in known if name not in names]
        unknown = [name for name in names if name not in known]
        hint = (
            f"Missing: {', '.join(missing)}." if missing else f"Not a class: {', '.join(unknown)}." if unknown else ""
        )
        raise Error("An order names each class once.", hint or "One is named twice.")
    with store.transaction() as db:
        entry = begin(db, "class", "Reorder the classes", "hand")
        _place(db, entry, [known[name].id for name in names])
        return finish(db, entry)


def set_color(store: Store, name: str, color: str | None) -> Change:
    """Give a class a colour, `#rrggbb`; None is the palette's, which follows the order of the classes."""
    known = class_named(store, name)
    if color is not None and not re.fullmatch(r"#[0-9a-fA-F]{6}", color):
        raise Error(f"{color!r} is no colour.", "A colour is written as #rrggbb, such as #0173b2.")
    title = f"Colour class {name} {color.lower()}" if color else f"Give class {name} its own colour back"
    with store.transaction() as db:
        entry = begin(db, "class", title, "hand")
        _note(db, entry, known.id, "color", color and color.lower())
        return finish(db, entry)


def set_key(store: Store, name: str, key: str | None) -> Change:
    """Give a class a key, a letter or a digit; None is the one that it gets by itself, if any is left.

    Raises `Error` where another class was given this key.
    """
    known = class_named(store, name)
    if key is not None:
        key = key.lower()
        check_key(store, name, key)
    with store.transaction() as db:
        title = f"Give class {name} the key {key}" if key else f"Let class {name} have the key of its place"
        entry = begin(db, "class", title, "hand")
        _note(db, entry, known.id, "key", key)
        return finish(db, entry)


def check_key(store: Store, name: str, key: str) -> None:
    """Raises `Error` where `key` cannot be given to the class `name`."""
    if len(key) != 1 or not key.isalnum():
        raise Error(f"{key!r} cannot be a key.", "A key is one letter or digit.")
    for other in classes(store):
        if other.key == key and other.name != name:
            raise Error(f"The key {key} is that of class {other.name}.", "Take another, or give that class another.")


def class_keys(names: Sequence[str], given: Sequence[str | None] = ()) -> dict[str, int]:
    """Key to position among `names`: keys that were `given` (one for each name), then for a class named by a digit
    that digit, and for the first others what is left of 1 to 9 and 0.
    """
    keys = {key: position for position, key in enumerate(given) if key}
    for position, name in enumerate(names):
        if len(name) == 1 and name in KEYS and name not in keys and position not in keys.values():
            keys[name] = position
    served = set(keys.values())
    free = [key for key in KEYS if key not in keys]
    others = [position for position in range(len(names)) if position not in served]
    return keys | dict(zip(free, others, strict=False))


def run_names(store: Store) -> dict[str, int]:
    """The class of today that a run means by a name: the one that bears it; else the one that once did.

    A class that was merged counts as the one it went into; one that was deleted as none.
    """
    rows = store.read(
        "SELECT r.row_id, r.field, r.before, r.after FROM edit e JOIN edit_row r ON r.edit_id = e.id"
        " WHERE e.verb = 'class' AND e.state = 0 AND r.field IN ('class:name', 'class:into') ORDER BY e.id"
    )
    into = {id: after for id, field, _, after in rows if field == "class:into"}
    once = {before: id for id, field, before, _ in rows if field == "class:name" and before is not None}
    today = {record.name: record.id for record in classes(store)}
    known: dict[str, int] = {}
    for name, id in once.items():
        while id in into:
            id = into[id]
        if id in today.values():
            known[name] = id
    return known | today


def _note(db: Connection, entry: int, id: int, column: str, value: str | int | None) -> None:
    """Note in the entry what a column of a class goes to, unless it is that already."""
    row = f"SELECT ?, id, 'class:{column}', {column}, ? FROM class WHERE id = ? AND {column} IS NOT ?"
    db.execute(f"INSERT INTO edit_row {row}", (entry, value, id, value))


def _move_images(db: Connection, entry: int, before: int, after: int | None) -> None:
    """Note that all images of a class go to another one, or become unlabelled."""
    rows = (
        "INSERT INTO edit_row SELECT ?, id, {0}, {1}, ? FROM image WHERE class_id = ? AND {1} IS NOT NULL ORDER BY id"
    )
    db.execute(rows.format("'class_id'", "class_id"), (entry, after, before))
    if after is None:
        db.execute(rows.format("'labelled_by'", "labelled_by"), (entry, None, before))


def _take_away(store: Store, db: Connection, entry: int, gone: Sequence[ClassRecord]) -> None:
    """Note that classes go and that the others close ranks."""
    for known in gone:
        for column in ("name", "position", "color", "key"):
            _note(db, entry, known.id, column, None)
    _place(db, entry, [record.id for record in classes(store) if record not in gone])


def _place(db: Connection, entry: int, ids: Sequence[int]) -> None:
    for position, id in enumerate(ids):
        _note(db, entry, id, "position", position)


def _images(db: Connection, known: Sequence[ClassRecord]) -> str:
    """How many images these classes have, such as ", 1,200 images"; nothing where there are none."""
    marks = ",".join(str(record.id) for record in known)
    (number,) = db.execute(f"SELECT count(*) FROM image WHERE class_id IN ({marks})").fetchone()
    return f", {wording.count(number, 'image')}" if number else ""


def _listed(known: Sequence[ClassRecord]) -> str:
    names = [record.name for record in known]
    if len(names) > 3:
        return f"{', '.join(names[:2])} and {len(names) - 2} more"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
