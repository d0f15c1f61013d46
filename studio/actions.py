"""The commands of the window as a table: menus, shortcuts, buttons and tests use the same entries.

`slot` names a method: of the window for WINDOW, of the page that owns the table for the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget


@dataclass(frozen=True)
class Command:
    """One thing a user can do. `shortcuts` are in Qt's portable form; the first one is shown."""

    id: str
    title: str
    tooltip: str
    slot: str
    shortcuts: tuple[str, ...] = ()
    key: str = ""  # handled by a widget while it has the focus: shown, but no shortcut of the page

    @property
    def shown_key(self) -> str:
        """The first shortcut as the platform writes it; empty without one."""
        first = self.shortcuts[0] if self.shortcuts else self.key
        return QKeySequence(first).toString(QKeySequence.SequenceFormat.NativeText)


FILES = "a zip or tar of images, a table that names images (CSV, TSV, JSON lines), or a file of MNIST or CIFAR"

WINDOW: tuple[Command, ...] = (
    Command("new-folder", "New project from a folder…", "Make a project of the images in a folder", "new_from_folder"),
    Command("new-file", "New project from a file…", f"Make a project of {FILES}", "new_from_file"),
    Command("open", "Open project…", "Open the folder of a project", "open_project", ("Ctrl+O",)),
    Command("add-folder", "Add a folder of images…", "Bring another folder into this project", "add_folder"),
    Command("add-file", "Add a file of images…", f"Bring in {FILES}", "add_file"),
    Command("close", "Close project", "Go back to the start page", "close_project", ("Ctrl+W",)),
    Command("find", "Find images", "Write a filter, such as class:3 split:val wrong", "focus_search", ("Ctrl+K",)),
    Command("undo", "Undo", "Take back the last edit", "undo", ("Ctrl+Z",)),
    Command("redo", "Redo", "Do again what was undone", "redo", ("Ctrl+Shift+Z", "Ctrl+Y")),
    Command("quit", "Quit", "Close the window; everything is saved already", "close", ("Ctrl+Q",)),
)

DATA: tuple[Command, ...] = (
    Command("reject", "Reject", "Keep the selected images out of training, or take them back in", "reject", ("X",)),
    Command("unlabel", "Take the label away", "Make the selected images unlabelled", "unlabel", ("Backspace",)),
    Command("large", "Show large", "Fill the page with the image; Esc goes back", "show_large", key="Enter"),
)


def install(commands: Sequence[Command], owner: Any, widget: QWidget, everywhere: bool = True) -> dict[str, QAction]:
    """An action of `widget` for each command, calling the slot of `owner`; by the id of the command."""
    context = Qt.ShortcutContext.WindowShortcut if everywhere else Qt.ShortcutContext.WidgetWithChildrenShortcut
    made = {}
    for command in commands:
        action = QAction(command.title, widget)
        action.setToolTip(f"{command.tooltip} ({command.shown_key})" if command.shown_key else command.tooltip)
        action.setShortcuts([QKeySequence(text) for text in command.shortcuts])
        action.setShortcutContext(context)
        slot = getattr(owner, command.slot)
        action.triggered.connect(lambda checked=False, slot=slot: slot())
        widget.addAction(action)
        made[command.id] = action
    return made
