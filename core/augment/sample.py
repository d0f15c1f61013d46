"""Samples as training sees them. Training, previews and replays all call `samples`: what you see is what is learnt."""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.augment import cpu
from core.augment.plan import Plan
from core.augment.planning import make_plan
from core.recipe import Recipe

Ids = npt.NDArray[np.int64]


def plan_samples(
    stored: Sequence[npt.NDArray[np.uint8]] | npt.NDArray[np.uint8],
    ids: Ids,
    labels: Ids,
    classes: Sequence[str],
    recipe: Recipe,
    epoch: int,
) -> Plan:
    """What epoch `epoch` (from 1) of `recipe` does to the stored images uint8[H,W,3] of `ids` (N), see `make_plan`."""
    if isinstance(stored, np.ndarray):
        sizes = np.full((len(stored), 2), stored.shape[2:0:-1])
    else:
        sizes = np.array([(image.shape[1], image.shape[0]) for image in stored], np.int64).reshape(-1, 2)
    return make_plan(recipe.augment, recipe.data.image_size, sizes, ids, labels, classes, recipe.seed, epoch)


def samples(
    stored: Sequence[npt.NDArray[np.uint8]] | npt.NDArray[np.uint8],
    ids: Ids,
    labels: Ids,
    classes: Sequence[str],
    recipe: Recipe,
    epoch: int,
) -> tuple[npt.NDArray[np.float32], Plan]:
    """The samples float32[N,3,S,S] of an epoch, normalised, and the plan that they follow."""
    plan = plan_samples(stored, ids, labels, classes, recipe, epoch)
    return cpu.render(stored, plan, recipe.data.normalize), plan


def digest(sample: npt.NDArray[np.float32]) -> str:
    """Sixteen letters that differ as soon as one number of a sample float32[3,S,S] does."""
    return hashlib.sha256(np.ascontiguousarray(sample).tobytes()).hexdigest()[:16]
