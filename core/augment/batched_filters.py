"""Sharpness, Gaussian and motion blur of a batch, each sample with its own numbers.

All take and return whole levels float32[N,3,H,W] in 0..255 in a tensor of their own, and read the numbers of their
operation from the plan of these N samples. Blurs mirror the image about its edge pixels (cb|abc).
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from core.augment.kernels import motion_kernel
from core.augment.plan import Plan


def whole(levels: Tensor) -> Tensor:
    """Levels rounded and limited as 8 bits would, in place."""
    return levels.round_().clamp_(0, 255)


def each(numbers: npt.ArrayLike, like: Tensor) -> Tensor:
    """One number per sample (N) as float32[N,1,1,1] on the device of `like`."""
    return torch.from_numpy(np.asarray(numbers, np.float32)).to(like.device)[:, None, None, None]


def sharpened(levels: Tensor, plan: Plan) -> Tensor:
    """torchvision's `adjust_sharpness`: away from a mean with weight 5 for the centre and 1 around; the rim stays."""
    if min(levels.shape[2:]) < 3:
        return levels
    inner = levels[:, :, 1:-1, 1:-1]
    smooth = (functional.avg_pool2d(levels, 3, stride=1) * 9 + 4 * inner) / 13
    sharp = levels.clone()
    sharp[:, :, 1:-1, 1:-1] = smooth + each(plan.sharpness, levels) * (inner - smooth)
    return whole(sharp)


def blurred(levels: Tensor, plan: Plan) -> Tensor:
    """torchvision's `gaussian_blur`, across and then down; sums of shifted images are exact on every device."""
    places = np.arange(plan.kernel) - plan.kernel // 2
    weights = np.exp(-0.5 * (places / plan.blur[:, None]) ** 2)  # N,k
    weights /= weights.sum(axis=1, keepdims=True)
    height, width = levels.shape[2:]
    wide = levels.index_select(3, _mirrored(width, plan.kernel // 2, levels))
    across = torch.zeros_like(levels)
    for place in range(plan.kernel):
        across.addcmul_(wide[..., place : place + width], each(weights[:, place], levels))
    tall = across.index_select(2, _mirrored(height, plan.kernel // 2, levels))
    down = torch.zeros_like(levels)
    for place in range(plan.kernel):
        down.addcmul_(tall[:, :, place : place + height], each(weights[:, place], levels))
    return whole(down)


def moved_while_exposed(levels: Tensor, plan: Plan) -> Tensor:
    """Each sample smeared along its `motion_kernel`, with one depthwise convolution for all."""
    kernels = [motion_kernel(*numbers) for numbers in zip(plan.motion, plan.motion_angle, strict=True)]
    reach = max(len(kernel) for kernel in kernels) // 2
    rooms = [np.pad(kernel, reach - len(kernel) // 2) for kernel in kernels]
    weights = torch.from_numpy(np.stack(rooms)).to(levels.device).repeat_interleave(3, dim=0)
    count, _, height, width = levels.shape
    mirrored = levels.index_select(2, _mirrored(height, reach, levels)).index_select(3, _mirrored(width, reach, levels))
    smeared = functional.conv2d(mirrored.flatten(0, 1)[None], weights[:, None], groups=3 * count)
    return whole(smeared.view(levels.shape))


def _mirrored(size: int, reach: int, like: Tensor) -> Tensor:
    """Which of `size` places stands at each place from -reach to size - 1 + reach, mirrored about the ends."""
    period = max(1, 2 * (size - 1))
    places = np.abs(np.arange(-reach, size + reach)) % period
    return torch.from_numpy(np.where(places < size, places, period - places)).to(like.device)
