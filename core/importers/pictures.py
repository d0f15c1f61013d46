"""Image files by themselves, as people drop a few of them; they stay where they are and come in unlabelled."""

import os
from collections.abc import Generator, Sequence
from pathlib import Path

from core.events import Event
from core.importers.memory import Memory
from core.importers.reading import Brought, Candidate, classes_of, read
from core.importers.survey import Survey
from core.importers.walk import Late, is_picture, never
from core.project.catalog import add_images
from core.project.store import Store


def accepts(path: Path) -> bool:
    return path.is_file() and is_picture(os.fsencode(path.name))


def bring_in(store: Store, path: Path) -> Generator[Event, None, Brought]:
    return (yield from bring_in_all(store, [path]))


def bring_in_all(store: Store, files: Sequence[Path]) -> Generator[Event, None, Brought]:
    """Import `files`, absolute and on one drive, in one transaction."""
    survey = _among(files)
    assert survey.folder is not None
    found = yield from read(survey.folder, survey.candidates, Memory.load())
    return Brought(add_images(store, survey.folder, found), classes_of(found))


def look(path: Path, late: Late = never) -> Generator[Event, None, Survey]:
    return (yield from look_all([path]))


def look_all(files: Sequence[Path]) -> Generator[Event, None, Survey]:
    yield from ()
    return _among(files)


def _among(files: Sequence[Path]) -> Survey:
    """`files` below the folder that holds all of them; each once."""
    folder = Path(os.path.commonpath([file.parent for file in files]))
    paths = dict.fromkeys(os.fsencode(file.relative_to(folder).as_posix()) for file in files)
    return Survey([Candidate(path) for path in paths], folder)
