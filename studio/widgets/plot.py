"""One plot over epochs: heading with legend and values, axes, lines, the best epoch, a cursor with a card of values."""

import math
from enum import Enum, auto

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetrics, QHelpEvent, QMouseEvent, QResizeEvent, QShowEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio import theme
from studio.widgets import strokes, traces
from studio.widgets.graph import Graph
from studio.widgets.strokes import Frame
from studio.widgets.traces import Array, Content, Line, Thinned

_LEFT, _BOTTOM, _ROW, _HEADROOM = 52, 26, 20, 18  # px: numbers at the axes, a row of the heading, words on the best
_LEAST = 70  # px of height for the lines
_LEVELS = [0.0, 0.25, 0.5, 0.75, 1.0]
_REACH = 30  # px from the pointer to a line
_TURN = 8  # ms, longer than a plot takes
_DRAG = 5  # px that make a drag of a click
_NOTCH = 120  # eighths of a degree of a wheel that make one step


class _Part(Enum):
    """What of a plot may be out of date."""

    LINES = auto()  # and the axes
    STEPS = auto()
    HEADING = auto()
    CURSOR = auto()


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
        self._wait = turn * _TURN
        self._soon = QTimer(self, singleShot=True)
        self._soon.timeout.connect(self._follow_if_seen)
        self._late = set(_Part)
        self._arriving = False
        self._graph: Graph | None = None
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
        self._seen: tuple[tuple[float, float, int], Thinned] | None = None
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
        """A thin line behind the others: `y` over ascending `x` (N each, never changed), nan where there is a gap."""
        if self._steps is not None and x is self._steps[0] and y is self._steps[1]:
            return
        was_empty, before = self.is_empty(), self._frame
        self._steps = (x, y) if np.isfinite(y).any() else None
        self._frame = self._seen = None
        if self.frame() != before or self.is_empty() != was_empty:
            self._change()
        self._later(_Part.STEPS, wait=self._wait)

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
            self._later(_Part.HEADING)

    def set_cursor(self, epoch: float | None, card: bool = False, top: float | None = None) -> None:
        """Mark an epoch, with a `card` of its values. The named line nearest to the px `top` stands out."""
        before = self._cursor, self._card, self._picked
        self._cursor, self._card = epoch, card
        if epoch is None or (top is not None and not self._content.named):
            self._picked = None
        elif top is not None:
            self._picked = self._nearest(epoch, top)
        if before[-1] is not self._picked:
            self._later(_Part.LINES)
        if before != (self._cursor, self._card, self._picked):
            self._later(_Part.CURSOR)

    def pick(self, step: int) -> None:
        """Let the next or the previous of the named lines stand out, as the keys ask."""
        lines = self._content.lines
        if self._content.named and lines:
            at = lines.index(self._picked) + step if self._picked in lines else 0
            self._picked = lines[at % len(lines)]
            self._later(_Part.LINES, _Part.CURSOR)

    def picked(self) -> str:
        """The name of the line that stands out; empty if none does."""
        return self._picked.name if self._picked else ""

    def set_focused(self, focused: bool) -> None:
        self._focused = focused
        self._later(_Part.HEADING)

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
            self._later(_Part.CURSOR)
        below = place.y() > area.bottom() and not self.is_empty()
        self.setCursor(Qt.CursorShape.SizeHorCursor if below else Qt.CursorShape.ArrowCursor)
        self.pointed.emit(self.epoch_at(place.x()), place.y())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        area, x = self.frame().area, event.position().x()
        if event.button() == Qt.MouseButton.LeftButton and event.position().y() >= area.top() and not self.is_empty():
            self._drag = (min(area.right(), max(area.left(), x)),) * 2

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        drag, self._drag = self._drag, None
        if drag is not None and abs(drag[1] - drag[0]) >= _DRAG:
            self.chosen.emit(*sorted(self.epoch_at(x) for x in drag))
        self._later(_Part.CURSOR)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._drag = None
        self.restored.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.turned.emit(self.epoch_at(event.position().x()), event.angleDelta().y() / _NOTCH)
        else:
            event.ignore()  # the column scrolls

    def leaveEvent(self, event: QEvent) -> None:
        self.left.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arriving = False
        if self._graph is not None:
            self._graph.resize(self.size())
        self._change()

    # What pyqtgraph draws

    def showEvent(self, event: QShowEvent) -> None:
        if self._graph is None:  # 10 ms that a plot which is never chosen does not take
            self._graph = Graph(self._follow_unless_arriving, self)
            self._graph.resize(self.size())
            self._graph.show()
        elif self._wait and self._late:
            self._arriving = True
            self._soon.start(self._wait)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self._later(_Part.HEADING)

    def _later(self, *parts: _Part, wait: int = 0) -> None:
        """Parts are out of date; they follow in `wait` ms, or before that when the plot is painted."""
        self._late.update(parts)
        if not self._soon.isActive():
            self._soon.start(wait)

    def _follow_unless_arriving(self) -> None:
        """Of plots that come back together each shows what it did until it has its turn."""
        if not self._arriving:
            self._follow()

    def _follow_if_seen(self) -> None:
        self._arriving = False
        if not self.visibleRegion().isEmpty():
            self._follow()

    def _follow(self) -> None:
        if self._graph is None or not self._late:
            return
        late, self._late = self._late, set()
        shows = {
            _Part.LINES: self._show_lines,
            _Part.STEPS: self._show_steps,
            _Part.HEADING: self._show_heading,
            _Part.CURSOR: self._show_cursor,
        }
        for part, show in shows.items():
            if part in late:
                show(self._graph)

    def _show_lines(self, graph: Graph) -> None:
        """All that stays while the cursor moves and steps come."""
        content, frame, everywhere = self._content, self.frame(), QRectF(self.rect())
        self._show_frame(graph)
        graph.set_lines(content.lines, self._picked)
        best, value = content.best, content.best_value
        if self.is_empty() or (best is not None and not frame.x[0] <= best <= frame.x[1]):
            best = None
        graph.set_best(best, value)
        if best is not None and value is not None and math.isfinite(value):
            words = f"best {content.written(value)} at {best:,}"
            box = strokes.best_words(frame, best, words, self.width())
            graph.set_note("best", box, lambda painter: strokes.draw_best(painter, box, words))
        else:
            graph.set_note("best", everywhere, None)
        names = [line for line in self.told() if line.hue >= 0 or line is self._picked] if content.named else []
        margin, picked = self._margin(), self._picked
        draw = (lambda p: strokes.draw_names(p, frame, names, margin, picked)) if names else None
        graph.set_note("names", everywhere, draw)

    def _show_frame(self, graph: Graph) -> None:
        content, frame, area = self._content, self.frame(), self.frame().area
        if content.share and not self._zoomed and not content.log:
            rows = [level for level in _LEVELS if area.height() > 5 * theme.px(13) or level in (0, 0.5, 1)]
        else:
            pick = traces.log_ticks if content.log else traces.ticks
            rows = pick(*frame.y, most=min(7, max(2, int(area.height() / theme.px(28)))))
        wide = QFontMetrics(theme.mono(11)).horizontalAdvance("0,000 ") + theme.px(16)
        graph.set_frame(frame, traces.ticks(*frame.x, most=max(1, int(area.width() / wide)), whole=True), rows)

    def _show_steps(self, graph: Graph) -> None:
        area = self.frame().area
        graph.set_steps(None if self._steps is None else self._thinned(area), 0)
        draw = (lambda p: strokes.draw_sentence(p, area, self._content.empty)) if self.is_empty() else None
        graph.set_note("sentence", area, draw)

    def _show_heading(self, graph: Graph) -> None:
        graph.set_enabled_look(self.isEnabled())
        places, values = self._legend_places(), self._values if self._values_fit() else ""
        legend = list(zip(self._legend(), places, strict=True))
        box = QRectF(0, 0, self.width(), self._rows() * theme.px(_ROW))
        row = QRectF(box.left(), box.top(), box.width(), theme.px(_ROW))
        graph.set_note("heading", box, lambda p: strokes.draw_heading(p, row, self._title, values, legend))
        draw = (lambda p: strokes.draw_focus(p, QRectF(self.rect()))) if self._focused else None
        graph.set_note("focus", QRectF(self.rect()), draw)

    def _show_cursor(self, graph: Graph) -> None:
        frame, drag, epoch = self.frame(), self._drag, self._cursor
        graph.set_band(None if drag is None else (self.epoch_at(drag[0]), self.epoch_at(drag[1])))
        if self.is_empty() or epoch is None or not frame.x[0] <= epoch <= frame.x[1]:
            graph.set_cursor(None, ())
            graph.set_note("card", QRectF(), None)
            return
        told = self.told()
        graph.set_cursor(epoch, told if not self._content.named else told[:1] if self._picked else ())
        if not self._card:
            graph.set_note("card", QRectF(), None)
            return
        room = QRectF(0, theme.px(_ROW), self.width() - 1, self.height() - theme.px(_ROW) - 1)
        card = strokes.Card(frame, epoch, told, self._content.written, room)
        graph.set_note("card", card.box.adjusted(-1, -1, 1, 1), card.draw)

    def epoch_at(self, px: float) -> float:
        """The epoch at `px` from the left."""
        self._follow()
        return self._graph.epoch_at(px) if self._graph is not None else float(self.frame().x_at(np.array(px)))

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
        shape = (*self._span, max(1, int(area.width())))
        if self._seen is None or self._seen[0] != shape:
            x, y = self._steps or (np.empty(0), np.empty(0))
            self._seen = shape, traces.thinned(x, y, *shape)
        return self._seen[1]

    def _nearest(self, epoch: float, top: float) -> Line | None:
        frame, lines = self.frame(), self._content.lines
        away = np.abs(frame.top(np.array([line.at(epoch) for line in lines])) - top)
        away[~np.isfinite(away)] = np.inf
        return lines[int(away.argmin())] if away.size and away.min() <= theme.px(_REACH) else None

    def _change(self) -> None:
        if self._rows() != self._had_rows:
            self._had_rows = self._rows()
            self.updateGeometry()
        self._frame = None
        self._later(*_Part, wait=self._wait)

    def _dress(self) -> None:
        self._values_px = QFontMetrics(theme.mono(11)).horizontalAdvance(self._values)
        if self._graph is not None:
            self._graph.dress()
        self.updateGeometry()
        self._change()
