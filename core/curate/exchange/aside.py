"""A file or a folder that appears as a whole or not at all, whatever interrupts its writing."""

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from core.errors import Error
from core.images.names import shown
from core.runs.durable import flush_folder


def refuse(place: Path, folder: bool, replace: bool) -> None:
    """Raises `Error` where writing to `place` would overwrite what is there; `replace` allows it for a file."""
    name = shown(place)
    if folder and place.is_dir():
        if any(place.iterdir()):
            raise Error(f"{name} is not empty.", "Choose a new or empty folder, so that nothing gets overwritten.")
    elif folder and os.path.lexists(place):
        raise Error(f"{name} is a file, and this format is a folder.", "Choose a new or empty folder.")
    elif place.is_dir():
        raise Error(f"{name} is a folder, and this format is a file.", "Choose the name of a new file.")
    elif os.path.lexists(place) and not replace:
        raise Error(f"{name} is there already.", "Choose another name, or say that it may be replaced (--replace).")


@contextlib.contextmanager
def aside(place: Path) -> Iterator[Path]:
    """A path to write a file or folder to, which moves to `place` when the block ends well and is gone when it fails.

    Leftovers of a killed block for the same `place` go too.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".export-{hashlib.sha256(os.fsencode(place.name)).hexdigest()[:8]}-"
    for leftover in place.parent.glob(f"{prefix}*"):
        shutil.rmtree(leftover)
    held = Path(tempfile.mkdtemp(prefix=prefix, dir=place.parent))
    whole = held / "whole"  # mkdtemp's own folder is closed to other users, this one is not
    try:
        yield whole
        if whole.is_dir():
            with contextlib.suppress(FileNotFoundError):
                place.rmdir()  # it was empty; where somebody has put something in since then, this fails
        os.replace(whole, place)
    finally:
        shutil.rmtree(held, ignore_errors=True)
    flush_folder(place.parent)


@contextlib.contextmanager
def text_file(path: Path) -> Iterator[TextIO]:
    """A new UTF-8 file whose lines end as they are written; on disk when the block ends."""
    with path.open("x", encoding="utf-8", newline="") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
