"""Samples from a plan on the CPU with OpenCV: one warp, one colour map, one filter and one table per image.

Levels are whole numbers from 0 to 255 between the steps; a step that does nothing to a sample is not run. The torch
renderer in `batched` does the same within a level or two.
"""

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from core.augment import colour, noise
from core.augment.kernels import motion_kernel
from core.augment.normalize import NORMALIZATIONS, shown, table
from core.augment.plan import Plan

Pixels = npt.NDArray[np.uint8]
Sample = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]

# Small images gain nothing from OpenCV's own threads, which would compete with the network's.
cv2.setNumThreads(1)

_BORDERS = {"mirror": cv2.BORDER_REFLECT, "edge": cv2.BORDER_REPLICATE, "black": cv2.BORDER_CONSTANT}
_LEVELS = np.arange(256.0)
_SOFT = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]], np.float32) / 13  # `adjust_sharpness`
_STILL = 1e-9


def render(stored: Sequence[Pixels] | Pixels, plan: Plan, normalize: str) -> Sample:
    """The samples that `plan` makes of N stored images uint8[H,W,3] RGB of any size; from any number of threads.

    Returns float32[N,3,S,S], normalised; in memory the channels come last, as convolutions on CPUs like it.
    """
    sample = np.empty((len(plan), plan.side, plan.side, 3), np.float32)
    painter = _Painter(plan, normalize)
    for n in range(len(plan)):
        painter.paint(stored[n], n, sample[n])
    return sample.transpose(0, 3, 1, 2)


def evaluation(pixels: Pixels, normalize: str = "imagenet") -> Sample:
    """`pixels` uint8[N,S,S,3] RGB as float32[N,3,S,S], normalised only."""
    levels = table(normalize)
    sample = np.empty(pixels.shape, np.float32)
    for n in range(len(pixels)):
        cv2.LUT(pixels[n], levels, dst=sample[n])
    return sample.transpose(0, 3, 1, 2)


def stages(stored: Pixels, plan: Plan, normalize: str) -> list[tuple[str, Pixels]]:
    """How the first sample of `plan` comes about: title and uint8[S,S,3] of each stage.

    The last shows the input of the network as it is, its least number black and its largest white.
    """
    one = plan.rows(slice(0, 1))
    steps = [("Geometry", ("colour", "grain", "erase")), ("Colour", ("grain", "erase")), ("Blur and noise", ("erase",))]
    size = (plan.side, plan.side)
    strip = [("Original", np.asarray(cv2.resize(stored, size, interpolation=cv2.INTER_AREA), np.uint8))]
    for title, left_out in steps:
        strip.append((title, shown(render([stored], one.without(*left_out), normalize), normalize)[0]))
    sample = render([stored], one, normalize)
    strip.append(("Erased", shown(sample, normalize)[0]))
    low, high = float(sample.min()), float(sample.max())
    spread = (sample[0].transpose(1, 2, 0) - low) * (255 / max(high - low, 1e-6))
    return [*strip, ("Normalised", np.rint(spread).astype(np.uint8))]


@lru_cache(maxsize=4)
def _scaled_noise(normalize: str) -> Sample:
    """The sheet of noise in normalised units, rows of pixels: SIDE, 3 SIDE."""
    std = np.array(NORMALIZATIONS[normalize][1], np.float32)
    return (noise.sheet() / std).reshape(noise.SIDE, 3 * noise.SIDE)


class _Painter:
    """The plan of a batch with what its samples share: tables, bounds, flags."""

    def __init__(self, plan: Plan, normalize: str) -> None:
        self.plan, self.normalize, self.side = plan, normalize, plan.side
        self.table = table(normalize)
        self.black, white = self.table[0, 0], self.table[255, 0]
        self.low, self.high = np.tile(self.black, plan.side), np.tile(white, plan.side)
        self.size = (plan.side, plan.side)
        self.maps = _reduced(plan)
        off = np.abs(plan.homography - np.eye(3)).reshape(len(plan), 9).max(axis=1)
        self.still = (off < _STILL) & (plan.reduce.max(axis=1) == 1)
        self.affine = np.abs(self.maps[:, 2, :2]).max(axis=1) < _STILL / plan.side
        # One table for all channels does where colours are not mixed.
        self.by_table = (plan.saturation == 1) & (plan.hue == 0) & ~plan.grayscale
        self.linear = (plan.brightness != 1) | (plan.contrast != 1) | (plan.saturation != 1)
        self.recoloured = self.linear | (plan.hue != 0) | plan.grayscale | plan.invert
        self.filtered = (plan.sharpness != 1) | (plan.blur > 0) | (plan.motion > 1)
        self.noisy = plan.noise > 0

    def paint(self, stored: Pixels, n: int, sample: Sample) -> None:
        """Sample n into `sample` float32[S,S,3]."""
        plan, levels = self.plan, self.table
        image = self._moved(stored, n)
        if self.recoloured[n]:
            if self.by_table[n]:
                changed = self._changed(image, n)
                if self.filtered[n] or plan.jpeg[n]:
                    image = np.asarray(cv2.LUT(image, changed), np.uint8)
                else:
                    levels = levels[changed]
            else:
                image = self._recoloured(image, n)
        if self.filtered[n]:
            image = self._filtered(image, n)
        cv2.LUT(image, levels, dst=sample)
        if self.noisy[n]:
            self._add_noise(sample, n)
        if plan.jpeg[n]:
            if self.noisy[n]:
                image = shown(sample.transpose(2, 0, 1)[None], self.normalize)[0]
            cv2.LUT(_compressed(image, int(plan.jpeg[n])), self.table, dst=sample)
        x, y, width, height = plan.erase[n]
        if width:
            sample[y : y + height, x : x + width] = self.black if plan.fill == "black" else 0.0

    def _moved(self, stored: Pixels, n: int) -> Pixels:
        across, down = self.plan.reduce[n]
        if across > 1 or down > 1:
            height, width = stored.shape[0] // down, stored.shape[1] // across
            whole = stored[: height * down, : width * across]
            stored = np.asarray(cv2.resize(whole, (int(width), int(height)), interpolation=cv2.INTER_AREA), np.uint8)
        if self.still[n] and stored.shape[:2] == self.size:
            return np.ascontiguousarray(stored)
        border, flags = _BORDERS[self.plan.border], cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        # OpenCV warps four channels in less than half the time of three: they fill its registers.
        four = cv2.cvtColor(stored, cv2.COLOR_RGB2RGBA)
        if self.affine[n]:
            moved = cv2.warpAffine(four, self.maps[n, :2], self.size, flags=flags, borderMode=border)
        else:
            moved = cv2.warpPerspective(four, self.maps[n], self.size, flags=flags, borderMode=border)
        return np.asarray(cv2.cvtColor(moved, cv2.COLOR_RGBA2RGB), np.uint8)

    def _changed(self, image: Pixels, n: int) -> Pixels:
        """What each level becomes: brightness, contrast and the negative, rounded."""
        plan = self.plan
        matrix = colour.jitter(plan.brightness[n], plan.contrast[n], 1.0, self._mean(image, n))
        levels = np.clip(np.rint(matrix[0, 0] * _LEVELS + matrix[0, 3]), 0, 255)
        return np.asarray(255 - levels if plan.invert[n] else levels, np.uint8)

    def _recoloured(self, image: Pixels, n: int) -> Pixels:
        plan = self.plan
        matrix = colour.jitter(plan.brightness[n], plan.contrast[n], plan.saturation[n], self._mean(image, n))
        if not plan.hue[n]:
            return _mapped(image, colour.grey_and_negative(matrix, plan.grayscale[n], plan.invert[n]))
        if self.linear[n]:
            image = _mapped(image, matrix)
        image = _hue_moved(image, float(plan.hue[n]))
        if plan.grayscale[n] or plan.invert[n]:
            image = _mapped(image, colour.grey_and_negative(np.eye(3, 4), plan.grayscale[n], plan.invert[n]))
        return image

    def _mean(self, image: Pixels, n: int) -> float:
        if self.plan.contrast[n] == 1:
            return 0.0
        return float(np.dot(cv2.mean(image)[:3], colour.GREY))

    def _filtered(self, image: Pixels, n: int) -> Pixels:
        plan = self.plan
        if plan.sharpness[n] != 1:
            image = _sharpened(image, float(plan.sharpness[n]))
        if plan.blur[n] > 0:
            window = (plan.kernel, plan.kernel)
            image = np.asarray(cv2.GaussianBlur(image, window, plan.blur[n], borderType=cv2.BORDER_REFLECT_101))
        if plan.motion[n] > 1:
            kernel = motion_kernel(float(plan.motion[n]), float(plan.motion_angle[n]))
            image = np.asarray(cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REFLECT_101))
        return image

    def _add_noise(self, sample: Sample, n: int) -> None:
        x, y = self.plan.noise_at[n]
        rows = sample.reshape(self.side, 3 * self.side)
        window = _scaled_noise(self.normalize)[y : y + self.side, 3 * x : 3 * (x + self.side)]
        cv2.scaleAdd(window, float(self.plan.noise[n]), rows, dst=rows)
        np.maximum(rows, self.low, out=rows)
        np.minimum(rows, self.high, out=rows)


def _reduced(plan: Plan) -> Numbers:
    """The homographies to the reduced images: x' = (x + 0.5) / k - 0.5."""
    maps = plan.homography.copy()
    share = 1 / plan.reduce
    maps[:, :2] = maps[:, :2] * share[:, :, None] + (share[:, :, None] / 2 - 0.5) * maps[:, 2:]
    return maps


def _mapped(image: Pixels, matrix: Numbers) -> Pixels:
    return np.asarray(cv2.transform(image, matrix), np.uint8)


def _hue_moved(image: Pixels, share: float) -> Pixels:
    """`adjust_hue`: around the circle of HSV, in steps of 1.4 degrees; OpenCV has 256 of them there, but 255 back."""
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV_FULL)
    turned = np.rint((np.arange(256) + 256 * share) % 256 * (255 / 256)).astype(np.uint8)
    cv2.insertChannel(cv2.LUT(cv2.extractChannel(hsv, 0), turned), hsv, 0)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB_FULL), np.uint8)


def _sharpened(image: Pixels, factor: float) -> Pixels:
    """`adjust_sharpness`: away from, or towards, a softened image; the outermost pixels stay."""
    if min(image.shape[:2]) < 3:
        return image
    kernel = (1 - factor) * _SOFT
    kernel[1, 1] += factor
    result = image.copy()
    result[1:-1, 1:-1] = cv2.filter2D(image, -1, kernel)[1:-1, 1:-1]
    return result


def _compressed(image: Pixels, quality: int) -> Pixels:
    """`jpeg`: written and read again."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), np.uint8)
