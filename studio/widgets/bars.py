"""Shares of named things as bars, best first, the lowest of several in the warning colour and with a sign."""

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio import theme

ROW = 25  # px
_BAR, _NUMBER = 5, 52  # px: height of a bar, width of the figure


class ShareBars(QWidget):
    """`set_shares({name: share in [0, 1]})`. `noun` says what one of the names is, such as "source"."""

    def __init__(self, name: str, noun: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._noun = name, noun
        self._rows: list[tuple[str, float]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.watch.changed.connect(self._fit)
        self.set_shares({})

    def set_shares(self, shares: Mapping[str, float]) -> None:
        """Show these; an empty name reads as none."""
        self._rows = sorted(((name or "none", share) for name, share in shares.items()), key=lambda r: (-r[1], r[0]))
        words = ", ".join(f"{name} {100 * share:.1f} %" for name, share in self._rows)
        self.setAccessibleName(self._name)
        self.setAccessibleDescription(words or "nothing yet")
        self._fit()

    def rows(self) -> list[tuple[str, float]]:
        """What is shown, from best to worst."""
        return list(self._rows)

    def worst(self) -> str | None:
        """The name of the lowest share, when there are several that differ."""
        if len(self._rows) > 1 and self._rows[-1][1] < self._rows[0][1]:
            return self._rows[-1][0]
        return None

    def sizeHint(self) -> QSize:
        return QSize(theme.px(200), theme.px(ROW) * max(1, len(self._rows)))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(140), self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._tip(event.pos().y() // theme.px(ROW)), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._rows:
            painter.setFont(theme.sans())
            painter.setPen(QColor(theme.tokens().muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, "–")
        height, worst = theme.px(ROW), self.worst()
        for row, (name, share) in enumerate(self._rows):
            self._row(painter, QRect(0, row * height, self.width(), height), name, share, name == worst)

    def _row(self, painter: QPainter, rect: QRect, name: str, share: float, worst: bool) -> None:
        t = theme.tokens()
        words, number = round(rect.width() * 0.36), theme.px(_NUMBER)
        painter.setFont(theme.sans())
        painter.setPen(QColor(t.text))
        text = QFontMetrics(theme.sans()).elidedText(name, Qt.TextElideMode.ElideMiddle, words - 8)
        painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        track = QRectF(rect.left() + words, rect.center().y() - _BAR / 2 + 0.5, rect.width() - words - number - 8, _BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(t.line))
        painter.drawRoundedRect(track, _BAR / 2, _BAR / 2)
        color = t.warning if worst else t.accent
        painter.setBrush(QColor(color))
        filled = QRectF(track)
        filled.setWidth(max(_BAR if share > 0 else 0.0, track.width() * min(1.0, share)))
        painter.drawRoundedRect(filled, _BAR / 2, _BAR / 2)
        painter.setFont(theme.mono())
        painter.setPen(QColor(color if worst else t.text))
        painter.drawText(rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{100 * share:.1f} %")

    def _tip(self, row: int) -> str:
        if not 0 <= row < len(self._rows):
            return ""
        name, share = self._rows[row]
        last = f", the lowest {self._noun}" if name == self.worst() else ""
        return f"{name}: {100 * share:.1f} % right{last}"

    def _fit(self) -> None:
        self.setFixedHeight(self.sizeHint().height())
        self.updateGeometry()
        self.update()
