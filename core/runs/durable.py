"""Writing a file so that a reader finds the old one or the new one, whatever interrupts."""

import contextlib
import os
import tempfile
import time
from pathlib import Path

_WINDOWS = os.name == "nt"
_TRIES = 40


def write_durably(path: Path, data: bytes) -> None:
    """Put `data` into `path`: written aside in the same folder, flushed to disk, moved in. Raises OSError."""
    try:
        handle, aside = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as problem:
        problem.filename = str(path.parent)  # people know the folder, not the file written aside
        raise
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(aside, 0o644)  # mkstemp gives 0600, which would hide runs from the owner's colleagues
        _move(aside, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(aside)
        raise
    flush_folder(path.parent)


def _move(aside: str, path: Path) -> None:
    """Put `aside` in the place of `path`; Windows refuses while anybody reads the old file, so try for two seconds."""
    for _ in range(_TRIES if _WINDOWS else 0):
        with contextlib.suppress(PermissionError):
            return os.replace(aside, path)
        time.sleep(0.05)
    os.replace(aside, path)


def flush_folder(folder: Path) -> None:
    """Make new names in `folder` survive a power cut; Windows does so by itself and cannot open folders."""
    if _WINDOWS:
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
