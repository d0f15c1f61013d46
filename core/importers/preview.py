"""What an import would bring, told before anything is written; the importers themselves find it out.

What would be left out is told as far as it is cheap to know: by names, by what tables say, and by the first bytes of as
many images as the time allows. A body that is damaged shows only when all of it is read.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.events import Event, Notice, Skipped
from core.images.decode import Unreadable, inspect
from core.images.names import shown
from core.importers.landing import join
from core.importers.layout import SPLITS
from core.importers.reading import Candidate
from core.importers.registry import IMPORTERS, kind_of
from core.importers.survey import Survey
from core.importers.walk import Late, is_foreign
from core.project.catalog import known_images, natural
from core.project.store import Store

LOOK_SECONDS = 2.0
CHECK_SECONDS = 0.5
CLASSES_SHOWN = 50
_CHECKED = 2000  # images whose first bytes are read at most
_EXAMPLES = 8
_NAMED = 3  # files a reason
_KINDS = {
    "idx": "MNIST files (IDX)",
    "cifar": "CIFAR files (python version)",
    "table": "",
    "archive": "archive",
    "folder": "",
    "pictures": "",
    "": "",
}


@dataclass(frozen=True)
class LeftOut:
    """Files that would be left out for one reason, and the first of their names."""

    reason: str
    count: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    """What an import would bring.

    `kind` is the importer, `layout` says in words what it understood. `images` is how many there are, or at least are
    where the look was not `complete`; where files stay in their place, `known` of them are in the project already.
    `classes` are the first ones by name, of `class_count`; sources and splits have "" for images without. `examples`
    are relative to `folder`, which is empty where they are in no file of their own. `checked` is how many images' first
    bytes were read.
    """

    path: str
    name: str
    kind: str
    layout: str
    images: int
    complete: bool
    known: int
    unlabelled: int
    class_count: int
    classes: dict[str, int]
    sources: dict[str, int]
    splits: dict[str, int]
    targets: tuple[str, ...]
    notices: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    checked: int
    folder: str
    examples: tuple[str, ...]


def preview(path: Path, seconds: float = LOOK_SECONDS, project: Store | None = None) -> Preview:
    """Look at `path` for about `seconds` and a moment more. Raises `Error` where importing it would.

    Only what the disk of the project refuses, and damage inside of images, is noticed no earlier than by the import.
    """
    kind = kind_of(path)
    place = path.absolute()
    return previewed(place, shown(place.name), kind, lambda late: IMPORTERS[kind].look(place, late), seconds, project)


def previewed(
    path: Path,
    name: str,
    kind: str,
    look: Callable[[Late], Generator[Event, None, Survey]],
    seconds: float = LOOK_SECONDS,
    project: Store | None = None,
) -> Preview:
    """What `look` finds, under this path and name."""
    end = time.monotonic() + seconds
    notices: list[str] = []
    skipped: list[tuple[str, str]] = []
    survey = _heard(look(lambda: time.monotonic() > end), notices, skipped)
    if not survey.complete:
        skipped.clear()  # what a table names may lie where nobody has looked yet
    good, checked = _readable(survey, skipped)
    known = known_images(project, survey.folder) if project and survey.folder else {}
    classes = Counter(candidate.label for candidate in good if candidate.label is not None)
    return Preview(
        path=str(path),
        name=name,
        kind=kind,
        layout=layout(kind, survey),
        images=len(good),
        complete=survey.complete,
        known=sum(candidate.path in known for candidate in good),
        unlabelled=len(good) - classes.total(),
        class_count=len(classes),
        classes={name: classes[name] for name in sorted(classes, key=natural)[:CLASSES_SHOWN]},
        sources=_counted([candidate.source for candidate in good]),
        splits=_counted([candidate.split for candidate in good]),
        targets=tuple(sorted({target for candidate in good for target in candidate.targets})),
        notices=tuple(notices),
        left_out=tuple(_by_reason(skipped)),
        checked=checked,
        folder=str(survey.folder) if survey.folder else "",
        examples=tuple(shown(candidate.path) for candidate in _spread(good, _EXAMPLES)),
    )


def layout(kind: str, survey: Survey) -> str:
    """What was understood, in words such as "table labels.csv" or "train and val folders, folders are classes"."""
    parts = [_KINDS[kind], _KINDS[survey.inside]]
    arrays = {kind, survey.inside} & {"idx", "cifar"}
    if survey.tables:
        parts.append(f"table {survey.tables[0]}" if len(survey.tables) == 1 else f"{len(survey.tables)} tables")
    elif not arrays:
        splits = {candidate.split for candidate in survey.candidates if candidate.split}
        named = " and ".join(split for split in dict.fromkeys(SPLITS.values()) if split in splits)
        parts.append(f"{named} folder{'s' if len(splits) > 1 else ''}" if splits else "")
    if not any(candidate.label is not None for candidate in survey.candidates):
        parts.append("no labels" if survey.candidates else "")
    elif not arrays and not survey.tables:
        parts.append("folders are classes")
    return ", ".join(part for part in parts if part)


def _heard(job: Generator[Event, None, Survey], notices: list[str], skipped: list[tuple[str, str]]) -> Survey:
    """The result of a job run to its end, with what it said on the way."""
    while True:
        try:
            event = next(job)
        except StopIteration as end:
            survey = end.value
            assert isinstance(survey, Survey)
            return survey
        if isinstance(event, Notice):
            notices.append(event.text)
        elif isinstance(event, Skipped):
            skipped.append((event.name, event.reason))


def _readable(survey: Survey, skipped: list[tuple[str, str]]) -> tuple[list[Candidate], int]:
    """The images without those whose first bytes are none, which go to `skipped`, and how many were looked at.

    What is probably of a kind that is not read comes first, then images from all over the folder.
    """
    if survey.folder is None:
        return list(survey.candidates), 0
    odd = [candidate for candidate in survey.candidates if is_foreign(candidate.path)]
    bad: set[bytes] = set()
    end = time.monotonic() + CHECK_SECONDS
    looked: set[bytes] = set()
    for candidate in [*odd[:_CHECKED], *_spread(survey.candidates, _CHECKED)]:
        if time.monotonic() > end:
            break
        if candidate.path not in looked and (reason := _refused(survey.folder, candidate)):
            bad.add(candidate.path)
            skipped.append((shown(candidate.path), reason))
        looked.add(candidate.path)
    return [candidate for candidate in survey.candidates if candidate.path not in bad], len(looked)


def _refused(folder: Path, candidate: Candidate) -> str:
    """Why the start of a file is not that of an image; empty where it is."""
    try:
        inspect(join(folder, candidate.path))
        return ""
    except Unreadable as problem:
        return problem.reason


def _spread(candidates: Sequence[Candidate], count: int) -> list[Candidate]:
    """At most `count` of them, evenly from first to last."""
    many = len(candidates)
    return [candidates[at * many // count] for at in range(count)] if many > count else list(candidates)


def _counted(values: Sequence[str | None]) -> dict[str, int]:
    counts = Counter(value or "" for value in values)
    return {value: counts[value] for value in sorted(counts)} if counts.keys() != {""} else {}


def _by_reason(skipped: Sequence[tuple[str, str]]) -> list[LeftOut]:
    """The most frequent reason first. Those of tables name a line and are many: these count as one."""
    held: dict[str, list[str]] = {}
    for name, reason in skipped:
        held.setdefault(re.sub(r"^line \d+ of ", "a line of ", reason), []).append(name)
    found = [LeftOut(reason, len(names), tuple(names[:_NAMED])) for reason, names in held.items()]
    return sorted(found, key=lambda left: -left.count)
