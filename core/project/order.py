"""Orders of images: by name, by what is known of them, or so that the first ones differ most."""

import numpy as np
import numpy.typing as npt

from core.project import diversity
from core.project.fields import NUMBERS, TEXTS
from core.project.table import Table

Rows = npt.NDArray[np.int64]

_SORT_FIELDS = {"confidence": "conf", "uncertainty": "margin", "disagreement": "agreement"}
SORTS = (
    *("name", "id", "class", "source", "split", "pred", "group", "folder", "confidence", "uncertainty", "disagreement"),
    *("loss", "suspect", "difficulty", "size", "bytes", "date", "brightness", "contrast", "sharpness", "cluster"),
    "diversity",
)


def ordered(known: Table, rows: Rows, sort: str, descending: bool) -> Rows:
    """`rows`, which come in order of name, in the order of one of SORTS.

    Raises `Error` for "diversity" where no image was measured.
    """
    if sort == "name":
        return rows[::-1] if descending else rows
    values = diversity.places(known, rows) if sort == "diversity" else _sortable(known, sort)[rows]
    empty = np.isnan(values)
    if descending:
        values = -values
    values[empty] = np.inf
    return np.asarray(rows[np.argsort(values, kind="stable")])


def _sortable(known: Table, sort: str) -> npt.NDArray[np.float64]:
    """Numbers that grow in the order of `sort`, nan where there is nothing to order by, N."""
    if sort == "id":
        return known.ids.astype(np.float64)
    if sort == "size":
        return known.number("width").astype(np.float64) * known.number("height")
    field = _SORT_FIELDS.get(sort, sort)
    if field in NUMBERS:
        values = NUMBERS[field].column(known).astype(np.float64)
        return np.where(values < 0, np.nan, values) if field == "cluster" else values
    column = TEXTS[field].column(known)
    rank = np.arange(len(column.names), dtype=np.float64)
    if field not in ("class", "pred", "split", "source"):  # those are in order already
        rank[np.argsort(np.array(column.names, np.str_), kind="stable")] = np.arange(len(rank))
    return np.append(rank, np.nan)[column.codes]
