"""How many images a step takes where the recipe leaves it open: a power of two that the memory holds.

On a GPU it is tried out with the real network; elsewhere what a step costs is estimated, because a system that runs
out of memory does not say so: it slows down or kills.
"""

import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from core.models import registry
from core.models.capacity import capacity
from core.recipe import Recipe, change
from core.train.batches import Batch, Images
from core.train.device import Device
from core.train.failures import out_of_memory
from core.train.learner import Learner
from core.train.selection import Chosen

LEAST, MOST, MOST_ON_CUDA = 8, 128, 1024  # images
_SHARE_OF_IMAGES = 10  # so that an epoch has ten steps at least
_SHARE, _SHARE_ON_CUDA = 0.5, 0.8  # of the free memory: other programs want some, and a GPU also holds images
_MOMENTARY = 1.5  # what single operations need on top of the estimate, about
_CAREFUL = 2 << 30  # bytes, where a system tells nothing
_MEMINFO = Path("/proc/meminfo")
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))  # of a container


@dataclass(frozen=True)
class Size:
    """The images of a step, and why so many, in words."""

    images: int
    reason: str


def batch_size(recipe: Recipe, train: Chosen, device: Device) -> Size:
    """The batch size of a run with `recipe` on the images `train`, which need not be readable yet."""
    most = MOST_ON_CUDA if device.kind == "cuda" else MOST
    tenth = (len(train) + recipe.synth.count) // _SHARE_OF_IMAGES
    wanted = min(most, max(LEAST, _power_of_two(tenth)))
    held = tried(recipe, train, device.name, wanted) if device.kind == "cuda" else estimated(recipe, train, wanted)
    if held == LEAST:
        return Size(held, "the least that is chosen")
    if held < wanted:
        return Size(held, "what the free memory holds")
    return Size(held, "no more than a tenth of the training images" if wanted < most else "the most that is chosen")


def estimated(recipe: Recipe, train: Chosen, most: int) -> int:
    """At most `most` images whose step takes no more than half of the free memory by what the network costs."""
    cost = capacity(
        recipe.model, len(train.classes), recipe.data.image_size, most, recipe.optim.method, recipe.compute.precision
    )
    room = free_memory() * _SHARE - cost.weight_bytes
    each = _MOMENTARY * cost.activation_bytes / most
    return min(most, max(LEAST, _power_of_two(int(room // each))))


def tried(recipe: Recipe, train: Chosen, device: str, most: int) -> int:
    """At most `most` images with which a step works and leaves a fifth of the device's free memory."""
    model = registry.build(recipe.model, len(train.classes), recipe.seed)
    learner = Learner(change(recipe, {"compute.compile": False}), model, _unread(train), device)
    learner.train_mode()
    room, label = _free_on(device) * _SHARE_ON_CUDA, int(train.label[0])
    size = LEAST
    while size < most and _fits(learner, 2 * size, label, room):
        size *= 2
    del model, learner
    _release(device)
    return size


def free_memory() -> int:
    """Bytes of the computer's memory that are free, or that a container may have; a careful guess where unknown."""
    return min([_of_system(), *filter(None, map(_limit, _LIMITS))])


def _of_system() -> int:
    if _MEMINFO.is_file():
        lines = dict(line.split(":", 1) for line in _MEMINFO.read_text().splitlines() if ":" in line)
        if "MemAvailable" in lines:
            return int(lines["MemAvailable"].split()[0]) * 1024
    names = getattr(os, "sysconf_names", {})  # Windows has none
    if "SC_PHYS_PAGES" in names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    return _CAREFUL


def _limit(file: Path) -> int | None:
    text = file.read_text().strip() if file.is_file() else ""
    return int(text) if text.isdigit() else None  # "max" where there is no limit


def _fits(learner: Learner, size: int, label: int, room: float) -> bool:
    """Whether a step of `size` images of class `label` works at once and takes no more than `room` bytes."""
    side, on_cuda = learner.recipe.data.image_size, learner.device.startswith("cuda")
    at = np.zeros(size, np.int64)
    before = torch.cuda.memory_allocated(learner.device) if on_cuda else 0
    try:
        batch = Batch(torch.zeros(size, 3, side, side), torch.full((size,), label), at, at)
        learner.step(batch.on(learner.device), rate=0.0, seed=0, epoch=1, step=1)
    except (RuntimeError, MemoryError) as problem:
        if not out_of_memory(problem):
            raise
        return False
    finally:
        learner.tally.reset()
    taken = torch.cuda.max_memory_allocated(learner.device) - before if on_cuda else 0
    return learner.parts == 1 and taken <= room


def _unread(train: Chosen) -> Images:
    """What the learner asks of training images: all but their pixels."""
    return Images(train, np.zeros((0, 0, 0, 3), np.uint8), np.zeros(0, np.int64))


def _free_on(device: str) -> float:
    """Bytes of a GPU that are free, those that PyTorch holds in reserve included."""
    if not device.startswith("cuda"):
        return math.inf
    reserve = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return torch.cuda.mem_get_info(device)[0] + reserve


def _release(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)


def _power_of_two(number: int) -> int:
    """The largest that is not above `number`; 1 where there is none."""
    return 1 << number.bit_length() - 1 if number > 0 else 1
