"""Image files of a working set in folders: copies or links, each with a name that every system takes."""

import errno
import hashlib
import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path

from core.curate.exchange.outgoing import Outgoing, WorkingSet
from core.errors import Error
from core.events import Event, Notice, Progress, Skipped, Stage
from core.images.decode import Unreadable, open_regular
from core.images.names import shown
from core.images.parallel import in_order
from core.importers.landing import check_room, flush
from core.importers.walk import PROGRESS_SECONDS

Put = Callable[[Outgoing, Path], str]
"""Puts the file of an image at a path; the reason why it could not, or ""."""

UNSPLIT = "unsplit"  # the folder of images without a split, where others have one
_CHANGED = "it has changed since it was imported; import its folder again"
_NO_LINKS = Error(
    "Neither hard nor symbolic links to the images can be made here.",
    "Export copies instead, or choose a folder on the disk of the images.",
)


def copy(out: Outgoing, target: Path) -> str:
    try:
        with open_regular(out.image.path) as file:
            data = file.read()
    except (Unreadable, OSError) as problem:
        return problem.reason if isinstance(problem, Unreadable) else f"the system says “{problem.strerror}”"
    if hashlib.sha256(data).digest() != out.image.content_hash:
        return _CHANGED
    target.write_bytes(data)
    return ""


def link(out: Outgoing, target: Path) -> str:
    """A hard link where that can be, else a symbolic one. Raises `Error` where neither can."""
    source = os.path.realpath(out.image.path)
    try:
        with open_regular(Path(source)) as file:
            size = os.fstat(file.fileno()).st_size
    except Unreadable as problem:
        return problem.reason
    if size != out.image.byte_size:
        return _CHANGED
    try:
        os.link(source, target)
    except OSError as problem:
        if problem.errno == errno.ENOSPC:
            raise
        try:
            os.symlink(source, target)
        except OSError as refused:
            raise _NO_LINKS from refused
    return ""


def place(
    chosen: Iterable[tuple[Outgoing, str]],
    images: WorkingSet,
    folder: Path,
    put: Put,
    wrote: Callable[[Outgoing, str], object],
) -> Generator[Event, None, int]:
    """Put the `chosen` of `images` at their paths below `folder`, telling `wrote` of each in order; how many there are.

    Files that are gone or have changed become `Skipped`. Raises `Error` where the disk has no room for copies.
    """
    if put is copy:
        check_room("The export", images.byte_size(), folder)
    yield Stage(title="Copying images" if put is copy else "Linking images", total=len(images))
    placed: list[str] = []
    told_at = time.monotonic()

    def work(item: tuple[Outgoing, str]) -> tuple[Outgoing, str, str]:
        return (*item, put(item[0], folder / item[1]))

    with in_order(work, _in_folders(chosen, folder)) as results:
        for out, path, reason in results:
            if reason:
                yield Skipped(name=shown(out.image.name), reason=reason)
            else:
                placed.append(path)
                wrote(out, path)
            if time.monotonic() - told_at > PROGRESS_SECONDS:
                told_at = time.monotonic()
                yield Progress(done=len(placed), total=len(images))
    yield from _settle([os.fsencode(folder / path) for path in placed], put is copy)
    return len(placed)


def _settle(files: list[bytes], copies: bool) -> Iterator[Event]:
    if copies:
        yield Stage(title="Flushing to disk")
        flush(files)
    elif symbolic := sum(os.path.islink(file) for file in files):
        yield Notice(text=f"{symbolic:,} of the links are symbolic: they lead nowhere once the images move.")


def _in_folders(chosen: Iterable[tuple[Outgoing, str]], folder: Path) -> Iterator[tuple[Outgoing, str]]:
    """`chosen`, each once its folder is there."""
    made = set()
    for out, path in chosen:
        parent = os.path.dirname(path)
        if parent not in made:
            made.add(parent)
            (folder / parent).mkdir(parents=True, exist_ok=True)
        yield out, path


def left_out(number: int, what: str, why: str) -> Iterator[Event]:
    """A line about images that the format has no place for."""
    if number:
        verb = "image is" if number == 1 else "images are"
        yield Notice(text=f"{number:,} {what} {verb} left out: {why}.")
