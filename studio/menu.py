"""The menu of the top bar, made of the commands of the window."""

from collections.abc import Mapping

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

_FIRST = (
    "new-folder",
    "new-file",
    "open",
    "",
    "add-folder",
    "add-file",
    "paste",
    "camera",
    "relink",
    "close",
    "",
    "undo",
    "redo",
    "classes",
    "journal",
    "",
)
_LAST = ("", "commands", "keys", "notices", "", "quit")
_THEMES = ("theme-system", "theme-dark", "theme-light")


def menu(actions: Mapping[str, QAction], theme: str, parent: QWidget) -> QMenu:
    """A menu of `actions`, which have the ids of commands as keys; `theme` is the one that was chosen last."""
    made = QMenu(parent)
    _fill(made, actions, _FIRST)
    themes = made.addMenu("Theme")
    group = QActionGroup(made)
    for id in _THEMES:
        action = actions[id]
        action.setCheckable(True)
        action.setChecked(id == f"theme-{theme}")
        group.addAction(action)
        themes.addAction(action)
    _fill(made, actions, _LAST)
    return made


def _fill(made: QMenu, actions: Mapping[str, QAction], ids: tuple[str, ...]) -> None:
    for id in ids:
        made.addAction(actions[id]) if id else made.addSeparator()
