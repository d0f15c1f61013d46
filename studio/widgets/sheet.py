"""A sheet of samples: small images that all fit in sight and are replaced many times a second."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QFocusEvent,
    QFont,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio import theme
from studio.widgets.lattice import GAP
from studio.widgets.tiles import draw_badge, draw_frame

_RIM = 4  # px around the tiles for their outlines
_LARGEST, _READABLE = 2, 112  # screen px per image px, and the side up to which small images are enlarged anyway
_STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class SampleSheet(QWidget):
    """Square tiles line by line from the top left, as large as they all fit. Other samples in the same number and
    columns lie where the last ones lay.

    A click or an arrow key emits `chosen(tile)`, the pointer `hovered(tile)`, -1 where there is none.
    """

    chosen = Signal(int)
    hovered = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images: list[QImage] = []
        self._small: tuple[int, list[QImage]] = (0, [])  # the images cut down to so many device px
        self._side, self._columns = 1, 1
        self._badges: Sequence[str] = ()
        self._bad: Sequence[bool] = ()
        self._tooltips: Sequence[str] = ()
        self._current = self._hovered = -1
        self._place = QPoint(), 1  # corner of the first tile, side of a tile
        self._font = theme.mono(11, QFont.Weight.Medium)
        self._frame: QPixmap | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setAccessibleName("Samples")
        theme.watch.changed.connect(self._restyle)

    def set_samples(
        self,
        pixels: NDArray[np.uint8],
        columns: int,
        badges: Sequence[str] = (),
        bad: Sequence[bool] = (),
        tooltips: Sequence[str] = (),
    ) -> None:
        """Show `pixels` (N,S,S,3), RGB, `columns` a line. Badges, whether they are red, and tooltips: one a tile or
        none at all. The pixels are copied; the current tile stays current if it is still there.
        """
        count, side = pixels.shape[:2]
        assert pixels.shape == (count, side, side, 3), pixels.shape
        assert pixels.dtype == np.uint8, pixels.dtype
        for extra in (badges, bad, tooltips):
            assert len(extra) in (0, count), f"{len(extra)} for {count} tiles"
        self._images = [_image(square) for square in np.ascontiguousarray(pixels)]
        self._small = (0, [])
        self._side, self._columns = max(1, side), max(1, columns)
        self._badges, self._bad, self._tooltips = badges, bad, tooltips
        if self._current >= count:
            self._current = -1
        if self._hovered >= count:
            self._hover(-1)
        self._measure()
        self._tell()

    @staticmethod
    def largest(side: int) -> int:
        """The largest side of a tile for samples of `side` px."""
        return max(_LARGEST * side, theme.px(_READABLE))

    def count(self) -> int:
        return len(self._images)

    def current(self) -> int:
        """The outlined tile; -1 if there is none."""
        return self._current

    def set_current(self, tile: int) -> None:
        """Outline `tile`, none if it is -1 or not there; without a signal."""
        self._current = tile if 0 <= tile < len(self._images) else -1
        self._tell()

    def tile_rect(self, tile: int) -> QRect:
        """Where a tile is drawn."""
        corner, side = self._place
        line, column = divmod(tile, self._columns)
        return QRect(corner.x() + column * (side + GAP), corner.y() + line * (side + GAP), side, side)

    def sizeHint(self) -> QSize:
        side = theme.px(112) + GAP
        return QSize(6 * side - GAP + 2 * _RIM, 5 * side - GAP + 2 * _RIM)

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(160), theme.px(120))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            tile = self._tile_at(event.pos())
            tip = self._tooltips[tile] if self._tooltips and tile >= 0 else ""
            rect = self.tile_rect(tile) if tile >= 0 else QRect()
            QToolTip.showText(event.globalPos(), tip, self, rect)
            return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._measure()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        tile = self._tile_at(event.position().toPoint())
        if tile >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._choose(tile)
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self._tile_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, last = Qt.Key(event.key()), len(self._images) - 1
        if last < 0 or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            event.ignore()
        elif key in _STEPS:
            down, right = _STEPS[key]
            target = self._current + down * self._columns + right if self._current >= 0 else 0
            self._choose(target if 0 <= target <= last else self._current)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._choose(0 if key == Qt.Key.Key_Home else last)
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._images:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        marked = max(0, self._current) if self.hasFocus() else -1
        for tile, image in enumerate(self._cut()):
            rect = self.tile_rect(tile)
            if event.rect().intersects(rect.adjusted(-_RIM, -_RIM, _RIM, _RIM)):
                self._paint_tile(painter, rect, tile, image, tile == marked)

    def _paint_tile(self, painter: QPainter, rect: QRect, tile: int, image: QImage, ring: bool) -> None:
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(rect), theme.RADIUS, theme.RADIUS)
        painter.setOpacity(1.0 if self.isEnabled() else 0.4)
        painter.save()
        painter.setClipPath(shape)
        painter.drawImage(rect, image)
        painter.restore()
        if self._badges and self._badges[tile]:
            draw_badge(painter, rect, self._font, self._badges[tile], bool(self._bad) and bool(self._bad[tile]), None)
        painter.setOpacity(1.0)
        if ring or tile == self._current:
            draw_frame(painter, rect, tile == self._current, ring)
        else:
            painter.drawPixmap(rect.topLeft(), self._plain_frame())

    def _plain_frame(self) -> QPixmap:
        """The outline of most tiles, drawn once: to stroke it for each takes as long as the images do."""
        side, ratio = self._place[1], self.devicePixelRatioF()
        device = math.ceil(side * ratio)
        if self._frame is None or self._frame.width() != device:
            self._frame = QPixmap(device, device)
            self._frame.setDevicePixelRatio(ratio)
            self._frame.fill(Qt.GlobalColor.transparent)
            painter = QPainter(self._frame)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            draw_frame(painter, QRect(0, 0, side, side), False, False)
            painter.end()
        return self._frame

    def _cut(self) -> list[QImage]:
        """The images, cut down beforehand where the painter's bilinear sampling would skip pixels."""
        device = max(1, round(self._place[1] * self.devicePixelRatioF()))
        if 2 * device >= self._side:
            return self._images
        if self._small[0] != device:
            keep, mode = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            self._small = device, [image.scaled(device, device, keep, mode) for image in self._images]
        return self._small[1]

    def _measure(self) -> None:
        columns, lines = self._columns, max(1, -(-len(self._images) // self._columns))
        wide = (self.width() - 2 * _RIM - GAP * (columns - 1)) // columns
        high = (self.height() - 2 * _RIM - GAP * (lines - 1)) // lines
        side = max(1, min(wide, high, self.largest(self._side)))
        self._place = QPoint(_RIM, _RIM), side
        self.update()

    def _tile_at(self, point: QPoint) -> int:
        corner, side = self._place
        x, y = point.x() - corner.x(), point.y() - corner.y()
        line, column = y // (side + GAP), x // (side + GAP)
        inside = 0 <= column < self._columns and line >= 0 and x % (side + GAP) < side and y % (side + GAP) < side
        tile = line * self._columns + column
        return tile if inside and tile < len(self._images) else -1

    def _choose(self, tile: int) -> None:
        if tile != self._current:
            self._current = tile
            self._tell()
            self.chosen.emit(tile)

    def _hover(self, tile: int) -> None:
        if tile != self._hovered:
            self._hovered = tile
            self.hovered.emit(tile)

    def _tell(self) -> None:
        """Repaint, and let screen readers hear the current tile."""
        words = f"{len(self._images)} samples" if self._images else "none yet"
        if self._current >= 0:
            said = [source[self._current] for source in (self._badges, self._tooltips) if source]
            words = ", ".join([f"sample {self._current + 1} of {len(self._images)}", *filter(None, said)])
        if words != self.accessibleDescription():
            self.setAccessibleDescription(words)
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))
        self.update()

    def _restyle(self) -> None:
        self._font = theme.mono(11, QFont.Weight.Medium)
        self._frame = None
        self.update()


def _image(square: NDArray[np.uint8]) -> QImage:
    """A copy in the format that is painted fastest, so that nobody else's writing shows."""
    side = square.shape[0]
    return QImage(square.data, side, side, 3 * side, QImage.Format.Format_RGB888).convertToFormat(
        QImage.Format.Format_RGB32
    )
