"""Synthetic training images: what the recipe's stamps show, composed on crops of the project's own training images.

Nothing is stored: composite `index` is made again, bit for bit, whenever it is asked for, whatever is asked for beside
it and by how many threads.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from core.augment import draws
from core.errors import Error
from core.recipe.sections import Synth
from core.synth import compositor, layout
from core.synth.demo.compositor import D, Look, compose, crop, draw
from core.synth.digits import digits
from core.synth.layout import Layout, Material
from core.synth.stamps import Stamps

Ids = npt.NDArray[np.int64]
Pixels = npt.NDArray[np.uint8]

MOST = 2000  # backgrounds: enough that few composites share one, few enough to keep in memory
_TRAIN = 1  # code of `core.project.records.Columns.split`
_LIGHT, _DARK = 245, 24  # grey levels on which a digit is shown alone
_AT_ONCE = 4096  # stamps looked at together


@dataclass(frozen=True, eq=False)
class Backgrounds:
    """Training images behind digits: their ids int64[M] and pixels uint8[M,T,T,3]."""

    ids: Ids
    pixels: Pixels


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """How one composite came about. `label` counts in the run's classes."""

    index: int
    label: int
    stamp: int
    stamp_name: str
    background: int  # image id
    crop: tuple[int, int, int]  # x, y and side in px of the stored background
    padding: float  # share of the side
    angle: float  # degrees, counter-clockwise
    ink: str  # #rrggbb
    opacity: float
    stroke: float  # share by which it grew
    shadow: float  # darkness
    blur: float  # px, sigma
    grain: float  # grey levels, deviation


def backgrounds(
    ids: Ids,
    split: npt.NDArray[np.uint8],
    shorter_side: Ids,
    gather: Callable[[Ids], Pixels],
    smallest: int,
    seed: int,
) -> Backgrounds:
    """At most `MOST` of the images `ids` (N) whose shorter original side, `shorter_side` px, is at least `smallest`.

    `gather` gives uint8[n,T,T,3] for positions in `ids`. The choice depends on seed and ids, not on their order.
    Raises `ValueError` when `split` (codes of `Columns.split`) tells of any but training images, so that what
    validation shows is never trained on; `Error` when no image is large enough.
    """
    if (split != _TRAIN).any():
        raise ValueError("only training images may be backgrounds")
    if not len(ids):
        raise Error("There are no training images to compose digits on.", "Label images and run `core split`.")
    large = np.flatnonzero(shorter_side >= smallest)
    if not len(large):
        raise Error(
            f"No training image has a shorter side of {smallest:,} px, so none can be a background.",
            f"Set synth.smallest to {int(shorter_side.max()):,} or less; that is the largest there is.",
        )
    chosen = large[draws.order(seed, 0, ids[large])[:MOST]]
    return Backgrounds(ids[chosen], gather(chosen))


class Synthesizer:
    """Makes the composites of one recipe. Safe to use from several threads at once."""

    def __init__(self, synth: Synth, seed: int, side: int, stamps: Stamps, backgrounds: Backgrounds) -> None:
        self._synth, self._seed, self._side = synth, seed, side
        self._stamps, self._backgrounds = stamps, backgrounds
        self._material = Material(
            ink=_inked(stamps),
            stamp_side=stamps.pixels.shape[1],
            backgrounds=len(backgrounds.ids),
            background_side=backgrounds.pixels.shape[1],
        )

    def labels(self, indices: Ids) -> Ids:
        """The classes of composites `indices` (n, from 0): int64[n]."""
        return self._stamps.labels[layout.stamps_of(self._seed, indices, len(self._stamps.labels))]

    def pixels(self, indices: Ids) -> Pixels:
        """The composites `indices` (n, from 0): uint8[n,side,side,3]."""
        plan = self._layout(indices)
        pixels = np.empty((len(indices), self._side, self._side, 3), np.uint8)
        for n in range(len(indices)):
            self._compose(plan, n, pixels[n])
        return pixels

    def provenance(self, index: int) -> Provenance:
        """What composite `index` was made of."""
        plan = self._layout(np.array([index], np.int64))
        laid = self._compose(plan, 0, self._empty())
        stamp = int(plan.stamp[0])
        x, y, side = plan.crop[0].tolist()
        return Provenance(
            index=index,
            label=int(self._stamps.labels[stamp]),
            stamp=stamp,
            stamp_name=self._stamps.name(stamp),
            background=int(self._backgrounds.ids[plan.background[0]]),
            crop=(x, y, side),
            padding=float(plan.padding[0]),
            angle=float(plan.angle[0]),
            ink="#" + laid.ink.tobytes().hex(),
            opacity=float(plan.opacity[0]),
            stroke=float(plan.stroke[0]),
            shadow=float(plan.shadow[0]),
            blur=laid.blur,
            grain=laid.grain,
        )

    def stages(self, index: int) -> list[tuple[str, Pixels]]:
        """How composite `index` comes about, each stage uint8[side,side,3]: background, digit, composite."""
        plan = self._layout(np.array([index], np.int64))
        behind, alone, composite = self._empty(), self._empty(), self._empty()
        compositor.background(self._backgrounds.pixels[plan.background[0]], plan.crop[0], behind)
        laid = self._compose(plan, 0, composite)
        alone[:] = _LIGHT if float(laid.ink.mean()) < 128 else _DARK
        left, top, right, bottom = plan.box[0].tolist()
        alpha = compositor.digit(self._stamps.pixels[plan.stamp[0]], plan, 0)
        compositor.lay(alone[top:bottom, left:right], alpha, laid.ink)
        return [("Background", behind), ("Digit", alone), ("Composite", composite)]

    def _layout(self, indices: Ids) -> Layout:
        return layout.make(self._synth, self._seed, indices, self._side, self._material)

    def _compose(self, plan: Layout, n: int, out: Pixels) -> compositor.Laid:
        photo = self._backgrounds.pixels[plan.background[n]]
        return compositor.compose(self._synth, photo, self._stamps.pixels[plan.stamp[n]], plan, n, out)

    def _empty(self) -> Pixels:
        return np.empty((self._side, self._side, 3), np.uint8)


@lru_cache(maxsize=2)
def _inked(stamps: Stamps) -> npt.NDArray[np.float64]:
    """Which part of each stamp has ink: left, top, right, bottom as shares of its side, N,4; empty ones count whole."""
    side = stamps.pixels.shape[1]
    edges = np.tile(np.array([0, 0, side, side], np.int64), (len(stamps.labels), 1))
    for start in range(0, len(edges), _AT_ONCE):
        part = stamps.pixels[start : start + _AT_ONCE]
        for axis, (first, last) in ((1, (0, 2)), (2, (1, 3))):
            has = part.max(axis=axis) > 0  # n,side: columns, then rows
            some = has.any(axis=1)
            edges[start : start + len(part)][some, first] = has[some].argmax(axis=1)
            edges[start : start + len(part)][some, last] = side - has[some, ::-1].argmax(axis=1)
    return np.asarray(edges / side)


# Any colour, light and lens: what the photos of a project are like is not known here.
ANYWHERE = Look(exposure=(0.6, 1.25), warmth=(-0.1, 0.1), light=(0.0, 0.35), blur=(0.2, 1.2), noise=(1.0, 8.0))
_SHARE = (0.5, 1.0)  # of a background's side that a crop takes


def synthetic(
    backgrounds: npt.NDArray[np.uint8], count: int, size: int, seed: int, start: int = 0
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """`count` images uint8[count,size,size,3] and their digits int64[count], 0 to 9, from the number `start` on.

    `backgrounds` is uint8[M,S,S,3] with M at least 1. Image i depends on `seed`, i and the backgrounds alone, so that
    parts made with different `start` fit together.
    """
    stamps, labels = digits()
    draws = draw(seed, np.arange(start, start + count))
    chosen = (draws[:, D.STAMP] * len(stamps)).astype(np.int64)
    behind = (draws[:, D.BACKGROUND] * len(backgrounds)).astype(np.int64)
    sides = (_SHARE[0] * backgrounds.shape[1], _SHARE[1] * backgrounds.shape[1])
    pixels = np.empty((count, size, size, 3), np.uint8)
    for i in range(count):
        background = crop(backgrounds[behind[i]], sides, size, draws[i])
        pixels[i] = compose(stamps[chosen[i]], background, ANYWHERE, draws[i])
    return pixels, labels[chosen]
