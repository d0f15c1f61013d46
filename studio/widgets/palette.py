"""The palette: one line to type in, and below it what can be done, found by some of its letters."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QStandardItem,
    QStandardItemModel,
)
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from studio import fuzzy, theme
from studio.widgets import words

WIDTH, ROW, ROWS = 560, 28, 12
_ENTRY = Qt.ItemDataRole.UserRole + 1
_LETTERS = Qt.ItemDataRole.UserRole + 2  # tuple[int, ...], the letters of the title that were typed
_PAD, _TOP = 10, 5  # px
_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: ROWS - 1, Qt.Key.Key_PageUp: 1 - ROWS}


@dataclass(frozen=True)
class Entry:
    """Something to do: its title, the quiet words beside it, its key, what is said of it, and how it is done."""

    title: str
    group: str
    key: str
    about: str
    run: Callable[[], object]


class Palette(QFrame):
    """Lies over its parent while it is open. Enter or a click does what is chosen, Esc or a click elsewhere closes it.

    `left` when Backspace goes further back than what is typed.
    """

    left = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        theme.role(self, "palette")
        self.setAccessibleName("Commands")
        self._entries: list[Entry] = []
        self._used: list[str] = []  # titles, the last one first
        self._before: QWidget | None = None
        self._line, self.list = _Line(), QListView()
        self._line.left.connect(self._leave)
        self._model = QStandardItemModel(self)
        self._nothing = words.muted("Nothing is called that.")
        self._nothing.setContentsMargins(_PAD, 6, _PAD, 6)
        self._dress()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(5, 5, 5, 5)
        layout.setSpacing(4)
        for part in (self._line, self.list, self._nothing):
            layout.addWidget(part)
        parent.installEventFilter(self)
        self.hide()

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Open with these, those that were used last before the others."""
        self._before = QApplication.focusWidget()
        rank = {title: at for at, title in enumerate(self._used)}
        self._entries = sorted(entries, key=lambda entry: rank.get(entry.title, len(rank)))
        self._line.clear()
        self._find("")
        self._place()
        self.show()
        self.raise_()
        self._line.setFocus(Qt.FocusReason.PopupFocusReason)

    def dismiss(self) -> None:
        """Close, and give the keyboard back to what had it."""
        self.hide()
        if self._before is not None and self._before.isVisible():
            self._before.setFocus(Qt.FocusReason.PopupFocusReason)
        self._before = None

    def titles(self) -> list[str]:
        """What is listed now."""
        return [self._model.index(row, 0).data() for row in range(self._model.rowCount())]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self.parent() and self.isVisible():
            self._place()
        elif watched is self._line and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(Qt.Key(event.key()))
        elif watched is self._line and isinstance(event, QFocusEvent) and event.lostFocus():
            elsewhere = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)
            self.setVisible(self.isVisible() and event.reason() in elsewhere)
        return super().eventFilter(watched, event)

    def _dress(self) -> None:
        self._line.setPlaceholderText("Find a command, a place or a project")
        self._line.setAccessibleName("Find a command")
        self._line.setToolTip("Some letters of what to do; arrows choose, Enter does it, Esc goes back")
        self._line.textChanged.connect(self._find)
        self._line.installEventFilter(self)
        self.list.setModel(self._model)
        self.list.setItemDelegate(_Painter(self.list))
        self.list.setAccessibleName("Commands")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.entered.connect(self.list.setCurrentIndex)
        self.list.clicked.connect(lambda _: self._run())

    def _key(self, key: Qt.Key) -> bool:
        """What a key of the line does here; False if it is for the line."""
        if key in _STEPS:
            last = self._model.rowCount() - 1
            row = self.list.currentIndex().row()
            wrapped = {(0, -1): last, (last, 1): 0}.get((row, _STEPS[key]), row + _STEPS[key])
            self._choose(min(max(wrapped, 0), last))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run()
        elif key == Qt.Key.Key_Escape:
            self.dismiss()
        elif key not in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):  # the list is reached by arrows
            return False
        return True

    def _find(self, typed: str) -> None:
        found = fuzzy.find(
            typed, [entry.title for entry in self._entries], [f"{entry.group} {entry.about}" for entry in self._entries]
        )
        self._model.clear()
        for hit in found:
            entry = self._entries[hit.at]
            item = QStandardItem(entry.title)
            item.setData(entry, _ENTRY)
            item.setData(hit.letters, _LETTERS)
            item.setToolTip(entry.about)
            spoken = (entry.title, entry.group, entry.key)
            item.setData(", ".join(filter(None, spoken)), Qt.ItemDataRole.AccessibleTextRole)
            self._model.appendRow(item)
        self._choose(0)
        self.list.setVisible(bool(found))
        self._nothing.setVisible(not found)
        self._place()

    def _choose(self, row: int) -> None:
        index = self._model.index(row, 0)
        self.list.setCurrentIndex(index)
        self._line.setAccessibleDescription(str(index.data(Qt.ItemDataRole.AccessibleTextRole) or "nothing found"))

    def _run(self) -> None:
        entry = self.list.currentIndex().data(_ENTRY)
        if isinstance(entry, Entry):
            self._used = [entry.title, *(title for title in self._used if title != entry.title)]
            self.dismiss()
            entry.run()

    def _leave(self) -> None:
        self.dismiss()
        self.left.emit()

    def _place(self) -> None:
        """Below the top of the parent, in its middle, as high as what is listed."""
        parent = self.parentWidget()
        assert parent is not None
        rows = min(max(self._model.rowCount(), 1), ROWS)
        self.list.setFixedHeight(rows * theme.px(ROW))
        width = min(theme.px(WIDTH), parent.width() - 32)
        self.setGeometry((parent.width() - width) // 2, _TOP, width, self.sizeHint().height())


class _Line(QLineEdit):
    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Backspace and not self.text():
            self.left.emit()
        else:
            super().keyPressEvent(event)


class _Painter(QStyledItemDelegate):
    """A line: the title with the typed letters bold, where it belongs, and its key at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(theme.px(200), theme.px(ROW))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        t, rect = theme.tokens(), QRect(option.rect)
        entry: Entry = index.data(_ENTRY)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(t.selection))
            painter.drawRoundedRect(rect, 4, 4)
        room = rect.adjusted(_PAD, 0, -_PAD, 0)
        quiet = theme.blend(t.muted, t.text, 0.3)  # muted alone is too faint on the colour of the selection
        room = self._right(painter, room, entry.key, theme.mono(12), quiet)
        room = self._right(painter, room, entry.group, theme.sans(12), quiet)
        self._title(painter, room, entry.title, index.data(_LETTERS) or ())
        painter.restore()

    def _right(self, painter: QPainter, room: QRect, text: str, font: QFont, color: QColor) -> QRect:
        """Write at the right; returns the room that is left."""
        painter.setFont(font)
        painter.setPen(color)
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        taken = QFontMetrics(font).horizontalAdvance(text) + 2 * _PAD if text else 0
        return room.adjusted(0, 0, -taken, 0)

    def _title(self, painter: QPainter, room: QRect, title: str, letters: tuple[int, ...]) -> None:
        plain, bold = theme.sans(13), theme.sans(13, QFont.Weight.Bold)
        painter.setPen(QColor(theme.tokens().text))
        painter.setClipRect(room)
        left = room.left()
        for typed, run in itertools.groupby(range(len(title)), key=lambda at: at in letters):
            text, font = "".join(title[at] for at in run), bold if typed else plain
            painter.setFont(font)
            painter.drawText(room.adjusted(left - room.left(), 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)
            left += QFontMetrics(font).horizontalAdvance(text)
