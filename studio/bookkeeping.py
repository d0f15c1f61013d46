"""The dialogs on the project as a whole that any place may open: its classes and its journal."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog, QWidget

from studio.actions import Command
from studio.session import Session

COMMANDS: tuple[Command, ...] = (
    Command("classes", "Classes…", "Rename, order, colour, merge and delete classes", "show_classes", ("Ctrl+L",)),
    Command("journal", "Journal…", "See who changed what and when, and go back", "show_journal", ("Ctrl+J",)),
)


class Bookkeeping(QObject):
    """Keeps one dialog of each, beside the window, which can be used meanwhile."""

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self._made: dict[str, QDialog] = {}

    def show_classes(self) -> None:
        """Show the classes, to be changed."""
        from studio.pages.data.class_manager import ClassManager

        self._show("classes", ClassManager)

    def show_journal(self) -> None:
        """Show what was done."""
        from studio.pages.data.journal_view import JournalDialog

        self._show("journal", JournalDialog)

    def _show(self, name: str, make: Callable[[Session, QWidget], QDialog]) -> None:
        if not self._session.is_open:
            return
        if name not in self._made:
            self._made[name] = make(self._session, self._window)
        dialog = self._made[name]
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()
