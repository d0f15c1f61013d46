"""What a merge of labels did or would do: numbers, conflicts, and rows that mean nothing here; in lines and as CSV."""

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core import wording
from core.curate.exchange.aside import aside, refuse, text_file
from core.images.names import shown

_LISTED = 20
_MOST_SHOWN = 60
_HEADINGS = ("kind", "image", "name", "ours", "theirs", "row", "reason")


@dataclass(frozen=True)
class Conflict:
    """An image of which two say different things; `what` is label or note, `where` the rows of the file.

    `ours` is what a person gave here; it is empty where rows of the file differ, whose values `theirs` has.
    """

    id: int
    name: str
    what: str
    ours: str
    theirs: str
    where: str


@dataclass(frozen=True)
class MergeReport:
    """What a merge did or, unless it was `written`, would do. Numbers are of images, that of `rows` excepted.

    `labelled` had no class before; `relabelled` had one by an import or a model, or lost a conflict; `confirmed` have
    the same class and now by hand. `equal` are here already as the file says. `at_stake` are those that stay as they
    are only because no conflict is settled for the file. `unknown` rows mean no image here, `unusable` ones cannot be
    read: where they are, and why.
    """

    rows: int
    matched: int
    by_name: int
    changed: int
    equal: int
    labelled: int
    relabelled: int
    confirmed: int
    tagged: int
    noted: int
    rejected: int
    at_stake: int
    new_classes: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    unknown: tuple[tuple[str, str], ...]
    unusable: tuple[tuple[str, str], ...]
    written: bool = False


def described(report: MergeReport) -> str:
    """The report in lines, each list by its first 20."""
    parts = {
        "matched": report.matched,
        "changed" if report.written else "to be changed": report.changed,
        "equal already": report.equal,
    }
    head = f"{wording.count(report.rows, 'row')}: {', '.join(f'{number:,} {word}' for word, number in parts.items())}"
    lines = [head, *(f"  {line}" for line in details(report))]
    for title, rows in (
        ("conflict", [_conflict(conflict) for conflict in report.conflicts]),
        ("row without an image here", [f"{where}: {reason}" for where, reason in report.unknown]),
        ("row that cannot be used", [f"{where}: {reason}" for where, reason in report.unusable]),
    ):
        if rows:
            lines += ["", _counted(len(rows), title), *(f"  {row}" for row in rows[:_LISTED])]
            lines += [f"  … {len(rows) - _LISTED:,} more"] if len(rows) > _LISTED else []
    return "\n".join(lines)


def details(report: MergeReport) -> Iterator[str]:
    """The parts of what is changed, a line each."""
    numbers = {
        "with a class where there was none": report.labelled,
        "with another class than before": report.relabelled,
        "with the same class, now as one given by hand": report.confirmed,
        "with new tags": report.tagged,
        "with a new note": report.noted,
        "rejected": report.rejected,
        "known by name only, not by content": report.by_name,
    }
    yield from (f"{number:,} {words}" for words, number in numbers.items() if number)
    if report.new_classes:
        names = ", ".join(wording.clipped(name, _MOST_SHOWN) for name in report.new_classes[:_LISTED])
        more = f" and {len(report.new_classes) - _LISTED:,} more" if len(report.new_classes) > _LISTED else ""
        yield f"new: {_counted(len(report.new_classes), 'class')}, {names}{more}"


def write_csv(report: MergeReport, place: Path) -> None:
    """All conflicts and rows that were not used, one a line. Raises `Error` where `place` exists."""
    place = Path(os.path.abspath(place))
    refuse(place, folder=False, replace=False)
    with aside(place) as whole, text_file(whole) as file:
        writer = csv.writer(file)
        writer.writerow(_HEADINGS)
        for found in report.conflicts:
            writer.writerow((f"{found.what} conflict", found.id, found.name, found.ours, found.theirs, found.where, ""))
        writer.writerows(("unknown", "", "", "", "", *row) for row in report.unknown)
        writer.writerows(("unusable", "", "", "", "", *row) for row in report.unusable)


def _conflict(found: Conflict) -> str:
    ours = f"{_short(found.ours)} here, {_short(found.theirs)} in the file" if found.ours else _short(found.theirs)
    return f"image {found.id} {shown(found.name)}: {found.what} {ours} ({found.where})"


def _counted(number: int, title: str) -> str:
    noun, _, rest = title.partition(" ")
    return f"{wording.count(number, noun)} {rest}".rstrip()


def _short(text: str) -> str:
    return wording.clipped(shown(text), _MOST_SHOWN)
