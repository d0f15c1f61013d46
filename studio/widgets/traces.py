"""Curves as numbers: gaps, smoothing, what fits the pixels, which stand out, and round numbers for axes. No Qt."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Line:
    """A line of a plot: `y` over ascending `x` (N each), nan where there is a gap.

    `hue` is that of `theme.series_color`. `dashes` are lengths of stroke and gap in widths of the line. `raw` are the
    values where `y` is smoothed; they stand faint behind it if `ghost`.
    """

    name: str
    x: Array
    y: Array
    hue: int
    width: float = 1.5
    dashes: tuple[float, ...] = ()
    raw: Array | None = None
    ghost: bool = False

    def values(self) -> Array:
        """What was measured."""
        return self.y if self.raw is None else self.raw

    def at(self, x: float) -> float:
        """The value measured at `x`; nan where there is none."""
        k = int(np.searchsorted(self.x, x))
        return float(self.values()[k]) if k < len(self.x) and self.x[k] == x else math.nan


@dataclass(frozen=True, eq=False)
class Content:
    """What a plot shows. With `named` ends the names stand at the ends of the lines, else in the heading.

    `empty` is said where there is no value; `best` is marked, at its value with words if it has one.
    """

    lines: tuple[Line, ...] = ()
    named: bool = False
    share: bool = False  # values from 0 to 1
    log: bool = False
    written: Callable[[float], str] = "{:.4f}".format
    empty: str = ""
    best: int | None = None
    best_value: float | None = None


def numbers(values: Sequence[float | None]) -> Array:
    """`values` (N) as floats; None, nan and infinite ones are nan: a gap."""
    array = np.array(values, float)
    array[~np.isfinite(array)] = np.nan
    return array


def smoothed(values: Array, weight: float) -> Array:
    """Moving average of `values` (N) with `weight` in [0, 1) for what was before, without the bias to 0 at the start.

    Gaps stay gaps and count for nothing. The same as in TensorBoard: Kingma and Ba 2015, section 3.
    """
    if weight <= 0:
        return values
    result, mean, bias = [], 0.0, 1.0
    for value in values.tolist():
        if value == value:
            mean = mean * weight + value * (1 - weight)
            bias *= weight
            value = mean / (1 - bias)
        result.append(value)
    return np.array(result, float)


@dataclass(frozen=True, eq=False)
class Thinned:
    """Many values as few as there are columns of px: `x`, the least, the largest and the mean of each (N)."""

    x: Array
    least: Array
    most: Array
    mean: Array
    dense: bool  # several values a column


def thinned(x: Array, y: Array, low: float, high: float, columns: int) -> Thinned:
    """What of a line (N, `x` ascending) is seen from `low` to `high`, and one value beyond each."""
    first = max(0, int(np.searchsorted(x, low, "left")) - 1)
    last = min(len(x), int(np.searchsorted(x, high, "right")) + 1)
    x, y = x[first:last], y[first:last]
    if len(x) <= columns:
        return Thinned(x, y, y, y, dense=False)
    starts = np.unique(np.searchsorted(x, np.linspace(low, high, columns, endpoint=False)))
    starts = starts[starts < len(x)]
    there = np.isfinite(y)
    known = np.add.reduceat(there, starts, dtype=float)
    known[known == 0] = np.nan
    mean = np.add.reduceat(np.where(there, y, 0.0), starts) / known
    return Thinned(x[starts], np.fmin.reduceat(y, starts), np.fmax.reduceat(y, starts), mean, dense=True)


def outline(x: Array, y: Array, low: float, high: float, columns: int) -> tuple[Array, Array]:
    """A line (N, `x` ascending) as it is seen from `low` to `high`: at most two values a column, the extremes."""
    seen = thinned(x, y, low, high, columns)
    if not seen.dense:
        return seen.x, seen.mean
    return np.repeat(seen.x, 2), np.column_stack((seen.least, seen.most)).ravel()


def stretches(y: Array) -> list[NDArray[np.intp]]:
    """Where values stand between gaps: the indices of each stretch of two and more."""
    there = np.flatnonzero(np.isfinite(y))
    return [run for run in np.split(there, np.flatnonzero(np.diff(there) > 1) + 1) if run.size > 1]


def lonely(y: Array) -> list[int]:
    """The indices of values between two gaps."""
    there = np.concatenate(([False], np.isfinite(y), [False]))
    found: list[int] = np.flatnonzero(there[1:-1] & ~there[:-2] & ~there[2:]).tolist()
    return found


def dashed(x: Array, y: Array, dashes: Sequence[float]) -> Array:
    """The pieces (M,4: from x, y to x, y) of a bent line (N) that are stroke, by lengths of stroke and gap in turn."""
    along = np.concatenate(([0.0], np.hypot(np.diff(x), np.diff(y)).cumsum()))
    turns = np.cumsum(dashes)
    starts = np.arange(0, along[-1] + turns[-1], turns[-1])
    cuts = (starts[:, None] + turns).ravel()
    places = np.union1d(along, cuts[cuts < along[-1]])
    middles = (places[:-1] + places[1:]) / 2 % turns[-1]
    stroke = np.searchsorted(turns, middles, "right") % 2 == 0
    xs, ys = np.interp(places, along, x), np.interp(places, along, y)
    return np.column_stack((xs[:-1], ys[:-1], xs[1:], ys[1:]))[stroke]


def last_value(values: Array) -> float:
    """The last one that is no gap; nan if there is none."""
    there = np.flatnonzero(np.isfinite(values))
    return float(values[there[-1]]) if there.size else math.nan


def worst(curves: Mapping[str, Array], most: int, high_is_bad: bool) -> list[str]:
    """The names of at most `most` curves that end worst, the worst first; those without any value are left out."""
    ends = {name: last_value(values) for name, values in curves.items()}
    known = [name for name, end in ends.items() if math.isfinite(end)]
    return sorted(known, key=lambda name: -ends[name] if high_is_bad else ends[name])[:most]


def spread(places: Sequence[float], room: float, low: float, high: float) -> list[float]:
    """`places` moved as little as can be so that neighbours are `room` apart, within `low` and `high`."""
    order = sorted(range(len(places)), key=lambda k: places[k])
    groups: list[tuple[float, int]] = []  # mean of what is left of the places below, how many (pool adjacent violators)
    for k, place in enumerate(order):
        mean, size = places[place] - k * room, 1
        while groups and groups[-1][0] > mean:
            before, many = groups.pop()
            mean, size = (mean * size + before * many) / (size + many), size + many
        groups.append((mean, size))
    left = [mean for mean, size in groups for _ in range(size)]
    top = high - room * (len(places) - 1)
    moved = [0.0] * len(places)
    for k, place in enumerate(order):
        moved[place] = max(low, min(left[k], top)) + k * room
    return moved


def value_range(values: Array, log: bool, share: bool, zoomed: bool) -> tuple[float, float]:
    """Bottom and top of an axis that shows finite `values`: from 0, or around them if `log` or `zoomed`.

    The ends are rounded outwards, so that the axis stands still while values come.
    """
    values = values[values > 0] if log else values
    if not values.size:
        return (0.1, 1.0) if log else (0.0, 1.0)
    low, high = float(values.min()), float(values.max())
    if log:
        room = max(0.04, math.log10(high / low) * 0.06)
        return 10 ** (math.floor((math.log10(low) - room) * 10) / 10), 10 ** (
            math.ceil((math.log10(high) + room) * 10) / 10
        )
    if not zoomed:
        step = _round_step(high / 10) if high > 0 else 1.0
        return min(0.0, low), max(1, math.ceil(high * 1.05 / step - 1e-9)) * step
    room = max((high - low) * 0.08, abs(high) * 1e-3, 1e-9)
    return (max(0.0, low - room) if low >= 0 else low - room), min(1.0, high + room) if share else high + room


def ticks(low: float, high: float, most: int, whole: bool = False) -> list[float]:
    """Round numbers from `low` to `high`, about `most` at most; integers if `whole`."""
    step = _round_step((high - low) / max(1, most))
    if whole:
        step = max(1.0, float(round(step)))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [k * step for k in range(first, last + 1)]


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Powers of ten from `low` to `high`, both positive, thinned to `most`; with their halves and fifths where few."""
    first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
    for parts in ((1, 2, 5), (1, 3), (1,)):
        found = [part * 10.0**power for power in range(first, last + 1) for part in parts]
        found = [tick for tick in found if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]
        if len(found) <= most:
            break
    if len(found) < 2:
        return [tick for tick in ticks(low, high, most) if tick > 0]
    return found[:: math.ceil(len(found) / max(1, most))]


def tick_words(values: Sequence[float]) -> list[str]:
    """`values` with the same digits behind the point; small ones as powers."""
    sizes = [abs(value) for value in values if value]
    if not sizes:
        return ["0" for _ in values]
    if (max(sizes) < 0.1 and min(sizes) < 1e-3) or max(sizes) >= 1e5:  # as wide as there is room
        return [scientific(value) for value in values]
    if min(sizes) < 1e-2 and max(sizes) >= 0.1:  # an axis of powers
        return [scientific(value) if abs(value) < 1e-2 else f"{value:,g}" for value in values]
    digits = max(_digits(value, max(sizes)) for value in values)
    return [f"{value:,.{digits}f}" for value in values]


def scientific(value: float) -> str:
    """Such as "1.7e-4"."""
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.2e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}"


def _round_step(rough: float) -> float:
    """The next of 1, 2, 2.5, 5 times a power of ten that is no smaller."""
    power = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    return power * next((part for part in (1, 2, 2.5, 5) if part * power >= rough * (1 - 1e-9)), 10)


def _digits(value: float, largest: float) -> int:
    return next((d for d in range(6) if abs(value * 10**d - round(value * 10**d)) < 1e-6 * max(1.0, largest)), 6)
