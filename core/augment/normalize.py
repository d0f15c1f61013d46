"""Mean and deviation of each channel by the name that a recipe says; levels are in [0, 1]."""

import cv2
import numpy as np
import numpy.typing as npt

Triple = tuple[float, float, float]

NORMALIZATIONS: dict[str, tuple[Triple, Triple]] = {
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "cifar10": ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
    "mnist": ((0.1307, 0.1307, 0.1307), (0.3081, 0.3081, 0.3081)),
    "centre": ((0.5, 0.5, 0.5), (1.0, 1.0, 1.0)),
    "none": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
}


def table(name: str) -> npt.NDArray[np.float32]:
    """What each grey level becomes in each channel: float32[256,1,3], as `cv2.LUT` takes it."""
    mean, std = NORMALIZATIONS[name]
    return np.asarray((np.arange(256)[:, None, None] / 255 - mean) / std, np.float32)


def shown(sample: npt.NDArray[np.float32], name: str) -> npt.NDArray[np.uint8]:
    """Samples float32[N,3,S,S] as they look, uint8[N,S,S,3]."""
    mean, std = (255 * np.array(numbers, np.float32) for numbers in NORMALIZATIONS[name])
    levels = np.ascontiguousarray(sample.transpose(0, 2, 3, 1))
    pixels, rows = np.empty(levels.shape, np.uint8), (levels.shape[1], -1)
    scale, start = (np.tile(numbers, levels.shape[1:3]).reshape(rows) for numbers in (std, mean))
    for one, image in zip(levels, pixels, strict=True):
        # OpenCV rounds and cuts off as it adds; NumPy would take six times as long.
        cv2.add(cv2.multiply(one.reshape(rows), scale), start, dst=image.reshape(rows), dtype=cv2.CV_8U)
    return pixels
