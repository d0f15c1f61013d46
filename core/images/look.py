"""How an image looks, as numbers to compare: a perceptual hash, and a vector whose neighbours look alike.

Both are made from 32 x 32 pixels, for many images at once, and depend on nothing but those.
"""

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

SIDE = 32  # px of the square that is looked at
DIMENSIONS = 128
STRUCTURE, COLOUR, DETAIL = slice(0, 72), slice(72, 96), slice(96, 128)
"""The three parts of a look: which way edges run where; colours and their layout; fine detail."""

_SHARES = (0.7, 0.2, 0.1)  # of each part in the product of two looks
_CELLS = 8
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
_FAINT = 1e-3  # of the root mean square: what rounding makes of a coefficient that is 0

Floats = npt.NDArray[np.float32]


def perceptual_hashes(squares: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """64 bits of each of `squares` uint8[N,32,32,3]: equal for copies, a few bits apart for altered ones.

    Which of the 64 lowest frequencies of the grey image's cosine transform, but the constant one, are above their
    median: C. Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions (2010), section 3.2.1, there
    with the 8 x 8 block of lowest ones. Equal ones, as symmetric drawings have many of, all count as below.
    """
    found = _low(_grey(squares), SIDE, 65)[:, 1:]
    spread = np.sqrt((found**2).mean(1, keepdims=True))
    bits = found > np.median(found, axis=1, keepdims=True) + _FAINT * spread
    packed: npt.NDArray[Any] = np.ascontiguousarray(np.packbits(bits, axis=1))
    return packed.view(">u8").ravel().astype(np.uint64)


def looks(squares: npt.NDArray[np.uint8]) -> npt.NDArray[np.float16]:
    """The vectors of `squares` uint8[N,32,32,3], float16[N,128] of length 1; all 0 where an image is one even area.

    The product of two is at most 1; above 0.95 they look alike. Neither brightness nor contrast matters.
    """
    grey = _grey(squares)
    across, down = _gradients(grey)
    parts = (_structure(across, down), _colour(squares), _detail(across, down))
    whole = np.concatenate([np.sqrt(share) * part for share, part in zip(_SHARES, parts, strict=True)], axis=1)
    return _unit(whole).astype(np.float16)


def part_of(looks: npt.NDArray[np.float16], part: slice) -> Floats:
    """One part of looks [N,128] alone, float32 of length 1, to compare by it."""
    return _unit(looks[:, part].astype(np.float32))


def _structure(across: Floats, down: Floats) -> Floats:
    """Histograms of edge directions in 8 x 8 cells, N,72, of length 1.

    Like N. Dalal and B. Triggs, Histograms of Oriented Gradients (2005), but with a direction as its double angle, for
    which two numbers a cell do and light on dark equals dark on light, and the 36 lowest frequencies of the cells:
    neighbours are then found as well as by all cells of eight directions.
    """
    strength = np.sqrt(across**2 + down**2) + 1e-6
    double = (across**2 - down**2) / strength, 2 * across * down / strength
    pooling = _pooling()
    pooled = [np.einsum("ai,nij,bj->nab", pooling, one, pooling, optimize=True) for one in double]
    return _unit(np.concatenate([_low(cells, _CELLS, 36) for cells in pooled], axis=1))


def _colour(squares: npt.NDArray[np.uint8]) -> Floats:
    """Lightness without its mean, red against green, and yellow against blue, as 8 low frequencies each: N,24."""
    cells = squares.reshape(-1, 4, 8, 4, 8, 3).mean((2, 4), dtype=np.float32) / 255
    red, green, blue = cells[..., 0], cells[..., 1], cells[..., 2]
    opposed = _low(red - green, 4, 8), _low((red + green) / 2 - blue, 4, 8)
    found = np.concatenate([_low((red + green + blue) / 3, 4, 9)[:, 1:], *(2 * part for part in opposed)], axis=1)
    return np.asarray(found / (np.linalg.norm(found, axis=1, keepdims=True) + 0.3), np.float32)


def _detail(across: Floats, down: Floats) -> Floats:
    """All gradients in 32 sums with random signs, N,32, of length 1.

    Signs keep angles: D. Achlioptas, Database-friendly random projections (2003). Gradients tell copies from other
    images far better than grey values do, above all for digits and drawings.
    """
    flat = np.concatenate([part.reshape(len(part), -1) for part in (across, down)], axis=1)
    return _unit(flat @ _signs())


def _grey(squares: npt.NDArray[np.uint8]) -> Floats:
    return np.asarray(squares.astype(np.float32) @ _LUMA / 255, np.float32)


def _gradients(grey: Floats) -> tuple[Floats, Floats]:
    padded = np.pad(grey, ((0, 0), (1, 1), (1, 1)), mode="edge")
    return padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2], padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]


def _unit(rows: Floats) -> Floats:
    """`rows` of length 1; those of almost none become 0."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(np.where(length > 1e-6, rows / np.maximum(length, 1e-6), 0), np.float32)


def _low(grids: Floats, side: int, count: int) -> Floats:
    """The `count` lowest frequencies, the constant one first, of the cosine transform of `grids` N,side,side."""
    waves = _waves(side)
    whole = np.einsum("ua,nab,vb->nuv", waves, grids, waves, optimize=True)
    return np.asarray(whole.reshape(len(grids), -1)[:, _order(side)[:count]], np.float32)


@functools.cache
def _waves(side: int) -> Floats:
    """The matrix of the orthonormal discrete cosine transform, type II."""
    at = np.arange(side)
    rows = np.cos(np.pi * (2 * at[None] + 1) * at[:, None] / (2 * side)) * np.sqrt(2 / side)
    rows[0] /= np.sqrt(2)
    return np.asarray(rows, np.float32)


@functools.cache
def _order(side: int) -> npt.NDArray[np.int64]:
    at = np.arange(side)
    return np.argsort((at[:, None] ** 2 + at[None] ** 2).ravel(), kind="stable")


@functools.cache
def _pooling() -> Floats:
    """Weights of 32 px in 8 cells: triangles that reach to the next cell's middle, 8,32."""
    width = SIDE / _CELLS
    middles = (np.arange(_CELLS) + 0.5) * width - 0.5
    weights = np.maximum(0, 1 - abs(np.arange(SIDE)[None] - middles[:, None]) / width)
    return np.asarray(weights / weights.sum(1, keepdims=True), np.float32)


@functools.cache
def _signs() -> Floats:
    """Random signs; of all of numpy's generators this one alone is promised to give the same for ever (NEP 19)."""
    drawn = np.random.RandomState(0).randint(0, 2, (2 * SIDE * SIDE, DETAIL.stop - DETAIL.start))
    return (2 * drawn - 1).astype(np.float32)
