"""Several things to import at once, as they are dropped: folders, archives, tables, and image files together."""

import os
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import Error
from core.events import Event
from core.importers import pictures
from core.importers.preview import Preview, preview, previewed
from core.importers.registry import ImportReport, import_path, imported
from core.importers.walk import is_picture
from core.project.store import Store


@dataclass(frozen=True)
class Looked:
    """What importing several would bring: `previews` of those that can be imported, and `problems` with the others.

    `known` of the `images` are in the project already.
    """

    images: int
    known: int
    complete: bool
    previews: tuple[Preview, ...]
    problems: tuple[str, ...]


def import_several(store: Store, paths: Sequence[Path]) -> Generator[Event, None, ImportReport]:
    """Import one after the other: each is all or nothing, image files are one. Raises what `import_path` does."""
    reports = []
    for group in _groups(paths):
        if len(group) == 1:
            reports.append((yield from import_path(store, group[0])))
        else:
            reports.append((yield from imported(store, pictures.bring_in_all(store, group))))
    if len(reports) == 1:
        return reports[0]
    return ImportReport(
        added=sum(report.added for report in reports),
        updated=sum(report.updated for report in reports),
        relinked=sum(report.relinked for report in reports),
        unchanged=sum(report.unchanged for report in reports),
        skipped=[row for report in reports for row in report.skipped],
        classes=tuple(sorted({name for report in reports for name in report.classes})),
        seconds=sum(report.seconds for report in reports),
    )


def look_at(paths: Sequence[Path], project: Store | None = None) -> Looked:
    """Preview all of them, into `project` where there is one. Raises the first `Error` where none can be imported."""
    previews: list[Preview] = []
    problems: list[Error] = []
    for group in _groups(paths):
        try:
            previews.append(preview(group[0], project=project) if len(group) == 1 else _together(group, project))
        except Error as problem:
            problems.append(problem)
    if problems and not previews:
        raise problems[0]
    told = tuple(f"{problem.title} {problem.hint}".strip() for problem in problems)
    known = sum(p.known for p in previews)
    return Looked(sum(p.images for p in previews), known, all(p.complete for p in previews), tuple(previews), told)


def _together(files: Sequence[Path], project: Store | None) -> Preview:
    name = f"{len(files):,} image files"
    return previewed(files[0].parent, name, "pictures", lambda late: pictures.look_all(files), project=project)


def _groups(paths: Sequence[Path]) -> list[list[Path]]:
    """Each path by itself, but the image files of a drive together, where the first of them stands."""
    groups: dict[tuple[str, str], list[Path]] = {}
    for path in dict.fromkeys(path.absolute() for path in paths):
        loose = is_picture(os.fsencode(path.name)) and path.is_file()
        groups.setdefault(("images", path.anchor) if loose else ("", str(path)), []).append(path)
    return list(groups.values())
