"""A project's database: opening, locking, reading, and transactions. The only code that connects to project.db.

One process at a time may write, under an operating system lock that a kill releases; any number may read. A `Store`
belongs to the thread that opened it. Every commit is flushed to disk before it returns (WAL, synchronous=FULL).
"""

import contextlib
import errno
import json
import os
import shutil
import socket
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import filelock

from core.errors import Error
from core.paths import ProjectPaths
from core.project import migrations

Row = tuple[Any, ...]


class Unfinished(Error):
    """A project whose making has not ended, or was killed."""


class Store:
    """An open project. Use `create` or `open`."""

    def __init__(self, paths: ProjectPaths, db: sqlite3.Connection, lock: filelock.BaseFileLock | None) -> None:
        self.paths = paths
        self.memory: dict[str, Any] = {}  # what others keep of this project while it is open, such as columns
        self._db = db
        self._lock = lock

    @classmethod
    def create(cls, root: Path) -> "Store":
        """Make a new, empty project in `root`, a folder that is absent or empty, and open it for writing."""
        paths = ProjectPaths(root.absolute())
        if paths.database.exists():
            raise Error(f"There is a project in {root} already.", "Open it, or choose another folder.")
        if root.exists() and not root.is_dir():
            raise Error(f"{root} is a file, and a project is a folder.", "Choose a new or empty folder.")
        if root.exists() and any(root.iterdir()):
            raise Error(f"{root} is not empty.", "Choose a new or empty folder, so that nothing in it gets mixed up.")
        root.mkdir(parents=True, exist_ok=True)
        paths.runs.mkdir()  # of two who make a project here at once, one fails at this line
        try:
            return cls.open(root, _new=True)
        except BaseException:
            shutil.rmtree(root, ignore_errors=True)  # it was empty: all in it is ours
            raise

    @classmethod
    def open(cls, root: Path, write: bool = True, _new: bool = False) -> "Store":
        """Open the project in `root`.

        Raises `Error` when there is none, when it was made by a newer program, when it is damaged, and for `write`
        when another process holds the lock or the folder is read-only.
        """
        paths = ProjectPaths(root.absolute())
        if not _new and not paths.database.is_file():
            raise Error(
                f"There is no project in {root}.", "A project is a folder with a project.db; `core new` makes one."
            )
        lock = _take_lock(paths) if write else None
        try:
            db = _connect(paths.database, write)
            _prepare(db, write, paths)
        except BaseException:
            if lock:
                lock.release()
            raise
        return cls(paths, db, lock)

    @property
    def root(self) -> Path:
        return self.paths.root

    @property
    def writable(self) -> bool:
        return self._lock is not None

    def read(self, sql: str, params: Sequence[Any] | dict[str, Any] = ()) -> list[Row]:
        """All rows of a query."""
        return self._db.execute(sql, params).fetchall()

    def rows(self, sql: str, params: Sequence[Any] | dict[str, Any] = ()) -> Iterator[Row]:
        """The rows of a query one after the other: a million tuples at once would take a hundred megabytes."""
        return iter(self._db.execute(sql, params))

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Within the block all queries see the project as it was at the first of them, whoever writes meanwhile."""
        if self._db.in_transaction:  # they do already
            yield
            return
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("ROLLBACK")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, on disk when the block ends. Raises `Error` when this store is read-only."""
        if not self.writable:
            raise Error(
                "This project is open for reading only.",
                "Close the other window or program that has it open, or make its folder writable, then open it again.",
            )
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def close(self) -> None:
        self._db.close()
        if self._lock:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def next_revision(db: sqlite3.Connection) -> int:
    """Count one more change of images in the open transaction; the images that it touches bear the number."""
    return int(db.execute("UPDATE revision SET latest = latest + 1 RETURNING latest").fetchone()[0])


def holder(root: Path) -> str:
    """Who holds the write lock, as words: "process 4711 on this computer"; empty when nobody is known."""
    try:
        who = json.loads(ProjectPaths(root.absolute()).lock.with_suffix(".holder").read_text(encoding="utf-8"))
        place = "this computer" if who["host"] == socket.gethostname() else who["host"]
        return f"process {who['pid']} on {place}"
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _take_lock(paths: ProjectPaths) -> filelock.BaseFileLock:
    lock = filelock.FileLock(paths.lock, timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        who = holder(paths.root) or "another program"
        raise Error(
            f"The project {paths.root.name} is open for writing in {who}.",
            "Close it there first, or only look at it here.",
        ) from None
    except OSError as problem:
        if problem.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise
        raise Error(
            f"The project {paths.root.name} is read-only.",
            f"It can be looked at, not changed; check the permissions of its folder ({problem.strerror}).",
        ) from None
    note = {"pid": os.getpid(), "host": socket.gethostname()}
    # The note only serves the message for the next one, so a full disk must not refuse to open.
    with contextlib.suppress(OSError):
        paths.lock.with_suffix(".holder").write_text(json.dumps(note), encoding="utf-8")
    return lock


def _connect(database: Path, write: bool) -> sqlite3.Connection:
    uri = database.as_uri() + ("" if write else "?mode=ro")
    db = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=10)
    if write:
        return db
    try:
        db.execute("SELECT 1 FROM sqlite_master").fetchone()
        return db
    except sqlite3.OperationalError as problem:
        if problem.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            db.close()
            raise
        # Write-ahead logging needs a shared-memory file even to read; on read-only media nobody writes, so skip it.
        db.close()
        return sqlite3.connect(database.as_uri() + "?immutable=1", uri=True, isolation_level=None)
    except sqlite3.DatabaseError:
        return db  # `_prepare` says what is wrong with it


def _prepare(db: sqlite3.Connection, write: bool, paths: ProjectPaths) -> None:
    try:
        migrations.refuse_strange(db)
        db.execute("PRAGMA foreign_keys = ON")
        if write:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            migrations.migrate(db)
        elif not migrations.version(db):
            raise Unfinished(
                f"{paths.database} is empty.",
                "Unless it is being made, restore it from a copy or import the images again.",
            )
        elif migrations.version(db) < len(migrations.STEPS):
            raise Error(
                "This project was made by an older Wildset.", "Open it once for writing to bring it up to date."
            )
    except sqlite3.OperationalError:
        db.close()
        raise
    except sqlite3.DatabaseError as problem:
        db.close()
        raise Error(
            f"{paths.database} is damaged or no project file: {problem}.",
            "Restore project.db from a copy. The images and runs beside it are untouched.",
        ) from None
    except Error:
        db.close()
        raise
