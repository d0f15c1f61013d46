"""Adding images to a project: the one transaction that an import ends with."""

import os
import posixpath
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from sqlite3 import Connection

from core.errors import Error
from core.project import plan
from core.project.records import folders
from core.project.store import Store, next_revision


@dataclass(frozen=True)
class NewImage:
    """An image file that an importer found. `path` is relative to the folder, '/'-separated, as the OS encodes it."""

    path: bytes
    content_hash: bytes
    width: int
    height: int
    byte_size: int
    modified_ns: int
    label: str | None = None
    source: str | None = None
    group: str | None = None
    split: str | None = None
    targets: dict[str, float] = field(default_factory=dict)
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class AddedImages:
    """How many images are new, changed on disk, found again after a move, and as before."""

    added: int = 0
    updated: int = 0
    relinked: int = 0
    unchanged: int = 0


@dataclass(frozen=True)
class AbsentFolder:
    """A folder of images that is not where it was, and how many images it held."""

    path: Path
    images: int


def add_images(store: Store, folder: Path, found: Sequence[NewImage]) -> AddedImages:
    """Add `found` of `folder`, all or nothing.

    An image already known by its path keeps its label, split, targets and tags; only what the file itself says is
    renewed. An image whose recorded file is gone and whose content is found here is re-linked to its new place.
    """
    tally = {"added": 0, "updated": 0, "relinked": 0, "unchanged": 0}
    with store.transaction() as db:
        writer = _Writer(store, db, folder)
        for image in found:
            tally[writer.put(image)] += 1
        if tally["added"] or tally["updated"] or tally["relinked"]:
            db.execute("UPDATE revision SET imported = ?", (next_revision(db),))
        if tally["added"]:
            first = writer.latest - tally["added"] + 1
            _settle_journal(db, first)
            title = f"Import {tally['added']} images from {folder.name}"
            entry = db.execute(
                "INSERT INTO edit (at_ms, verb, title, made_by, undoable) VALUES (?, 'import', ?, 'import', 0)",
                (time.time_ns() // 1_000_000, title),
            ).lastrowid
            # One row tells all that came: images of one transaction have numbers without a gap.
            row = (entry, first, writer.latest)
            db.execute("INSERT INTO edit_row VALUES (?, ?, 'added', NULL, ?)", row)
    return AddedImages(**tally)


def relink_images(store: Store, folder: Path, found: Sequence[tuple[int, NewImage]]) -> int:
    """Say that the images of these ids, which are missing, lie in `folder` now; returns how many do.

    Only what their files say is renewed. A file that is known as another image stays that one's.
    """
    with store.transaction() as db:
        writer = _Writer(store, db, folder)
        moved = sum(writer.relink(id, image) for id, image in found)
        if moved:
            db.execute("UPDATE revision SET imported = ?", (next_revision(db),))
    return moved


def absent_folders(store: Store) -> list[AbsentFolder]:
    """The imported folders that are not there, that with most images first; their files are not looked at."""
    counts = store.read("SELECT folder_id, count(*) FROM image GROUP BY 1")
    places = folders(store)
    absent = [AbsentFolder(places[id].resolve(), count) for id, count in counts if not places[id].is_dir()]
    return sorted(absent, key=lambda folder: -folder.images)


def _settle_journal(db: Connection, first: int) -> None:
    """After an import of images from `first` on, nothing is redone any more, and a class that some of them have stays.

    Where it brought a class of a name that another one had given up, nothing up to then can be undone: both would
    have the name.
    """
    db.execute("UPDATE edit SET state = 2 WHERE state = 1")
    db.execute(
        "UPDATE edit SET undoable = 0 WHERE verb = 'class' AND EXISTS (SELECT 1 FROM edit_row r"
        " JOIN image i ON i.class_id = r.row_id WHERE r.edit_id = edit.id AND r.field = 'class:name'"
        " AND r.before IS NULL AND i.id >= ?)",
        (first,),
    )
    db.execute(
        "UPDATE edit SET undoable = 0 WHERE id <= (SELECT max(e.id) FROM edit e JOIN edit_row r ON r.edit_id = e.id"
        " JOIN class c ON c.name = r.before AND c.id <> r.row_id"
        " WHERE e.verb = 'class' AND e.state = 0 AND r.field = 'class:name')"
    )


def known_images(store: Store, folder: Path) -> dict[bytes, tuple[int, bytes]]:
    """Id and content of each known image in `folder`, by its path there; also where it came in with another folder."""
    here = _real(folder)
    found: dict[bytes, tuple[int, bytes]] = {}
    for folder_id, place in folders(store).items():
        there = _real(place)
        if not (_within(there, here) or _within(here, there)):
            continue
        for path, id, content in store.read(
            "SELECT path, id, content_hash FROM image WHERE folder_id = ?", (folder_id,)
        ):
            absolute = posixpath.join(there, path)
            if _within(absolute, here):
                found[absolute[len(posixpath.join(here, b"")) :]] = (id, content)
    return found


class _Writer:
    """Writes images in an open transaction, with the names it has met kept at hand."""

    def __init__(self, store: Store, db: Connection, folder: Path) -> None:
        self._db = db
        self._folder_id = _folder_id(db, store.root, folder)
        self._places = folders(store)
        self._classes: dict[str, int] = dict(db.execute("SELECT name, id FROM class").fetchall())
        self._sources: dict[str, int] = dict(db.execute("SELECT name, id FROM source").fetchall())
        self._known = known_images(store, folder)
        self._grown = bool(db.execute("SELECT 1 FROM image LIMIT 1").fetchone())
        self._test_is_locked = plan.test_is_locked(store)
        self.latest = 0  # the number of the image that was added last

    def put(self, image: NewImage) -> str:
        """Write one image; says what became of it."""
        known = self._known.get(image.path)
        if known and known[1] == image.content_hash:
            return "unchanged"
        if known:
            self._renew(known[0], image)
            return "updated"
        if self._grown and (lost := self._lost_twin(image)):
            self._renew(lost, image)
            return "relinked"
        self._insert(image)
        return "added"

    def relink(self, id: int, image: NewImage) -> bool:
        """Link a missing image to a file; False where another image has it."""
        if image.path in self._known and self._known[image.path][0] != id:
            return False
        self._renew(id, image)
        self._known[image.path] = (id, image.content_hash)
        return True

    def _lost_twin(self, image: NewImage) -> int | None:
        rows = self._db.execute(
            "SELECT id, folder_id, path FROM image WHERE content_hash = ?", (image.content_hash,)
        ).fetchall()
        for id, folder, path in rows:
            if not os.path.exists(self._places[folder] / os.fsdecode(path)):  # also where it may not be looked at
                return int(id)
        return None

    def _renew(self, id: int, image: NewImage) -> None:
        self._db.execute(
            "UPDATE image SET folder_id = ?, path = ?, name = ?, content_hash = ?, width = ?, height = ?,"
            " byte_size = ?, modified_ns = ? WHERE id = ?",
            (self._folder_id, image.path, _readable(image.path), *_facts(image), id),
        )

    def _insert(self, image: NewImage) -> None:
        if image.split == "test" and self._test_is_locked:
            raise Error("The test set is locked, and new images would enter it.", plan.UNLOCK)
        row = self._db.execute(
            "INSERT INTO image (folder_id, path, name, content_hash, width, height, byte_size, modified_ns, source_id,"
            " group_name, split, class_id, labelled_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(self._folder_id, image.path, _readable(image.path), *_facts(image)),
                *(self._source(image.source), image.group, image.split, self._class(image.label)),
                "import" if image.label is not None else None,
            ),
        )
        assert row.lastrowid is not None
        self.latest = row.lastrowid
        for tag in image.tags:
            self._db.execute("INSERT OR IGNORE INTO tag (name) VALUES (?)", (tag,))
            self._db.execute(
                "INSERT OR IGNORE INTO image_tag SELECT ?, id FROM tag WHERE name = ?", (row.lastrowid, tag)
            )
        for name, value in image.targets.items():
            self._db.execute("INSERT OR IGNORE INTO target (name) VALUES (?)", (name,))
            self._db.execute(
                "INSERT INTO image_target SELECT ?, id, ? FROM target WHERE name = ?", (row.lastrowid, value, name)
            )

    def _class(self, name: str | None) -> int | None:
        if name is None:
            return None
        if name not in self._classes:
            self._classes[name] = add_class(self._db, name)
        return self._classes[name]

    def _source(self, name: str | None) -> int | None:
        if name is None:
            return None
        if name not in self._sources:
            self._sources[name] = _new_id(self._db, "INSERT INTO source (name) VALUES (?)", name)
        return self._sources[name]


def add_class(db: Connection, name: str) -> int:
    """Insert a class after the last one; in natural order where the classes so far are (so that 10 follows 9)."""
    return add_classes(db, [name])[name]


def add_classes(db: Connection, names: Sequence[str]) -> dict[str, int]:
    """Insert classes, each as `add_class`; their ids."""
    # A number is never given twice, also where its class went: the journal would take one for the other.
    known = "SELECT max(id) AS id FROM class UNION ALL SELECT max(r.row_id) FROM edit e JOIN edit_row r"
    known += " ON r.edit_id = e.id WHERE e.verb = 'class' AND r.field = 'class:name'"
    (last,) = db.execute(f"SELECT coalesce(max(id), 0) FROM ({known})").fetchone()
    before = db.execute("SELECT name, id FROM class ORDER BY position, id").fetchall()
    made = {name: last + number for number, name in enumerate(names, start=1)}
    rows = [(id, name, place) for place, (name, id) in enumerate(made.items(), start=len(before))]
    db.executemany("INSERT INTO class (id, name, position) VALUES (?, ?, ?)", rows)
    if before == sorted(before, key=lambda row: natural(row[0])):
        ordered = sorted([*before, *made.items()], key=lambda row: natural(row[0]))
        places = [(position, id) for position, (_, id) in enumerate(ordered)]
        db.executemany("UPDATE class SET position = ? WHERE id = ?", places)
    return made


def natural(name: str) -> tuple[int, int, str]:
    """What to sort names of classes by, so that 10 follows 9."""
    return (0, int(name), name) if name.isascii() and name.isdigit() else (1, 0, name.casefold())


def _within(inner: bytes, outer: bytes) -> bool:
    return inner == outer or inner.startswith(posixpath.join(outer, b""))


def _real(folder: Path) -> bytes:
    """The place of `folder` whichever links lead there, '/'-separated."""
    return os.fsencode(Path(os.path.realpath(folder)).as_posix())


def _new_id(db: Connection, sql: str, name: str) -> int:
    row = db.execute(sql, (name,))
    assert row.lastrowid is not None
    return row.lastrowid


def _folder_id(db: Connection, root: Path, folder: Path) -> int:
    place = os.fsencode(_relative(folder.absolute(), root))
    if known := db.execute("SELECT id FROM folder WHERE path = ?", (place,)).fetchone():
        return int(known[0])
    row = db.execute("INSERT INTO folder (path) VALUES (?)", (place,))
    assert row.lastrowid is not None
    return row.lastrowid


def _relative(folder: Path, root: Path) -> str:
    """`folder` relative to the project, so that both can move together; absolute on another drive."""
    try:
        near = Path(os.path.relpath(folder, root))
        if os.path.realpath(root / near) != os.path.realpath(folder):  # `..` of a link leads elsewhere
            near = Path(os.path.relpath(os.path.realpath(folder), os.path.realpath(root)))
        return near.as_posix()
    except ValueError:
        return folder.as_posix()


def _readable(path: bytes) -> str:
    return path.decode("utf-8", errors="replace")


def _facts(image: NewImage) -> tuple[bytes, int, int, int, int]:
    return image.content_hash, image.width, image.height, image.byte_size, image.modified_ns
