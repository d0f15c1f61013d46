"""A folder a class, below one a split where images have splits: what torchvision's ImageFolder and many others read.

Images without a label are left out, because any folder for them would be read as a class; so are rejected ones,
because who reads such folders trains on all that is in them. A table in it, labels.csv, has what folders cannot say.
"""

import functools
import os
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path

from core.curate.exchange.aside import text_file
from core.curate.exchange.outgoing import Outgoing, WorkingSet
from core.curate.exchange.pictures import UNSPLIT, Put, copy, left_out, link, place
from core.curate.exchange.portable import Names
from core.curate.exchange.said import Said
from core.curate.exchange.tables import CsvWriter, hashed, read_rows
from core.events import Event
from core.images.names import shown
from core.importers.layout import SPLITS, class_name, wrapping
from core.importers.walk import is_junk, is_picture

TABLE = "labels.csv"


def accepts(path: Path) -> bool:
    return path.is_dir()


def write(images: WorkingSet, folder: Path, put: Put = copy) -> Generator[Event, None, int]:
    kept = images.without("rejected")
    labelled = kept.without("class_id IS NULL")
    folder.mkdir()
    with text_file(folder / TABLE) as file:
        table = CsvWriter(file)
        number = yield from place(
            *(_paths(labelled), labelled, folder, put),
            lambda out, path: table.write({"file": path, **out.facts(), "name": out.image.name}),
        )
    yield from left_out(len(images) - len(kept), "rejected", "who reads the folders would train on them")
    yield from left_out(len(kept) - len(labelled), "unlabelled", "any folder for them would be read as a class")
    return number


write_links = functools.partial(write, put=link)


def read(path: Path) -> Generator[Event, None, list[Said]]:
    """The folders of images say their classes, unless the table of an export says more of an image at its place."""
    table = yield from _table(path)
    by_file = {row.names[0]: row for row in table if row.names}
    by_content = {row.content_hash: row for row in table if row.content_hash}
    files = list(_pictures(os.fsencode(path)))
    around = wrapping(files, [TABLE.encode()] if table else [])
    labels = _labels([file.removeprefix(around) for file in files], _known_folders(by_file))
    loose = [
        Said(shown(file), (os.fsdecode(file),), label=label)
        for file, label in zip(files, labels, strict=True)
        if os.fsdecode(file) not in by_file
    ]
    moved = yield from hashed(loose, path)
    there, elsewhere = set(map(os.fsdecode, files)), {row.content_hash for row in moved}
    stayed = [row for row in table if {*row.names[:1]} & there or row.content_hash not in elsewhere]
    return stayed + [_with_extras(row, by_content.get(row.content_hash or b"")) for row in moved]


def _paths(images: WorkingSet) -> Iterator[tuple[Outgoing, str]]:
    """The images with their places in folders."""
    names, in_splits = Names(), images.in_splits()
    names.give(TABLE)
    folders: dict[str, str] = {}
    for out in images:
        label = out.image.class_name or ""
        folder = folders[label] = folders.get(label) or names.give(label)
        if in_splits:
            folder = f"{out.image.split or UNSPLIT}/{folder}"
        yield out, f"{folder}/{names.give(out.image.path.name, folder)}"


def _table(folder: Path) -> Generator[Event, None, list[Said]]:
    """The rows of the table that exports write; none where there is none of them."""
    file = folder / TABLE
    return (yield from read_rows(file)) if file.is_file() else []


def _pictures(root: bytes) -> Iterator[bytes]:
    """Image files below `root`, relative to it, "/"-separated; unlike an import's, also links that lead out of it."""
    for here, folders, files in os.walk(root):
        folders[:] = sorted(folder for folder in folders if not is_junk(folder))
        for file in sorted(files):
            if is_picture(file) and not is_junk(file):
                yield os.path.relpath(os.path.join(here, file), root).replace(os.fsencode(os.sep), b"/")


def _known_folders(by_file: Mapping[str, Said]) -> dict[bytes, str | None]:
    """The class that a table gives most images of a folder, which may be called otherwise than its class."""
    found: dict[bytes, Counter[str | None]] = {}
    for name, row in by_file.items():
        if folder := os.path.dirname(os.fsencode(name)):
            found.setdefault(folder, Counter())[row.label] += 1
    return {folder: labels.most_common(1)[0][0] for folder, labels in found.items()}


def _labels(files: Sequence[bytes], known: Mapping[bytes, str | None]) -> list[str | None]:
    """The class of each file by its folders: what is `known` of the folder, else the first that is no split."""
    tops = {file.split(b"/")[0].decode("latin-1").lower() for file in files if b"/" in file}
    depth = 1 if tops <= {*SPLITS, UNSPLIT} else 0
    labels: list[str | None] = []
    for file in files:
        said = file.split(b"/")[depth:-1]
        labels.append(known.get(os.path.dirname(file)) or (class_name(said[0]) if said else None))
    return labels


def _with_extras(row: Said, known: Said | None) -> Said:
    """A file that was moved to another folder has its tags and notes still."""
    if known is None:
        return row
    return Said(row.where, row.names, row.content_hash, row.label, None, known.tags, known.note, known.rejected)
