"""What stands above a form: a line to find settings, and how many are changed with the way back."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from studio import theme
from studio.widgets import words
from studio.widgets.clearing import clearable

_LISTED = 12  # lines of a tooltip


class FormHead(QWidget):
    """`searched(text)` follows what is typed, `left` is Enter or arrow down there; `reset` and `undone` are buttons."""

    searched = Signal(str)
    left = Signal()
    reset = Signal()
    undone = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.search = _Search()
        self.search.textChanged.connect(self.searched)
        self.search.left.connect(self.left)
        self._words = words.muted()
        self._undo = _link("Undo", "Bring back what was changed before", self.undone)
        self._reset = _link("Reset", "Give every setting the value it began with", self.reset)
        line = QHBoxLayout()
        line.setSpacing(0)
        line.addWidget(self._words, 1)
        line.addWidget(self._undo)
        line.addWidget(self._reset)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 4, 10, 4)  # the words of a link end 6 px before its edge
        column.setSpacing(2)
        inset = QHBoxLayout()
        inset.setContentsMargins(0, 0, 6, 0)
        inset.addWidget(self.search)
        column.addLayout(inset)
        column.addLayout(line)

    def show_state(self, changes: Sequence[str], wrong: int, undo: bool) -> None:
        """Say what is changed, a line each for the tooltip, how many values are wrong, and offer the way back."""
        counts = [f"{len(changes)} changed"] if changes else []
        counts += [f"{wrong} not valid"] if wrong else []
        self._words.setText(", ".join(counts) or "Nothing changed")
        role = "bad" if wrong else "muted"
        if self._words.property("role") != role:
            theme.role(self._words, role)
        more = [f"and {len(changes) - _LISTED} more"] if len(changes) > _LISTED else []
        self._words.setToolTip("\n".join([*changes[:_LISTED], *more]))
        self._words.setAccessibleDescription(". ".join(changes[:_LISTED]))
        self._reset.setVisible(bool(changes or wrong))
        self._undo.setVisible(undo)


class _Search(QLineEdit):
    """A search line: Esc clears it, Enter or the arrow down leave it for what was found."""

    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setPlaceholderText("Find a setting")
        self.setAccessibleName("Find a setting")
        self.setToolTip("Words of a title, a path or an explanation (Ctrl+F). Esc shows all again.")
        self.addAction(theme.icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        clearable(self, "Show all settings again (Esc)")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down):
            self.left.emit()
        else:
            super().keyPressEvent(event)


def _link(text: str, tooltip: str, signal: SignalInstance) -> QPushButton:
    button = QPushButton(text)
    theme.role(button, "link")
    button.setToolTip(tooltip)
    keep = button.sizePolicy()
    keep.setRetainSizeWhenHidden(True)
    button.setSizePolicy(keep)
    button.clicked.connect(lambda: signal.emit())
    return button
