"""Mixup and cutmix: a batch mixed with itself moved on by one image, as torchvision.transforms.v2 does.

Zhang et al. 2018 and Yun et al. 2019. Whether and how a batch is mixed follows from (recipe, seed, epoch, step).
"""

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast

import numpy as np
import numpy.typing as npt

from core.augment.draws import Parameter, uniforms
from core.recipe import Augment
from core.recipe.rules import OF_BATCHES

Samples = TypeVar("Samples")
Box = tuple[int, int, int, int]  # x, y, width, height


@dataclass(frozen=True)
class Mixing:
    """What happens to a batch: `share` is what each sample keeps of itself, the rest is its partner's.

    The partner of a sample is the one before it, of the first the last. `box` is what cutmix takes from the partner.
    """

    kind: Literal["mixup", "cutmix"]
    share: float
    box: Box = (0, 0, 0, 0)


def mixes(augment: Augment) -> bool:
    """Whether batches may be mixed."""
    return any(name in OF_BATCHES and kind.used for name, kind in augment.operations())


def draw_mixing(augment: Augment, seed: int, epoch: int, step: int, side: int) -> Mixing | None:
    """How the batch of `step` (from 1) is mixed; None where it is not. Of two kinds that both happen one is drawn."""
    places = enumerate(augment.operations())
    kinds = {place: name for place, (name, kind) in places if name in OF_BATCHES and kind.used}
    if not kinds:
        return None
    parts = (Parameter.MIX_KIND, Parameter.MIX_LAMBDA, Parameter.MIX_X, Parameter.MIX_Y)
    chances = [Parameter.CHANCE + place for place in kinds]
    which, level, x, y, *drawn = uniforms(seed, epoch, np.array([step], np.int64), [*parts, *chances])[:, 0].tolist()
    happens = [name for name, at in zip(kinds.values(), drawn, strict=True) if at < getattr(augment, name).probability]
    if not happens:
        return None
    name = happens[int(which * len(happens))]
    share = _beta(getattr(augment, name).alpha, level)
    return Mixing("mixup", share) if name == "mixup" else _cut(side, share, x, y)


def mixed(samples: Samples, mixing: Mixing) -> Samples:
    """`samples` [N,3,S,S], an array of NumPy or of torch on any device, mixed; they themselves stay as they are."""
    own: Any = samples
    partner = own[[len(own) - 1, *range(len(own) - 1)]]
    if mixing.kind == "mixup":
        return cast(Samples, own * mixing.share + partner * (1 - mixing.share))
    x, y, width, height = mixing.box
    new = own.copy() if isinstance(own, np.ndarray) else own.clone()
    new[:, :, y : y + height, x : x + width] = partner[:, :, y : y + height, x : x + width]
    return cast(Samples, new)


def soft_labels(labels: npt.NDArray[np.int64], classes: int, mixing: Mixing) -> npt.NDArray[np.float32]:
    """The share of each class in each sample: float32[N,classes] of `labels` int64[N]."""
    hard = np.eye(classes)[labels]
    return (hard * mixing.share + np.roll(hard, 1, 0) * (1 - mixing.share)).astype(np.float32)


def _beta(alpha: float, level: float) -> float:
    """The number below which Beta(alpha, alpha) lies with probability `level`."""
    from scipy.special import betaincinv  # a fifth of a second, for those who mix

    return float(betaincinv(alpha, alpha, level))


def _cut(side: int, share: float, x: float, y: float) -> Mixing:
    """A box of the area 1 - `share` about a point, cut at the edges; the share is then what is left outside it."""
    half = int(0.5 * math.sqrt(1 - share) * side)
    middle_x, middle_y = int(x * side), int(y * side)
    left, top = max(0, middle_x - half), max(0, middle_y - half)
    width, height = min(side, middle_x + half) - left, min(side, middle_y + half) - top
    return Mixing("cutmix", 1 - width * height / side**2, (left, top, width, height))
