"""Where new image files of a project lie until all of them are there, and the one step that puts them in their place.

What an importer writes lies in a hidden folder beside `images/<name>/` first. Then it moves in one step, and the
catalog learns of it; until then whatever goes wrong leaves the project as it was.
"""

import contextlib
import hashlib
import itertools
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from core.errors import Error
from core.importers.reading import Brought, classes_of
from core.project.catalog import AddedImages, NewImage, add_images
from core.project.store import Store

_INCOMING = ".incoming-"
_SPARE_BYTES = 64 << 20
# 16 threads flush some 3,000 files a second one by one; the system flushes 60,000 at once in less than a second.
_MANY = 2000


def check_room(name: str, needed_bytes: int, root: Path) -> None:
    """Raises `Error` when the disk of the project has not `needed_bytes` to spare for what is called `name`."""
    free = max(0, shutil.disk_usage(root).free - _SPARE_BYTES)
    if needed_bytes > free:
        raise Error(
            f"{name} needs {size(needed_bytes)}, but the disk has only {size(free)} to spare.",
            "Free some space on the disk of the project and try again.",
        )


def size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


@contextlib.contextmanager
def aside(images: Path) -> Iterator[Path]:
    """An empty folder beside the final ones, removed at the end of the block; leftovers of killed imports go too."""
    with contextlib.ExitStack() as undo:
        images.mkdir(exist_ok=True)
        undo.callback(_remove_if_empty, images)
        for leftover in images.glob(f"{_INCOMING}*"):
            shutil.rmtree(leftover)
        incoming = Path(tempfile.mkdtemp(prefix=_INCOMING, dir=images))
        undo.callback(shutil.rmtree, incoming, ignore_errors=True)
        files = incoming / "files"  # mkdtemp's own folder is closed to other users, this one is not
        files.mkdir()
        yield files


def land(store: Store, written: Path, name: str, found: Sequence[NewImage]) -> Brought:
    """Move the images `found` in `written` to `images/name` and add them to the catalog, all or nothing.

    They go to `name-2` … where other images have that place; what was imported before finds its own place again.
    """
    if not found:
        return Brought(AddedImages(), ())
    with contextlib.ExitStack() as move:
        place = _settle(written, store.paths.images, name, found, move)
        brought = Brought(add_images(store, place, found), classes_of(found))
        move.pop_all()
    return brought


def join(folder: Path, path: bytes) -> Path:
    """`path`, '/'-separated and as the OS encodes it, below `folder`."""
    return Path(os.fsdecode(os.path.join(os.fsencode(folder), path)))


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()


def _settle(written: Path, images: Path, name: str, found: Sequence[NewImage], undo: contextlib.ExitStack) -> Path:
    """Move the images; returns their place. Until `undo` is emptied, it takes the move back."""
    place = next(place for place in _places(images, name) if _has_room(place, found))
    known = place.exists()
    # Paths of tens of thousands of files are joined as bytes: `Path` would take several seconds for it.
    here, there = os.fsencode(written), os.fsencode(place)
    new = [image.path for image in found if not (known and os.path.exists(os.path.join(there, image.path)))]
    flush([os.path.join(here, path) for path in new])
    if not known:
        written.rename(place)
        undo.callback(shutil.rmtree, place, ignore_errors=True)
        return place
    for path in new:
        target = os.path.join(there, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.rename(os.path.join(here, path), target)
        undo.callback(_remove_if_there, target)
    return place


def _remove_if_there(path: bytes) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def flush(paths: Sequence[bytes]) -> None:
    """The catalog must not promise images that a power cut could still take, so they are on disk before it learns.

    Many go with one `sync` of all disks; only Linux' waits until everything is written.
    """
    if len(paths) >= _MANY and sys.platform == "linux":
        os.sync()
        return
    with ThreadPoolExecutor(16) as pool:  # many at once: the disk joins their waits
        list(pool.map(_flush_one, paths))


def _flush_one(path: bytes) -> None:
    with open(path, "r+b") as file:
        os.fsync(file.fileno())


def _places(images: Path, name: str) -> Iterator[Path]:
    return (images / (name if number == 1 else f"{name}-{number}") for number in itertools.count(1))


def _has_room(place: Path, found: Sequence[NewImage]) -> bool:
    """Whether each image of `found` is at its path in `place` already, or nothing is."""
    there = os.fsencode(place)
    return not place.exists() or all(_fits(os.path.join(there, image.path), image) for image in found)


def _fits(target: bytes, image: NewImage) -> bool:
    try:
        facts = os.stat(target)
    except FileNotFoundError:
        return True
    except NotADirectoryError:
        return False
    if not stat.S_ISREG(facts.st_mode) or facts.st_size != image.byte_size:
        return False
    with open(target, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest() == image.content_hash
