"""manifest.csv: one line per image with the columns file, label and, where known, source, group and split.

A column `target:NAME` holds numbers, such as how many objects of a kind the image shows.
"""

import csv
import io
import math
import os
from dataclasses import dataclass
from pathlib import Path

from core.errors import Error
from core.images.decode import open_regular
from core.images.names import shown
from core.importers.layout import SPLITS, class_name

_NEEDED = ("file", "label")
_EXAMPLE = "Its first line should read file,label,source,group,split; the last three may be missing."
_TARGET = "target:"


@dataclass(frozen=True)
class Row:
    """One line of a manifest. Empty cells are None, or no target; `split` is train, val, test or None."""

    line: int
    file: str
    label: str | None
    source: str | None
    group: str | None
    split: str | None
    targets: dict[str, float]


def read(path: Path, holder: str) -> list[Row]:
    """All rows; raises `Error` naming the manifest, its `holder` (a folder or an archive), and the line."""
    name = f"{shown(path.name)} in {holder}"
    text = _text(path, name)
    first = text.partition("\n")[0]
    delimiter = ";" if ";" in first and "," not in first else ","
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows = []
    try:
        columns = [_column(heading) for heading in next(lines, [])]
        _check_columns(name, columns)
        for cells in lines:
            if any(cell.strip() for cell in cells):
                rows.append(_row(name, lines.line_num, dict(zip(columns, cells, strict=False))))
    except csv.Error as problem:
        raise Error(f"{name} cannot be read: line {lines.line_num}: {problem}.", "Mend that line.") from problem
    return rows


def _text(path: Path, name: str) -> str:
    if path.is_file() and not path.stat().st_size:
        return ""  # an empty manifest has no columns, which is told as such
    with open_regular(path) as file:
        data = file.read()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise Error(f"{name} is not UTF-8 text: line {line}.", "Save it as CSV in UTF-8.") from problem


def _column(heading: str) -> str:
    """A heading in small letters; the name of a target is kept as it is written."""
    prefix, name = heading.strip()[: len(_TARGET)].lower(), heading.strip()[len(_TARGET) :]
    return prefix + class_name(os.fsencode(name)) if prefix == _TARGET else heading.strip().lower()


def _check_columns(name: str, columns: list[str]) -> None:
    missing = [name for name in _NEEDED if name not in columns]
    if missing:
        held = f"It has: {', '.join(columns)[:200]}." if any(columns) else "It is empty."
        raise Error(f"{name} has no column “{missing[0]}”.", f"{held} {_EXAMPLE}")
    if _TARGET in columns:
        raise Error(f"{name} has a target without a name.", f"Call its column {_TARGET}NAME, such as {_TARGET}squares.")
    for column in columns:
        if column.startswith(_TARGET) and columns.count(column) > 1:
            raise Error(f"{name} has the column “{column}” twice.", "Rename one of them, or leave it out.")


def _row(name: str, line: int, cells: dict[str, str]) -> Row:
    def cell(column: str) -> str | None:
        return shown(cells.get(column, "").strip()) or None

    split = cell("split")
    if split is not None and split.lower() not in SPLITS:
        raise Error(f"{name} has the split “{split}” in line {line}.", "A split is train, val or test.")
    file = cells.get("file", "")
    split = SPLITS[split.lower()] if split else None
    return Row(line, file, cell("label"), cell("source"), cell("group"), split, _targets(name, line, cells))


def _targets(name: str, line: int, cells: dict[str, str]) -> dict[str, float]:
    found = {}
    for column, text in cells.items():
        if not column.startswith(_TARGET) or not text.strip():
            continue
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise Error(
                f"{name} has “{shown(text.strip())}” as {column} in line {line}.",
                "A target is a number such as 3 or 0.5; leave the cell empty where there is none.",
            )
        found[column.removeprefix(_TARGET)] = number
    return found
