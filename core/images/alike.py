"""Which images are nearly the same: copies that were scaled, compressed again, brightened or turned to grey.

Candidates are pairs whose perceptual hashes differ in few bits, found without comparing all with all; their looks then
decide, because hashes of digits and drawings are often equal where the images are not.
"""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from core.images.look import COLOUR, DETAIL, STRUCTURE, part_of

DISTANCE = 6
"""Bits by which hashes of copies differ at most. Of 400 photos all scaled and compressed copies are within 6 bits, and
93 % of those made brighter by a third; 8 bits would find 98 %, and three times as many pairs to look at."""

SAME_GRADIENTS = 0.95
"""Correlation of the gradients of 32 x 32 px from which on two images are copies. All copies of photos above pass, and
92 of 100 of digits 30 to 100 px wide; of the 60,000 digits of MNIST 479 have another one that is as near."""

_SAME_STRUCTURE, _SAME_COLOUR, _SAME_DETAIL = 0.9, 0.8, 0.91  # parts of looks; detail tells gradients within 0.04
_COLOURED = 0.1  # length of a look's colours without lightness from which on they say something
_HUES = slice(COLOUR.start + 8, COLOUR.stop)

_SCALED = 1.15  # times the shorter side from which on two images have different sizes

_BANDS, _EQUAL = 8, 2  # 6 bits spoil 6 of 8 bands at most, so two are equal in each near pair
TABLES = 28  # pairs of bands: `candidates` has as many parts
# Where hundreds of images look alike, as in a film, they are joined by chains: not all need to be compared with all.
_NEIGHBOURS = 256  # hashes of a table's entry that each is compared with, the nearest in their order
_PAIRS = 4  # pairs that a table gives on average at most for each hash
_MEMBERS = 64  # images of one hash that each is compared with
_CROSSED = 8  # images of one hash that are compared with those of another
_TOGETHER = 1 << 12  # pairs whose gradients are compared at once, 70 MB

Pairs = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]


def candidates(hashes: Hashes, looks: npt.NDArray[np.float16], among: npt.NDArray[np.bool_]) -> Iterator[Pairs]:
    """Pairs among N images that are probably copies, each once, as int64[P,2] of their rows, in `TABLES` parts.

    `hashes` uint64[N] and `looks` [N,128] are those of `core.images.look`. Only the images flagged by `among` N take
    part: even areas are to be left out, whose hashes mean nothing.
    """
    rows = np.flatnonzero(among)
    known, inverse = np.unique(hashes[rows], return_inverse=True)
    order = rows[np.argsort(inverse, kind="stable")]
    sizes = np.bincount(inverse, minlength=len(known))
    for number, bands in enumerate(itertools.combinations(range(_BANDS), _EQUAL)):
        pairs = _crossed(_near(known, bands), sizes, order)
        if number == 0:  # equal hashes, too
            pairs = np.concatenate([pairs, *_within(hashes, order)])
        parts = [_alike(pairs[at : at + _TOGETHER], looks) for at in range(0, len(pairs), _TOGETHER)]
        yield np.concatenate([np.zeros((0, 2), np.int64), *parts])


def same_gradients(pairs: Pairs, squares: npt.NDArray[np.uint8], sides: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which of `pairs` are copies, by the grey `squares` uint8[K,32,32] that they count in.

    `sides` are the shorter sides in px of the images as read, K. Where they differ, one has lost detail that the other
    has, and the squares are compared at half their size.
    """
    found = np.zeros(len(pairs), np.bool_)
    for at in range(0, len(pairs), _TOGETHER):
        part = pairs[at : at + _TOGETHER]
        one, other = (squares[part[:, side]] for side in (0, 1))
        lengths = sides[part]
        scaled = lengths.max(1) > _SCALED * lengths.min(1)
        found[at : at + _TOGETHER] = (
            np.where(scaled, _likeness(_halved(one), _halved(other)), _likeness(one, other)) >= SAME_GRADIENTS
        )
    return np.asarray(found, np.bool_)


def clusters(pairs: Pairs, count: int) -> npt.NDArray[np.int64]:
    """The number of the cluster of each of `count` images that `pairs` join, by chains too; -1 where alone.

    Clusters are numbered from 0 in the order of their first image.
    """
    # Imported here because it takes a tenth of a second and few need it.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(pairs), np.bool_), (pairs[:, 0], pairs[:, 1])), (count, count))
    joined = connected_components(graph, directed=False)[1].astype(np.int64)
    sizes = np.bincount(joined, minlength=1)
    return _renumbered(np.where(sizes[joined] > 1, joined, -1)) if count else joined


def same_content(content_hash: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """A number for each of the images with equal `content_hash` uint8[N,32], from 0; -1 for one that has no equal."""
    whole: npt.NDArray[Any] = np.ascontiguousarray(content_hash).view("V32").ravel()
    _, inverse, counts = np.unique(whole, return_inverse=True, return_counts=True)
    return _renumbered(np.where(counts[inverse] > 1, inverse, -1))


def shared(groups: npt.NDArray[np.int64], among: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Which images flagged by `among` share their group (N, -1 none) with another flagged one."""
    counted = among & (groups >= 0)
    sizes = np.bincount(groups[counted], minlength=int(groups.max(initial=0)) + 1)
    return counted & (sizes[np.maximum(groups, 0)] > 1)


def conflicting(
    groups: npt.NDArray[np.int64], labels: npt.NDArray[np.integer[Any]], among: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Which images flagged by `among` are in a group (N, -1 none) whose flagged images have two labels (N, -1 none)."""
    counted = among & (groups >= 0) & (labels >= 0)
    size = int(groups.max(initial=-1)) + 1
    least, most = np.full(size, np.iinfo(np.int64).max), np.full(size, -1)
    np.minimum.at(least, groups[counted], labels[counted])
    np.maximum.at(most, groups[counted], labels[counted])
    differ = np.append(least < most, False)  # the last for those without a group
    return np.asarray(among & differ[groups], np.bool_)


def _near(known: Hashes, bands: tuple[int, ...]) -> Pairs:
    """The pairs of distinct hashes within `DISTANCE` of which `bands` are the first that are equal.

    Multi-index hashing (M. Norouzi and others, Fast Exact Search in Hamming Space, 2014) with two bands of 8 bits a
    table: of a million hashes each is compared with 15 others a table.
    """
    shifts = np.arange(_BANDS, dtype=np.uint64) * np.uint64(64 // _BANDS)
    mask = np.uint64(sum(0xFF << int(shifts[band]) for band in bands))
    order = np.argsort(known & mask, kind="stable")
    hashes, keys = known[order], (known & mask)[order]
    found = [np.zeros((0, 2), np.int64)]
    first, step = np.arange(len(known)), 0
    while len(first) and step < _NEIGHBOURS and sum(map(len, found)) < _PAIRS * len(known):
        step += 1
        first = first[first + step < len(known)]
        first = first[keys[first] == keys[first + step]]
        differing = hashes[first] ^ hashes[first + step]
        near = np.flatnonzero(np.bitwise_count(differing) <= DISTANCE)
        equal_before = ((differing[near, None] >> shifts[: bands[-1]]) & np.uint64(0xFF)) == 0
        here = first[near[equal_before.sum(1) == _EQUAL - 1]]
        found.append(np.stack([order[here], order[here + step]], axis=1))
    return np.concatenate(found)


def _within(hashes: Hashes, order: npt.NDArray[np.int64]) -> Iterator[Pairs]:
    """Pairs of images with equal hashes; `order` has the rows of images sorted by their hash."""
    ordered, first = hashes[order], np.arange(len(order))
    for step in range(1, _MEMBERS + 1):
        first = first[first + step < len(order)]
        first = first[ordered[first] == ordered[first + step]]
        yield np.stack([order[first], order[first + step]], axis=1)


def _crossed(pairs: Pairs, sizes: npt.NDArray[np.int64], order: npt.NDArray[np.int64]) -> Pairs:
    """The pairs of images, lower row first, of pairs of hashes, of which each has `sizes` images in `order`."""
    starts = np.cumsum(sizes) - sizes
    left, right = (np.minimum(sizes[pairs[:, side]], _CROSSED) for side in (0, 1))
    each = np.repeat(np.arange(len(pairs)), left * right)
    number = np.arange(len(each)) - np.repeat(np.cumsum(left * right) - left * right, left * right)
    one = order[starts[pairs[each, 0]] + number // right[each]]
    other = order[starts[pairs[each, 1]] + number % right[each]]
    return np.asarray(np.stack([np.minimum(one, other), np.maximum(one, other)], axis=1), np.int64)


def _alike(pairs: Pairs, looks: npt.NDArray[np.float16]) -> Pairs:
    """Those of `pairs` whose looks may be those of copies."""
    for part, least in ((DETAIL, _SAME_DETAIL), (STRUCTURE, _SAME_STRUCTURE)):
        one, other = (part_of(looks[pairs[:, side]], part) for side in (0, 1))
        pairs = pairs[(one * other).sum(1) >= least]
    one, other = (looks[pairs[:, side], _HUES].astype(np.float32) for side in (0, 1))
    lengths = np.linalg.norm(one, axis=1), np.linalg.norm(other, axis=1)
    grey = np.minimum(*lengths) < _COLOURED  # a copy in grey is a copy
    same = (one * other).sum(1) >= _SAME_COLOUR * lengths[0] * lengths[1]
    return np.asarray(pairs[grey | same], np.int64)


def _likeness(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """The correlation of the gradients of N pairs of squares."""
    return np.asarray(np.einsum("nd,nd->n", _gradients(one), _gradients(other)), np.float32)


def _halved(squares: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    half = squares.shape[1] // 2
    return np.asarray(squares.reshape(-1, half, 2, half, 2).mean((2, 4), dtype=np.float32), np.float32)


def _gradients(squares: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Differences between neighbours, N,D, as vectors of length 1; all 0 for an even area."""
    grey = squares.astype(np.float32)
    parts = [np.diff(grey, axis=axis).reshape(len(grey), -1) for axis in (1, 2)]
    found = np.concatenate(parts, axis=1)
    return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1.0), np.float32)


def _renumbered(groups: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """`groups` (N, -1 none) with numbers from 0 in the order in which they first occur."""
    values, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    place = np.empty(len(values), np.int64)
    place[np.argsort(first)] = np.arange(len(values))
    if -1 in values:
        lone = place[0]
        place = np.where(place == lone, -1, place - (place > lone))
    return place[inverse].astype(np.int64)
