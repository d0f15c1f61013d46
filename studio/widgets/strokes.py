"""Where values of a plot stand, and how its words are painted: legend, names at lines, best epoch, card of values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen

from studio import theme
from studio.widgets import traces
from studio.widgets.traces import Array, Line

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

    def scaled(self, y: Array) -> Array:
        """`y` or its power of ten, which an axis of powers shows evenly; what has none is nan."""
        return np.log10(np.where(y > 0, y, np.nan)) if self.log else y

    def top(self, y: Array) -> Array:
        low, high = self._ends()
        return self.area.bottom() - (self.scaled(y) - low) / (high - low) * self.area.height()

    def point(self, x: float, y: float) -> QPointF:
        return QPointF(float(self.left(np.array(x))), float(self.top(np.array(y))))

    def x_at(self, px: Array) -> Array:
        low, high = self.x
        return low + (px - self.area.left()) / self.area.width() * (high - low)

    def scaled_at(self, px: Array | float) -> Array:
        """What `scaled` gives for the value at `px` from the top."""
        low, high = self._ends()
        return np.asarray(low + (self.area.bottom() - px) / self.area.height() * (high - low))

    def _ends(self) -> tuple[float, float]:
        low, high = self.scaled(np.array(self.y)).tolist()
        return low, high


def title_font() -> QFont:
    """That of the title of a plot, which is a section head."""
    font = theme.sans(11, QFont.Weight.DemiBold)
    font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.5)
    return font


def draw_heading(
    painter: QPainter, row: QRectF, title: str, values: str, legend: Sequence[tuple[Line, tuple[QPointF, str]]]
) -> None:
    """A title with `values` at the right in the first `row`, and the `legend` where `legend_places` put it."""
    t = theme.tokens()
    left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    painter.setFont(title_font())
    painter.setPen(QColor(t.muted))
    painter.drawText(row.adjusted(theme.px(2), 0, 0, 0), left, title.upper())
    painter.setFont(theme.mono(11))
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(row.adjusted(0, 0, -theme.px(4), 0), right, values)
    painter.setFont(theme.sans(11))
    for line, (place, words) in legend:
        at = row.translated(place.x() + theme.px(2), place.y() * row.height())
        draw_swatch(painter, at.left(), at.center().y(), line)
        painter.setPen(QColor(t.text))
        painter.drawText(at.adjusted(theme.px(SWATCH + GAP), 0, 0, 0), left, words)


def best_words(frame: Frame, epoch: int, words: str, right: float) -> QRectF:
    """Where words on the best epoch stand: above it, and ending before `right`."""
    metrics, x = QFontMetrics(theme.mono(11)), frame.point(epoch, 1.0).x()
    wide, height = metrics.horizontalAdvance(words) + 2, metrics.height()
    left = max(frame.area.left(), min(x - wide / 2, right - wide - 2.0))
    return QRectF(left, frame.area.top() - height - 4, wide, height)


def draw_best(painter: QPainter, box: QRectF, words: str) -> None:
    painter.setFont(theme.mono(11))
    painter.setPen(QColor(theme.tokens().good))
    painter.drawText(box, Qt.AlignmentFlag.AlignLeft, words)


def draw_focus(painter: QPainter, box: QRectF) -> None:
    painter.setPen(QPen(QColor(theme.tokens().accent), 1))
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), theme.RADIUS, theme.RADIUS)


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


class Card:
    """The values of `lines` at `epoch` beside the cursor, as many as have room in `room`; it fills `box`."""

    def __init__(
        self, frame: Frame, epoch: float, lines: Sequence[Line], written: Callable[[float], str], room: QRectF
    ) -> None:
        sans, mono = QFontMetrics(theme.sans(11)), QFontMetrics(theme.mono(11))
        self._row, self._pad = max(sans.height(), mono.height()) + 1, theme.px(6)
        fits = min(_MOST_ROWS, max(2, int((room.height() - 2 * self._pad) // self._row) - 1))
        told = [line for line in lines if line.hue >= 0 or line is lines[0]]  # the first one may be grey and picked
        self._told = told if len(told) <= fits else told[: fits - 1]
        self._epoch = f"epoch {epoch:,.0f}"
        self._rest = f"and {len(lines) - len(self._told)} more" if len(lines) > len(self._told) else ""
        self._names = [sans.elidedText(line.name, Qt.TextElideMode.ElideMiddle, theme.px(130)) for line in self._told]
        self._values = [written(line.at(epoch)) for line in self._told]
        name_px = max(map(sans.horizontalAdvance, [*self._names, self._rest]))
        value_px = max(map(mono.horizontalAdvance, self._values), default=0)
        wide = theme.px(SWATCH + GAP) + name_px + theme.px(12) + value_px + 2 * self._pad
        high = (1 + len(self._told) + bool(self._rest)) * self._row + 2 * self._pad
        self.box = QRectF(0, 0, wide, high)
        _put_beside(self.box, frame, epoch, lines, room)

    def draw(self, painter: QPainter) -> None:
        t, row, before = theme.tokens(), self._row, theme.px(SWATCH + GAP)
        painter.setPen(QPen(QColor(t.line), 1))
        painter.setBrush(QColor(t.raised))
        painter.drawRoundedRect(self.box, 4, 4)
        inner = self.box.adjusted(self._pad, self._pad, -self._pad, -self._pad)
        _card_row(painter, QRectF(inner.left(), inner.top(), inner.width(), row), self._epoch, "", t.muted)
        for k, (line, name, value) in enumerate(zip(self._told, self._names, self._values, strict=True), start=1):
            place = QRectF(inner.left() + before, inner.top() + k * row, inner.width() - before, row)
            draw_swatch(painter, inner.left(), place.center().y(), line)
            _card_row(painter, place, name, value, t.text)
        if self._rest:
            place = QRectF(inner.left() + before, inner.bottom() - row, inner.width() - before, row)
            _card_row(painter, place, self._rest, "", t.muted)


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
