"""Samples from a plan on the CPU with OpenCV: one warp, one colour map, one filter and one table per image.

Levels are whole numbers from 0 to 255 between the steps; a step that does nothing to a sample is not run. The torch
renderer in `batched` does the same within a level or two.
"""

from collections.abc import Sequence
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from core.augment import colour, noise
from core.augment.kernels import motion_kernel
from core.augment.normalize import shown, table
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
    painter = _Painter(plan, normalize)
    if isinstance(stored, np.ndarray) and painter.leaves(stored.shape[1:3]):
        return evaluation(stored, normalize)
    sample = np.empty((len(plan), plan.side, plan.side, 3), np.float32)
    for n in range(len(plan)):
        painter.paint(stored[n], n, sample[n])
    return sample.transpose(0, 3, 1, 2)


def evaluation(pixels: Pixels, normalize: str = "imagenet") -> Sample:
    """`pixels` uint8[N,S,S,3] RGB as float32[N,3,S,S], normalised only."""
    sample = np.empty(pixels.shape, np.float32)
    if len(pixels):
        rows = (-1, *pixels.shape[2:])  # of all images at once
        cv2.LUT(pixels.reshape(rows), table(normalize), dst=sample.reshape(rows))
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


class _Room:
    """Memory that is used again for each sample of a batch: new memory costs a tenth of a sample's time."""

    def __init__(self, side: int) -> None:
        self.four = np.empty((side, side, 4), np.uint8)
        self.one, self.turned = np.empty((2, side, side), np.uint8)
        self._first, self._second = np.empty((2, side, side, 3), np.uint8)

    def beside(self, image: Pixels | None) -> Pixels:
        """Room for an image that is made of `image`."""
        return self._second if image is self._first else self._first


class _Painter:
    """The plan of a batch with what its samples share: tables, bounds, flags."""

    def __init__(self, plan: Plan, normalize: str) -> None:
        self.plan, self.side, self.room = plan, plan.side, _Room(plan.side)
        self.table = table(normalize)
        self.black = self.table[0, 0]
        self.size = (plan.side, plan.side)
        self.matrices = colour.jitter(plan.brightness, plan.contrast, plan.saturation)
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
        self.grain_at = noise.starts(plan.noise_at)

    @cached_property
    def turned(self) -> Pixels:
        """What each hue becomes, N,256; only recipes that turn hues pay for it."""
        return _turned(self.plan.hue)

    def leaves(self, size: tuple[int, ...]) -> bool:
        """Whether stored images of this size are normalised and nothing else."""
        changed = self.recoloured | self.filtered | self.noisy | (self.plan.jpeg > 0) | (self.plan.erase[:, 2] > 0)
        return bool(size == self.size and self.still.all() and not changed.any())

    def paint(self, stored: Pixels, n: int, sample: Sample) -> None:
        """Sample n into `sample` float32[S,S,3]."""
        plan, levels = self.plan, self.table
        image = self._moved(stored, n)
        if self.recoloured[n]:
            if self.by_table[n]:
                changed = self._changed(image, n)
                if self.filtered[n] or plan.jpeg[n] or self.noisy[n]:
                    image = np.asarray(cv2.LUT(image, changed, dst=self.room.beside(image)), np.uint8)
                else:
                    levels = levels[changed]
            else:
                image = self._recoloured(image, n)
        if self.filtered[n]:
            image = self._filtered(image, n)
        if self.noisy[n]:
            image = self._noisy(image, n)
        if plan.jpeg[n]:
            image = _compressed(image, int(plan.jpeg[n]))
        cv2.LUT(image, levels, dst=sample)
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
            cv2.warpAffine(four, self.maps[n, :2], self.size, dst=self.room.four, flags=flags, borderMode=border)
        else:
            cv2.warpPerspective(four, self.maps[n], self.size, dst=self.room.four, flags=flags, borderMode=border)
        return np.asarray(cv2.cvtColor(self.room.four, cv2.COLOR_RGBA2RGB, dst=self.room.beside(None)), np.uint8)

    def _changed(self, image: Pixels, n: int) -> Pixels:
        """What each level becomes: brightness, contrast and the negative, rounded."""
        plan = self.plan
        matrix = self._matrix(image, n)
        levels = np.clip(np.rint(matrix[0, 0] * _LEVELS + matrix[0, 3]), 0, 255)
        return np.asarray(255 - levels if plan.invert[n] else levels, np.uint8)

    def _recoloured(self, image: Pixels, n: int) -> Pixels:
        plan, matrix = self.plan, self._matrix(image, n)
        if not plan.hue[n]:
            return _mapped(image, colour.grey_and_negative(matrix, plan.grayscale[n], plan.invert[n]), self.room)
        if self.linear[n]:
            image = _mapped(image, matrix, self.room)
        image = _hue_moved(image, self.turned[n], self.room)
        if plan.grayscale[n] or plan.invert[n]:
            matrix = colour.grey_and_negative(np.eye(3, 4), plan.grayscale[n], plan.invert[n])
            image = _mapped(image, matrix, self.room)
        return image

    def _matrix(self, image: Pixels, n: int) -> Numbers:
        """Brightness, contrast about the mean grey of `image`, and saturation."""
        matrix = self.matrices[n]
        if self.plan.contrast[n] != 1:
            matrix = matrix.copy()
            matrix[:, 3] *= colour.GREY @ cv2.mean(image)[:3]
        return np.asarray(matrix)

    def _filtered(self, image: Pixels, n: int) -> Pixels:
        plan = self.plan
        if plan.sharpness[n] != 1:
            image = _sharpened(image, float(plan.sharpness[n]))
        if plan.blur[n] > 0:
            window = (plan.kernel, plan.kernel)
            blurred = self.room.beside(image)
            cv2.GaussianBlur(image, window, plan.blur[n], dst=blurred, borderType=cv2.BORDER_REFLECT_101)
            image = blurred
        if plan.motion[n] > 1:
            kernel = motion_kernel(float(plan.motion[n]), float(plan.motion_angle[n]))
            image = np.asarray(cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REFLECT_101))
        return image

    def _noisy(self, image: Pixels, n: int) -> Pixels:
        """With a piece of the sheet, rows of all channels at once: OpenCV rounds and cuts off as it adds bytes."""
        start, result, shape = self.grain_at[n], self.room.beside(image), (self.side, 3 * self.side)
        piece = noise.grain()[start : start + image.size].reshape(shape)
        factor = 255 * float(self.plan.noise[n]) / noise.UNIT
        cv2.addWeighted(image.reshape(shape), 1, piece, factor, -noise.ZERO * factor, dst=result.reshape(shape))
        return result


def _reduced(plan: Plan) -> Numbers:
    """The homographies to the reduced images: x' = (x + 0.5) / k - 0.5."""
    maps = plan.homography.copy()
    share = 1 / plan.reduce
    maps[:, :2] = maps[:, :2] * share[:, :, None] + (share[:, :, None] / 2 - 0.5) * maps[:, 2:]
    return maps


def _mapped(image: Pixels, matrix: Numbers, room: _Room) -> Pixels:
    return np.asarray(cv2.transform(image, matrix, dst=room.beside(image)), np.uint8)


def _turned(share: Numbers) -> Pixels:
    """`adjust_hue` in steps of 1.4 degrees: what each hue becomes, N,256; OpenCV has 256 there, but 255 back."""
    return np.rint((_LEVELS + 256 * share[:, None]) % 256 * (255 / 256)).astype(np.uint8)


def _hue_moved(image: Pixels, turned: Pixels, room: _Room) -> Pixels:
    """Around the circle of HSV."""
    hsv = room.beside(image)
    cv2.cvtColor(image, cv2.COLOR_RGB2HSV_FULL, dst=hsv)
    cv2.extractChannel(hsv, 0, dst=room.one)
    cv2.insertChannel(cv2.LUT(room.one, turned, dst=room.turned), hsv, 0)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB_FULL, dst=room.beside(hsv)), np.uint8)


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
