"""How much memory this process holds, and how much more while it makes many samples."""

import gc
import os
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks import table_one
from core.augment import sample
from core.recipe import change

SIDE = 16  # px, the smallest: a million of them take minutes
_BATCH = 256
_STATUS = Path("/proc/self/statm")


def growth(photos: npt.NDArray[np.uint8], count: int) -> float | None:
    """MiB by which `count` samples of SIDE px let the process grow after the first tenth; None off Linux."""
    if not _STATUS.is_file():
        return None
    recipe = change(table_one.recipe(), {"data.image_size": SIDE, "data.stored_size": 2 * SIDE})
    small = [cv2.resize(photo, (2 * SIDE, 2 * SIDE), interpolation=cv2.INTER_AREA) for photo in photos]
    stored = np.stack([small[n % len(small)] for n in range(_BATCH)])
    labels = np.arange(_BATCH) % len(table_one.CLASSES)
    steps = max(10, count // _BATCH)
    begun = 0.0
    for step in range(steps):
        if step == steps // 10:
            begun = resident()
        ids = np.arange(step * _BATCH, (step + 1) * _BATCH) + 1
        sample.samples(stored, ids, labels, table_one.CLASSES, recipe, 1)
    return round(resident() - begun, 1)


def resident() -> float:
    """MiB of memory that are in use now."""
    gc.collect()
    return int(_STATUS.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
