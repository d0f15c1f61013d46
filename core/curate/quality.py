"""What is odd about the images of a project: duplicates, poor images, and properties that tell the class.

Images that are rejected are left out: what was found there is settled. Every finding names the filter that shows it.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.curate.cues import Cue, cues
from core.curate.measuring import measure
from core.events import Event, Stage
from core.images import alike
from core.images.measures import FLAWS, Measures
from core.project import records
from core.project.records import Columns, Ids
from core.project.store import Store

Sizes = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Kind:
    """What can be found: `word` names it, `says` tells when an image counts, `filter` shows these images."""

    word: str
    title: str
    says: str
    filter: str


DOUBLES = (
    Kind("conflict", "Different labels", "the same image, or nearly so, has another label too", "conflict"),
    Kind("equal", "Equal files", "another file has the same bytes", "equal"),
    Kind(
        "near",
        "Near duplicates",
        "another image looks like a copy that was scaled, compressed again, brightened or turned to grey",
        "duplicate cluster>=0",
    ),
)
KINDS = (*DOUBLES, *(Kind(flaw.word, flaw.title, flaw.says, flaw.word) for flaw in FLAWS))


@dataclass(frozen=True, eq=False)
class Finding:
    """The images of one kind: `word` names it, `says` tells when an image counts, `filter` shows these images."""

    word: str
    title: str
    says: str
    filter: str
    ids: Ids


@dataclass(frozen=True, eq=False)
class Group:
    """Images that are the same or nearly so; `conflict` where their labels differ."""

    ids: Ids
    conflict: bool
    filter: str


@dataclass(frozen=True)
class Findings:
    """What was found among `images`, of which `measured` could be read.

    `findings` are in the order of their weight, also those without images. Groups with different labels come first,
    then the largest.
    """

    images: int
    measured: int
    findings: tuple[Finding, ...]
    duplicates: tuple[Group, ...]
    near: tuple[Group, ...]
    cues: tuple[Cue, ...]

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "images": self.images,
            "measured": self.measured,
            "findings": [{**vars(one), "ids": one.ids.tolist(), "count": len(one.ids)} for one in self.findings],
            **{
                name: [{**vars(group), "ids": group.ids.tolist()} for group in groups]
                for name, groups in (("duplicates", self.duplicates), ("near", self.near))
            },
            "cues": [{**vars(cue), "sentence": cue.sentence} for cue in self.cues],
        }


def check(store: Store) -> Generator[Event, None, Findings]:
    """Measure the images that are new, and tell what was found. Closed at any time, it keeps what it measured."""
    known = records.columns(store)
    measures = yield from measure(store, known)
    yield Stage(title="Looking for what tells the class")
    return found(known, records.sizes(store, known.ids), measures)


def found(known: Columns, sizes: Sizes, measures: Measures) -> Findings:
    """The findings on the images of `known`, whose width and height are `sizes` N,2, by what is measured of them."""
    rows = measures.rows_of(known.content_hash)
    kept = ~known.rejected
    same = alike.same_content(known.content_hash)
    near = np.where(rows >= 0, measures.cluster[rows], -1) if len(measures) else np.full(len(rows), -1)
    shared = alike.shared(same, kept), alike.shared(near, kept)
    conflict = alike.conflicting(same, known.class_index, kept) | alike.conflicting(near, known.class_index, kept)
    return Findings(
        images=len(rows),
        measured=int((rows >= 0).sum()),
        findings=(
            *_doubles(known, *shared, conflict),
            *_flaws(known, _columns(sizes, measures, rows)),
        ),
        duplicates=_groups(known, same, ""),
        near=_groups(known, near, "cluster"),
        cues=cues(known, sizes, measures),
    )


def _doubles(
    known: Columns, same: npt.NDArray[np.bool_], near: npt.NDArray[np.bool_], conflict: npt.NDArray[np.bool_]
) -> tuple[Finding, ...]:
    return tuple(
        Finding(kind.word, kind.title, kind.says, kind.filter, known.ids[which])
        for kind, which in zip(DOUBLES, (conflict, same, near), strict=True)
    )


def _flaws(known: Columns, columns: dict[str, npt.NDArray[Any]]) -> tuple[Finding, ...]:
    found = []
    for flaw in FLAWS:
        which = flaw.of(columns)
        filter = f"{flaw.word} -rejected" if (known.rejected & which).any() else flaw.word
        found.append(Finding(flaw.word, flaw.title, flaw.says, filter, known.ids[which & ~known.rejected]))
    return tuple(found)


def _columns(sizes: Sizes, measures: Measures, rows: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[Any]]:
    """What flaws are told by, N each, nan where an image was not measured."""
    width, height = sizes[:, 0].astype(np.float64), sizes[:, 1].astype(np.float64)
    columns: dict[str, npt.NDArray[Any]] = {
        "width": width,
        "height": height,
        "aspect": width / np.maximum(height, 1),
    }
    for name in ("brightness", "contrast", "sharpness"):
        columns[name] = np.append(getattr(measures, name), np.float32(np.nan))[rows]  # the last one serves -1
    return columns


def _groups(known: Columns, numbers: npt.NDArray[np.int64], field: str) -> tuple[Group, ...]:
    """The groups with `numbers` (N, -1 none) that have two images left; `field` is the filter's, if it has one."""
    members = np.flatnonzero((numbers >= 0) & ~known.rejected)
    members = members[np.argsort(numbers[members], kind="stable")]
    settled = set(numbers[known.rejected].tolist())
    groups = []
    for part in np.split(members, np.flatnonzero(np.diff(numbers[members])) + 1):
        if len(part) > 1:
            number, labels, ids = int(numbers[part[0]]), known.class_index[part], known.ids[part]
            text = f"{field}={number}" if field else f"id:{','.join(map(str, ids))}"
            differ = len(np.unique(labels[labels >= 0])) > 1
            groups.append(Group(ids, differ, f"{text} -rejected" if field and number in settled else text))
    return tuple(sorted(groups, key=lambda group: (not group.conflict, -len(group.ids), int(group.ids[0]))))
