"""The loss of a short training over its rising learning rate, on which a rate is chosen."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.wording import number
from studio import theme
from studio.widgets import traces

_AXIS = 1e-7, 10.0  # rates; 10 is the largest that a recipe takes
_ROOM = 0.15  # of the height above the loss that it began with; what is higher leaves the plot
_STEP = 10.0**0.05  # what a rate is multiplied by where a key finds no points


class RatePlot(QWidget):
    """Losses over rates, the rates as powers of ten. A click, a drag, or the left and right arrow keys choose a rate.

    `chosen(rate)` follows; the owner says which rate is marked.
    """

    chosen = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._axis = _AXIS
        self._rates: NDArray[np.float64] = np.empty(0)
        self._losses: NDArray[np.float64] = np.empty(0)
        self._suggested: float | None = None
        self._mark: float | None = None
        self._hover: float | None = None
        self.setAccessibleName("Loss by learning rate")
        self.setToolTip("Click to choose a learning rate, or use the left and right arrow keys")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        theme.watch.changed.connect(self.update)

    def set_losses(self, rates: Sequence[float], losses: Sequence[float | None]) -> None:
        """Show `losses` (N) over ascending `rates` (N); None where the loss was no number."""
        self._rates, self._losses = np.asarray(rates, float), traces.numbers(losses)
        if self._rates.size:
            self._axis = min(_AXIS[0], float(self._rates[0])), max(_AXIS[1], float(self._rates[-1]))
        self.update()

    def set_marks(self, suggested: float | None, chosen: float | None) -> None:
        """Mark the rate that is suggested, and the one that is chosen."""
        self._suggested, self._mark = suggested, chosen
        words = f"chosen {number(chosen)}" if chosen else "nothing chosen"
        if suggested:
            words += f", suggested {number(suggested)}"
        if words != self.accessibleDescription():
            self.setAccessibleDescription(words)
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))
        self.update()

    def place(self, rate: float, loss: float) -> QPointF:
        """Where a value is drawn."""
        area, (low, high), (bottom, top) = self._area(), self._axis, self._range()
        x = area.left() + math.log(rate / low) / math.log(high / low) * area.width()
        return QPointF(x, area.bottom() - (loss - bottom) / (top - bottom) * area.height())

    def rate_at(self, x: float) -> float:
        """The rate at px from the left, within the axis."""
        area, (low, high) = self._area(), self._axis
        share = min(1.0, max(0.0, (x - area.left()) / area.width()))
        return float(low * (high / low) ** share)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(480), theme.px(260))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(280), theme.px(160))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._rates.size:
            self.chosen.emit(self.rate_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover = self.rate_at(event.position().x())
        if event.buttons() & Qt.MouseButton.LeftButton and self._rates.size:
            self.chosen.emit(self._hover)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if not step or not self._rates.size:
            event.ignore()
            return
        start = self._mark or float(self._rates[self._rates.size // 2])
        low, high = self._axis
        self.chosen.emit(min(high, max(low, start * _STEP**step)))

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.mono(11))
        self._paint_axes(painter)
        self._paint_curve(painter)
        if self._suggested and self._suggested != self._mark:
            self._paint_mark(painter, self._suggested, "suggested", theme.tokens().muted, Qt.PenStyle.DashLine)
        if self._mark:
            said = "suggested " if self._mark == self._suggested else ""
            self._paint_mark(painter, self._mark, f"{said}{number(self._mark)}", theme.tokens().good)
        if self._hover and self._rates.size:
            self._paint_reading(painter, self._hover)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.tokens().accent), 1))
            frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(frame, theme.RADIUS, theme.RADIUS)

    def _paint_axes(self, painter: QPainter) -> None:
        t, area, height = theme.tokens(), self._area(), painter.fontMetrics().height()
        levels = traces.ticks(*self._range(), most=5)
        for level, words in zip(levels, traces.tick_words(levels), strict=True):
            y = round(self.place(self._axis[0], level).y()) + 0.5
            painter.setPen(QPen(QColor(t.line), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(QColor(t.muted))
            box = QRectF(0, y - height / 2, area.left() - theme.px(10), height)
            if self._rates.size:
                painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
        painter.setPen(QColor(t.muted))
        for power in self._powers():
            words = traces.scientific(10.0**power)
            wide = painter.fontMetrics().horizontalAdvance(words)
            x = self.place(10.0**power, 0).x()
            left = min(self.width() - wide - 2.0, max(0.0, x - wide / 2))
            painter.drawText(QRectF(left, area.bottom() + theme.px(6), wide + 1, height), words)

    def _paint_curve(self, painter: QPainter) -> None:
        painter.save()
        painter.setClipRect(self._area().adjusted(-3, -3, 3, 3))
        pen = QPen(theme.series_color(0), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        there = np.isfinite(self._losses)
        points = [self.place(x, y) for x, y in zip(self._rates[there], self._losses[there], strict=True)]
        painter.drawPolyline(QPolygonF(points))
        painter.restore()

    def _paint_mark(
        self, painter: QPainter, rate: float, words: str, color: str, style: Qt.PenStyle = Qt.PenStyle.SolidLine
    ) -> None:
        area, x = self._area(), self.place(rate, 0).x()
        painter.setPen(QPen(QColor(color), 1.5, style))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        wide, high = painter.fontMetrics().horizontalAdvance(words), painter.fontMetrics().height()
        before = self._mark is not None and rate < self._mark  # out of the way of the other mark
        left = x + 6 if x + 6 + wide < area.right() and not before else x - 6 - wide
        top = area.top() + (high if style == Qt.PenStyle.DashLine else 0)
        painter.fillRect(QRectF(left - 2, top, wide + 4, high), QColor(theme.tokens().background))
        painter.drawText(QRectF(left, top, wide + 1, high), words)

    def _paint_reading(self, painter: QPainter, rate: float) -> None:
        t, area = theme.tokens(), self._area()
        at = int(np.abs(np.log(self._rates / rate)).argmin())
        loss = float(self._losses[at])
        if not math.isfinite(loss):
            return
        words = f"{float(f'{self._rates[at]:.1e}'):g}: loss {loss:.3g}"
        point = self.place(self._rates[at], loss)
        point.setY(max(area.top(), point.y()))
        painter.setPen(QPen(theme.series_color(0), 2))
        painter.setBrush(QColor(t.background))
        painter.drawEllipse(point, 4, 4)
        metrics = painter.fontMetrics()
        box = QRectF(0, 0, metrics.horizontalAdvance(words) + 12, metrics.height() + 4)
        box.moveTop(max(area.top(), point.y() - 10 - box.height()))
        box.moveLeft(min(area.right() - box.width(), point.x() + 10))
        painter.setPen(QPen(QColor(t.line), 1))
        painter.setBrush(QColor(t.raised))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(t.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

    def _powers(self) -> list[int]:
        """The powers of ten below the axis, as many as have room."""
        low, high = (math.log10(end) for end in self._axis)
        every = range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)
        room = QFontMetrics(theme.mono(11)).horizontalAdvance("1e-7") + theme.px(16)
        step = max(1, math.ceil(room * (high - low) / max(1.0, self._area().width())))
        return [power for power in every if power % step == 0]

    def _range(self) -> tuple[float, float]:
        """The losses from bottom to top: a loss that explodes must not flatten the rest."""
        seen = self._losses[np.isfinite(self._losses)]
        if not seen.size:
            return 0.0, 1.0
        low = float(seen.min())
        first = float(seen[: max(1, seen.size // 4)].max())
        span = max(first - low, 0.02 * abs(first), 1e-9)
        return low - _ROOM * span, first + _ROOM * span

    def _area(self) -> QRectF:
        """The plot without the numbers at its edges."""
        metrics = QFontMetrics(theme.mono(11))
        left = metrics.horizontalAdvance("0.000") + theme.px(12)
        top, bottom = metrics.height() / 2 + 2, metrics.height() + theme.px(8) + 2
        return QRectF(left, top, max(10, self.width() - left - theme.px(12)), max(10, self.height() - top - bottom))
