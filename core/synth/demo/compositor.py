"""A digit stamp on a background, as a camera would have seen it.

Padding, one ink colour, rotation and the alpha threshold follow section 1 of the MNIST-W write-up. Beyond it the ink
keeps its distance from the background's brightness, and paint, light and lens vary by a `Look`.
All randomness comes in as draws: one row of numbers in [0, 1) per sample, so that any sample can be made again.
"""

import colorsys
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from core.augment.draws import uniform

Picture = npt.NDArray[np.float32]  # S,S,3 in [0, 255]
Plane = npt.NDArray[np.float32]  # S,S
Range = tuple[float, float]

CONTRAST = 80.0  # least distance in grey levels between the ink and the background below it
THRESHOLD = 20 / 255  # opacity up to here is not drawn
REFERENCE = 96  # px: lengths of a Look are told for pictures of this side
_NOISE_SIDE = 512
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_FIRST_PARAMETER, _NOISE_PARAMETER = 1000, 1100  # apart from augmentation's, which may use the same seed and ids


class D(IntEnum):
    """What each number of a sample's draws decides."""

    STAMP, BACKGROUND, CROP_SIDE, CROP_X, CROP_Y, FLIP = range(6)
    PADDING, ANGLE, SHIFT_X, SHIFT_Y, WEIGHT, OPACITY = range(6, 12)
    HUE, SATURATION, VALUE, SHADE, CONTRAST = range(12, 17)
    LIGHT_ANGLE, LIGHT, EXPOSURE, WARMTH, BLUR, MOTION, MOTION_ANGLE = range(17, 24)
    NOISE_X, NOISE_Y, NOISE = range(24, 27)


@dataclass(frozen=True, kw_only=True)
class Look:
    """The habits of one place, tool and camera. Ranges are drawn from evenly; lengths are px at 96 px."""

    hue: Range = (0, 360)  # degrees, may exceed 360
    saturation: Range = (0.0, 1.0)
    value: Range = (0.1, 1.0)
    light_ink: float = 0.5  # probability that ink is lighter than its background, where there is room for both
    opacity: Range = (0.9, 1.0)
    weight: Range = (0.30, 0.50)  # ink level where a stroke ends: low is bold, high is fine
    edge: float = 0.16  # softness of a stroke's edge in ink levels
    grain: float = 0.0  # share of the ink that a rough surface leaves out
    texture: float = 0.3  # how much the surface's own light and dark shows on the ink
    glow: float = 0.0  # light around the stroke, whose core turns white
    bevel: float = 0.0  # raised edges: light from the upper left, shade at the lower right
    shadow: float = 0.0  # darkness of a shadow beside the stroke
    exposure: Range = (0.9, 1.1)
    warmth: Range = (-0.03, 0.03)  # positive is warmer
    light: Range = (0.0, 0.25)  # falling off across the picture
    blur: Range = (0.2, 0.7)
    motion: Range = (0.0, 0.0)
    noise: Range = (1.0, 4.0)  # grey levels, standard deviation


def draw(seed: int, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """The draws of samples `ids`: float64[N, len(D)] in [0, 1)."""
    return np.stack([uniform(seed, 0, ids, _FIRST_PARAMETER + d) for d in D], axis=1)


def crop(
    photo: npt.NDArray[np.uint8], sides: Range, size: int, draws: npt.NDArray[np.float64]
) -> npt.NDArray[np.uint8]:
    """A drawn square of `photo` with a side within `sides` px (and the photo), mirrored half the time, at `size` px."""
    height, width = photo.shape[:2]
    side = min(int(_within(sides, draws[D.CROP_SIDE])), height, width)
    x, y = int(draws[D.CROP_X] * (width - side + 1)), int(draws[D.CROP_Y] * (height - side + 1))
    square = photo[y : y + side, x : x + side]
    square = square[:, ::-1] if draws[D.FLIP] < 0.5 else square
    method = cv2.INTER_CUBIC if side < size else cv2.INTER_AREA
    return np.asarray(cv2.resize(square, (size, size), interpolation=method), np.uint8)


def compose(
    stamp: npt.NDArray[np.uint8], background: npt.NDArray[np.uint8], look: Look, draws: npt.NDArray[np.float64]
) -> npt.NDArray[np.uint8]:
    """`stamp` uint8[h,h] inked on `background` uint8[S,S,3] in the manner of `look`: uint8[S,S,3]."""
    size = background.shape[0]
    noise = _noise_window(size, draws)
    surface = _grade(background.astype(np.float32), look, draws)
    mask = _mask(stamp, size, look, noise, draws)
    ink = _ink(surface, mask, look, draws)
    picture = _lay(surface, mask, ink, look)
    picture = _blur(picture * _light(size, look, draws)[..., None], look, draws)
    picture = picture + noise * np.float32(_within(look.noise, draws[D.NOISE]))
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def _grade(surface: Picture, look: Look, draws: npt.NDArray[np.float64]) -> Picture:
    warmth = _within(look.warmth, draws[D.WARMTH])
    gains = np.array([1 + warmth, 1, 1 - warmth], np.float32) * np.float32(_within(look.exposure, draws[D.EXPOSURE]))
    return np.clip(surface * gains, 0, 255)


def _mask(stamp: npt.NDArray[np.uint8], size: int, look: Look, noise: Picture, draws: npt.NDArray[np.float64]) -> Plane:
    """The stamp's opacity, placed: padding of 10 to 30 of 128 px, turned by up to 10 degrees either way."""
    padding = int(10 + 21 * draws[D.PADDING]) * size / 128
    scale = (size - 2 * padding) / stamp.shape[0]
    place = cv2.getRotationMatrix2D((stamp.shape[1] / 2, stamp.shape[0] / 2), 20 * draws[D.ANGLE] - 10, scale)
    place[:, 2] = place[:, 2] + (size - stamp.shape[0]) / 2 + (draws[[D.SHIFT_X, D.SHIFT_Y]] - 0.5) * padding
    placed = cv2.warpAffine(stamp.astype(np.float32) / 255, place, (size, size), flags=cv2.INTER_LINEAR)
    middle = _within(look.weight, draws[D.WEIGHT])
    ramp = np.clip((placed - (middle - look.edge)) / (2 * look.edge), 0, 1)
    mask = ramp * ramp * (3 - 2 * ramp)
    if look.grain:
        rough = _soft(noise[..., 0], 0.9 * size / REFERENCE) * 2
        mask *= np.clip(1 - look.grain * (0.4 + 0.6 * rough), 0.35, 1)
    mask *= _within(look.opacity, draws[D.OPACITY])
    return np.where(mask > THRESHOLD, mask, 0).astype(np.float32)


def _ink(surface: Picture, mask: Plane, look: Look, draws: npt.NDArray[np.float64]) -> Picture:
    """One drawn colour, made lighter or darker until it stands off the background under it."""
    luma_below, near = surface @ _LUMA, _soft(mask, 4 * surface.shape[0] / REFERENCE) + 1e-6
    below = float(np.average(luma_below, weights=near))
    spread = float(np.sqrt(np.average((luma_below - below) ** 2, weights=near)))
    hue = _within(look.hue, draws[D.HUE]) % 360 / 360
    saturation, value = _within(look.saturation, draws[D.SATURATION]), _within(look.value, draws[D.VALUE])
    color = np.array(colorsys.hsv_to_rgb(hue, saturation, value), np.float32) * 255
    distance = CONTRAST + spread + 40 * draws[D.CONTRAST]
    roomy_above, roomy_below = below + distance <= 245, below - distance >= 10
    lighter = draws[D.SHADE] < look.light_ink if roomy_above and roomy_below else below < 127.5
    luma = float(color @ _LUMA)
    if lighter and luma < below + distance:
        goal = min(below + distance, 250)
        color += (255 - color) * np.float32((goal - luma) / (255 - luma))
    if not lighter and luma > below - distance:
        color *= np.float32(max(below - distance, 5) / luma)
    relief = (luma_below - below) * look.texture
    return np.clip(color + relief[..., None], 0, 255)


def _lay(surface: Picture, mask: Plane, ink: Picture, look: Look) -> Picture:
    px = surface.shape[0] / REFERENCE
    if look.shadow:
        fallen = _moved(_soft(mask, 1.6 * px), 2.0 * px)
        surface = surface * (1 - np.float32(look.shadow) * fallen[..., None])
    if look.glow:
        halo = np.float32(look.glow) * _soft(mask, 5 * px)
        surface = surface + (255 - surface) * halo[..., None] * (ink / np.float32(255))
        core = np.float32(0.8 * look.glow) * np.power(_soft(mask, 1.5 * px), np.float32(4))
        ink = np.asarray(ink + (255 - ink) * core[..., None], np.float32)
    if look.bevel:
        soft = _soft(mask, 2 * px)
        slope = (_moved(soft, -1.5 * px) - _moved(soft, 1.5 * px)) * 255 * look.bevel
        ink = np.clip(ink + slope[..., None], 0, 255)
    return np.asarray(surface * (1 - mask[..., None]) + ink * mask[..., None], np.float32)


def _soft(array: Plane, sigma: float) -> Plane:
    return np.asarray(cv2.GaussianBlur(array, (0, 0), sigma), np.float32)


def _moved(plane: Plane, by: float) -> Plane:
    step = np.array([[1, 0, by], [0, 1, by]], np.float32)
    return np.asarray(cv2.warpAffine(plane, step, plane.shape), np.float32)


def _light(size: int, look: Look, draws: npt.NDArray[np.float64]) -> Plane:
    """Brightness falling off across the picture in a drawn direction, 1 on average."""
    angle = 2 * np.pi * draws[D.LIGHT_ANGLE]
    line = np.linspace(-1, 1, size, dtype=np.float32)
    slope = np.float32(np.cos(angle)) * line[None, :] + np.float32(np.sin(angle)) * line[:, None]
    return np.asarray(1 + np.float32(_within(look.light, draws[D.LIGHT])) * slope, np.float32)


def _blur(picture: Picture, look: Look, draws: npt.NDArray[np.float64]) -> Picture:
    px = picture.shape[0] / REFERENCE
    picture = _soft(picture, max(_within(look.blur, draws[D.BLUR]) * px, 0.1))
    length = _within(look.motion, draws[D.MOTION]) * px
    if length < 1:
        return picture
    side = 2 * int(length / 2 + 1) + 1
    angle = np.pi * draws[D.MOTION_ANGLE]
    reach = length / 2 * np.array([np.cos(angle), np.sin(angle)])
    kernel = np.zeros((side, side), np.float32)
    for t in np.linspace(-1, 1, 4 * side):
        x, y = np.rint(side // 2 + t * reach).astype(int)
        kernel[y, x] = 1
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), np.float32)


def _noise_window(size: int, draws: npt.NDArray[np.float64]) -> Picture:
    """A drawn window of one sheet of normal noise: S,S,3 with mean 0 and standard deviation 1."""
    sheet = _noise_sheet(max(_NOISE_SIDE, 2 * size))
    room = sheet.shape[0] - size + 1
    x, y = int(draws[D.NOISE_X] * room), int(draws[D.NOISE_Y] * room)
    return sheet[y : y + size, x : x + size]


@lru_cache(maxsize=2)
def _noise_sheet(side: int) -> Picture:
    ids = np.arange(side * side * 3, dtype=np.int64)
    radius = np.sqrt(-2 * np.log(1 - uniform(0, 0, ids, _NOISE_PARAMETER)))
    angle = 2 * np.pi * uniform(0, 0, ids, _NOISE_PARAMETER + 1)
    sheet: Picture = (radius * np.cos(angle)).reshape(side, side, 3).astype(np.float32)
    return sheet


def _within(bounds: Range, draw: float) -> float:
    return bounds[0] + (bounds[1] - bounds[0]) * float(draw)
