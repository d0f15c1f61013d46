"""Kernels that both renderers share."""

import numpy as np
import numpy.typing as npt


def motion_kernel(length: float, angle: float) -> npt.NDArray[np.float32]:
    """The path of a camera that moved by `length` px in direction `angle`: float32[k,k], k odd, sum 1.

    Up to 1 px it is a point. `angle` in radians is counter-clockwise from the x axis, y points down. Along the axis
    that the path is nearer to all px count alike but for the two ends, which it covers in part; across, each point is
    shared by the two nearest px (Wu 1991).
    """
    along, across = np.cos(angle), -np.sin(angle)
    steep = abs(across) > abs(along)
    if steep:
        along, across = across, along
    half = max(length, 1.0) * abs(along) / 2
    reach = max(0, int(np.ceil(half - 0.5)))
    places = np.arange(-reach, reach + 1)
    covered = np.clip(half - np.abs(places) + 0.5, 0, 1)
    shared = np.maximum(0, 1 - np.abs(places[:, None] - places * (across / along)))  # across, along
    kernel = shared * covered
    return np.asarray((kernel.T if steep else kernel) / kernel.sum(), np.float32)
