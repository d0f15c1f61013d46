"""Choosing rows of a grid by mouse and keyboard: single ones, spans, a rubber band, a whole section, all.

What `ThumbnailGrid` is built on. It never visits rows one by one: a selection is a handful of spans.
"""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QPoint,
    QRect,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QListView, QWidget

from studio.widgets.lattice import GAP, Lattice, Sections

Flag = QItemSelectionModel.SelectionFlag
Move = QAbstractItemView.CursorAction

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


class SelectingView(QListView):
    """`dragged()` when a selected row is pulled away, to carry the selection elsewhere; `spaced()` on the space bar."""

    dragged = Signal()
    spaced = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lattice = Lattice()
        self._sections = Sections()
        self._anchor = 0
        self._press: QPoint | None = None  # in content coordinates
        self._band: QRect | None = None
        self._band_base = QItemSelection()
        self._pulled: QModelIndex | None = None  # a selected row that was pressed: it is dragged, or chosen alone
        self._pointer = QPoint()
        self._drift = QTimer(self, interval=30)
        self._drift.timeout.connect(self._scroll_with_band)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)

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
        rows = np.unique(rows[(rows >= 0) & (rows < self.count())])
        for run in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1) if rows.size else ():
            selection.append(self._span(int(run[0]), int(run[-1])))
        self.selectionModel().select(selection, Flag.ClearAndSelect)
        if current is not None and 0 <= current < self.count():
            self._anchor = current
            self.selectionModel().setCurrentIndex(self.index_of(current), Flag.NoUpdate)
            self.scrollTo(self.index_of(current))

    def selectAll(self) -> None:
        if self.count():
            whole = QItemSelection()
            whole.append(self._span(0, self.count() - 1))
            self.selectionModel().select(whole, Flag.ClearAndSelect)

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        content = rect.normalized().translated(0, self.verticalOffset())
        self.selectionModel().select(self._touched(content), command)

    def keyboardSearch(self, search: str) -> None:
        """Letters and digits are commands of the page, not a search through a million rows."""

    # Keyboard

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        count = self.count()
        if not count:
            return QModelIndex()
        current = self.currentIndex()
        if not current.isValid():
            return self.index_of(0)
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
        return self.index_of(self._lattice.step(current.row(), lines, along))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, modifiers = Qt.Key(event.key()), event.modifiers()
        control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        current = self.currentIndex()
        if key in _MOVES:
            self._go(self.moveCursor(_MOVES[key], modifiers), modifiers)
        elif control and key == Qt.Key.Key_A:
            self.selectAll()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and current.isValid():
            self.activated.emit(current)
        elif key == Qt.Key.Key_Space and control and current.isValid():
            self.selectionModel().select(current, Flag.Toggle)
        elif key == Qt.Key.Key_Space:
            self.spaced.emit()
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
        span.append(self._span(*sorted((min(self._anchor, self.count() - 1), index.row()))))
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
        self._pulled = None
        section = self._lattice.section_at(self._press)
        if section is not None:
            self._choose_section(section, control)
        elif not index.isValid():
            if not control and not modifiers & Qt.KeyboardModifier.ShiftModifier:
                self.clearSelection()
        elif not control and not modifiers and self.selectionModel().isSelected(index):
            self._pulled = index
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
        if self._pulled is not None:
            if moved.manhattanLength() >= QApplication.startDragDistance():
                self._pulled = self._press = None
                self.dragged.emit()
            return
        if self._band is not None or moved.manhattanLength() >= GAP:
            self._draw_band()
            self._drift.start()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        banded = self._band is not None
        self._end_band()
        index = self.indexAt(event.position().toPoint())
        if self._pulled is not None and self._pulled == index:
            self._go(index, Qt.KeyboardModifier.NoModifier)
        self._pulled = None
        if not banded and index.isValid() and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(index)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and event.button() == Qt.MouseButton.LeftButton:
            self.doubleClicked.emit(index)
            self.activated.emit(index)

    def _choose_section(self, section: int, add: bool) -> None:
        rows = self._sections.rows(section, self.count())
        span = QItemSelection()
        span.append(self._span(rows[0], rows[-1]))
        self._anchor = rows[0]
        self.selectionModel().select(span, Flag.Select if add else Flag.ClearAndSelect)
        self.selectionModel().setCurrentIndex(self.index_of(rows[0]), Flag.NoUpdate)

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

    # Rows

    def count(self) -> int:
        return self.model().rowCount() if self.model() is not None else 0

    def index_of(self, row: int) -> QModelIndex:
        return self.model().index(row, 0)

    def _span(self, first: int, last: int) -> QItemSelectionRange:
        return QItemSelectionRange(self.index_of(first), self.index_of(last))
