"""The one large figure of a page."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from studio.widgets import words


class BigNumber(QWidget):
    """A head, a number of 30 px and a quiet line below, such as "Best so far", "95.2 %", "validation, epoch 138"."""

    def __init__(self, head: str, value: str = "–", caption: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._head = words.head(head)
        self._value = QLabel()
        self._value.setTextFormat(Qt.TextFormat.PlainText)
        self._value.setProperty("role", "big")
        self._value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._caption = words.muted()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for part in (self._head, self._value, self._caption):
            layout.addWidget(part)
        self.set_value(value, caption)

    def set_head(self, text: str) -> None:
        """What the figure is."""
        self._head.setText(text)

    def set_value(self, value: str, caption: str = "") -> None:
        """The figure, ready for reading, and what explains it; the caption keeps its line while empty."""
        self._value.setText(value)
        self._caption.setText(caption or " ")
        self.setAccessibleName(f"{self._head.text()}: {value}")
        self.setAccessibleDescription(caption)
