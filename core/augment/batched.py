"""A plan rendered with torch on CUDA, MPS or the CPU, a batch at once.

It makes what the OpenCV renderer makes of the same plan: levels are whole numbers from step to step, as 8 bits would
hold them, and differ by rounding. Apart from the drawn corner of the noise nothing here is random, and no step asks the
device for an answer, so that the program runs ahead of it.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from core.augment import noise
from core.augment.batched_filters import blurred, each, moved_while_exposed, sharpened, whole
from core.augment.batched_jpeg import jpeg_artefacts
from core.augment.normalize import NORMALIZATIONS
from core.augment.plan import Flags, Numbers, Plan

_GREY = (0.299, 0.587, 0.114)
_HORIZON = 1e-6  # nearest to 0 that the denominator of a perspective comes


@torch.no_grad()
def render(stored: Tensor, plan: Plan, normalize: str) -> Tensor:
    """The samples of `plan` made of `stored` uint8[N,H,W,3]: normalised float32[N,3,S,S] on its device, channels last.

    `normalize` names an entry of NORMALIZATIONS.
    """
    levels = _placed(stored, plan)
    for needed, step in _STEPS:
        levels = _where(needed(plan), levels, plan, step)
    mean, std = (torch.tensor(row, device=levels.device)[:, None, None] for row in NORMALIZATIONS[normalize])
    sample = (levels / 255).sub_(mean).div_(std)
    grey = torch.zeros_like(mean)
    fill = grey if plan.fill == "grey" else -mean / std
    sample = _where(plan.erase[:, 2] > 0, sample, plan, lambda some, rows: _erased(some, rows, fill))
    return sample.contiguous(memory_format=torch.channels_last)


def _where(chosen: Flags, levels: Tensor, plan: Plan, step: Callable[[Tensor, Plan], Tensor]) -> Tensor:
    """`levels` with `step` applied to the chosen samples only, in place."""
    if not chosen.any():
        return levels
    if chosen.all():
        return step(levels, plan)
    rows = np.flatnonzero(chosen)
    at = torch.from_numpy(rows).to(levels.device)
    levels[at] = step(levels[at], plan.rows(rows))
    return levels


def _placed(stored: Tensor, plan: Plan) -> Tensor:
    """The geometry: whole levels float32[N,3,S,S] in a tensor of their own."""
    side = plan.side
    still = (plan.reduce == 1).all() and np.allclose(plan.homography, np.eye(3), rtol=0, atol=1e-9)
    if still and stored.shape[1:3] == (side, side):
        return _as_levels(stored)
    factors = {(across, down) for across, down in plan.reduce.tolist()}
    if len(factors) == 1:
        return _sampled(_reduced(stored, *factors.pop()), plan)
    placed = torch.empty((len(plan), 3, side, side), device=stored.device)
    for across, down in factors:
        rows = np.flatnonzero((plan.reduce == (across, down)).all(axis=1))
        at = torch.from_numpy(rows).to(stored.device)
        placed[at] = _sampled(_reduced(stored[at], across, down), plan.rows(rows))
    return placed


def _as_levels(stored: Tensor) -> Tensor:
    return stored.permute(0, 3, 1, 2).to(torch.float32, memory_format=torch.contiguous_format, copy=True)


def _reduced(stored: Tensor, across: int, down: int) -> Tensor:
    """Box means of `across` x `down` px as whole levels float32[N,3,h,w]; what is left over at the ends is cut off."""
    if across == down == 1:
        return _as_levels(stored)
    height, width = stored.shape[1] // down * down, stored.shape[2] // across * across
    sums = functional.avg_pool2d(_as_levels(stored[:, :height, :width]), (down, across), divisor_override=1)
    if across == down == 2:
        return sums.add_(2).div_(4).floor_()  # OpenCV rounds halves up here and to even elsewhere
    return whole(sums * (1 / (across * down)))


def _sampled(levels: Tensor, plan: Plan) -> Tensor:
    """Bilinear samples at the places of the plan, in which images are `levels` [N,3,h,w] after its reduction."""
    height, width = levels.shape[2:]
    maps = _reduction(plan) @ plan.homography
    x, y, z = (_plane(maps[:, row], plan.side, levels) for row in range(3))  # N,S,S each
    if (maps[:, 2] != (0, 0, 1)).any():
        z = torch.where(z.abs() < _HORIZON, torch.full_like(z, _HORIZON), z)
        x, y = x / z, y / z
    places = [2 * (_inside(place, size, plan.border) + 0.5) / size - 1 for place, size in ((x, width), (y, height))]
    grid = torch.stack(places, dim=-1)
    return whole(functional.grid_sample(levels, grid, padding_mode="zeros", align_corners=False))


def _reduction(plan: Plan) -> Numbers:
    """The maps from stored to reduced images, N,3,3: x' = (x + 0.5) / k - 0.5."""
    maps = np.tile(np.eye(3), (len(plan), 1, 1))
    for axis in range(2):
        maps[:, axis, axis] = 1 / plan.reduce[:, axis]
        maps[:, axis, 2] = 0.5 / plan.reduce[:, axis] - 0.5
    return maps


def _plane(row: Numbers, side: int, like: Tensor) -> Tensor:
    """a x + b y + c at all px of the samples, float32[N,S,S]; `row` N,3."""
    a, b, c = each(row.T.reshape(-1), like)[..., 0].view(3, -1, 1, 1).unbind(0)
    places = torch.arange(side, device=like.device, dtype=torch.float32)
    return a * places + (b * places[:, None] + c)


def _inside(place: Tensor, size: int, border: str) -> Tensor:
    """Coordinates outside an image of `size` px as those of the px that the border shows; black begins one px off."""
    if border == "black":
        return place.clamp(-1, size)
    if border == "mirror":
        period = torch.remainder(place + 0.5, 2 * size)
        place = torch.minimum(period, 2 * size - period) - 0.5
    return place.clamp(0, size - 1)


def _coloured(levels: Tensor, plan: Plan) -> Tensor:
    """Brightness, contrast and saturation; grayscale and negative too where no hue comes between."""
    own = plan.saturation * plan.contrast * plan.brightness
    grey = (1 - plan.saturation) * plan.contrast * plan.brightness
    mean = (1 - plan.contrast) * plan.brightness
    last = plan.hue == 0
    return _mixed(levels, own, grey, mean, plan.grayscale & last, plan.invert & last)


def _finished(levels: Tensor, plan: Plan) -> Tensor:
    """Grayscale and negative after the hue."""
    one, zero = np.ones(len(plan)), np.zeros(len(plan))
    return _mixed(levels, one, zero, zero, plan.grayscale, plan.invert)


def _mixed(levels: Tensor, own: Numbers, grey: Numbers, mean: Numbers, grayscale: Flags, invert: Flags) -> Tensor:
    """own * level + grey * the pixel's grey + mean * the sample's mean grey, made grey and negative where flagged."""
    own, grey = np.where(grayscale, 0, own), np.where(grayscale, own + grey, grey)
    sign = np.where(invert, -1, 1)
    own, grey, mean, start = own * sign, grey * sign, mean * sign, np.where(invert, 255, 0)
    total = levels * each(own, levels)
    if grey.any() or mean.any():
        red, green, blue = levels.chunk(3, dim=1)
        greys = _GREY[0] * red + _GREY[1] * green + _GREY[2] * blue  # N,1,S,S
        total += greys * each(grey, levels) + greys.mean(dim=(2, 3), keepdim=True) * each(mean, levels)
    return whole(total.add_(each(start, levels)))


def _turned_hue(levels: Tensor, plan: Plan) -> Tensor:
    """torchvision's `adjust_hue` in the steps of OpenCV's `COLOR_RGB2HSV_FULL`, whose tables have 12 binary places.

    To HSV, OpenCV parts the circle into 256 steps, but back into 255.
    """
    value, least = levels.amax(dim=1), levels.amin(dim=1)
    chroma = value - least
    red, green, blue = levels.unbind(1)
    of_red, of_green, of_blue = green - blue, blue - red + 2 * chroma, red - green + 4 * chroma
    sixths = torch.where(value == red, of_red, torch.where(value == green, of_green, of_blue))
    step = torch.round((256 << 12) / (6 * chroma.clamp(min=1)))
    hue = torch.floor((sixths * step + 2048) / 4096)
    share = torch.round((255 << 12) / value.clamp(min=1))
    saturation = torch.floor((chroma * share + 2048) / 4096) / 255
    hue = torch.round(torch.remainder(hue + each(256 * plan.hue, levels)[:, 0], 256) * (255 / 256))
    channels = []
    for begin in (5, 3, 1):  # red, green, blue: v - v s max(0, min(k, 4 - k, 1)) with k = begin + hue mod 6
        place = torch.remainder(begin + hue * (6 / 255), 6)
        channels.append(value - value * saturation * torch.minimum(place, 4 - place).clamp_(0, 1))
    return _finished(whole(torch.stack(channels, dim=1)), plan)


def _noisy(levels: Tensor, plan: Plan) -> Tensor:
    """Pieces of the noise sheet added."""
    starts = torch.from_numpy(noise.starts(plan.noise_at)).to(levels.device)
    places = torch.arange(3 * plan.side**2, device=levels.device)
    pieces = _grain(levels.device)[starts[:, None] + places].view(-1, plan.side, plan.side, 3).permute(0, 3, 1, 2)
    return whole(levels + pieces * each(255 * plan.noise / noise.UNIT, levels))


@lru_cache(maxsize=2)
def _grain(device: torch.device) -> Tensor:
    return torch.from_numpy(noise.grain()).to(device).to(torch.float32) - noise.ZERO


def _compressed(levels: Tensor, plan: Plan) -> Tensor:
    return jpeg_artefacts(levels, plan.jpeg)


def _erased(sample: Tensor, plan: Plan, fill: Tensor) -> Tensor:
    places = torch.arange(plan.side, device=sample.device)
    x, y, width, height = torch.from_numpy(plan.erase.T.copy()).to(sample.device)[..., None]  # N,1 each
    columns, rows = (places >= x) & (places < x + width), (places >= y) & (places < y + height)
    return torch.where((rows[:, :, None] & columns[:, None, :])[:, None], fill, sample)


def _needs_colour(plan: Plan) -> Flags:
    jittered = (plan.brightness != 1) | (plan.contrast != 1) | (plan.saturation != 1)
    return np.asarray(jittered | ((plan.hue == 0) & (plan.grayscale | plan.invert)))


# In the order of happening: to which samples of a plan, and what. All leave whole levels.
_STEPS: tuple[tuple[Callable[[Plan], Flags], Callable[[Tensor, Plan], Tensor]], ...] = (
    (_needs_colour, _coloured),
    (lambda plan: plan.hue != 0, _turned_hue),
    (lambda plan: plan.sharpness != 1, sharpened),
    (lambda plan: plan.blur > 0, blurred),
    (lambda plan: plan.motion > 1, moved_while_exposed),
    (lambda plan: plan.noise > 0, _noisy),
    (lambda plan: plan.jpeg > 0, _compressed),
)
