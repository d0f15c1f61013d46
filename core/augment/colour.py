"""Colour as one linear map of a pixel where it is one: formulas of torchvision's `adjust_*` without clipping between.

Grey is 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), as Pillow has it.
"""

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]  # 3,4: levels R, G, B, 1 to R, G, B

GREY = np.array([0.299, 0.587, 0.114])


def jitter(brightness: Numbers, contrast: Numbers, saturation: Numbers) -> Numbers:
    """`adjust_brightness`, `adjust_contrast` and `adjust_saturation` in this order for N images: N,3,4.

    v -> b v, then c v + (1 - c) b mean, then s v + (1 - s) grey(v). The last column is to be multiplied by the mean
    grey before, of each image.
    """
    gain, rest = (brightness * contrast)[:, None, None], ((1 - contrast) * brightness)[:, None, None]
    share = saturation[:, None, None]
    linear = gain * (share * np.eye(3) + (1 - share) * np.ones((3, 1)) * GREY)
    return np.concatenate([linear, np.broadcast_to(rest, (len(brightness), 3, 1))], axis=2)


def grey_and_negative(matrix: Matrix, grayscale: bool, invert: bool) -> Matrix:
    """`matrix` followed by `rgb_to_grayscale` and `invert`, where asked."""
    if grayscale:
        matrix = np.ones((3, 1)) * (GREY @ matrix)
    if invert:
        matrix = np.array([0.0, 0.0, 0.0, 255.0]) - matrix
    return matrix
