"""Points of a few groups in a plane: where groups lie together and where they lie apart."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio import theme
from studio.widgets.marks import luminance

REACH = 8  # px from the pointer to a point
_SIGN, _MARGIN = 9, 8  # px: a sign of the legend, room around the points
_SIZES = ((200, 8), (1000, 7), (1 << 40, 6))  # up to so many points, px of each
_LEAST_CONTRAST = 3.0  # WCAG 2.2, 1.4.11, for what is no text
# (corners, turn in eighths of a circle, depth of the notch between two corners); ten colours times seven shapes
_SHAPES = ((0, 0, 0.0), (4, 1, 0.0), (3, -2, 0.0), (4, 0, 0.0), (5, -2, 0.55), (3, 2, 0.0), (4, 1, 0.65))


class Scatter(QWidget):
    """Points in one scale for both axes, so that distances can be compared; each group has a colour and a shape.

    `hovered(index)` tells the nearest point within reach of the pointer, -1 if there is none.
    """

    hovered = Signal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._xy: NDArray[np.float64] = np.empty((0, 2))
        self._group: NDArray[np.int64] = np.empty(0, np.int64)
        self._names: tuple[str, ...] = ()
        self._places: NDArray[np.float64] = np.empty((0, 2))  # px; nan for what cannot be drawn
        self._entries: list[tuple[QRectF, str]] = []
        self._drawn: QPixmap | None = None
        self._hovered = -1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setAccessibleName(name)
        self.setAccessibleDescription("nothing yet")
        theme.watch.changed.connect(self._measure)

    def set_points(self, xy: NDArray[np.float64], group: NDArray[np.int64], names: Sequence[str]) -> None:
        """Show `xy` (N,2), each point of the group `names[group]` (N). Points that are not finite are left out."""
        assert xy.shape == (len(group), 2), f"{xy.shape} for {len(group)} points"
        assert not len(group) or 0 <= group.min() <= group.max() < len(names), names
        self._xy, self._group, self._names = xy.astype(float), group.astype(np.int64), tuple(names)
        counts = np.bincount(self._group, minlength=len(names))
        words = ", ".join(f"{name} {count:,}" for name, count in zip(names, counts, strict=True))
        self.setAccessibleDescription(f"points: {words}" if len(group) else "nothing yet")
        self._hover(-1)
        self._measure()

    def point_place(self, index: int) -> QPointF:
        """Where a point is drawn."""
        return QPointF(*self._places[index])

    def sizeHint(self) -> QSize:
        return QSize(theme.px(300), theme.px(280))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(160), theme.px(160))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._measure()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x, y = event.position().x(), event.position().y()
        away = np.hypot(self._places[:, 0] - x, self._places[:, 1] - y)
        within = np.flatnonzero(away <= REACH)
        self._hover(int(within[away[within].argmin()]) if within.size else -1)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)

    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        if self._drawn is None or self._drawn.devicePixelRatio() != ratio:
            self._drawn = self._draw(ratio)
        painter = QPainter(self)
        painter.setOpacity(1.0 if self.isEnabled() else 0.4)
        painter.drawPixmap(0, 0, self._drawn)
        if self._hovered >= 0:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.tokens().text), 1.5))
            painter.drawEllipse(self.point_place(self._hovered), self._size(), self._size())

    def _draw(self, ratio: float) -> QPixmap:
        """Everything but the ring, kept because the pointer asks for it all the time."""
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not len(self._group):
            painter.setFont(theme.sans())
            painter.setPen(QColor(theme.tokens().muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "No points yet.")
        else:
            self._draw_points(painter, ratio)
            self._draw_legend(painter)
        painter.end()
        return pixmap

    def _draw_points(self, painter: QPainter, ratio: float) -> None:
        size, rim = self._size() + 4, QPen(QColor(theme.tokens().background), 0.75)  # the rim parts crowded points
        counts = np.bincount(self._group, minlength=len(self._names))
        for group in np.argsort(-counts, kind="stable"):  # small groups above large ones
            stamp = QPixmap(round(size * ratio), round(size * ratio))
            stamp.setDevicePixelRatio(ratio)
            stamp.fill(Qt.GlobalColor.transparent)
            pen = QPainter(stamp)
            pen.setPen(rim)
            draw_group_sign(pen, QPointF(size / 2, size / 2), self._size(), int(group))
            pen.end()
            places = self._places[self._group == group]
            for x, y in places[np.isfinite(places[:, 0])]:
                painter.drawPixmap(QPointF(x - size / 2, y - size / 2), stamp)

    def _size(self) -> int:
        return theme.px(next(size for most, size in _SIZES if len(self._group) <= most))

    def _draw_legend(self, painter: QPainter) -> None:
        painter.setFont(theme.sans(12))
        sign = theme.px(_SIGN)
        for group, (box, words) in enumerate(self._entries):
            painter.setPen(Qt.PenStyle.NoPen)
            draw_group_sign(painter, QPointF(box.left() + sign / 2 + 1, box.center().y()), sign, group)
            painter.setPen(QColor(theme.tokens().muted))
            flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box.adjusted(sign + 7, 0, 0, 0), flags, words)

    def _measure(self) -> None:
        """Place the legend, line by line at the bottom, and the points in what it leaves."""
        metrics, sign = QFontMetrics(theme.sans(12)), theme.px(_SIGN) + 7
        height, x, y = metrics.height() + 4, 0.0, 0.0
        self._entries = []
        for name in self._names:
            words = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, max(20, self.width() - sign - 2))
            width = sign + metrics.horizontalAdvance(words) + 2
            if x and x + width > self.width():
                x, y = 0.0, y + height
            self._entries.append((QRectF(x, y, width, height), words))
            x += width + 12
        top = self.height() - y - height
        for box, _ in self._entries:
            box.translate(0, top)
        self._places = _fitted(self._xy, self.width(), top - 4 if self._names else self.height())
        self._drawn = None
        self.update()

    def _hover(self, index: int) -> None:
        if index != self._hovered:
            self._hovered = index
            self.hovered.emit(index)
            self.update()


def draw_group_sign(painter: QPainter, centre: QPointF, size: float, group: int) -> None:
    """The colour and the shape of a group, about `size` px wide, with the rim that the painter's pen draws."""
    corners, turn, notch = _SHAPES[group % len(_SHAPES)]
    painter.setBrush(group_color(group))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if not corners:
        painter.drawEllipse(centre, size / 2, size / 2)
        return
    radius = size / 2 * (1.5 if notch else 1.2 if corners > 3 else 1.3)
    outline = QPolygonF()
    for k in range(2 * corners if notch else corners):
        angle = turn * math.pi / 4 + k * math.pi / corners * (1 if notch else 2)
        far = radius * (1 - notch if notch and k % 2 else 1)
        outline.append(centre + QPointF(math.cos(angle) * far, math.sin(angle) * far))
    painter.drawPolygon(outline)


def group_color(group: int) -> QColor:
    """The colour of that place, moved towards the colour of text until it stands out from the background."""
    t = theme.tokens()
    below = luminance(QColor(t.background))
    for share in range(20):
        color = theme.blend(theme.place_color(group).name(), t.text, share / 20)
        high, low = sorted((luminance(color), below), reverse=True)
        if (high + 0.05) / (low + 0.05) >= _LEAST_CONTRAST:
            return color
    return QColor(t.text)


def _fitted(xy: NDArray[np.float64], width: float, height: float) -> NDArray[np.float64]:
    """`xy` (N,2) as px in a box, y upwards, centred, one scale for both axes; nan where a point is not finite."""
    places = np.where(np.isfinite(xy).all(1, keepdims=True), xy, np.nan)
    if not np.isfinite(places).any():
        return places
    low, high = np.nanmin(places, 0), np.nanmax(places, 0)
    room = np.maximum(1.0, np.array([width, height]) - 2 * _MARGIN)
    extent = np.maximum(high - low, 1e-12)
    scale = float((room / extent).min())
    middle = np.array([width / 2, height / 2])
    return np.asarray((places - (low + high) / 2) * [scale, -scale] + middle)
