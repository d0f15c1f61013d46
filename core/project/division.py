"""Dividing units of images into parts by shares, stratified by class: pure arithmetic on arrays.

A unit is what must not be torn apart. Units of several images are placed one after the other, largest first, where the
classes they carry are missing most. Images that stand alone then fill up what is missing of their class, all at once:
a million of them take less than a second.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.events import Event, Progress

Labels = npt.NDArray[np.int16]
Units = npt.NDArray[np.int64]
Parts = npt.NDArray[np.uint8]

_TOLD_EVERY = 20_000  # units between two events
_TOTALS_WEIGH = 4.0  # like so many more classes


def dividing(labels: Labels, units: Units, shares: Sequence[float], seed: int) -> Generator[Event, None, Parts]:
    """The part of each image, uint8[N], counted in `shares`, which add up to 1; a share of 0 gets nothing.

    `labels` count the classes, `units` the units (each number from 0 on is used). Where placing by classes leaves a
    part with less than half of its share, as with three images a class in groups, the sums of the parts count too.
    Yields how many units are placed.
    """
    tally = _Tally.of(labels, units, shares, seed)
    place = yield from _placed(tally, labels, units, shares, seed, 0.0)
    got = np.bincount(place[units], minlength=len(shares)) / max(len(units), 1)
    if any(part < share / 2 for part, share in zip(got, shares, strict=True)):
        place = yield from _placed(tally, labels, units, shares, seed, _TOTALS_WEIGH)
    return place[units]


@dataclass(frozen=True)
class _Tally:
    """What each unit carries: of which classes how many. Units are few of all classes, so there is no table."""

    sizes: npt.NDArray[np.int64]  # images a unit
    begins: list[int]  # of each unit in the two lists below
    classes: list[int]
    numbers: list[int]
    order: list[int]  # units of several images, largest first, shuffled among equals

    @classmethod
    def of(cls, labels: Labels, units: Units, shares: Sequence[float], seed: int) -> "_Tally":
        sizes = np.bincount(units)
        several = sizes[units] > 1
        count = int(labels.max(initial=0)) + 1
        pairs, numbers = np.unique(units[several] * count + labels[several], return_counts=True)
        of_unit, of_class = np.divmod(pairs, count)
        begins = np.searchsorted(of_unit, np.arange(len(sizes) + 1))
        order = np.random.default_rng(seed).permutation(np.flatnonzero(sizes > 1))
        order = order[np.argsort(-sizes[order], kind="stable")]
        return cls(sizes, begins.tolist(), of_class.tolist(), numbers.tolist(), order.tolist())


def _placed(
    tally: _Tally, labels: Labels, units: Units, shares: Sequence[float], seed: int, weigh: float
) -> Generator[Event, None, Parts]:
    """The part of each unit."""
    target = np.outer(np.bincount(labels), shares)  # C,P
    place = np.zeros(len(tally.sizes), np.uint8)
    chosen = yield from _several(tally, target, weigh)
    place[tally.order] = chosen
    alone = tally.sizes[units] == 1
    missing = target - _counted(labels[~alone], place[units[~alone]], target.shape)
    place[units[alone]] = _fill(labels[alone], missing, seed)
    _fill_empty(place, tally.sizes, target.sum(0))
    return place


def _several(tally: _Tally, target: npt.NDArray[np.float64], weigh: float) -> Generator[Event, None, list[int]]:
    """Parts of the units in `order`: each goes where the squared distance of all counts from `target` grows least.

    The distance of a count from its target t counts as (count - t)^2 / t; where that is equal, the emptier part wins.
    """
    parts = [part for part in range(target.shape[1]) if target[:, part].any()]
    weight = (1 / np.maximum(target, 1e-9)).tolist()
    slope = (-2 * target / np.maximum(target, 1e-9)).tolist()  # of the distance at the present counts
    whole = np.maximum(target.sum(0), 1e-9).tolist()
    held = [0.0] * len(whole)
    chosen = []
    for number, unit in enumerate(tally.order):
        if number % _TOLD_EVERY == 0:
            yield Progress(done=number, total=len(tally.order))
        carried = [
            (weight[tally.classes[row]], slope[tally.classes[row]], tally.numbers[row])
            for row in range(tally.begins[unit], tally.begins[unit + 1])
        ]
        size = float(tally.sizes[unit])
        best, least = parts[0], (float("inf"), 0.0)
        for part in parts:
            cost = weigh * (2 * (held[part] - whole[part]) + size) * size / whole[part]
            for weights, slopes, more in carried:
                cost += more * (slopes[part] + more * weights[part])
            if (rank := (round(cost, 9), held[part] / whole[part])) < least:
                best, least = part, rank
        for weights, slopes, more in carried:
            slopes[best] += 2 * more * weights[best]
        held[best] += size
        chosen.append(best)
    return chosen


def _fill(labels: Labels, missing: npt.NDArray[np.float64], seed: int) -> Parts:
    """Parts of images that stand alone, so that each class gets of each part what is `missing` (C,P), within one.

    What is missing is no whole number: what one class is given too little, the next one gets more, so that also the
    sums of the parts are right within one.
    """
    number = np.bincount(labels, minlength=len(missing))
    wanted = np.clip(missing, 0, None)
    given = np.zeros(missing.shape, np.int64)
    left = number.copy()
    for part in range(missing.shape[1] - 1, 0, -1):
        rest = wanted[:, : part + 1].sum(1)
        share = np.divide(wanted[:, part], rest, out=np.zeros(len(rest)), where=rest > 0)
        ends = np.floor(np.concatenate([[0.0], np.cumsum(left * np.minimum(share, 1.0))]) + 0.5)
        given[:, part] = np.minimum(np.diff(ends).astype(np.int64), left)
        left -= given[:, part]
    given[:, 0] = left
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    place = np.empty(len(labels), np.uint8)
    place[by_class] = np.repeat(np.tile(np.arange(missing.shape[1], dtype=np.uint8), len(missing)), given.ravel())
    return place


def _counted(labels: Labels, place: Parts, shape: tuple[int, ...]) -> npt.NDArray[np.int64]:
    return np.bincount(labels.astype(np.int64) * shape[1] + place, minlength=shape[0] * shape[1]).reshape(shape)


def _fill_empty(place: Parts, sizes: npt.NDArray[np.int64], target: npt.NDArray[np.float64]) -> None:
    """Give a part that got nothing the unit nearest to its target in size, from a part that has several."""
    for part in np.flatnonzero(target > 0):
        held = np.bincount(place, minlength=len(target))
        donors = np.flatnonzero(held[place] > 1)
        if held[part] == 0 and len(donors):
            place[donors[np.argmin(np.abs(sizes[donors] - target[part]))]] = part
