"""A few images beside each other with their titles: how one composite comes about. And one image with words."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio import theme

Pixels = npt.NDArray[np.uint8]

_GAP, _TITLE = 8, 20  # px between tiles; of a line of words
_COLUMNS = 2


class StageTiles(QWidget):
    """Images uint8[S,S,3], two a line, each above its title. The room for four is kept while there are none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stages: list[tuple[str, QImage]] = []
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName("How this image comes about")
        theme.watch.changed.connect(self.updateGeometry)

    def set_stages(self, stages: Sequence[tuple[str, Pixels]]) -> None:
        """Show these images in the order in which they come about."""
        self._stages = [(title, image_of(pixels)) for title, pixels in stages]
        self.setAccessibleDescription(", ".join(title for title, _ in stages))
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return _COLUMNS * (self._side(width) + theme.px(_TITLE)) + _GAP // 2

    def sizeHint(self) -> QSize:
        return QSize(theme.px(240), self.heightForWidth(theme.px(240)))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(theme.sans(12))
        side = self._side(self.width())
        for place in range(_COLUMNS * _COLUMNS):
            line, column = divmod(place, _COLUMNS)
            top = line * (side + theme.px(_TITLE) + _GAP // 2)
            rect = QRect(column * (side + _GAP), top, side, side)
            title, image = self._stages[place] if place < len(self._stages) else ("", None)
            paint_square(painter, rect, image)
            painter.setPen(QColor(theme.tokens().muted))
            room = QRect(rect.left(), rect.bottom() + 1, side, theme.px(_TITLE))
            painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)

    def _side(self, width: int) -> int:
        return max(1, (width - _GAP) // _COLUMNS)


class Glimpse(QWidget):
    """One image and what it is, in room that is kept while there is none."""

    SIDE = 64  # px

    def __init__(self, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self._hint, self._words = hint, hint
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Image below the pointer")

    def show_image(self, pixels: Pixels | None, text: str = "") -> None:
        """Show an image uint8[S,S,3] in words, or what to do to see one."""
        self._image = None if pixels is None else image_of(pixels)
        self._words = text or self._hint
        self.setAccessibleDescription(self._words)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(200), theme.px(self.SIDE))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, side = QPainter(self), theme.px(self.SIDE)
        painter.setFont(theme.sans(12))
        paint_square(painter, QRect(0, 0, side, side), self._image)
        painter.setPen(QColor(theme.tokens().muted))
        room = QRect(side + 12, 0, self.width() - side - 12, side)
        lines = [
            QFontMetrics(theme.sans(12)).elidedText(line, Qt.TextElideMode.ElideMiddle, room.width())
            for line in self._words.split("\n")
        ]
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, "\n".join(lines))


def image_of(pixels: Pixels) -> QImage:
    """A copy of uint8[S,S,3] RGB."""
    height, width = pixels.shape[:2]
    data = np.ascontiguousarray(pixels)
    return QImage(data.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def paint_square(painter: QPainter, rect: QRect, image: QImage | None) -> None:
    """An image with round corners, or the room for one."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    shape = QPainterPath()
    shape.addRoundedRect(QRectF(rect), theme.RADIUS, theme.RADIUS)
    painter.save()
    painter.setClipPath(shape)
    painter.fillRect(rect, QColor(theme.tokens().raised))
    if image is not None:
        painter.drawImage(rect, image)
    painter.restore()
