"""Thumbnails of the images that look most like another one; clicking one goes there."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QSizePolicy, QWidget

from studio import theme
from studio.widgets.tiles import cut, draw_badge, draw_frame

COLUMNS = 4
SIDE, GAP = 56, 6  # px


@dataclass(frozen=True, eq=False)
class Alike:
    """One of them: its number, what the tooltip says, its class and the class's position (-1 none), its thumbnail."""

    id: int
    words: str
    badge: str
    position: int
    image: QImage | None


class AlikeView(QWidget):
    """`chosen(id)` when a thumbnail is clicked."""

    chosen = Signal(int)

    def __init__(self, count: int = 8) -> None:
        super().__init__()
        self.setAccessibleName("Similar images")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GAP)
        self.thumbs = [_Thumb(self) for _ in range(count)]
        for place, thumb in enumerate(self.thumbs):
            thumb.clicked.connect(lambda _=False, thumb=thumb: self._choose(thumb))
            grid.addWidget(thumb, place // COLUMNS, place % COLUMNS)

    def show_images(self, images: Sequence[Alike]) -> None:
        """Show these, the most similar first; the room of those that are missing stays."""
        for place, thumb in enumerate(self.thumbs):
            thumb.show_image(images[place] if place < len(images) else None)

    def _choose(self, thumb: "_Thumb") -> None:
        if thumb.shown is not None:
            self.chosen.emit(thumb.shown.id)


class _Thumb(QAbstractButton):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._row = parent
        self.shown: Alike | None = None
        self._cut: tuple[tuple[int, int], QPixmap] | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the focus on the image
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.show_image(None)

    def show_image(self, shown: Alike | None) -> None:
        self.shown = shown
        words = shown.words if shown else "No similar image"
        self.setToolTip(words)
        self.setAccessibleName(words)
        self.setEnabled(shown is not None)
        self.setCursor(Qt.CursorShape.PointingHandCursor if shown else Qt.CursorShape.ArrowCursor)
        self.update()

    def heightForWidth(self, width: int) -> int:
        return width

    def sizeHint(self) -> QSize:
        return QSize(theme.px(SIDE), theme.px(SIDE))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = self._row.width() - (COLUMNS - 1) * GAP  # all of one size, though some have a pixel more
        side = min(room // COLUMNS, self.width(), self.height())
        rect = QRect(0, 0, side, side).adjusted(1, 1, -1, -1)
        if self.shown is not None and self.shown.image is not None:
            painter.drawPixmap(rect.topLeft(), self._pixmap(self.shown.image, rect.width()))
            if self.shown.badge:
                font = theme.mono(10)
                draw_badge(painter, rect, font, self.shown.badge, False, self.shown.position)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.tokens().raised))
            painter.drawRoundedRect(rect, theme.RADIUS, theme.RADIUS)
        if self.shown is not None:
            draw_frame(painter, rect, False, self.hasFocus())

    def _pixmap(self, image: QImage, side: int) -> QPixmap:
        ratio = self.devicePixelRatioF()
        key = (image.cacheKey(), round(side * ratio))
        if self._cut is None or self._cut[0] != key:
            pixmap = cut(image, key[1], theme.RADIUS * ratio)
            pixmap.setDevicePixelRatio(ratio)
            self._cut = (key, pixmap)
        return self._cut[1]
