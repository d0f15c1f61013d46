"""The controls of a form by kind of value: number, whole or not, range, text, choice, yes or no.

They all speak the same `Field`. What is typed is taken over as it is, right or wrong: the recipe says what is wrong.
"""

import math
from typing import Any, ClassVar, Protocol

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QComboBox, QCompleter, QHBoxLayout, QLineEdit, QListView, QSpinBox, QWidget

from core.recipe import Setting
from core.wording import number
from studio import theme
from studio.widgets.switch import Switch
from studio.widgets.typed import read_number, read_whole

_LARGEST = 2**31 - 1
_EMPTY = {"data.where": "all"}  # what no text means, where it is not "none"
_ZERO = {"optim.batch_size": "automatic", "data.stored_size": "image size"}  # what 0 means, where it is no number


class Field(Protocol):
    """What the form needs of a control. `value` is None while a number cannot be read; `parts` take the focus.

    `unread` is what to say then.
    """

    unread: str
    widget: QWidget
    parts: tuple[QWidget, ...]
    edited: Any
    reset: Any

    def value(self) -> Any: ...
    def set_value(self, value: Any) -> None: ...


class _Base(QObject):
    """Wheel turns scroll the form unless the field has the focus; Ctrl+D asks for the value it began with."""

    edited = Signal()
    reset = Signal()
    unread: ClassVar[str] = "This is not a number."

    def __init__(self, widget: QWidget, *parts: QWidget, look: str = "number") -> None:
        super().__init__(widget)
        self.parts = parts or (widget,)
        for part in self.parts:
            part.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            part.setProperty("field", look)
            part.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QWheelEvent) and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
            if control and event.key() == Qt.Key.Key_D:
                self.reset.emit()
                return True
        return super().eventFilter(watched, event)


class WholeNumber(_Base):
    """A spin box within the bounds, the unit behind the number."""

    unread = "This is not a whole number."

    def __init__(self, setting: Setting) -> None:
        self.widget: _Spin = _Spin(setting)
        super().__init__(self.widget)
        self.widget.valueChanged.connect(self.edited)
        self.widget.lineEdit().textEdited.connect(self.edited)
        self.widget.editingFinished.connect(self.edited)  # what could not be kept has gone

    def value(self) -> int | None:
        return self.widget.read(self.widget.text())

    def set_value(self, value: int) -> None:
        with QSignalBlocker(self.widget):
            self.widget.setValue(value)


class _Spin(QSpinBox):
    """Lets anything be typed or pasted, for its field to say what is wrong; on leaving, the last right number is back.

    Steps follow the size of the number: 64 by 1, 9,000 by 100.
    """

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        self._low = -_LARGEST if setting.low is None else int(setting.low)
        self._high = _LARGEST if setting.high is None else int(setting.high)
        self.setRange(self._low, self._high)
        self.setSuffix(behind(setting.unit))
        self.setSpecialValueText(_ZERO.get(setting.path, ""))  # in place of the least value
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setGroupSeparatorShown(True)
        self.setKeyboardTracking(False)
        self.setStepType(QSpinBox.StepType.AdaptiveDecimalStepType)

    def read(self, text: str) -> int | None:
        """The number that `text` says; None if it says none."""
        word = self.specialValueText()
        if word and text.removesuffix(self.suffix()) == word:
            return self._low
        return read_whole(text, self.suffix())

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        found = self.read(text)
        right = found is not None and self._low <= found <= self._high
        return (QValidator.State.Acceptable if right else QValidator.State.Intermediate), text, position

    def valueFromText(self, text: str) -> int:
        found = self.read(text)
        return self.value() if found is None else found

    def textFromValue(self, value: int) -> str:
        return f"{value:,}"


class Number(_Base):
    """A line for a number as 0.05 or 1e-4, the unit behind it."""

    def __init__(self, setting: Setting) -> None:
        self.widget: _NumberLine = _NumberLine(setting, _typical(setting))
        super().__init__(self.widget)
        self.widget.textEdited.connect(self.edited)
        self.widget.stepped.connect(self.edited)

    def value(self) -> float | None:
        return self.widget.number()

    def set_value(self, value: float) -> None:
        self.widget.setText(number(value))


class Span(_Base):
    """Two lines for the ends of a range."""

    def __init__(self, setting: Setting) -> None:
        self._lines = _NumberLine(setting, _typical(setting)), _NumberLine(setting, _typical(setting))
        self.widget: QWidget = QWidget()
        super().__init__(self.widget, *self._lines)
        self.widget.setFocusProxy(self._lines[0])
        layout = QHBoxLayout(self.widget)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for line, end in zip(self._lines, ("from", "to"), strict=True):
            line.setAccessibleName(f"{setting.title}, {end}")
            line.textEdited.connect(self.edited)
            line.stepped.connect(self.edited)
            layout.addWidget(line)

    def value(self) -> tuple[float, float] | None:
        first, last = (line.number() for line in self._lines)
        return None if first is None or last is None else (first, last)

    def set_value(self, value: tuple[float, float]) -> None:
        for line, end in zip(self._lines, value, strict=True):
            line.setText(number(end))


class Text(_Base):
    """A line of text."""

    def __init__(self, setting: Setting) -> None:
        self.widget: QLineEdit = QLineEdit()
        super().__init__(self.widget)
        self.widget.setPlaceholderText("" if setting.default else _EMPTY.get(setting.path, "none"))
        self.widget.textEdited.connect(self.edited)

    def value(self) -> str:
        return self.widget.text().strip()

    def set_value(self, value: str) -> None:
        self.widget.setText(value)
        self.widget.setCursorPosition(0)  # the beginning of a long one is seen


class Suggested(_Base):
    """A text to choose or to type; parts of words find what they are part of."""

    def __init__(self, setting: Setting) -> None:
        self.widget: QComboBox = _Narrow()
        super().__init__(self.widget)
        self._line = QLineEdit()
        self._line.setAccessibleName(setting.title)
        self._line.setToolTip(setting.help)
        self.widget.setLineEdit(self._line)
        self.widget.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.widget.addItems(list(setting.suggested))
        completer = QCompleter(self.widget.model(), self.widget)
        popup = QListView()
        theme.role(popup, "popup")
        popup.setProperty("field", "number")
        completer.setPopup(popup)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.widget.setCompleter(completer)
        self.widget.currentTextChanged.connect(self.edited)

    def value(self) -> str:
        return self.widget.currentText().strip()

    def set_value(self, value: str) -> None:
        if value == self.widget.currentText():
            return  # where the cursor is stays
        with QSignalBlocker(self.widget):
            self.widget.setCurrentIndex(self.widget.findText(value))
            self.widget.setEditText(value)
        self._line.setCursorPosition(0)


class Choice(_Base):
    """One of a few names, with spaces for underscores."""

    def __init__(self, setting: Setting) -> None:
        self.widget: QComboBox = _Narrow()
        super().__init__(self.widget, look="words")
        for choice in setting.choices:
            self.widget.addItem(choice.replace("_", " "), choice)
        self.widget.currentIndexChanged.connect(self.edited)

    def value(self) -> str:
        return str(self.widget.currentData())

    def set_value(self, value: str) -> None:
        with QSignalBlocker(self.widget):
            self.widget.setCurrentIndex(self.widget.findData(value))


class _Narrow(QComboBox):
    """A combo box as wide as its column, with a list as wide as its names."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)

    def showPopup(self) -> None:
        self.view().setMinimumWidth(self.view().sizeHintForColumn(0) + 2 * theme.px(8))
        super().showPopup()


class Toggle(_Base):
    """Yes or no."""

    def __init__(self, setting: Setting) -> None:
        self.widget: Switch = Switch()
        super().__init__(self.widget)
        self.widget.clicked.connect(self.edited)

    def value(self) -> bool:
        return self.widget.isChecked()

    def set_value(self, value: bool) -> None:
        self.widget.setChecked(value)


FIELDS: dict[str, Any] = {
    "int": WholeNumber,
    "float": Number,
    "span": Span,
    "text": Text,
    "choice": Choice,
    "bool": Toggle,
}


def field_for(setting: Setting) -> Field:
    """The control that fits a setting's kind."""
    kind: Any = Suggested if setting.suggested else FIELDS[setting.kind]
    field: Field = kind(setting)
    return field


def said(setting: Setting, value: Any) -> str:
    """A value of a setting in words: "on", "0.7 to 1", "one cycle", "9,000"."""
    if value == 0 and setting.path in _ZERO:
        return _ZERO[setting.path]
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return " to ".join(number(end) for end in value)
    if isinstance(value, str):
        return (value.replace("_", " ") if setting.choices else value) or "empty"
    return f"{value:,}" if isinstance(value, int) else number(value)


def behind(unit: str) -> str:
    """A unit as it stands behind a number: 12°, but 64 px."""
    return unit if unit in ("", "°") else f" {unit}"


def stepped(value: float, steps: int, low: float, high: float, typical: float) -> float:
    """`value` moved by `steps` in its second digit: 0.2 by 0.01, 0.001 by 0.0001; 0 moves as `typical` does.

    It stays between `low` and `high`; steps go on from one power of ten to the next.
    """
    for _ in range(abs(steps)):
        size = abs(value) or typical
        power = math.floor(math.log10(size) + 1e-9)
        down = (value > 0) == (steps < 0) and value != 0
        if down and math.isclose(size, 10.0**power):
            power -= 1  # 0.001 goes down to 0.00099
        step = 10.0 ** (power - 1)
        value = round(round(value / step) * step + math.copysign(step, steps), 1 - power)
    return min(max(value, low), high)


def _typical(setting: Setting) -> float:
    ends = setting.default if isinstance(setting.default, tuple) else (setting.default,)
    largest = max(abs(end) for end in ends)
    return float(largest or (setting.high if setting.high and setting.high <= 1000 else 1.0))


class _NumberLine(QLineEdit):
    """A line for a number, aligned right, that paints its unit behind what is typed; arrows and the wheel step."""

    stepped = Signal()

    def __init__(self, setting: Setting, typical: float) -> None:
        super().__init__()
        self._low = -math.inf if setting.low is None else setting.low
        self._high = math.inf if setting.high is None else setting.high
        self._typical = typical
        self._share = not setting.unit and self._high <= 1
        self._plain_unit, self._unit = setting.unit, behind(setting.unit)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.editingFinished.connect(self._tidy)
        theme.watch.changed.connect(self._make_room)
        self._make_room()

    def number(self) -> float | None:
        """What is typed; None if it is no number."""
        return read_number(self.text(), self._plain_unit, self._share)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        steps = {keys.Key_Up: 1, keys.Key_Down: -1, keys.Key_PageUp: 10, keys.Key_PageDown: -10}
        if event.key() in steps:
            self._step(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if turn := event.angleDelta().y():
            self._step(1 if turn > 0 else -1)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._unit:
            painter = QPainter(self)
            painter.setFont(theme.mono())
            painter.setPen(QColor(theme.tokens().muted))
            room = self.rect().adjusted(0, 0, -10, 0)
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._unit)

    def _step(self, steps: int) -> None:
        now = self.number()
        if now is not None:
            self.setText(number(stepped(now, steps, self._low, self._high, self._typical)))
            self.stepped.emit()

    def _tidy(self) -> None:
        """Write what was understood as it is shown elsewhere; what was not stays."""
        if (understood := self.number()) is not None:
            self.setText(number(understood))

    def _make_room(self) -> None:
        width = QFontMetrics(theme.mono()).horizontalAdvance(self._unit)
        self.setTextMargins(0, 0, width, 0)
