"""Images of a zip or tar archive, unpacked into the project.

The archive is a stranger: nothing is written before all its names have been checked, names are made safe for every
system, sizes are limited, and what was unpacked lies aside until everything has been read.
"""

import contextlib
import errno
import os
import shutil
import time
from collections.abc import Generator, Sequence
from pathlib import Path

from core.errors import told
from core.events import Event, Progress, Skipped, Stage
from core.images.names import shown
from core.importers import arrays, cifar, idx, landing, tarred, zipped
from core.importers.folder import find
from core.importers.members import DAMAGE, Member, portable, vetted
from core.importers.reading import Brought, read
from core.importers.walk import PROGRESS_SECONDS
from core.project.store import Store

_UNUSABLE_NAME = {errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ}
_INNERMOST = 8  # folders around arrays that are looked into


def accepts(path: Path) -> bool:
    return path.is_file() and (zipped.accepts(path) or tarred.accepts(path))


def bring_in(store: Store, path: Path) -> Generator[Event, None, Brought]:
    reader = zipped if zipped.accepts(path) else tarred
    name = stem(path)
    with contextlib.ExitStack() as stack:
        aside = stack.enter_context(landing.aside(store.paths.images))
        with reader.opened(path) as entries:
            yield Stage(title="Looking into the archive", unit="files")
            members, too_large, others = vetted(entries, path, _is_array)
            yield from too_large
            landing.check_room(shown(path.name), sum(member.entry.size for member in members), store.root)
            yield from _unpack(members, aside)
        inner = _innermost(aside)
        if kind := next((kind for kind in (idx, cifar) if kind.accepts(inner)), None):
            if notice := arrays.others_notice([*others, *(m.name for m in members if not _is_array(m.target))]):
                yield notice
            drawn = aside.with_name("drawn")
            drawn.mkdir()
            return (yield from arrays.draw(store, name, kind.batches(inner), drawn))
        renamed = {member.name: member.target for member in members if member.name != member.target}
        plan = (yield from find(aside, shown(path.name), renamed, others, os.fsencode(name))).unwrapped()
        found = yield from read(plan.folder, plan.candidates)
        _clear(aside, members, {os.path.join(os.fsencode(plan.folder), image.path) for image in found})
        return landing.land(store, plan.folder, os.fsdecode(portable(os.fsencode(name))), found)


def stem(path: Path) -> str:
    """The name of an archive without its endings."""
    return Path(path.stem).stem if path.stem.lower().endswith(".tar") else path.stem


def _is_array(path: bytes) -> bool:
    name = os.path.basename(path)
    return idx.is_name(name) or cifar.is_name(name)


def _innermost(folder: Path) -> Path:
    """The first folder below `folder` that does not merely hold another folder."""
    for _ in range(_INNERMOST):
        inside = list(folder.iterdir())
        if len(inside) != 1 or not inside[0].is_dir():
            break
        folder = inside[0]
    return folder


def _unpack(members: Sequence[Member], aside: Path) -> Generator[Event, None, None]:
    yield Stage(title="Unpacking", total=len(members), unit="files")
    base = os.fsencode(aside)
    shown_at = time.monotonic()
    for done, member in enumerate(members, start=1):
        if reason := _extract(member, os.path.join(base, member.target)):
            yield Skipped(name=shown(member.name), reason=reason)
        if done == len(members) or time.monotonic() - shown_at > PROGRESS_SECONDS:
            shown_at = time.monotonic()
            yield Progress(done=done, total=len(members))


def _extract(member: Member, target: bytes) -> str:
    """Write one member; returns the reason where it cannot be. Raises `Error` when the disk is full."""
    try:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with member.entry.open() as source, open(target, "xb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
        return ""
    except DAMAGE:
        reason = "it is damaged inside the archive"
    except OSError as problem:
        if problem.errno and problem.errno not in _UNUSABLE_NAME:
            problem.filename = problem.filename or os.fsdecode(target)
            raise told(problem) or problem from None
        reason = "its name cannot be used here" if problem.errno else "it is damaged inside the archive"
    with contextlib.suppress(OSError):  # there may be nothing, or a folder of the same name
        os.unlink(target)
    return reason


def _clear(aside: Path, members: Sequence[Member], kept: set[bytes]) -> None:
    """Remove what was unpacked and is no image of the project: tables, and images that cannot be read."""
    base = os.fsencode(aside)
    for member in members:
        path = os.path.join(base, member.target)
        if path not in kept:
            with contextlib.suppress(OSError):  # what could not be unpacked is not there, or there is a folder
                os.unlink(path)
