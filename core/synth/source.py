"""Synthetic training images: what the recipe's stamps show, composed on crops of the project's own training images.

Nothing is stored: composite `index` is made again, bit for bit, whenever it is asked for, whatever is asked for beside
it and by how many threads.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.augment import draws
from core.errors import Error
from core.project import records
from core.recipe.sections import Synth
from core.synth import compositor, layout
from core.synth.layout import Layout, Material
from core.synth.stamps import Stamps

Ids = npt.NDArray[np.int64]
Pixels = npt.NDArray[np.uint8]

MOST = 2000  # backgrounds: enough that few composites share one, few enough to keep in memory
_LIGHT, _DARK = 245, 24  # grey levels on which a digit is shown alone
_AT_ONCE = 256  # composites laid out together


@dataclass(frozen=True, eq=False)
class Backgrounds:
    """Training images behind digits: image `ids[n]` (M of them) is row `rows[n]` of `pixels`."""

    ids: Ids  # M
    pixels: Pixels  # P,T,T,3; mapped from the disk where there are many
    rows: Ids  # M

    @classmethod
    def of(cls, ids: Ids, pixels: Pixels) -> "Backgrounds":
        """All of `pixels` uint8[M,T,T,3] in the order of `ids` int64[M]."""
        return cls(ids, pixels, np.arange(len(ids)))

    def photo(self, n: int) -> Pixels:
        """uint8[T,T,3]"""
        return np.asarray(self.pixels[self.rows[n]])


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
    """The images `ids` (N) that `choose` chooses; `gather` gives uint8[n,T,T,3] for positions in `ids`."""
    chosen = choose(ids, split, shorter_side, smallest, seed)
    return Backgrounds.of(ids[chosen], gather(chosen))


def choose(ids: Ids, split: npt.NDArray[np.uint8], shorter_side: Ids, smallest: int, seed: int) -> Ids:
    """The positions of at most `MOST` of the images `ids` (N) whose `shorter_side` in px is at least `smallest`.

    The choice depends on seed and ids, not on their order. Raises `ValueError` when `split` (codes of `Columns.split`)
    tells of any but training images, so that what validation shows is never trained on; `Error` when no image is large
    enough.
    """
    if (split != records.TRAIN).any():
        raise ValueError("only training images may be backgrounds")
    if not len(ids):
        raise Error("There are no training images to compose digits on.", "Label images and run `core split`.")
    large = np.flatnonzero(shorter_side >= smallest)
    if not len(large):
        raise Error(
            f"No training image has a shorter side of {smallest:,} px, so none can be a background.",
            f"Set synth.smallest to {int(shorter_side.max()):,} or less; that is the largest there is.",
        )
    return large[draws.order(seed, 0, ids[large])[:MOST]]


class Synthesizer:
    """Makes the composites of one recipe. Safe to use from several threads at once."""

    def __init__(self, synth: Synth, seed: int, side: int, stamps: Stamps, backgrounds: Backgrounds) -> None:
        self._synth, self._seed, self._side = synth, seed, side
        self._stamps, self._backgrounds = stamps, backgrounds
        self._material = Material(stamps.pixels, len(backgrounds.ids), backgrounds.pixels.shape[1])

    @property
    def stamps_digest(self) -> bytes:
        """Differs as soon as one stamp does."""
        return hashlib.sha256(self._stamps.pixels.data).digest()

    def labels(self, indices: Ids) -> Ids:
        """The classes of composites `indices` (n, from 0): int64[n]."""
        return self._stamps.labels[layout.stamps_of(self._seed, indices, len(self._stamps.labels))]

    def pixels(self, indices: Ids) -> Pixels:
        """The composites `indices` (n, from 0): uint8[n,side,side,3]."""
        pixels = np.empty((len(indices), self._side, self._side, 3), np.uint8)
        for start in range(0, len(indices), _AT_ONCE):
            plan = self._layout(indices[start : start + _AT_ONCE])
            for n in range(len(plan)):
                self._compose(plan, n, pixels[start + n])
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
        compositor.background(self._backgrounds.photo(plan.background[0]), plan.crop[0], behind)
        laid = self._compose(plan, 0, composite)
        alone[:] = _LIGHT if float(laid.ink.mean()) < 128 else _DARK
        left, top, right, bottom = plan.box[0].tolist()
        alpha = compositor.digit(self._stamps.pixels[plan.stamp[0]], plan, 0)
        compositor.lay(alone[top:bottom, left:right], alpha, laid.ink)
        return [("Background", behind), ("Digit", alone), ("Composite", composite)]

    def _layout(self, indices: Ids) -> Layout:
        return layout.make(self._synth, self._seed, indices, self._side, self._material)

    def _compose(self, plan: Layout, n: int, out: Pixels) -> compositor.Laid:
        photo = self._backgrounds.photo(plan.background[n])
        return compositor.compose(self._synth, photo, self._stamps.pixels[plan.stamp[n]], plan, n, out)

    def _empty(self) -> Pixels:
        return np.empty((self._side, self._side, 3), np.uint8)
