"""One line to type into, over the middle of its parent: asks for a name and goes away."""

from collections.abc import Sequence

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QCompleter, QFrame, QLineEdit, QVBoxLayout, QWidget

from studio import theme
from studio.widgets import words

WIDTH = 360


class Prompt(QFrame):
    """`entered(text)` when Enter ends it; Esc, or a click elsewhere, ends it without.

    Where names are offered and `only` they are wanted, the start of a name is enough if no other begins like it.
    """

    entered = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        theme.role(self, "palette")
        self._title = words.title()
        self._line = _Line()
        self._hint = words.muted()
        self._hint.setWordWrap(True)
        self._names: Sequence[str] = ()
        self._only = False
        self._offered = QStringListModel(self)
        completer = QCompleter(self._offered, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setCompletionMode(QCompleter.CompletionMode.InlineCompletion)
        self._line.setCompleter(completer)
        self._line.returnPressed.connect(self._enter)
        self._line.left.connect(self._leave)
        self._line.textEdited.connect(lambda _: self._show_matches())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        for part in (self._title, self._line, self._hint):
            layout.addWidget(part)
        self.hide()

    def ask(self, title: str, names: Sequence[str] = (), text: str = "", only: bool = False) -> None:
        """Come up with `title`, offering `names`."""
        self._title.setText(title)
        self._line.setAccessibleName(title)
        self._line.setToolTip(f"{title}; Enter takes it, Esc leaves")
        self._names, self._only = names, only
        self._offered.setStringList(list(names))
        self._line.setText(text)
        self._line.selectAll()
        self._show_matches()
        room = self._over.rect()
        self.setFixedWidth(min(theme.px(WIDTH), room.width() - 32))
        self.adjustSize()
        self.move((room.width() - self.width()) // 2, max(16, room.height() // 4))
        self.show()
        self.raise_()
        self._line.setFocus(Qt.FocusReason.PopupFocusReason)

    def matches(self) -> list[str]:
        """The names that begin as what is typed, one that is equal alone."""
        typed = self._line.text()[: self._line.selectionStart()] if self._line.hasSelectedText() else self._line.text()
        typed = typed.strip().casefold()
        equal = [name for name in self._names if name.casefold() == typed]
        return equal or [name for name in self._names if name.casefold().startswith(typed)]

    def _enter(self) -> None:
        text = self._line.text().strip()
        if self._only:
            found = self.matches()
            exact = [name for name in self._names if name.casefold() == text.casefold()]
            if not exact and len(found) != 1:
                return
            text = (exact or found)[0]
        if text or not self._names:
            self._leave()
            self.entered.emit(text)

    def _leave(self) -> None:
        if self.isVisible():
            self.hide()
            self._over.setFocus(Qt.FocusReason.PopupFocusReason)

    def _show_matches(self) -> None:
        found = self.matches() if self._names else []
        said = ", ".join(found[:8]) + (" …" if len(found) > 8 else "")
        self._hint.setText(said or ("No name begins like this." if self._only else "A new name"))
        self._hint.setVisible(bool(self._names))


class _Line(QLineEdit):
    """Esc, or the focus going elsewhere in the window, emits `left`."""

    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() in (Qt.FocusReason.MouseFocusReason, Qt.FocusReason.TabFocusReason):
            self.left.emit()
