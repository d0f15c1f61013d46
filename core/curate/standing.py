"""How many images each finding has now, after all that was edited since the check; nothing is measured for it."""

from dataclasses import dataclass

import numpy as np

from core.curate.quality import DOUBLES, KINDS, Kind
from core.project import query, table
from core.project.store import Store


@dataclass(frozen=True)
class Count:
    """The images that `filter` shows: those of a kind that are not rejected, in so many `groups`, if it has groups."""

    kind: Kind
    filter: str
    images: int
    groups: int


@dataclass(frozen=True)
class Standing:
    """What is found among `images`, of which `measured` were measured; `counts` in the order of their weight."""

    images: int
    measured: int
    counts: tuple[Count, ...]


def standing(store: Store) -> Standing:
    """Count all kinds of findings, also those without images."""
    known = table.of(store)
    rejected = known.number("rejected")
    counts = []
    for kind in KINDS:
        mask = query.parse(kind.filter).mask(known)
        filter = f"{kind.filter} -rejected" if (mask & rejected).any() else kind.filter
        mask = mask & ~rejected
        groups = len(np.unique(known.pictures[mask])) if kind in DOUBLES else 0
        counts.append(Count(kind, filter, int(mask.sum()), groups))
    return Standing(len(known), int((known.measured >= 0).sum()), tuple(counts))
