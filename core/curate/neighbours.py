"""The images that look most like another one, by the looks that a check has measured."""

import functools
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.images import measures
from core.images.measures import Measures
from core.project.store import Store

Ids = npt.NDArray[np.int64]
Similarity = npt.NDArray[np.float32]

BLOCK = 1024  # rows made float32 at a time: what the cache of a core holds, six times as fast as 8,192
_KEPT_BYTES = 2**26  # of looks that stay in memory: those of 250,000 images
_SPARE = 4  # contents looked up per image wanted: a content may have left the project since it was measured


def nearest(store: Store, id: int, count: int) -> tuple[Ids, Similarity]:
    """The ids of up to `count` images that look most like image `id`, the most similar first, and how similar they are.

    Similarity is the product of two looks (see `core.images.look`), 1 for equal images. None where the image has not
    been measured.
    """
    known = _loaded(store.paths.measures)
    content = store.read("SELECT content_hash FROM image WHERE id = ?", (id,))
    if not content or not len(known):
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    row = int(known.rows_of(np.frombuffer(content[0][0], np.uint8).reshape(1, 32))[0])
    if row < 0:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    rows, similar = most_alike(known.look, row, _SPARE * count + 1)
    ids: list[int] = []
    found: list[float] = []
    for key, value in zip(known.keys[rows].tolist(), similar.tolist(), strict=True):
        same = [other for other in _images_of(store, key) if other != id]
        ids += same
        found += [value] * len(same)
        if len(ids) >= count:
            break
    return np.array(ids[:count], np.int64), np.array(found[:count], np.float32)


def most_alike(look: npt.NDArray[np.float16], row: int, count: int) -> tuple[Ids, Similarity]:
    """The rows of looks [N,D], each of length 1, with the largest products with that of `row`, largest first."""
    wanted = look[row].astype(np.float32)
    products = np.empty(len(look), np.float32)
    for start in range(0, len(look), BLOCK):
        products[start : start + BLOCK] = look[start : start + BLOCK].astype(np.float32) @ wanted
    count = min(count, len(look))
    best = np.argpartition(products, len(look) - count)[len(look) - count :]
    best = best[np.lexsort((best, -products[best]))]
    return best.astype(np.int64), products[best]


def _images_of(store: Store, key: int) -> list[int]:
    """The images whose content has a key, ascending."""
    first = key.to_bytes(8, "big")
    sql = "SELECT id FROM image WHERE content_hash BETWEEN ? AND ? ORDER BY id"
    return [row[0] for row in store.read(sql, (first + bytes(24), first + b"\xff" * 24))]


def _loaded(path: Path) -> Measures:
    """The measures of a project; those of the file as it is now are kept, if they are not large."""
    try:
        facts = path.stat()
    except OSError:
        return measures.empty()
    if facts.st_size > _KEPT_BYTES:
        return measures.load(path)
    return _kept(path, facts.st_mtime_ns, facts.st_size)


@functools.lru_cache(maxsize=1)
def _kept(path: Path, modified: int, size: int) -> Measures:
    return measures.load(path)
