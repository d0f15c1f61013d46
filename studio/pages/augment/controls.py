"""The left column of the Augment page: controls for each operation. It shows lines and tells what is edited."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio import theme
from studio.pages.augment import parts
from studio.pages.augment.lines import PREFIX, Knob, Line, Operation, all_operations, setting
from studio.widgets import words
from studio.widgets.columns import MARGIN, SideColumn
from studio.widgets.picker import Picker
from studio.widgets.slider import RangeSlider, ValueSlider
from studio.widgets.switch import Switch

LEFT = 332  # px
_NAME, _VALUE, _RULES = 76, 88, 68  # px: title and value of a setting, height of the rules
_ICON, _INDENT = 22, 26  # px: small buttons, and the settings below a title
_TRACK = 10  # px of a slider before its track begins
_RESET = "Double click: as in the recipe it started from"


class ControlsColumn(SideColumn):
    """Where the augmentation is made: preset, A and B, operations, rules. Edits are dotted paths with their values."""

    preset_chosen = Signal(str)
    edited = Signal(str, object)
    reset = Signal(object)  # tuple of paths that go back to where they started
    all_reset = Signal()
    alone = Signal(str)  # this operation alone; again: all of them
    expanded = Signal(str, bool)
    letter_chosen = Signal(str)
    both_chosen = Signal(bool)

    def __init__(self) -> None:
        super().__init__("Augmentation", LEFT)
        self.presets = parts.combo(
            "Start from", "The augmentation to start from: of a recipe that comes with Wildset, or of a run"
        )
        self.presets.setPlaceholderText("As in the draft")
        self.presets.activated.connect(lambda _: self.preset_chosen.emit(self.presets.currentData()))
        self.letters = {letter: _letter(letter) for letter in ("A", "B")}
        for letter, button in self.letters.items():
            button.clicked.connect(lambda _, letter=letter: self.letter_chosen.emit(letter))
        self.both = parts.toggle("Both", "Show A and B side by side; the chosen one is edited")
        self.both.clicked.connect(lambda on: self.both_chosen.emit(on))
        self.undo_all = QPushButton("Reset all")
        self.undo_all.setObjectName("augment-reset")
        theme.role(self.undo_all, "link")
        self.undo_all.clicked.connect(lambda: self.all_reset.emit())
        self._changed = self._undoes = False
        self.rows = {operation.name: OperationRow(operation) for operation in all_operations()}
        for row in self.rows.values():
            row.edited.connect(self.edited)
            row.reset.connect(self.reset)
            row.alone.connect(self.alone)
            row.expanded.connect(self.expanded)
        self.border, self.rules, self._refusal = Picker(), _Rules(), _refusal()
        self.add_head(self._head())
        self.add_scrolling(self._area())

    def set_presets(self, offered: Sequence[tuple[str, str]], chosen: str) -> None:
        """Offer augmentations as title and key; nothing is chosen where none of them is the start."""
        parts.offer(self.presets, offered, chosen)

    def set_letters(self, letter: str, both: bool) -> None:
        """Which of the two recipes is edited, and whether both are shown."""
        for name, button in self.letters.items():
            button.setChecked(name == letter)
        self.both.setChecked(both)

    def set_lines(self, lines: Mapping[str, Line], starts: Mapping[str, Any]) -> None:
        """Show how each operation stands; `starts` are the values that a double click gives."""
        for name, row in self.rows.items():
            row.set_line(lines[name], starts)
        self._changed = any(line.changed for line in lines.values())

    def set_all(self, border: str, rules: str) -> None:
        """Show what is not of one operation."""
        with QSignalBlocker(self.border):
            self.border.setCurrentText(border)
        if " ".join(self.rules.toPlainText().split()) != " ".join(rules.split()):
            with QSignalBlocker(self.rules):
                self.rules.setPlainText(rules)
            self.refuse("augment.rules", "")

    def refuse(self, path: str, reason: str) -> None:
        """Say below its control why a value was refused; "" takes that back. What has no control here is not told."""
        name = _name(path)
        if name in self.rows:
            self.rows[name].refuse(reason)
        elif name == "rules":
            self._refusal.setText(reason)
            self._refusal.setVisible(bool(reason))
            self.rules.setProperty("invalid", bool(reason))
            theme.role(self.rules, "field")
            self.rules.setAccessibleDescription(reason)

    def refusal(self, path: str) -> str:
        """What is said below a control."""
        name = _name(path)
        return self.rows[name].refusal() if name in self.rows else self._refusal.text()

    def set_undo(self, offered: bool) -> None:
        """Whether the last choice of a start, which gave up what was there, can be taken back."""
        self._undoes = offered
        self.undo_all.setText("Undo" if offered else "Reset all")
        tip = "Give back what was here before" if offered else "Everything as in the recipe it started from"
        self.undo_all.setToolTip(tip)

    def set_editable(self, editable: bool) -> None:
        """Whether anything can be changed here; a replayed run cannot."""
        for widget in (self._body, self.presets, self.both, *self.letters.values()):
            widget.setEnabled(editable)
        self.undo_all.setEnabled(editable and (self._changed or self._undoes))

    def _head(self) -> QWidget:
        head, second = QWidget(), QHBoxLayout()
        second.setSpacing(4)
        for button in (*self.letters.values(), self.both):
            second.addWidget(button)
        second.addStretch(1)
        second.addWidget(self.undo_all)
        column = QVBoxLayout(head)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.presets)
        column.addLayout(second)
        return head

    def _area(self) -> QScrollArea:
        self._body = QWidget()
        column = QVBoxLayout(self._body)
        column.setContentsMargins(MARGIN, 4, MARGIN, MARGIN)
        column.setSpacing(4)
        for row in self.rows.values():
            column.addWidget(row)
        column.addSpacing(12)
        column.addWidget(words.head("For all operations"))
        column.addLayout(self._border_line())
        column.addWidget(_titled(setting("rules").title, setting("rules").help))
        column.addWidget(self.rules)
        column.addWidget(self._refusal)
        column.addStretch(1)
        self.rules.textChanged.connect(lambda: self.edited.emit("augment.rules", self.rules.toPlainText().strip()))
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(self._body)
        return area

    def _border_line(self) -> QHBoxLayout:
        known, line = setting("border"), QHBoxLayout()
        self.border.addItems(list(known.choices))
        self.border.setAccessibleName(known.title)
        self.border.setToolTip(known.help)
        self.border.currentTextChanged.connect(lambda text: self.edited.emit(known.path, text))
        line.addWidget(_titled(known.title, known.help), 1)
        line.addWidget(self.border)
        return line


class OperationRow(QWidget):
    """Switch, title, value, and below them the settings that show."""

    edited = Signal(str, object)
    reset = Signal(object)
    alone = Signal(str)
    expanded = Signal(str, bool)

    def __init__(self, operation: Operation) -> None:
        super().__init__()
        self._operation = operation
        self._line: Line | None = None
        self._knobs: dict[str, _KnobLine] = {}  # made when they are first seen
        self.switch = Switch()
        self.switch.setAccessibleName(operation.title)
        self.switch.setToolTip(f"Use {operation.title.lower()}")
        self.switch.toggled.connect(lambda on: self.edited.emit(operation.switch, on))
        self._title = _Title(operation.title)
        self._title.setToolTip(_RESET)
        self._title.doubled.connect(self._give_back)
        self._value = words.number(quiet=True)
        self._value.setMinimumWidth(theme.px(_VALUE))
        self.only = _small("visibility", f"Show only {operation.title.lower()}; again: all operations")
        self.only.clicked.connect(lambda: self.alone.emit(operation.name))
        self.more = _small("chevron_right", f"All settings of {operation.title.lower()}")
        self.more.clicked.connect(self._expand)
        self._refusal = _refusal()
        head = QHBoxLayout()
        head.setSpacing(2)
        head.addWidget(self.more)
        head.addWidget(self.switch)
        head.addSpacing(2)
        head.addWidget(self._title, 1)
        head.addWidget(self.only)
        head.addWidget(self._value)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addLayout(head)
        self._column.addWidget(self._refusal)

    def set_line(self, line: Line, starts: Mapping[str, Any]) -> None:
        """Show how the operation stands."""
        if line == self._line and all(knob.start == starts.get(path, knob.start) for path, knob in self._knobs.items()):
            return
        self._line = line
        with QSignalBlocker(self.switch):
            self.switch.setChecked(line.on)
        self._title.show_state(line.changed, line.on and not line.idle)
        self._value.setText(line.words)
        for button in (self.only, self.more):
            button.setEnabled(line.on)
        self.only.setChecked(line.alone)
        if not line.on:
            self.refuse("")
        lone = len([path for path in line.open if path in {knob.path for knob in self._operation.mains}]) == 1
        for at, knob in enumerate(self._operation.knobs):
            self._show_knob(at, knob, line, starts, lone)

    def _show_knob(self, at: int, knob: Knob, line: Line, starts: Mapping[str, Any], lone: bool) -> None:
        seen = self._knobs.get(knob.path)
        if seen is None and knob.path in line.open:
            seen = self._knobs[knob.path] = _KnobLine(knob, self._operation.title, lone and knob.main)
            seen.edited.connect(self.edited)
            before = [self._knobs[other.path] for other in self._operation.knobs[:at] if other.path in self._knobs]
            self._column.insertWidget(1 + len(before), seen)
            QWidget.setTabOrder(before[-1].control if before else self.only, seen.control)
        if seen is not None:
            # What is seen stays while the operation is on: nothing vanishes below the pointer.
            seen.setVisible(line.on and (knob.path in line.open or not seen.isHidden()))
            seen.show_value(line.values[knob.path], knob.path in line.altered, starts[knob.path])

    def refuse(self, reason: str) -> None:
        """Say why a value was refused."""
        self._refusal.setText(reason)
        self._refusal.setVisible(bool(reason))

    def refusal(self) -> str:
        return self._refusal.text()

    def knob(self, path: str) -> QWidget:
        """The control of a setting that shows."""
        return self._knobs[path].control

    def words(self) -> str:
        return self._value.text()

    def _expand(self, all_of_them: bool) -> None:
        self.more.setIcon(theme.icon("keyboard_arrow_down" if all_of_them else "chevron_right"))
        for knob in self._knobs.values():
            knob.setVisible(all_of_them)  # those that show anyway come back with the next line
        self._line = None
        self.expanded.emit(self._operation.name, all_of_them)

    def _give_back(self) -> None:
        self.reset.emit((self._operation.switch, *(knob.path for knob in self._operation.knobs)))


class _KnobLine(QWidget):
    """One setting: title, control, value; the only strength of an operation has all the width instead."""

    edited = Signal(str, object)

    def __init__(self, knob: Knob, operation: str, lone: bool) -> None:
        super().__init__()
        self._knob = knob
        self.start: Any = None
        self.control: QWidget = _control(knob)
        self.control.setAccessibleName(f"{operation}: {knob.title.lower()}")
        tip = f"{knob.title}: {knob.help}\n{_RESET}"
        self.control.setToolTip(tip)
        self._title, self._value = _Title(knob.title), words.number(quiet=True)
        self._title.setToolTip(tip)
        self._title.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._title.setFixedWidth(theme.px(_NAME))
        self._value.setFixedWidth(theme.px(_VALUE))
        row = QHBoxLayout(self)
        row.setContentsMargins(_INDENT - (_TRACK if lone else 0), 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self._title)
        row.addWidget(self.control, 1)
        row.addWidget(self._value)
        for label, seen in ((self._title, not lone), (self._value, not lone and knob.kind != "choice")):
            label.setVisible(seen)
        self._title.doubled.connect(lambda: self.edited.emit(knob.path, self.start))
        if isinstance(self.control, QComboBox):
            self.control.currentTextChanged.connect(lambda text: self.edited.emit(knob.path, text))
        elif isinstance(self.control, RangeSlider | ValueSlider):
            slider = self.control
            slider.edited.connect(lambda: self.edited.emit(knob.path, slider.value()))

    def show_value(self, value: Any, changed: bool, start: Any) -> None:
        """Show a value without telling it."""
        self._value.setText(self._knob.words(value))
        self._title.show_state(changed, True)
        if isinstance(self.control, QComboBox):
            with QSignalBlocker(self.control):
                self.control.setCurrentText(value)
        elif isinstance(self.control, RangeSlider | ValueSlider):
            if self.control.value() != value:
                self.control.set_value(value)
            if self.start != start:
                self.control.set_default(start)
        self.start = start


class _Title(QLabel):
    """A title that is bold with a dot when something changed, and quiet when it has no effect."""

    doubled = Signal()

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._words = text
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def show_state(self, changed: bool, used: bool) -> None:
        role = "muted" if not used else "changed" if changed else "plain"
        if self.property("role") != role:
            theme.role(self, role)
        self.setText(f"{self._words} •" if changed else self._words)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.doubled.emit()


class _Rules(QPlainTextEdit):
    """The rules for classes: a few lines, Tab leaves them."""

    def __init__(self) -> None:
        super().__init__()
        known = setting("rules")
        self.setTabChangesFocus(True)
        self.setAccessibleName(known.title)
        self.setToolTip(known.help)
        self.setPlaceholderText(known.help)
        self.setFixedHeight(theme.px(_RULES))
        theme.role(self, "field")


def _control(knob: Knob) -> QWidget:
    if knob.scale is None:
        combo = Picker()
        combo.addItems(list(knob.choices))
        return combo
    scale = knob.scale
    if knob.kind == "range":
        return RangeSlider(scale.low, scale.high, (scale.low, scale.high), scale.step, scale.whole, scale.log)
    return ValueSlider(scale.low, scale.high, scale.low, scale.step, scale.whole, scale.log, knob.neutral)


def _name(path: str) -> str:
    """The operation of a dotted path, or the setting that is of none."""
    return path.removeprefix(PREFIX).partition(".")[0]


def _letter(letter: str) -> QPushButton:
    other = "B" if letter == "A" else "A"
    return parts.toggle(letter, f"Edit and show augmentation {letter}; {other} is kept")


def _small(icon: str, tooltip: str) -> QToolButton:
    button = parts.tool(icon, tooltip, _ICON, _ICON)
    button.setIconSize(QSize(16, 16))
    button.setCheckable(True)
    return button


def _titled(text: str, tooltip: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setToolTip(tooltip)
    return label


def _refusal() -> QLabel:
    label = words.muted()
    label.setProperty("role", "bad")
    label.hide()
    return label
