from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from core.augment.plan import Plan
from core.augment.planning import make_plan
from core.recipe import Augment

SIDE = 64
Planner = Callable[..., Plan]


@pytest.fixture
def photo() -> Callable[..., npt.NDArray[np.uint8]]:
    """A colourful image as smooth as a photo: uint8[height,width,3]."""

    def make(width: int = SIDE, height: int = SIDE, seed: int = 0) -> npt.NDArray[np.uint8]:
        coarse = np.random.default_rng(seed).integers(0, 256, (height // 6 + 2, width // 6 + 2, 3), dtype=np.uint8)
        return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)

    return make


@pytest.fixture
def planned() -> Planner:
    """The plan of samples of 64 px with nothing but the operations that are given as dictionaries of their settings."""

    def make(*sizes: tuple[int, int], label: int = 0, classes: tuple[str, ...] = ("0",), **operations: Any) -> Plan:
        values = Augment.none().model_dump()
        for name, settings in operations.items():
            if isinstance(settings, dict):
                values[name] |= {"enabled": True, "probability": 1.0} | settings
            else:
                values[name] = settings
        count = len(sizes or [1])
        return make_plan(
            Augment.model_validate(values),
            SIDE,
            np.array(sizes or [(SIDE, SIDE)]),
            np.arange(count),
            np.full(count, label),
            classes,
            seed=0,
            epoch=1,
        )

    return make
