"""Names with values in two columns, the values in mono at the right, and the chip that names a state."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from studio import theme
from studio.widgets.words import number


class Facts(QWidget):
    """Lines of name and value. Their labels are kept while the names stay, so nothing flickers or moves."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._names: tuple[str, ...] = ()
        self._values: list[QLabel] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(1, 1)

    def set_rows(self, rows: Sequence[tuple[str, str]]) -> None:
        """Show these lines."""
        names = tuple(name for name, _ in rows)
        if names != self._names:
            self._rebuild(names)
        for label, (name, value) in zip(self._values, rows, strict=True):
            label.setText(value)
            label.setToolTip(f"{name}: {value}")
            label.setAccessibleName(name)

    def value(self, name: str) -> str:
        """The value shown for a name."""
        return self._values[self._names.index(name)].text()

    def _rebuild(self, names: tuple[str, ...]) -> None:
        while item := self._grid.takeAt(0):
            if widget := item.widget():
                widget.deleteLater()
        self._names, self._values = names, []
        for row, name in enumerate(names):
            words = QLabel(name)
            words.setTextFormat(Qt.TextFormat.PlainText)
            value = number(quiet=True)
            value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            self._grid.addWidget(words, row, 0)
            self._grid.addWidget(value, row, 1)
            self._values.append(value)


class Chip(QWidget):
    """A word in a rounded outline; `kind` is accent, good, warning, bad or muted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text, self._kind = "", "muted"
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.watch.changed.connect(self.updateGeometry)

    def show_state(self, text: str, kind: str) -> None:
        """Say another word; an empty one leaves the room free."""
        self._text, self._kind = text, kind
        self.setAccessibleName(f"State: {text}")
        self.setToolTip(f"State of this run: {text.lower()}" if text else "")
        self.updateGeometry()
        self.update()

    def text(self) -> str:
        return self._text

    def sizeHint(self) -> QSize:
        return QSize(QFontMetrics(theme.sans(12)).horizontalAdvance(self._text) + 22, theme.px(24))

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._text:
            return
        color = QColor(getattr(theme.tokens(), self._kind))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color, 1))
        radius = self.height() / 2 - 1
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), radius, radius)
        painter.setFont(theme.sans(12))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._text)
