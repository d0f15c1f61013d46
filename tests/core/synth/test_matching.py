"""Softness and grain are measured as they were made."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from core.synth.matching import grain, softness


def edges(sigma: float, noise: float = 0.0) -> npt.NDArray[np.uint8]:
    """Slanted edges, drawn eight times as large, blurred by `sigma` px, with noise on top."""
    y, x = np.mgrid[:1024, :1024] / 8
    drawn = 60 + 130 * ((0.9 * x + 0.4 * y) % 60 < 30)
    plane = cv2.resize(drawn.astype(np.float32), (128, 128), interpolation=cv2.INTER_AREA)
    plane = cv2.GaussianBlur(plane, (0, 0), sigma) if sigma else plane
    return np.clip(np.rint(plane + np.random.default_rng(0).normal(0, noise, plane.shape)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("sigma", [1.0, 1.5, 2.0, 3.0, 4.0])
@pytest.mark.parametrize("noise", [0.0, 3.0, 6.0])
def test_softness_is_the_blur_of_the_edges(sigma: float, noise: float) -> None:
    plane = edges(sigma, noise)
    assert softness(plane, grain(plane)) == pytest.approx(sigma, rel=0.2)


@pytest.mark.parametrize("noise", [0.0, 4.0])
def test_sharp_edges_are_sharp(noise: float) -> None:
    plane = edges(0, noise)
    assert softness(plane, grain(plane)) < 0.4


def test_nothing_to_see_is_no_softness() -> None:
    assert softness(np.full((64, 64), 90, np.uint8)) == 0
    assert softness(np.tile(np.linspace(100, 120, 64).astype(np.uint8), (64, 1))) == 0  # a sky
    assert softness(np.zeros((5, 200), np.uint8)) == 0


@pytest.mark.parametrize("sigma", [1.0, 2.0, 5.0, 12.0])
@pytest.mark.parametrize("blur", [0.0, 2.0])
def test_grain_is_the_deviation_of_the_noise(sigma: float, blur: float) -> None:
    assert grain(edges(blur, sigma)) == pytest.approx(sigma, rel=0.2, abs=0.3)


def test_no_grain() -> None:
    assert grain(edges(0)) < 0.3
    assert grain(np.full((40, 40), 7, np.uint8)) < 0.1
    assert grain(np.zeros((2, 2), np.uint8)) == 0
