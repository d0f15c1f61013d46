"""What folders say about the images in them, as a pure function of their paths.

`cat/1.jpg` is of class cat, `train/cat/1.jpg` is also in the split train; a single folder around everything says
nothing.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from core.images.names import shown

SPLITS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}


@dataclass(frozen=True)
class Place:
    """Class and split of one image, None where its folders do not say."""

    label: str | None
    split: str | None


def wrapping(pictures: Sequence[bytes], tables: Sequence[bytes] = (), archive: bytes = b"") -> bytes:
    """The folders around everything that say nothing, with a final slash; empty where there are none.

    A single folder wraps when a table of its images lies in it, when it is called as the `archive` that holds it, or
    when it holds nothing but folders; never when its name is that of a split.
    """
    prefix = b""
    while not any(table.rpartition(b"/")[0] + b"/" == (prefix or b"/") for table in tables):
        inner = [path[len(prefix) :].split(b"/") for path in pictures]
        tops = {parts[0] for parts in inner if len(parts) > 1}
        if len(tops) != 1 or any(len(parts) == 1 for parts in inner):
            break
        (top,) = tops
        told = any(table.rpartition(b"/")[0] == prefix + top for table in tables) or (not prefix and top == archive)
        if top.decode("latin-1").lower() in SPLITS or (not told and any(len(parts) == 2 for parts in inner)):
            break
        prefix += top + b"/"
    return prefix


def places(pictures: Sequence[bytes]) -> list[Place]:
    """What the folders say about each picture; paths are relative to the folder that `wrapping` found."""
    inner = [path.split(b"/") for path in pictures]
    tops = {parts[0].decode("latin-1").lower() for parts in inner if len(parts) > 1}
    has_splits = bool(tops) and tops <= SPLITS.keys()
    return [_place(parts, has_splits) for parts in inner]


def _place(parts: list[bytes], has_splits: bool) -> Place:
    folders = parts[:-1]
    split = SPLITS[folders.pop(0).decode("latin-1").lower()] if has_splits and folders else None
    return Place(class_name(folders[0]) if folders else None, split)


def class_name(folder: bytes) -> str:
    """A folder's name as a class: composed, because some systems store "é" as two letters."""
    return unicodedata.normalize("NFC", shown(folder)).strip()
