"""In which forms labels are handed round, and the one way out: `export`."""

import os
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.curate.exchange import csv_table, hugging_face, image_folder, json_lines, label_studio
from core.curate.exchange.aside import aside, refuse
from core.curate.exchange.outgoing import WorkingSet
from core.curate.exchange.said import Said
from core.errors import Error
from core.events import Event, Notice, Skipped
from core.images.names import shown
from core.project.query import ALL, Filter
from core.project.store import Store


@dataclass(frozen=True)
class Format:
    """A form of labels on disk, which `words` say: a file with the `suffix`, or a folder where that is empty.

    `write` puts images at a path where nothing is and returns how many; those that it leaves out become events.
    """

    words: str
    suffix: str
    write: Callable[[WorkingSet, Path], Generator[Event, None, int]]


class Reader(Protocol):
    """What can be read again; the modules of this package are readers."""

    def accepts(self, path: Path) -> bool:
        """Whether `path`, which exists, is of this form."""

    def read(self, path: Path) -> Generator[Event, None, list[Said]]:
        """All that `path` says, touching nothing. Raises `Error` where it is damaged or says nothing of images."""


FORMATS: dict[str, Format] = {
    "csv": Format("a table", ".csv", csv_table.write),
    "jsonl": Format("an object a line", ".jsonl", json_lines.write),
    "imagefolder": Format("class folders of copies", "", image_folder.write),
    "imagefolder-links": Format("class folders of links", "", image_folder.write_links),
    "label-studio": Format("tasks of Label Studio", ".json", label_studio.write),
    "huggingface": Format("split folders of copies with metadata", "", hugging_face.write),
}
# The first that accepts is taken: folders of Hugging Face are folders too.
READERS: dict[str, Reader] = {
    "csv": csv_table,
    "jsonl": json_lines,
    "label-studio": label_studio,
    "huggingface": hugging_face,
    "imagefolder": image_folder,
}


@dataclass(frozen=True)
class ExportReport:
    """What an export wrote, and what it left out and why, by name."""

    place: Path
    format: str
    images: int
    skipped: tuple[tuple[str, str], ...]
    notices: tuple[str, ...]
    seconds: float


def format_for(place: Path) -> str:
    """The format that the name of `place` asks for: by its suffix, and without one folders of copies."""
    suffix = place.suffix.lower()
    if place.is_dir() or not suffix:
        return "imagefolder"
    found = next((name for name, format in FORMATS.items() if format.suffix == suffix), None)
    if found is None:
        raise Error(f"No format of labels ends in {shown(suffix)}.", f"Say which one: {', '.join(FORMATS)}.")
    return found


def export(
    store: Store, place: Path, format: str, filter: Filter = ALL, replace: bool = False
) -> Generator[Event, None, ExportReport]:
    """Write the labels of the images of `filter` to `place`, a new file or an empty folder.

    It appears as a whole or not at all; closing the job leaves nothing. Images that cannot be written become `Skipped`.
    `replace` lets it take the place of a file. Raises `Error` where something is in the way, or there are no images.
    """
    started = time.monotonic()
    place = Path(os.path.abspath(place))  # also without "..", which is no name to move something to
    kind = FORMATS[format]
    refuse(place, not kind.suffix, replace)
    images = WorkingSet.of(store, filter)
    if not len(images):
        raise Error("There are no images to export.", "Change the filter, or import images first.")
    skipped: list[tuple[str, str]] = []
    notices: list[str] = []
    with aside(place) as whole:
        number = yield from _noting(kind.write(images, whole), skipped, notices)
        if not number:
            raise Error("None of the images can be exported in this format.", " ".join(notices) or skipped[0][1])
    seconds = time.monotonic() - started
    return ExportReport(place, format, number, tuple(skipped), tuple(notices), seconds)


def read(path: Path) -> Generator[Event, None, list[Said]]:
    """All that the labels at `path` say. Raises `Error` where there are none, or they are damaged."""
    if not path.exists():
        raise Error(f"There is nothing at {shown(path)}.", "Check the path; it may have been moved or deleted.")
    if (path / "project.db").exists():
        raise Error(f"{shown(path.name)} is a Wildset project, not a file of labels.", "Export its labels first.")
    reader = next((reader for reader in READERS.values() if reader.accepts(path)), None)
    if reader is None:
        raise Error(
            f"{shown(path.name)} holds no labels that can be read.",
            "Choose a CSV, JSON lines, the JSON of Label Studio, or a folder of class folders.",
        )
    return (yield from reader.read(path.absolute()))


def _noting(
    job: Generator[Event, None, int], skipped: list[tuple[str, str]], notices: list[str]
) -> Generator[Event, None, int]:
    """Pass on the events of `job`, noting what it leaves out."""
    results: list[int] = []

    def kept() -> Generator[Event, None, None]:
        results.append((yield from job))

    for event in kept():
        if isinstance(event, Skipped):
            skipped.append((event.name, event.reason))
        if isinstance(event, Notice):
            notices.append(event.text)
        yield event
    return results[0]
