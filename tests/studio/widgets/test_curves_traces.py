"""Curves as numbers: smoothing, thinning, what stands out, names moved apart, round numbers."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.runs.history import History
from studio.widgets import curve_lines, traces


def test_gaps_are_nan() -> None:
    assert np.isnan(traces.numbers([None, math.nan, math.inf, 1.0])).tolist() == [True, True, True, False]


def test_smoothing_is_the_weighted_mean_of_all_before_and_skips_gaps() -> None:
    values = np.array([1.0, 3.0, math.nan, 2.0])
    result = traces.smoothed(values, 0.6)
    weights = np.array([0.36, 0.6, 1.0])
    assert result[0] == 1.0
    assert result[3] == pytest.approx((weights * [1.0, 3.0, 2.0]).sum() / weights.sum())
    assert math.isnan(result[2])
    assert traces.smoothed(values, 0) is values


def test_thinning_keeps_every_extreme_and_the_mean() -> None:
    x = np.arange(1, 100_001) / 1000
    y = np.sin(x)
    y[54_321] = 9.0
    y[7] = math.nan
    seen = traces.thinned(x, y, 0, 100, 500)
    assert seen.dense
    assert len(seen.x) <= 500
    assert seen.most.max() == 9.0
    assert np.nanmin(seen.least) == np.nanmin(y)
    assert seen.mean[0] == pytest.approx(np.nanmean(y[:200]), abs=0.01)


def test_dashes_go_on_around_a_bend() -> None:
    pieces = traces.dashed(np.array([0.0, 4.0, 4.0]), np.array([0.0, 0.0, 5.0]), [3.0, 2.0])
    assert pieces.tolist() == [[0, 0, 3, 0], [4, 1, 4, 4]]


def test_a_long_line_keeps_the_extremes_of_each_column() -> None:
    y = np.sin(np.arange(5000.0))
    y[1234] = 7.0
    left, seen = traces.outline(np.arange(5000.0), y, 0, 5000, 100)
    assert len(left) == len(seen) == 200
    assert (seen.max(), seen.min()) == (7.0, y.min())
    assert traces.outline(np.arange(3.0), y[:3], 0, 3, 100)[1].tolist() == y[:3].tolist()


def test_gaps_part_a_line_into_stretches_and_lonely_values() -> None:
    y = np.array([1.0, math.nan, 2.0, 3.0, math.nan, 4.0, 5.0, 6.0, math.nan, 7.0])
    assert [run.tolist() for run in traces.stretches(y)] == [[2, 3], [5, 6, 7]]
    assert traces.lonely(y) == [0, 9]
    assert traces.stretches(np.full(3, math.nan)) == []


def test_few_values_are_left_as_they_are_and_those_out_of_sight_left_out() -> None:
    x = np.arange(10.0)
    seen = traces.thinned(x, x * 2, 3, 5, 100)
    assert seen.x.tolist() == [2, 3, 4, 5, 6]  # one beyond at each end, so that the line goes on
    assert not seen.dense


def test_columns_of_nothing_but_gaps_stay_gaps() -> None:
    y = np.r_[np.full(500, np.nan), np.ones(500)]
    seen = traces.thinned(np.arange(1000.0), y, 0, 1000, 10)
    assert np.isnan(seen.mean[:5]).all()
    assert (seen.mean[5:] == 1).all()


def test_the_worst_come_first_and_those_without_images_never() -> None:
    curves = {"a": np.array([0.9, 0.5]), "b": np.array([0.1, np.nan]), "c": np.array([np.nan, np.nan])}
    assert traces.worst(curves, 5, high_is_bad=False) == ["b", "a"]
    assert traces.worst(curves, 1, high_is_bad=True) == ["a"]


@given(st.lists(st.floats(0, 200), min_size=1, max_size=12))
def test_names_are_moved_apart_within_bounds_and_in_order(places: list[float]) -> None:
    moved = traces.spread(places, 14, 0, 200)
    assert min(moved) >= -1e-6
    assert max(moved) <= 200 + 1e-6
    ordered = sorted(moved)
    assert all(b - a >= 14 - 1e-6 for a, b in pairwise(ordered))
    assert sorted(range(len(places)), key=lambda k: places[k]) == sorted(range(len(places)), key=lambda k: moved[k])


def test_names_that_have_room_stay_where_they_are() -> None:
    assert traces.spread([100, 20, 60], 14, 0, 200) == [100, 20, 60]


def test_ticks_are_round() -> None:
    assert traces.ticks(0, 3.3, 4) == [0, 1, 2, 3]
    assert traces.ticks(0, 200, 9) == [0, 25, 50, 75, 100, 125, 150, 175, 200]
    assert traces.ticks(0, 2, 9, whole=True) == [0, 1, 2]
    assert traces.log_ticks(0.009, 2.5, 5) == pytest.approx([0.01, 0.03, 0.1, 0.3, 1])
    assert traces.log_ticks(1.1, 1.9, 4) == pytest.approx([1.2, 1.4, 1.6, 1.8])


@given(st.floats(1e-8, 1e5), st.floats(1.01, 1e6), st.integers(2, 9))
def test_ticks_of_powers_lie_on_the_axis_and_are_few(low: float, share: float, most: int) -> None:
    found = traces.log_ticks(low, low * share, most)
    assert len(found) <= most + 1
    assert all(low * 0.999 <= tick <= low * share * 1.001 for tick in found)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([0, 0.5, 1], ["0.0", "0.5", "1.0"]),
        ([0, 5000, 10_000], ["0", "5,000", "10,000"]),
        ([0, 2.5e-4, 5e-4], ["0", "2.5e-4", "5e-4"]),
        ([1e-4, 1e-3, 0.01, 0.1, 1], ["1e-4", "1e-3", "0.01", "0.1", "1"]),
        ([2e-4, 5e-4, 1e-3], ["2e-4", "5e-4", "1e-3"]),
        ([0.0], ["0"]),
        ([], []),
    ],
)
def test_numbers_of_an_axis_have_the_same_digits(values: list[float], words: list[str]) -> None:
    assert traces.tick_words(values) == words


@pytest.mark.parametrize(
    ("values", "log", "share", "zoomed", "expected"),
    [
        ([1.0, 2.0], False, False, False, (0.0, 2.2)),
        ([1.0, 2.01], False, False, False, (0.0, 2.25)),
        ([0.011, 1.0], True, False, False, (10**-2.1, 10**0.2)),
        ([], False, False, False, (0.0, 1.0)),
        ([0.0], False, False, False, (0.0, 1.0)),
        ([-1.0, 0.0], True, False, False, (0.1, 1.0)),
        ([0.9, 1.0], False, True, True, (0.892, 1.0)),
    ],
)
def test_axes_hold_all_values(
    values: list[float], log: bool, share: bool, zoomed: bool, expected: tuple[float, float]
) -> None:
    assert traces.value_range(np.array(values), log, share, zoomed) == pytest.approx(expected)


def test_a_loss_that_runs_away_is_told_and_numbered_within_the_room_there_is() -> None:
    run = History("running", epochs=(1, 2), train_loss=(2.3, 316119.0312), val_loss=(2.25, 22190.832))
    shown = curve_lines.content("loss", run, [], curve_lines.Options())
    assert curve_lines.summary(shown, 1, loss=False) == "2.3000 2.2500"
    assert curve_lines.summary(shown, 2, loss=False) == "3.16e5 2.22e4"
    assert traces.tick_words([0, 200_000.0]) == ["0", "2e5"]
    assert traces.tick_words([0, 50_000.0]) == ["0", "50,000"]


def test_a_learning_rate_above_one_is_written_without_a_power() -> None:
    run = History("running", epochs=(1, 2), learning_rate=(4.4681, 4.7e-4))
    shown = curve_lines.content("learning_rate", run, [], curve_lines.Options())
    assert [curve_lines.summary(shown, epoch, loss=False) for epoch in (1, 2)] == ["4.47", "4.7e-4"]
