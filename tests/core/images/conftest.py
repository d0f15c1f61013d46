"""Pictures of many sizes on disk, with the content hashes that the caches are keyed by."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

Pictures = tuple[NDArray[np.uint8], list[Path]]


def hash_of(path: Path) -> NDArray[np.uint8]:
    return np.frombuffer(hashlib.sha256(path.read_bytes()).digest(), dtype=np.uint8)


@pytest.fixture
def make_pictures(tmp_path: Path) -> Callable[[int], Pictures]:
    """`make_pictures(n)` writes n different PNGs; gives their hashes uint8[n,32] and their paths."""

    def make(count: int) -> Pictures:
        chance = np.random.default_rng(count)
        folder = tmp_path / "photos"
        folder.mkdir(exist_ok=True)
        files = [folder / f"{index:04}.png" for index in range(count)]
        for file in files:
            height, width = chance.integers(5, 90, 2)
            Image.fromarray(chance.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(file)
        return np.array([hash_of(file) for file in files], dtype=np.uint8).reshape(-1, 32), files

    return make
