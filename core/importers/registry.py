"""What can be imported, and the one way in: `import_path`."""

import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.errors import Error
from core.events import Event, Skipped
from core.images.names import shown
from core.importers import archive, cifar, folder, idx, pictures, table
from core.importers.reading import Brought
from core.importers.survey import Survey
from core.importers.walk import Late
from core.project.store import Store


class Importer(Protocol):
    """A source of images; the modules of this package are importers."""

    def accepts(self, path: Path) -> bool:
        """Whether `path`, which exists, is of this kind."""

    def bring_in(self, store: Store, path: Path) -> Generator[Event, None, Brought]:
        """Add the images at `path` to the project in one transaction at the end; closing it before adds nothing."""

    def look(self, path: Path, late: Late) -> Generator[Event, None, Survey]:
        """What `bring_in` would read, found by the same code, without reading images or writing to the project."""


# The first that accepts is taken: a folder of IDX files is a folder too.
IMPORTERS: dict[str, Importer] = {
    "idx": idx,
    "cifar": cifar,
    "table": table,
    "archive": archive,
    "folder": folder,
    "pictures": pictures,
}


@dataclass(frozen=True)
class ImportReport:
    """What an import did. `skipped` names every picture that was left out and why; `classes` are those it labelled."""

    added: int
    updated: int
    relinked: int
    unchanged: int
    skipped: list[tuple[str, str]]
    classes: tuple[str, ...]
    seconds: float


def import_path(store: Store, path: Path) -> Generator[Event, None, ImportReport]:
    """Add the images of a folder, an archive, a table or a file of arrays to the project; originals are only read.

    Yields a `Skipped` for each picture that is left out. Closing it leaves the project as it was. Raises `Error` where
    nothing can be imported: no images, a refused archive, a table that cannot be used, a full disk.
    """
    return (yield from imported(store, IMPORTERS[kind_of(path)].bring_in(store, path.absolute())))


def imported(store: Store, job: Generator[Event, None, Brought]) -> Generator[Event, None, ImportReport]:
    """Run what an importer's `bring_in` gave, noting what it leaves out. Raises `Error` for a read-only project."""
    started = time.monotonic()
    if not store.writable:
        raise Error(
            "This project is open for reading only.", "Close the other window that has it open, then try again."
        )
    skipped: list[tuple[str, str]] = []
    brought = yield from _noting(job, skipped)
    counts = brought.counts
    return ImportReport(
        *(counts.added, counts.updated, counts.relinked, counts.unchanged),
        skipped=skipped,
        classes=brought.classes,
        seconds=time.monotonic() - started,
    )


def accepts(path: Path) -> bool:
    """Whether there is something at `path` that looks like what can be imported; a look at its name and first bytes."""
    try:
        return path.exists() and any(importer.accepts(path) for importer in IMPORTERS.values())
    except OSError:  # it cannot be read: importing it would say so
        return False


def kind_of(path: Path) -> str:
    """Which importer takes `path`; raises `Error` where none does."""
    if not path.exists():
        raise Error(f"There is nothing at {shown(path)}.", "Check the path; it may have been moved or deleted.")
    for kind, importer in IMPORTERS.items():
        if importer.accepts(path):
            return kind
    raise Error(
        f"{shown(path.name)} is nothing that can be imported.",
        "Choose a folder of images, an image, a zip or tar of images, a table (CSV, TSV, JSON lines) that names images,"
        " or the files of MNIST or CIFAR.",
    )


def _noting(job: Generator[Event, None, Brought], skipped: list[tuple[str, str]]) -> Generator[Event, None, Brought]:
    """Pass on the events of `job`, noting each `Skipped`."""

    results: list[Brought] = []

    def kept() -> Generator[Event, None, None]:
        results.append((yield from job))

    for event in kept():
        if isinstance(event, Skipped):
            skipped.append((event.name, event.reason))
        yield event
    return results[0]
