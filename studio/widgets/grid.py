"""The thumbnail grid: any number of square pictures, chosen by mouse or keyboard.

A QListView so that screen readers meet a list with items, but with its own geometry: Qt's layout visits every row
(4 s at a million), this one computes where a row is. The grid knows rows and roles (`roles.py`), never what they mean.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
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
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QRegion, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QAbstractScrollArea, QListView, QWidget

from studio import theme
from studio.widgets.lattice import GAP, MARGIN, Lattice
from studio.widgets.tiles import TilePainter

Index = QModelIndex | QPersistentModelIndex
Flag = QItemSelectionModel.SelectionFlag
Move = QAbstractItemView.CursorAction

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
        self._lattice = Lattice()
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
        self._side = px
        self._relayout()
        self.zoom.emit(px)

    def visible_rows(self) -> range:
        """The rows at least partly on screen."""
        top = self.verticalOffset()
        return self._lattice.rows_between(top, top + self.viewport().height())

    def selected_rows(self) -> NDArray[np.int64]:
        """The selected rows, ascending; fast for a million of them."""
        if self.selectionModel() is None:
            return np.empty(0, np.int64)
        selection = self.selectionModel().selection()
        spans = sorted((selection.at(k).top(), selection.at(k).bottom()) for k in range(selection.count()))
        ranges, beyond = [np.empty(0, np.int64)], 0
        for top, bottom in spans:  # np.unique over a million rows takes 0.7 s
            ranges.append(np.arange(max(top, beyond), bottom + 1, dtype=np.int64))
            beyond = max(beyond, bottom + 1)
        return np.concatenate(ranges)

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
        return self._lattice.rect(index.row()).translated(0, -self.verticalOffset())

    def indexAt(self, point: QPoint) -> QModelIndex:
        row = self._lattice.row_at(point + QPoint(0, self.verticalOffset()))
        return QModelIndex() if row is None else self._index(row)

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
        self._lattice = Lattice.fit(self._count(), self.viewport().width(), self._side)
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, self._lattice.height - self.viewport().height()))
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(max(16, self._lattice.pitch // 3))

    def doItemsLayout(self) -> None:
        QAbstractItemView.doItemsLayout(self)
        self._tell_visible()

    def resizeEvent(self, event: QResizeEvent) -> None:
        QAbstractItemView.resizeEvent(self, event)
        self._relayout()

    def _relayout(self) -> None:
        """Lay out anew with the current row, or the first in sight, where it was."""
        rows, current = self.visible_rows(), self.currentIndex()
        held = current.row() if current.isValid() and current.row() in rows else rows.start
        before = self._lattice.rect(held).top() - self.verticalOffset()
        self.updateGeometries()
        self.verticalScrollBar().setValue(self._lattice.rect(held).top() - before)
        self.viewport().update()
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
        page = max(1, self.viewport().height() // self._lattice.pitch)
        lines, along = {
            Move.MoveLeft: (0, -1),
            Move.MoveRight: (0, 1),
            Move.MovePrevious: (0, -1),
            Move.MoveNext: (0, 1),
            Move.MoveUp: (-1, 0),
            Move.MoveDown: (1, 0),
            Move.MovePageUp: (-page, 0),
            Move.MovePageDown: (page, 0),
            Move.MoveHome: (0, -count),
            Move.MoveEnd: (0, count),
        }[action]
        return self._index(self._lattice.step(current.row(), lines, along))

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
        found = QItemSelection()
        for first, last in self._lattice.runs(content):
            found.append(self._span(first, last))
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

    def sizeHint(self) -> QSize:
        return QSize(6 * (DEFAULT_SIDE + GAP) + 2 * MARGIN, 4 * (DEFAULT_SIDE + GAP) + 2 * MARGIN)

    # Rows

    def _count(self) -> int:
        return self.model().rowCount() if self.model() is not None else 0

    def _index(self, row: int) -> QModelIndex:
        return self.model().index(row, 0)

    def _span(self, first: int, last: int) -> QItemSelectionRange:
        return QItemSelectionRange(self._index(first), self._index(last))

    def _tell_visible(self) -> None:
        rows = self.visible_rows()
        shown = (rows.start, rows.stop - 1)
        if shown != self._shown:
            self._shown = shown
            self.visible.emit(*shown)

    def _restyle(self) -> None:
        self._tiles.forget()
        self.viewport().update()
