"""Kernels that both renderers share."""

import numpy as np
import numpy.typing as npt


def motion_kernel(length: float, angle: float) -> npt.NDArray[np.float32]:
    """The path of a camera that moved by `length` px in direction `angle` (radians): float32[k,k], k odd, sum 1.

    Each pixel counts by the share of the path that lies within its triangle of one px, as in bilinear sampling.
    """
    reach = length / 2
    side = 2 * int(np.ceil(reach)) + 1
    at = np.linspace(-reach, reach, 8 * side + 1)
    x, y = side // 2 + at * np.cos(angle), side // 2 + at * np.sin(angle)
    grid = np.arange(side)
    across = np.clip(1 - np.abs(x[:, None] - grid), 0, 1)
    down = np.clip(1 - np.abs(y[:, None] - grid), 0, 1)
    kernel = down.T @ across
    return (kernel / kernel.sum()).astype(np.float32)
