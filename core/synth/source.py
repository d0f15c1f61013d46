"""Synthetic training images: digits composed on crops of the project's own training photos."""

import numpy as np
import numpy.typing as npt

from core.synth.demo.compositor import D, Look, compose, crop, draw
from core.synth.digits import digits

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
