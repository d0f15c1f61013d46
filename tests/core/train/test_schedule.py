import itertools
import math

import pytest

from core.recipe import Optim, Schedule
from core.train.schedule import learning_rate

OPTIM = Optim(learning_rate=1e-3)
SEED_000 = Schedule(epochs=200, warmup_epochs=5, floor=1e-6)


def test_the_rate_of_the_write_up() -> None:
    assert learning_rate(OPTIM, SEED_000, 0) == 0
    assert learning_rate(OPTIM, SEED_000, 2.5) == pytest.approx(0.5e-3)
    assert learning_rate(OPTIM, SEED_000, 5) == pytest.approx(1e-3)
    half = 5 + 195 / 2
    assert learning_rate(OPTIM, SEED_000, half) == pytest.approx((1e-3 + 1e-6) / 2)
    assert learning_rate(OPTIM, SEED_000, 200) == pytest.approx(1e-6)


def test_the_rate_never_jumps_and_needs_no_warm_up() -> None:
    rates = [learning_rate(OPTIM, SEED_000, n / 10) for n in range(2001)]
    assert max(abs(a - b) for a, b in itertools.pairwise(rates)) < 2.1e-5
    assert all(math.isfinite(rate) for rate in rates)
    assert learning_rate(OPTIM, Schedule(epochs=2, warmup_epochs=0), 0) == pytest.approx(1e-3)
