"""The thumbnail grid: any number of square pictures, chosen by mouse or keyboard.

A QListView so that screen readers meet a list with items, but with its own geometry: Qt's layout visits every row
(4 s at a million), this one computes where a row is. The grid knows rows and roles (`roles.py`), never what they mean.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractItemModel,
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QRegion, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QAbstractScrollArea, QListView, QWidget

from studio import theme
from studio.widgets.tiles import TilePainter

Index = QModelIndex | QPersistentModelIndex
Flag = QItemSelectionModel.SelectionFlag
Move = QAbstractItemView.CursorAction

GAP, MARGIN, RIGHT = 8, 16, 4  # px; the scroll bar makes up the right margin
MIN_SIDE, MAX_SIDE, DEFAULT_SIDE = 48, 384, 96  # px
ZOOM_STEP = 1.15
_MOVES = {
    Qt.Key.Key_Left: Move.MoveLeft,
    Qt.Key.Key_Right: Move.MoveRight,
    Qt.Key.Key_Up: Move.MoveUp,
    Qt.Key.Key_Down: Move.MoveDown,
    Qt.Key.Key_Home: Move.MoveHome,
    Qt.Key.Key_End: Move.MoveEnd,
    Qt.Key.Key_PageUp: Move.MovePageUp,
    Qt.Key.Key_PageDown: Move.MovePageDown,
}
_ZOOMS = {Qt.Key.Key_Plus: 1, Qt.Key.Key_Equal: 1, Qt.Key.Key_Minus: -1}


class ThumbnailGrid(QListView):
    """Square thumbnails of the rows of a list model.

    Enter or a double click emits `activated(index)`. `zoom(px)` follows the wished side of a thumbnail, `visible(first,
    last)` the rows on screen, `chosen()` every change of the selection.
    """

    zoom = Signal(int)
    visible = Signal(int, int)
    chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._side = DEFAULT_SIDE
        self._columns = 1
        self._tile = DEFAULT_SIDE
        self._shown = (0, -1)
        self._anchor = 0
        self._press: QPoint | None = None  # in content coordinates
        self._band: QRect | None = None
        self._band_base = QItemSelection()
        self._pointer = QPoint()
        self._tiles = TilePainter()
        self._drift = QTimer(self, interval=30)
        self._drift.timeout.connect(self._scroll_with_band)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # as needed: the layout never settles
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAutoScroll(False)  # a click never moves the picture under the pointer
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAccessibleName("Images")
        theme.watch.changed.connect(self._restyle)

    # What others ask

    def side(self) -> int:
        """The wished side of a thumbnail in px; the drawn one is a little larger so that a row fills the width."""
        return self._side

    def set_side(self, px: int) -> None:
        """Change the size of the thumbnails; what is current or first in sight stays where it is."""
        px = min(MAX_SIDE, max(MIN_SIDE, px))
        if px == self._side:
            return
        row = self._row_to_hold()
        before = self._rect(row).top()
        self._side = px
        self.updateGeometries()
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + self._rect(row).top() - before)
        self.viewport().update()
        self._tell_visible()
        self.zoom.emit(px)

    def visible_rows(self) -> range:
        """The rows at least partly on screen."""
        pitch = self._tile + GAP
        top = self.verticalOffset() - MARGIN
        first = max(0, (top + GAP) // pitch) * self._columns
        last = (top + self.viewport().height()) // pitch * self._columns + self._columns
        return range(min(first, self._count()), max(0, min(last, self._count())))

    def selected_rows(self) -> NDArray[np.int64]:
        """The selected rows, ascending; fast for a million of them."""
        model = self.selectionModel()
        if model is None:
            return np.empty(0, np.int64)
        selection = model.selection()
        spans = [selection.at(k) for k in range(selection.count())]
        ranges = [np.arange(span.top(), span.bottom() + 1, dtype=np.int64) for span in spans]
        return np.unique(np.concatenate(ranges)) if ranges else np.empty(0, np.int64)

    def select_rows(self, rows: NDArray[np.int64], current: int | None = None) -> None:
        """Select exactly `rows` and, if given, make `current` the current row and bring it into sight."""
        selection = QItemSelection()
        rows = np.unique(rows[(rows >= 0) & (rows < self._count())])
        for run in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1) if rows.size else ():
            selection.append(self._span(int(run[0]), int(run[-1])))
        self.selectionModel().select(selection, Flag.ClearAndSelect)
        if current is not None and 0 <= current < self._count():
            self._anchor = current
            self.selectionModel().setCurrentIndex(self._index(current), Flag.NoUpdate)
            self.scrollTo(self._index(current))

    # Geometry

    def visualRect(self, index: Index) -> QRect:
        if not index.isValid():
            return QRect()
        return self._rect(index.row()).translated(0, -self.verticalOffset())

    def indexAt(self, point: QPoint) -> QModelIndex:
        pitch = self._tile + GAP
        x, y = point.x() - MARGIN, point.y() + self.verticalOffset() - MARGIN
        column, line = x // pitch, y // pitch
        inside = x >= 0 and y >= 0 and column < self._columns and x % pitch < self._tile and y % pitch < self._tile
        row = line * self._columns + column
        return self._index(row) if inside and row < self._count() else QModelIndex()

    def scrollTo(
        self, index: Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        if not index.isValid():
            return
        rect, height, bar = self.visualRect(index), self.viewport().height(), self.verticalScrollBar()
        hints = QAbstractItemView.ScrollHint
        if hint == hints.PositionAtCenter:
            bar.setValue(bar.value() + rect.center().y() - height // 2)
        elif hint == hints.PositionAtTop or (rect.top() < GAP and hint == hints.EnsureVisible):
            bar.setValue(bar.value() + rect.top() - GAP)
        elif hint == hints.PositionAtBottom or rect.bottom() > height - GAP:
            bar.setValue(bar.value() + rect.bottom() - height + GAP)

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def horizontalOffset(self) -> int:
        return 0

    def updateGeometries(self) -> None:
        room = max(1, self.viewport().width() - MARGIN - RIGHT)
        self._columns = max(1, (room + GAP) // (self._side + GAP))
        self._tile = max(1, (room - GAP * (self._columns - 1)) // self._columns)
        lines = -(-self._count() // self._columns)
        height = 2 * MARGIN + lines * (self._tile + GAP) - GAP if lines else 0
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, height - self.viewport().height()))
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(max(16, (self._tile + GAP) // 3))

    def doItemsLayout(self) -> None:
        QAbstractItemView.doItemsLayout(self)
        self._tell_visible()

    def resizeEvent(self, event: QResizeEvent) -> None:
        row = self._row_to_hold()
        before = self._rect(row).top()
        QAbstractItemView.resizeEvent(self, event)
        self.updateGeometries()
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + self._rect(row).top() - before)
        self._tell_visible()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()
        self._tell_visible()

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        return QRegion(self.viewport().rect())  # Qt's own visits every selected row

    # Model and selection

    def reset(self) -> None:
        self._anchor = 0
        self._shown = (0, -1)
        super().reset()

    def dataChanged(self, first: Index, last: Index, roles: Sequence[int] = ()) -> None:
        rows = self.visible_rows()
        if last.row() >= rows.start and first.row() < rows.stop:
            one = first.row() == last.row()
            self.viewport().update(self.visualRect(first).adjusted(-4, -4, 4, 4) if one else self.viewport().rect())

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        self.viewport().update()
        self.chosen.emit()

    def selectAll(self) -> None:
        if self._count():
            whole = QItemSelection()
            whole.append(self._span(0, self._count() - 1))
            self.selectionModel().select(whole, Flag.ClearAndSelect)

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        content = rect.normalized().translated(0, self.verticalOffset())
        self.selectionModel().select(self._touched(content), command)

    def keyboardSearch(self, search: str) -> None:
        """Letters and digits are commands of the page, not a search through a million rows."""

    # Keyboard

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        count = self._count()
        if not count:
            return QModelIndex()
        current = self.currentIndex()
        if not current.isValid():
            return self._index(0)
        page = max(1, self.viewport().height() // (self._tile + GAP)) * self._columns
        steps = {
            Move.MoveLeft: -1,
            Move.MoveRight: 1,
            Move.MovePrevious: -1,
            Move.MoveNext: 1,
            Move.MoveUp: -self._columns,
            Move.MoveDown: self._columns,
            Move.MovePageUp: -page,
            Move.MovePageDown: page,
            Move.MoveHome: -count,
            Move.MoveEnd: count,
        }
        row = current.row() + steps[action]
        if action == Move.MoveUp and row < 0:
            row = current.row()
        if action == Move.MoveDown and row >= count and current.row() // self._columns == (count - 1) // self._columns:
            row = current.row()
        return self._index(min(count - 1, max(0, row)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, modifiers = Qt.Key(event.key()), event.modifiers()
        control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        current = self.currentIndex()
        if key in _MOVES:
            self._go(self.moveCursor(_MOVES[key], modifiers), modifiers)
        elif control and key == Qt.Key.Key_A:
            self.selectAll()
        elif control and key in _ZOOMS:
            self.set_side(round(self._side * ZOOM_STEP ** _ZOOMS[key]))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and current.isValid():
            self.activated.emit(current)
        elif key == Qt.Key.Key_Space and current.isValid():
            self.selectionModel().select(current, Flag.Toggle if control else Flag.ClearAndSelect)
        elif key == Qt.Key.Key_Escape and self._band is not None:
            self._end_band()
        else:
            event.ignore()  # the page's commands

    def _go(self, index: QModelIndex, modifiers: Qt.KeyboardModifier) -> None:
        if not index.isValid():
            return
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            self._extend(index)
        elif modifiers & Qt.KeyboardModifier.ControlModifier:
            self.selectionModel().setCurrentIndex(index, Flag.NoUpdate)
        else:
            self._anchor = index.row()
            self.selectionModel().setCurrentIndex(index, Flag.ClearAndSelect)
        self.scrollTo(index)

    def _extend(self, index: QModelIndex) -> None:
        span = QItemSelection()  # one range, however long: a range per row takes seconds
        span.append(self._span(*sorted((min(self._anchor, self._count() - 1), index.row()))))
        self.selectionModel().select(span, Flag.ClearAndSelect)
        self.selectionModel().setCurrentIndex(index, Flag.NoUpdate)

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        modifiers = event.modifiers()
        if event.button() == Qt.MouseButton.RightButton and index.isValid():
            if not self.selectionModel().isSelected(index):
                self._go(index, Qt.KeyboardModifier.NoModifier)
            return
        if event.button() != Qt.MouseButton.LeftButton or self.selectionModel() is None:
            return
        control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        self._press = event.position().toPoint() + QPoint(0, self.verticalOffset())
        self._band_base = QItemSelection(self.selectionModel().selection()) if control else QItemSelection()
        if not index.isValid():
            if not control and not modifiers & Qt.KeyboardModifier.ShiftModifier:
                self.clearSelection()
        elif modifiers & Qt.KeyboardModifier.ShiftModifier:
            self._extend(index)
        else:
            self._anchor = index.row()
            self.selectionModel().setCurrentIndex(index, Flag.Toggle if control else Flag.ClearAndSelect)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._press is None:
            return
        self._pointer = event.position().toPoint()
        moved = self._pointer + QPoint(0, self.verticalOffset()) - self._press
        if self._band is not None or moved.manhattanLength() >= GAP:
            self._draw_band()
            self._drift.start()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        banded = self._band is not None
        self._end_band()
        index = self.indexAt(event.position().toPoint())
        if not banded and index.isValid() and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(index)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and event.button() == Qt.MouseButton.LeftButton:
            self.doubleClicked.emit(index)
            self.activated.emit(index)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_side(round(self._side * ZOOM_STEP ** (event.angleDelta().y() / 120)))
            event.accept()
        else:
            QAbstractScrollArea.wheelEvent(self, event)

    def _draw_band(self) -> None:
        assert self._press is not None
        corner = self._pointer + QPoint(0, self.verticalOffset())
        self._band = QRect(self._press, corner).normalized()
        selection = QItemSelection(self._band_base)
        selection.merge(self._touched(self._band), Flag.Select)
        self.selectionModel().select(selection, Flag.ClearAndSelect)
        self.viewport().update()

    def _scroll_with_band(self) -> None:
        over = self._pointer.y() - max(0, min(self._pointer.y(), self.viewport().height()))
        if self._band is not None and over:
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + max(-60, min(60, over)))
            self._draw_band()

    def _end_band(self) -> None:
        self._drift.stop()
        self._press = self._band = None
        self.viewport().update()

    def _touched(self, content: QRect) -> QItemSelection:
        """What a rectangle in content coordinates touches: one range a line of tiles, one in all if lines are whole."""
        pitch, found = self._tile + GAP, QItemSelection()
        left, right = max(0, (content.left() - MARGIN + GAP) // pitch), (content.right() - MARGIN) // pitch
        top, bottom = max(0, (content.top() - MARGIN + GAP) // pitch), (content.bottom() - MARGIN) // pitch
        right, last = min(right, self._columns - 1), self._count() - 1
        bottom = min(bottom, last // self._columns) if last >= 0 else -1
        if left > right or top > bottom:
            return found
        if left == 0 and right == self._columns - 1:
            found.append(self._span(top * self._columns, min(last, bottom * self._columns + right)))
            return found
        for line in range(top, bottom + 1):
            start, end = line * self._columns + left, min(last, line * self._columns + right)
            if start <= end:
                found.append(self._span(start, end))
        return found

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        selection, current = self.selectionModel(), self.currentIndex()
        focused = self.hasFocus()
        for row in self.visible_rows():
            index = self._index(row)
            rect = self.visualRect(index)
            if not event.rect().intersects(rect.adjusted(-4, -4, 4, 4)):
                continue
            ring = focused and row == current.row()
            self._tiles.paint(painter, rect, index, selection.isSelected(index), ring, self.isEnabled())
        if self._band is not None:
            self._tiles.paint_band(painter, self._band.translated(0, -self.verticalOffset()))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if not self.currentIndex().isValid() and self._count():
            self.selectionModel().setCurrentIndex(self._index(0), Flag.NoUpdate)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def sizeHint(self) -> QSize:
        return QSize(6 * (DEFAULT_SIDE + GAP) + 2 * MARGIN, 4 * (DEFAULT_SIDE + GAP) + 2 * MARGIN)

    # Rows

    def _model(self) -> QAbstractItemModel | None:
        return self.model()

    def _count(self) -> int:
        model = self._model()
        return model.rowCount() if model is not None else 0

    def _index(self, row: int) -> QModelIndex:
        return self.model().index(row, 0)

    def _span(self, first: int, last: int) -> QItemSelectionRange:
        return QItemSelectionRange(self._index(first), self._index(last))

    def _rect(self, row: int) -> QRect:
        line, column = divmod(row, self._columns)
        pitch = self._tile + GAP
        return QRect(MARGIN + column * pitch, MARGIN + line * pitch, self._tile, self._tile)

    def _row_to_hold(self) -> int:
        rows, current = self.visible_rows(), self.currentIndex()
        return current.row() if current.isValid() and current.row() in rows else rows.start

    def _tell_visible(self) -> None:
        rows = self.visible_rows()
        shown = (rows.start, rows.stop - 1)
        if shown != self._shown:
            self._shown = shown
            self.visible.emit(*shown)

    def _restyle(self) -> None:
        self._tiles.forget()
        self.viewport().update()
