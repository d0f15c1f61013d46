"""The start page: what this is, three ways to begin, the projects opened last."""

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QFont
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio import recent, theme
from studio.pages.welcome.state import Row, decide
from studio.recent import Recent
from studio.widgets import words

WIDTH = 640
SENTENCE = "Label your own images, train a classifier on them, see what went wrong, fix it, train again."


class WelcomePage(QWidget):
    """Tells what was chosen; the window does it."""

    demo = Signal()
    opened = Signal(object)  # Path

    def __init__(self, commands: Mapping[str, QAction]) -> None:
        super().__init__()
        self._list = QVBoxLayout()
        self._list.setSpacing(2)
        self._note = words.muted()
        name = QLabel("Wildset")
        name.setFont(theme.sans(30, QFont.Weight.DemiBold))
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addStretch(2)
        column.addWidget(name)
        column.addWidget(words.muted(SENTENCE))
        column.addSpacing(16)
        column.addLayout(self._ways(commands))
        column.addWidget(words.muted("Or drop a folder, a zip, a tar or a table of images anywhere on this window."))
        column.addSpacing(24)
        column.addWidget(words.head("Recent projects"))
        column.addWidget(self._note)
        column.addWidget(_scrolled(self._list), 5)
        column.addStretch(1)
        middle = QWidget()
        middle.setMaximumWidth(WIDTH)
        middle.setLayout(column)
        layout = QHBoxLayout(self)
        layout.addStretch(1)
        layout.addWidget(middle, 6)
        layout.addStretch(1)
        self.setFocusProxy(self._demo)

    def activate(self) -> None:
        """Nothing to do: the window says what is new."""

    def set_projects(self, projects: list[Recent]) -> None:
        """Show the recent projects."""
        state = decide(projects, Path.home())
        while (item := self._list.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for row in state.rows:
            self._list.addWidget(self._row(row))
        self._list.addStretch(1)
        self._note.setText(state.note)
        self._note.setVisible(bool(state.note))

    def set_busy(self, busy: bool) -> None:
        """While the demo is being made it cannot be asked for again."""
        self._demo.setEnabled(not busy)
        self._demo.setText("Making the demo…" if busy else "Open the demo")

    def _ways(self, commands: Mapping[str, QAction]) -> QHBoxLayout:
        self._demo = _button("Open the demo", "science", "A project of 2,000 handwritten digits, made on this computer")
        theme.role(self._demo, "primary")
        theme.watch.changed.connect(self._tint)
        self._tint()
        self._demo.clicked.connect(self.demo)
        new = _button("New project", "add", "Make a project of a folder, an archive or a table of images")
        menu = QMenu(new)
        for id, icon in (("new-folder", "folder_open"), ("new-file", "folder_zip")):
            action = menu.addAction(theme.icon(icon), commands[id].text().removeprefix("New project ").capitalize())
            action.triggered.connect(commands[id].trigger)
        new.setMenu(menu)
        existing = _button("Open project…", "folder_open", commands["open"].toolTip())
        existing.clicked.connect(commands["open"].trigger)
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self._demo, new, existing):
            row.addWidget(button, 1)
        return row

    def _tint(self) -> None:
        self._demo.setIcon(theme.icon("science", theme.tokens().on_accent))

    def _row(self, row: Row) -> QWidget:
        line = QWidget()
        layout = QHBoxLayout(line)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        button = _RecentButton(row)
        button.clicked.connect(lambda: self.opened.emit(row.root))
        layout.addWidget(button, 1)
        if not row.there:
            remove = QToolButton()
            remove.setText("Remove")
            remove.setToolTip("Take this project off the list; nothing is deleted")
            remove.setAccessibleName(f"Remove {row.name} from the list")
            theme.role(remove, "quiet")
            remove.clicked.connect(lambda: self._forget(row.root))
            layout.addWidget(remove)
        return line

    def _forget(self, root: Path) -> None:
        recent.forget(root)
        self.set_projects(recent.load())


class _RecentButton(QPushButton):
    """One line: name at the left, place at the right."""

    def __init__(self, row: Row) -> None:
        super().__init__()
        theme.role(self, "quiet")
        self.setEnabled(row.there)
        self.setToolTip(row.tooltip)
        self.setAccessibleName(f"{row.name}, {row.place}" if row.there else f"{row.name}, not there")
        name, place = QLabel(row.name), words.number(row.place if row.there else "not there", quiet=True)
        place.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        for label in (name, place):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 6, 10, 6)
        layout.setSpacing(16)
        layout.addWidget(name)
        layout.addWidget(place, 1)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), theme.px(32))


def _button(text: str, icon: str, tooltip: str) -> QPushButton:
    button = QPushButton(text)
    button.setIcon(theme.icon(icon))
    button.setIconSize(QSize(18, 18))
    button.setToolTip(tooltip)
    button.setMinimumHeight(theme.px(40))
    return button


def _scrolled(layout: QVBoxLayout) -> QScrollArea:
    inner = QWidget()
    layout.setContentsMargins(0, 0, 0, 0)
    inner.setLayout(layout)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(inner)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area
