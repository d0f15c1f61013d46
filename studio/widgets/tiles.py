"""How one thumbnail looks: picture, badge, selection, focus. The grid decides where and when."""

import time
from collections import OrderedDict

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetrics, QImage, QPainter, QPen, QPixmap

from studio import theme
from studio.widgets.marks import draw_mark
from studio.widgets.roles import Tile

_MAKING = 0.005  # seconds of one painting that may go into making tiles: a third of a frame
_MEMORY = 64 * 2**20  # bytes of pixmaps cut to size: some screens full


class TilePainter:
    """Paints tiles and keeps them as they look when nothing is chosen, the least used dropped first.

    A frame has 16 ms for some hundred tiles; drawing a kept one is a twentieth of making it. What cannot be made in
    time stays a placeholder, and `behind` says that there is more to paint.
    """

    def __init__(self) -> None:
        self.behind = False
        self._until = 0.0
        self._kept: OrderedDict[tuple[Tile, int, int], QPixmap] = OrderedDict()
        self._bytes = 0
        self._font = theme.mono(11, QFont.Weight.Medium)

    def forget(self) -> None:
        """Drop what depends on the theme, the colours of the classes, or the text size."""
        self._kept.clear()
        self._bytes = 0
        self._font = theme.mono(11, QFont.Weight.Medium)

    def begin(self) -> None:
        """A painting begins."""
        self.behind = False
        self._until = time.perf_counter() + _MAKING

    def paint(
        self, painter: QPainter, rect: QRect, tile: Tile | None, selected: bool, ring: bool, enabled: bool
    ) -> None:
        """Paint `tile` into `rect`; `ring` marks the current tile of a focused grid."""
        whole = self._whole(tile or Tile(), rect.width(), painter.device().devicePixelRatioF())
        if enabled:
            painter.drawPixmap(rect.topLeft(), whole)
        else:
            painter.setOpacity(0.4)
            painter.drawPixmap(rect.topLeft(), whole)
            painter.setOpacity(1.0)
        if selected or ring:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            draw_frame(painter, rect, selected, ring)

    def paint_title(self, painter: QPainter, rect: QRect, title: str, number: int) -> None:
        """Paint the title of a section and how many tiles it has."""
        t = theme.tokens()
        font, numbers = theme.sans(13, QFont.Weight.DemiBold), theme.mono()
        place = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.setFont(font)
        painter.setPen(QColor(t.text))
        words = QFontMetrics(font).elidedText(title, Qt.TextElideMode.ElideMiddle, rect.width() - theme.px(90))
        painter.drawText(rect, place, words)
        painter.setFont(numbers)
        painter.setPen(QColor(t.muted))
        painter.drawText(rect.adjusted(QFontMetrics(font).horizontalAdvance(words) + 10, 0, 0, 0), place, f"{number:,}")

    def paint_band(self, painter: QPainter, rect: QRect) -> None:
        """Paint the rubber band."""
        color = QColor(theme.tokens().accent)
        painter.setPen(QPen(color, 1))
        color.setAlphaF(0.15)
        painter.setBrush(color)
        painter.drawRect(rect)

    def _whole(self, tile: Tile, side: int, ratio: float) -> QPixmap:
        device = round(side * ratio)
        # An image is the same one by its key; a tile holds the object, which may be made anew.
        key = (tile._replace(image=None), tile.image.cacheKey() if tile.image else 0, device)
        pixmap = self._kept.get(key)
        if pixmap is None:
            if tile.image is not None and time.perf_counter() > self._until:
                self.behind = True
                return self._whole(Tile(), side, ratio)
            pixmap = self._made(tile, side, ratio)
            self._kept[key] = pixmap
            self._bytes += device * device * 4
            while self._bytes > _MEMORY:
                (_, _, old), _ = self._kept.popitem(last=False)
                self._bytes -= old * old * 4
        else:
            self._kept.move_to_end(key)
        return pixmap

    def _made(self, tile: Tile, side: int, ratio: float) -> QPixmap:
        t, rect, device = theme.tokens(), QRect(0, 0, side, side), round(side * ratio)
        if tile.image is None or tile.image.isNull():
            pixmap = QPixmap(device, device)
            pixmap.fill(Qt.GlobalColor.transparent)
        else:
            pixmap = cut(tile.image, device, theme.RADIUS * ratio)
        pixmap.setDevicePixelRatio(ratio)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if tile.image is None or tile.image.isNull():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(t.raised))
            painter.drawRoundedRect(rect, theme.RADIUS, theme.RADIUS)
        if tile.badge:
            draw_badge(painter, rect, self._font, tile.badge, tile.bad, tile.position, tile.ghost)
        if tile.marks:
            _draw_marks(painter, rect, self._font, tile.marks)
        draw_frame(painter, rect, False, False)
        painter.end()
        return pixmap


def draw_badge(
    painter: QPainter, rect: QRect, font: QFont, text: str, bad: bool, position: int | None, ghost: bool = False
) -> None:
    """A few words at the bottom left of the tile `rect`, red if `bad`, else with the mark of the class, if any.

    A `ghost` tells what is not settled: its frame is dashed.
    """
    t = theme.tokens()
    metrics = QFontMetrics(font)
    mark = 0 if bad or position is None or position < 0 else theme.px(8)
    pad, room = 5, rect.width() - 12
    words = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room - 2 * pad - (mark + 4 if mark else 0))
    width = metrics.horizontalAdvance(words) + 2 * pad + (mark + 4 if mark else 0)
    height = metrics.height() + 2
    box = QRectF(rect.left() + 5, rect.bottom() - height - 3, width, height)
    fill = QColor(t.badge_bad if bad else t.badge)
    fill.setAlphaF(1.0 if bad else 0.82)
    painter.setPen(QPen(QColor(t.on_badge), 1, Qt.PenStyle.DashLine) if ghost else QPen(Qt.PenStyle.NoPen))
    painter.setBrush(fill)
    painter.drawRoundedRect(box, 4, 4)
    if mark:
        draw_mark(painter, QRectF(box.left() + pad, box.center().y() - mark / 2, mark, mark), int(position or 0))
    painter.setFont(font)
    painter.setPen(QColor(t.on_badge))
    words_box = box.adjusted(pad + (mark + 4 if mark else 0), 0, 0, 0)
    painter.drawText(words_box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)


def _draw_marks(painter: QPainter, rect: QRect, font: QFont, text: str) -> None:
    """A few signs at the top right of the tile `rect`."""
    t, metrics = theme.tokens(), QFontMetrics(font)
    words = metrics.elidedText(text, Qt.TextElideMode.ElideRight, rect.width() - 20)
    width, height = metrics.horizontalAdvance(words) + 10, metrics.height() + 2
    box = QRectF(rect.right() - width - 4, rect.top() + 5, width, height)
    fill = QColor(t.badge)
    fill.setAlphaF(0.82)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(fill)
    painter.drawRoundedRect(box, 4, 4)
    painter.setFont(font)
    painter.setPen(QColor(t.on_badge))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)


def draw_frame(painter: QPainter, rect: QRect, selected: bool, ring: bool) -> None:
    """The outline of a tile; `ring` marks the current tile of what has the focus. Reaches up to 3.5 px outside."""
    t = theme.tokens()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if selected:
        _outline(painter, QRectF(rect), QColor(t.accent), 2.5, 0.0)
    else:
        _outline(painter, QRectF(rect), QColor(t.line), 1.0, 0.5)
    if ring:
        _outline(painter, QRectF(rect), QColor(t.text), 1.5, -2.75 if selected else -1.25)


def cut(image: QImage, side: int, radius: float) -> QPixmap:
    """`image` cropped to its central square, scaled to `side` device px, corners rounded."""
    edge = min(image.width(), image.height())
    square = image.copy((image.width() - edge) // 2, (image.height() - edge) // 2, edge, edge)
    mode = Qt.TransformationMode.SmoothTransformation
    scaled = square.scaled(side, side, Qt.AspectRatioMode.IgnoreAspectRatio, mode)
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(scaled))
    painter.drawRoundedRect(0, 0, side, side, radius, radius)
    painter.end()
    return pixmap


def _outline(painter: QPainter, rect: QRectF, color: QColor, width: float, inset: float) -> None:
    """A rounded outline whose middle lies `inset` px inside `rect`, outside when negative."""
    painter.setPen(QPen(color, width))
    radius = max(0.0, theme.RADIUS - inset)
    painter.drawRoundedRect(rect.adjusted(inset, inset, -inset, -inset), radius, radius)
