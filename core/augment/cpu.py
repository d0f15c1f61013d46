"""Samples from pixels on the CPU: one affine map and one table of brightness per image, each applied once.

What happens to a sample follows from (recipe, seed, epoch, image id) alone, see `draws`. Rotation, shift and scale are
composed about the centre and resampled once, bilinear; what comes in from outside mirrors the edge, which keeps the
photo's texture where a flat colour would teach the network about frames. Brightness, contrast (about the image's mean
grey) and inversion are one linear map of the grey levels, clipped once; with the normalisation it becomes a table of
256 values a channel, so uint8 pixels turn into normalised float32 in a single pass.
"""

import cv2
import numpy as np
import numpy.typing as npt

from core import recipe
from core.augment.draws import Parameter, uniform

Pixels = npt.NDArray[np.uint8]
Sample = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
_GREY = np.array([0.299, 0.587, 0.114])
_LEVELS = np.arange(256) / 255

# Small images gain nothing from OpenCV's threads, which would compete with the network's.
cv2.setNumThreads(1)


def render(pixels: Pixels, ids: Ids, augment: recipe.Augment, seed: int, epoch: int) -> Sample:
    """The samples that epoch `epoch` (from 1) of training makes of `pixels` uint8[N,S,S,3] RGB with `ids` (N).

    Returns float32[N,3,S,S], normalised; in memory the channels come last, as convolutions on CPUs like it.
    """
    moved = _moved(pixels, _maps(pixels.shape[1], ids, augment, seed, epoch))
    tables = _tables(pixels, ids, augment, seed, epoch)
    sample = np.empty(pixels.shape, np.float32)
    for n in range(len(ids)):
        cv2.LUT(moved[n], tables[n], dst=sample[n])
    return sample.transpose(0, 3, 1, 2)


def evaluation(pixels: Pixels) -> Sample:
    """`pixels` uint8[N,S,S,3] RGB as float32[N,3,S,S], normalised only."""
    table = _normalised(_LEVELS[None])[0]
    sample = np.empty(pixels.shape, np.float32)
    for n in range(len(pixels)):
        cv2.LUT(pixels[n], table, dst=sample[n])
    return sample.transpose(0, 3, 1, 2)


def _maps(side: int, ids: Ids, augment: recipe.Augment, seed: int, epoch: int) -> Numbers | None:
    """The affine maps from output to input pixels, N,2,3; None where nothing moves."""
    if not (augment.rotation or augment.translate or augment.scale):
        return None

    def within(parameter: Parameter, bound: float) -> Numbers:
        return bound * (2 * uniform(seed, epoch, ids, parameter) - 1)

    angle = np.deg2rad(within(Parameter.ROTATION, augment.rotation))
    shrink = 1 / (1 + within(Parameter.SCALE, augment.scale))
    cosine, sine = shrink * np.cos(angle), shrink * np.sin(angle)
    centre = (side - 1) / 2
    x = centre + side * within(Parameter.SHIFT_X, augment.translate)
    y = centre + side * within(Parameter.SHIFT_Y, augment.translate)
    first = np.stack([cosine, -sine, centre - cosine * x + sine * y], axis=1)
    second = np.stack([sine, cosine, centre - sine * x - cosine * y], axis=1)
    return np.stack([first, second], axis=1)


def _moved(pixels: Pixels, maps: Numbers | None) -> Pixels:
    if maps is None:
        return pixels
    moved = np.empty_like(pixels)
    size = (pixels.shape[2], pixels.shape[1])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    for n in range(len(pixels)):
        cv2.warpAffine(pixels[n], maps[n], size, dst=moved[n], flags=flags, borderMode=cv2.BORDER_REFLECT_101)
    return moved


def _tables(pixels: Pixels, ids: Ids, augment: recipe.Augment, seed: int, epoch: int) -> Sample:
    """For each image what each grey level becomes in each channel, N,256,1,3."""
    brightness = 1 + augment.brightness * (2 * uniform(seed, epoch, ids, Parameter.BRIGHTNESS) - 1)
    contrast = 1 + augment.contrast * (2 * uniform(seed, epoch, ids, Parameter.CONTRAST) - 1)
    mean = np.array([cv2.mean(image)[:3] for image in pixels]).reshape(-1, 3) @ _GREY / 255
    # brightness first, then contrast about the brightened mean: c·(b·v − b·m) + b·m
    gain = brightness * contrast
    offset = brightness * mean * (1 - contrast)
    levels = np.clip(gain[:, None] * _LEVELS + offset[:, None], 0, 1)
    inverted = uniform(seed, epoch, ids, Parameter.INVERT) < augment.invert
    levels[inverted] = 1 - levels[inverted]
    return _normalised(levels)


def _normalised(levels: Numbers) -> Sample:
    """Levels N,256 in [0, 1] as tables N,256,1,3 for OpenCV, which takes channels from the last axis of three."""
    return np.asarray((levels[:, :, None, None] - MEAN) / STD, np.float32)
