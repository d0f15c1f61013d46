"""A sheet of samples with words above or below its columns."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.augment.preview import Pixels
from studio import theme
from studio.pages.augment.state import Written
from studio.widgets.lattice import GAP
from studio.widgets.sheet import SampleSheet

RIM = 4  # px of the sheet around its tiles
_LABEL = 20  # px, height of the words


class LabelledSheet(QWidget):
    """A sheet whose tiles begin at the left edge, with words above (or below) each column."""

    resized = Signal()

    def __init__(self, name: str, below: bool = False) -> None:
        super().__init__()
        self._below = below
        self._labels: Sequence[str] = ()
        self._shape = 1, 1, 1  # columns, lines, side of the samples
        self.sheet = SampleSheet(self)
        self.sheet.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(theme.px(_LABEL) + 60)
        theme.watch.changed.connect(self._place)

    def set_samples(self, pixels: Pixels, columns: int, labels: Sequence[str], marks: Sequence[Written] = ()) -> None:
        """Show samples with what is written on them, and the words of each column."""
        shape = (columns, max(1, -(-len(pixels) // max(1, columns))), pixels.shape[1])
        self._labels = labels
        if shape != self._shape:
            self._shape = shape
            self._place()
        badges, bad, tips = ([getattr(mark, name) for mark in marks] for name in ("badge", "bad", "tip"))
        self.sheet.set_samples(pixels, columns, badges, bad, tips)
        self.update()

    def labels(self) -> Sequence[str]:
        return self._labels

    def room(self) -> tuple[int, int]:
        """Width and height for the tiles."""
        return self.width() - 2 * RIM, self.height() - 2 * RIM - theme.px(_LABEL)

    def fit_height(self, width: int, columns: int, most: int) -> None:
        """Be as high as one line of `columns` tiles needs that is `width` px wide; tiles of `most` px at most."""
        side = min(most, (width - GAP * (columns - 1)) // columns)
        self.setFixedHeight(side + 2 * RIM + theme.px(_LABEL))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()
        self.resized.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(QColor(theme.tokens().muted))
        painter.setFont(theme.sans(12) if self._below else theme.mono(11))
        for column, text in enumerate(self._labels):
            tile = self.sheet.tile_rect(column).translated(self.sheet.pos())
            top = tile.bottom() + 2 if self._below else 0
            room = QRect(tile.left() - GAP // 2, top, tile.width() + GAP, theme.px(_LABEL))
            said = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, said)

    def _place(self) -> None:
        columns, lines, samples = self._shape
        width, height = self.room()
        wide, high = (width - GAP * (columns - 1)) // columns, (height - GAP * (lines - 1)) // lines
        side = max(1, min(wide, high, SampleSheet.largest(samples)))
        used = [n * (side + GAP) - GAP + 2 * RIM for n in (columns, lines)]
        self.sheet.setGeometry(0, 0 if self._below else theme.px(_LABEL), *used)
