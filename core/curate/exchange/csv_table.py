"""A CSV with a row an image: what spreadsheets and scripts read. Beside its images it can be imported with them too."""

from collections.abc import Generator
from pathlib import Path

from core.curate.exchange.aside import text_file
from core.curate.exchange.outgoing import WorkingSet
from core.curate.exchange.said import Said
from core.curate.exchange.tables import CsvWriter, listing, read_rows
from core.events import Event


def accepts(path: Path) -> bool:
    return path.suffix.lower() in (".csv", ".tsv")


def write(images: WorkingSet, place: Path) -> Generator[Event, None, int]:
    with text_file(place) as file:
        return (yield from listing(images, CsvWriter(file).write))


def read(path: Path) -> Generator[Event, None, list[Said]]:
    return (yield from read_rows(path))
