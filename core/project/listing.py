"""What a grid shows: the images of a filter in an order, in groups with headings; and what else could be chosen."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.project import table
from core.project.fields import FLAGS, NUMBERS, TEXTS
from core.project.order import ordered
from core.project.query import ALL, And, Filter, OneOf, Tagged
from core.project.records import counted
from core.project.store import Store
from core.project.table import Mask, Table, Words

GROUPS = ("class", "source", "split", "pred", "by", "folder", "date", "same")
FACETS = ("class", "split", "source", "tag", "pred", "by")


@dataclass(frozen=True, eq=False)
class Listing:
    """`ids` in order. Where they are grouped, a group begins at each of `starts` and is called as `titles` say; those
    without a value come last, called "".
    """

    ids: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    titles: tuple[str, ...]


@dataclass(frozen=True)
class Facets:
    """What could be chosen beside a filter, with the number of images that this would show.

    `words` has the values of each of FACETS ("" counts those without), counted as if the filter said nothing of that
    field; `flags` counts what the filter shows by its words, but for findings, which take longer to count: see
    `findings`. `total` is of the project, `shown` of the filter.
    """

    total: int
    shown: int
    words: Mapping[str, Mapping[str, int]]
    flags: Mapping[str, int]


def listing(
    store: Store, filter: Filter = ALL, sort: str = "name", descending: bool = False, group: str = ""
) -> Listing:
    """The images of `filter`, grouped by one of GROUPS if `group` says so, in each group in the order of `sort`.

    "same" puts together what shows the same image; groups with several labels come first, and their titles say them.
    """
    known = table.of(store)
    rows = known.by_name
    if filter != ALL:
        rows = rows[filter.mask(known)[rows]]
    rows = ordered(known, rows, sort, descending)
    if not group:
        return Listing(known.ids[rows], np.zeros(0, np.int64), ())
    column = _COLUMNS[group](known) if group in _COLUMNS else TEXTS[group].column(known)
    rank = np.arange(len(column.names) + 1)
    if group == "folder":
        rank[np.argsort(np.array(column.names, np.str_), kind="stable")] = np.arange(len(column.names))
    place = rank[column.codes[rows]]  # what has none, code -1, takes the last place
    rows = rows[np.argsort(place, kind="stable")]
    codes = column.codes[rows]
    starts = np.flatnonzero(np.diff(codes, prepend=-2)) if len(rows) else np.zeros(0, np.int64)
    titles = (*column.names, "")
    return Listing(known.ids[rows], starts, tuple(titles[code] for code in codes[starts]))


def facets(store: Store, filter: Filter = ALL) -> Facets:
    """What could be chosen beside `filter`."""
    known = table.of(store)
    parts = filter.parts if isinstance(filter, And) else (filter,)
    masks = [part.mask(known) for part in parts]
    whole = _all_of(masks, known)
    words = {}
    for field in FACETS:
        others = [mask for part, mask in zip(parts, masks, strict=True) if _field_of(part) != field]
        mask = whole if len(others) == len(masks) else _all_of(others, known)
        words[field] = _tag_counts(known, mask) if field == "tag" else counted(TEXTS[field].column(known), mask)
    flags = {word: int((field.mask(known) & whole).sum()) for word, field in FLAGS.items() if not field.finding}
    return Facets(len(known), int(whole.sum()), words, flags)


def findings(store: Store, filter: Filter = ALL) -> dict[str, int]:
    """How many images of `filter` there are with each finding of `core check`, by the words of the filter."""
    known = table.of(store)
    whole = filter.mask(known)
    return {word: int((field.mask(known) & whole).sum()) for word, field in FLAGS.items() if field.finding}


def next_of(store: Store, ids: npt.NDArray[np.int64], after: int, filter: Filter) -> int | None:
    """The first of `ids` behind the place `after` for which `filter` holds, else the first of all; None if none."""
    known = table.of(store)
    rows = np.minimum(np.searchsorted(known.ids, ids), max(0, len(known) - 1))
    if not len(known) or not len(ids):
        return None
    found = np.flatnonzero(filter.mask(known)[rows] & (known.ids[rows] == ids))
    if not len(found):
        return None
    behind = found[found > after]
    return int(ids[behind[0] if len(behind) else found[0]])


def histogram(store: Store, filter: Filter, field: str, bins: int = 40) -> tuple[npt.NDArray[np.int64], float, float]:
    """How the images of `filter` spread over a field of numbers: counts of `bins` equal parts, and their ends."""
    known = table.of(store)
    values = NUMBERS[field].column(known)[filter.mask(known)].astype(np.float64)
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    return np.histogram(values, bins, (low, high if high > low else low + 1))[0].astype(np.int64), low, high


def _all_of(masks: list[Mask], known: Table) -> Mask:
    return np.logical_and.reduce(masks) if masks else np.ones(len(known), np.bool_)


def _field_of(part: Filter) -> str | None:
    return part.field if isinstance(part, OneOf) else "tag" if isinstance(part, Tagged) else None


def _tag_counts(known: Table, mask: Mask) -> dict[str, int]:
    return {name: int((rows & mask).sum()) for name, rows in known.tags.items()}


def _months(known: Table) -> Words:
    """The month of each image's file, the latest first, such as "2026-03"."""
    months = known.number("modified").astype("datetime64[ns]").astype("datetime64[M]").astype(np.int64)
    names, codes = np.unique(-months, return_inverse=True)
    return Words(codes.astype(np.int32), tuple(str(np.datetime64(int(-month), "M")) for month in names))


def _same(known: Table) -> Words:
    """The images that show the same, those with several labels first, called by their labels: "3, 5"."""
    pictures, labels = known.pictures, known.classes
    conflict = FLAGS["conflict"].mask(known)
    count = int(pictures.max(initial=-1)) + 1
    torn = np.zeros(count, np.bool_)
    torn[pictures[conflict]] = True
    order = np.argsort(~torn, kind="stable")
    place = np.empty(count + 1, np.int32)
    place[order], place[-1] = np.arange(count), -1
    held: dict[int, set[int]] = {}
    for picture, code in zip(pictures[pictures >= 0].tolist(), labels.codes[pictures >= 0].tolist(), strict=True):
        held.setdefault(picture, set()).add(code)
    names = tuple(
        ", ".join(labels.names[code] for code in sorted(held.get(at, ())) if code >= 0) for at in order.tolist()
    )
    return Words(place[pictures], names)


_COLUMNS = {"date": _months, "same": _same}


def same_as(store: Store, id: int) -> list[int]:
    """The other images that show the same as `id` and are not rejected."""
    known = table.of(store)
    row = known.rows_of(np.array([id], np.int64))
    if not len(row) or known.pictures[row[0]] < 0:
        return []
    others = (known.pictures == known.pictures[row[0]]) & ~known.number("rejected")
    others[row[0]] = False
    return [int(other) for other in known.ids[others]]
