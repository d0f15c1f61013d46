"""Images whose files have moved: found by size and content below another folder, and linked to their new place."""

import functools
import hashlib
import os
import time
from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import Error
from core.events import Event, Progress, Stage
from core.images.decode import Unreadable, open_regular
from core.images.names import shown
from core.images.parallel import in_order
from core.importers.landing import join
from core.importers.walk import PROGRESS_SECONDS, walk
from core.project.catalog import NewImage, relink_images
from core.project.records import folders
from core.project.store import Store


@dataclass(frozen=True)
class Relinked:
    """How many images were found again, and how many are missing still."""

    relinked: int
    missing: int


@dataclass(frozen=True)
class _Lost:
    id: int
    path: bytes
    content_hash: bytes
    byte_size: int
    width: int
    height: int


@dataclass(frozen=True)
class _File:
    path: bytes
    content_hash: bytes
    modified_ns: int


def relink(store: Store, folder: Path) -> Generator[Event, None, Relinked]:
    """Look below `folder` for the files of images that are missing, and write down where they are, in one transaction.

    Labels and all else stay as they are; files that the project knows at their place are left to it. Closing it
    before its end changes nothing. Raises `Error` where `folder` is none.
    """
    if not folder.is_dir():
        raise Error(f"There is no folder {shown(folder)}.", "Choose the folder where the images are now.")
    yield Stage(title="Looking for missing images")
    lost = _lost(store)
    if not lost:
        return Relinked(0, 0)
    root = folder.absolute()
    tree = yield from walk(root)
    found = yield from _hashed(root, tree.pictures, {image.byte_size for image in lost})
    relinked = relink_images(store, root, _pairs(lost, found))
    return Relinked(relinked, len(lost) - relinked)


def _lost(store: Store) -> list[_Lost]:
    found: list[_Lost] = []
    for id, place in folders(store).items():
        rows = store.read(
            "SELECT id, path, content_hash, byte_size, width, height FROM image WHERE folder_id = ?", (id,)
        )
        base, there = os.fsencode(place), place.is_dir()
        found += [_Lost(*row) for row in rows if not (there and os.path.exists(os.path.join(base, row[1])))]
    return found


def _hashed(root: Path, paths: Sequence[bytes], sizes: Collection[int]) -> Generator[Event, None, list[_File]]:
    """The files of one of these sizes with their content, whose image is known to be good already."""
    alike = [path for path in paths if _size(root, path) in sizes]
    yield Stage(title="Comparing images", total=len(alike))
    found: list[_File] = []
    shown_at = time.monotonic()
    with in_order(functools.partial(_hash, root), alike) as results:
        for done, file in enumerate(results, start=1):
            found += [file] if file else []
            if done == len(alike) or time.monotonic() - shown_at > PROGRESS_SECONDS:
                shown_at = time.monotonic()
                yield Progress(done=done, total=len(alike))
    return found


def _size(root: Path, path: bytes) -> int:
    try:
        return os.stat(os.path.join(os.fsencode(root), path)).st_size
    except OSError:  # it went meanwhile
        return -1


def _hash(root: Path, path: bytes) -> _File | None:
    """None for a file that cannot be read: then it is not the one that was."""
    try:
        with open_regular(join(root, path)) as file:
            content = hashlib.file_digest(file, "sha256").digest()
            return _File(path, content, os.fstat(file.fileno()).st_mtime_ns)
    except (Unreadable, OSError):
        return None


def _pairs(lost: Sequence[_Lost], found: Sequence[_File]) -> list[tuple[int, NewImage]]:
    """Each missing image with a file of its content; of several, that which is called most like it was."""
    files: dict[bytes, list[_File]] = {}
    for file in found:
        files.setdefault(file.content_hash, []).append(file)
    pairs = []
    for image in lost:
        if rest := files.get(image.content_hash):
            file = rest.pop(max(range(len(rest)), key=lambda at: _alike(rest[at].path, image.path)))
            size = (image.width, image.height, image.byte_size)
            pairs.append((image.id, NewImage(file.path, file.content_hash, *size, file.modified_ns)))
    return pairs


def _alike(one: bytes, other: bytes) -> int:
    """How many parts at the end of two paths are the same."""
    parts = list(zip(reversed(one.split(b"/")), reversed(other.split(b"/")), strict=False))
    return next((at for at, (a, b) in enumerate(parts) if a != b), len(parts))
