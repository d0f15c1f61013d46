"""What the dialog that imports labels shows, decided without Qt: the result of a dry run becomes words."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from core import wording
from core.curate.exchange import Conflict, MergeReport, details

SHOWN = 20  # conflicts
MINE, THEIRS, NOTHING = "ours", "theirs", "report"
CHOICES: Mapping[str, tuple[str, str]] = {
    MINE: ("Keep mine", "What was given by hand here stays; all else is taken over"),
    THEIRS: ("Take theirs", "The file wins, also over what was given by hand here"),
    NOTHING: ("Change nothing", "Leave everything as it is while there are conflicts"),
}


@dataclass(frozen=True)
class Shown:
    """What the dialog shows. Without `can`, nothing can be imported; `listed` that there is a list to be saved."""

    title: str
    lines: tuple[str, ...] = ()
    rows: tuple[tuple[str, int], ...] = ()
    conflict_title: str = ""
    conflicts: tuple[Conflict, ...] = ()
    listed: bool = False
    button: str = "Import"
    can: bool = False
    failed: bool = False


ASKING = Shown(
    "Choose a file or a folder of labels.",
    (
        "A CSV, TSV or JSON lines, the JSON of Label Studio, class folders, or the folders of Hugging Face.",
        "Images are known by their content, and by their name where the file says no more.",
    ),
)


def looking(path: Path) -> Shown:
    return Shown(f"Reading {path.name}…")


def refused(title: str, hint: str) -> Shown:
    return Shown(title, (hint,) if hint else (), failed=True)


def found(path: Path, result: Mapping[str, Any], choice: str, writable: bool) -> Shown:
    """`result` is the `MergeReport` of a dry run with "ours" as JSON; `choice` is one of CHOICES."""
    report = _report(result)
    conflicts, unknown, unusable = (int(result[f"{name}_count"]) for name in ("conflicts", "unknown", "unusable"))
    changed = 0 if choice == NOTHING and conflicts else report.changed
    if choice == THEIRS:
        changed += report.at_stake
    numbers = {
        "Rows": report.rows,
        "Images here that they mean": report.matched,
        "To be changed": changed,
        "Equal already": report.equal,
        "Conflicts": conflicts,
        "Rows without an image here": unknown,
        "Rows that cannot be used": unusable,
    }
    always = ("Rows", "Images here that they mean", "To be changed", "Equal already")
    lines = tuple(line[0].upper() + line[1:] for line in details(report)) if choice == MINE else ()
    examples = (*report.unknown[:1], *report.unusable[:1])
    return Shown(
        title=_title(path, report, changed, conflicts, choice),
        lines=(*lines, *(f"{where}: {reason}" for where, reason in examples)),
        rows=tuple((name, number) for name, number in numbers.items() if number or name in always),
        conflict_title=_conflict_title(conflicts),
        conflicts=report.conflicts[:SHOWN],
        listed=conflicts + unknown + unusable > 0,
        button=f"Change {wording.count(changed, 'image')}" if changed else "Import",
        can=changed > 0 and writable,
    )


def done(name: str, result: Mapping[str, Any]) -> str:
    """What is told after an import from `name`."""
    if not result.get("written"):
        return f"Nothing was changed by {name}."
    return f"Imported labels of {wording.count(int(result['changed']), 'image')} from {name}."


def _report(result: Mapping[str, Any]) -> MergeReport:
    value = {field.name: result[field.name] for field in fields(MergeReport)}
    value["conflicts"] = tuple(Conflict(**one) for one in value["conflicts"])
    for name in ("unknown", "unusable"):
        value[name] = tuple((where, reason) for where, reason in value[name])
    return MergeReport(**value)


def _title(path: Path, report: MergeReport, changed: int, conflicts: int, choice: str) -> str:
    if not report.matched:
        return f"No image of this project is in {path.name}."
    if changed:
        return f"{path.name} would change {wording.count(changed, 'image')}."
    if choice == NOTHING and conflicts:
        return "Nothing is changed while there are conflicts."
    return f"{path.name} would change nothing."


def _conflict_title(conflicts: int) -> str:
    if not conflicts:
        return ""
    counted = wording.count(conflicts, "conflict")
    return counted if conflicts <= SHOWN else f"{counted}, the first {SHOWN} of them"
