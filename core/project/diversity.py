"""An order of images in which the first ones differ most from each other, by how they look.

Greedy k-centre: T. Gonzalez, Clustering to minimize the maximum intercluster distance (1985). Each image is the one
that is farthest from all before it; the first is the most usual one. The rest follow by their distance to those, then
images beyond the number that can be ordered.
"""

import numpy as np
import numpy.typing as npt

from core.errors import Error
from core.images import measures
from core.project.table import Mask, Table

CENTRES = 1000  # images that are chosen one by one
MOST = 100_000  # images that are ordered, at even steps by name; more would take longer than a person waits
_POOL = 2048  # images whose distances are kept up to date at every step
_BLOCK = 8192

Rows = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]


def places(known: Table, rows: Rows) -> Reals:
    """The place of each of `rows` in the order, nan where an image was not measured.

    The order is kept while images leave it, as those do which get a label, so that nothing jumps; once half of them
    have left, it is made anew. Raises `Error` where no image was measured.
    """
    if not len(rows):
        return np.zeros(0)
    kept = known.made("diversity", _Kept, "measures")
    if not kept.serves(rows):
        kept.places = np.full(len(known), np.nan)
        kept.rows = np.zeros(len(known), np.bool_)
        kept.rows[rows] = True
        kept.places[rows] = _ranked(known, rows)
    return np.asarray(kept.places[rows])


class _Kept:
    """The last order that was made, of all images of the project: which were in it, and their places."""

    def __init__(self) -> None:
        self.rows: Mask = np.zeros(0, np.bool_)
        self.places: Reals = np.zeros(0)

    def serves(self, rows: Rows) -> bool:
        return bool(len(self.rows)) and bool(self.rows[rows].all()) and 2 * len(rows) >= int(self.rows.sum())


def _ranked(known: Table, rows: Rows) -> Reals:
    found = measures.load(known.store.paths.measures)
    if not len(found) or not found.look.shape[1]:
        raise Error("How images look was not measured yet.", "Run a check first.")
    measured = found.rows_of_keys(known.keys[rows])
    seen = np.flatnonzero(measured >= 0)
    some = seen if len(seen) <= MOST else seen[np.linspace(0, len(seen) - 1, MOST).astype(np.int64)]
    others = np.setdiff1d(seen, some, assume_unique=True)
    order = np.concatenate([some[farthest_first(found.look[measured[some]])], others])
    ranked = np.full(len(rows), np.nan)
    ranked[order] = np.arange(len(order))
    return ranked


def farthest_first(looks: npt.NDArray[np.float16], centres: int = CENTRES) -> Rows:
    """The order of `looks` N,D: `centres` of them greedily, the others by falling distance to these.

    100,000 take less than two seconds of one core.

    Distances only shrink, so what is not in a pool of the farthest ones cannot be next while its last known distance
    is below the pool's best: all others are brought up to date only when the pool is used up, by one product of
    matrices for many centres at once.
    """
    count = min(centres, len(looks))
    chosen = np.zeros(count, np.int64)
    if not count:
        return chosen
    wide = looks.astype(np.float32)
    lengths = (wide**2).sum(1)
    chosen[0] = int((wide @ wide.mean(0)).argmax())
    far = np.full(len(looks), np.inf, np.float32)  # squared distance to the centres before `done`
    done, at = 0, 1
    while True:
        _shrink(far, wide, lengths, chosen[done:at])
        done = at
        if at == count:
            break
        at = _choose(chosen, at, far, wide, lengths)
    rest = np.setdiff1d(np.arange(len(looks)), chosen)
    return np.concatenate([chosen, rest[np.argsort(-far[rest], kind="stable")]])


def _choose(chosen: Rows, at: int, far: Floats, looks: Floats, lengths: Floats) -> int:
    """Fill in `chosen` from `at` on as long as the pool is sure to hold the farthest; where that ended."""
    size = min(_POOL, len(far))
    order = np.argpartition(-far, size - 1)
    pool = np.sort(order[:size])
    outside = float(far[order[size:]].max(initial=-1.0))
    mine, left = looks[pool], far[pool].copy()
    while at < len(chosen):
        best = int(left.argmax())
        if left[best] < outside:
            break
        chosen[at] = pool[best]
        left = np.minimum(left, lengths[pool] + lengths[pool[best]] - 2 * (mine @ mine[best]))
        left[best] = -1  # never twice, also among equals
        at += 1
    return at


def _shrink(far: Floats, looks: Floats, lengths: Floats, centres: Rows) -> None:
    """Bring `far` up to date with more centres."""
    those, squared = looks[centres].T * 2, lengths[centres]
    for start in range(0, len(far), _BLOCK):
        part = slice(start, start + _BLOCK)
        nearest = lengths[part] - (looks[part] @ those - squared).max(1)
        np.minimum(far[part], np.maximum(nearest, 0), out=far[part])
    far[centres] = -1
