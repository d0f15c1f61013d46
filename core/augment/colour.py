"""Colour as one linear map of a pixel where it is one: formulas of torchvision's `adjust_*` without clipping between.

Grey is 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), as Pillow has it.
"""

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]  # 3,4: levels R, G, B, 1 to R, G, B

GREY = np.array([0.299, 0.587, 0.114])


def jitter(brightness: float, contrast: float, saturation: float, mean: float) -> Matrix:
    """`adjust_brightness`, `adjust_contrast` and `adjust_saturation` in this order; `mean` is the mean grey before.

    v -> b v, then c v + (1 - c) b mean, then s v + (1 - s) grey(v).
    """
    gain, offset = brightness * contrast, (1 - contrast) * brightness * mean
    linear = gain * (saturation * np.eye(3) + (1 - saturation) * np.ones((3, 1)) * GREY)
    return np.concatenate([linear, np.full((3, 1), offset)], axis=1)


def grey_and_negative(matrix: Matrix, grayscale: bool, invert: bool) -> Matrix:
    """`matrix` followed by `rgb_to_grayscale` and `invert`, where asked."""
    if grayscale:
        matrix = np.ones((3, 1)) * (GREY @ matrix)
    if invert:
        matrix = np.array([0.0, 0.0, 0.0, 255.0]) - matrix
    return matrix
