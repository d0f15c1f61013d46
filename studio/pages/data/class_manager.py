"""The dialog of classes: rename, reorder, colour, keys, merge and delete, as edits of the session."""

from collections.abc import Callable
from typing import Any, Concatenate

from PySide6.QtCore import QItemSelectionModel, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QKeySequence, QPainter, QPixmap, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QColorDialog,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core import wording
from core.errors import Error
from core.project import classes, edits
from core.project.edits import Change
from core.project.store import Store
from studio import actions, keys, theme
from studio.pages.data.class_table import KEY, NAME, ClassModel, ClassView, reordered
from studio.session import Session
from studio.widgets import words
from studio.widgets.columns import MARGIN

SIZE = 620, 520
RENAMED = (
    "Runs before this know the class by its old name, and are still understood. Recipes and saved views that name it"
    " are not changed."
)
_COLORS = (
    *("Blue", "Orange", "Green", "Vermilion", "Purple"),
    *("Brown", "Pink", "Grey", "Yellow", "Sky blue"),
)


def holder(key: str) -> str:
    """The title of the command that has this key where images are labelled; empty where none has it."""
    for command in (*actions.DATA, *actions.REVIEW, *actions.WINDOW):
        if any(keys.same(key, taken) for taken in keys.of(command.id, command.shortcuts)):
            return command.title.removesuffix("…")
    return ""


class ClassManager(QDialog):
    """Shows the classes of the session's project as long as it is open."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Classes")
        self.session = session
        self.model = ClassModel(self)
        self.view = ClassView(self.model)
        self.new = QLineEdit()
        self.new.setPlaceholderText("New class, then Enter")
        self.new.setToolTip("Add a class to this project")
        self.new.setAccessibleName("Name of a new class")
        self.new.setClearButtonEnabled(True)
        self.line = words.muted()
        self.line.setAccessibleName("What was done")
        self.line.setMinimumHeight(theme.px(36))
        self._make_buttons()
        self._arrange()
        self._connect()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._say("")
        self._show()
        if not self.view.currentIndex().isValid():
            self.view.setCurrentIndex(self.model.index(0, NAME))

    # --- verbs ---

    def add(self) -> None:
        """Add the class of the field."""
        name = self.new.text().strip()
        if name and self._checked(edits.check_class_name, name) and self._do(edits.add_class, name):
            self.new.clear()
            self._choose([name])

    def rename(self, row: int, name: str) -> None:
        """Give a class another name."""
        if not self._checked(edits.check_class_name, name):
            return
        done = self._do(classes.rename, self.model.known[row].name, name)
        if done and any(self.session.store.paths.runs.glob("*-*")):
            self._say(f"{self.line.text()} {RENAMED}")

    def give_key(self, row: int, key: str) -> None:
        """Give a class a key, "" for the usual one; say who has it where it is taken."""
        name = self.model.known[row].name
        if key and (title := holder(key)):
            self._say(f"The key {key.upper()} is that of {title}. Take another, or give that command another.", "bad")
        elif not key or self._checked(classes.check_key, name, key):
            self._do(classes.set_key, name, key or None)

    def give_color(self, row: int, color: str | None) -> None:
        """Give a class a colour, None for that of its place."""
        self._do(classes.set_color, self.model.known[row].name, color)

    def reorder(self, order: list[int]) -> None:
        """Show the classes in this order of rows."""
        chosen = self.chosen()
        if order != sorted(order) and self._do(classes.reorder, [self.model.known[row].name for row in order]):
            self._choose(chosen)

    def step(self, by: int) -> None:
        """Move the chosen classes one place up or down."""
        rows = self._rows()
        if rows:
            place = rows[0] - 1 if by < 0 else rows[-1] + 2
            if 0 <= place <= len(self.model.known):
                self.reorder(reordered(len(self.model.known), rows, place))

    def merge(self, into: str) -> None:
        """Merge the chosen classes into one."""
        if self._do(classes.merge, self.chosen(), into):
            self._choose([into])

    def delete(self) -> None:
        """Take the chosen classes away; their images become unlabelled."""
        self._do(classes.delete, self.chosen())

    def chosen(self) -> list[str]:
        """The names of the selected classes in display order."""
        return [self.model.known[row].name for row in self._rows()]

    # --- parts ---

    def _make_buttons(self) -> None:
        self.up = self._button("Move up", "Show the chosen classes earlier (Alt+Up)", lambda: self.step(-1))
        self.down = self._button("Move down", "Show the chosen classes later (Alt+Down)", lambda: self.step(1))
        self.rename_button = self._button("Rename", "Give the class another name (F2)", lambda: self._edit(NAME))
        self.key_button = self._button("Key…", "Press a key for the class", lambda: self._edit(KEY))
        self.color_button = self._button("Colour…", "Choose the colour of the class", self._offer_colors)
        self.merge_button = self._button(
            "Merge into…", "Give all images of the chosen classes to one", self._offer_merge
        )
        self.delete_button = self._button(
            "Delete", "Take the chosen classes away (Del); their images become unlabelled", self.delete
        )
        self.undo = self._button("Undo", "Take back the last edit", self.session.undo)
        self.close_button = self._button("Close", "Close this (Esc)", self.accept)
        self._edits = (self.rename_button, self.key_button, self.color_button)
        self._on_any = (self.up, self.down, self.merge_button, self.delete_button)

    def _button(self, title: str, tooltip: str, slot: Callable[[], object]) -> QPushButton:
        button = QPushButton(title)
        button.setToolTip(tooltip)
        button.setAccessibleName(title.removesuffix("…"))
        button.setAutoDefault(False)
        button.clicked.connect(lambda: slot())
        return button

    def _arrange(self) -> None:
        side = QVBoxLayout()
        side.setSpacing(6)
        for button in (*self._edits, self.merge_button, self.delete_button):
            side.addWidget(button)
        side.addSpacing(10)
        side.addWidget(self.up)
        side.addWidget(self.down)
        side.addStretch(1)
        foot = QHBoxLayout()
        foot.addWidget(self.undo)
        foot.addStretch(1)
        foot.addWidget(self.close_button)
        layout = QGridLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        layout.setHorizontalSpacing(16)
        layout.setVerticalSpacing(8)
        layout.addWidget(self.view, 0, 0)
        layout.addLayout(side, 0, 1)
        layout.addWidget(self.new, 1, 0)
        layout.addWidget(self.line, 2, 0, 1, 2)
        layout.addLayout(foot, 3, 0, 1, 2)
        layout.setColumnStretch(0, 1)
        self.resize(QSize(theme.px(SIZE[0]), theme.px(SIZE[1])))

    def _connect(self) -> None:
        session = self.session
        session.classes.changed.connect(self._show)
        session.counted.connect(self._show)
        session.access_changed.connect(self._show)
        session.changed.connect(self._changed)
        session.opened.connect(self.close)
        session.problem.connect(self._tell)
        self.model.renamed.connect(self.rename, Qt.ConnectionType.QueuedConnection)  # once the editor is closed
        self.model.keyed.connect(self.give_key, Qt.ConnectionType.QueuedConnection)
        self.model.moved.connect(self.reorder, Qt.ConnectionType.QueuedConnection)
        self.view.colored.connect(self._offer_colors)
        self.view.selectionModel().selectionChanged.connect(lambda *_: self._enable())
        self.new.returnPressed.connect(self.add)
        for key, slot in (
            ("Alt+Up", lambda: self.step(-1)),
            ("Alt+Down", lambda: self.step(1)),
            ("Del", lambda: self.delete_button.click()),
            ("Ctrl+Z", session.undo),
            ("Ctrl+Shift+Z", session.redo),
        ):
            owner = self.view if key == "Del" else self
            shortcut = QShortcut(QKeySequence(key), owner)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(slot)

    def _edit(self, column: int) -> None:
        index = self.view.currentIndex()
        if index.isValid():
            self.view.setFocus()
            self.view.edit(self.model.index(index.row(), column))

    def _offer_colors(self, row: int | None = None) -> None:
        at = self.view.currentIndex().row() if row is None else row
        if not 0 <= at < len(self.model.known) or not self.session.writable:
            return
        menu = QMenu(self)
        for color, title in zip(theme.CLASS_COLORS, _COLORS, strict=True):
            menu.addAction(_swatch(color), title).triggered.connect(
                lambda _=False, color=color: self.give_color(at, color)
            )
        menu.addSeparator()
        menu.addAction("Another colour…").triggered.connect(lambda: self._ask_color(at))
        menu.addAction("The colour of its place").triggered.connect(lambda: self.give_color(at, None))
        self._pop(menu, self.color_button)

    def _ask_color(self, row: int) -> None:
        now = theme.class_color(row)
        color = QColorDialog.getColor(now, self, f"Colour of {self.model.known[row].name}")
        if color.isValid():
            self.give_color(row, color.name())

    def _offer_merge(self) -> None:
        menu, chosen = QMenu(self), self.chosen()
        names = [known.name for known in self.model.known if chosen != [known.name]]
        for name in sorted(names, key=lambda name: name not in chosen):  # the chosen ones first, each in order
            menu.addAction(name.replace("&", "&&")).triggered.connect(lambda _=False, name=name: self.merge(name))
        self._pop(menu, self.merge_button)

    def _pop(self, menu: QMenu, below: QWidget) -> None:
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(below.mapToGlobal(below.rect().bottomLeft()))

    # --- doing and showing ---

    def _do(self, edit: Callable[Concatenate[Store, ...], Change | None], *arguments: Any) -> bool:
        QApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)  # a class of 100,000 images takes seconds
        try:
            return self.session.do(edit, *arguments) is not None
        finally:
            QApplication.restoreOverrideCursor()

    def _checked(self, check: Callable[Concatenate[Store, ...], None], *arguments: Any) -> bool:
        """Whether a wish can be done; says here why not, where the user looks."""
        try:
            check(self.session.store, *arguments)
        except Error as refusal:
            self._say(str(refusal), "bad")
            return False
        return True

    def _tell(self, problem: Exception) -> None:
        self._say(str(problem), "bad")

    def _say(self, text: str, kind: str = "muted") -> None:
        theme.role(self.line, kind)
        self.line.setText(text)

    def _changed(self, change: Change) -> None:
        if not self.isVisible():
            return
        self._enable()
        if change.kind == "class":
            self._say(f"{change.title}.")

    def _rows(self) -> list[int]:
        return sorted(index.row() for index in self.view.selectionModel().selectedRows())

    def _choose(self, names: list[str]) -> None:
        model = self.view.selectionModel()
        rows = [row for row, known in enumerate(self.model.known) if known.name in names]
        model.clearSelection()
        for row in rows:
            index = self.model.index(row, NAME)
            flags = QItemSelectionModel.SelectionFlag
            model.setCurrentIndex(index, flags.Select | flags.Rows)
            self.view.scrollTo(index)

    def _show(self) -> None:
        if not self.isVisible() or not self.session.is_open:
            return
        session, chosen = self.session, self.chosen()
        counts = session.counts.classes if session.counts is not None else {}
        column = self.view.currentIndex().column()
        self.model.show_classes(session.classes.known, counts, session.writable)
        self._choose(chosen)
        if column > NAME and self.view.currentIndex().isValid():
            self.view.selectionModel().setCurrentIndex(
                self.model.index(self.view.currentIndex().row(), column), QItemSelectionModel.SelectionFlag.NoUpdate
            )
        total = wording.count(len(self.model.known), "class")
        self.view.setAccessibleDescription(total)
        self._enable()

    def _enable(self) -> None:
        writable, rows = self.session.writable, self._rows()
        one = writable and self.view.currentIndex().isValid()
        for button in self._edits:
            button.setEnabled(one)
        for button in self._on_any:
            button.setEnabled(writable and bool(rows))
        self.merge_button.setEnabled(writable and bool(rows) and len(self.model.known) > 1)
        self.new.setEnabled(writable)
        last = edits.next_undo(self.session.store) if self.session.is_open else None
        self.undo.setEnabled(writable and last is not None)
        self.undo.setToolTip(f"Take back: {last} (Ctrl+Z)" if last else "Nothing to take back")


def _swatch(color: str) -> QIcon:
    side = theme.px(14)
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color))
    painter.drawRoundedRect(pixmap.rect(), 3, 3)
    painter.end()
    return QIcon(pixmap)
