"""A list of lines with a number at the right and quiet words below, which wrap; one is chosen by click or Enter."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from studio import theme

_LINE, _ACTIVE = (Qt.ItemDataRole.UserRole + n for n in (1, 2))
_INSET, _EDGE, _GAP = 10, 7, 16  # px at the sides, above and below, and before the number
_WRAP = int(Qt.TextFlag.TextWordWrap)
_TOP_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class CountedLine:
    """One line: its `name`, what is shown of it, and what choosing it does."""

    name: str
    title: str
    number: str
    note: str
    tooltip: str


class CountedLines(QListWidget):
    """`chosen(name)` when a line is clicked, or at Enter or Space."""

    chosen = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setItemDelegate(_Delegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.itemClicked.connect(self._choose)
        theme.watch.changed.connect(self.doItemsLayout)

    def show_lines(self, lines: Sequence[CountedLine], active: Collection[str]) -> None:
        """Show these; `active` are the names of those that are on. The current line stays so by its name."""
        before = self.currentItem()
        kept = before.data(_LINE).name if before is not None else ""
        self.clear()
        for row, line in enumerate(lines):
            item = QListWidgetItem(line.title, self)
            on = line.name in active
            item.setData(_LINE, line)
            item.setData(_ACTIVE, on)
            item.setToolTip(line.tooltip)
            spoken = ", ".join(part for part in (line.title, line.number, line.note, "shown" if on else "") if part)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
            if line.name == kept or row == 0:
                self.setCurrentRow(row)

    def lines(self) -> list[CountedLine]:
        """What is shown."""
        return [self.item(row).data(_LINE) for row in range(self.count())]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.currentItem()
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and item is not None:
            self._choose(item)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.doItemsLayout()  # another width, another height of the lines

    def _choose(self, item: QListWidgetItem) -> None:
        self.chosen.emit(item.data(_LINE).name)


class _Delegate(QStyledItemDelegate):
    def __init__(self, view: QListWidget) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        line: CountedLine = index.data(_LINE)
        width = self._view.viewport().width()
        room = QRect(0, 0, max(1, width - 2 * _INSET), 10_000)
        note = QFontMetrics(theme.sans(12)).boundingRect(room, _WRAP, line.note).height() if line.note else 0
        return QSize(width, QFontMetrics(theme.sans()).height() + note + 2 * _EDGE)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        t, line = theme.tokens(), index.data(_LINE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        active = bool(index.data(_ACTIVE))
        _background(painter, option.rect, option.state, active)
        room = option.rect.adjusted(_INSET, _EDGE, -_INSET, -_EDGE)
        numbers, sans = theme.mono(), theme.sans()
        painter.setFont(numbers)
        painter.setPen(QColor(t.text))
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, line.number)
        width = room.width() - QFontMetrics(numbers).horizontalAdvance(line.number) - _GAP
        painter.setFont(sans)
        metrics = QFontMetrics(sans)
        painter.drawText(room, _TOP_LEFT, metrics.elidedText(line.title, Qt.TextElideMode.ElideRight, width))
        painter.setFont(theme.sans(12))
        painter.setPen(QColor(t.text if active else t.muted))  # muted is too faint on the selection
        room.setTop(room.top() + metrics.height() + 1)
        painter.drawText(room, _TOP_LEFT | _WRAP, line.note)
        painter.restore()


def _background(painter: QPainter, rect: QRect, state: QStyle.StateFlag, active: bool) -> None:
    t = theme.tokens()
    if active or state & QStyle.StateFlag.State_MouseOver:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(t.selection if active else t.raised))
        painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), 4, 4)
    if state & QStyle.StateFlag.State_HasFocus:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(t.accent), 1))
        painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 1.5, -0.5, -1.5), 4, 4)
