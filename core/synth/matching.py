"""What a camera left in a photo: how soft its edges are and how much grain it has."""

import cv2
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]  # h,w

_FIRST_BLUR = 1.0  # px: edges are measured after this, because noise would pass for sharpness
_LEAST_SLOPE = 1.0  # grey levels a px, root mean square: below it nothing is there to tell softness from
_OWN = 1.16  # px²: what a sharp step measures, from _FIRST_BLUR, the differences between pixels, and the pixels
_NOISE_SLOPE, _NOISE_CURVE = 0.0503, 0.1119  # of white noise of deviation 1 after _FIRST_BLUR
_IMMERKAER = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_MEDIAN = 0.6745  # of the absolute value of a normal number, in deviations


def grain(plane: Grey) -> float:
    """The standard deviation of the noise of `plane` in grey levels.

    Immerkaer 1996, with the median in place of the mean: edges and texture, which answer too, are mostly few.
    """
    if min(plane.shape) < 3:
        return 0.0
    answer = cv2.filter2D(plane, cv2.CV_16S, _IMMERKAER)[1:-1, 1:-1]
    levels = cv2.convertScaleAbs(answer)
    counts = cv2.calcHist([levels], [0], None, [256], [0, 256]).ravel().cumsum()
    middle = counts[-1] / 2
    level = int(np.searchsorted(counts, middle))
    before = counts[level - 1] if level else 0.0
    median = level - 0.5 + (middle - before) / (counts[level] - before)  # evenly spread within a level
    return max(0.0, float(median)) / (_MEDIAN * float(np.linalg.norm(_IMMERKAER)))


def softness(plane: Grey, noise: float = 0.0) -> float:
    """The sigma in px of the blur of the edges in `plane`; 0 where they are sharp or there are none.

    Across a step blurred by sigma the squared slope sums to 1 / (2 sigma sqrt(pi)), the squared curvature to
    1 / (4 sigma^3 sqrt(pi)): sigma^2 is half their ratio. What white noise of deviation `noise` adds is taken off both.
    """
    if min(plane.shape) < 8:
        return 0.0
    smooth = cv2.GaussianBlur(plane.astype(np.float32), (0, 0), _FIRST_BLUR)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=1, scale=0.5)[2:-2, 2:-2]
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=1, scale=0.5)[2:-2, 2:-2]
    curve = cv2.Laplacian(smooth, cv2.CV_32F, ksize=1)[2:-2, 2:-2]
    slopes = (_power(across) + _power(down)) / across.size - _NOISE_SLOPE * noise**2
    curves = _power(curve) / curve.size - _NOISE_CURVE * noise**2
    if slopes < _LEAST_SLOPE**2 or curves <= 0:
        return 0.0
    return float(np.sqrt(max(0.0, slopes / (2 * curves) - _OWN)))


def _power(plane: cv2.typing.MatLike) -> float:
    return float(cv2.norm(plane, cv2.NORM_L2SQR))
