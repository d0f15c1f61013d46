"""The imagefolder layout of Hugging Face's datasets: folders of images, each with a metadata.jsonl.

Its reader wants the same names and types in the metadata of all splits, so what is absent is "", never null; it takes
folders train, validation and test for splits and passes over others once it has found one of these. Rejected images
are left out, because who loads the folders trains on them.
"""

import contextlib
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TextIO

from core.curate.exchange.aside import text_file
from core.curate.exchange.json_lines import line
from core.curate.exchange.outgoing import Outgoing, WorkingSet
from core.curate.exchange.pictures import UNSPLIT, copy, left_out, place
from core.curate.exchange.portable import Names
from core.curate.exchange.said import Said
from core.curate.exchange.tables import read_rows
from core.events import Event
from core.images.names import shown

_TABLES = ("metadata.jsonl", "metadata.csv")
_FOLDERS = {"train": "train", "val": "validation", "test": "test", None: UNSPLIT}


def accepts(path: Path) -> bool:
    return path.is_dir() and next(_tables(path), None) is not None


def write(images: WorkingSet, folder: Path) -> Generator[Event, None, int]:
    kept = images.without("rejected")
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        files: dict[str, TextIO] = {}

        def note(out: Outgoing, path: str) -> None:
            split, _, name = path.rpartition("/")
            if split not in files:
                files[split] = stack.enter_context(text_file(folder / split / _TABLES[0]))
            files[split].write(line({"file_name": name, **out.facts(), "name": out.image.name}))

        number = yield from place(_paths(kept), kept, folder, copy, note)
    yield from left_out(len(images) - len(kept), "rejected", "who loads the folders would train on them")
    return number


def read(path: Path) -> Generator[Event, None, list[Said]]:
    found: list[Said] = []
    for table in _tables(path):
        found += yield from read_rows(table, f"{shown(os.path.relpath(table, path))} ")
    return found


def _paths(images: WorkingSet) -> Iterator[tuple[Outgoing, str]]:
    names, in_splits = Names(), images.in_splits()
    for out in images:
        folder = _FOLDERS[out.image.split] if in_splits else ""
        yield out, os.path.join(folder, names.give(out.image.path.name, folder))


def _tables(root: Path) -> Iterator[Path]:
    """The metadata of a folder and those below it."""
    for here, folders, files in os.walk(root):
        folders.sort()
        yield from (Path(here, name) for name in _TABLES if name in files)
