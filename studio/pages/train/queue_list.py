"""The runs that wait, as a list: what is next, with ways to change the order and to take one out."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QIcon, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.runs.queue import Entry, apart
from studio import theme
from studio.pages.train.state import waiting_line
from studio.widgets import words

_ROWS = 6  # that are shown without scrolling
_NUMBER = Qt.ItemDataRole.UserRole
_WORD = _NUMBER + 1
_GAP = 6  # px

Index = QModelIndex | QPersistentModelIndex


class QueueList(QWidget):
    """Delete takes the chosen run out; Alt with up or down moves it."""

    removed = Signal(int)  # the entry's number
    moved = Signal(int, int)  # the entry's number and its new place, 0 the first
    started = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._changeable = True
        self.none = words.muted("Nothing waits. While a run is trained, others can be added to the queue.")
        self.list = _List()
        self.list.setAccessibleName("Runs that wait")
        self.list.setToolTip("Runs that wait, the next one first; Alt with up or down moves one, Delete takes it out")
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.shifted.connect(self._shift)
        self.list.dropped.connect(self._remove)
        self.list.currentRowChanged.connect(lambda _: self._allow())
        self.start = QPushButton("Start next")
        self.start.setObjectName("train-next")
        self.start.clicked.connect(self.started)
        self.up = _tool("arrow_upward", "Let the chosen run come earlier (Alt+Up)")
        self.up.clicked.connect(lambda: self._shift(-1))
        self.down = _tool("arrow_downward", "Let the chosen run come later (Alt+Down)")
        self.down.clicked.connect(lambda: self._shift(1))
        self.remove = _tool("delete", "Take the chosen run out of the queue (Delete)")
        self.remove.clicked.connect(self._remove)
        self._arrange()
        theme.watch.changed.connect(self._fit)
        self.set_entries((), False)
        self.set_start("")

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.start)
        row.addStretch(1)
        for button in (self.up, self.down, self.remove):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.none)
        layout.addWidget(self.list)
        layout.addLayout(row)

    def set_entries(self, entries: Sequence[Entry], changeable: bool) -> None:
        """Show what waits; the chosen one stays chosen."""
        lines = [
            (entry.number, *waiting_line(entry, what), bool(entry.problem))
            for entry, what in zip(entries, apart(entries), strict=True)
        ]
        if lines == self.list.lines and changeable == self._changeable:
            return
        self._changeable = changeable
        self.list.set_lines(lines)
        for widget in (self.list, self.start, self.up, self.down, self.remove):
            widget.setVisible(bool(lines))
        self.none.setVisible(not lines)
        self._fit()
        self._allow()

    def set_start(self, refusal: str) -> None:
        """Allow to start the next one, or say why not now."""
        self.start.setEnabled(not refusal)
        self.start.setToolTip(refusal or "Train what waits, one run after the other")

    def names(self) -> list[str]:
        """What is shown, from first to last."""
        return [line[1] for line in self.list.lines]

    def _number(self) -> int | None:
        item = self.list.currentItem()
        return None if item is None else int(item.data(_NUMBER))

    def _shift(self, by: int) -> None:
        number, place = self._number(), self.list.currentRow() + by
        if number is not None and self._changeable and 0 <= place < self.list.count():
            self.moved.emit(number, place)

    def _remove(self) -> None:
        number = self._number()
        if number is not None and self._changeable:
            self.removed.emit(number)

    def _allow(self) -> None:
        row, last = self.list.currentRow(), self.list.count() - 1
        may = self._changeable and row >= 0
        self.up.setEnabled(may and row > 0)
        self.down.setEnabled(may and row < last)
        self.remove.setEnabled(may)

    def _fit(self) -> None:
        height = max(self.list.sizeHintForRow(0), self.fontMetrics().height())
        self.list.setFixedHeight(height * min(_ROWS, max(1, self.list.count())) + 2 * self.list.frameWidth() + 4)


class _List(QListWidget):
    shifted = Signal(int)
    dropped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[int, str, str, bool]] = []
        theme.role(self, "lines")
        self.setItemDelegate(_Line(self))

    def set_lines(self, lines: list[tuple[int, str, str, bool]]) -> None:
        """Number, name, explanation, and whether it cannot be read; the same name stays chosen at its new place."""
        row = self.currentRow()
        chosen = self.lines[row][1:] if 0 <= row < len(self.lines) else None
        self.lines = lines
        self.clear()
        for number, name, explained, broken in lines:
            item = QListWidgetItem(theme.icon("warning") if broken else QIcon(), name)
            item.setData(_NUMBER, number)
            item.setToolTip(explained)
            item.setData(_WORD, "unreadable" if broken else "waiting")
            item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, explained)
            self.addItem(item)
        found = [place for place, line in enumerate(lines) if line[1:] == chosen]
        nearest = min(found, key=lambda place: abs(place - row), default=min(row, len(lines) - 1))
        self.setCurrentRow(max(0, nearest) if lines else -1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        if by and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.shifted.emit(by)
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.dropped.emit()
        else:
            super().keyPressEvent(event)


class _Line(QStyledItemDelegate):
    """A name, and at the right in quiet letters what it does."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        word = str(index.data(_WORD))
        metrics = QFontMetrics(theme.sans())
        taken = metrics.horizontalAdvance(word) + 2 * theme.px(_GAP)
        name = QStyleOptionViewItem(option)
        self.initStyleOption(name, index)
        room = option.rect.width() - taken - theme.px(_GAP) - (0 if name.icon.isNull() else theme.px(24))
        name.text = metrics.elidedText(name.text, Qt.TextElideMode.ElideMiddle, room)
        name.widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, name, painter, name.widget)
        painter.save()
        painter.setFont(theme.sans())
        painter.setPen(QColor(theme.tokens().warning if word != "waiting" else theme.tokens().muted))
        side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(option.rect.adjusted(0, 0, -theme.px(_GAP), 0), side, word)
        painter.restore()


def _tool(icon: str, tooltip: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(theme.icon(icon))
    button.setIconSize(QSize(18, 18))
    button.setToolTip(tooltip)
    button.setAccessibleName(tooltip)
    theme.role(button, "small")
    return button
