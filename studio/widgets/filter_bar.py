"""The filter bar: words that narrow what is shown, completed while typed, with the count of what is left."""

from collections.abc import Mapping
from types import MappingProxyType

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QCompleter,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from studio import theme
from studio.widgets import words
from studio.widgets.clearing import clearable

COMMANDS = ">"
BESIDE = Qt.ItemDataRole.UserRole + 1  # str, what is said beside an offered word


class FilterBar(QWidget):
    """One line of filter words. Enter, a completion that ends a term, or clearing it emits `submitted(text)`.

    A ">" typed first asks for `commands`, and the line says again what it said.

    `set_error` puts a sentence below the line, in room that is kept free for it.
    """

    submitted = Signal(str)
    commands = Signal()

    def __init__(
        self, placeholder: str, completions: Mapping[str, str] = MappingProxyType({}), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._line = _FilterLine()
        self._line.setPlaceholderText(placeholder)
        self._line.setAccessibleName("Filter")
        self._line.setToolTip("Type what to show, then Enter. Down arrow: suggestions. >: commands. Esc: back.")
        self._line.addAction(theme.icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        clearable(self._line, "Clear the filter")
        self._line.returnPressed.connect(self._submit)
        self._line.cleared.connect(self._submit)
        self._line.abandoned.connect(self._restore)
        self._line.asked.connect(self._ask_commands)
        self._submitted = ""
        self._count = words.number(quiet=True)
        self._count.setAccessibleName("Count")
        self._error = words.muted()
        theme.role(self._error, "bad")
        self._error.hide()
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._line, 1)
        row.addWidget(self._count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self._error)
        self.setFocusProxy(self._line)
        self.set_completions(completions)

    def text(self) -> str:
        """What is typed."""
        return self._line.text()

    def set_text(self, text: str) -> None:
        """Show a filter that came from elsewhere, without a signal; it also clears the error."""
        self._line.setText(text)
        self._submitted = text
        self.set_error("")

    def set_completions(self, completions: Mapping[str, str]) -> None:
        """The words offered while typing, such as "class:3", each with what is said beside it, such as a count."""
        self._line.offer(completions)

    def set_count(self, shown: int, total: int) -> None:
        """How many are left of how many."""
        digits = len(f"{total:,}")
        self._count.setText(f"{shown:>{digits},} of {total:,}" if shown != total else f"{total:,}")

    def set_error(self, sentence: str) -> None:
        """Say what is wrong with the filter; empty takes it back."""
        self._error.setText(sentence)
        self._error.setVisible(bool(sentence))
        self._line.setProperty("invalid", bool(sentence))
        self._line.style().unpolish(self._line)
        self._line.style().polish(self._line)
        self._line.setAccessibleDescription(sentence)

    def _submit(self) -> None:
        self._submitted = self.text().strip()
        self.submitted.emit(self._submitted)

    def _ask_commands(self) -> None:
        self._restore()
        self.commands.emit()

    def _restore(self) -> None:
        self._line.setText(self._submitted)
        self.set_error("")


class _FilterLine(QLineEdit):
    """A line whose completer works on the word at the cursor, not on the whole text."""

    cleared = Signal()
    abandoned = Signal()
    asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._offered = QStandardItemModel(self)
        self._completer = QCompleter(self._offered, self)
        self._completer.setWidget(self)
        self._popup = QListView()
        theme.role(self._popup, "popup")
        self._completer.setPopup(self._popup)
        self._popup.setItemDelegate(_Beside(self._popup))
        self._completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._completer.setFilterMode(Qt.MatchFlag.MatchStartsWith)
        self._completer.activated.connect(self._complete)
        self.textEdited.connect(self._edited)

    def offer(self, completions: Mapping[str, str]) -> None:
        self._offered.clear()
        for text, beside in completions.items():
            item = QStandardItem(text)
            item.setData(beside, BESIDE)
            item.setData(f"{text}, {beside}", Qt.ItemDataRole.AccessibleTextRole)
            self._offered.appendRow(item)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._popup.isVisible() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab):
            if self._popup.currentIndex().isValid():
                event.ignore()  # the completer takes it
                return
            self._popup.hide()
        if event.key() == Qt.Key.Key_Escape:
            self.abandoned.emit()
        elif event.key() == Qt.Key.Key_Down:
            self._suggest(least=0)
        else:
            super().keyPressEvent(event)

    def _edited(self, text: str) -> None:
        if text.startswith(COMMANDS):
            self._popup.hide()
            self.asked.emit()
        elif text:
            self._suggest(least=1)
        else:
            self._popup.hide()
            self.cleared.emit()

    def _word(self) -> tuple[int, str]:
        """Where the word at the cursor starts and what of it is before the cursor; a "-" negates and is no part."""
        cursor = self.cursorPosition()
        start = self.text().rfind(" ", 0, cursor) + 1
        start += self.text()[start:cursor].startswith("-")
        return start, self.text()[start:cursor]

    def _suggest(self, least: int) -> None:
        _, word = self._word()
        self._completer.setCompletionPrefix(word)
        exact = self._completer.completionCount() == 1 and self._completer.currentCompletion() == word
        if len(word) >= least and self._completer.completionCount() and not exact:
            rect = self.cursorRect()
            rect.setWidth(theme.px(320))
            self._completer.complete(rect)
        else:
            self._popup.hide()

    def _complete(self, completion: str) -> None:
        start, word = self._word()
        text = self.text()
        self.setText(text[:start] + completion + text[start + len(word) :])
        self.setCursorPosition(start + len(completion))
        if not completion.endswith((":", ">", "<")):
            self.returnPressed.emit()


class _Beside(QStyledItemDelegate):
    """Writes what is said beside an offered word at its right, quietly."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        beside = index.data(BESIDE)
        room: QRect = option.rect.adjusted(0, 0, -8, 0)
        word = QFontMetrics(option.font).horizontalAdvance(index.data())
        if not beside:
            return
        font = theme.mono() if beside.replace(",", "").isdigit() else theme.sans(12)
        metrics = QFontMetrics(font)
        text = metrics.elidedText(beside, Qt.TextElideMode.ElideRight, room.width() - word - 24)
        painter.save()
        painter.setFont(font)
        chosen = option.state & QStyle.StateFlag.State_Selected
        painter.setPen(QColor(theme.tokens().text if chosen else theme.tokens().muted))
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()
