"""Drawn rectangles: the window of a resized crop and the patch that is erased.

As torchvision's `RandomResizedCrop` and `RandomErasing`, a rectangle of drawn area and aspect ratio is tried ten times;
the first that fits counts.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
import numpy.typing as npt

from core.augment.draws import Parameter, uniforms
from core.recipe import Augment
from core.recipe.operations import operations

Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_ATTEMPTS = 10
_RANGES = (
    (Parameter.SHIFT_X, Parameter.PERSPECTIVE + 8),
    (Parameter.CROP_X, Parameter.ERASE_Y + 1),
    (Parameter.CHANCE, Parameter.CHANCE + len(operations())),
    *((first, first + _ATTEMPTS) for first in (Parameter.CROP_AREA, Parameter.CROP_RATIO)),
    *((first, first + _ATTEMPTS) for first in (Parameter.ERASE_AREA, Parameter.ERASE_RATIO)),
)
_ROW = {parameter: row for row, parameter in enumerate(chain(*(range(*ends) for ends in _RANGES)))}


@dataclass(frozen=True)
class Luck:
    """Where the draws of N samples come from."""

    seed: int
    epoch: int
    ids: npt.NDArray[np.int64]  # N

    def __call__(self, *parameters: int) -> Numbers:
        """float64[len(parameters), N] in [0, 1)."""
        return self._drawn[[_ROW[parameter] for parameter in parameters]]

    @cached_property
    def _drawn(self) -> Numbers:
        # All that a plan may ask for at once: a call for each costs more than the numbers that are not asked for.
        return uniforms(self.seed, self.epoch, self.ids, list(_ROW))


def cropped(augment: Augment, sizes: Whole, luck: Luck) -> Whole:
    """Windows N,4 (x, y, width, height) in images of `sizes` N,2; the largest central one where no attempt fits."""
    operation = augment.crop
    width, height = sizes[:, 0], sizes[:, 1]
    area = _spread(luck(*_attempts(Parameter.CROP_AREA)), operation.area) * (width * height)
    ratio = np.exp(_spread(luck(*_attempts(Parameter.CROP_RATIO)), np.log(operation.ratio)))
    wide, high = np.rint(np.sqrt(area * ratio)), np.rint(np.sqrt(area / ratio))
    fits = (wide >= 1) & (wide <= width) & (high >= 1) & (high <= height)
    first = fits.argmax(axis=0)
    of_each = np.arange(len(width))
    wide, high = wide[first, of_each], high[first, of_each]
    x_draw, y_draw = luck(Parameter.CROP_X, Parameter.CROP_Y)
    x, y = np.floor(x_draw * (width - wide + 1)), np.floor(y_draw * (height - high + 1))
    central = _central(width, height, operation.ratio)
    return np.where(fits.any(axis=0)[:, None], np.stack([x, y, wide, high], axis=1), central).astype(np.int64)


def erased(augment: Augment, side: int, most: Numbers, luck: Luck) -> Whole:
    """Patches N,4 (x, y, width, height) of up to the share `most` (N), but for whole px; width 0 where none fits."""
    operation = augment.erasing
    low, high = (np.minimum(end, most) for end in operation.area)
    area = (low + (high - low) * luck(*_attempts(Parameter.ERASE_AREA))) * side * side
    ratio = np.exp(_spread(luck(*_attempts(Parameter.ERASE_RATIO)), np.log(operation.ratio)))
    high_px, wide_px = np.rint(np.sqrt(area * ratio)), np.rint(np.sqrt(area / ratio))
    fits = (wide_px < side) & (high_px < side) & (wide_px > 0) & (high_px > 0)
    first, of_each = fits.argmax(axis=0), np.arange(area.shape[1])
    wide_px = np.where(fits.any(axis=0), wide_px[first, of_each], 0)
    high_px = np.where(fits.any(axis=0), high_px[first, of_each], 0)
    x_draw, y_draw = luck(Parameter.ERASE_X, Parameter.ERASE_Y)
    x, y = np.floor(x_draw * (side - wide_px + 1)), np.floor(y_draw * (side - high_px + 1))
    return np.stack([x, y, wide_px, high_px], axis=1).astype(np.int64)


def _attempts(first: int) -> range:
    return range(first, first + _ATTEMPTS)


def _spread(draws: Numbers, ends: tuple[float, float] | Numbers) -> Numbers:
    return np.asarray(ends[0] + (ends[1] - ends[0]) * draws)


def _central(width: Whole, height: Whole, ratio: tuple[float, float]) -> Numbers:
    wide = np.minimum(width, np.maximum(1, np.rint(height * ratio[1])))
    high = np.minimum(height, np.maximum(1, np.rint(width / ratio[0])))
    return np.stack([(width - wide) // 2, (height - high) // 2, wide, high], axis=1)
