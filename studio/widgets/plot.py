"""One plot over epochs: heading with legend and values, axes, lines, the best epoch, a cursor with a card of values."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio import theme
from studio.widgets import strokes, traces
from studio.widgets.strokes import Frame
from studio.widgets.traces import Array, Line, Thinned

_LEFT, _BOTTOM, _ROW, _HEADROOM = 52, 26, 20, 18  # px: numbers at the axes, a row of the heading, words on the best
_LEAST = 70  # px of height for the lines
_LEVELS = [0.0, 0.25, 0.5, 0.75, 1.0]
_REACH = 30  # px from the pointer to a line
_TURN = 8  # ms, longer than a plot takes
_DRAG = 5  # px that make a drag of a click
_NOTCH = 120  # eighths of a degree of a wheel that make one step


@dataclass(frozen=True, eq=False)
class Content:
    """What a plot shows. With `named` ends the names stand at the ends of the lines, else in the heading.

    `empty` is said where there is no value; `best` is marked, at its value with words if it has one.
    """

    lines: tuple[Line, ...] = ()
    named: bool = False
    share: bool = False  # values from 0 to 1
    log: bool = False
    written: Callable[[float], str] = "{:.4f}".format
    empty: str = ""
    best: int | None = None
    best_value: float | None = None


class Plot(QWidget):
    """Tells where the pointer is and which epochs are asked for; its owner decides what all plots show of that."""

    pointed = Signal(float, float)  # epoch and px from the top
    left = Signal()
    chosen = Signal(float, float)  # epochs
    turned = Signal(float, float)  # at an epoch, notches of the wheel
    restored = Signal()

    def __init__(self, title: str, tooltip: str, turn: int = 0, parent: QWidget | None = None) -> None:
        """`turn` is its place among plots that change together: they are painted one after the other, not at once."""
        super().__init__(parent)
        self._title = title
        self._soon = QTimer(self, singleShot=True, interval=turn * _TURN)
        self._soon.timeout.connect(self.update)
        self._content = Content()
        self._steps: tuple[Array, Array] | None = None
        self._span, self._zoomed = (0.0, 1.0), False
        self._values, self._values_px = "", 0
        self._cursor: float | None = None
        self._card = False
        self._picked: Line | None = None
        self._drag: tuple[float, float] | None = None
        self._focused, self._had_rows = False, 1
        self._frame: Frame | None = None
        self._drawn: QPixmap | None = None
        self._seen: Thinned | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(f"{title} by epoch")
        self.setToolTip(tooltip)
        theme.watch.changed.connect(self._dress)

    def set_content(self, content: Content) -> None:
        self._content = content
        if self._picked is not None:
            self._picked = next((line for line in content.lines if line.name == self._picked.name), None)
        self._change()

    def set_steps(self, x: Array, y: Array) -> None:
        """A thin line behind the others: `y` over ascending `x` (N each), nan where there is a gap."""
        self._steps = (x, y) if np.isfinite(y).any() else None
        before, self._frame, self._seen = self._frame, None, None
        if self.frame() != before:
            self._drawn = None
        self._soon.start()

    def set_span(self, low: float, high: float, zoomed: bool) -> None:
        """The epochs that are shown; of some of them only, the values fill the height."""
        if ((low, high), zoomed) != (self._span, self._zoomed):
            self._span, self._zoomed = (low, high), zoomed
            self._change()

    def set_values(self, words: str) -> None:
        """Say the values of an epoch at the right of the heading."""
        if words != self._values:
            self._values = words
            wide = QFontMetrics(theme.mono(11)).horizontalAdvance(words)
            if wide > self._values_px:
                self._values_px = wide
                self._change()
            if not self._soon.isActive():
                self.update()

    def set_cursor(self, epoch: float | None, card: bool = False, top: float | None = None) -> None:
        """Mark an epoch, with a `card` of its values. The named line nearest to the px `top` stands out."""
        before = self._cursor, self._card, self._picked
        self._cursor, self._card = epoch, card
        if epoch is None or (top is not None and not self._content.named):
            self._picked = None
        elif top is not None:
            self._picked = self._nearest(epoch, top)
        if before != (self._cursor, self._card, self._picked):
            self.update()

    def pick(self, step: int) -> None:
        """Let the next or the previous of the named lines stand out, as the keys ask."""
        lines = self._content.lines
        if self._content.named and lines:
            at = lines.index(self._picked) + step if self._picked in lines else 0
            self._picked = lines[at % len(lines)]
            self.update()

    def picked(self) -> str:
        """The name of the line that stands out; empty if none does."""
        return self._picked.name if self._picked else ""

    def set_focused(self, focused: bool) -> None:
        self._focused = focused
        self.update()

    def content(self) -> Content:
        return self._content

    def values(self) -> str:
        return self._values

    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return self._steps is None and not any(np.isfinite(line.y).any() for line in self._content.lines)

    def frame(self) -> Frame:
        """Where values are drawn."""
        if self._frame is None:
            area = self._area()
            self._frame = Frame(area, self._span, self._range(area), self._content.log)
        return self._frame

    def sizeHint(self) -> QSize:
        return QSize(theme.px(420), theme.px(220))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(200), theme.px(_ROW * self._rows() + _HEADROOM + _BOTTOM + _LEAST))

    # Pointer

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.pos().y() > self._rows() * theme.px(_ROW):
            return True  # the tooltip is that of the heading; it would hide the lines
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place, area = event.position(), self.frame().area
        if self._drag is not None:
            self._drag = self._drag[0], min(area.right(), max(area.left(), place.x()))
            self.update()
        below = place.y() > area.bottom() and not self.is_empty()
        self.setCursor(Qt.CursorShape.SizeHorCursor if below else Qt.CursorShape.ArrowCursor)
        self.pointed.emit(self.frame().x_at(place.x()), place.y())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        area, x = self.frame().area, event.position().x()
        if event.button() == Qt.MouseButton.LeftButton and event.position().y() >= area.top() and not self.is_empty():
            self._drag = (min(area.right(), max(area.left(), x)),) * 2

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        drag, self._drag = self._drag, None
        if drag is not None and abs(drag[1] - drag[0]) >= _DRAG:
            self.chosen.emit(*sorted(self.frame().x_at(x) for x in drag))
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._drag = None
        self.restored.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.turned.emit(self.frame().x_at(event.position().x()), event.angleDelta().y() / _NOTCH)
        else:
            event.ignore()  # the column scrolls

    def leaveEvent(self, event: QEvent) -> None:
        self.left.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._change()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(1.0 if self.isEnabled() else 0.4)
        frame = self.frame()
        self._paint_heading(painter)
        if self._content.share and not self._zoomed and not self._content.log:
            rows = [level for level in _LEVELS if frame.area.height() > 5 * theme.px(13) or level in (0, 0.5, 1)]
        else:
            pick = traces.log_ticks if self._content.log else traces.ticks
            rows = pick(*frame.y, most=min(7, max(2, int(frame.area.height() / theme.px(28)))))
        strokes.draw_axes(painter, frame, rows)
        if self.is_empty():
            strokes.draw_sentence(painter, frame.area, self._content.empty)
        else:
            self._paint_lines(painter, frame)
            self._paint_cursor(painter, frame)
        if self._focused:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.tokens().accent), 1))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), theme.RADIUS, theme.RADIUS)

    def _paint_heading(self, painter: QPainter) -> None:
        t, row = theme.tokens(), theme.px(_ROW)
        painter.setFont(strokes.title_font())
        painter.setPen(QColor(t.muted))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(theme.px(2), 0, self.width(), row), left, self._title.upper())
        if self._values_fit():
            painter.setFont(theme.mono(11))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, 0, self.width() - theme.px(4), row), right, self._values)
        painter.setFont(theme.sans(11))
        for line, (place, words) in zip(self._legend(), self._legend_places(), strict=True):
            x, top = place.x() + theme.px(2), place.y() * row
            strokes.draw_swatch(painter, x, top + row / 2, line)
            painter.setPen(QColor(t.text))
            x += theme.px(strokes.SWATCH + strokes.GAP)
            painter.drawText(QRectF(x, top, self.width() - x, row), left, words)

    def _paint_lines(self, painter: QPainter, frame: Frame) -> None:
        if self._steps is not None:  # many times a second, when nothing else changes
            painter.setClipRect(self._open_area(frame))
            strokes.draw_steps(painter, frame, self._thinned(frame.area), 0)
            painter.setClipping(False)
        ratio = self.devicePixelRatioF()
        if self._drawn is None or self._drawn.devicePixelRatio() != ratio:
            self._drawn = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
            self._drawn.setDevicePixelRatio(ratio)
            self._drawn.fill(Qt.GlobalColor.transparent)
            inner = QPainter(self._drawn)
            inner.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._draw(inner, frame)
            inner.end()
        if self._picked is None:
            painter.drawPixmap(0, 0, self._drawn)
            self._paint_names(painter, frame)
            return
        painter.setOpacity(painter.opacity() * 0.4)
        painter.drawPixmap(0, 0, self._drawn)
        painter.setOpacity(1.0 if self.isEnabled() else 0.4)
        painter.setClipRect(self._open_area(frame))
        strokes.draw_picked(painter, frame, self._picked)
        painter.setClipping(False)
        self._paint_names(painter, frame)

    def _paint_names(self, painter: QPainter, frame: Frame) -> None:
        if self._content.named:
            names = [line for line in self.told() if line.hue >= 0 or line is self._picked]
            strokes.draw_names(painter, frame, names, self._margin(), self._picked)

    def _draw(self, painter: QPainter, frame: Frame) -> None:
        """What stays while the cursor moves and steps come."""
        painter.setClipRect(self._open_area(frame))
        for line in sorted(self._content.lines, key=lambda line: (line.hue >= 0, not line.dashes)):  # grey ones below
            strokes.draw_line(painter, frame, line)
        painter.setClipping(False)
        best, value = self._content.best, self._content.best_value
        if best is not None and frame.x[0] <= best <= frame.x[1]:
            strokes.draw_best(painter, frame, best, value, self._content.written, self.width())

    def _paint_cursor(self, painter: QPainter, frame: Frame) -> None:
        t, area = theme.tokens(), frame.area
        if self._drag is not None:
            band = QColor(t.accent)
            band.setAlphaF(0.18)
            painter.fillRect(QRectF(self._drag[0], area.top(), self._drag[1] - self._drag[0], area.height()), band)
        if self._cursor is None or not frame.x[0] <= self._cursor <= frame.x[1]:
            return
        x = frame.point(self._cursor, 1.0).x()
        painter.setPen(QPen(QColor(t.muted), 1))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        told = self.told()
        for line in told if not self._content.named else told[:1] if self._picked else ():
            value = frame.point(self._cursor, line.at(self._cursor))
            if math.isfinite(value.y()):
                painter.setBrush(theme.series_color(line.hue))
                painter.drawEllipse(value, 3, 3)
        if self._card:
            room = QRectF(0, theme.px(_ROW), self.width() - 1, self.height() - theme.px(_ROW) - 1)
            strokes.draw_card(painter, frame, self._cursor, told, self._content.written, room)

    def told(self) -> list[Line]:
        """The lines in the order in which their values are told, the one that stands out first."""
        lines = self._content.lines
        return [self._picked, *(line for line in lines if line is not self._picked)] if self._picked else list(lines)

    # Geometry

    def _legend(self) -> tuple[Line, ...]:
        lines = self._content.lines
        return () if self._content.named or len(lines) < 2 else lines

    def _title_px(self) -> int:
        return QFontMetrics(strokes.title_font()).horizontalAdvance(self._title.upper()) + theme.px(18)

    def _values_fit(self) -> bool:
        return self._title_px() + self._values_px <= self.width()

    def _legend_places(self) -> list[tuple[QPointF, str]]:
        taken = self._values_px + theme.px(20) if self._values_fit() else 0
        return strokes.legend_places(self._legend(), self._title_px(), self.width(), self.width() - taken)

    def _rows(self) -> int:
        """Of the heading."""
        return 1 + max((int(place.y()) for place, _ in self._legend_places()), default=0)

    def _margin(self) -> int:
        """Room at the right, in px: for names, or for half of the last number."""
        if not self._content.named:
            return theme.px(18)
        metrics = QFontMetrics(theme.sans(11))
        names = [line.name for line in self._content.lines if line.hue >= 0]
        widest = max(map(metrics.horizontalAdvance, names), default=0)
        return min(widest + theme.px(18), theme.px(120), self.width() // 4)

    def _area(self) -> QRectF:
        top = self._rows() * theme.px(_ROW) + theme.px(_HEADROOM if self._content.best_value is not None else 6)
        left, bottom = theme.px(_LEFT), theme.px(_BOTTOM)
        wide, high = self.width() - left - self._margin(), self.height() - top - bottom
        return QRectF(left, top, max(10, wide), max(10, high))

    def _open_area(self, frame: Frame) -> QRectF:
        """Lines at the edges keep their thickness; names and numbers are not crossed."""
        return frame.area.adjusted(-3, -3, 3, 3)

    def _range(self, area: QRectF) -> tuple[float, float]:
        """The values from bottom to top."""
        if self._content.share and not self._zoomed and not self._content.log:
            return 0.0, 1.0
        low, high = self._span
        found = []
        for line in self._content.lines:
            inside = (line.x >= low) & (line.x <= high)
            found += [line.y[inside], line.raw[inside]] if line.raw is not None and line.ghost else [line.y[inside]]
        if self._steps is not None:
            seen = self._thinned(area).most
            seen = np.sort(seen[np.isfinite(seen)])
            found.append(seen[: max(1, int(0.99 * seen.size))])  # a single leap must not flatten everything else
        values = np.concatenate(found) if found else np.empty(0)
        return traces.value_range(values[np.isfinite(values)], self._content.log, self._content.share, self._zoomed)

    def _thinned(self, area: QRectF) -> Thinned:
        if self._seen is None:
            x, y = self._steps or (np.empty(0), np.empty(0))
            self._seen = traces.thinned(x, y, *self._span, columns=max(1, int(area.width())))
        return self._seen

    def _nearest(self, epoch: float, top: float) -> Line | None:
        frame, lines = self.frame(), self._content.lines
        away = np.abs(frame.top(np.array([line.at(epoch) for line in lines])) - top)
        away[~np.isfinite(away)] = np.inf
        return lines[int(away.argmin())] if away.size and away.min() <= theme.px(_REACH) else None

    def _change(self) -> None:
        if self._rows() != self._had_rows:
            self._had_rows = self._rows()
            self.updateGeometry()
        self._frame = self._drawn = self._seen = None
        self._soon.start()

    def _dress(self) -> None:
        self._values_px = QFontMetrics(theme.mono(11)).horizontalAdvance(self._values)
        self.updateGeometry()
        self._change()
