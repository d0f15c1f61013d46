import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.augment import draws
from core.synth.layout import D

IDS = np.arange(20_000, dtype=np.int64)


def test_draws_are_uniform_and_independent_of_each_other() -> None:
    first = draws.uniform(0, 1, IDS, 10)
    assert first.min() >= 0
    assert first.max() < 1
    assert np.histogram(first, 20, (0, 1))[0].std() < 60  # 32 expected of a fair draw
    for other in (draws.uniform(1, 1, IDS, 10), draws.uniform(0, 2, IDS, 10), draws.uniform(0, 1, IDS, 11)):
        assert abs(np.corrcoef(first, other)[0, 1]) < 0.03
    assert abs(np.corrcoef(first[:-1], first[1:])[0, 1]) < 0.03


@pytest.mark.parametrize(("seed", "epoch", "sign"), [(0, 1, 1), (2**63 - 1, 10_000, 1), (0, 0, -1)])
def test_no_two_decisions_about_a_sample_or_its_neighbour_go_together(seed: int, epoch: int, sign: int) -> None:
    tried = [first + n for first in (200, 220, 240, 260) for n in range(10)]
    numbers = [*range(56), *range(100, 120), *tried, *D, *range(D.PERSPECTIVE, D.PERSPECTIVE + 8)]
    found = draws.uniforms(seed, epoch, sign * (1 + IDS), sorted(set(numbers)))
    counts = np.stack([np.bincount((row * 20).astype(np.int64), minlength=20) for row in found])
    assert counts.std(axis=1).max() < 60
    centred = (found - 0.5) * np.sqrt(12)
    for apart in (0, 1):
        together = centred[:, apart:] @ centred[:, : len(IDS) - apart].T / len(IDS)
        if not apart:
            np.fill_diagonal(together, 0)
        assert np.abs(together).max() * np.sqrt(len(IDS)) < 6  # deviations; of fair draws about 4.5


def test_draws_are_these_numbers_on_every_machine() -> None:
    values = draws.uniform(7, 3, np.array([0, 1, -1, 2**40], np.int64), 12)
    np.testing.assert_array_equal(
        values, [0.5112770852672553, 0.4649027149980117, 0.587039434302602, 0.5659299403708793]
    )


@given(st.integers(0, 2**31 - 1), st.integers(0, 10_000), st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_a_draw_depends_on_its_own_id_only(seed: int, epoch: int, numbers: list[int]) -> None:
    ids = np.array(numbers, np.int64)
    together = draws.uniform(seed, epoch, ids, 5)
    alone = [draws.uniform(seed, epoch, ids[n : n + 1], 5)[0] for n in range(len(ids))]
    np.testing.assert_array_equal(together, alone)


def test_order_is_a_permutation_that_follows_ids_not_positions() -> None:
    forward = draws.order(0, 1, IDS)
    backward = draws.order(0, 1, IDS[::-1])
    np.testing.assert_array_equal(np.sort(forward), IDS)
    np.testing.assert_array_equal(IDS[forward], IDS[::-1][backward])
    assert (forward != draws.order(0, 2, IDS)).mean() > 0.99


def test_step_seeds_differ() -> None:
    assert len({draws.step_seed(0, epoch, step) for epoch in range(20) for step in range(50)}) == 1000
