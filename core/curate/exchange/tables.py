"""Tables of labels as CSV and JSON lines: rows of cells by the names of their columns, of any size and by anybody."""

import csv
import json
import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from hashlib import file_digest
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

from core.curate.exchange.outgoing import WorkingSet
from core.curate.exchange.said import LABELS, NAMES, Said, read_row, sound
from core.errors import Error
from core.events import Event, Progress, Stage
from core.images.decode import Unreadable, open_regular
from core.images.names import shown
from core.images.parallel import in_order
from core.importers.walk import PROGRESS_SECONDS

_SAYS = {*LABELS, "tags", "note", "rejected"}
_EXAMPLE = "Its first line should read file,label or sha256,label; tags, note and rejected are understood too."

Rows = Iterator[tuple[int, dict[str, Any] | str]]
"""The number of a line, and its cells by the names of their columns in small letters, or why it cannot be taken."""


class CsvWriter:
    """Writes rows of the same keys; the first gives the headings."""

    def __init__(self, file: TextIO) -> None:
        self._writer = csv.writer(file)
        self._begun = False

    def write(self, row: Mapping[str, Any]) -> None:
        if not self._begun:
            self._writer.writerow(row.keys())
            self._begun = True
        self._writer.writerow(str(value).lower() if isinstance(value, bool) else value for value in row.values())


def read_csv(path: Path) -> Rows:
    """The rows of a CSV or TSV, which may also have semicolons.

    Raises `Error` naming the line where it is damaged, and where no column names images or says anything of them.
    """
    name = shown(path.name)
    with open_regular(path) as file:
        lines = _decoded(file, name)
        first = next(lines, "")
        delimiter = max((",", ";", "\t"), key=lambda mark: len(next(csv.reader([first], delimiter=mark), [])))
        reader = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
        try:
            headings = [heading.strip().lower() for heading in next(reader, [])]
            _check(headings, name)
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield reader.line_num, _by_heading(headings, cells)
        except csv.Error as problem:
            raise Error(f"{name} cannot be read: line {reader.line_num}: {problem}.", "Mend that line.") from problem


def read_json_lines(path: Path) -> Rows:
    """The rows of JSON lines. Raises `Error` naming the line that is no JSON object."""
    name = shown(path.name)
    with open_regular(path) as file:
        for number, line in enumerate(_decoded(file, name), start=1):
            if line.strip():
                yield number, _object(line, number, name)


def listing(images: WorkingSet, write: Callable[[dict[str, Any]], object]) -> Generator[Event, None, int]:
    """Write a row for every image: as it is called here, what is known of it, and where it lies."""
    yield Stage(title="Writing labels", total=len(images))
    done = 0
    for portion in images.portions():
        for out in portion:
            write({"file": out.image.name, **out.facts(), "path": readable(out.image.path)})
        done += len(portion)
        yield Progress(done=done, total=len(images))
    return done


def readable(path: Path) -> str:
    """`path` as text; what is no text in it becomes the replacement character."""
    return os.fsencode(path).decode("utf-8", "replace")


def small_keys(held: Mapping[str, Any]) -> dict[str, Any]:
    """`held` with its keys in small letters."""
    return {sound(key).strip().lower(): value for key, value in held.items()}


def read_rows(path: Path, where: str = "") -> Generator[Event, None, list[Said]]:
    """What the table `path` says, with the hashes of the images that lie where its rows say, if they name none.

    `where` goes before the numbers of lines, for people.
    """
    rows = read_csv(path) if path.suffix.lower() in (".csv", ".tsv") else read_json_lines(path)
    said = yield from gathered(_row(f"{where}line {number}", cells) for number, cells in rows)
    return (yield from hashed(said, path.parent))


def gathered(rows: Iterable[Said]) -> Generator[Event, None, list[Said]]:
    """All rows, telling how many there are so far."""
    yield Stage(title="Reading labels", unit="rows")
    found: list[Said] = []
    told_at = time.monotonic()
    for row in rows:
        found.append(row)
        if time.monotonic() - told_at > PROGRESS_SECONDS:
            told_at = time.monotonic()
            yield Progress(done=len(found))
    yield Progress(done=len(found), total=len(found))
    return found


def hashed(said: Sequence[Said], folder: Path) -> Generator[Event, None, list[Said]]:
    """`said` with the content hash of the image files that rows without one name, in `folder` or anywhere."""
    found = list(said)
    files = {at: file for at, row in enumerate(said) if not row.content_hash and (file := _file(row, folder))}
    if not files:
        return found
    yield Stage(title="Reading images", total=len(files))
    told_at = time.monotonic()
    with in_order(content_hash, list(files.values())) as contents:
        for done, (at, content) in enumerate(zip(files, contents, strict=True), start=1):
            row = said[at]
            found[at] = Said(row.where, row.names, content, row.label, row.by, row.tags, row.note, row.rejected)
            if done == len(files) or time.monotonic() - told_at > PROGRESS_SECONDS:
                told_at = time.monotonic()
                yield Progress(done=done, total=len(files))
    return found


def content_hash(file: str) -> bytes | None:
    """SHA-256 of a file; None where it cannot be read."""
    try:
        with open_regular(Path(file)) as opened:
            return file_digest(opened, "sha256").digest()
    except (Unreadable, OSError):
        return None


def _row(where: str, cells: dict[str, Any] | str) -> Said:
    return Said(where, problem=cells) if isinstance(cells, str) else read_row(where, cells)


def _file(row: Said, folder: Path) -> str | None:
    """The image file that a row means, where it is there."""
    if row.problem:
        return None
    return next((file for name in row.names if os.path.isfile(file := os.path.join(folder, name))), None)


def _decoded(lines: Iterable[bytes], name: str) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as problem:
            raise Error(f"{name} is not UTF-8 text: line {number}.", "Save it in UTF-8.") from problem


def _check(headings: Sequence[str], name: str) -> None:
    held = f"It has: {', '.join(shown(heading) for heading in headings)[:200]}." if any(headings) else "It is empty."
    if not {*NAMES, "sha256", "content_hash"} & set(headings):
        raise Error(f"{name} has no column “file” or “sha256”.", f"{held} {_EXAMPLE}")
    if not _SAYS & set(headings):
        raise Error(f"{name} has no column “label”.", f"{held} {_EXAMPLE}")
    for known in {*NAMES, *_SAYS, "sha256"}:
        if headings.count(known) > 1:
            raise Error(f"{name} has the column “{known}” twice.", "Rename one of them, or leave it out.")


def _by_heading(headings: Sequence[str], cells: Sequence[str]) -> dict[str, Any] | str:
    if len(cells) < len(headings) or any(cells[len(headings) :]):
        return f"it has {len(cells)} cells, and the first line has {len(headings)}"
    return dict(zip(headings, cells, strict=False))


def _object(line: str, number: int, name: str) -> dict[str, Any]:
    try:
        held = json.loads(line)
    except (ValueError, RecursionError):
        held = None
    if not isinstance(held, dict):
        raise Error(f"{name} cannot be read: line {number} is no JSON object.", "Each line is one, such as {…}.")
    return small_keys(held)
