"""What pyqtgraph draws of a plot: axes with a grid, steps, lines, the best epoch, the cursor.

The only module that imports pyqtgraph, which costs a third of a second: import it when a page needs it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from studio import theme
from studio.widgets import traces
from studio.widgets.strokes import Frame
from studio.widgets.traces import Array, Line, Thinned

# Qt takes 50 ms for a bent line of 1,000 points above 1 px wide, and under 1 ms for its pieces one by one.
pg.setConfigOption("segmentedLineMode", "on")

Notes = Literal["heading", "sentence", "names", "best", "card", "focus"]  # the later ones above
_OPEN = 3  # px around the frame, so that lines at the edges keep their thickness
_FAINT = 0.4  # what does not stand out, what is disabled
_NONE = QPen(Qt.PenStyle.NoPen)


class Graph(pg.PlotWidget):
    """Draws what it is told in a frame that it is told, and calls `before` each time before it paints."""

    def __init__(self, before: Callable[[], None], parent: QWidget) -> None:
        axes = {side: _Axis(side) for side in ("left", "bottom")}
        super().__init__(parent, axisItems=axes, enableMenu=False)  # whose making takes as long as the rest
        self._before = before
        self._frame = Frame(QRectF(0, 0, 1, 1), (0.0, 1.0), (0.0, 1.0))
        self._shown: object = None
        self.setAntialiasing(True)
        self.setViewportUpdateMode(self.ViewportUpdateMode.BoundingRectViewportUpdate)  # a region of parts clips slowly
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        for inner in (self, self.viewport()):
            inner.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        plot = self.getPlotItem()
        plot.hideButtons()
        plot.vb.setDefaultPadding(0)
        plot.vb.disableAutoRange()
        plot.layout.setContentsMargins(0, 0, 0, 0)
        plot.showGrid(y=True, alpha=1.0)
        for side in ("left", "bottom"):
            plot.getAxis(side).setZValue(-1)  # the grid below the lines
        self._px = pg.ItemGroup(plot.vb)
        self._px.setZValue(-1)  # below what the view scales
        self._dense, self._mean = self._curve(), self._curve()
        self._curves: list[pg.PlotCurveItem] = []
        self._lonely = self._put(pg.ScatterPlotItem(pen=None), 1)
        self._best_line = self._put(pg.InfiniteLine(angle=90), 2)
        self._best_dot = self._put(pg.ScatterPlotItem(pen=None, size=9), 3)
        self._band = self._put(pg.LinearRegionItem(movable=False, pen=_NONE), 4)
        self._cursor = self._put(pg.InfiniteLine(angle=90), 5)
        self._dots = self._put(pg.ScatterPlotItem(pen=None, size=6), 6)
        self._notes = {name: _Note(plot) for name in ("heading", "sentence", "names", "best", "card", "focus")}
        self.dress()

    def dress(self) -> None:
        """Wear the theme; the lines do when they are set again."""
        t, plot = theme.tokens(), self.getPlotItem()
        self.setBackground(t.background)
        self._best_line.setPen(pg.mkPen(t.good, width=1.25, style=Qt.PenStyle.DashLine))
        self._best_dot.setBrush(QColor(t.good))
        self._cursor.setPen(pg.mkPen(t.muted))
        self._band.setBrush(_faint(QColor(t.accent), 0.18))
        for side, offset, tick in (("left", 8, pg.mkPen(t.line)), ("bottom", 6, _NONE)):
            axis = plot.getAxis(side)
            axis.setPen(_NONE)
            axis.setTickPen(tick)
            axis.setTextPen(pg.mkPen(t.muted))
            offset = theme.px(offset) - _OPEN
            axis.setStyle(
                tickFont=theme.mono(11),
                tickLength=0,
                tickTextOffset=offset,
                tickAlpha=255,
                hideOverlappingLabels=False,
            )

    def set_frame(self, frame: Frame, epochs: Sequence[float], rows: Sequence[float]) -> None:
        """Where values stand, in px of this widget, and which have numbers: `epochs` below and `rows` at the left."""
        shown = frame, self.size(), tuple(rows)
        if shown == self._shown:
            return
        self._frame, self._shown = frame, shown
        plot, wide = self.getPlotItem(), frame.area.adjusted(-_OPEN, -_OPEN, _OPEN, _OPEN)
        self._px.setPos(-wide.left(), -wide.top())
        plot.setContentsMargins(0, wide.top(), max(0.0, self.width() - wide.right()), 0)
        plot.getAxis("left").setWidth(wide.left())
        plot.getAxis("bottom").setHeight(max(0.0, self.height() - wide.bottom()))
        ends_x, ends_y = np.array([wide.left(), wide.right()]), np.array([wide.bottom(), wide.top()])
        plot.vb.setXRange(*frame.x_at(ends_x), padding=0)
        plot.vb.setYRange(*frame.scaled_at(ends_y), padding=0)
        places = frame.scaled(np.array(rows, float))
        plot.getAxis("left").setTicks([list(zip(places.tolist(), traces.tick_words(rows), strict=True))])
        plot.getAxis("bottom").setTicks([[(epoch, f"{epoch:,.0f}") for epoch in epochs]])
        plot.layout.activate()

    def set_lines(self, lines: Sequence[Line], picked: Line | None) -> None:
        """Grey lines below, then dashed ones; others are faint when the one `picked` stands out."""
        strength = 1.0 if picked is None else _FAINT
        grey = [line for line in lines if line.hue < 0 and line is not picked]
        drawn = [self._joined(grey, strength)] if grey else []
        for line in sorted(lines, key=lambda line: not line.dashes):
            if line.hue >= 0 and line is not picked:
                drawn += self._traces(line, strength)
        if picked is not None:
            color = theme.series_color(picked.hue) if picked.hue >= 0 else QColor(theme.tokens().text)
            drawn.append(self._solid(picked.x, picked.y, _pen(color, 2.5)))
        drawn = [trace for trace in drawn if len(trace.x) > 1]
        while len(self._curves) < len(drawn):
            self._curves.append(self._curve())
        for curve, trace in zip(self._curves, drawn, strict=False):
            _draw(curve, trace)
        for curve in self._curves[len(drawn) :]:
            curve.hide()
        self._set_lonely(lines, strength, picked)
        for item in (self._best_line, self._best_dot, self._notes["best"]):
            item.setOpacity(strength)

    def set_steps(self, seen: Thinned | None, hue: int) -> None:
        """A thin line of the means, and faint behind it all that lies between the least and the largest."""
        self._dense.setVisible(seen is not None and seen.dense)
        self._mean.setVisible(seen is not None)
        if seen is None:
            return
        color, frame = theme.series_color(hue), self._frame
        if seen.dense:
            least, most, lefts = frame.top(seen.least), frame.top(seen.most), frame.left(seen.x)
            there = np.isfinite(least) & np.isfinite(most)
            y = np.column_stack((least, most - 1))[there].ravel()  # no line has a length of 0
            pen = _pen(_faint(color, 0.2), 1)
            _draw(self._dense, _Trace(np.repeat(lefts[there], 2), y, pen, pairs=True), smooth=False)
        _draw(self._mean, _Trace(frame.left(seen.x), frame.top(seen.mean), _pen(_faint(color, 0.6), 1)))

    def set_best(self, epoch: int | None, value: float | None) -> None:
        """A dashed line at the best epoch, and a dot at its value."""
        self._best_line.setVisible(epoch is not None)
        self._best_dot.setVisible(epoch is not None and value is not None and bool(np.isfinite(value)))
        if epoch is not None:
            self._best_line.setPos(epoch)
            if self._best_dot.isVisible():
                self._best_dot.setData([epoch], self._frame.scaled(np.array([value], float)))

    def set_cursor(self, epoch: float | None, lines: Sequence[Line]) -> None:
        """A line at an epoch with dots on `lines`."""
        self._cursor.setVisible(epoch is not None)
        self._dots.setVisible(epoch is not None)
        if epoch is None:
            return
        self._cursor.setPos(epoch)
        values = self._frame.scaled(np.array([line.at(epoch) for line in lines], float))
        there = np.flatnonzero(np.isfinite(values))
        brushes = [theme.series_color(lines[k].hue) for k in there.tolist()]
        self._dots.setData(np.full(len(there), epoch), values[there], brush=brushes or None)

    def set_band(self, ends: tuple[float, float] | None) -> None:
        """The epochs that a drag reaches over."""
        self._band.setVisible(ends is not None)
        if ends is not None:
            self._band.setRegion(ends)

    def set_note(self, name: Notes, box: QRectF, draw: Callable[[QPainter], None] | None) -> None:
        """Let `draw` paint within `box`, in px of this widget; None clears it."""
        self._notes[name].set(box, draw)

    def set_enabled_look(self, enabled: bool) -> None:
        self.getPlotItem().setOpacity(1.0 if enabled else _FAINT)

    def epoch_at(self, px: float) -> float:
        epoch = float(self.getPlotItem().vb.mapSceneToView(QPointF(px, 0.0)).x())
        return round(epoch, 9)  # an epoch stays the same on the way to px and back

    def paintEvent(self, event: QPaintEvent) -> None:
        self._before()
        super().paintEvent(event)

    def _put(self, item: pg.GraphicsObject, height: float) -> pg.GraphicsObject:
        item.setZValue(height)
        item.hide()
        self.getPlotItem().vb.addItem(item, ignoreBounds=True)
        return item

    def _curve(self) -> pg.PlotCurveItem:
        """A line in px of this widget: Qt takes five times as long for wide ones that the view scales."""
        curve = pg.PlotCurveItem(parent=self._px)
        curve.hide()
        return curve

    def _set_lonely(self, lines: Sequence[Line], strength: float, picked: Line | None) -> None:
        """A value between two gaps is a dot."""
        found = [(line, k) for line in lines for k in traces.lonely(line.y)]
        self._lonely.setVisible(bool(found))
        if found:
            self._lonely.setData(
                [line.x[k] for line, k in found],
                self._frame.scaled(np.array([line.y[k] for line, k in found])),
                size=[max(5.0, 2 * line.width) for line, _ in found],
                brush=[_mixed(line, 1.0 if line is picked else strength) for line, _ in found],
            )

    def _traces(self, line: Line, strength: float) -> list["_Trace"]:
        """A line and, faint behind it, what it smooths."""
        color = _mixed(line, strength)
        ghost = []
        if line.ghost and line.raw is not None:
            ghost = [self._solid(line.x, line.raw, _pen(_faint(color, 0.28), 1))]
        if not line.dashes:
            return [*ghost, self._solid(line.x, line.y, _pen(color, line.width))]
        return [*ghost, self._dashed(line, _pen(color, line.width))]

    def _solid(self, x: Array, y: Array, pen: QPen) -> "_Trace":
        x, y = traces.outline(x, y, *self._frame.x, columns=max(1, int(self._frame.area.width())))
        return _Trace(self._frame.left(x), self._frame.top(y), pen)

    def _dashed(self, line: Line, pen: QPen) -> "_Trace":
        """Dashes as pieces: pyqtgraph draws a line either by its pieces, which is fast, or dashed."""
        lefts, tops = self._frame.left(line.x), self._frame.top(line.y)
        lengths = [part * line.width for part in line.dashes]
        found = [traces.dashed(lefts[run], tops[run], lengths) for run in traces.stretches(tops)]
        pieces = np.concatenate(found) if found else np.empty((0, 4))
        return _Trace(pieces[:, 0::2].ravel(), pieces[:, 1::2].ravel(), pen, pairs=True)

    def _joined(self, lines: Sequence[Line], strength: float) -> "_Trace":
        """Many lines of one look as one, with gaps between."""
        pen = _pen(_mixed(lines[0], strength), lines[0].width)
        made = [self._solid(line.x, line.y, pen) for line in lines]
        gap = np.array([np.nan])
        x = np.concatenate([part for trace in made for part in (trace.x, gap)])
        y = np.concatenate([part for trace in made for part in (trace.y, gap)])
        return _Trace(x, y, pen)


@dataclass(frozen=True, eq=False)
class _Trace:
    """A bent line (N) with gaps, or `pairs` of ends, in px."""

    x: Array
    y: Array
    pen: QPen
    pairs: bool = False


class _Axis(pg.AxisItem):
    """The numbers at the ends of an axis, which stand half outside, are not left out."""

    def boundingRect(self) -> QRectF:
        rect: QRectF = super().boundingRect()
        return rect.adjusted(-theme.px(24), -theme.px(8), theme.px(24), theme.px(8))


class _Note(QGraphicsItem):
    """Something painted over the plot, in px."""

    def __init__(self, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self._box = QRectF()
        self._draw: Callable[[QPainter], None] | None = None
        self.setZValue(1000)

    def set(self, box: QRectF, draw: Callable[[QPainter], None] | None) -> None:
        if box != self._box:
            self.prepareGeometryChange()
            self._box = box
        self._draw = draw
        self.setVisible(draw is not None)
        self.update()

    def boundingRect(self) -> QRectF:
        return self._box

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if self._draw is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._draw(painter)


def _draw(curve: pg.PlotCurveItem, trace: _Trace, smooth: bool = True) -> None:
    """Only wide lines are drawn by pieces: thin ones are as fast whole, and faint ones would show where pieces meet."""
    there = np.isfinite(trace.x) & np.isfinite(trace.y)
    curve.setVisible(bool(there.any()))  # pyqtgraph warns, while painting, of bounds of nothing but nan
    if not curve.isVisible():
        return
    curve.setSegmentedLineMode("on" if trace.pairs or trace.pen.widthF() > 1 else "off")
    pen, wide = trace.pen, None
    if not trace.pairs and trace.pen.widthF() > 1:
        pen, wide = _pen(trace.pen.color(), 1), trace.pen  # a thin line closes the gaps at the bends of the wide one
    connect = "pairs" if trace.pairs else "finite"
    curve.setData(trace.x, trace.y, pen=pen, shadowPen=wide, connect=connect, antialias=smooth, skipFiniteCheck=True)


def _pen(color: QColor, width: float) -> QPen:
    return QPen(color, width, c=Qt.PenCapStyle.FlatCap)


def _mixed(line: Line, strength: float) -> QColor:
    """Opaque, as pieces of a line overlap where they meet."""
    return theme.blend(theme.tokens().background, theme.series_color(line.hue).name(), strength)


def _faint(color: QColor, share: float) -> QColor:
    faint = QColor(color)
    faint.setAlphaF(share)
    return faint
