"""The classifier finds what is there to find, and nothing where there is nothing."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from core.errors import Error
from core.synth.realism import LEAST, compare


def photos(count: int, seed: int, side: int = 64, blur: float = 2.0) -> npt.NDArray[np.uint8]:
    luck = np.random.default_rng(seed)
    coarse = luck.integers(0, 256, (count, 12, 12, 3), np.uint8)
    images = [cv2.GaussianBlur(cv2.resize(image, (side, side)), (0, 0), blur) for image in coarse]
    return np.stack(images).astype(np.uint8)


def test_the_same_kind_cannot_be_told_apart() -> None:
    assert compare(photos(150, 0), photos(150, 1), 0).accuracy == pytest.approx(0.5, abs=0.1)


def test_sharpness_gives_itself_away() -> None:
    found = compare(photos(100, 0), photos(100, 1, blur=0.3), 0)
    assert found.accuracy > 0.95
    real, synthetic = found.points[:100], found.points[100:]
    assert np.linalg.norm(real.mean(axis=0) - synthetic.mean(axis=0)) > real.std()


def test_chance_is_a_half_however_many_there_are_of_each() -> None:
    found = compare(photos(200, 0), photos(40, 1), 0)
    assert found.points.shape == (240, 2)
    assert found.accuracy == pytest.approx(0.5, abs=0.15)


def test_same_images_same_answer() -> None:
    first, second = (compare(photos(30, 0), photos(30, 1), 5) for _ in range(2))
    assert first.accuracy == second.accuracy
    assert (first.points == second.points).all()


@pytest.mark.parametrize("side", [16, 33, 128])
def test_any_size(side: int) -> None:
    assert 0 <= compare(photos(12, 0, side), photos(12, 1, side), 0).accuracy <= 1


def test_images_that_are_all_alike() -> None:
    flat = np.full((20, 32, 32, 3), 90, np.uint8)
    found = compare(flat, flat, 0)
    assert found.accuracy == 0.5
    assert np.isfinite(found.points).all()


@pytest.mark.parametrize(("real", "synthetic"), [(LEAST - 1, 50), (50, 0)])
def test_too_few(real: int, synthetic: int) -> None:
    with pytest.raises(Error, match="too few"):
        compare(photos(50, 0)[:real], photos(50, 1)[:synthetic], 0)
