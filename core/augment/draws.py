"""Random numbers as pure functions of what they decide about: a counter-based hash without generator state.

The draw for (seed, epoch, image id, parameter) is the same in any order, batch size, thread and after any resume, so
the preview of a sample is the sample that training sees. The mixing is splitmix64's finalizer (Steele et al. 2014),
applied twice so that neither ids nor parameters in sequence leave a pattern.
"""

from collections.abc import Sequence
from enum import IntEnum
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15


class Parameter(IntEnum):
    """What a draw of this package decides. Other packages number theirs from 1000."""

    ORDER, STEP = 0, 1
    SHEET_RADIUS, SHEET_ANGLE = 2, 3
    MIX_LAMBDA, MIX_KIND, MIX_X, MIX_Y = range(5, 9)
    SHIFT_X, SHIFT_Y, SCALE, SHEAR, ROTATION = range(10, 15)
    BRIGHTNESS, CONTRAST, SATURATION, HUE = range(20, 24)
    SHARPNESS, BLUR, MOTION, MOTION_ANGLE, NOISE, NOISE_X, NOISE_Y, JPEG = range(30, 38)
    PADDED_X, PADDED_Y, TURNS, PERSPECTIVE = 40, 41, 42, 43  # perspective: 8 numbers, up to 50
    CROP_X, CROP_Y, ERASE_X, ERASE_Y = 52, 53, 54, 55
    CHANCE = 100  # plus the place of the operation: whether it happens
    CROP_AREA, CROP_RATIO, ERASE_AREA, ERASE_RATIO = 200, 220, 240, 260  # plus the number of the attempt


def uniform(seed: int, epoch: int, ids: Ids, parameter: int) -> npt.NDArray[np.float64]:
    """One number in [0, 1) for each of `ids` (N, also negative ones)."""
    return (_hash(seed, epoch, ids, parameter) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def uniforms(seed: int, epoch: int, ids: Ids, parameters: Sequence[int]) -> npt.NDArray[np.float64]:
    """The same for several parameters at once: float64[len(parameters), N]."""
    keys = np.array([_key(seed, epoch, parameter) for parameter in parameters], np.uint64)
    return (_mix_array(_spread(ids)[None] ^ keys[:, None]) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def order(seed: int, epoch: int, ids: Ids) -> Ids:
    """The positions of `ids` (N) in the order in which an epoch visits them; the visits depend on the ids alone."""
    return np.lexsort((ids, _hash(seed, epoch, ids, Parameter.ORDER))).astype(np.int64)


def step_seed(seed: int, epoch: int, step: int) -> int:
    """A 63-bit seed for what a training step itself draws, such as dropout."""
    return int(_hash(seed, epoch, np.array([step], np.int64), Parameter.STEP)[0] >> np.uint64(1))


def _hash(seed: int, epoch: int, ids: Ids, parameter: int) -> npt.NDArray[np.uint64]:
    return _mix_array(_spread(ids) ^ np.uint64(_key(seed, epoch, parameter)))


def _spread(ids: Ids) -> npt.NDArray[np.uint64]:
    return _mix_array(ids.astype(np.int64).view(np.uint64) * np.uint64(_GOLDEN) + np.uint64(_GOLDEN))


@lru_cache(maxsize=4096)
def _key(seed: int, epoch: int, parameter: int) -> int:
    key = 0
    for number in (seed, epoch, parameter):
        key = _mix(key + number * _GOLDEN + _GOLDEN)
    return key


def _mix(state: int) -> int:
    state &= _MASK
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
    return state ^ (state >> 31)


def _mix_array(state: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
