"""Names with how many there are of each, painted in one piece: a label for each would hold the window up."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio import theme

ROW = 22  # px
_GAP, _EDGE = 12, 4  # px between a name and its number, and beside the number


class CountList(QWidget):
    """As tall as its rows; a number below 0 is not shown. `more` is a quiet last line."""

    def __init__(
        self, name: str, rows: Sequence[tuple[str, int]], more: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.rows = tuple(rows)
        self._more = more
        said = ", ".join(name if count < 0 else f"{name} {count:,}" for name, count in self.rows)
        self.setAccessibleName(name)
        self.setAccessibleDescription(f"{said} {more}".strip())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.watch.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(140), theme.px(ROW) * (len(self.rows) + bool(self._more)))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(80), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        height, t = theme.px(ROW), theme.tokens()
        first, last = event.rect().top() // height, event.rect().bottom() // height
        for at, (name, count) in enumerate(self.rows[first : last + 1], start=first):
            self._row(
                painter,
                QRect(0, at * height, self.width() - theme.px(_EDGE), height),
                name,
                f"{count:,}" if count >= 0 else "",
            )
        if self._more:
            painter.setFont(theme.sans())
            painter.setPen(QColor(t.muted))
            below = QRect(0, len(self.rows) * height, self.width(), height)
            painter.drawText(below, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self._more)

    def _row(self, painter: QPainter, rect: QRect, name: str, number: str) -> None:
        painter.setPen(QColor(theme.tokens().text))
        painter.setFont(theme.mono())
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, number)
        room = rect.width() - (QFontMetrics(theme.mono()).horizontalAdvance(number) + theme.px(_GAP) if number else 0)
        painter.setFont(theme.sans())
        text = QFontMetrics(theme.sans()).elidedText(name, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
