"""The keys of classes, wherever images are labelled."""

from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget


class ClassShortcuts(QObject):
    """Calls `label(key)` for the keys of classes while `page` or a part of it has the focus."""

    def __init__(self, page: QWidget, label: Callable[[str], object]) -> None:
        super().__init__(page)
        self._page, self._label = page, label
        self._made: dict[str, QShortcut] = {}

    def set_keys(self, keys: Iterable[str]) -> None:
        """Listen to these keys only."""
        wanted = set(keys)
        for key in self._made.keys() - wanted:
            shortcut = self._made.pop(key)
            shortcut.setEnabled(False)  # at once; the rest takes a turn of the event loop
            shortcut.deleteLater()
        for key in sorted(wanted - self._made.keys()):
            shortcut = self._made[key] = QShortcut(QKeySequence(key), self._page)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda key=key: self._label(key))
