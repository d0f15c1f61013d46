"""How each project was looked at last: place, columns, size of thumbnails, sort, filter. Kept in window.ini.

A page reads `value` when a project has opened and writes `keep` when the user changed something; nothing is written
into the project, so two people who share one do not change each other's view.
"""

import hashlib
import time
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QSplitter

from studio.session import Session
from studio.settings import window_settings

KEPT = 60  # projects
_GROUP, _OPENED = "views", "opened"
Kept = TypeVar("Kept", str, int, bool, QByteArray)


class ViewMemory:
    """What is remembered of the project in `root`; without one, what projects that are new begin with."""

    def __init__(self, root: Path | None) -> None:
        place = "" if root is None else hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:16]
        self._group = place and f"{_GROUP}/{place}"

    def value(self, name: str, default: Kept) -> Kept:
        """What was kept under `name` for this project, else for new ones, else `default`; of the type of `default`."""
        settings = window_settings()
        for key in filter(None, (self._group and f"{self._group}/{name}", name)):
            kept = _typed(settings.value(key), default)
            if kept is not None:
                return kept
        return default

    def keep(self, name: str, value: str | int | bool | QByteArray, for_new: bool = False) -> None:
        """Remember `value`; `for_new`: projects that are opened for the first time begin with it, too."""
        settings = window_settings()
        if for_new or not self._group:
            settings.setValue(name, value)
        if self._group:
            settings.setValue(f"{self._group}/{name}", value)
            settings.setValue(f"{self._group}/{_OPENED}", int(time.time()))


def forget_old() -> None:
    """Let go of the projects that were not looked at for longest."""
    settings = window_settings()
    settings.beginGroup(_GROUP)
    groups = sorted(settings.childGroups(), key=lambda group: int(str(settings.value(f"{group}/{_OPENED}", 0))))
    for group in groups[:-KEPT]:
        settings.remove(group)
    settings.endGroup()


def remember_columns(columns: QSplitter, page: str, session: Session) -> None:
    """Give columns the widths they had last in the project, and keep those that the user gives them from now on."""
    name, whole = f"{page}/columns", columns.count()  # fewer are beside each other while one is a drawer

    def restore() -> None:
        saved = _memory(session).value(name, QByteArray())
        if not saved.isEmpty() and columns.count() == whole:
            columns.restoreState(saved)

    def keep() -> None:
        if columns.count() == whole:
            _memory(session).keep(name, columns.saveState(), for_new=True)

    session.opened.connect(restore)
    columns.splitterMoved.connect(lambda *_: keep())
    restore()


def _memory(session: Session) -> ViewMemory:
    return ViewMemory(session.root if session.is_open else None)


def _typed(kept: object, default: Kept) -> Kept | None:
    """A value of an ini file, which knows only text, as what it was; None if it cannot be that."""
    if kept is None or isinstance(default, QByteArray) or isinstance(kept, QByteArray):
        return kept if isinstance(kept, type(default)) else None
    if isinstance(default, bool):
        return type(default)(str(kept).lower() == "true")
    try:
        return type(default)(str(kept))
    except ValueError:
        return None
