"""A confusion matrix to look at and to choose cells from: right answers in the accent, mistakes in red."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio import theme
from studio.widgets.marks import luminance

Mode = Literal["count", "row", "column"]
MAX_CELL = 64  # px at 100 % text
_NAME_SHARE = 0.25  # of the width that the names of the rows may take
_STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class ConfusionMatrix(QWidget):
    """Rows are the true classes, columns the predicted ones. A click, or arrows and Enter, emits
    `cell_chosen(true, predicted)`; Esc takes the choice back and emits `cell_chosen(-1, -1)`.
    """

    cell_chosen = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: NDArray[np.int64] = np.zeros((0, 0), np.int64)
        self._names: tuple[str, ...] = ()
        self._mode: Mode = "count"
        self._shares: NDArray[np.float64] = np.zeros((0, 0))
        self._weights: NDArray[np.float64] = np.zeros((0, 0))
        self._chosen: tuple[int, int] | None = None
        self._current = (0, 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setAccessibleName("Confusion matrix")
        self._place = QPointF(), 1.0  # corner of the first cell, side of a cell
        theme.watch.changed.connect(self._measure)

    def set_counts(self, counts: NDArray[np.int64], names: Sequence[str]) -> None:
        """Show `counts` (C,C), rows true, columns predicted; the chosen cell stays if the classes are the same."""
        assert counts.shape == (len(names), len(names)), f"{counts.shape} for {len(names)} classes"
        if tuple(names) != self._names:
            self._chosen, self._current = None, (0, 0)
        self._counts, self._names = counts.astype(np.int64), tuple(names)
        self._weigh()

    def set_mode(self, mode: Mode) -> None:
        """Show counts, or percent of the row (of what was there) or of the column (of what was said)."""
        self._mode = mode
        self._weigh()

    def chosen(self) -> tuple[int, int] | None:
        """The chosen cell as (true, predicted)."""
        return self._chosen

    def choose(self, true: int, predicted: int) -> None:
        """Mark a cell as chosen, without a signal."""
        self._chosen = self._current = (true, predicted)
        self._tell()

    def clear_choice(self) -> None:
        """Mark no cell, without a signal."""
        self._chosen = None
        self._tell()

    def cell_text(self, true: int, predicted: int) -> str:
        """What a cell shows: a count, or percent with one decimal."""
        if self._mode == "count":
            return f"{self._counts[true, predicted]:,}"
        return f"{100 * self._shares[true, predicted]:.1f}"

    def cell_words(self, true: int, predicted: int) -> str:
        """A cell in a sentence."""
        count = int(self._counts[true, predicted])
        images = "1 image" if count == 1 else f"{count:,} images"
        row = 100 * count / max(1, int(self._counts[true].sum()))
        said = "read right" if true == predicted else f"read as {self._names[predicted]}"
        return f"{self._names[true]} {said}: {images}, {row:.1f} % of all {self._names[true]}"

    def cell_rect(self, true: int, predicted: int) -> QRectF:
        """Where a cell is drawn."""
        corner, side = self._place
        return QRectF(corner.x() + predicted * side, corner.y() + true * side, side, side)

    def sizeHint(self) -> QSize:
        side = theme.px(46) * max(2, min(12, len(self._names)))
        return QSize(side + theme.px(40), side + theme.px(48))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(240), theme.px(240))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._measure()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            cell = self._cell_at(event.pos())
            QToolTip.showText(event.globalPos(), self.cell_words(*cell) if cell else "", self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self._cell_at(event.position().toPoint())
        if cell is not None and event.button() == Qt.MouseButton.LeftButton:
            self._choose(cell)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = self._cell_at(event.position().toPoint()) is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, last = Qt.Key(event.key()), len(self._names) - 1
        if last < 0:
            event.ignore()
        elif key in _STEPS:
            down, right = _STEPS[key]
            true, predicted = self._current
            self._current = (min(last, max(0, true + down)), min(last, max(0, predicted + right)))
            self._tell()
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._current = (self._current[0], 0 if key == Qt.Key.Key_Home else last)
            self._tell()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(self._current)
        elif key == Qt.Key.Key_Escape and self._chosen is not None:
            self._chosen = None
            self._tell()
            self.cell_chosen.emit(-1, -1)
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._tell()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(1.0 if self.isEnabled() else 0.4)
        if not self._names:
            painter.setPen(QColor(theme.tokens().muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "No predictions to compare yet.")
            return
        self._paint_names(painter)
        self._paint_cells(painter)
        self._paint_marks(painter)

    def _paint_names(self, painter: QPainter) -> None:
        t, (corner, side) = theme.tokens(), self._place
        whole = side * len(self._names)
        painter.setPen(QColor(t.muted))
        painter.setFont(theme.sans(12))
        centre, bottom = Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignBottom
        painter.drawText(QRectF(corner.x(), 0, whole, theme.px(18)), centre | bottom, "predicted")
        painter.save()
        painter.translate(theme.px(9), corner.y() + whole / 2)
        painter.rotate(-90)
        painter.drawText(QRectF(-whole / 2, -theme.px(9), whole, theme.px(18)), Qt.AlignmentFlag.AlignCenter, "true")
        painter.restore()
        font = self._name_font(side)
        metrics = QFontMetrics(font)
        every = max(1, -(-metrics.height() // max(1, int(side))))  # with many classes only every n-th name has room
        painter.setFont(font)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for k in range(0, len(self._names), every):
            room = int(corner.x() - theme.px(20) - 8)
            words = metrics.elidedText(self._names[k], Qt.TextElideMode.ElideRight, room)
            height = max(side, metrics.height())
            middle = corner.y() + (k + 0.5) * side
            painter.drawText(QRectF(theme.px(20), middle - height / 2, room, height), right, words)
            self._paint_column_name(painter, QPointF(corner.x() + (k + 0.5) * side, corner.y() - 6), self._names[k])

    def _paint_column_name(self, painter: QPainter, foot: QPointF, name: str) -> None:
        """The name of a column above `foot`, upright where names are longer than a cell is wide."""
        metrics, side = painter.fontMetrics(), self._place[1]
        room = int(foot.y() - theme.px(20))
        if not self._upright(side):
            box = QRectF(foot.x() - side, foot.y() - metrics.height(), 2 * side, metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom, name)
            return
        painter.save()
        painter.translate(foot)
        painter.rotate(-90)
        words = metrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
        box = QRectF(0, -metrics.height() / 2, room, metrics.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
        painter.restore()

    def _paint_cells(self, painter: QPainter) -> None:
        t, side = theme.tokens(), self._place[1]
        gap = 2.0 if side >= 20 else 1.0 if side >= 8 else 0.0
        radius = 3.0 if side >= 20 else 0.0
        font = theme.mono(12 if side >= theme.px(30) else 10, QFont.Weight.Medium)
        numbers = side >= theme.px(18) and QFontMetrics(font).horizontalAdvance("0") * self._widest() <= side - gap - 2
        painter.setFont(font)
        for true, predicted in np.ndindex(*self._counts.shape):
            fill = self._fill(true, predicted)
            rect = self.cell_rect(true, predicted).adjusted(gap / 2, gap / 2, -gap / 2, -gap / 2)
            if fill is not None:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(fill)
                painter.drawRoundedRect(rect, radius, radius)
            if numbers:
                ink = _ink(fill) if fill is not None else theme.blend(t.background, t.muted, 0.5)
                painter.setPen(ink)
                painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self.cell_text(true, predicted))

    def _widest(self) -> int:
        return max(len(self.cell_text(true, predicted)) for true, predicted in np.ndindex(*self._counts.shape))

    def _fill(self, true: int, predicted: int) -> QColor | None:
        """The colour of a cell: the surer or the more, the fuller; none for an empty one."""
        if not self._counts[true, predicted]:
            return None
        t = theme.tokens()
        weight = float(self._weights[true, predicted])
        if true == predicted:
            return theme.blend(t.background, t.accent, 0.25 + 0.75 * weight)
        return theme.blend(t.background, t.bad, 0.12 + 0.78 * weight)

    def _paint_marks(self, painter: QPainter) -> None:
        t = theme.tokens()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._chosen is not None:
            painter.setPen(QPen(QColor(t.text), 2))
            painter.drawRoundedRect(self.cell_rect(*self._chosen), 4, 4)
        if self.hasFocus():
            painter.setPen(QPen(QColor(t.accent), 2))
            rect = self.cell_rect(*self._current)
            painter.drawRoundedRect(rect.adjusted(-2, -2, 2, 2), 6, 6)

    def _weigh(self) -> None:
        """Shares for the mode, and how full each colour is: right answers and mistakes each against their largest."""
        counts = self._counts.astype(float)
        sums = {"count": np.array(1.0), "row": counts.sum(1, keepdims=True), "column": counts.sum(0, keepdims=True)}
        total = sums[self._mode]
        self._shares = np.divide(counts, total, out=np.zeros_like(counts), where=total > 0)
        right = np.eye(len(self._names), dtype=bool)
        self._weights = np.zeros_like(counts)
        for part in (right, ~right):
            largest = self._shares[part].max(initial=0.0)
            if largest > 0:
                self._weights[part] = self._shares[part] / largest
        self._measure()
        self._tell()

    def _measure(self) -> None:
        """Find the corner of the first cell and the side of a cell; kept, as a hundred classes ask 10,000 times."""
        n = max(1, len(self._names))
        metrics = QFontMetrics(theme.sans(12))
        widest = max((metrics.horizontalAdvance(name) for name in self._names), default=0)
        limit = self.width() * _NAME_SHARE
        left = theme.px(20) + min(widest, limit) + 8
        side = min((self.width() - left - 4) / n, theme.px(MAX_CELL))
        head = min(widest, limit, self.height() * _NAME_SHARE) if self._upright(side) else metrics.height()
        top = theme.px(20) + head + 8
        side = max(1.0, min(side, (self.height() - top - 4) / n))
        self._place = QPointF(left, top), float(int(side)) if side >= 8 else side
        self.update()

    def _upright(self, side: float) -> bool:
        metrics = QFontMetrics(self._name_font(side))
        return any(metrics.horizontalAdvance(name) > side - 4 for name in self._names) and any(
            len(name) > 2 for name in self._names
        )

    def _name_font(self, side: float) -> QFont:
        return theme.sans(12 if side >= theme.px(16) else 10)

    def _cell_at(self, point: QPoint) -> tuple[int, int] | None:
        corner, side = self._place
        n = len(self._names)
        predicted, true = int((point.x() - corner.x()) // side), int((point.y() - corner.y()) // side)
        return (true, predicted) if 0 <= true < n and 0 <= predicted < n else None

    def _choose(self, cell: tuple[int, int]) -> None:
        self._chosen = self._current = cell
        self._tell()
        self.cell_chosen.emit(*cell)

    def _tell(self) -> None:
        """Repaint, and let screen readers hear the current cell."""
        if self._names:
            self.setAccessibleDescription(self.cell_words(*self._current))
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))
        self.update()


def _ink(fill: QColor) -> QColor:
    """White on dark fills, black on bright ones."""
    return QColor("#ffffff") if luminance(fill) < 0.24 else QColor("#0c1420")
