import itertools
import math
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler

from core.recipe import Recipe, Schedule
from core.train.schedule import learning_rate

SEED_000 = Recipe(schedule=Schedule(epochs=200, warmup_epochs=5, floor=1e-6))


def test_the_rate_of_the_write_up() -> None:
    assert learning_rate(SEED_000, 0) == 0
    assert learning_rate(SEED_000, 2.5) == pytest.approx(0.5e-3)
    assert learning_rate(SEED_000, 5) == pytest.approx(1e-3)
    half = 5 + 195 / 2
    assert learning_rate(SEED_000, half) == pytest.approx((1e-3 + 1e-6) / 2)
    assert learning_rate(SEED_000, 200) == pytest.approx(1e-6)


def test_the_rate_never_jumps_and_needs_no_warm_up() -> None:
    rates = [learning_rate(SEED_000, n / 10) for n in range(2001)]
    assert max(abs(a - b) for a, b in itertools.pairwise(rates)) < 2.1e-5
    assert all(math.isfinite(rate) for rate in rates)
    assert learning_rate(Recipe(schedule=Schedule(epochs=2, warmup_epochs=0)), 0) == pytest.approx(1e-3)


def test_a_run_that_only_warms_up_ends_at_its_rate() -> None:
    assert learning_rate(Recipe(schedule=Schedule(epochs=1, warmup_epochs=1)), 0.5) == pytest.approx(0.5e-3)
    assert learning_rate(Recipe(schedule=Schedule(epochs=1, warmup_epochs=1)), 1.0) == pytest.approx(1e-3)


def torch_rates(scheduler: type, count: int, **settings: Any) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 1e-3, momentum=0.9)
    made, rates = scheduler(optimizer, **settings), []
    for _ in range(count):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        made.step()
    return rates


@pytest.mark.parametrize(
    ("shape", "scheduler", "settings"),
    [
        ("step", lr_scheduler.StepLR, {"step_size": 3, "gamma": 0.1}),
        ("exponential", lr_scheduler.ExponentialLR, {"gamma": 0.1}),
    ],
)
def test_steps_and_exponentials_are_those_of_torch(shape: Any, scheduler: type, settings: dict[str, Any]) -> None:
    plan = Schedule(epochs=9, shape=shape, warmup_epochs=0, step_epochs=3, gamma=0.1)
    ours = [learning_rate(Recipe(schedule=plan), epoch + part) for epoch in range(9) for part in (0, 0.9)]
    assert ours[::2] == ours[1::2] == pytest.approx(torch_rates(scheduler, 9, **settings))


def test_one_cycle_is_that_of_torch() -> None:
    plan, steps = Schedule(epochs=10, shape="one_cycle", rise=0.3), 1001
    told = torch_rates(lr_scheduler.OneCycleLR, steps, max_lr=1e-3, total_steps=steps, pct_start=0.3 + 0.7 / steps)
    ours = [learning_rate(Recipe(schedule=plan), 10 * n / (steps - 1)) for n in range(steps)]
    assert ours == pytest.approx(told, abs=2e-6)
    assert max(ours) == pytest.approx(1e-3)


def test_a_constant_rate_is_constant_after_warm_up() -> None:
    recipe = Recipe(schedule=Schedule(epochs=9, shape="constant", warmup_epochs=2))
    assert [learning_rate(recipe, done) for done in (1, 2, 8.5)] == pytest.approx([0.5e-3, 1e-3, 1e-3])
