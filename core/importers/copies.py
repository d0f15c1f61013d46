"""Images that have no lasting place of their own, such as pasted ones: they are copied into the project."""

import hashlib
import os
import shutil
from collections.abc import Generator, Sequence
from pathlib import Path

from core.errors import Error
from core.events import Event, Skipped, Stage
from core.images.decode import Unreadable, inspect, open_regular
from core.images.names import shown
from core.importers import landing
from core.importers.members import portable
from core.importers.reading import Brought, Candidate, read
from core.project.store import Store

_SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "BMP": ".bmp", "GIF": ".gif", "TIFF": ".tif"}
_NAME_DIGITS = 16


def bring_in(store: Store, files: Sequence[Path], name: str) -> Generator[Event, None, Brought]:
    """Copy `files` to `images/name` of the project, called by their content, so that the same image comes in once.

    All or nothing. Raises `Error` when the disk is full or `name` is none for a folder.
    """
    folder = os.fsdecode(portable(os.fsencode(name)))
    if not name.strip() or folder.startswith("."):
        raise Error(f"“{shown(name)}” is no name for a folder.", "Use letters and digits, such as “pasted”.")
    with landing.aside(store.paths.images) as aside:
        yield Stage(title="Copying images", total=len(files))
        landing.check_room(folder, sum(file.stat().st_size for file in files if file.is_file()), store.root)
        copied: dict[bytes, None] = {}
        for file in files:
            try:
                copied[_copied(file, aside)] = None
            except Unreadable as problem:
                yield Skipped(name=shown(file.name), reason=problem.reason)
        found = yield from read(aside, [Candidate(path) for path in copied])
        return landing.land(store, aside, folder, found)


def _copied(file: Path, aside: Path) -> bytes:
    """The name of the copy of `file` in `aside`. Raises `Unreadable` where it is no image."""
    with open_regular(file) as source:
        suffix = _SUFFIXES[inspect(source, shown(file.name)).format]
        source.seek(0)
        name = hashlib.file_digest(source, "sha256").hexdigest()[:_NAME_DIGITS] + suffix
        source.seek(0)
        with open(aside / name, "wb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
    return name.encode()
