"""Names with values in two columns, the values in mono at the right, and the chip that names a state."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from studio import theme


class Facts(QWidget):
    """Lines of name and value. Their labels are kept while the names stay, so nothing flickers or moves."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._names: tuple[str, ...] = ()
        self._values: list[_Value] = []
        self._lines: list[QWidget] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)

    def set_rows(self, rows: Sequence[tuple[str, str]], kinds: Sequence[str] = ()) -> None:
        """Show these lines; `kinds` colour their values: good, bad, muted, strong. All are muted without them."""
        names = tuple(name for name, _ in rows)
        if names != self._names:
            self._rebuild(names)
        for label, (name, value), kind in zip(self._values, rows, kinds or ["muted"] * len(rows), strict=True):
            label.kind = kind
            label.setText(value)
            label.setToolTip(f"{name}: {value}")
            label.setAccessibleName(name)

    def value(self, name: str) -> str:
        """The value shown for a name."""
        return self._values[self._names.index(name)].text()

    def _rebuild(self, names: tuple[str, ...]) -> None:
        for line in self._lines:
            self._column.removeWidget(line)
            line.hide()
            line.deleteLater()
        self._names, self._values, self._lines = names, [], []
        for name in names:
            words, value, line = QLabel(name), _Value(), QWidget()
            words.setTextFormat(Qt.TextFormat.PlainText)
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(12)
            row.addWidget(words)
            row.addWidget(value, 1)
            self._column.addWidget(line)
            self._values.append(value)
            self._lines.append(line)


class _Value(QLabel):
    """A value in mono at the right; the middle of what has no room is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.kind = "muted"
        self.setTextFormat(Qt.TextFormat.PlainText)
        theme.role(self, "number-muted")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        strong = self.kind == "strong"
        if strong:
            painter.setFont(theme.mono(12, QFont.Weight.DemiBold))
        text = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, self.width())
        painter.setPen(QColor(getattr(theme.tokens(), "text" if strong else self.kind)))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)


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
