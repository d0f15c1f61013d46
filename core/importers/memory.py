"""What was read of image files before, so that an import that was stopped, or is done again, need not read them again.

One file in the user's cache for all projects; it may be deleted at any time. A file is known by path, size and time of
change, as with git; one that has just changed is not kept, because it could change again within the same tick.
"""

import contextlib
import hashlib
import os
import struct
import time
import zlib
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from core.images.decode import LOADER_VERSION
from core.paths import images_read

MAX_BYTES = 64 << 20  # some million images; half of them are dropped then
_FRESH_NS = 2_000_000_000
_LAYOUT = struct.Struct("<QQ32sIII")  # key and more of it, hash, width and height in px, CRC-32 of what is before
_RECORD = np.dtype([("key", "<u8"), ("rest", f"V{_LAYOUT.size - 8}")])


class Known(NamedTuple):
    """Hash of the content, and size in px."""

    content_hash: bytes
    width: int
    height: int


@dataclass
class Memory:
    """What is known of files; `keep` adds to it, `save` writes that down. May be used from several threads."""

    _file: Path
    _keys: npt.NDArray[np.uint64]  # N, ascending, in a row: a column of the records would be copied for each search
    _records: npt.NDArray[np.void]  # N, in the order of the keys
    _new: deque[bytes]

    @classmethod
    def load(cls) -> Self:
        """All that is remembered; nothing where there is no such file, or as far as it is damaged."""
        file = images_read()
        try:
            data = file.read_bytes()
        except OSError:
            data = b""
        size = _RECORD.itemsize
        kept = data[-(MAX_BYTES // 2 // size * size) :] if len(data) > MAX_BYTES else data
        if len(data) % size or len(kept) < len(data):
            kept = kept[: len(kept) // size * size]
            with contextlib.suppress(OSError):
                _rewrite(file, kept)
        records = np.frombuffer(kept, _RECORD)
        order = np.argsort(records["key"], kind="stable")
        return cls(file, records["key"][order], records[order], deque())

    def find(self, path: bytes, facts: os.stat_result) -> Known | None:
        """What is known of the file at `path` (absolute), which has `facts` now."""
        key, more = _key(path, facts)
        at = int(self._keys.searchsorted(np.uint64(key)))
        while at < len(self._keys) and self._keys[at] == key:
            body = self._records[at].tobytes()
            _, kept, content, width, height, check = _LAYOUT.unpack(body)
            if kept == more and check == zlib.crc32(body[:-4]):
                return Known(content, width, height)
            at += 1
        return None

    def keep(self, path: bytes, facts: os.stat_result, known: Known) -> None:
        if abs(time.time_ns() - facts.st_mtime_ns) < _FRESH_NS:
            return
        body = _LAYOUT.pack(*_key(path, facts), *known, 0)[:-4]
        self._new.append(body + struct.pack("<I", zlib.crc32(body)))

    def save(self) -> None:
        """Write down what is new; a cache that cannot be written is no reason not to import."""
        new = b"".join(self._new.popleft() for _ in range(len(self._new)))
        if not new:
            return
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with open(self._file, "ab") as file:
                file.write(new)


def _key(path: bytes, facts: os.stat_result) -> tuple[int, int]:
    said = b"%s\0%d\0%d\0%d" % (path, facts.st_size, facts.st_mtime_ns, LOADER_VERSION)
    key, more = struct.unpack("<QQ", hashlib.sha256(said).digest()[:16])
    return key, more


def _rewrite(file: Path, data: bytes) -> None:
    aside = file.with_name(f"{file.name}.{os.getpid()}")
    aside.write_bytes(data)
    os.replace(aside, file)
