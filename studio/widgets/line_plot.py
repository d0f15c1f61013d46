"""One small curve of an accuracy against something, such as the strength of a distortion."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
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

from studio import theme
from studio.widgets.fields import behind

_LEVELS = (0.0, 0.5, 1.0)
_PARTS = (4, 3, 5, 2, 6, 1)  # of the axis between numbers, best first


class LinePlot(QWidget):
    """Values from 0 to 1 over numbers with a unit. The pointer, or the left and right arrow keys, read off a point."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._x: NDArray[np.float64] = np.empty(0)
        self._y: NDArray[np.float64] = np.empty(0)
        self._axis = 0.0, 1.0
        self._shade: tuple[float, float] | None = None
        self._unit = ""
        self._at: int | None = None
        self.setAccessibleName(name)
        self.setAccessibleDescription("nothing yet")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        theme.watch.changed.connect(self._fit)

    def set_curve(
        self, x: Sequence[float], y: Sequence[float | None], shade: tuple[float, float] | None, unit: str
    ) -> None:
        """Show `y` over `x`, ascending. Values not known yet are None, nan or left out at the end; the axis has its
        whole length from the start. `shade` marks a range of x.
        """
        known = np.array([math.nan if value is None else value for value in y], float)
        there = np.zeros(len(x), bool)
        there[: known.size] = np.isfinite(known)
        self._x, self._y = np.asarray(x, float)[there], known[np.isfinite(known)]
        low, high = (float(min(x)), float(max(x))) if len(x) else (0.0, 1.0)
        self._axis = low, high if high > low else low + 1.0
        self._shade, self._unit = shade, unit
        if self._at is not None and self._at >= self._x.size:
            self._at = None
        words = ", ".join(self._words(k) for k in range(self._x.size)) or "nothing yet"
        if words != self.accessibleDescription():
            self.setAccessibleDescription(words)
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))
        self.update()

    def readout(self) -> str:
        """The point that is read off, such as "0.93 at 20°"; empty if none is."""
        return "" if self._at is None else self._words(self._at)

    def place(self, x: float, y: float) -> QPointF:
        """Where a point is drawn."""
        area, (low, high) = self._area(), self._axis
        return QPointF(area.left() + (x - low) / (high - low) * area.width(), area.bottom() - y * area.height())

    def ticks(self) -> list[float]:
        """The numbers below the axis: its ends and even steps between them, as many as have room."""
        low, high = self._axis
        span, width = high - low, self._area().width()
        metrics = QFontMetrics(theme.mono(11))
        for parts in _PARTS:
            step = span / parts
            ticks = [low + k * step for k in range(parts + 1)]
            room = max(metrics.horizontalAdvance(self._tick(tick)) for tick in ticks) + theme.px(8)
            unit = 10.0 ** (math.floor(math.log10(step)) - 1)
            even = all(abs(tick / unit / 5 - round(tick / unit / 5)) < 1e-6 for tick in ticks)
            if even and room <= width / parts:
                return [round(tick, 12) for tick in ticks]
        return [low, high]

    def sizeHint(self) -> QSize:
        return QSize(theme.px(240), theme.px(148))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(160), theme.px(148))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._x.size:
            places = np.array([self.place(x, 0).x() for x in self._x])
            self._read(int(np.abs(places - event.position().x()).argmin()))

    def leaveEvent(self, event: QEvent) -> None:
        self._read(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        last = self._x.size - 1
        if step and last >= 0:
            self._read(min(last, max(0, self._at + step)) if self._at is not None else 0 if step > 0 else last)
        elif event.key() == Qt.Key.Key_Escape and self._at is not None:
            self._read(None)
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._read(None)
        self.update()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(1.0 if self.isEnabled() else 0.4)
        painter.setFont(theme.mono(11))
        self._paint_shade(painter)
        self._paint_axes(painter)
        self._paint_curve(painter)
        if self._at is not None:
            self._paint_reading(painter, self._at)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.tokens().accent), 1))
            frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(frame, theme.RADIUS, theme.RADIUS)

    def _paint_shade(self, painter: QPainter) -> None:
        if self._shade is None:
            return
        left, right = (min(self._axis[1], max(self._axis[0], edge)) for edge in self._shade)
        area = self._area()
        box = QRectF(self.place(left, 1.0).x(), area.top(), 0, area.height())
        box.setRight(self.place(right, 1.0).x())
        painter.fillRect(box, QColor(theme.tokens().selection))

    def _paint_axes(self, painter: QPainter) -> None:
        t, area, height = theme.tokens(), self._area(), painter.fontMetrics().height()
        for level in _LEVELS:
            y = round(self.place(0, level).y()) + 0.5
            painter.setPen(QPen(QColor(t.line), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(QColor(t.muted))
            box = QRectF(0, y - height / 2, area.left() - theme.px(10), height)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{level:.1f}")
        for tick in self.ticks() if self._x.size or self._axis != (0.0, 1.0) else ():
            words = self._tick(tick)
            wide = painter.fontMetrics().horizontalAdvance(words)
            left = min(self.width() - wide - 2.0, max(0.0, self.place(tick, 0).x() - wide / 2))
            painter.drawText(QRectF(left, area.bottom() + theme.px(6), wide + 1, height), words)

    def _paint_curve(self, painter: QPainter) -> None:
        accent = QColor(theme.tokens().accent)
        points = [self.place(x, min(1.0, max(0.0, y))) for x, y in zip(self._x, self._y, strict=True)]
        painter.setPen(QPen(accent, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        painter.drawPolyline(QPolygonF(points))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent)
        for point in points:
            painter.drawEllipse(point, 2.5, 2.5)

    def _paint_reading(self, painter: QPainter, at: int) -> None:
        t, area, words = theme.tokens(), self._area(), self.readout()
        point = self.place(self._x[at], min(1.0, max(0.0, float(self._y[at]))))
        painter.setPen(QPen(QColor(t.accent), 2))
        painter.setBrush(QColor(t.background))
        painter.drawEllipse(point, 4, 4)
        metrics = painter.fontMetrics()
        box = QRectF(0, 0, metrics.horizontalAdvance(words) + 12, metrics.height() + 4)
        below = point.y() + 10 + box.height() < area.bottom()  # most curves fall: below and left of a point is free
        box.moveTop(point.y() + 8 if below else point.y() - 8 - box.height())
        box.moveLeft(max(area.left() + 1, point.x() - box.width() + 4))
        painter.setPen(QPen(QColor(t.line), 1))
        painter.setBrush(QColor(t.raised))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(t.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

    def _area(self) -> QRectF:
        """The plot without the numbers at its edges."""
        metrics = QFontMetrics(theme.mono(11))
        left = metrics.horizontalAdvance("0.0") + theme.px(12)
        top, bottom = metrics.height() / 2 + 2, metrics.height() + theme.px(8) + 2
        return QRectF(left, top, self.width() - left - theme.px(12), self.height() - top - bottom)

    def _read(self, at: int | None) -> None:
        if at != self._at:
            self._at = at
            self.update()

    def _tick(self, x: float) -> str:
        return f"{round(x, 10):g}{behind(self._unit)}"

    def _words(self, at: int) -> str:
        return f"{self._y[at]:.2f} at {self._tick(float(self._x[at]))}"

    def _fit(self) -> None:
        self.updateGeometry()
        self.update()
