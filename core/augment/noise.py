"""One sheet of normal noise, the same on every machine; samples take drawn pieces of it.

Drawing fresh numbers for every pixel would cost more than all geometry together. A piece of a sheet of a thousand px a
side begins at one of hundreds of thousands of places, so no network sees the same noise twice in practice.
"""

import threading
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from core.augment.draws import Parameter, uniform

SIDE = 1024  # px, twice the largest image size
ZERO, UNIT = 128, 32  # level of a byte of `grain` without noise, and levels of a deviation

_making = threading.Lock()  # threads that begin together would each make a sheet, in half a second and 90 MB


def sheet() -> npt.NDArray[np.float32]:
    """float32[SIDE,SIDE,3] with mean 0 and deviation 1 (Box and Muller 1958, from counter-based draws)."""
    with _making:
        return _sheet()


@lru_cache(maxsize=1)
def _sheet() -> npt.NDArray[np.float32]:
    ids = np.arange(SIDE * SIDE * 3 // 2, dtype=np.int64)
    radius = np.sqrt(-2 * np.log(1 - uniform(0, 0, ids, Parameter.SHEET_RADIUS)))
    angle = 2 * np.pi * uniform(0, 0, ids, Parameter.SHEET_ANGLE)
    numbers = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])
    return numbers.reshape(SIDE, SIDE, 3).astype(np.float32)


def grain() -> npt.NDArray[np.uint8]:
    """The sheet in bytes, line after line: ZERO + UNIT times its numbers, up to four deviations."""
    with _making:
        return _grain()


@lru_cache(maxsize=1)
def _grain() -> npt.NDArray[np.uint8]:
    return np.asarray(np.clip(np.rint(ZERO + UNIT * _sheet()), 0, 255), np.uint8).reshape(-1)


def starts(corners: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Where in `grain` the noise of samples begins, N, for drawn corners N,2 (x, y).

    A sample takes its numbers in one piece from there: a window of lines lies in many pages of memory, and reading it
    takes three times as long. A piece that begins at a corner where a window fits ends within the sheet.
    """
    return 3 * (corners[:, 1] * SIDE + corners[:, 0])
