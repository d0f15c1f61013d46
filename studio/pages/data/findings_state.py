"""What the window of findings shows, decided without Qt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core import wording
from core.curate.cues import ADVICE
from core.curate.quality import DOUBLES
from core.curate.standing import Count, Standing

Arranged = tuple[str, bool, str]
"""Order, whether it descends, and groups, as the header of the grid has them."""

_WORST_FIRST: Mapping[str, Arranged] = {
    **{kind.word: ("name", False, "same") for kind in DOUBLES},
    "blank": ("contrast", False, ""),
    "dark": ("brightness", False, ""),
    "bright": ("brightness", True, ""),
    "blurred": ("sharpness", False, ""),
    "tiny": ("size", False, ""),
    "odd": ("size", False, ""),
}
_BY_CLASS: Mapping[str, Arranged] = {"source": ("class", False, "source"), "aspect": ("size", False, "class")}
_CUE = "cue:"  # before the name of a property, among the names of lines


@dataclass(frozen=True)
class Line:
    """What is shown of one finding."""

    name: str
    title: str
    number: str
    note: str
    tooltip: str


@dataclass(frozen=True)
class Target:
    """What choosing a line shows: the images of a filter, arranged so that one sees what is meant."""

    filter: str
    arranged: Arranged


@dataclass(frozen=True)
class Shown:
    """`cue_lines` are properties that tell the class, with `cue_note` below; `targets` are by the name of a line."""

    title: str
    note: str
    lines: tuple[Line, ...]
    cue_lines: tuple[Line, ...]
    cue_note: str
    targets: Mapping[str, Target]
    button: str
    can: bool


def shown(found: Standing, cues: Sequence[Mapping[str, Any]] | None, running: bool) -> Shown:
    """`cues` are those of the last check as JSON, None where there was none since the start of the program."""
    counts = [count for count in found.counts if count.images]
    telling = [cue for cue in cues or () if cue["spurious"]]
    targets = {count.kind.word: Target(count.filter, _WORST_FIRST[count.kind.word]) for count in counts}
    for cue in telling:
        targets[_CUE + cue["name"]] = Target("", _BY_CLASS.get(cue["name"], (cue["name"], False, "class")))
    return Shown(
        title=_title(found, len(counts) + len(telling), running),
        note=_note(found, running),
        lines=tuple(_line(count) for count in counts),
        cue_lines=tuple(_cue(cue) for cue in telling),
        cue_note=_cue_note(found, cues, bool(telling), running),
        targets=targets,
        button="Check again" if found.measured else "Check the images",
        can=found.images > 0 and not running,
    )


def _title(found: Standing, findings: int, running: bool) -> str:
    if not found.images:
        return "There are no images yet."
    if running:
        return "Checking the images…"
    if not found.measured:
        return "The images have not been checked yet."
    among = wording.count(found.measured, "image")
    if not findings:
        return f"Nothing was found among {among}."
    return f"{wording.count(findings, 'finding')} among {among}."


def _note(found: Standing, running: bool) -> str:
    if not found.images:
        return "Add some, then check them."
    missing = found.images - found.measured
    if running or not found.measured:
        return "Each image is read once; what was measured is kept, also when it is stopped."
    if missing:
        return f"{missing:,} more are not measured: they are new, or cannot be read."
    return "Rejected images are left out: what was found there is settled."


def _line(count: Count) -> Line:
    kind = count.kind
    groups = f" ({wording.count(count.groups, 'group')})" if count.groups else ""
    return Line(
        kind.word,
        kind.title,
        f"{count.images:,}",
        f"{kind.says[0].upper()}{kind.says[1:]}{groups}.",
        f"Show these {count.images:,} images in the grid, {_arranged(kind.word)} (Enter)",
    )


def _cue(cue: Mapping[str, Any]) -> Line:
    name = str(cue["name"])
    return Line(
        _CUE + name,
        f"{name.capitalize()} tells the class",
        wording.percent(cue["accuracy"]),
        str(cue["sentence"]),
        "Show all images so that it is seen in the grid: by class, in the order of this property (Enter)",
    )


def _cue_note(found: Standing, cues: Sequence[Mapping[str, Any]] | None, telling: bool, running: bool) -> str:
    if telling:
        return ADVICE
    if running or not found.measured:
        return ""
    if cues is None:
        return "Check again to learn whether a property such as brightness tells the class."
    if not cues:
        return "There are too few labelled images to tell whether a property such as brightness tells the class."
    return f"No property of the images tells their class: tried {', '.join(str(cue['name']) for cue in cues)}."


def _arranged(word: str) -> str:
    return "grouped by what shows the same" if _WORST_FIRST[word][2] == "same" else "the most extreme first"
