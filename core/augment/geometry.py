"""Geometry of samples as homographies, each a few lines with its formula.

All maps go backwards, from a point of the result to the point it comes from, in units of the side: (0, 0) is the upper
left corner and (1, 1) the lower right. y points down; a positive angle turns counter-clockwise, as torchvision's do.
"""

import numpy as np
import numpy.typing as npt

Maps = npt.NDArray[np.float64]  # N,3,3
Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


def identity(count: int) -> Maps:
    """N,3,3 maps that change nothing."""
    return np.tile(np.eye(3), (count, 1, 1))


def linear(a: Numbers, b: Numbers, c: Numbers, d: Numbers) -> Maps:
    """x' = a x + b y, y' = c x + d y about the centre."""
    maps = identity(len(a))
    maps[:, 0, 0], maps[:, 0, 1], maps[:, 1, 0], maps[:, 1, 1] = a, b, c, d
    maps[:, 0, 2] = 0.5 - (a + b) / 2
    maps[:, 1, 2] = 0.5 - (c + d) / 2
    return maps


def rotation(degrees: Numbers) -> Maps:
    """`rotate`: x' = cos x - sin y, y' = sin x + cos y."""
    radians = np.deg2rad(degrees)
    cosine, sine = np.cos(radians), np.sin(radians)
    return linear(cosine, -sine, sine, cosine)


def quarter_turns(turns: Whole) -> Maps:
    """`rot90` counter-clockwise by 0 to 3 quarters, in whole numbers."""
    cosine = np.array([1.0, 0.0, -1.0, 0.0])[turns]
    sine = np.array([0.0, 1.0, 0.0, -1.0])[turns]
    return linear(cosine, -sine, sine, cosine)


def flips(horizontal: npt.NDArray[np.bool_], vertical: npt.NDArray[np.bool_]) -> Maps:
    """`horizontal_flip` and `vertical_flip`: x' = 1 - x, y' = 1 - y."""
    zero = np.zeros(len(horizontal))
    return linear(np.where(horizontal, -1.0, 1.0), zero, zero, np.where(vertical, -1.0, 1.0))


def affine(shift_x: Numbers, shift_y: Numbers, scale: Numbers, shear: Numbers) -> Maps:
    """`affine` with angle 0: the inverse of p -> scale [[1, -tan shear], [0, 1]] p + shift about the centre."""
    slant = np.tan(np.deg2rad(shear))
    zero = np.zeros(len(scale))
    return linear(1 / scale, slant / scale, zero, 1 / scale) @ moved(-shift_x, -shift_y)


def moved(x: Numbers, y: Numbers) -> Maps:
    """x' = x + shift."""
    maps = identity(len(x))
    maps[:, 0, 2], maps[:, 1, 2] = x, y
    return maps


def window(x: Numbers, y: Numbers, width: Numbers, height: Numbers) -> Maps:
    """The whole result shows the window with that corner and size: x' = x0 + width x."""
    maps = moved(x, y)
    maps[:, 0, 0], maps[:, 1, 1] = width, height
    return maps


def perspective(corners: Numbers) -> Maps:
    """`perspective`: the corners move inwards by N,8 numbers (x and y of upper left, upper right, lower right, lower
    left); solves a x + b y + c - x' (g x + h y) = x' for the eight coefficients, likewise for y'.
    """
    inwards = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    goal = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    start = goal + inwards * corners.reshape(-1, 4, 2)
    x, y = start[..., 0], start[..., 1]  # N,4
    one, zero = np.ones_like(x), np.zeros_like(x)
    for_x = np.stack([x, y, one, zero, zero, zero, -x * goal[:, 0], -y * goal[:, 0]], axis=-1)
    for_y = np.stack([zero, zero, zero, x, y, one, -x * goal[:, 1], -y * goal[:, 1]], axis=-1)
    system = np.concatenate([for_x, for_y], axis=1)
    right = np.tile(np.concatenate([goal[:, 0], goal[:, 1]]), (len(corners), 1))
    found = np.linalg.solve(system, right[..., None])[..., 0]
    return np.concatenate([found, np.ones((len(corners), 1))], axis=1).reshape(-1, 3, 3)


def in_pixels(maps: Maps, side: int, sizes: Whole) -> Maps:
    """Maps in units of the side as maps from pixel centres of the result to those of images of `sizes` N,2."""
    count = len(maps)
    half = np.full(count, 0.5 / side)
    share = np.full(count, 1 / side)
    width, height = sizes[:, 0].astype(np.float64), sizes[:, 1].astype(np.float64)
    ends = np.full(count, -0.5)
    found = window(ends, ends, width, height) @ maps @ window(half, half, share, share)
    return np.asarray(found / found[:, 2:, 2:])


def shrink(maps: Maps, side: int) -> Numbers:
    """How many px of the image one px of the result covers, across and down: N,2.

    The median of nine places, because near the horizon of a perspective one place tells nothing of the others.
    """
    line = side * (np.arange(3) + 0.5) / 3 - 0.5
    x, y = np.meshgrid(line, line)
    at = maps @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)])  # N,3,9
    place, depth = at[:, :2] / at[:, 2:], at[:, None, 2:]
    slopes = (maps[:, :2, :2, None] - place[:, :, None] * maps[:, None, 2, :2, None]) / depth  # N,2,2,9, quotient rule
    return np.asarray(np.median(np.linalg.norm(slopes, axis=2), axis=2))
