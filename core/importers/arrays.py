"""Images that come as arrays of pixels, not as files: they become PNG files in the project's own images folder.

The PNG files are stored, not compressed, so the same pixels give the same bytes for ever: importing again then finds
what is there. Images as small as those of MNIST and CIFAR take a block of the disk either way.
"""

import functools
import hashlib
import os
import struct
import time
import zlib
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import Error
from core.events import Event, Notice, Progress, Stage
from core.images.decode import MAX_PIXELS
from core.images.names import shown
from core.images.parallel import in_order
from core.importers import landing
from core.importers.members import portable
from core.importers.reading import Brought, Candidate
from core.importers.survey import Survey
from core.importers.walk import PROGRESS_SECONDS, Late, is_junk
from core.project.catalog import NewImage
from core.project.store import Store

_CHUNK = 256  # images a task of a thread; one each would cost more in handing over than in writing
_BLOCK_BYTES = 4096
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_STORED = 65535  # bytes that fit in a stored block of deflate (RFC 1951, 3.2.4)


@dataclass(frozen=True)
class Batch:
    """The images of one file, called `name`: uint8[N,H,W] grey or uint8[N,H,W,3] RGB, and N class names or None.

    Image number 17 becomes `split/class/PREFIX00017.png`.
    """

    name: str
    pixels: NDArray[np.uint8]
    labels: Sequence[str] | None
    split: str | None
    prefix: str = ""


def bring_in(store: Store, name: str, batches: Iterable[Batch]) -> Generator[Event, None, Brought]:
    """Write all images below `images/name` and add them to the catalog, all or nothing."""
    with landing.aside(store.paths.images) as aside:
        return (yield from draw(store, name, batches, aside))


def draw(store: Store, name: str, batches: Iterable[Batch], aside: Path) -> Generator[Event, None, Brought]:
    """Like `bring_in`, with an empty folder to write to beside the final one."""
    found: list[NewImage] = []
    for batch in batches:
        yield from _checked(batch)
        landing.check_room(batch.name, _disk_bytes(batch), store.root)
        found += yield from _written(batch, aside)
    yield Stage(title="Adding to the project", total=len(found))
    return landing.land(store, aside, os.fsdecode(portable(os.fsencode(name))), found)


def look(batches: Iterable[Batch], late: Late) -> Generator[Event, None, Survey]:
    """The images that `draw` would write."""
    found: list[Candidate] = []
    for batch in batches:
        yield from _checked(batch)
        folders = _folders(batch)
        labels = batch.labels if batch.labels is not None else [None] * len(batch.pixels)
        found += [
            Candidate(_path(batch, folders[label], number), label, split=batch.split)
            for number, label in enumerate(labels)
        ]
        if late():
            return Survey(found, complete=False)
    return Survey(found)


def others_beside(folder: Path, place: Path, is_array: Callable[[bytes], bool]) -> Notice | None:
    """A line about what else lies in `folder`, in `place` inside of it and between; None when nothing does."""
    around = {folder, place, *(above for above in place.parents if above.is_relative_to(folder))}
    found = {os.fsencode(entry.name) for each in around for entry in each.iterdir() if entry not in around}
    return others_notice([name for name in found if not (is_array(name) or is_junk(name))])


def others_notice(names: Sequence[bytes]) -> Notice | None:
    """A line about files and folders that are left out; None when there are none."""
    if not names:
        return None
    listed = ", ".join(sorted(map(shown, names))[:5])
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return Notice(text=f"Only the images in array files are imported, not {listed}{more}.")


def png(rows: bytes, width: int, height: int, channels: int) -> bytes:
    """A PNG of 8 bit; `rows` has a zero (no filter) before the `width` * `channels` values of each row.

    The format: https://www.w3.org/TR/png-3/, and RFC 1950 and 1951 for the blocks inside.
    """
    begins = range(0, len(rows), _STORED)
    blocks = [
        struct.pack("<BHH", at == begins[-1], len(part), len(part) ^ 0xFFFF) + part
        for at in begins
        for part in (rows[at : at + _STORED],)
    ]
    header = struct.pack(">IIBBBBB", width, height, 8, 2 if channels == 3 else 0, 0, 0, 0)
    body = b"".join((b"\x78\x01", *blocks, struct.pack(">I", zlib.adler32(rows))))
    return b"\x89PNG\r\n\x1a\n" + _part(b"IHDR", header) + _part(b"IDAT", body) + _part(b"IEND", b"")


def _part(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def _checked(batch: Batch) -> Generator[Event, None, None]:
    """Raises `Error` for pixels that cannot be used."""
    count, height, width = batch.pixels.shape[:3]
    if not count or not 0 < height * width <= MAX_PIXELS:
        raise Error(
            f"{batch.name} holds {count:,} images of {width:,} × {height:,} px, which cannot be used.",
            "Choose a file of images.",
        )
    if batch.labels is None:
        yield Notice(text=f"There are no labels beside {batch.name}, so its images come in unlabelled.")


def _disk_bytes(batch: Batch) -> int:
    each: int = batch.pixels[0].size + batch.pixels.shape[1] + 100
    return len(batch.pixels) * -(-each // _BLOCK_BYTES) * _BLOCK_BYTES


def _written(batch: Batch, aside: Path) -> Generator[Event, None, list[NewImage]]:
    yield Stage(title=f"Writing the images of {batch.name}", total=len(batch.pixels))
    folders = _folders(batch)
    for folder in folders.values():
        landing.join(aside, folder).mkdir(parents=True, exist_ok=True)
    found: list[NewImage] = []
    shown_at = time.monotonic()
    begins = range(0, len(batch.pixels), _CHUNK)
    with in_order(functools.partial(_write, batch, aside, folders), begins, ahead=8) as results:
        for images in results:
            found += images
            if len(found) == len(batch.pixels) or time.monotonic() - shown_at > PROGRESS_SECONDS:
                shown_at = time.monotonic()
                yield Progress(done=len(found), total=len(batch.pixels))
    return found


def _folders(batch: Batch) -> dict[str | None, bytes]:
    """The folder of each class; of None where there are no classes."""
    names = sorted(set(batch.labels)) if batch.labels is not None else [None]
    made: dict[str | None, bytes] = {}
    for name in names:
        parts = [os.fsencode(batch.split or ""), portable(os.fsencode(name)) if name is not None else b""]
        made[name] = b"".join(part + b"/" for part in parts if part)
    return made


def _path(batch: Batch, folder: bytes, number: int) -> bytes:
    return folder + f"{batch.prefix}{number:05}.png".encode()


def _write(batch: Batch, aside: Path, folders: dict[str | None, bytes], begin: int) -> list[NewImage]:
    """Write the images from number `begin` on, at most `_CHUNK`."""
    pixels = batch.pixels[begin : begin + _CHUNK]
    count, height, width = pixels.shape[:3]
    rows = np.zeros((count, height, 1 + pixels[0, 0].size), np.uint8)
    rows[:, :, 1:] = pixels.reshape(count, height, -1)
    base = os.fsencode(aside)
    found = []
    for number, row in enumerate(rows, start=begin):
        label = batch.labels[number] if batch.labels is not None else None
        path = _path(batch, folders[label], number)
        data = png(row.tobytes(), width, height, pixels[0, 0].size // width)
        modified = _save(os.path.join(base, path), data)
        content = hashlib.sha256(data).digest()
        found.append(NewImage(path, content, width, height, len(data), modified, label, split=batch.split))
    return found


def _save(path: bytes, data: bytes) -> int:
    """Write a new file; returns its time of change in nanoseconds. Python's own files take twice as long."""
    try:
        file = os.open(path, _NEW, 0o666)
        try:
            rest = memoryview(data)
            while rest:  # a disk that is nearly full takes a part
                rest = rest[os.write(file, rest) :]
            return os.fstat(file).st_mtime_ns
        finally:
            os.close(file)
    except OSError as problem:
        problem.filename = problem.filename or os.fsdecode(path)  # a full disk does not say which
        raise
