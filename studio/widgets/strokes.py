"""How the parts of a plot are painted: axes, lines, names at their ends, the legend, the card of values."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shiboken6
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPolygonF

from studio import theme
from studio.widgets import traces
from studio.widgets.traces import Array, Line, Thinned

SWATCH, GAP = 14, 6  # px: the piece of line before a name, and the room behind it
_MOST_ROWS = 14  # of values in a card


@dataclass(frozen=True)
class Frame:
    """Where values stand: the px of `area` show `x` and `y` from first to last number, `y` by powers if `log`."""

    area: QRectF
    x: tuple[float, float]
    y: tuple[float, float]
    log: bool = False

    def left(self, x: Array) -> Array:
        low, high = self.x
        return self.area.left() + (x - low) / (high - low) * self.area.width()

    def top(self, y: Array) -> Array:
        """Values that have no place on an axis of powers are nan."""
        low, high = self.y
        if self.log:
            low, high = np.log10(low), np.log10(high)
            y = np.log10(np.where(y > 0, y, np.nan))
        return self.area.bottom() - (y - low) / (high - low) * self.area.height()

    def point(self, x: float, y: float) -> QPointF:
        return QPointF(float(self.left(np.array(x))), float(self.top(np.array(y))))

    def x_at(self, px: float) -> float:
        low, high = self.x
        return low + (px - self.area.left()) / max(1.0, self.area.width()) * (high - low)


def title_font() -> QFont:
    """That of the title of a plot, which is a section head."""
    font = theme.sans(11, QFont.Weight.DemiBold)
    font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.5)
    return font


def draw_axes(painter: QPainter, frame: Frame, rows: Sequence[float]) -> None:
    """Thin lines at the values `rows` with their numbers, and the numbers of whole epochs below."""
    t, area = theme.tokens(), frame.area
    metrics = QFontMetrics(theme.mono(11))
    painter.setFont(theme.mono(11))
    height, widest = metrics.height(), metrics.horizontalAdvance("0,000 ")
    epochs = traces.ticks(*frame.x, most=max(1, int(area.width() / (widest + theme.px(16)))), whole=True)
    tops = frame.top(np.array(rows, float)) if rows else np.empty(0)
    painter.setPen(QPen(QColor(t.line), 1))
    painter.drawLines([QLineF(area.left(), round(y) + 0.5, area.right(), round(y) + 0.5) for y in tops])
    painter.setPen(QColor(t.muted))
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    for y, words in zip(tops, traces.tick_words(rows), strict=True):
        painter.drawText(QRectF(0, y - height / 2, area.left() - theme.px(8), height), right, words)
    for epoch, x in zip(epochs, frame.left(np.array(epochs, float)), strict=True):
        box = QRectF(x - widest, area.bottom() + theme.px(6), 2 * widest, height)
        painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, f"{epoch:,.0f}")


def draw_line(painter: QPainter, frame: Frame, line: Line) -> None:
    """A line and, faint behind it, what it smooths."""
    pen = _pen(line)
    if line.ghost and line.raw is not None:
        _draw_runs(painter, frame, line.x, line.raw, QPen(_faint(pen.color(), 0.28), 1))
    _draw_runs(painter, frame, line.x, line.y, pen, line.dashes)


def draw_picked(painter: QPainter, frame: Frame, line: Line) -> None:
    """A line that stands out from others that are faint."""
    pen = _pen(line)
    pen.setWidthF(2.5)
    if line.hue < 0:
        pen.setColor(QColor(theme.tokens().text))
    _draw_runs(painter, frame, line.x, line.y, pen)


def draw_steps(painter: QPainter, frame: Frame, seen: Thinned, hue: int) -> None:
    """A thin line of the means, and faint behind it all that lies between the least and the largest."""
    color = theme.series_color(hue)
    if seen.dense:
        least, most, lefts = frame.top(seen.least), frame.top(seen.most), frame.left(seen.x)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(_faint(color, 0.2), 1))
        there = np.isfinite(least) & np.isfinite(most)
        ends = np.column_stack((lefts, least, lefts, most - 1))[there]  # no line has a length of 0
        painter.drawLines(_lines(ends))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _draw_runs(painter, frame, seen.x, seen.mean, QPen(_faint(color, 0.6), 1))


def draw_best(
    painter: QPainter, frame: Frame, epoch: int, value: float | None, written: Callable[[float], str], right: float
) -> None:
    """A dashed line at the best epoch; at its `value`, if any, a dot, and words above that end before `right`."""
    good, area, x = QColor(theme.tokens().good), frame.area, frame.point(epoch, 1.0).x()
    painter.setPen(QPen(good, 1.25, Qt.PenStyle.DashLine))
    painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
    if value is None or not math.isfinite(value):
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(good)
    painter.drawEllipse(frame.point(epoch, value), 4.5, 4.5)
    words = f"best {written(value)} at {epoch:,}"
    painter.setFont(theme.mono(11))
    metrics = painter.fontMetrics()
    wide, height = metrics.horizontalAdvance(words), metrics.height()
    left = max(area.left(), min(x - wide / 2, right - wide - 4.0))
    painter.setPen(good)
    painter.drawText(QRectF(left, area.top() - height - 4, wide + 2, height), Qt.AlignmentFlag.AlignLeft, words)


def draw_sentence(painter: QPainter, area: QRectF, words: str) -> None:
    """Quiet words in the middle, not crossed by the lines of the axis."""
    t = theme.tokens()
    painter.setFont(theme.sans(13))
    middle = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    box = painter.boundingRect(area.adjusted(8, 0, -8, 0), middle, words)
    painter.fillRect(box.adjusted(-6, -2, 6, 2), QColor(t.background))
    painter.setPen(QColor(t.muted))
    painter.drawText(box, middle, words)


def draw_swatch(painter: QPainter, left: float, middle: float, line: Line) -> None:
    """A piece of the line as it stands before its name."""
    pen = _pen(line)
    if line.dashes:
        pen.setDashPattern(line.dashes)
    painter.setPen(pen)
    painter.drawLine(QPointF(left, middle), QPointF(left + theme.px(SWATCH), middle))


def legend_places(lines: Sequence[Line], left: float, right: float, first_right: float) -> list[tuple[QPointF, str]]:
    """Where the names of `lines` stand, one row below the other where a row is full: left end and row as a number.

    The first row ends at `first_right`, the others at `right`. Names are cut to what a row holds.
    """
    metrics = QFontMetrics(theme.sans(11))
    before, x, row, places = theme.px(SWATCH + GAP), left, 0, []
    for line in lines:
        words = metrics.elidedText(line.name, Qt.TextElideMode.ElideMiddle, min(theme.px(150), int(right) - before))
        wide = before + metrics.horizontalAdvance(words)
        if x + wide > (first_right if row == 0 else right) and (x > 0 or row == 0):
            x, row = 0.0, row + 1
        places.append((QPointF(x, row), words))
        x += wide + theme.px(16)
    return places


def draw_names(painter: QPainter, frame: Frame, lines: Sequence[Line], most_px: int, picked: Line | None) -> None:
    """Names at the ends of lines, moved apart; those that have no room, the last ones of `lines`, are left out."""
    metrics = QFontMetrics(theme.sans(11))
    row, area, strength = metrics.height(), frame.area, painter.opacity()
    ended = [(line, end) for line in lines if (end := _end(frame, line)) is not None]
    ended = ended[: max(1, int(area.height() // row))]
    tops = traces.spread([end.y() for _, end in ended], row, area.top(), area.bottom())
    painter.setFont(theme.sans(11))
    for (line, end), middle in zip(ended, tops, strict=True):
        left = end.x() + theme.px(4)
        painter.setOpacity(strength if picked in (None, line) else 0.4 * strength)
        painter.setPen(QPen(theme.series_color(line.hue), 1))
        painter.drawLine(QPointF(end.x() + 1, end.y()), QPointF(left + theme.px(6), middle))
        words = metrics.elidedText(line.name, Qt.TextElideMode.ElideRight, most_px - theme.px(14))
        painter.setPen(QColor(theme.tokens().text))
        box = QRectF(left + theme.px(9), middle - row / 2, most_px, row)
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
    painter.setOpacity(strength)


def draw_card(
    painter: QPainter, frame: Frame, epoch: float, lines: Sequence[Line], written: Callable[[float], str], room: QRectF
) -> None:
    """The values of `lines` at `epoch` beside the cursor, as many as have room in `room`."""
    sans, mono = QFontMetrics(theme.sans(11)), QFontMetrics(theme.mono(11))
    row, pad = max(sans.height(), mono.height()) + 1, theme.px(6)
    fits = min(_MOST_ROWS, max(2, int((room.height() - 2 * pad) // row) - 1))
    told = [line for line in lines if line.hue >= 0 or line is lines[0]]  # the first one may be grey and picked
    told = told if len(told) <= fits else told[: fits - 1]
    rest = len(lines) - len(told)
    names = [sans.elidedText(line.name, Qt.TextElideMode.ElideMiddle, theme.px(130)) for line in told]
    values = [written(line.at(epoch)) for line in told]
    name_px = max([sans.horizontalAdvance(name) for name in [*names, f"and {rest} more"]], default=0)
    value_px = max(map(mono.horizontalAdvance, values), default=0)
    before = theme.px(SWATCH + GAP)
    box = QRectF(
        0, 0, before + name_px + theme.px(12) + value_px + 2 * pad, (1 + len(told) + bool(rest)) * row + 2 * pad
    )
    _put_beside(box, frame, epoch, lines, room)
    t = theme.tokens()
    painter.setPen(QPen(QColor(t.line), 1))
    painter.setBrush(QColor(t.raised))
    painter.drawRoundedRect(box, 4, 4)
    inner = box.adjusted(pad, pad, -pad, -pad)
    _card_row(painter, QRectF(inner.left(), inner.top(), inner.width(), row), f"epoch {epoch:,.0f}", "", t.muted)
    for k, (line, name, value) in enumerate(zip(told, names, values, strict=True), start=1):
        place = QRectF(inner.left() + before, inner.top() + k * row, inner.width() - before, row)
        draw_swatch(painter, inner.left(), place.center().y(), line)
        _card_row(painter, place, name, value, t.text)
    if rest:
        place = QRectF(inner.left() + before, inner.bottom() - row, inner.width() - before, row)
        _card_row(painter, place, f"and {rest} more", "", t.muted)


def _card_row(painter: QPainter, place: QRectF, name: str, value: str, color: str) -> None:
    painter.setPen(QColor(color))
    painter.setFont(theme.sans(11))
    painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
    painter.setFont(theme.mono(11))
    painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, value)


def _put_beside(box: QRectF, frame: Frame, epoch: float, lines: Sequence[Line], room: QRectF) -> None:
    """Right of the cursor where that fits, else left of it, and above or below where fewer lines are; in `room`."""
    x, area, away = frame.point(epoch, 1.0).x(), frame.area, theme.px(10)
    left = x + away if x + away + box.width() <= room.right() else x - away - box.width()
    tops = frame.top(np.array([line.at(epoch) for line in lines], float))
    high = (tops < area.center().y()).sum() > np.isfinite(tops).sum() / 2
    top = area.bottom() - away - box.height() if high else area.top() + away
    box.moveLeft(max(room.left(), left))
    box.moveTop(max(room.top(), min(top, room.bottom() - box.height())))


def _end(frame: Frame, line: Line) -> QPointF | None:
    """Where a line ends within the frame."""
    tops, lefts = frame.top(line.y), frame.left(line.x)
    seen = np.flatnonzero(np.isfinite(tops) & (lefts <= frame.area.right() + 1) & (lefts >= frame.area.left() - 1))
    return QPointF(lefts[seen[-1]], tops[seen[-1]]) if seen.size else None


def _pen(line: Line) -> QPen:
    return QPen(theme.series_color(line.hue), line.width, c=Qt.PenCapStyle.FlatCap)


def _faint(color: QColor, share: float) -> QColor:
    faint = QColor(color)
    faint.setAlphaF(share)
    return faint


def _draw_runs(painter: QPainter, frame: Frame, x: Array, y: Array, pen: QPen, dashes: Sequence[float] = ()) -> None:
    """The stretches between gaps; a value between two gaps is a dot."""
    tops, lefts = frame.top(y), frame.left(x)
    there = np.flatnonzero(np.isfinite(tops))
    for run in np.split(there, np.flatnonzero(np.diff(there) > 1) + 1) if there.size else ():
        if run.size > 1:
            _draw_run(painter, lefts[run], tops[run], pen, dashes)
        else:
            painter.setPen(QPen(pen.color(), max(5.0, 2 * pen.widthF()), c=Qt.PenCapStyle.RoundCap))
            painter.drawPoint(QPointF(lefts[run[0]], tops[run[0]]))


def _draw_run(painter: QPainter, x: Array, y: Array, pen: QPen, dashes: Sequence[float]) -> None:
    """Qt takes 50 ms for a bent line of 1,000 points above 1 px wide, and under 1 ms for its pieces one by one."""
    painter.setPen(pen)
    if dashes:
        painter.drawLines(_lines(traces.dashed(x, y, [part * pen.widthF() for part in dashes])))
        return
    if pen.widthF() > 1:
        painter.drawLines(_lines(np.column_stack((x[:-1], y[:-1], x[1:], y[1:]))))
        painter.setPen(QPen(pen.color(), 1))  # closes the gaps at the bends
    painter.drawPolyline(_polyline(x, y))


def _lines(ends: Array) -> list[QLineF]:
    """Pieces from x, y to x, y (N,4)."""
    return [QLineF(*piece) for piece in ends.tolist()]


def _polyline(x: Array, y: Array) -> QPolygonF:
    """Points without a Python object for each: a QPolygonF is pairs of doubles in a row."""
    line = QPolygonF()
    line.resize(len(x))
    pointer: Any = shiboken6.VoidPtr  # its stub knows no address of a point
    memory = pointer(line.data(), 16 * len(x), True)
    np.frombuffer(memory, np.float64).reshape(-1, 2)[:] = np.column_stack((x, y))
    return line
