"""What each composite consists of, decided before any pixel is touched.

Every number is a pure function of seed and index, so any composite can be made again alone. The defaults follow
section 1 of the MNIST-W write-up: a random square of a photo, a digit with random room around it, slightly turned, in
one random colour.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from core.augment import geometry
from core.augment.draws import uniforms
from core.recipe.section import Span
from core.recipe.sections import Synth

Whole = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]

SHADOW_SHIFT, SHADOW_SOFT = 0.03, 0.012  # shares of the side: how far a shadow falls, the sigma of its blur
MOST_BLUR = 0.025  # share of the side: the largest sigma that matching gives to a digit, so that it stays readable


class D(IntEnum):
    """What each draw decides; apart from augmentation's numbers and from the demo's, which end at 1200."""

    STAMP, BACKGROUND, CROP_SIDE, CROP_X, CROP_Y = range(1300, 1305)
    PADDING, ROTATION, RED, GREEN, BLUE = range(1305, 1310)
    OPACITY, STROKE, SHADOW, SHADOW_ANGLE, GRAIN_X, GRAIN_Y = range(1310, 1316)
    PERSPECTIVE = 1320  # and the seven after it: how far each corner moves


@dataclass(frozen=True, eq=False)
class Material:
    """What there is to choose from: stamps uint8[N,h,h], and so many backgrounds of so many px."""

    stamps: npt.NDArray[np.uint8]
    backgrounds: int
    background_side: int


@dataclass(frozen=True, kw_only=True)
class Layout:
    """N composites. Pixel centres have whole coordinates."""

    stamp: Whole  # N
    background: Whole  # N, position among the backgrounds
    crop: Whole  # N,3: x, y and side of the square of the background, in its px
    padding: Numbers  # N, share of the side
    angle: Numbers  # N, degrees, counter-clockwise
    reduce: Whole  # N, whole factor by which the stamp is shrunk before it is sampled
    box: Whole  # N,4: left, top, right, bottom of what the digit may touch, in px of the composite
    place: npt.NDArray[np.float64]  # N,3,3: from px of the box to px of the shrunk stamp
    ink: npt.NDArray[np.uint8]  # N,3: as drawn; contrast may move it
    opacity: Numbers  # N
    stroke: Numbers  # N, share of the stroke's width by which it grows
    shadow: Numbers  # N, darkness
    shadow_angle: Numbers  # N, radians
    grain_at: Numbers  # N,2: where in the sheet of noise, both in [0, 1)

    def __len__(self) -> int:
        return len(self.stamp)


def ids(indices: Whole) -> Whole:
    """The ids of synthetic samples: -1, -2, …, apart from the images' own."""
    return -1 - indices


def stamps_of(seed: int, indices: Whole, count: int) -> Whole:
    """Which of `count` stamps each composite shows: int64[N]."""
    return np.asarray(uniforms(seed, 0, ids(indices), [D.STAMP])[0] * count, np.int64)


def make(synth: Synth, seed: int, indices: Whole, side: int, material: Material) -> Layout:
    """Lay out the composites `indices` (N, from 0) of `side` px."""
    named = dict(zip(D, uniforms(seed, 0, ids(indices), [*D]), strict=True))

    def within(span: Span, draw: D) -> Numbers:
        return np.asarray(span[0] + (span[1] - span[0]) * named[draw])

    stamp_side = material.stamps.shape[1]
    stamp = (named[D.STAMP] * len(material.stamps)).astype(np.int64)
    square = np.maximum(1, np.rint(within(synth.crop, D.CROP_SIDE) * material.background_side)).astype(np.int64)
    room = material.background_side - square + 1
    padding, angle = within(synth.padding, D.PADDING), within(synth.rotation, D.ROTATION)
    reduce = np.maximum(1, stamp_side // np.maximum(1, side * (1 - 2 * padding))).astype(np.int64)
    maps = _maps(synth, seed, indices, padding, angle)
    box = _boxes(maps, _inked(material.stamps[stamp]), side, _margin(synth, side))
    sizes = np.repeat((stamp_side // reduce)[:, None], 2, axis=1)
    corner = geometry.moved(box[:, 0].astype(np.float64), box[:, 1].astype(np.float64))
    return Layout(
        stamp=stamp,
        background=(named[D.BACKGROUND] * material.backgrounds).astype(np.int64),
        crop=np.stack([named[D.CROP_X] * room, named[D.CROP_Y] * room, square], axis=1).astype(np.int64),
        padding=padding,
        angle=angle,
        reduce=reduce,
        box=box,
        place=geometry.in_pixels(maps, side, sizes) @ corner,
        ink=(np.stack([named[D.RED], named[D.GREEN], named[D.BLUE]], axis=1) * 256).astype(np.uint8),
        opacity=within(synth.opacity, D.OPACITY),
        stroke=within(synth.stroke, D.STROKE),
        shadow=within(synth.shadow, D.SHADOW),
        shadow_angle=2 * np.pi * named[D.SHADOW_ANGLE],
        grain_at=np.stack([named[D.GRAIN_X], named[D.GRAIN_Y]], axis=1),
    )


def _maps(synth: Synth, seed: int, indices: Whole, padding: Numbers, angle: Numbers) -> geometry.Maps:
    """From composites to stamps in units of their sides: take off padding, turn back, undo the perspective.

    A corner comes to lie within a square of side `synth.perspective` around its place; up to 0.5 no corner can pass
    the line between its neighbours, which would fold the digit.
    """
    inner, corner = 1 / (1 - 2 * padding), -padding / (1 - 2 * padding)
    maps = geometry.rotation(angle) @ geometry.window(corner, corner, inner, inner)
    if synth.perspective > 0:
        draws = uniforms(seed, 0, ids(indices), range(D.PERSPECTIVE, D.PERSPECTIVE + 8))
        maps = geometry.perspective(synth.perspective * (draws.T - 0.5)) @ maps
    return maps


def _boxes(maps: geometry.Maps, ink_boxes: Numbers, side: int, margin: int) -> Whole:
    """Where the corners of the ink come to lie, with `margin` px around, within the composite: N,4 in px."""
    left, top, right, bottom = ink_boxes.T
    x = np.stack([left, right, right, left], axis=1)
    y = np.stack([top, top, bottom, bottom], axis=1)
    corners = np.stack([x, y, np.ones_like(x)], axis=1)  # N,3,4
    there = np.linalg.inv(maps) @ corners
    there = side * there[:, :2] / there[:, 2:]
    low = np.floor(there.min(axis=2)) - margin
    high = np.ceil(there.max(axis=2)) + margin
    low = np.clip(low, 0, side - 1)
    return np.concatenate([low, np.clip(high, low + 1, side)], axis=1).astype(np.int64)


def _margin(synth: Synth, side: int) -> int:
    """Px that interpolation, blur and shadow reach beyond the ink."""
    blur = 3 * MOST_BLUR * side if synth.match_blur else 0
    shadow = (SHADOW_SHIFT + 3 * SHADOW_SOFT) * side if synth.shadow[1] > 0 else 0
    return 1 + int(np.ceil(blur + shadow))


def _inked(stamps: npt.NDArray[np.uint8]) -> Numbers:
    """Which part of each stamp has ink: left, top, right, bottom as shares of its side, N,4; of an empty one all."""
    ends = []
    for axis in (1, 2):
        has: npt.NDArray[np.bool_] = stamps.max(axis=axis) > 0
        has |= ~has.any(axis=1, keepdims=True)
        ends += [has.argmax(axis=1), has.shape[1] - has[:, ::-1].argmax(axis=1)]
    left, right, top, bottom = ends
    return np.asarray(np.stack([left, top, right, bottom], axis=1) / stamps.shape[1])
