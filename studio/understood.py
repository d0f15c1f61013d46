"""What an import dialog says, decided without Qt: the result of `core import --preview` becomes words and columns."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import wording

EXAMPLES = 8
_UNPACKED = ("archive", "idx", "cifar")


@dataclass(frozen=True)
class Column:
    """Names with how many images each has, and a line for those that are not listed."""

    head: str
    rows: tuple[tuple[str, int], ...]
    more: str = ""


@dataclass(frozen=True)
class Shown:
    """What the dialog shows. Without a word on the `button`, nothing can be imported."""

    title: str
    lines: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    remarks: tuple[str, ...] = ()
    examples: tuple[Path, ...] = ()
    button: str = ""
    failed: bool = False


def named(paths: Sequence[Path]) -> str:
    """Such as "pets", "pets and 2 more"."""
    return f"{paths[0].name} and {len(paths) - 1:,} more" if len(paths) > 1 else paths[0].name


def looking(paths: Sequence[Path]) -> Shown:
    return Shown(f"Looking at {named(paths)}…")


def refused(title: str, hint: str) -> Shown:
    return Shown(title, (hint,) if hint else (), failed=True)


def found(paths: Sequence[Path], looked: dict[str, Any]) -> Shown:
    """`looked` is `core.importers.several.Looked` as JSON."""
    previews = looked["previews"]
    images = int(looked["images"])
    least = "" if looked["complete"] else "at least "
    remarks = [*looked["problems"]]
    remarks += [text for preview in previews for text in preview["notices"]]
    remarks += [_left_out(left) for preview in previews for left in preview["left_out"]]
    if not looked["complete"]:
        remarks.append("There is more than could be looked at now; the import goes through all of it.")
    known = int(looked["known"])
    if known:
        remarks.insert(0, f"{wording.count(known, 'image')} of these {'is' if known == 1 else 'are'} in it already.")
    return Shown(
        named(paths),
        (*(_line(preview, len(previews) > 1) for preview in previews), _place(previews)),
        tuple(_columns(previews)) if images else (),
        tuple(remarks),
        tuple(Path(p["folder"]) / name for p in previews if p["folder"] for name in p["examples"])[:EXAMPLES],
        _button(images, known, least),
    )


def _button(images: int, known: int, least: str) -> str:
    if known and known == images and not least:
        return "Look for changes"
    return f"Import {least}{wording.count(images - known, 'image')}" if images or least else ""


def _line(preview: dict[str, Any], named: bool) -> str:
    least = "" if preview["complete"] else "at least "
    images = wording.count(preview["images"], "image") if preview["images"] or least else "no image that can be used"
    text = f"{least}{images}{', ' if preview['layout'] else ''}{preview['layout']}"
    return f"{preview['name']}: {text}" if named else text[0].upper() + text[1:]


def _place(previews: Sequence[dict[str, Any]]) -> str:
    unpacked = [preview["kind"] in _UNPACKED for preview in previews]
    if all(unpacked):
        return "They are unpacked into the project; the original is only read."
    if any(unpacked):
        return "Archives and arrays are unpacked into the project; other images stay where they are."
    return "The images stay where they are and are only read."


def _columns(previews: Sequence[dict[str, Any]]) -> list[Column]:
    classes, sources, splits = (_summed(previews, key) for key in ("classes", "sources", "splits"))
    hidden = sum(preview["class_count"] - len(preview["classes"]) for preview in previews)
    unlabelled = sum(preview["unlabelled"] for preview in previews)
    columns = []
    if classes:
        rows = (*classes.items(), *([("no class", unlabelled)] if unlabelled else []))
        columns.append(Column(_head(len(classes) + hidden, "class"), rows, f"and {hidden:,} more" if hidden else ""))
    for noun, counts in (("source", sources), ("split", splits)):
        if counts:
            rows = tuple((name or f"no {noun}", count) for name, count in counts.items())
            columns.append(Column(_head(len([name for name in counts if name]), noun), rows))
    targets = dict.fromkeys(target for preview in previews for target in preview["targets"])
    if targets:
        columns.append(Column(_head(len(targets), "target"), tuple((name, -1) for name in targets)))
    return columns


def _summed(previews: Sequence[dict[str, Any]], key: str) -> dict[str, int]:
    """Counts of all previews; where some say nothing of `key`, their images count as "" for those that do."""
    total: Counter[str] = Counter()
    for preview in previews:
        total.update(preview[key] or ({} if key == "classes" else {"": preview["images"]}))
    order = {name: at for at, name in enumerate(("train", "val", "test"))}  # classes and sources are in order
    named = sorted(total.items(), key=lambda row: (row[0] == "", order.get(row[0], 0) if key == "splits" else 0))
    return dict(named) if set(total) - {""} else {}


def _head(number: int, noun: str) -> str:
    return wording.count(number, noun)


def _left_out(left: dict[str, Any]) -> str:
    names = ", ".join(left["names"]) + (", …" if left["count"] > len(left["names"]) else "")
    return f"{wording.count(left['count'], 'file')} left out, as {left['reason']}: {names}"
