"""Random numbers as pure functions of what they decide about: a counter-based hash without generator state.

The draw for (seed, epoch, image id, parameter) is the same in any order, batch size, thread and after any resume, so
the preview of a sample is the sample that training sees. The mixing is splitmix64's finalizer (Steele et al. 2014),
applied twice so that neither ids nor parameters in sequence leave a pattern.
"""

from enum import IntEnum

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15


class Parameter(IntEnum):
    """What a draw of this package decides. Other packages number theirs from 1000."""

    ORDER, STEP = 0, 1
    ROTATION, SHIFT_X, SHIFT_Y, SCALE = 10, 11, 12, 13
    BRIGHTNESS, CONTRAST, INVERT = 20, 21, 22


def uniform(seed: int, epoch: int, ids: Ids, parameter: int) -> npt.NDArray[np.float64]:
    """One number in [0, 1) for each of `ids` (N, also negative ones)."""
    return (_hash(seed, epoch, ids, parameter) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def order(seed: int, epoch: int, ids: Ids) -> Ids:
    """The positions of `ids` (N) in the order in which an epoch visits them; the visits depend on the ids alone."""
    return np.lexsort((ids, _hash(seed, epoch, ids, Parameter.ORDER))).astype(np.int64)


def step_seed(seed: int, epoch: int, step: int) -> int:
    """A 63-bit seed for what a training step itself draws, such as dropout."""
    return int(_hash(seed, epoch, np.array([step], np.int64), Parameter.STEP)[0] >> np.uint64(1))


def _hash(seed: int, epoch: int, ids: Ids, parameter: int) -> npt.NDArray[np.uint64]:
    key = 0
    for number in (seed, epoch, parameter):
        key = _mix(key + number * _GOLDEN + _GOLDEN)
    state = ids.astype(np.int64).view(np.uint64) * np.uint64(_GOLDEN) + np.uint64(_GOLDEN)
    return _mix_array(_mix_array(state) ^ np.uint64(key))


def _mix(state: int) -> int:
    state &= _MASK
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
    return state ^ (state >> 31)


def _mix_array(state: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
