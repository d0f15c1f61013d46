"""What the grid of the Data page shows, found on the reader's thread: the window's need not sort a million rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import Error
from core.project import listing, table
from core.project.listing import Listing
from core.project.query import Filter
from core.project.store import Store
from studio.models.images import PAGE, Shown, Suspicions, read
from studio.session import Ids

FIRST = 2  # pages of the model that a screen shows at first


@dataclass(frozen=True, eq=False)
class Listed:
    """The images that are shown, their rows in the order of ids, and how suspect their labels are.

    `refusal` says why they are in order of name instead of the one asked for.
    """

    listing: Listing
    order: Ids
    suspicions: Suspicions | None
    first: dict[int, Shown]  # what the grid says of the first of them
    marks: dict[str, Any]  # of the project when it said so
    refusal: Error | None = None


def listed(store: Store, filter: Filter, sort: str, descending: bool, group: str) -> Listed:
    """See `core.project.listing.listing`."""
    refusal = None
    try:
        found = listing.listing(store, filter, sort, descending, group)
    except Error as problem:  # what the order needs is not known; the images must be seen nevertheless
        found, refusal = listing.listing(store, filter, group=group), problem
    known = table.of(store)

    def suspicions() -> Suspicions | None:
        scores = known.scores
        if not scores.known:  # then the labels need not be read for them either
            return None
        return Suspicions(known.ids, scores.suspect, scores.suggested, known.classes.names)

    doubts = known.made("suspicions", suspicions, "scores", "edits", "classes")
    order = np.argsort(found.ids, kind="stable")
    first = read(store, found.ids[: FIRST * PAGE], doubts)
    return Listed(found, order, doubts, first, table.marks(store), refusal)
