"""The leak certificate: what is in more than one split, counted when a run begins and whenever somebody asks.

It looks at the images that are really used: labelled, not rejected, in a split and within the filter of the run.
"""

import dataclasses
import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core import wording
from core.images.names import shown
from core.project import plan, query, records, units
from core.project.plan import GroupBy
from core.project.records import SPLITS, Columns, columns
from core.project.store import Store
from core.project.units import Tie, Ties

NAMED = 20  # leaks of a kind that are named

Codes = npt.NDArray[np.uint8]
Table = dict[str, dict[str, int]]  # images by name, then by split


@dataclass(frozen=True)
class Leaks:
    """How many groups of a kind have images in more than one split; None is not known. The first ones by name."""

    count: int | None
    named: tuple[str, ...] = ()


@dataclass(frozen=True)
class Certificate:
    """What is known of leaks between the splits at the time `at`, in seconds since the epoch.

    `where` is the filter of the images. `plan` is that of the last split, None where the splits came with the images,
    and `groups_by` says what was looked at as a group. Of the images `measured` were compared by looks: unless all
    were, `near` is only known once a leak was found. `labels` is a digest of files, labels and splits: equal ones mean
    equal data. `trained_before` are the validation images that a run which went on had been trained on already.
    """

    at: float
    where: str
    plan: dict[str, Any] | None
    test_locked: bool
    groups_by: GroupBy
    groups: Leaks
    exact: Leaks
    near: Leaks
    measured: int
    splits: dict[str, int]
    classes: Table
    sources: Table
    labels: str
    trained_before: int = 0

    @property
    def images(self) -> int:
        return sum(self.splits.values())

    @property
    def clean(self) -> bool | None:
        """Whether nothing leaks; None where that is not known for want of measures."""
        counts = (self.groups.count, self.exact.count, self.near.count, self.trained_before)
        return False if any(counts) else None if None in counts else True

    @property
    def verdict(self) -> str:
        """One sentence or two."""
        kinds = (("group", self.groups), ("exact duplicate", self.exact), ("near duplicate", self.near))
        found = [wording.count(leaks.count, kind) for kind, leaks in kinds if leaks.count]
        unknown = f"Near duplicates are not known: {self.measured:,} of {wording.count(self.images, 'image')} measured."
        if self.trained_before:
            what = wording.count(self.trained_before, "validation image")
            return f"Leak: the run had been trained on {what} before the images were split anew."
        if found:
            return f"Leak: {', '.join(found)} in more than one split." + (f" {unknown}" * (self.near.count is None))
        if self.clean:
            return "No leak between splits: no group, exact duplicate or near duplicate is in two of them."
        return f"No group and no exact duplicate is in two splits. {unknown}"

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {**dataclasses.asdict(self), "clean": self.clean}


def from_dict(values: Mapping[str, Any]) -> Certificate:
    """The certificate that `as_dict` gave; what is unknown is left out. Raises KeyError, TypeError."""
    known = {name: values[name] for field in dataclasses.fields(Certificate) if (name := field.name) in values}
    leaks = {name: Leaks(known[name]["count"], tuple(known[name]["named"])) for name in ("groups", "exact", "near")}
    return Certificate(**{**known, **leaks})


def certify(store: Store, where: str = "") -> Certificate:
    """The certificate of the images of a filter. Raises `Error` where `where` cannot be read."""
    known = columns(store, query.parse(where))
    used = known.usable & (known.split > 0)
    decided = plan.current(store)
    group_by = units.basis(decided.group_by if decided else None)
    ties = units.ties(store, known, group_by)
    split = np.where(used, known.split, 0).astype(np.uint8)
    near = _alike(store, known, split, ties.near)
    measured = int((ties.measured & used).sum())
    return Certificate(
        at=time.time(),
        where=where.strip(),
        plan=decided.as_dict() if decided else None,
        test_locked=plan.test_is_locked(store),
        groups_by=group_by,
        groups=_groups(store, known, split, ties, group_by),
        exact=_alike(store, known, split, ties.exact),
        near=near if near.count or measured == used.sum() else Leaks(None),
        measured=measured,
        splits=dict(zip(SPLITS, np.bincount(split, minlength=4)[1:].tolist(), strict=True)),
        classes=_table(known.class_index[used], known.classes, split[used]),
        sources=_table(known.source[used], known.sources, split[used]),
        labels=_digest(known, split),
    )


def lines(certificate: Certificate) -> Iterator[str]:
    """The certificate for people, line by line."""
    yield certificate.verdict
    if certificate.where:
        yield f"Images where {certificate.where}"
    yield f"Groups by {certificate.groups_by}" + ("; the test set is locked" if certificate.test_locked else "")
    for title, leaks in (("groups", certificate.groups), ("exact", certificate.exact), ("near", certificate.near)):
        yield f"{title:8} {'not known; `core check` measures images' if leaks.count is None else f'{leaks.count:,}'}"
        yield from (f"         {name}" for name in leaks.named)
    for title, table in (("class", certificate.classes), ("source", certificate.sources)):
        if table:
            yield ""
            yield from _columns(title, table)
    yield ""
    yield f"Data {certificate.labels[:16]}"


def _columns(title: str, table: Table) -> Iterator[str]:
    width = max(len(title), *(len(name) for name in table))
    yield f"{title:{width}}  " + "  ".join(f"{split:>9}" for split in SPLITS)
    for name, row in table.items():
        yield f"{name or 'none':{width}}  " + "  ".join(f"{row[split]:>9,}" for split in SPLITS)


def _groups(store: Store, known: Columns, split: Codes, ties: Ties, group_by: GroupBy) -> Leaks:
    torn = [(tie, number) for tie in ties.named for number in units.torn(tie, split)]
    named = []
    for tie, number in torn[:NAMED]:
        rows = np.flatnonzero((tie == number) & (split > 0))
        named.append(units.told(store, known, rows, group_by))
    return Leaks(len(torn), tuple(named))


def _alike(store: Store, known: Columns, split: Codes, tie: Tie) -> Leaks:
    """Duplicates, each named by an image a split: such as "a.png in train, b.png in val"."""
    torn = units.torn(tie, split)
    named = []
    for number in torn[:NAMED]:
        rows = np.flatnonzero((tie == number) & (split > 0))
        _, firsts = np.unique(split[rows], return_index=True)
        found = records.images(store, known.ids[rows[firsts]].tolist())
        named.append(", ".join(f"{shown(image.name)} in {image.split}" for image in found))
    return Leaks(len(torn), tuple(named))


def _table(codes: npt.NDArray[Any], names: tuple[str, ...], split: Codes) -> Table:
    """Images by name and split; those without a name as "", where there are any."""
    counts = np.zeros((len(names) + 1, 4), np.int64)
    np.add.at(counts, (codes.astype(np.int64), split.astype(np.int64)), 1)
    rows = {name: row for name, row in zip((*names, ""), counts, strict=True) if name or row.any()}
    return {name: dict(zip(SPLITS, row[1:].tolist(), strict=True)) for name, row in rows.items()}


def _digest(known: Columns, split: Codes) -> str:
    """SHA-256 of what is used, whatever the order of images and classes: hash, class and split of each, sorted."""
    names = sorted(known.classes)
    code = np.array([names.index(name) for name in known.classes], np.uint16)
    used = split > 0
    rows = np.empty((int(used.sum()), 35), np.uint8)
    rows[:, :32] = known.content_hash[used]
    rows[:, 32:34] = code[known.class_index[used]].astype(">u2")[:, None].view(np.uint8)
    rows[:, 34] = split[used]
    keys = [np.ascontiguousarray(rows[:, at : at + 8]).view(">u8")[:, 0] for at in (24, 16, 8, 0)]
    order = np.lexsort([rows[:, 34], rows[:, 33], rows[:, 32], *keys])
    digest = hashlib.sha256("\x1f".join(names).encode())
    digest.update(rows[order].tobytes())
    return digest.hexdigest()
