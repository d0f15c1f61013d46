"""One picture, large: fitted, zoomed and moved about."""

import math

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio import theme
from studio.widgets.levels import Levels

STEP = 1.25
MAX_SCALE = 64.0  # screen px per image px


class Picture(QWidget):
    """Shows an image as large as it fits, or zoomed by Ctrl+wheel, + and - and moved by dragging and the arrow keys.

    Double click or Ctrl+0 fits again, Ctrl+1 shows one image pixel as one pixel of the screen. `scaled(enlargement)`
    tells of every other scale; `moved` that the user changed the scale or the place.
    """

    pixels_from = 2.0  # enlarged by more than this, single pixels are shown instead of blur

    scaled = Signal(float)
    moved = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._levels: Levels | None = None
        self._words = ""
        self._scale: float | None = None  # None: fit
        self._centre = QPointF(0.5, 0.5)  # what of the image is at the middle of the widget, as a share
        self._grabbed: QPoint | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setToolTip("Ctrl+wheel zooms, dragging moves, double click fits")
        self.setAccessibleName("Image")
        theme.watch.changed.connect(self.update)

    def set_image(self, image: QImage | Levels | None, words: str = "") -> None:
        """Show `image`, fitted; None shows `words` instead, such as why it cannot be read."""
        self._scale, self._centre = None, QPointF(0.5, 0.5)
        self.change_image(image, words)

    def change_image(self, image: QImage | Levels | None, words: str = "") -> None:
        """Like `set_image`, but at the scale and the place that are shown now."""
        levels = Levels.of(image) if isinstance(image, QImage) else image
        self._levels = levels if levels is not None and not levels.size.isEmpty() else None
        self._words = words
        self.setAccessibleDescription(words)
        self._changed()

    def scale(self) -> float:
        """Widget px per image px."""
        return self._fit_scale() if self._scale is None else self._scale

    def enlargement(self) -> float:
        """Pixels of the screen per image px: 1 shows the image as it is."""
        return self.scale() * self.devicePixelRatioF()

    def is_zoomed(self) -> bool:
        """Whether the scale is the user's and not that of the room there is."""
        return self._scale is not None

    def fit(self) -> None:
        """Show the whole picture as large as it fits."""
        self._scale, self._centre = None, QPointF(0.5, 0.5)
        self._changed()
        self.moved.emit()

    def show_pixels(self, at: QPointF | None = None) -> None:
        """Show one image px as one pixel of the screen."""
        self.zoom_to(1.0 / self.devicePixelRatioF(), at)

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Enlarge `factor` times what is shown now; see `zoom_to`."""
        self.zoom_to(self.scale() * factor, at)

    def zoom_to(self, scale: float, at: QPointF | None = None) -> None:
        """Zoom so that the image point under `at` (widget px, the middle if None) stays there."""
        if self._levels is None:
            return
        point = at if at is not None else QPointF(self.rect().center())
        offset = point - QPointF(self.width() / 2, self.height() / 2)
        held = self._in_px() + offset / self.scale()
        least = min(self._fit_scale() / 4, 1 / self.devicePixelRatioF())
        self._scale = min(MAX_SCALE, max(least, scale))
        self._put_centre(held - offset / self._scale)
        self._changed()
        self.moved.emit()

    def move_by(self, by: QPointF) -> None:
        """Show what lies `by` widget px further."""
        self._put_centre(self._in_px() + by / self.scale())
        self.update()
        self.moved.emit()

    def follow(self, other: "Picture") -> None:
        """Show the same part as `other`, at its scale where they are of one size or it shows pixels as they are.

        Else as much larger than fitted.
        """
        alike = self._levels is not None and other._levels is not None and self._levels.size == other._levels.size
        self._centre = QPointF(other._centre)
        if other._scale is None:
            self._scale = None
        elif alike or other.enlargement() == 1.0:
            self._scale = other._scale
        else:
            self._scale = min(MAX_SCALE, self._fit_scale() * other._scale / other._fit_scale())
        self._changed()

    def sizeHint(self) -> QSize:
        return QSize(240, 240)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_by(STEP)
        elif key == Qt.Key.Key_Minus:
            self.zoom_by(1 / STEP)
        elif control and key == Qt.Key.Key_0:
            self.fit()
        elif control and key == Qt.Key.Key_1:
            self.show_pixels()
        elif key in _MOVES and self._scale is not None:
            self.move_by(_MOVES[key] * 40)
        else:
            event.ignore()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_by(STEP ** (event.angleDelta().y() / 120), event.position())
            event.accept()
        else:
            event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._scale is not None:
            self._grabbed = event.position().toPoint()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grabbed is not None:
            here = event.position().toPoint()
            self.move_by(QPointF(self._grabbed - here))
            self._grabbed = here

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grabbed = None
        self._changed()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.show_pixels(event.position()) if self._scale is None else self.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._changed()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self._levels is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(t.raised))
            painter.drawRoundedRect(frame, theme.RADIUS, theme.RADIUS)
            painter.setPen(QColor(t.muted))
            flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(frame.adjusted(16, 16, -16, -16), flags, self._words)
        else:
            self._paint_image(painter, self._levels, frame)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(t.accent), 2))
            painter.drawRoundedRect(frame, theme.RADIUS, theme.RADIUS)

    def _paint_image(self, painter: QPainter, levels: Levels, frame: QRectF) -> None:
        target, seen = self._target(levels), QRectF(self.rect())
        ratio = self.devicePixelRatioF()
        if self.enlargement() == 1.0:  # between two pixels, each would be blurred over both
            corner = (target.topLeft() * ratio).toPoint()
            target.moveTopLeft(QPointF(corner) / ratio)
        image = levels.fitting(target.width() * ratio)
        own = target.width() * ratio / image.width()  # pixels of the screen per px of this image
        whole = image.width() >= levels.size.width()  # not what stands for it while it is decoded
        smooth = self.enlargement() <= self.pixels_from or not whole
        if own < 0.5:  # bilinear sampling alone would skip pixels
            size = (target.size() * ratio).toSize().expandedTo(QSize(1, 1))
            keep, mode = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            image = image.scaled(size, keep, mode)
        clip = QPainterPath()
        clip.addRoundedRect(target.intersected(frame), theme.RADIUS, theme.RADIUS)
        painter.save()
        painter.setClipPath(clip)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(*_visible(target, seen, image))
        painter.restore()

    def _target(self, levels: Levels) -> QRectF:
        scale = self.scale()
        corner = QPointF(self.width() / 2, self.height() / 2) - self._in_px() * scale
        return QRectF(corner.x(), corner.y(), levels.size.width() * scale, levels.size.height() * scale)

    def _fit_scale(self) -> float:
        if self._levels is None:
            return 1.0
        size = self._levels.size
        return max(0.001, min((self.width() - 2) / size.width(), (self.height() - 2) / size.height()))

    def _in_px(self) -> QPointF:
        """The image px at the middle of the widget."""
        size = self._levels.size if self._levels else QSize(1, 1)
        return QPointF(self._centre.x() * size.width(), self._centre.y() * size.height())

    def _put_centre(self, px: QPointF) -> None:
        """Have this image px at the middle, or the nearest that there is."""
        if self._levels is not None:
            size = self._levels.size
            x, y = px.x() / size.width(), px.y() / size.height()
            self._centre = QPointF(min(1.0, max(0.0, x)), min(1.0, max(0.0, y)))

    def _changed(self) -> None:
        zoomed = self._scale is not None
        self.setCursor(Qt.CursorShape.OpenHandCursor if zoomed else Qt.CursorShape.ArrowCursor)
        self.scaled.emit(self.enlargement())
        self.update()


_MOVES = {
    Qt.Key.Key_Left: QPointF(-1, 0),
    Qt.Key.Key_Right: QPointF(1, 0),
    Qt.Key.Key_Up: QPointF(0, -1),
    Qt.Key.Key_Down: QPointF(0, 1),
}


def _visible(target: QRectF, seen: QRectF, image: QImage) -> tuple[QRectF, QImage, QRectF]:
    """Where to draw which part of `image` so that all of it would fill `target`: whole px of it, those in `seen`."""
    across, down = target.width() / image.width(), target.height() / image.height()
    part = seen.intersected(target)
    left = max(0, math.floor((part.left() - target.left()) / across) - 1)
    top = max(0, math.floor((part.top() - target.top()) / down) - 1)
    right = min(image.width(), math.ceil((part.right() - target.left()) / across) + 1)
    bottom = min(image.height(), math.ceil((part.bottom() - target.top()) / down) + 1)
    width, height = max(0, right - left), max(0, bottom - top)
    drawn = QRectF(target.left() + left * across, target.top() + top * down, width * across, height * down)
    return drawn, image, QRectF(left, top, width, height)
