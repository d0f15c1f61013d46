"""What keeps images together: groups, exact duplicates and near duplicates, as numbers an image.

A tie is an array int64[N]: images with the same number of 0 or more are tied, -1 is tied by nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.images import measures
from core.images.names import shown
from core.project import records, table
from core.project.plan import GroupBy
from core.project.records import Columns
from core.project.store import Store

Tie = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Ties:
    """Ties of N images by what is given (`named`), by equal files and by looks.

    `named` are several where any of them ties. `measured` says which images were compared by their looks.
    """

    named: tuple[Tie, ...]
    exact: Tie
    near: Tie
    measured: Mask

    def units(self, rows: Mask) -> Tie:
        """The unit of each image of `rows`, counted from 0: what may not be torn apart."""
        return joined([tie[rows] for tie in (*self.named, self.exact, self.near)])


def ties(store: Store, known: Columns, group_by: GroupBy) -> Ties:
    """What ties the images `known`."""
    measured = measures.load(store.paths.measures, look=False)
    rows = measured.rows_of(known.content_hash)
    cluster = np.append(measured.cluster, measures.NOT_COMPARED)[rows]  # the last serves those not measured
    compared = cluster != measures.NOT_COMPARED
    near = np.where(compared, cluster, measures.ALONE)
    return Ties(_named(store, known, group_by), _exact(known), near, compared)


def basis(group_by: GroupBy | None) -> GroupBy:
    """By what it is looked whether a split tears groups apart: named groups count where a plan asked for none."""
    return "auto" if group_by is None else "group" if group_by == "none" else group_by


def torn(tie: Tie, split: npt.NDArray[np.uint8]) -> Tie:
    """The numbers of `tie` whose images are in more than one of the splits 1, 2 and 3; 0 is none."""
    placed = (tie >= 0) & (split > 0)
    pairs = np.unique(tie[placed] * 4 + split[placed])
    numbers, splits = np.unique(pairs // 4, return_counts=True)
    return numbers[splits > 1]


def joined(parts: Sequence[Tie]) -> Tie:
    """The unit of each of N images, counted from 0: those that are tied by way of others too have the same."""
    tied = [_only_shared(part) for part in parts]
    tied = [part for part in tied if part.size and part.max() >= 0]
    count = len(parts[0])
    if not tied:
        return np.arange(count, dtype=np.int64)
    if len(tied) == 1:
        alone = tied[0].max() + 1 + np.arange(count)
        units = np.where(tied[0] >= 0, tied[0], alone)
        return np.unique(units, return_inverse=True)[1].astype(np.int64)
    return _connected(tied, count)


def told(store: Store, known: Columns, rows: npt.NDArray[np.int64], group_by: GroupBy) -> str:
    """What the images of `rows` of `known`, a unit, are called: such as "group g4 of meter" or "images like 12.png"."""
    named = [int(row) for row in rows[:200] if known.group[row] >= 0]
    by_group = group_by in ("auto", "group", "any") and bool(named)
    (first,) = records.images(store, [int(known.ids[named[0] if by_group else rows[0]])])
    if by_group:
        return f"group {first.group} of {first.source}" if first.source else f"group {first.group}"
    if group_by in ("auto", "source", "any") and first.source:
        return f"source {first.source}"
    if group_by in ("folder", "any"):
        return f"folder {shown(first.name.rpartition('/')[0]) or '.'}"
    return f"images like {shown(first.name)}"


def _named(store: Store, known: Columns, group_by: GroupBy) -> tuple[Tie, ...]:
    source = known.source.astype(np.int64)
    group = known.group
    if group_by == "auto":
        count = int(group.max(initial=-1)) + 1
        return (np.where(group >= 0, group, np.where(source >= 0, count + source, -1)),)
    if group_by in ("folder", "any"):
        facts = table.of(store)
        folder = facts.words("folder").codes[facts.rows_of(known.ids)].astype(np.int64)
        return (folder,) if group_by == "folder" else (group, source, folder)
    return {"group": (group,), "source": (source,), "none": ()}[group_by]


def _exact(known: Columns) -> Tie:
    # Two different files of a million share the first 8 bytes of their hashes once in 40 million such projects.
    keys = np.ascontiguousarray(known.content_hash[:, :8]).view(np.uint64)[:, 0]
    return _only_shared(np.unique(keys, return_inverse=True)[1].astype(np.int64))


def _only_shared(tie: Tie) -> Tie:
    """`tie` without what only one image has."""
    if not (tie >= 0).any():
        return tie
    numbers = np.bincount(tie + 1)
    return np.where((tie >= 0) & (numbers[tie + 1] > 1), tie, -1)


def _connected(tied: Sequence[Tie], count: int) -> Tie:
    from scipy.sparse import coo_array  # here because reading a project does not need it: 0.1 s
    from scipy.sparse.csgraph import connected_components

    images, nodes, nodes_so_far = [], [], count
    for tie in tied:
        rows = np.flatnonzero(tie >= 0)
        images.append(rows)
        nodes.append(nodes_so_far + tie[rows])
        nodes_so_far += int(tie.max()) + 1
    rows, columns = np.concatenate(images), np.concatenate(nodes)
    graph = coo_array((np.ones(len(rows), np.bool_), (rows, columns)), shape=(nodes_so_far, nodes_so_far))
    units = connected_components(graph, directed=False)[1][:count]
    return np.unique(units, return_inverse=True)[1].astype(np.int64)
