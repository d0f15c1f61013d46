"""Pixels decoded once: every image as a square of uint8 in one memory-mapped file per size.

Two append-only files per size and loader version: `64px-v1.pixels` holds the squares, `64px-v1.index` one checked
entry per square, in the same order. Squares reach the disk before their entries, so whatever ends the program leaves
at most squares without an entry, which the next packing overwrites. Both files may be deleted at any time.
"""

import contextlib
import hashlib
import io
import itertools
import os
import time
import zlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import filelock
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import Error, told
from core.events import Event, Notice, Progress, Skipped, Stage
from core.images.decode import LOADER_VERSION, Unreadable, load_at_least, open_regular
from core.images.names import shown
from core.images.parallel import in_order
from core.paths import ProjectPaths

HASH_BYTES = 32
_ENTRY_BYTES = HASH_BYTES + 4
_BATCH_BYTES = 16 << 20
_BATCH_SECONDS = 1.0


@dataclass(frozen=True)
class Packed:
    """Squares of the images asked for.

    `pixels` uint8[M,size,size,3] RGB, memory-mapped and read-only; `rows` int64[N] is the row of each asked image in
    it, -1 where it could not be read; `skipped` says which and why.
    """

    pixels: NDArray[np.uint8]
    rows: NDArray[np.int64]
    skipped: list[tuple[Path, str]] = field(default_factory=list)


def square(image: Image.Image, size: int) -> NDArray[np.uint8]:
    """`image` stretched to uint8[size,size,3]: bilinear with antialiasing, as torchvision's `Resize` does it."""
    return np.asarray(image.resize((size, size), Image.Resampling.BILINEAR), dtype=np.uint8)


def load_square(path: Path, size: int) -> NDArray[np.uint8]:
    """The picture at `path` as uint8[size,size,3], exactly as `pack` stores it; raises `Unreadable`."""
    return square(load_at_least(path, 2 * size), size)


def pack(
    paths: ProjectPaths, hashes: NDArray[np.uint8], files: Sequence[Path], size: int
) -> Generator[Event, None, Packed]:
    """Make sure that the images with content `hashes` uint8[N,32], found in `files`, are packed at `size` px.

    Closing it keeps all but the last second's work. Raises `Error` where the cache cannot be written.
    """
    keys = [row.tobytes() for row in np.ascontiguousarray(hashes, dtype=np.uint8).reshape(-1, HASH_BYTES)]
    with _Squares(paths.packed, size, write=False) as squares:
        if all(key in squares.rows for key in keys):
            return squares.packed(keys, [])
    paths.packed.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(paths.packed / f"{size}px.lock")
    yield from _acquire(lock)
    try:
        with _Squares(paths.packed, size, write=True) as squares:
            skipped = yield from _append(squares, _wanted(squares, keys, files))
            return squares.packed(keys, skipped)
    finally:
        lock.release()


def _acquire(lock: filelock.BaseFileLock) -> Generator[Event, None, None]:
    told_once = False
    while True:
        try:
            lock.acquire(timeout=0.2)
            return
        except filelock.Timeout:
            text = "Waiting for another program that is preparing images of this project."
            yield Progress(done=0) if told_once else Notice(text=text)
            told_once = True


def _wanted(squares: "_Squares", keys: Sequence[bytes], files: Sequence[Path]) -> dict[bytes, list[Path]]:
    """The files of each content that is not packed yet: of equal images any readable one will do."""
    wanted: dict[bytes, list[Path]] = {}
    for key, file in zip(keys, files, strict=True):
        if key not in squares.rows:
            wanted.setdefault(key, []).append(file)
    return wanted


def _append(squares: "_Squares", wanted: dict[bytes, list[Path]]) -> Generator[Event, None, list[tuple[Path, str]]]:
    skipped: list[tuple[Path, str]] = []
    yield Stage(title="Preparing images", total=len(wanted))
    full = max(1, _BATCH_BYTES // squares.row_bytes)
    batch: list[tuple[bytes, NDArray[np.uint8]]] = []
    flushed = time.monotonic()
    with in_order(lambda task: _read(*task, squares.size), wanted.items()) as results:
        for done, (key, found) in enumerate(results, start=1):
            if isinstance(found, list):
                skipped += found
                for file, reason in found:
                    yield Skipped(name=shown(file), reason=reason)
            else:
                batch.append((key, found))
            if len(batch) >= full or done == len(wanted) or time.monotonic() - flushed > _BATCH_SECONDS:
                squares.append(batch)
                batch, flushed = [], time.monotonic()
                yield Progress(done=done, total=len(wanted))
    return skipped


def _read(key: bytes, files: Sequence[Path], size: int) -> tuple[bytes, NDArray[np.uint8] | list[tuple[Path, str]]]:
    """The square of the first of `files` that can be read, or the reason of each why there is none."""
    reasons: list[tuple[Path, str]] = []
    for file in files:
        try:
            with open_regular(file) as opened:
                if hashlib.file_digest(opened, "sha256").digest() == key:
                    return key, square(load_at_least(opened, 2 * size, shown(file.name)), size)
                reasons.append((file, "it has changed since it was imported; import it again"))
        except Unreadable as problem:
            reasons.append((file, problem.reason))
    return key, reasons


class _Squares:
    """The two files of one size, held open so that deleting them meanwhile hurts nobody who uses them.

    `rows` maps a content hash to its row; only entries that check out and have their pixels are known.
    """

    def __init__(self, folder: Path, size: int, write: bool) -> None:
        self.size = size
        self.row_bytes = size * size * 3
        self._stack = contextlib.ExitStack()
        try:
            self._pixels = self._stack.enter_context(_opened(folder / f"{size}px-v{LOADER_VERSION}.pixels", write))
            self._index = self._stack.enter_context(_opened(folder / f"{size}px-v{LOADER_VERSION}.index", write))
        except FileNotFoundError:
            self.rows: dict[bytes, int] = {}
            return
        held = os.fstat(self._pixels.fileno()).st_size // self.row_bytes
        keys = itertools.islice(_sound_keys(self._index.read(), self.row_bytes), held)
        self.rows = {key: row for row, key in enumerate(keys)}

    def append(self, batch: Sequence[tuple[bytes, NDArray[np.uint8]]]) -> None:
        """Write squares, then their entries; each reaches the disk before the next begins."""
        first = len(self.rows)
        new = {key: row for row, (key, _) in enumerate(batch, start=first)}
        _write_at(self._pixels, first * self.row_bytes, b"".join(pixels.tobytes() for _, pixels in batch))
        entries = b"".join(_entry(key, row, self.row_bytes) for key, row in new.items())
        _write_at(self._index, first * _ENTRY_BYTES, entries)
        self.rows.update(new)

    def packed(self, keys: Sequence[bytes], skipped: list[tuple[Path, str]]) -> Packed:
        """The answer for `keys`, good beyond the life of this object."""
        shape = (len(self.rows), self.size, self.size, 3)
        rows = np.array([self.rows.get(key, -1) for key in keys], dtype=np.int64)
        if not self.rows:
            return Packed(np.zeros(shape, dtype=np.uint8), rows, skipped)
        return Packed(np.memmap(self._pixels, dtype=np.uint8, mode="r", shape=shape), rows, skipped)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()


def _opened(path: Path, write: bool) -> io.FileIO:
    """`path` unbuffered: to read (FileNotFoundError where it is missing), or to write (made where it is missing)."""
    try:
        if not write:
            return open(path, "rb", buffering=0)
        return open(path, "r+b", buffering=0, opener=lambda name, flags: os.open(name, flags | os.O_CREAT, 0o666))
    except OSError as problem:
        if isinstance(problem, FileNotFoundError) and not write:
            raise
        raise _unwritten(path, problem) from problem


def _unwritten(path: Path, problem: OSError) -> Error:
    problem.filename = problem.filename or str(path)
    return told(problem) or Error(f"{path} could not be used: {problem.strerror}.")


def _entry(key: bytes, row: int, row_bytes: int) -> bytes:
    return key + zlib.crc32(key + row.to_bytes(8, "little"), row_bytes).to_bytes(4, "little")


def _sound_keys(entries: bytes, row_bytes: int) -> Iterator[bytes]:
    for row in range(len(entries) // _ENTRY_BYTES):
        entry = entries[row * _ENTRY_BYTES : (row + 1) * _ENTRY_BYTES]
        key = entry[:HASH_BYTES]
        if entry != _entry(key, row, row_bytes):
            return
        yield key


def _write_at(file: io.FileIO, offset: int, data: bytes) -> None:
    """Cut `file` at `offset`, write `data` there and wait until it is on the disk."""
    try:
        if os.fstat(file.fileno()).st_size > offset:
            file.truncate(offset)
        file.seek(offset)
        rest = memoryview(data)
        while rest:
            rest = rest[file.write(rest) :]
        os.fsync(file.fileno())
    except OSError as problem:
        raise _unwritten(Path(str(file.name)), problem) from problem
