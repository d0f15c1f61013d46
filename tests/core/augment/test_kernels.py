import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.augment.kernels import motion_kernel


@given(length=st.floats(0, 31), angle=st.floats(0, 2 * np.pi))
def test_a_path_is_even_and_centred(length: float, angle: float) -> None:
    kernel = motion_kernel(length, angle)
    assert kernel.dtype == np.float32
    assert kernel.shape == (len(kernel), len(kernel))
    assert len(kernel) % 2 == 1
    assert len(kernel) <= max(1, length + 2)
    assert kernel.min() >= 0
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(kernel, kernel[::-1, ::-1], atol=1e-7)


@pytest.mark.parametrize("angle", [0.0, 0.4, np.pi / 4, 2.0])
def test_up_to_one_px_nothing_moves(angle: float) -> None:
    assert motion_kernel(1, angle).tolist() == [[1]]
    assert motion_kernel(0, angle).tolist() == [[1]]


def test_all_px_of_a_path_along_an_axis_count_alike() -> None:
    across = motion_kernel(5, 0)
    np.testing.assert_allclose(across[2], 0.2, rtol=1e-6)
    assert across.sum() == pytest.approx(1)
    np.testing.assert_allclose(motion_kernel(5, np.pi / 2), across.T, atol=1e-6)
    np.testing.assert_allclose(motion_kernel(2, 0)[1], [0.25, 0.5, 0.25])


@pytest.mark.parametrize("angle", [0.2, 0.9, 1.3, 2.2, 3.0])
def test_a_path_has_its_direction_and_length(angle: float) -> None:
    length = 15.0
    kernel = motion_kernel(length, angle).astype(np.float64)
    y, x = np.mgrid[: len(kernel), : len(kernel)] - len(kernel) // 2
    up = -y
    spread = np.array([[(kernel * a * b).sum() for b in (x, up)] for a in (x, up)])
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-np.sin(angle), np.cos(angle)])
    assert along @ spread @ along == pytest.approx(length**2 / 12, rel=0.05)  # variance of an even distribution
    assert across @ spread @ across < 0.3


def test_kernels_change_by_little_where_the_nearer_axis_changes() -> None:
    below, above = motion_kernel(9, np.pi / 4 - 1e-6), motion_kernel(9, np.pi / 4 + 1e-6)
    np.testing.assert_allclose(below, above, atol=1e-5)
