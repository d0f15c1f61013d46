"""The menu of the top bar, made of the commands of the window."""

from collections.abc import Mapping, Sequence

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
    "labels-out",
    "labels-in",
    "",
)
_LAST = ("", "commands", "keys", "notices", "", "quit")
_THEMES = ("theme-system", "theme-dark", "theme-light")
_SIZES = ("text-100", "text-125", "text-150", "text-200")


def menu(actions: Mapping[str, QAction], theme: str, text: str, parent: QWidget) -> QMenu:
    """A menu of `actions`, which have the ids of commands as keys; `theme` and size of `text` were chosen last."""
    made = QMenu(parent)
    _fill(made, actions, _FIRST)
    _choice(made, "Theme", [actions[id] for id in _THEMES], actions.get(f"theme-{theme}"))
    _choice(made, "Text size", [actions[id] for id in _SIZES], actions[f"text-{text}"])
    _fill(made, actions, _LAST)
    return made


def _choice(made: QMenu, title: str, choices: Sequence[QAction], chosen: QAction | None) -> None:
    part, group = made.addMenu(title), QActionGroup(made)
    for action in choices:
        action.setCheckable(True)
        action.setChecked(action is chosen)
        group.addAction(action)
        part.addAction(action)


def _fill(made: QMenu, actions: Mapping[str, QAction], ids: tuple[str, ...]) -> None:
    for id in ids:
        made.addAction(actions[id]) if id else made.addSeparator()
