"""Small JPEGs of images, kept in `cache/thumbnails.db`, which may be deleted at any time.

The key is the content, not the path, so a moved picture keeps its thumbnail. Pictures that cannot be read are
remembered with their reason. A cache that cannot be written is no reason not to show pictures: it is left out.
"""

import contextlib
import hashlib
import io
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self, TypeVar

from PIL import Image

from core.errors import Error, told
from core.images.decode import LOADER_VERSION, Unreadable, load_at_least, open_regular
from core.images.names import shown

Answer = TypeVar("Answer")

_QUALITY = 85
_TABLE = """
CREATE TABLE IF NOT EXISTS thumbnail (
    content_hash BLOB NOT NULL, side INTEGER NOT NULL, loader INTEGER NOT NULL, jpeg BLOB, reason TEXT,
    PRIMARY KEY (content_hash, side, loader)
) WITHOUT ROWID, STRICT
"""


def make(source: Path, side: int = 256) -> bytes:
    """A JPEG of `source` that fits a square of `side` pixels (never enlarged); raises `Unreadable`."""
    with open_regular(source) as file:
        return _jpeg(load_at_least(file, 2 * side, shown(source.name)), side)


class Thumbnails:
    """The thumbnails of a project; `get` may be called from several threads."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._own = threading.local()
        self._opening = threading.Lock()
        self._writing = threading.Lock()
        self._connections: list[sqlite3.Connection] = []
        self.trouble: Error | None = None
        """Why new thumbnails are not being kept, if so: for a line in the window, once."""

    def get(self, content_hash: bytes, source: Path, side: int = 256) -> bytes:
        """The JPEG of the image with `content_hash` (sha256), read from `source` when it is not kept yet.

        Fits a square of `side` pixels, never enlarged. Raises `Unreadable`; for damaged content without a new try.
        """
        key = (content_hash, side, LOADER_VERSION)
        sql = "SELECT jpeg, reason FROM thumbnail WHERE content_hash = ? AND side = ? AND loader = ?"
        row = self._try(lambda db: db.execute(sql, key).fetchone())
        if row is None:
            return self._made(key, source)
        if row[0] is None:
            raise Unreadable(shown(source.name), row[1])
        return bytes(row[0])

    def close(self) -> None:
        """Close the connections of all threads; none of them may be in `get`."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()
        self._own = threading.local()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _made(self, key: tuple[bytes, int, int], source: Path) -> bytes:
        name = shown(source.name)
        with open_regular(source) as file:
            same = hashlib.file_digest(file, "sha256").digest() == key[0]
            try:
                jpeg = _jpeg(load_at_least(file, 2 * key[1], name), key[1])
            except Unreadable as problem:
                if same and not isinstance(problem.__cause__, MemoryError):
                    self._keep(key, None, problem.reason)
                raise
        if same:  # a picture changed on disk is shown, but not kept as the old one
            self._keep(key, jpeg, None)
        return jpeg

    def _keep(self, key: tuple[bytes, int, int], jpeg: bytes | None, reason: str | None) -> None:
        with self._writing:
            self._try(
                lambda db: db.execute("INSERT OR REPLACE INTO thumbnail VALUES (?, ?, ?, ?, ?)", (*key, jpeg, reason))
            )

    def _try(self, action: Callable[[sqlite3.Connection], Answer]) -> Answer | None:
        """`action` on this thread's connection; once more on a fresh one, because the file may have been deleted or
        damaged meanwhile. None and `trouble` set when that fails too."""
        for last in (False, True):
            try:
                return action(self._connection())
            except (sqlite3.Error, OSError) as problem:
                self._drop(damaged=not isinstance(problem, sqlite3.OperationalError | OSError))
                if last:
                    self.trouble = told(problem) or Error(f"Thumbnails are not being kept: {problem}.")
        return None

    def _connection(self) -> sqlite3.Connection:
        known = getattr(self._own, "connection", None)
        if isinstance(known, sqlite3.Connection):
            return known
        with self._opening:  # two threads must not switch a new file to WAL at the same moment
            self._database.parent.mkdir(parents=True, exist_ok=True)
            fresh = sqlite3.connect(self._database, timeout=5, isolation_level=None, check_same_thread=False)
            self._own.connection = fresh
            self._connections.append(fresh)
            fresh.execute("PRAGMA journal_mode = WAL")
            fresh.execute("PRAGMA synchronous = OFF")
            fresh.execute(_TABLE)
        return fresh

    def _drop(self, damaged: bool) -> None:
        known = getattr(self._own, "connection", None)
        self._own.connection = None
        if isinstance(known, sqlite3.Connection):
            with contextlib.suppress(ValueError):
                self._connections.remove(known)
            known.close()
        if damaged:
            for suffix in ("", "-wal", "-shm"):
                with contextlib.suppress(OSError):  # Windows keeps a file that another thread has open
                    self._database.with_name(self._database.name + suffix).unlink()


def _jpeg(image: Image.Image, side: int) -> bytes:
    image.thumbnail((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=_QUALITY)
    return stream.getvalue()
