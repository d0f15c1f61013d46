"""The sheet of keys: every command by place, and another key for it where the user wants one."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QFont, QKeySequence, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QKeySequenceEdit,
    QLineEdit,
    QPushButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from studio import actions, fuzzy, keys, theme
from studio.actions import Command
from studio.widgets import words

SIZE = 720, 620
_COMMAND = Qt.ItemDataRole.UserRole + 1
_KEYS = 200  # px, the column of keys
_ABOUT = "Choose a line, then press its new key in the field below. The keys of the last group belong to the images."

Groups = Sequence[tuple[str, Sequence[Command]]]


def holder(key: str, command: Command, groups: Groups) -> Command | None:
    """Another command that `key` would reach at the same time as `command`; commands of two pages never meet."""
    home = next((title for title, commands in groups if command in commands), "")
    shared = {"Window", "Places"}
    for title, commands in groups:
        if title == home or title in shared or home in shared:
            for other in commands:
                if other != command and any(keys.same(key, taken) for taken in keys.of(other.id, other.shortcuts)):
                    return other
    return None


class ShortcutSheet(QDialog):
    """All commands of `groups` with their keys; `changed` when one has another key.

    `of_classes`: the keys of the project's classes, with the class that each labels as.
    """

    changed = Signal()

    def __init__(self, groups: Groups, of_classes: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys and commands")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._groups, self._of_classes = groups, of_classes
        self._find = QLineEdit()
        self._find.setPlaceholderText("Find a command or a key")
        self._find.setAccessibleName("Find a command or a key")
        self._find.setToolTip("Some letters of a command, or of its key")
        self._find.textChanged.connect(lambda _: self._list())
        self.tree, self._model = QTreeView(), QStandardItemModel(0, 2, self)
        self._name = words.title("Choose a command")
        self._told = words.muted()
        self.field = QKeySequenceEdit()
        self.take = _button("Take it", "Take the key from the other command", self._take)
        self.none = _button("No key", "Let this command have no key", lambda: self._give(""))
        self.back = _button("Usual key", "Give this command the key it had at first", self._give_back)
        self.all_back = _button(
            "Back to the defaults", "Give every command the key it had at first", self._give_all_back
        )
        self._wished = ""
        self._dress()
        self._arrange()
        self._list()
        self.resize(theme.px(SIZE[0]), theme.px(SIZE[1]))

    def choose(self, id: str) -> None:
        """Make the command with this id the one that gets a key."""
        for row in range(self._model.rowCount()):
            group = self._model.index(row, 0)
            for at in range(self._model.rowCount(group)):
                index = self._model.index(at, 0, group)
                if index.data(_COMMAND).id == id:
                    self.tree.setCurrentIndex(index)

    def wish(self, key: str) -> None:
        """Give the chosen command `key`, in Qt's portable form, unless it is taken, which is told."""
        command = self._chosen()
        if command is None or not key:
            return
        if any(keys.same(key, taken) for taken in keys.TAKEN):
            self._tell(f"{keys.written(key)} belongs to the images and to lists, and stays there.")
        elif name := next((name for taken, name in self._of_classes.items() if keys.same(key, taken)), ""):
            self._tell(
                f"{keys.written(key)} labels images as “{name}” in this project. Give the class another key first."
            )
        elif other := holder(key, command, self._groups):
            self._wished = key
            self._tell(f"{keys.written(key)} is the key of “{_title(other)}”.", other=True)
        else:
            self._give(key)

    def _dress(self) -> None:
        self.tree.setModel(self._model)
        theme.role(self.tree, "lines")
        self.tree.setAccessibleName("Commands and their keys")
        self.tree.setToolTip("Enter or a double click: choose another key")
        self.tree.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        self.tree.setRootIsDecorated(False)
        self.tree.setItemsExpandable(False)
        self.tree.setIndentation(theme.px(12))
        self.tree.selectionModel().currentChanged.connect(lambda *_: self._show_chosen())
        self.tree.activated.connect(lambda _: self.field.setFocus(Qt.FocusReason.OtherFocusReason))
        self.field.setMaximumSequenceLength(1)
        self.field.setAccessibleName("New key")
        self.field.setToolTip("Press the new key, alone or with Ctrl, Alt and Shift")
        self.field.editingFinished.connect(self._read)

    def _arrange(self) -> None:
        change = QHBoxLayout()
        change.setSpacing(8)
        for part, stretch in ((self._name, 1), (self.field, 0), (self.none, 0), (self.back, 0)):
            change.addWidget(part, stretch)
        told = QHBoxLayout()
        told.setSpacing(8)
        told.addWidget(self._told, 1)
        told.addWidget(self.take)
        close = _button("Close", "Close this sheet (Esc)", self.accept)
        theme.role(close, "primary")
        foot = QHBoxLayout()
        foot.addWidget(self.all_back)
        foot.addStretch(1)
        foot.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addWidget(self._find)
        layout.addWidget(self.tree, 1)
        for row in (change, told, foot):
            layout.addLayout(row)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)  # Enter in the list chooses a line

    # --- the list ---

    def _list(self) -> None:
        chosen = self._chosen()
        self._model.clear()
        self._model.setHorizontalHeaderLabels(["Command", "Keys"])
        typed = self._find.text()
        for title, commands in self._groups:
            titles = [_title(command) for command in commands]
            hits = fuzzy.find(typed, titles, [f"{title} {_written(c)} {c.tooltip}" for c in commands])
            if hits:
                self._model.appendRow(_heading(title))
                group = self._model.item(self._model.rowCount() - 1)
                for at in sorted(hit.at for hit in hits):
                    group.appendRow(_row(commands[at]))
                self.tree.setFirstColumnSpanned(self._model.rowCount() - 1, QModelIndex(), True)
        self.tree.expandAll()
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, header.ResizeMode.Stretch)
        header.resizeSection(1, theme.px(_KEYS))
        if chosen is not None:
            self.choose(chosen.id)
        self._show_chosen()

    def _chosen(self) -> Command | None:
        command = self.tree.currentIndex().siblingAtColumn(0).data(_COMMAND)
        return command if isinstance(command, Command) else None

    def _show_chosen(self) -> None:
        command = self._chosen()
        free = command is not None and _is_free(command)
        self._name.setText(_title(command) if command else "Choose a command")
        self.field.clear()
        for part in (self.field, self.none):
            part.setEnabled(free)
        self.back.setEnabled(command is not None and keys.is_chosen(command.id))
        self._tell(_ABOUT if command is None or not free else command.tooltip)

    def _tell(self, sentence: str, other: bool = False) -> None:
        self._told.setText(sentence)
        self.take.setEnabled(other)

    # --- giving keys ---

    def _read(self) -> None:
        self.wish(self.field.keySequence().toString(QKeySequence.SequenceFormat.PortableText))

    def _give(self, key: str) -> None:
        command = self._chosen()
        if command is not None:
            keys.choose(command.id, key)
            self._refresh()

    def _take(self) -> None:
        """Give the wished key to the chosen command; the one that had it keeps its others."""
        command = self._chosen()
        if command is None:
            return
        while other := holder(self._wished, command, self._groups):
            rest = [key for key in keys.of(other.id, other.shortcuts) if not keys.same(key, self._wished)]
            keys.choose(other.id, " ".join(rest))
        self._give(self._wished)

    def _give_back(self) -> None:
        command = self._chosen()
        if command is None:
            return
        for key in command.shortcuts:
            if other := holder(key, command, self._groups):
                self._tell(f"{keys.written(key)} is the key of “{_title(other)}” now. Give that another one first.")
                return
        keys.give_back([command.id])
        self._refresh()

    def _give_all_back(self) -> None:
        keys.give_back()
        self._refresh()

    def _refresh(self) -> None:
        self._list()
        self.changed.emit()


def _is_free(command: Command) -> bool:
    """Whether the user may choose its key."""
    return not command.key and command not in actions.HANDS


def _title(command: Command) -> str:
    return command.title.removesuffix("…")


def _written(command: Command) -> str:
    found = keys.of(command.id, command.shortcuts) if _is_free(command) else (command.key,)
    return "  ".join(keys.written(key) if _is_free(command) else key for key in found)


def _heading(title: str) -> list[QStandardItem]:
    item = QStandardItem(title)
    item.setSelectable(False)
    item.setFlags(Qt.ItemFlag.ItemIsEnabled)
    item.setFont(theme.sans(11, QFont.Weight.DemiBold))
    return [item, QStandardItem()]


def _row(command: Command) -> list[QStandardItem]:
    name, key = QStandardItem(_title(command)), QStandardItem(_written(command))
    for item in (name, key):
        item.setData(command, _COMMAND)
        item.setToolTip(command.tooltip)
    key.setFont(theme.mono(12))
    if keys.is_chosen(command.id):  # as everywhere: what is not the default is bold, with a dot
        key.setText(f"{_written(command)} ·".strip())
        name.setFont(theme.sans(13, QFont.Weight.DemiBold))
    return [name, key]


def _button(text: str, tooltip: str, act: object) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tooltip)
    button.clicked.connect(lambda: act())  # type: ignore[operator]
    return button
