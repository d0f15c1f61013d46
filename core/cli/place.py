"""Which project a command means."""

import os
from pathlib import Path
from typing import Any

import click

from core.errors import Error
from core.paths import projects_home
from core.project.store import Store

_LISTED = 12  # projects that a hint names


def project_option(function: Any) -> Any:
    """The option -p / --project."""
    words = "Folder or name of the project; else the one around the current folder."
    return click.option("-p", "--project", "project", metavar="PROJECT", help=words)(function)


def new_root(text: str) -> Path:
    """Where a new project goes: a path as it is, a bare name under the projects folder."""
    if not text.strip():
        raise Error("A new project needs a name.", "Such as `core new digits`.")
    return Path(text) if os.sep in text or text in (".", "..") or Path(text).is_dir() else projects_home() / text


def root(project: str | None) -> Path:
    """The folder of the project that is meant. Raises `Error` that lists the projects when none is."""
    if project:
        for folder in (Path(project), projects_home() / project):
            if (folder / "project.db").is_file():
                return folder
        raise Error(f"There is no project {project}.", _known())
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "project.db").is_file():
            return folder
    raise Error("Which project is meant?", f"Say it with -p. {_known()}")


def opened(project: str | None, write: bool = False) -> Store:
    """The project that is meant, open."""
    return Store.open(root(project), write=write)


def _known() -> str:
    home = projects_home()
    names = sorted(folder.parent.name for folder in home.glob("*/project.db")) if home.is_dir() else []
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    if not names:
        return "`core new NAME` makes one, `core demo` an example."
    return f"Projects in {home}: {', '.join(names[:_LISTED])}{more}."
