"""The top bar: product and project, the search field that filters, the last edit with undo, the menu."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from studio import theme
from studio.widgets import words
from studio.widgets.filter_bar import FilterBar

HEIGHT = 48
FIELD_WIDTH = 500
PLACEHOLDER = "class:3 split:val wrong conf>0.9"


class TopBar(QFrame):
    """Knows no project: it is told what to show and tells what was asked for; the actions have the keys it names."""

    searched = Signal(str)
    undo = Signal()

    def __init__(self, menu: QMenu, find: QAction, undo: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.role(self, "surface")
        self._project = words.muted()
        self._project.setWordWrap(False)
        self._project.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.field = FilterBar(PLACEHOLDER)
        self.field.submitted.connect(self.searched)
        line = self.field.focusProxy()
        assert isinstance(line, QLineEdit)
        self._line = line
        self._undo = QPushButton()
        self._undo.setAccessibleName("Undo the last edit")
        theme.role(self._undo, "pill")
        self._undo.clicked.connect(self.undo)
        self._more = QToolButton()
        self._more.setIcon(theme.icon("more_horiz"))
        self._more.setToolTip("Menu: projects, images, theme")
        self._more.setAccessibleName("Menu")
        self._more.setMenu(menu)
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._more.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        theme.role(self._more, "quiet")
        self._key = words.number(quiet=True)
        self._arrange()
        self._find_action, self._undo_action, self._undo_title = find, undo, ""
        for action in (find, undo):
            action.changed.connect(self._show_keys)
        self._show_keys()
        self.set_undo("")

    def set_project(self, name: str, tooltip: str) -> None:
        """Name the open project; empty on the start page, where there is nothing to search."""
        self._project.setText(name)
        self._project.setToolTip(tooltip)
        self._middle.setVisible(bool(name))

    def set_undo(self, title: str) -> None:
        """Offer to take back the edit of this title; empty where there is none."""
        shown = f"Undo: {title}"
        self._undo.setText(shown if len(shown) <= 36 else f"{shown[:35]}…")
        self._undo_title = shown
        self._show_keys()
        self._undo.setVisible(bool(title))

    def set_filter(self, text: str) -> None:
        """Show the filter in force."""
        self.field.set_text(text)
        self.set_invalid(False)

    def set_invalid(self, invalid: bool) -> None:
        """Mark the field while its text cannot be read; the page says why."""
        self._line.setProperty("invalid", invalid)
        self._line.style().unpolish(self._line)
        self._line.style().polish(self._line)

    def focus_field(self) -> None:
        """Put the keyboard into the search field, all of it selected."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._line.selectAll()

    def _show_keys(self) -> None:
        self._undo.setToolTip(f"{self._undo_title} ({_written(self._undo_action)})")
        self._key.setText(_written(self._find_action).replace("+", " "))

    def _arrange(self) -> None:
        product = QLabel("Wildset")
        theme.role(product, "title")
        left, right = QHBoxLayout(), QHBoxLayout()
        left.setSpacing(16)
        left.addWidget(product)
        left.addWidget(self._project, 1)
        right.addStretch(1)
        right.setSpacing(8)
        right.addWidget(self._undo)
        right.addWidget(self._more)
        self._middle = QWidget()
        self._middle.setFixedWidth(FIELD_WIDTH)
        middle = QHBoxLayout(self._middle)
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        middle.addWidget(self.field, 1)
        inside = QHBoxLayout(self._line)
        inside.setContentsMargins(0, 0, 10, 0)
        inside.addStretch(1)
        inside.addWidget(self._key)
        self._key.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._line.textChanged.connect(lambda text: self._key.setVisible(not text))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 12, 0)
        layout.setSpacing(16)
        layout.addLayout(left, 1)
        layout.addWidget(self._middle)
        layout.addLayout(right, 1)
        self.setFixedHeight(theme.px(HEIGHT))


def _written(action: QAction) -> str:
    return action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
