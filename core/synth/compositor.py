"""Digits on backgrounds for training, made while it runs: a fifth of a millisecond each.

One resize makes the background, one warp the digit's opacity. All that follows touches only the box around the ink, in
uint8 and in place.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from core.augment import noise
from core.recipe.sections import Synth
from core.synth import matching
from core.synth.layout import MOST_BLUR, SHADOW_SHIFT, SHADOW_SOFT, Layout

Pixels = npt.NDArray[np.uint8]  # S,S,3 RGB
Plane = npt.NDArray[np.uint8]  # h,w
Ink = npt.NDArray[np.uint8]  # 3

_LUMA = np.array([0.299, 0.587, 0.114])
_LEVELS = np.arange(256)[:, None]
_FAINT = 0.3  # of a stamp's strongest ink: less is no part of a stroke whose width changes
_FILLED = 0.6  # of half a gap's width: bolder strokes fill no more of it
_BACKWARDS = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP

# Small images gain nothing from OpenCV's threads, which would compete with the network's.
cv2.setNumThreads(1)


@dataclass(frozen=True)
class Laid:
    """What a composite turned out to be: the ink's colour, the blur (sigma, px) and the grain (grey levels) added."""

    ink: Ink
    blur: float
    grain: float


def background(photo: Pixels, crop: npt.NDArray[np.int64], out: Pixels) -> Pixels:
    """Fill `out` S,S,3 with the square `crop` (x, y, side) of `photo`; returns that square as it was."""
    x, y, side = crop.tolist()
    square = photo[y : y + side, x : x + side]
    method = cv2.INTER_AREA if side > len(out) else cv2.INTER_LINEAR
    cv2.resize(square, out.shape[:2], dst=out, interpolation=method)
    return square


def compose(synth: Synth, photo: Pixels, stamp: Plane, layout: Layout, n: int, out: Pixels) -> Laid:
    """Make composite `n` of `layout` in `out` uint8[S,S,3] from its `photo` uint8[T,T,3] and `stamp` uint8[h,h]."""
    square = background(photo, layout.crop[n], out)
    scale = len(out) / len(square)  # px of the composite that one of the photo becomes
    blur = grain = 0.0
    if synth.match_blur or synth.match_noise:
        grey = np.asarray(cv2.cvtColor(np.ascontiguousarray(square), cv2.COLOR_RGB2GRAY), np.uint8)
        grain = matching.grain(grey)
        blur = matching.softness(grey, grain) * scale if synth.match_blur else 0.0
    alpha = digit(stamp, layout, n)
    if blur:
        alpha, blur = _softened(alpha, blur, len(out))
    cv2.threshold(alpha, synth.threshold, 0, cv2.THRESH_TOZERO, dst=alpha)
    if layout.opacity[n] < 1:
        alpha = np.asarray(cv2.convertScaleAbs(alpha, alpha=layout.opacity[n]), np.uint8)
    left, top, right, bottom = layout.box[n].tolist()
    region = out[top:bottom, left:right]
    if layout.shadow[n] > 0:
        _cast(region, alpha, layout.shadow[n], layout.shadow_angle[n], len(out))
    ink = layout.ink[n]
    if synth.ink == "contrast":
        ink = standing_off(ink, float(np.dot(cv2.mean(region, alpha)[:3], _LUMA)), synth.contrast)
    lay(region, alpha, ink)
    if synth.match_noise and grain:
        _roughen(region, alpha, grain, _grain_window(layout, n, len(square), len(out)))
    return Laid(ink, blur, grain if synth.match_noise else 0.0)


def digit(stamp: Plane, layout: Layout, n: int) -> Plane:
    """The opacity of `stamp` within the box of composite `n`: stroke, size, place and perspective applied."""
    if layout.stroke[n]:
        stamp = redrawn(stamp, layout.stroke[n])
    reduce = int(layout.reduce[n])
    if reduce > 1:  # sampled as it is, thin strokes would fall between the px
        side = len(stamp) // reduce
        stamp = np.asarray(cv2.resize(stamp, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
    left, top, right, bottom = layout.box[n].tolist()
    place, size = layout.place[n], (right - left, bottom - top)
    if place[2, 0] or place[2, 1]:
        return np.asarray(cv2.warpPerspective(stamp, place, size, flags=_BACKWARDS), np.uint8)
    return np.asarray(cv2.warpAffine(stamp, place[:2], size, flags=_BACKWARDS), np.uint8)


def lay(region: Pixels, alpha: Plane, ink: Ink) -> None:
    """Blend one colour into `region` h,w,3 where `alpha` h,w covers it, in place; within one grey level of exact."""
    wide = cv2.cvtColor(alpha, cv2.COLOR_GRAY2RGB)
    share = ((_LEVELS * ink + 127) // 255).astype(np.uint8)[None]  # what each opacity takes from the ink
    cv2.multiply(region, cv2.bitwise_not(wide), dst=region, scale=1 / 255)
    cv2.add(region, cv2.LUT(wide, share), dst=region)


def standing_off(ink: Ink, below: float, contrast: float) -> Ink:
    """`ink` made lighter or darker until its brightness is `contrast` grey levels from `below`.

    It stays on its own side where there is room, else takes the other; where neither has room it becomes black or
    white, whichever is further away.
    """
    luma = float(ink @ _LUMA)
    if abs(luma - below) >= contrast:
        return ink
    if max(below, 255 - below) < contrast:
        return np.full(3, 255 if below < 127.5 else 0, np.uint8)
    room_above, room_below = below + contrast <= 255, below - contrast >= 0
    if room_above and (luma >= below or not room_below):
        share = (below + contrast - luma) / (255 - luma)
        return np.asarray(np.ceil(ink + (255 - ink.astype(np.float64)) * share - 1e-9), np.uint8)
    return np.asarray(np.floor(ink * ((below - contrast) / luma) + 1e-9), np.uint8)


def redrawn(stamp: Plane, growth: float) -> Plane:
    """`stamp` with strokes bolder (`growth` above 0) or finer by that share of their width.

    Finer strokes keep the same share of their width everywhere, so that thin ones do not break; bolder ones leave a
    part of every gap open, so that an 8 keeps its eyes.
    """
    top = float(stamp.max())
    inside = (stamp > (_FAINT if growth < 0 else 0.5) * top).astype(np.uint8)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    if not depth.any():
        return stamp
    half = 2 * float(depth[depth > 0].mean()) - 1  # across a stroke depths rise evenly, from 1 px, to half its width
    near = _disc(int(np.ceil(half)))
    if growth < 0:
        ridge = cv2.morphologyEx(depth, cv2.MORPH_TOPHAT, _disc(1))  # the middle of each stroke, however thin
        kept = np.clip(np.maximum(depth + growth * cv2.dilate(depth, near) + 0.5, ridge), 0, 1)
        kept = cv2.GaussianBlur(kept, (3, 3), 0.6)  # distances between px have steps
        return np.asarray(np.minimum(stamp, (kept * top).astype(np.uint8)))
    away = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)
    open_to = np.clip(_FILLED * cv2.dilate(away, near) - away + 1, 0, 1)
    grown = np.minimum(_dilated(stamp, growth * half), (open_to * top).astype(np.uint8))
    return np.asarray(np.maximum(stamp, grown))


def _dilated(stamp: Plane, radius: float) -> Plane:
    """The largest opacity within `radius` px; between whole px a mixture, so that it grows evenly."""
    whole = int(radius)
    less, more = (cv2.dilate(stamp, _disc(r)) for r in (whole, whole + 1))
    return np.asarray(cv2.addWeighted(less, 1 - (radius - whole), more, radius - whole, 0), np.uint8)


@lru_cache
def _disc(radius: int) -> Plane:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8)


def _softened(alpha: Plane, blur: float, side: int) -> tuple[Plane, float]:
    """`alpha` with edges as soft as `blur` px, and the sigma that this took."""
    own = matching.softness(alpha)
    lacking = min(float(np.sqrt(max(0.0, blur**2 - own**2))), MOST_BLUR * side)
    if lacking < 0.3:  # less is not to be seen
        return alpha, 0.0
    return np.asarray(cv2.GaussianBlur(alpha, (0, 0), lacking, borderType=cv2.BORDER_CONSTANT), np.uint8), lacking


def _cast(region: Pixels, alpha: Plane, darkness: float, angle: float, side: int) -> None:
    """Darken `region` where the ink's shadow falls."""
    shift = np.array([[1, 0, np.cos(angle) * SHADOW_SHIFT * side], [0, 1, np.sin(angle) * SHADOW_SHIFT * side]])
    fallen = cv2.warpAffine(alpha, shift, alpha.shape[::-1], flags=cv2.INTER_LINEAR)
    soft = cv2.GaussianBlur(fallen, (0, 0), SHADOW_SOFT * side, borderType=cv2.BORDER_CONSTANT)
    light = cv2.bitwise_not(cv2.convertScaleAbs(soft, alpha=darkness))
    cv2.multiply(region, cv2.cvtColor(light, cv2.COLOR_GRAY2RGB), dst=region, scale=1 / 255)


def _grain_window(layout: Layout, n: int, side: int, size: int) -> npt.NDArray[np.float32]:
    """Noise of deviation 1 in the composite's box, as coarse as that of a square of `side` px enlarged to `size`."""
    x, y = (layout.grain_at[n] * (noise.SIDE - side + 1)).astype(int).tolist()
    method = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    sheet = cv2.resize(noise.sheet()[y : y + side, x : x + side, 0], (size, size), interpolation=method)
    left, top, right, bottom = layout.box[n].tolist()
    return np.asarray(sheet[top:bottom, left:right], np.float32)


def _roughen(region: Pixels, alpha: Plane, grain: float, window: npt.NDArray[np.float32]) -> None:
    """Add noise of deviation `grain` to what `alpha` covers; the rest of the region has its own."""
    added = window * (alpha * np.float32(grain / 255))
    cv2.add(region, cv2.cvtColor(added, cv2.COLOR_GRAY2RGB), dst=region, dtype=cv2.CV_8U)
