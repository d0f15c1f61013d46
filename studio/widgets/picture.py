"""One picture, large: fitted, zoomed and moved about."""

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
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio import theme

STEP = 1.25
MAX_SCALE = 64.0  # screen px per image px
_PIXELS_FROM = 6.0  # from this scale on single pixels are shown instead of blur


class Picture(QWidget):
    """Shows an image as large as it fits, or zoomed by Ctrl+wheel, + and - and moved by dragging and the arrow keys.

    Double click or Ctrl+0 fits again, Ctrl+1 shows one image pixel as one screen pixel. `scaled(scale)` tells the scale
    in screen px per image px.
    """

    scaled = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self._words = ""
        self._scale: float | None = None  # None: fit
        self._centre = QPointF()  # image px at the middle of the widget
        self._grabbed: QPoint | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setToolTip("Ctrl+wheel zooms, dragging moves, double click fits")
        self.setAccessibleName("Image")
        theme.watch.changed.connect(self.update)

    def set_image(self, image: QImage | None, words: str = "") -> None:
        """Show `image`, fitted; None shows `words` instead, such as why it cannot be read."""
        self._image = image if image is not None and not image.isNull() else None
        self._words = words
        self.setAccessibleDescription(words)
        self.fit()

    def scale(self) -> float:
        """Screen px per image px."""
        return self._fit_scale() if self._scale is None else self._scale

    def fit(self) -> None:
        """Show the whole picture as large as it fits."""
        self._scale = None
        if self._image is not None:
            self._centre = QPointF(self._image.width() / 2, self._image.height() / 2)
        self._changed()

    def zoom_to(self, scale: float, at: QPointF | None = None) -> None:
        """Zoom so that the image point under `at` (widget px, the middle if None) stays there."""
        if self._image is None:
            return
        point = at if at is not None else QPointF(self.rect().center())
        offset = point - QPointF(self.width() / 2, self.height() / 2)
        held = self._centre + offset / self.scale()
        self._scale = min(MAX_SCALE, max(self._fit_scale() / 4, scale))
        self._centre = held - offset / self._scale
        self._keep_in_sight()
        self._changed()

    def sizeHint(self) -> QSize:
        return QSize(240, 240)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        steps = {
            Qt.Key.Key_Left: QPointF(-1, 0),
            Qt.Key.Key_Right: QPointF(1, 0),
            Qt.Key.Key_Up: QPointF(0, -1),
            Qt.Key.Key_Down: QPointF(0, 1),
        }
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_to(self.scale() * STEP)
        elif key == Qt.Key.Key_Minus:
            self.zoom_to(self.scale() / STEP)
        elif control and key == Qt.Key.Key_0:
            self.fit()
        elif control and key == Qt.Key.Key_1:
            self.zoom_to(1.0)
        elif key in steps and self._scale is not None:
            self._move(steps[key] * 40)
        else:
            event.ignore()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_to(self.scale() * STEP ** (event.angleDelta().y() / 120), event.position())
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
            self._move(QPointF(self._grabbed - here))
            self._grabbed = here

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grabbed = None
        self._changed()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.zoom_to(1.0, event.position()) if self._scale is None else self.fit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self._image is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(t.raised))
            painter.drawRoundedRect(frame, theme.RADIUS, theme.RADIUS)
            painter.setPen(QColor(t.muted))
            flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(frame.adjusted(16, 16, -16, -16), flags, self._words)
        else:
            self._paint_image(painter, self._image, frame)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(t.accent), 2))
            painter.drawRoundedRect(frame, theme.RADIUS, theme.RADIUS)

    def _paint_image(self, painter: QPainter, image: QImage, frame: QRectF) -> None:
        target = self._target(image)
        clip = QPainterPath()
        clip.addRoundedRect(target.intersected(frame), theme.RADIUS, theme.RADIUS)
        painter.save()
        painter.setClipPath(clip)
        smooth = self._scale is None or self._scale < _PIXELS_FROM
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        ratio = self.devicePixelRatioF()
        if smooth and self.scale() * ratio < 0.5:  # bilinear sampling alone would skip pixels
            size = (target.size() * ratio).toSize()
            keep, mode = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            image = image.scaled(size.expandedTo(QSize(1, 1)), keep, mode)
        painter.drawImage(target, image)
        painter.restore()

    def _target(self, image: QImage) -> QRectF:
        scale = self.scale()
        corner = QPointF(self.width() / 2, self.height() / 2) - self._centre * scale
        return QRectF(corner.x(), corner.y(), image.width() * scale, image.height() * scale)

    def _fit_scale(self) -> float:
        if self._image is None:
            return 1.0
        return max(0.001, min((self.width() - 2) / self._image.width(), (self.height() - 2) / self._image.height()))

    def _move(self, by: QPointF) -> None:
        self._centre += by / self.scale()
        self._keep_in_sight()
        self.update()

    def _keep_in_sight(self) -> None:
        if self._image is not None:
            x = min(float(self._image.width()), max(0.0, self._centre.x()))
            y = min(float(self._image.height()), max(0.0, self._centre.y()))
            self._centre = QPointF(x, y)

    def _changed(self) -> None:
        zoomed = self._scale is not None
        self.setCursor(Qt.CursorShape.OpenHandCursor if zoomed else Qt.CursorShape.ArrowCursor)
        self.scaled.emit(self.scale())
        self.update()
