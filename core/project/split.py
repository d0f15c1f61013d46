"""Splitting images into train, validation and test: stratified by class, with groups kept together.

A group is what must not be torn apart: the group named at import, else the source, else the image alone.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import Error
from core.project import edits
from core.project.records import SPLITS, TEST, Columns, columns
from core.project.store import Store

Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class SplitHealth:
    """What a split is like: images by split name, and how many groups have images in more than one split."""

    train: int
    val: int
    test: int
    none: int
    torn_groups: int


def assign(store: Store, val: float = 0.15, test: float = 0.0, seed: int = 0) -> edits.Change:
    """Split all labelled images that are not rejected; the fractions are of images and hold in each class about.

    Without a share for test, the images of the test set stay in it: one that came with the images, such as MNIST's,
    must not get into training. The fractions are of the others then.
    Raises `Error` when the fractions make no sense, nothing is labelled, or the groups cannot be divided.
    """
    if not (val >= 0 and test >= 0 and 0 < val + test < 1):
        raise Error(
            f"Shares of {val:g} for validation and {test:g} for test cannot be split off.",
            "Both are 0 or more, and together more than 0 and less than 1; such as --val 0.15.",
        )
    known = columns(store)
    usable = known.usable if test else known.usable & (known.split != TEST)
    if not usable.any():
        raise Error(
            "There are no labelled images to split.", "Label some first: `core label`, or in the window by key."
        )
    units = np.unique(group_units(known)[usable], return_inverse=True)[1].astype(np.int64)
    codes = stratify(known.class_index[usable], units, (1 - val - test, val, test), seed)
    if not (codes == 1).any() or (val and not (codes == 2).any()):
        raise Error(
            f"The images form only {len(np.unique(units))} groups, too few to divide.",
            "Groups stay together; import with finer groups, or put a source aside by hand.",
        )
    names = [None, *SPLITS]
    wanted = {int(id): names[code] for id, code in zip(known.ids[usable], codes, strict=True)}
    share = f"{100 * (codes == 2).mean():.0f} % validation"
    return edits.set_split(store, wanted, f"Split {len(wanted):,} images, {share}")


def group_units(known: Columns) -> npt.NDArray[np.int64]:
    """One number an image: equal numbers must stay together."""
    by_source = np.where(known.source >= 0, known.source.astype(np.int64), -1)
    groups = np.int64(len(known.ids) + 1)
    alone = np.arange(len(known.ids), dtype=np.int64)
    # Three disjoint ranges: groups, then sources (only where no group is named), then single images.
    units = np.where(known.group >= 0, known.group, np.where(by_source >= 0, groups + by_source, 2 * groups + alone))
    return np.unique(units, return_inverse=True)[1].astype(np.int64)


def stratify(
    labels: npt.NDArray[np.int16], units: npt.NDArray[np.int64], shares: tuple[float, float, float], seed: int
) -> Codes:
    """Split codes (1 train, 2 val, 3 test) an image, N long.

    Greedy: units in order of size, largest first and shuffled among equals, each go where the classes they carry are
    missing most, measured as the squared distance of all class counts from their targets. Where that leaves a part
    with less than half of its share, as with three images a class, the sums of the parts count like four more classes.
    """
    place = _greedy(labels, units, shares, seed, by_sums=False)
    got = np.bincount(place, minlength=4)[1:] / len(place)
    if any(part < share / 2 for part, share in zip(got, shares, strict=True)):
        place = _greedy(labels, units, shares, seed, by_sums=True)
    return place


def _greedy(
    labels: npt.NDArray[np.int16],
    units: npt.NDArray[np.int64],
    shares: tuple[float, float, float],
    seed: int,
    by_sums: bool,
) -> Codes:
    classes = int(labels.max()) + 1
    target = np.array(shares)[:, None] * np.bincount(labels)[None]  # 3,C
    sizes = np.bincount(units).astype(np.float64)
    # What each unit carries, by class: few of all classes, so a table of units by classes would be mostly zeros.
    pairs, carried = np.unique(units * classes + labels, return_counts=True)
    of_unit, of_class = np.divmod(pairs, classes)
    begins = np.searchsorted(of_unit, np.arange(len(sizes) + 1))
    order = np.random.default_rng(seed).permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    counts, totals = np.zeros_like(target), np.zeros(3)
    weight, whole = 1 / np.maximum(target, 1e-9), np.maximum(target.sum(1), 1e-9)
    place = np.zeros(len(sizes), np.uint8)
    open_parts = [part for part in range(3) if shares[part] > 0]
    for unit in order:
        rows = slice(begins[unit], begins[unit + 1])
        held, more = of_class[rows], carried[rows]
        cost = ((2 * (counts[:, held] - target[:, held]) + more) * more * weight[:, held]).sum(1)
        filled = totals / whole
        if by_sums:
            cost += 4 * (2 * (totals - whole) + sizes[unit]) * sizes[unit] / whole
        best = min(open_parts, key=lambda part: (round(float(cost[part]), 9), filled[part]))
        counts[best, held] += more
        totals[best] += sizes[unit]
        place[unit] = best + 1
    _fill_empty(place, sizes, [part + 1 for part in open_parts], target.sum(1))
    return place[units]


def _fill_empty(
    place: Codes, sizes: npt.NDArray[np.float64], codes: list[int], target: npt.NDArray[np.float64]
) -> None:
    """Give a part that got nothing the unit nearest to its target in size, from a part that has several."""
    for code in codes:
        held = np.bincount(place, minlength=4)
        donors = np.flatnonzero(held[place] > 1)
        if held[code] == 0 and len(donors):
            place[donors[np.argmin(np.abs(sizes[donors] - target[code - 1]))]] = code


def health(store: Store) -> SplitHealth:
    """How the project is split at present."""
    known = columns(store)
    units = group_units(known)
    split = known.split.astype(np.int64)
    pairs = np.unique(np.stack([units[split > 0], split[split > 0]]), axis=1)
    torn = int((np.unique(pairs[0], return_counts=True)[1] > 1).sum()) if pairs.size else 0
    train, val, test = (int((split == code).sum()) for code in (1, 2, 3))
    return SplitHealth(train, val, test, int((split == 0).sum()), torn)
