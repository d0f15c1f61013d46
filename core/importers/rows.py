"""Tables beside images, as CSV, TSV or JSON lines: a row names a file and says its class and more.

Columns are known by their usual names: file, label, source, group, split. A column `target:NAME` holds numbers, such as
how many objects of a kind the image shows.
"""

import csv
import io
import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import Error
from core.images.decode import open_regular
from core.images.names import shown
from core.importers.layout import SPLITS, class_name

MAX_BYTES = 256 << 20

# The first of these that a table has; label_name comes before label, which holds numbers where there are both.
ROLES = {
    "file": (
        *("file", "filename", "file_name", "filepath", "file_path", "path", "image", "image_path", "image_file"),
        *("image_name", "img", "img_path", "img_name", "name"),
    ),
    "label": ("label_name", "class_name", "label", "class", "category", "target"),
    "source": ("source",),
    "group": ("group",),
    "split": ("split",),
}
_NO_TARGETS = {"", "id", "index", "unnamed: 0", "width", "height"}
_EXAMPLE = (
    "Its first line should read file,label,source,group,split; the last three may be missing,"
    " and usual names such as path or image for the file and class or category for the label are understood."
)
_TARGET = "target:"
_PEEK_BYTES = 1 << 16
_PEEK_ROWS = 20


Lines = list[tuple[int, list[str]]]


@dataclass(frozen=True)
class Row:
    """One line of a table. Empty cells are None, or no target; `split` is train, val, test or None."""

    line: int
    file: str
    label: str | None
    source: str | None
    group: str | None
    split: str | None
    targets: dict[str, float]


@dataclass(frozen=True)
class Table:
    """The rows of the table `name`, what its columns tell of, and those taken for targets because they hold numbers."""

    name: str
    rows: list[Row]
    tells: frozenset[str]
    guessed: tuple[str, ...] = ()


def read(path: Path, holder: str) -> Table:
    """Raises `Error` naming the table, its `holder` (a folder or an archive), and the line."""
    name = f"{shown(path.name)} in {holder}"
    text = _text(path, name)
    headings, lines = _split(path)(text, name)
    columns = _columns(name, headings)
    guessed = _numbers(headings, columns, lines) if not _says(columns) & {"label", "target"} else ()
    if not _says(columns) - {"file"} and not guessed:
        raise Error(f"{name} has no column “label”.", f"{_held(headings)} {_EXAMPLE}")
    for at in guessed:
        columns[at] = _TARGET + class_name(os.fsencode(headings[at]))
    rows = [_row(name, number, dict(zip(columns, cells, strict=False))) for number, cells in lines]
    targets = tuple(columns[at].removeprefix(_TARGET) for at in guessed)
    return Table(shown(path.name), rows, frozenset(_says(columns)), targets)


def names_at_start(path: Path) -> list[str]:
    """The files that the first rows name; empty where this is no table that tells of files."""
    try:
        with open_regular(path) as file:
            data = file.read(_PEEK_BYTES)
        text = data[: data.rfind(b"\n") + 1 or len(data)].decode("utf-8-sig")
        headings, lines = _split(path)(text, "", _PEEK_ROWS)
        columns = _columns("", headings)
    except (Error, UnicodeDecodeError):
        return []
    at = columns.index("file")
    return [cells[at] for _, cells in lines if len(cells) > at]


def _text(path: Path, name: str) -> str:
    if path.is_file() and not path.stat().st_size:
        return ""  # an empty table has no columns, which is told as such
    with open_regular(path) as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Error(f"{name} has more than {MAX_BYTES >> 20} MB.", "Split it, or leave out columns.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise Error(f"{name} is not UTF-8 text: line {line}.", "Save it in UTF-8.") from problem


def _split(path: Path) -> Callable[..., tuple[list[str], Lines]]:
    return _cells if path.suffix.lower() in (".csv", ".tsv") else _objects


def _cells(text: str, name: str, limit: int | None = None) -> tuple[list[str], Lines]:
    """The headings, and each line that is not empty with its number."""
    first = text[:_PEEK_BYTES].partition("\n")[0]
    delimiter = max((",", ";", "\t"), key=lambda mark: _width(first, mark))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        headings = next(reader, [])
        filled = ((reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells))
        return headings, _up_to(limit, filled)
    except csv.Error as problem:
        raise Error(f"{name} cannot be read: line {reader.line_num}: {problem}.", "Mend that line.") from problem


def _width(line: str, delimiter: str) -> int:
    return len(next(csv.reader([line], delimiter=delimiter), []))


def _up_to(limit: int | None, lines: Iterable[tuple[int, list[str]]]) -> Lines:
    return [line for _, line in zip(range(limit), lines, strict=False)] if limit is not None else list(lines)


def _objects(text: str, name: str, limit: int | None = None) -> tuple[list[str], Lines]:
    """Like `_cells` for JSON lines; the headings are the names that occur, in order."""
    held: list[tuple[int, dict[str, Any]]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and (limit is None or len(held) < limit):
            held.append((number, _object(line, number, name)))
    headings = list(dict.fromkeys(key for _, values in held for key in values))
    return headings, [(number, [_as_text(values.get(key)) for key in headings]) for number, values in held]


def _object(line: str, number: int, name: str) -> dict[str, Any]:
    try:
        held = json.loads(line, object_pairs_hook=lambda pairs: {_sound(key): value for key, value in pairs})
    except (ValueError, RecursionError):
        held = None
    if not isinstance(held, dict):
        raise Error(f"{name} cannot be read: line {number} is no JSON object.", "Each line is one, such as {…}.")
    return held


def _as_text(value: Any) -> str:
    """What a CSV would hold; nothing for lists and objects, which no column here is made of."""
    if isinstance(value, bool):
        return str(value).lower()
    return _sound(str(value)) if isinstance(value, (str, int, float)) else ""


def _sound(text: str) -> str:
    """Text that can be written: JSON may spell halves of signs."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _columns(name: str, headings: Sequence[str]) -> list[str]:
    """What each column holds: file, label, source, group, split, target:NAME; else nothing.

    Raises `Error` where none names files, or a target has no name or occurs twice.
    """
    plain = [_plain(heading) for heading in headings]
    columns = [heading if heading.startswith(_TARGET) else "" for heading in plain]
    for role, usual in ROLES.items():
        if known := next((word for word in usual if word in plain), None):
            columns[plain.index(known)] = role
    if "file" not in columns:
        raise Error(f"{name} has no column “file”.", f"{_held(headings)} {_EXAMPLE}")
    if _TARGET in columns:
        raise Error(f"{name} has a target without a name.", f"Call its column {_TARGET}NAME, such as {_TARGET}squares.")
    for column in columns:
        if column and columns.count(column) > 1:
            raise Error(f"{name} has the column “{column}” twice.", "Rename one of them, or leave it out.")
    return columns


def _held(headings: Sequence[str]) -> str:
    named = ", ".join(shown(heading.strip()).lower() for heading in headings)
    return f"It has: {named[:200]}." if named else "It is empty."


def _plain(heading: str) -> str:
    """A heading in small letters; the name of a target is kept as it is written."""
    prefix, name = heading.strip()[: len(_TARGET)].lower(), heading.strip()[len(_TARGET) :]
    return prefix + class_name(os.fsencode(name)) if prefix == _TARGET else heading.strip().lower()


def _says(columns: Iterable[str]) -> set[str]:
    return {"target" if column.startswith(_TARGET) else column for column in columns if column}


def _numbers(headings: Sequence[str], columns: Sequence[str], lines: Lines) -> tuple[int, ...]:
    """The columns without a meaning that hold nothing but numbers."""
    free = [at for at, column in enumerate(columns) if not column and _plain(headings[at]) not in _NO_TARGETS]
    named = [at for at in free if _plain(headings[at]) not in {_plain(headings[other]) for other in free if other < at}]
    return tuple(at for at in named if all(_is_number(text) for text in _column(lines, at)) and any(_column(lines, at)))


def _column(lines: Lines, at: int) -> Iterator[str]:
    return (cells[at] for _, cells in lines if len(cells) > at and cells[at].strip())


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _row(name: str, line: int, cells: dict[str, str]) -> Row:
    def cell(column: str) -> str | None:
        return shown(cells.get(column, "").strip()) or None

    split = cell("split")
    if split is not None and split.lower() not in SPLITS:
        raise Error(f"{name} has the split “{split}” in line {line}.", "A split is train, val or test.")
    split = SPLITS[split.lower()] if split else None
    targets = _targets(name, line, cells)
    return Row(line, cells.get("file", ""), cell("label"), cell("source"), cell("group"), split, targets)


def _targets(name: str, line: int, cells: dict[str, str]) -> dict[str, float]:
    found = {}
    for column, text in cells.items():
        if not column.startswith(_TARGET) or not text.strip():
            continue
        if not _is_number(text):
            raise Error(
                f"{name} has “{shown(text.strip())}” as {column} in line {line}.",
                "A target is a number such as 3 or 0.5; leave the cell empty where there is none.",
            )
        found[column.removeprefix(_TARGET)] = float(text)
    return found
