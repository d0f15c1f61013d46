"""JSON lines with an object an image, with the same names as the columns of a CSV."""

import json
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from core.curate.exchange.aside import text_file
from core.curate.exchange.outgoing import WorkingSet
from core.curate.exchange.said import Said
from core.curate.exchange.tables import listing, read_rows
from core.events import Event


def accepts(path: Path) -> bool:
    return path.suffix.lower() in (".jsonl", ".ndjson")


def write(images: WorkingSet, place: Path) -> Generator[Event, None, int]:
    with text_file(place) as file:
        return (yield from listing(images, lambda row: file.write(line(row))))


def read(path: Path) -> Generator[Event, None, list[Said]]:
    return (yield from read_rows(path))


def line(row: Mapping[str, Any]) -> str:
    """`row` as one line."""
    return json.dumps(row, ensure_ascii=False) + "\n"
