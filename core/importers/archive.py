"""Images of a zip or tar archive, unpacked into the project.

The archive is a stranger: nothing is written before all its names have been checked, names are made safe for every
system, sizes are limited, and what was unpacked lies aside until everything has been read.
"""

import contextlib
import errno
import os
import shutil
import tempfile
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import told
from core.events import Event, Progress, Skipped, Stage
from core.images.names import shown
from core.importers import arrays, cifar, idx, landing, tarred, zipped
from core.importers.folder import Plan, find
from core.importers.members import DAMAGE, Entry, Member, portable, vetted
from core.importers.reading import Brought, read
from core.importers.survey import Survey
from core.importers.walk import PROGRESS_SECONDS, Late, Tree, is_picture, never, walk
from core.project.store import Store

_UNUSABLE_NAME = {errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ}
_INNERMOST = 8  # folders around arrays that are looked into
_ARRAYS = {"idx": idx, "cifar": cifar}


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
        inner = _innermost(members, aside)
        if kind := _arrays_in(inner):
            yield from _passed_over(members, others)
            drawn = aside.with_name("drawn")
            drawn.mkdir()
            return (yield from arrays.draw(store, name, _ARRAYS[kind].batches(inner), drawn))
        plan = yield from _plan(path, members, others, aside, (yield from walk(aside)))
        plan = plan.unwrapped()
        found = yield from read(plan.folder, plan.candidates)
        _clear(aside, members, {os.path.join(os.fsencode(plan.folder), image.path) for image in found})
        return landing.land(store, plan.folder, os.fsdecode(portable(os.fsencode(name))), found)


def look(path: Path, late: Late = never) -> Generator[Event, None, Survey]:
    """Unpacks only tables and arrays, and not into the project."""
    reader = zipped if zipped.accepts(path) else tarred
    with reader.opened(path) as entries, tempfile.TemporaryDirectory(prefix="wildset-") as scratch:
        yield Stage(title="Looking into the archive", unit="files")
        listed = _Listed(entries, late)
        members, too_large, others = vetted(listed, path, _is_array)
        yield from too_large
        aside = Path(scratch)
        telling = [member for member in members if not is_picture(member.target)]
        landing.check_room(shown(path.name), sum(member.entry.size for member in telling), aside)
        yield from _unpack(telling, aside)
        inner = _innermost(members, aside)
        if kind := _arrays_in(inner):
            yield from _passed_over(members, others)
            return replace((yield from arrays.look(_ARRAYS[kind].batches(inner), late)), inside=kind)
        tree = Tree()
        for member in members:
            tree.add(member.target)
        tree.sort()
        plan = yield from _plan(path, members, others, aside, tree)
    return Survey(plan.candidates, None, plan.tables, listed.complete)


@dataclass
class _Listed:
    """The entries of an archive until it is late."""

    entries: Iterable[Entry]
    late: Late
    complete: bool = True

    def __iter__(self) -> Iterator[Entry]:
        for entry in self.entries:
            if self.late():
                self.complete = False
                return
            yield entry


def _plan(
    path: Path, members: Sequence[Member], others: Sequence[bytes], aside: Path, tree: Tree
) -> Generator[Event, None, Plan]:
    renamed = {member.name: member.target for member in members if member.name != member.target}
    return (yield from find(aside, tree, shown(path.name), renamed, others, os.fsencode(stem(path))))


def _arrays_in(folder: Path) -> str:
    """Which importer of arrays takes `folder`, if any."""
    return next((kind for kind, importer in _ARRAYS.items() if importer.accepts(folder)), "")


def _passed_over(members: Sequence[Member], others: Sequence[bytes]) -> Generator[Event, None, None]:
    if notice := arrays.others_notice([*others, *(m.name for m in members if not _is_array(m.target))]):
        yield notice


def stem(path: Path) -> str:
    """The name of an archive without its endings."""
    return Path(path.stem).stem if path.stem.lower().endswith(".tar") else path.stem


def _is_array(path: bytes) -> bool:
    name = os.path.basename(path)
    return idx.is_name(name) or cifar.is_name(name)


def _innermost(members: Sequence[Member], aside: Path) -> Path:
    """The first folder below `aside` that does not merely hold another folder."""
    prefix = b""
    for _ in range(_INNERMOST):
        inside = {member.target[len(prefix) :].split(b"/", 1)[0] for member in members}
        if len(inside) != 1 or any(member.target.count(b"/") == prefix.count(b"/") for member in members):
            break
        prefix += inside.pop() + b"/"
    return landing.join(aside, prefix)


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
