"""All images of a project as columns in memory: what filters, orders and counts are computed from.

A column is read when it is first needed and kept; after edits only the images that they touched are read again (each
bears the revision of its last change). A million images cost about a quarter of a second and one to eight megabytes a
column. What is said here of "rows" counts in `ids`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from core.images import measures
from core.images.measures import Measures
from core.project.scores import Scores, load_scores
from core.project.store import Store

Ids = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Column = npt.NDArray[Any]
Made = TypeVar("Made")

# By number, because as text 99-name comes after 100-name.
LATEST_FIRST = "CAST(run.name AS INTEGER) DESC, run.name DESC"
# A run without a stamp is being copied.
LATEST_RUN = f"(SELECT id FROM run WHERE stamp <> '' ORDER BY {LATEST_FIRST} LIMIT 1)"

# Columns of numbers: what SQLite is asked and how the answer is kept. Those of a group are read together.
_NUMBERS: dict[str, tuple[str, npt.DTypeLike]] = {
    "class_id": ("coalesce(class_id, -1)", np.int32),
    "split": ("CASE split WHEN 'train' THEN 0 WHEN 'val' THEN 1 WHEN 'test' THEN 2 ELSE -1 END", np.int8),
    "by": (
        "CASE labelled_by WHEN 'hand' THEN 0 WHEN 'bulk' THEN 1 WHEN 'model' THEN 2 WHEN 'import' THEN 3 ELSE -1 END",
        np.int8,
    ),
    "source_id": ("coalesce(source_id, -1)", np.int32),
    "rejected": ("rejected", np.bool_),
    "width": ("width", np.int32),
    "height": ("height", np.int32),
    "bytes": ("byte_size", np.int64),
    "modified": ("modified_ns", np.int64),
}
_GROUPS = (("class_id", "split", "by", "source_id", "rejected"), ("width", "height", "bytes", "modified"))
SPLITS = ("train", "val", "test")
MADE_BY = ("hand", "bulk", "model", "import")
# Columns of words, kept as numbers into a list of the different ones. `rtrim` takes the name of the file away.
_WORDS = {"group": "group_name", "folder": "rtrim(rtrim(name, replace(name, '/', '')), '/')"}


@dataclass(frozen=True)
class Words:
    """A column of words: `codes` N count in `names`, -1 where there is none."""

    codes: Column
    names: tuple[str, ...]


@dataclass(frozen=True)
class Predicted:
    """What the latest run said, N long: `class_at` counts in the classes (-1 nothing), the others nan where nothing.

    `label_at` is the label that the run knew, whose cross-entropy is `loss`.
    """

    class_at: Column
    label_at: Column
    confidence: Column
    margin: Column
    loss: Column


def of(store: Store) -> "Table":
    """The table of an open project, up to date. One store keeps one."""
    table = store.memory.setdefault("table", Table(store))
    assert isinstance(table, Table)
    table.refresh()
    return table


def marks(store: Store) -> dict[str, Any]:
    """What changes with the images, their classes, and what runs said of them: equal marks, equal content."""
    latest, imported = store.read("SELECT latest, imported FROM revision")[0]
    return {
        "edits": latest,
        "imported": imported,
        "runs": tuple(store.read("SELECT name, stamp FROM run ORDER BY id")),
        "classes": tuple(store.read("SELECT id, name, position FROM class ORDER BY id")),
    }


class Table:
    """See the module. Use `of`; a table serves one thread, that of its store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._marks: dict[str, Any] = {}
        self._kept: dict[str, Any] = {}  # columns of images
        self._words: dict[str, dict[str, int]] = {}  # the different words of a column, by their first use
        self._made: dict[str, Any] = {}  # what was computed from columns: see `made`

    # --- rows ---

    @property
    def ids(self) -> Ids:
        """Ascending, N."""
        if "ids" not in self._kept:
            named = _fetched(self.store, "SELECT id FROM image ORDER BY name, id", np.int64)
            self._kept["ids"] = np.sort(named)
            self._kept["by_name"] = np.searchsorted(self._kept["ids"], named)
        return np.asarray(self._kept["ids"])

    @property
    def by_name(self) -> Ids:
        """All rows in the order of the images' names, N."""
        _ = self.ids
        return np.asarray(self._kept["by_name"])

    def __len__(self) -> int:
        return len(self.ids)

    def rows_of(self, ids: Ids) -> Ids:
        """The rows of those of `ids` that are in the project."""
        if not len(self.ids):
            return np.zeros(0, np.int64)
        rows = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.asarray(rows[self.ids[rows] == ids])

    def mask_of(self, ids: Ids) -> Mask:
        """Which rows are among `ids`."""
        mask = np.zeros(len(self), np.bool_)
        mask[self.rows_of(ids)] = True
        return mask

    # --- columns ---

    def number(self, name: str) -> Column:
        """One of the columns of numbers, N."""
        if name not in self._kept:
            names = next(group for group in _GROUPS if name in group)
            asked = ", ".join(_NUMBERS[one][0] for one in names)
            kinds = np.dtype([(one, _NUMBERS[one][1]) for one in names])
            rows = np.fromiter(self.store.rows(f"SELECT {asked} FROM image ORDER BY id"), kinds)
            self._kept |= {one: np.ascontiguousarray(rows[one]) for one in names}
        return np.asarray(self._kept[name])

    def words(self, name: str) -> Words:
        """One of the columns of words."""
        if name not in self._kept:
            known = self._words.setdefault(name, {})
            rows = self.store.rows(f"SELECT {_WORDS[name]} FROM image ORDER BY id")
            self._kept[name] = np.fromiter((_code(known, row[0]) for row in rows), np.int32)
        return Words(self._kept[name], tuple(self._words[name]))

    @property
    def classes(self) -> Words:
        """The labels, counted in display order."""
        sql = "SELECT id, name FROM class ORDER BY position, id"
        return self.made("classes", lambda: self._named("class_id", sql), "edits", "classes")

    @property
    def sources(self) -> Words:
        sql = "SELECT id, name FROM source ORDER BY name"
        return self.made("sources", lambda: self._named("source_id", sql))

    @property
    def tags(self) -> dict[str, Mask]:
        """The rows of each tag that some image carries."""
        return self.made("tags", self._tags, "edits")

    @property
    def predicted(self) -> Predicted:
        return self.made("predicted", self._predicted, "runs", "classes")

    @property
    def agreement(self) -> Column:
        """The share of the runs that saw an image which say the class that most of them say, N; nan if none saw it."""
        return self.made("agreement", self._agreement, "runs")

    @property
    def content(self) -> npt.NDArray[np.uint8]:
        """The hash of each image's file, uint8[N,32]; read at each call, since a million take 32 MB."""
        content = bytearray()
        for row in self.store.rows("SELECT content_hash FROM image ORDER BY id"):
            content += row[0]
        return np.frombuffer(content, np.uint8).reshape(-1, 32)

    @property
    def keys(self) -> npt.NDArray[np.uint64]:
        """The first bytes of each hash, by which measures are known, N."""
        return self.made("keys", lambda: measures.keys_of(self.content))

    @property
    def measures(self) -> Measures:
        """What was measured, without looks."""
        return self.made("measures", lambda: measures.load(self.store.paths.measures, look=False), "measures")

    @property
    def measured(self) -> Ids:
        """For each image its row in `measures`, -1 where it was not measured, N."""
        return self.made("measured", lambda: self.measures.rows_of_keys(self.keys), "measures")

    @property
    def pictures(self) -> Ids:
        """A number for each picture that several images show, by equal content or as near duplicates; -1 alone, N."""
        return self.made("pictures", self._pictures, "measures")

    @property
    def scores(self) -> Scores:
        """How suspect labels and how difficult images are, N; nan where not known or the label is another by now."""
        make = lambda: load_scores(self.store.paths.scores, self.ids, lambda: self.classes)  # noqa: E731
        return self.made("scores", make, "scores", "edits", "classes")

    def named_like(self, column: str, text: str) -> Mask:
        """The rows whose `column` of table image (name or note) contains `text`, in any case."""
        escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        sql = f"SELECT id FROM image WHERE {column} LIKE ? ESCAPE '\\'"
        return self.mask_of(_fetched(self.store, sql, np.int64, (f"%{escaped}%",)))

    def made(self, name: str, make: Callable[[], Made], *depends: str) -> Made:
        """What `make` gives, kept until an import or a change of what it depends on.

        That is "edits" of images, "classes", predictions of "runs", or the file of "measures" or "scores".
        """
        marks = tuple(self._marks.get(mark) for mark in ("imported", *depends))
        if name not in self._made or self._made[name][0] != marks:
            self._made[name] = (marks, make())
        found: Made = self._made[name][1]
        return found

    # --- catching up ---

    def refresh(self) -> None:
        """Learn of all that was changed since, by this process or another one."""
        seen, imported = self._marks.get("edits", -1), self._marks.get("imported", -1)
        self._marks = self._marks_now()
        if self._marks["imported"] != imported:
            self._kept.clear()
            self._words.clear()
        elif self._marks["edits"] != seen:
            self._catch_up(seen)

    def _marks_now(self) -> dict[str, Any]:
        paths = self.store.paths
        return marks(self.store) | {"scores": _time_of(paths.scores), "measures": _time_of(paths.measures)}

    def _catch_up(self, seen: int) -> None:
        numbers = [name for name in _NUMBERS if name in self._kept]
        words = [name for name in _WORDS if name in self._kept]
        asked = ", ".join(["id", *(_NUMBERS[name][0] for name in numbers), *(_WORDS[name] for name in words)])
        changed = self.store.read(f"SELECT {asked} FROM image WHERE revision > ?", (seen,))
        if not changed:
            return
        ids, *columns = zip(*changed, strict=True)
        rows = np.searchsorted(self.ids, np.array(ids, np.int64))
        for name, values in zip(numbers, columns, strict=False):
            self._kept[name][rows] = values
        for name, texts in zip(words, columns[len(numbers) :], strict=True):
            self._kept[name][rows] = [_code(self._words[name], text) for text in texts]

    # --- made ---

    def _named(self, column: str, sql: str) -> Words:
        known = self.store.read(sql)
        return Words(self._positions(self.number(column), [id for id, _ in known]), tuple(name for _, name in known))

    def _positions(self, ids: Column, known: list[int]) -> Column:
        """Where each of `ids` is in `known`, -1 where it is not."""
        place = np.full(max(known, default=0) + 2, -1, np.int32)
        place[known] = np.arange(len(known))
        return np.asarray(place[np.where((ids < 0) | (ids >= len(place)), -1, ids)])

    def _tags(self) -> dict[str, Mask]:
        found = {}
        for id, name in self.store.read("SELECT id, name FROM tag ORDER BY name"):
            carrying = _fetched(self.store, "SELECT image_id FROM image_tag WHERE tag_id = ?", np.int64, (id,))
            if len(carrying):
                found[name] = self.mask_of(carrying)
        return found

    def _predicted(self) -> Predicted:
        sql = (
            "SELECT image_id, class_id, coalesce(label_id, -1), confidence, margin, loss FROM prediction WHERE run_id ="
        )
        told = _block(self.store, f"{sql} {LATEST_RUN} ORDER BY image_id", 6)
        rows = np.searchsorted(self.ids, told[:, 0].astype(np.int64))
        known = [id for (id,) in self.store.read("SELECT id FROM class ORDER BY position, id")]
        classes = np.full((2, len(self)), -1, np.int32)
        classes[:, rows] = [self._positions(told[:, at].astype(np.int64), known) for at in (1, 2)]
        said = np.full((3, len(self)), np.nan, np.float32)
        said[:, rows] = told[:, 3:].T
        return Predicted(*classes, *said)

    def _pictures(self) -> Ids:
        same = np.unique(self.keys, return_inverse=True)[1].astype(np.int64)
        cluster = np.append(self.measures.cluster, -1)[self.measured]
        _, picture, times = np.unique(
            np.where(cluster >= 0, len(same) + cluster, same), return_inverse=True, return_counts=True
        )
        return np.where(times[picture] > 1, picture, -1)

    def _agreement(self) -> Column:
        sql = "SELECT p.image_id, p.class_id FROM prediction p JOIN run ON run.id = p.run_id WHERE run.stamp <> ''"
        told = _block(self.store, sql, 2).astype(np.int64)
        classes = int(told[:, 1].max(initial=0)) + 1
        pairs, times = np.unique(told[:, 0] * classes + told[:, 1], return_counts=True)
        agreement, most = np.full(len(self), np.nan, np.float32), np.zeros(len(self))
        rows = np.searchsorted(self.ids, pairs // classes)
        np.maximum.at(most, rows, times)
        all_of = np.bincount(rows, weights=times, minlength=len(self))
        agreement[all_of > 0] = (most / np.maximum(all_of, 1))[all_of > 0]
        return agreement


def _fetched(store: Store, sql: str, kind: npt.DTypeLike, params: tuple[Any, ...] = ()) -> Column:
    return np.fromiter((row[0] for row in store.rows(sql, params)), kind)


def _block(store: Store, sql: str, width: int) -> npt.NDArray[np.float64]:
    """The rows of a query of numbers, float64[M,width]; NULL is nan."""
    kinds = np.dtype([(f"c{at}", np.float64) for at in range(width)])
    return np.fromiter(store.rows(sql), kinds).view(np.float64).reshape(-1, width)


def _code(known: dict[str, int], word: str | None) -> int:
    return -1 if not word else known.setdefault(word, len(known))


def _time_of(path: Any) -> int:
    try:
        return int(path.stat().st_mtime_ns)
    except OSError:
        return 0
