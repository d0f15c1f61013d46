"""From files that an importer found to images of the project: hash, size, and a full decode as a check."""

import contextlib
import functools
import hashlib
import os
import stat
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.events import Event, Progress, Skipped, Stage
from core.images.decode import Unreadable, check, open_regular
from core.images.names import shown
from core.images.parallel import in_order
from core.importers.memory import Known, Memory
from core.importers.walk import PROGRESS_SECONDS
from core.project.catalog import AddedImages, NewImage


@dataclass(frozen=True)
class Candidate:
    """A file that is probably an image; `path` is relative to its folder, '/'-separated, as the OS encodes it."""

    path: bytes
    label: str | None = None
    source: str | None = None
    group: str | None = None
    split: str | None = None
    targets: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Brought:
    """What an importer did: counts of the catalog, and the classes that it labelled."""

    counts: AddedImages
    classes: tuple[str, ...]


_Read = tuple[os.stat_result, Known, bool]  # also whether it was read just now


def read(
    folder: Path, candidates: Sequence[Candidate], memory: Memory | None = None
) -> Generator[Event, None, list[NewImage]]:
    """Read every candidate once, in two threads. Those that cannot be read become `Skipped` events.

    What `memory` knows is not read, and what is read goes there, also when this does not come to its end.
    """
    yield Stage(title="Reading images", total=len(candidates))
    found: list[NewImage] = []
    shown_at = time.monotonic()
    with contextlib.ExitStack() as end:
        if memory:
            end.callback(memory.save)
        results = end.enter_context(in_order(functools.partial(_look, os.fsencode(folder), memory), candidates))
        for done, (candidate, result) in enumerate(zip(candidates, results, strict=True), start=1):
            if isinstance(result, str):
                yield Skipped(name=shown(candidate.path), reason=result)
            else:
                found.append(result)
            if done == len(candidates) or time.monotonic() - shown_at > PROGRESS_SECONDS:
                shown_at = time.monotonic()
                if memory:
                    memory.save()
                yield Progress(done=done, total=len(candidates))
    return found


def classes_of(found: Sequence[NewImage]) -> tuple[str, ...]:
    """The labels that occur, sorted."""
    return tuple(sorted({image.label for image in found if image.label is not None}))


def _look(folder: bytes, memory: Memory | None, candidate: Candidate) -> NewImage | str:
    """The image, or the reason why it cannot be one."""
    path = os.path.join(folder, candidate.path)
    if memory is None:
        result = _read(path)
    else:
        result = _remembered(path, memory) or _read(path)
    if isinstance(result, str):
        return result
    facts, known, read_now = result
    if memory and read_now:
        memory.keep(path, facts, known)
    return NewImage(
        path=candidate.path,
        content_hash=known.content_hash,
        width=known.width,
        height=known.height,
        byte_size=facts.st_size,
        modified_ns=facts.st_mtime_ns,
        label=candidate.label,
        source=candidate.source,
        group=candidate.group,
        split=candidate.split,
        targets=candidate.targets,
    )


def _remembered(path: bytes, memory: Memory) -> _Read | None:
    with contextlib.suppress(OSError, ValueError):  # reading it says why
        facts = os.stat(path)
        if stat.S_ISREG(facts.st_mode) and os.access(path, os.R_OK) and (known := memory.find(path, facts)):
            return facts, known, False
    return None


def _read(name: bytes) -> _Read | str:
    path = Path(os.fsdecode(name))
    try:
        with open_regular(path) as file:
            before = os.fstat(file.fileno())
            content = hashlib.file_digest(file, "sha256").digest()
            file.seek(0)
            header = check(file, shown(path.name))
            after = os.fstat(file.fileno())
    except Unreadable as problem:
        return problem.reason
    except OSError as problem:
        return f"the system says “{problem.strerror}”"
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        return "it changed while it was being read"
    return after, Known(content, header.width, header.height), True
