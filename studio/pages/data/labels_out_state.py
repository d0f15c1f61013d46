"""What the dialog that exports labels shows, and what an export is asked to do, decided without Qt."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core import wording
from core.curate.exchange import FORMATS
from core.project import table
from core.project.query import ALL, Filter, IdIn
from core.project.store import Store
from studio.pages.data.accept_state import SELECTED, SHOWN

TITLES: Mapping[str, str] = {
    "csv": "CSV",
    "jsonl": "JSON lines",
    "imagefolder": "Folders",
    "imagefolder-links": "Folders of links",
    "label-studio": "Label Studio",
    "huggingface": "Hugging Face",
}
_COPIES = ("imagefolder", "huggingface")
_LEAVE_OUT = {  # because who reads such folders trains on all that is in them, each folder being a class
    "imagefolder": ("unlabelled", "rejected"),
    "imagefolder-links": ("unlabelled", "rejected"),
    "huggingface": ("rejected",),
}
_LONGEST = 4000  # letters of a filter that a command is told; a longer one goes as a list of numbers


@dataclass(frozen=True, eq=False)
class Wanted:
    """What the controls say; `selection` are the images selected when the dialog was opened."""

    format: str
    scope: str
    filter: Filter
    selection: npt.NDArray[np.int64]

    @property
    def images(self) -> Filter:
        """Which images are meant."""
        if self.scope == SELECTED:
            return IdIn(tuple(self.selection.tolist()))
        return self.filter if self.scope == SHOWN else ALL

    @property
    def words(self) -> str | None:
        """The images as a filter that a command takes; None where only a list of their numbers says it."""
        text = "" if self.scope == SELECTED else str(self.images)
        return None if self.scope == SELECTED or len(text) > _LONGEST else text

    @property
    def is_folder(self) -> bool:
        return not FORMATS[self.format].suffix


@dataclass(frozen=True)
class Tally:
    """How many images there are, and how many of them have no label or are rejected; `size` in bytes."""

    images: int
    unlabelled: int
    rejected: int
    both: int
    size: int


@dataclass(frozen=True)
class Offer:
    """`lines` say what would be written; `why` says why nothing can be."""

    lines: tuple[str, ...]
    button: str
    can: bool
    why: str


def tally(store: Store, wanted: Wanted) -> Tally:
    """Count the images of `wanted`."""
    known = table.of(store)
    mask = wanted.images.mask(known)
    unlabelled, rejected = (known.classes.codes < 0) & mask, known.number("rejected") & mask
    return Tally(
        int(mask.sum()),
        int(unlabelled.sum()),
        int(rejected.sum()),
        int((unlabelled & rejected).sum()),
        int(known.number("bytes")[mask].sum()),
    )


def offer(wanted: Wanted, found: Tally) -> Offer:
    """What is shown of `found`."""
    without = _LEAVE_OUT.get(wanted.format, ())
    out = sum(getattr(found, what) for what in without) - (found.both if len(without) == 2 else 0)
    kept = found.images - out
    lines = [f"{wording.count(kept, 'image')} of {found.images:,}." if out else f"{wording.count(kept, 'image')}."]
    parts = [f"{number:,} {_SAID[what]}" for what in without if (number := getattr(found, what))]
    if parts:
        lines.append(f"Left out: {' and '.join(parts)}, as who reads the folders would train on them.")
    elif found.unlabelled:
        lines.append(f"{found.unlabelled:,} of them have no label yet.")
    if kept and wanted.format in _COPIES:
        lines.append(f"Their files are copied, about {_size(found.size * kept // found.images)}.")
    where = "folder" if wanted.is_folder else "file"
    return Offer(tuple(lines), f"Choose the {where}…", kept > 0, "" if kept else "There is no image to export.")


_SAID = {"unlabelled": "without a label", "rejected": "rejected"}


def _size(number: int) -> str:
    """Such as "3.4 MB"."""
    for unit, bytes in (("GB", 1e9), ("MB", 1e6)):
        if number >= bytes:
            return f"{number / bytes:.1f} {unit}"
    return f"{max(1, round(number / 1e3)):,} kB"
