"""Names with bars in columns, to compare down and across; every bar can be chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from studio import theme
from studio.widgets.marks import draw_mark

ROW, COLUMN, NAMES = 28, 156, 200  # px: height of a row, least width of a column, most width of the names
_BAR = 6  # px
_PERCENT = "100.0 %"
_CELL, _POSITION = Qt.ItemDataRole.UserRole + 1, Qt.ItemDataRole.UserRole + 2
_NOWHERE = QModelIndex()


@dataclass(frozen=True)
class Bar:
    """A cell: a number, its share in [0, 1] (None draws no bar), what it says in a sentence, whether it is chosen."""

    count: int
    share: float | None
    words: str
    chosen: bool = False


@dataclass(frozen=True)
class BarRow:
    """A name with a bar for each column; `position` is that of its class (-1 none)."""

    title: str
    position: int
    bars: tuple[Bar, ...]


class BarTable(QTableView):
    """A click on a bar, or Enter or Space on it, emits `chosen(row, column)`."""

    chosen = Signal(int, int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.bars = _Bars()
        self.setModel(self.bars)
        self.setItemDelegate(_BarDelegate(self))
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalHeader(_Names(self))
        across = self.horizontalHeader()
        across.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        across.setHighlightSections(False)
        across.setSectionsClickable(False)
        # The bar with the focus has a ring of its own.
        self.setStyleSheet(
            "QTableView:focus { border: none; }"
            " QTableCornerButton::section, QAbstractScrollArea::corner { background: transparent; border: none; }"
        )
        self.clicked.connect(self._choose)
        theme.watch.changed.connect(self._fit)
        self._fit()

    def show_rows(self, columns: Sequence[str], rows: Sequence[BarRow]) -> None:
        """Show these; the place in the table stays where it is."""
        at = self.currentIndex().row(), self.currentIndex().column()
        self.bars.set_rows(tuple(columns), tuple(rows))
        self._widen()
        if rows and columns:
            row, column = min(max(at[0], 0), len(rows) - 1), min(max(at[1], 0), len(columns) - 1)
            self.setCurrentIndex(self.bars.index(row, column))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(self.currentIndex())
        elif event.text().isalnum():
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(index.row(), index.column())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._widen()

    def _widen(self) -> None:
        """Columns share the room; where that is too little, they scroll."""
        count = max(1, len(self.bars.columns))
        wide = max(theme.px(COLUMN), self.viewport().width() // count)
        for column in range(len(self.bars.columns)):
            self.setColumnWidth(column, wide)

    def _fit(self) -> None:
        self.verticalHeader().setDefaultSectionSize(theme.px(ROW))
        self._widen()
        self.viewport().update()


class _Names(QHeaderView):
    """The names of the rows, each with the mark of its class."""

    def __init__(self, parent: BarTable) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    def sizeHint(self) -> QSize:
        model = self.model()
        names = (model.headerData(row, self.orientation()) for row in range(model.rowCount())) if model else ()
        metrics = QFontMetrics(theme.sans())
        widest = max((metrics.horizontalAdvance(str(name)) for name in names), default=0)
        return QSize(min(theme.px(NAMES), widest + theme.px(10) + 24), super().sizeHint().height())

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        side, inner, font = theme.px(10), rect.adjusted(4, 0, -8, 0), theme.sans()
        painter.save()
        mark = QRectF(inner.left(), inner.center().y() + 0.5 - side / 2, side, side)
        draw_mark(painter, mark, self.model().headerData(section, self.orientation(), _POSITION))
        inner.setLeft(inner.left() + side + 8)
        painter.setFont(font)
        painter.setPen(QColor(theme.tokens().text))
        name = str(self.model().headerData(section, self.orientation()))
        words = QFontMetrics(font).elidedText(name, Qt.TextElideMode.ElideMiddle, inner.width())
        painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
        painter.restore()


class _Bars(QAbstractTableModel):
    def __init__(self) -> None:
        super().__init__()
        self.columns: tuple[str, ...] = ()
        self.rows: tuple[BarRow, ...] = ()
        self.most = 0.0  # the largest share: how long a whole bar is
        self.widest = ""  # the longest count

    def set_rows(self, columns: tuple[str, ...], rows: tuple[BarRow, ...]) -> None:
        same = columns == self.columns and [row.title for row in rows] == [row.title for row in self.rows]
        if not same:
            self.beginResetModel()
        self.columns, self.rows = columns, rows
        self.most = max((bar.share or 0.0 for row in rows for bar in row.bars), default=0.0)
        self.widest = max((f"{bar.count:,}" for row in rows for bar in row.bars), key=len, default="")
        if not same:
            self.endResetModel()
        elif rows and columns:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(columns) - 1))

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        bar = self.rows[index.row()].bars[index.column()]
        if role == _CELL:
            return bar
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{bar.count:,}"
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return bar.words
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        across = orientation == Qt.Orientation.Horizontal
        if not 0 <= section < len(self.columns if across else self.rows):
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self.columns[section] if across else self.rows[section].title
        return self.rows[section].position if role == _POSITION and not across else None


class _BarDelegate(QStyledItemDelegate):
    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        bar, model = index.data(_CELL), index.model()
        assert isinstance(bar, Bar)
        assert isinstance(model, _Bars)
        t, state = theme.tokens(), option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(option.rect).adjusted(2, 1, -2, -1)
        if bar.chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(t.selection if bar.chosen else t.raised))
            painter.drawRoundedRect(rect, 4, 4)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(t.accent), 1))
            painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        self._bar(painter, rect.adjusted(8, 0, -8, 0), bar, model)
        painter.restore()

    def _bar(self, painter: QPainter, rect: QRectF, bar: Bar, model: _Bars) -> None:
        """The bar, and its numbers in two columns at the right."""
        t, font = theme.tokens(), theme.mono()
        metrics = QFontMetrics(font)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        share, count = metrics.horizontalAdvance(_PERCENT), metrics.horizontalAdvance(model.widest)
        painter.setFont(font)
        painter.setPen(QColor(t.text if bar.count else t.muted))
        painter.drawText(rect.adjusted(0, 0, -share - 8, 0), right, f"{bar.count:,}")
        if bar.share is None:
            return
        painter.setPen(QColor(t.text if bar.chosen else t.muted))  # muted is too faint on the selection
        painter.drawText(rect, right, f"{100 * bar.share:.1f} %")
        track = QRectF(rect.left(), rect.center().y() - _BAR / 2, rect.width() - share - count - 20, _BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(t.line))
        painter.drawRoundedRect(track, _BAR / 2, _BAR / 2)
        if bar.share > 0:
            filled = QRectF(track)
            filled.setWidth(max(float(_BAR), track.width() * bar.share / model.most))
            painter.setBrush(QColor(t.accent))
            painter.drawRoundedRect(filled, _BAR / 2, _BAR / 2)
