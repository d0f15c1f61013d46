"""Images of a zip archive, unpacked into the project.

The archive is a stranger: nothing is written before all its names have been checked, names are made safe for every
system, sizes are limited, and what was unpacked lies aside until everything has been read. Then it moves to
`images/<name>/` in one step, and the catalog learns of it.
"""

import contextlib
import errno
import hashlib
import itertools
import lzma
import os
import shutil
import struct
import tempfile
import time
import zipfile
import zlib
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from core.errors import Error, told
from core.events import Event, Progress, Skipped, Stage
from core.images.decode import open_regular
from core.images.names import shown
from core.importers.folder import find
from core.importers.members import Member, TolerantFile, portable, vetted
from core.importers.reading import Brought, classes_of, read
from core.importers.walk import PROGRESS_SECONDS, others_notice
from core.project.catalog import AddedImages, NewImage, add_images
from core.project.store import Store

_INCOMING = ".incoming-"
_SPARE_BYTES = 64 << 20
# What zipfile and its decompressors raise on damaged bytes, beside OSError without a number.
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError),
    *(struct.error, LookupError, OverflowError),
)
_UNUSABLE_NAME = {errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ}


def accepts(path: Path) -> bool:
    return path.is_file() and (path.suffix.lower() == ".zip" or zipfile.is_zipfile(path))


def bring_in(store: Store, path: Path) -> Generator[Event, None, Brought]:
    images = store.paths.images
    with contextlib.ExitStack() as undo:
        with _opened(path) as archive:
            members, too_large, others = vetted(archive, path)
            yield from too_large
            if notice := others_notice(others):
                yield notice
            _check_room(path, members, store.root)
            aside = _aside(images, undo)
            yield from _unpack(archive, members, aside)
        renamed = {member.name: member.target for member in members if member.name != member.target}
        plan = (yield from find(aside, shown(path.name), renamed)).unwrapped()
        found = yield from read(plan.folder, plan.candidates)
        if not found:
            return Brought(AddedImages(), ())
        for unread in {candidate.path for candidate in plan.candidates} - {image.path for image in found}:
            _join(plan.folder, unread).unlink()
        with contextlib.ExitStack() as move:
            name = os.fsdecode(portable(os.fsencode(path.stem)))
            place = _settle(plan.folder, images, name, found, move)
            brought = Brought(add_images(store, place, found), classes_of(found))
            move.pop_all()
        return brought


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    with TolerantFile(open_regular(path).detach()) as file:
        try:
            archive = zipfile.ZipFile(file)
        except (*_DAMAGE, OSError) as problem:
            raise Error(
                f"{shown(path.name)} is damaged or no zip archive.", "Copy or download it again, or unpack it yourself."
            ) from problem
        file.listing = False
        with archive:
            yield archive


def _check_room(path: Path, members: Sequence[Member], root: Path) -> None:
    needed = sum(member.info.file_size for member in members)
    free = max(0, shutil.disk_usage(root).free - _SPARE_BYTES)
    if needed > free:
        raise Error(
            f"{shown(path.name)} needs {_size(needed)}, but the disk has only {_size(free)} to spare.",
            "Free some space on the disk of the project and try again.",
        )


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def _aside(images: Path, undo: contextlib.ExitStack) -> Path:
    """An empty folder beside the final ones, removed when `undo` unwinds; leftovers of killed imports go too."""
    images.mkdir(exist_ok=True)
    undo.callback(_remove_if_empty, images)
    for leftover in images.glob(f"{_INCOMING}*"):
        shutil.rmtree(leftover)
    incoming = Path(tempfile.mkdtemp(prefix=_INCOMING, dir=images))
    undo.callback(shutil.rmtree, incoming, ignore_errors=True)
    aside = incoming / "files"  # mkdtemp's own folder is closed to other users, this one is not
    aside.mkdir()
    return aside


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()


def _unpack(archive: zipfile.ZipFile, members: Sequence[Member], aside: Path) -> Generator[Event, None, None]:
    yield Stage(title="Unpacking", total=len(members), unit="files")
    shown_at = time.monotonic()
    for done, member in enumerate(members, start=1):
        if reason := _extract(archive, member, _join(aside, member.target)):
            yield Skipped(name=shown(member.name), reason=reason)
        if done == len(members) or time.monotonic() - shown_at > PROGRESS_SECONDS:
            shown_at = time.monotonic()
            yield Progress(done=done, total=len(members))


def _extract(archive: zipfile.ZipFile, member: Member, target: Path) -> str:
    """Write one member; returns the reason where it cannot be. Raises `Error` when the disk is full."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(member.info) as source, target.open("xb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
        return ""
    except _DAMAGE:
        reason = "it is damaged inside the archive"
    except OSError as problem:
        if problem.errno and problem.errno not in _UNUSABLE_NAME:
            problem.filename = problem.filename or str(target)
            raise told(problem) or problem from None
        reason = "its name cannot be used here" if problem.errno else "it is damaged inside the archive"
    with contextlib.suppress(OSError):  # there may be nothing, or a folder of the same name
        target.unlink()
    return reason


def _settle(unpacked: Path, images: Path, name: str, found: Sequence[NewImage], undo: contextlib.ExitStack) -> Path:
    """Move the images to `images/name`, or to `name-2` … where other images have that place; returns the place.

    An archive imported before finds its own place again. Until `undo` is emptied, it takes the move back.
    """
    place = next(place for place in _places(images, name) if all(_fits(place, image) for image in found))
    new = [image.path for image in found if not _join(place, image.path).exists()]
    # The catalog must not promise images that a power cut could still take. Many at once: the disk joins their waits.
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda path: _flush(_join(unpacked, path)), new))
    if not place.exists():
        unpacked.rename(place)
        undo.callback(shutil.rmtree, place, ignore_errors=True)
        return place
    for path in new:
        target = _join(place, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        _join(unpacked, path).rename(target)
        undo.callback(target.unlink, missing_ok=True)
    return place


def _flush(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _places(images: Path, name: str) -> Iterator[Path]:
    return (images / (name if number == 1 else f"{name}-{number}") for number in itertools.count(1))


def _fits(place: Path, image: NewImage) -> bool:
    """Whether `image` is at its path in `place` already, or nothing is."""
    target = _join(place, image.path)
    if not target.exists():
        return True
    if not target.is_file() or target.stat().st_size != image.byte_size:
        return False
    with target.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest() == image.content_hash


def _join(folder: Path, path: bytes) -> Path:
    return Path(os.fsdecode(os.path.join(os.fsencode(folder), path)))
