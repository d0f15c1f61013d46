"""The right column: the picture that is looked at, what is known of it, the classes to label it with, the actions."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from studio import actions, theme
from studio.pages.data.state import Details
from studio.widgets import words
from studio.widgets.facts import Facts
from studio.widgets.label_keys import LabelKeys
from studio.widgets.picture import Picture
from studio.widgets.switch import Switch

WIDTH = 280
_LOOKS = ("large", "compare", "next-unlabelled", "next-suspect")  # need no selection
_ELSEWHERE = (  # in the menu over an image, in the left column, on an arrow key, or in the palette
    *("reveal", "copy-image", "copy-path", "balance", "check", "findings", "find-suspects", "duplicates"),
    *("skip", "back", "unlabel", "by-name", "accept-all"),
)


class DetailsColumn(QScrollArea):
    """`labelled(position of the class)` and `added(name of a new class)`; its action rows call the page's commands."""

    labelled = Signal(int)
    added = Signal(str)

    def __init__(self, commands: dict[str, QAction], known: QWidget) -> None:
        super().__init__()
        theme.role(self, "surface")
        self._head = words.head("Nothing selected")
        self.picture = _Square()
        self._name = words.title()
        self._name.setWordWrap(True)
        self._name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._facts = Facts("What is known of the image")
        self.keys = LabelKeys()
        self.keys.chosen.connect(self.labelled)
        self._new = QLineEdit()
        self._new.setPlaceholderText("New class, then Enter")
        self._new.setToolTip("Add a class to this project")
        self._new.setAccessibleName("Name of a new class")
        self._new.returnPressed.connect(self._add)
        self._known = known  # what is told beside the large view
        shown = [command for command in actions.DATA if command.id not in _ELSEWHERE]
        self._rows = [_ActionRow(command, commands[command.id]) for command in shown]
        inner = QWidget()
        theme.role(inner, "surface")
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        for part in (self._head, self.picture, self._name, self._facts):
            layout.addWidget(part)
        layout.addSpacing(8)
        layout.addWidget(words.head("Label as"))
        layout.addWidget(self.keys)
        layout.addWidget(self._new)
        layout.addLayout(self._go_on_row())
        layout.addSpacing(8)
        layout.addWidget(known)
        layout.addWidget(words.head("Actions"))
        rows = QVBoxLayout()
        rows.setSpacing(0)
        for row in self._rows:
            rows.addWidget(row)
        layout.addLayout(rows)
        layout.addStretch(1)
        self.show_large(False)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def show_details(self, details: Details) -> None:
        """Show what is known of the current picture."""
        self._head.setText(details.head)
        self._name.setText(details.name)
        self._name.setVisible(bool(details.name))
        self._facts.set_rows(details.rows)
        self._facts.setVisible(bool(details.rows))

    def show_large(self, large: bool) -> None:
        """Whether the image is shown large beside: then it is not shown here, but all that is known of it."""
        self.picture.setVisible(not large)
        self._known.setVisible(large)

    def show_picture(self, image: QImage | None, sentence: str = "") -> None:
        """Show the picture, or say why there is none."""
        self.picture.set_image(image, sentence)

    def set_classes(self, names: Sequence[str], keys: Sequence[str | None]) -> None:
        """Offer these classes, with the keys that were given to them."""
        self.keys.set_classes(names, keys)

    def set_enabled(self, labels: bool, classes: bool, images: bool) -> None:
        """Whether the selection can be labelled, whether classes can be added, and whether there is an image to see."""
        self.keys.setEnabled(labels)
        self._new.setEnabled(classes)
        for row in self._rows:
            row.allow(images if row.only_looks else labels)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(WIDTH), 400)

    def _go_on_row(self) -> QHBoxLayout:
        self.go_on = Switch()
        self.go_on.setToolTip("Look at the next image when one has been labelled")
        self.go_on.setAccessibleName("Go on after a label")
        row = QHBoxLayout()
        row.addWidget(QLabel("Go on after a label"), 1)
        row.addWidget(self.go_on)
        return row

    def _add(self) -> None:
        if name := self._new.text().strip():
            self.added.emit(name)
            self._new.clear()


class _Square(Picture):
    """A picture that keeps its room: as high as it is wide, whatever it shows."""

    pixels_from = 6.0

    def __init__(self) -> None:
        super().__init__()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def heightForWidth(self, width: int) -> int:
        return width

    def sizeHint(self) -> QSize:
        return QSize(theme.px(100), theme.px(100))


class _ActionRow(QPushButton):
    """A command as a line: its title at the left, its key at the right. It can be used while its action can."""

    def __init__(self, command: actions.Command, action: QAction) -> None:
        super().__init__()
        self.only_looks = command.id in _LOOKS
        self._command, self._action = command, action
        self._key = words.number(quiet=True)
        theme.role(self, "quiet")
        self.setAccessibleName(command.title)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clicked.connect(action.trigger)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for label in (QLabel(command.title), self._key):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            layout.addWidget(label)
        layout.setStretch(0, 1)
        action.changed.connect(self._follow)
        self._follow()

    def allow(self, usable: bool) -> None:
        """Whether the command can be used now, by its key and from the palette, too."""
        self._action.setEnabled(usable)

    def _follow(self) -> None:
        self.setEnabled(self._action.isEnabled())
        self.setToolTip(self._action.toolTip())
        self._key.setText(self._command.shown_key)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(120), theme.px(26))
