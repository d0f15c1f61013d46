"""From files that an importer found to images of the project: hash, size, and a full decode as a check."""

import functools
import hashlib
import os
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.events import Event, Progress, Skipped, Stage
from core.images.decode import Unreadable, check, open_regular
from core.images.names import shown
from core.images.parallel import in_order
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


def read(folder: Path, candidates: Sequence[Candidate]) -> Generator[Event, None, list[NewImage]]:
    """Read every candidate once, in two threads. Those that cannot be read become `Skipped` events."""
    yield Stage(title="Reading images", total=len(candidates))
    found: list[NewImage] = []
    shown_at = time.monotonic()
    with in_order(functools.partial(_read_one, os.fsencode(folder)), candidates) as results:
        for done, (candidate, result) in enumerate(zip(candidates, results, strict=True), start=1):
            if isinstance(result, str):
                yield Skipped(name=shown(candidate.path), reason=result)
            else:
                found.append(result)
            if done == len(candidates) or time.monotonic() - shown_at > PROGRESS_SECONDS:
                shown_at = time.monotonic()
                yield Progress(done=done, total=len(candidates))
    return found


def classes_of(found: Sequence[NewImage]) -> tuple[str, ...]:
    """The labels that occur, sorted."""
    return tuple(sorted({image.label for image in found if image.label is not None}))


def _read_one(folder: bytes, candidate: Candidate) -> NewImage | str:
    """The image, or the reason why it cannot be one."""
    path = Path(os.fsdecode(os.path.join(folder, candidate.path)))
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
    return NewImage(
        path=candidate.path,
        content_hash=content,
        width=header.width,
        height=header.height,
        byte_size=after.st_size,
        modified_ns=after.st_mtime_ns,
        label=candidate.label,
        source=candidate.source,
        group=candidate.group,
        split=candidate.split,
        targets=candidate.targets,
    )
