"""What a project knows, as plain values: classes, images, counts, and columns for array work."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import Error
from core.project import table
from core.project.query import ALL, Filter
from core.project.store import Row, Store, Unfinished
from core.project.table import Mask, Table, Words

Ids = npt.NDArray[np.int64]

SPLITS = table.SPLITS
TRAIN, VAL, TEST = 1, 2, 3  # codes of `Columns.split`; 0 is none


@dataclass(frozen=True, eq=False)
class Targets:
    """Numbers that images have beside their class: `values` N,T of the targets `names`, nan where there is none."""

    names: tuple[str, ...]
    values: npt.NDArray[np.float64]


@dataclass(frozen=True)
class ClassRecord:
    """A class. `color` (`#rrggbb`) and `key` are those that somebody chose; None is what follows from its place."""

    id: int
    name: str
    position: int
    color: str | None = None
    key: str | None = None


@dataclass(frozen=True)
class ImageRecord:
    """One image. `path` is absolute, `name` is relative to the imported folder and readable."""

    id: int
    path: Path
    name: str
    content_hash: bytes
    width: int
    height: int
    byte_size: int
    class_id: int | None
    class_name: str | None
    labelled_by: str | None
    source: str | None
    group: str | None
    split: str | None
    rejected: bool
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Counts:
    """How many images of a filter there are by class, split ("" where none) and source ("" where none)."""

    total: int
    unlabelled: int
    classes: dict[str, int]
    splits: dict[str, int]
    sources: dict[str, int]


@dataclass(frozen=True)
class Columns:
    """The facts that training and metrics need, one array element an image.

    `class_index` counts in `classes` order (-1 unlabelled), `split` is 0 none, 1 train, 2 val, 3 test,
    `source` counts in `sources` (-1 none), `group` numbers the groups (-1 none).
    """

    ids: Ids
    content_hash: npt.NDArray[np.uint8]  # N,32
    class_index: npt.NDArray[np.int16]
    split: npt.NDArray[np.uint8]
    source: npt.NDArray[np.int32]
    group: npt.NDArray[np.int64]
    rejected: npt.NDArray[np.bool_]
    classes: tuple[str, ...]
    sources: tuple[str, ...]

    @property
    def usable(self) -> npt.NDArray[np.bool_]:
        """What may be trained on or measured with: labelled and not rejected."""
        return (self.class_index >= 0) & ~self.rejected


def classes(store: Store) -> list[ClassRecord]:
    """All classes in display order."""
    rows = store.read("SELECT id, name, position, color, key FROM class ORDER BY position, id")
    return [ClassRecord(*row) for row in rows]


def class_named(store: Store, name: str) -> ClassRecord:
    """The class of this name; `Error` when there is none."""
    for known in classes(store):
        if known.name == name:
            return known
    names = ", ".join(known.name for known in classes(store)) or "none yet"
    raise Error(f"There is no class {name}.", f"The classes are: {names}.")


def folders(store: Store) -> dict[int, Path]:
    """The absolute place of each imported folder; relative ones lie relative to the project."""
    return {id: store.root / os.fsdecode(path) for id, path in store.read("SELECT id, path FROM folder")}


_IMAGE = """SELECT i.id, i.folder_id, i.path,
    i.name, i.content_hash, i.width, i.height, i.byte_size, i.class_id, c.name, i.labelled_by, s.name, i.group_name,
    i.split, i.rejected,
    (SELECT group_concat(t.name, char(31)) FROM image_tag it JOIN tag t ON t.id = it.tag_id WHERE it.image_id = i.id)
    FROM image i LEFT JOIN class c ON c.id = i.class_id LEFT JOIN source s ON s.id = i.source_id WHERE i.id IN """


def images(store: Store, ids: Iterable[int]) -> list[ImageRecord]:
    """The images of these ids in their order; ids that are gone are left out."""
    wanted = [int(id) for id in ids]
    places = folders(store)
    found: dict[int, ImageRecord] = {}
    for part in batches(wanted):
        marks = ",".join("?" * len(part))
        for row in store.read(f"{_IMAGE} ({marks})", part):
            found[row[0]] = _record(row, places)
    return [found[id] for id in wanted if id in found]


def _record(row: Row, places: dict[int, Path]) -> ImageRecord:
    id, folder, path, *facts, rejected, tags = row
    named = tuple(sorted(tags.split(chr(31)))) if tags else ()
    return ImageRecord(id, places[folder] / os.fsdecode(path), *(*facts, bool(rejected), named))


def image(store: Store, id: int) -> ImageRecord:
    """One image; `Error` when it is gone."""
    for record in images(store, [id]):
        return record
    raise Error(f"There is no image {id} in this project.", "`core list` shows the images and their numbers.")


def files(store: Store, ids: Ids) -> list[Path]:
    """The absolute paths of these images, in order. Raises KeyError for an id that is gone."""
    places = folders(store)
    found: dict[int, Path] = {}
    for part in batches([int(id) for id in ids]):
        marks = ",".join("?" * len(part))
        for id, folder, path in store.read(f"SELECT id, folder_id, path FROM image WHERE id IN ({marks})", part):
            found[id] = places[folder] / os.fsdecode(path)
    return [found[int(id)] for id in ids]


def sizes(store: Store, ids: Ids) -> npt.NDArray[np.int32]:
    """Width and height in px of these images, N,2 in order. Raises KeyError for an id that is gone."""
    found: dict[int, tuple[int, int]] = {}
    for part in batches([int(id) for id in ids]):
        marks = ",".join("?" * len(part))
        for id, *size in store.read(f"SELECT id, width, height FROM image WHERE id IN ({marks})", part):
            found[id] = (size[0], size[1])
    return np.array([found[int(id)] for id in ids], np.int32).reshape(-1, 2)


def targets(store: Store, ids: Ids) -> Targets:
    """The targets of these images, in order. Ids that are not in the project, such as composites', have none."""
    known = store.read("SELECT id, name FROM target ORDER BY id")
    place = {id: index for index, (id, _) in enumerate(known)}
    absent = np.full(len(known), np.nan)
    found: dict[int, npt.NDArray[np.float64]] = {}
    for part in batches([int(id) for id in ids]):
        marks = ",".join("?" * len(part))
        sql = f"SELECT image_id, target_id, value FROM image_target WHERE image_id IN ({marks})"
        for id, target, value in store.read(sql, part):
            found.setdefault(id, absent.copy())[place[target]] = value
    values = np.array([found.get(int(id), absent) for id in ids]).reshape(len(ids), len(known))
    return Targets(tuple(name for _, name in known), values)


def counts(store: Store, filter: Filter = ALL) -> Counts:
    """Counts of the images of `filter`. Every class and every source of the project appears, also with 0."""
    known = table.of(store)
    mask = None if filter == ALL else filter.mask(known)
    by_class, by_split, by_source = (
        counted(column, mask) for column in (known.classes, Words(known.number("split"), SPLITS), known.sources)
    )
    in_sources = {name: number for name, number in by_source.items() if name or number}
    return Counts(
        total=sum(by_class.values()),
        unlabelled=by_class.pop(""),
        classes=by_class,
        splits=by_split,
        sources=in_sources,
    )


def counted(column: Words, mask: Mask | None = None) -> dict[str, int]:
    """How many rows of `mask` have each word of `column`, in its order; "" counts those without."""
    codes = column.codes if mask is None else column.codes[mask]
    numbers = np.bincount(codes.astype(np.int64) + 1, minlength=len(column.names) + 1).tolist()
    return dict(zip((*column.names, ""), (*numbers[1:], numbers[0]), strict=True))


def holds_images(root: Path) -> bool:
    """Whether `root` is a project with images. One that was killed while it was first filled has none."""
    if not (root / "project.db").is_file():
        return False
    try:
        with Store.open(root, write=False) as store:
            return bool(store.read("SELECT 1 FROM image LIMIT 1"))
    except Unfinished:
        return False


def columns(store: Store, filter: Filter = ALL) -> Columns:
    """The columns of the images of `filter`, ordered by id, all as of one moment."""
    with store.snapshot():
        return _columns(table.of(store), filter)


def _columns(known: Table, filter: Filter) -> Columns:
    rows = slice(None) if filter == ALL else np.flatnonzero(filter.mask(known))
    sources, groups = known.sources, known.words("group")
    grouped = np.where(groups.codes < 0, -1, (sources.codes + 1).astype(np.int64) * len(groups.names) + groups.codes)
    return Columns(
        ids=known.ids[rows],
        content_hash=known.content[rows],
        class_index=known.classes.codes[rows].astype(np.int16),
        split=(known.number("split")[rows] + 1).astype(np.uint8),
        source=sources.codes[rows].astype(np.int32),
        group=_numbered(grouped[rows]),
        rejected=known.number("rejected")[rows].copy(),
        classes=known.classes.names,
        sources=sources.names,
    )


def _numbered(values: Ids) -> Ids:
    """`values` N (-1 none) with numbers from 0 in the order in which they first occur."""
    different, first, inverse = np.unique(values, return_index=True, return_inverse=True)
    place = np.full(len(different), -1, np.int64)
    some = np.flatnonzero(different >= 0)
    place[some[np.argsort(first[some])]] = np.arange(len(some))
    return np.asarray(place[inverse])


def batches(ids: Sequence[int], size: int = 5000) -> Iterable[list[int]]:
    """`ids` in parts that fit SQLite's limit of bound parameters."""
    for start in range(0, len(ids), size):
        yield list(ids[start : start + size])
