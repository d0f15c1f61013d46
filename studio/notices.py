"""What was said lately at the bottom and the top of the window, to be read again."""

import time
from collections import deque
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication, QDialog, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from studio import theme

KEPT = 200
SIZE = 620, 420


@dataclass(frozen=True)
class Notice:
    """One sentence, and when it was said in seconds since 1970."""

    text: str
    at: float


class Notices(QObject):
    """The last of them, the newest first."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._said: deque[Notice] = deque(maxlen=KEPT)

    def add(self, text: str, at: float | None = None) -> None:
        """Remember what is being said."""
        self._said.appendleft(Notice(text, time.time() if at is None else at))
        self.changed.emit()

    def lines(self) -> list[str]:
        """One a notice, with the time of day."""
        return [f"{time.strftime('%H:%M:%S', time.localtime(n.at))}  {n.text}" for n in self._said]


class NoticeSheet(QDialog):
    """Shows notices, and those that come meanwhile."""

    def __init__(self, notices: Notices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Notices")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._notices = notices
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setPlaceholderText("Nothing was said yet. What Wildset tells you in passing can be read again here.")
        self.text.setAccessibleName("Notices")
        self.text.setToolTip("What was said since Wildset was started, the newest first")
        theme.role(self.text, "field")
        self.copy = QPushButton("Copy")
        self.copy.setToolTip("Copy all notices")
        self.copy.clicked.connect(lambda: QApplication.clipboard().setText(self.text.toPlainText()))
        close = QPushButton("Close")
        close.setToolTip("Close this list (Esc)")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        theme.role(close, "primary")
        foot = QHBoxLayout()
        foot.addWidget(self.copy)
        foot.addStretch(1)
        foot.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.addWidget(self.text, 1)
        layout.addLayout(foot)
        notices.changed.connect(self._show)
        self._show()
        self.resize(theme.px(SIZE[0]), theme.px(SIZE[1]))

    def _show(self) -> None:
        self.text.setPlainText("\n".join(self._notices.lines()))
        self.copy.setEnabled(bool(self._notices.lines()))
