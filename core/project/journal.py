"""The journal of a project, read: what was done when and by whom, the history of an image, and labels of the past.

The past is worked out backward: from the labels of today, and what each edit since then found before it. An edit that
was undone counts as never made. Classes are followed by their number, so a class that was renamed is no other label.
"""

import csv
import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import Error
from core.project.edits import DONE, DROPPED, UNDONE
from core.project.records import image
from core.project.store import Row, Store

WHO = {"hand": "by hand", "bulk": "in bulk", "model": "accepted from a run", "import": "import"}
STATES = {DONE: "done", UNDONE: "undone", DROPPED: "dropped"}
UNLABELLED, ABSENT = "unlabelled", "not there"

_CLASS_FIELDS = {"class:name": "name", "class:position": "place", "class:color": "colour", "class:key": "key"}
_FIELDS = {"class_id": "class", "labelled_by": "labelled", "split": "split", "rejected": "rejected", "note": "note"}


@dataclass(frozen=True)
class Entry:
    """One edit. `at` counts seconds since 1970. What is "dropped" was undone, and then something else was done."""

    id: int
    at: float
    verb: str
    title: str
    who: str
    state: str
    undoable: bool
    images: int


@dataclass(frozen=True)
class Step:
    """What one edit changed of an image, in words; empty where there is nothing."""

    at: float
    who: str
    title: str
    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Part:
    """One kind of change within an edit, in words, and how many images (or classes) it befell."""

    field: str
    before: str
    after: str
    count: int


@dataclass(frozen=True)
class Difference:
    """An image whose label is another: a class, "unlabelled" or "not there"."""

    image_id: int
    before: str
    after: str


def entries(store: Store, limit: int = 100, before: int | None = None, who: str | None = None) -> list[Entry]:
    """The latest edits first; `before` is the id of the one after them, `who` one of WHO."""
    rows = store.read(
        "SELECT id, at_ms, verb, title, made_by, state, undoable FROM edit"
        " WHERE (?1 IS NULL OR id < ?1) AND (?2 IS NULL OR made_by = ?2) ORDER BY id DESC LIMIT ?3",
        (before, who, limit),
    )
    touched = _touched(store, [row[0] for row in rows])
    return [
        Entry(id, at / 1000, verb, title, _who(by), STATES[state], bool(undoable), touched[id])
        for id, at, verb, title, by, state, undoable in rows
    ]


def count(store: Store, who: str | None = None) -> int:
    """How many edits there are, of all or by one of WHO."""
    rows = store.read("SELECT count(*) FROM edit WHERE (?1 IS NULL OR made_by = ?1)", (who,))
    return int(rows[0][0])


def steps_back(store: Store, entry: int) -> int:
    """How many edits `edits.undo_to` would take back."""
    rows = store.read("SELECT count(*) FROM edit WHERE state = 0 AND undoable = 1 AND id >= ?", (entry,))
    return int(rows[0][0])


def parts(store: Store, entry: int, most: int = 8) -> list[Part]:
    """What an edit changed from what to what, the most frequent first."""
    rows = store.read(
        "SELECT field, before, after, count(*), min(row_id) FROM edit_row WHERE edit_id = ? AND field <> 'added'"
        " AND field <> 'class:into' GROUP BY field, before, after, CASE WHEN field LIKE 'class:%' THEN row_id END"
        " ORDER BY field = 'labelled_by', field LIKE 'class:%', count(*) DESC, min(row_id) LIMIT ?",
        (entry, most + 1),
    )
    names = _Names(store)
    labels = any(row[0] == "class_id" for row in rows)
    found = []
    for field, before, after, number, row in rows:
        if field.startswith("class:"):
            about, old, new = names.class_words(row, entry, field, before, after)
            found.append(Part(about, old, new, number))
        elif field != "labelled_by" or not labels:
            found.append(Part(*names.words(entry, field, before, after), number))
    return found[:most]


def images_of(store: Store, entry: int, most: int) -> list[int]:
    """The images that an edit touched or an import brought, by id; the first `most` of them."""
    brought = store.read("SELECT row_id, after FROM edit_row WHERE edit_id = ? AND field = 'added'", (entry,))
    if brought:
        first, last = brought[0]
        return list(range(first, min(last, first + most - 1) + 1))
    rows = store.read(
        "SELECT DISTINCT row_id FROM edit_row WHERE edit_id = ? AND field NOT LIKE 'class:%'"
        " AND field NOT LIKE 'split:%' ORDER BY row_id LIMIT ?",
        (entry, most),
    )
    return [row[0] for row in rows]


def history(store: Store, image_id: int) -> list[Step]:
    """All that was done to an image and not undone, the latest first. Raises `Error` when there is no such image."""
    now = image(store, image_id)
    rows = store.read(
        "SELECT e.id, e.at_ms, e.made_by, e.title, r.field, r.before, r.after FROM edit_row r"
        " JOIN edit e ON e.id = r.edit_id WHERE r.row_id = ? AND r.field NOT LIKE 'class:%' AND r.field <> 'added'"
        " AND e.state = 0 ORDER BY e.id DESC, r.field",
        (image_id,),
    )
    names = _Names(store)
    labelled = {row[0] for row in rows if row[4] == "class_id"}
    found = [
        Step(at / 1000, _who(by), title, *names.words(id, field, before, after))
        for id, at, by, title, field, before, after in rows
        if field != "labelled_by" or id not in labelled  # else the label itself tells who
    ]
    brought = store.read(
        "SELECT e.id, e.at_ms, e.title FROM edit e JOIN edit_row r ON r.edit_id = e.id"
        " WHERE e.verb = 'import' AND r.field = 'added' AND ? BETWEEN r.row_id AND r.after",
        (image_id,),
    )
    for id, at, title in brought:
        first = [row[5] for row in rows if row[4] == "class_id"]  # what the first edit of the label found
        label = names.at(first[-1] if first else now.class_id, id)
        found.append(Step(at / 1000, WHO["import"], title, "class", ABSENT, label))
    return found


def labels_at(store: Store, when: float) -> dict[int, str | None]:
    """The label that each image had at a time (seconds since 1970), by image; those not there yet are absent."""
    last = _last_edit(store, when)
    names = _Names(store)
    return {id: None if known is None else names.at(known, last) for id, known in _class_ids(store, last).items()}


def difference(store: Store, before: float, after: float) -> list[Difference]:
    """The images whose label differs between two times (seconds since 1970), by id."""
    earlier, later = _last_edit(store, before), _last_edit(store, after)
    names = _Names(store)
    old, new = _class_ids(store, earlier), _class_ids(store, later)
    changed = [id for id in sorted(old.keys() | new.keys()) if old.get(id, -1) != new.get(id, -1)]
    return [
        Difference(
            id,
            names.at(old[id], earlier) if id in old else ABSENT,
            names.at(new[id], later) if id in new else ABSENT,
        )
        for id in changed
    ]


def moment(text: str) -> float:
    """The time that a text means, in seconds since 1970: `2026-03-01 14:30`, local time; a day means its end.

    Raises `Error` for a text that is no date.
    """
    try:
        found = datetime.datetime.fromisoformat(text.strip())
    except ValueError:
        raise Error(f"{text} is no date.", "Such as 2026-03-01 or 2026-03-01T14:30.") from None
    if len(text.strip()) <= len("2026-03-01"):
        found += datetime.timedelta(days=1, microseconds=-1)
    return found.timestamp()


def said_time(at: float) -> str:
    """A moment as people here say it: `2026-03-01 14:30:05`, local time."""
    return f"{datetime.datetime.fromtimestamp(at):%Y-%m-%d %H:%M:%S}"


def write_csv(store: Store, file: Path) -> int:
    """Write the journal, the earliest edit first, one line for each thing changed; returns how many lines.

    Raises OSError.
    """
    head = ("edit", "when", "who", "state", "title", "image", "name", "field", "before", "after")
    return _write(file, head, _lines(store))


def write_difference(store: Store, found: Iterable[Difference], file: Path) -> int:
    """Write a difference of labels, a line an image; returns how many. Raises OSError."""
    names: dict[int, str] = dict(store.read("SELECT id, name FROM image"))
    rows = ((one.image_id, names.get(one.image_id, ""), one.before, one.after) for one in found)
    return _write(file, ("image", "name", "before", "after"), rows)


def _lines(store: Store) -> Iterator[tuple[object, ...]]:
    names = _Names(store)
    sql = (
        "SELECT e.id, e.at_ms, e.made_by, e.state, e.title, r.row_id, r.field, r.before, r.after, i.name FROM edit e"
        " LEFT JOIN edit_row r ON r.edit_id = e.id LEFT JOIN image i ON i.id = r.row_id AND r.field NOT LIKE 'class:%'"
        " ORDER BY e.id, r.row_id, r.field"
    )
    for id, at, by, state, title, row, field, before, after, name in store.rows(sql):
        about = (id, said_time(at / 1000), _who(by), STATES[state], title)
        if field is None or field == "added":
            yield (*about, "", "", "", "", "")
        elif field.startswith("split:"):  # of the split as a whole
            yield (*about, "", "", field, before, after)
        elif field.startswith("class:"):
            known = names.at(row, id)
            into = field == "class:into"
            yield (*about, "", known, field, "" if before is None else before, names.at(after, id) if into else after)
        else:
            yield (*about, row, name, *names.words(id, field, before, after))


def _write(file: Path, head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> int:
    number = 0
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(head)
        for row in rows:
            writer.writerow(row)
            number += 1
    return number


def _who(by: str) -> str:
    return WHO.get(by, by)


class _Names:
    """What classes were called after an edit."""

    def __init__(self, store: Store) -> None:
        rows = store.read(
            "SELECT e.id, e.state, r.row_id, r.before, r.after FROM edit e JOIN edit_row r ON r.edit_id = e.id"
            " WHERE e.verb = 'class' AND r.field = 'class:name' ORDER BY e.id"
        )
        self._today: dict[int, str] = {}
        self._changes: dict[int, list[tuple[int, str | None, str | None]]] = {}
        for entry, state, id, before, after in rows:
            self._today[id] = after or before  # of a class that is gone, or was undone
            if state == DONE:
                self._changes.setdefault(id, []).append((entry, before, after))
        self._today |= dict(store.read("SELECT id, name FROM class"))

    def at(self, id: int | None, entry: int) -> str:
        """The name of a class after an edit; of one that went with it, the last."""
        if id is None:
            return UNLABELLED
        changes = self._changes.get(id, [])
        so_far = [after for edit, _, after in changes if edit <= entry and after is not None]
        later = [before for edit, before, _ in changes if edit > entry and before is not None]
        return so_far[-1] if so_far else later[0] if later else self._today.get(id, f"class {id}")

    def words(self, entry: int, field: str, before: object, after: object) -> tuple[str, str, str]:
        """A changed field of an image, and its values, in words."""
        name, told = _FIELDS.get(field, field), []
        if field.startswith("tag:"):
            name = f"tag {field.removeprefix('tag:')}"
        for value in (before, after):
            if field == "class_id":
                told.append(self.at(value if isinstance(value, int) else None, entry))
            elif field == "labelled_by":
                told.append(WHO.get(str(value), ""))
            elif field == "rejected" or field.startswith("tag:"):
                told.append("yes" if value else "no")
            else:
                told.append("" if value is None else str(value))
        return name, told[0], told[1]

    def class_words(self, id: int, entry: int, field: str, before: object, after: object) -> tuple[str, str, str]:
        """A changed field of a class, and its values, in words; places count from 1."""
        places = field == "class:position"
        told = ["" if at is None else str(at + 1 if places and isinstance(at, int) else at) for at in (before, after)]
        return f"{_CLASS_FIELDS[field]} of class {self.at(id, entry)}", told[0], told[1]


def _touched(store: Store, ids: list[int]) -> dict[int, int]:
    """How many images each of these edits touched; an import, how many it brought. Counted once: it never changes."""
    known: dict[int, int] = store.memory.setdefault("journal", {})
    new = [id for id in ids if id not in known]
    known.update(dict.fromkeys(new, 0) | _count_touched(store, new))
    return known


def _count_touched(store: Store, ids: list[int]) -> dict[int, int]:
    marks = ",".join(str(id) for id in ids)
    found: dict[int, int] = dict(
        store.read(
            f"SELECT edit_id, count(DISTINCT row_id) FROM edit_row WHERE edit_id IN ({marks})"
            " AND field NOT LIKE 'class:%' AND field NOT LIKE 'split:%' AND field <> 'added' GROUP BY edit_id"
        )
    )
    sql = f"SELECT edit_id, after - row_id + 1 FROM edit_row WHERE edit_id IN ({marks}) AND field = 'added'"
    return found | dict(store.read(sql))


def _last_edit(store: Store, when: float) -> int:
    """The id of the last edit that was made by then; 0 where there is none."""
    rows: list[Row] = store.read("SELECT coalesce(max(id), 0) FROM edit WHERE at_ms <= ?", (int(when * 1000),))
    return int(rows[0][0])


def _class_ids(store: Store, last: int) -> dict[int, int | None]:
    """The class of each image after the edit `last`; images that were not there are absent."""
    found: dict[int, int | None] = dict(store.read("SELECT id, class_id FROM image"))
    # Of several edits since, the first one found what was there then; SQLite gives `before` of the row of min().
    since = store.read(
        "SELECT r.row_id, r.before, min(r.edit_id) FROM edit_row r JOIN edit e ON e.id = r.edit_id"
        " WHERE r.edit_id > ? AND r.field = 'class_id' AND e.state = 0 GROUP BY r.row_id",
        (last,),
    )
    found.update((id, before) for id, before, _ in since)
    brought = store.read(
        "SELECT r.row_id, r.after FROM edit e JOIN edit_row r ON r.edit_id = e.id"
        " WHERE e.id > ? AND e.verb = 'import' AND r.field = 'added'",
        (last,),
    )
    for first, final in brought:
        for id in range(first, final + 1):
            found.pop(id, None)
    return found
