"""The controls of a form by kind of value: number, whole or not, range, text, choice, yes or no.

They all speak the same `Field`.
"""

from typing import Any, Protocol

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QSpinBox, QWidget

from core.recipe import Setting
from studio import theme
from studio.widgets.switch import Switch

_LARGEST = 2**31 - 1


class Field(Protocol):
    """What the form needs of a control. `value` is None while a number cannot be read; `parts` take the focus."""

    widget: QWidget
    parts: tuple[QWidget, ...]
    edited: Any
    reset: Any

    def value(self) -> Any: ...
    def set_value(self, value: Any) -> None: ...
    def shown(self, value: Any) -> str: ...


class _Base(QObject):
    """Wheel turns scroll the form unless the field has the focus; Ctrl+D asks for the default."""

    edited = Signal()
    reset = Signal()

    def __init__(self, widget: QWidget, *parts: QWidget) -> None:
        super().__init__(widget)
        self.parts = parts or (widget,)
        for part in self.parts:
            part.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            part.setProperty("field", "number")
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

    def __init__(self, setting: Setting) -> None:
        self.widget: QSpinBox = QSpinBox()
        super().__init__(self.widget)
        low = -_LARGEST if setting.low is None else int(setting.low)
        self.widget.setRange(low, _LARGEST if setting.high is None else int(setting.high))
        self.widget.setSuffix(behind(setting.unit))
        self.widget.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.widget.setGroupSeparatorShown(True)
        self.widget.setKeyboardTracking(False)
        self.widget.valueChanged.connect(self.edited)

    def value(self) -> int:
        return self.widget.value()

    def set_value(self, value: int) -> None:
        with QSignalBlocker(self.widget):
            self.widget.setValue(value)

    def shown(self, value: int) -> str:
        return f"{value:,}"


class Number(_Base):
    """A line for a number as 0.05 or 1e-4, the unit behind it."""

    def __init__(self, setting: Setting) -> None:
        self.widget: _UnitLine = _UnitLine(setting.unit)
        super().__init__(self.widget)
        self.widget.textEdited.connect(self.edited)

    def value(self) -> float | None:
        return _read(self.widget.text())

    def set_value(self, value: float) -> None:
        self.widget.setText(self.shown(value))

    def shown(self, value: float) -> str:
        return _written(value)


class Span(_Base):
    """Two lines for the ends of a range."""

    def __init__(self, setting: Setting) -> None:
        self._lines = _UnitLine(setting.unit), _UnitLine(setting.unit)
        self.widget: QWidget = QWidget()
        super().__init__(self.widget, *self._lines)
        self.widget.setFocusProxy(self._lines[0])
        layout = QHBoxLayout(self.widget)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for line, end in zip(self._lines, ("from", "to"), strict=True):
            line.setAccessibleName(f"{setting.title}, {end}")
            line.textEdited.connect(self.edited)
            layout.addWidget(line)

    def value(self) -> tuple[float, float] | None:
        first, last = (_read(line.text()) for line in self._lines)
        return None if first is None or last is None else (first, last)

    def set_value(self, value: tuple[float, float]) -> None:
        for line, end in zip(self._lines, value, strict=True):
            line.setText(_written(end))

    def shown(self, value: tuple[float, float]) -> str:
        return " to ".join(_written(end) for end in value)


class Text(_Base):
    """A line of text."""

    def __init__(self, setting: Setting) -> None:
        self.widget: QLineEdit = QLineEdit()
        super().__init__(self.widget)
        self.widget.setPlaceholderText("" if setting.default else "all")
        self.widget.textEdited.connect(self.edited)

    def value(self) -> str:
        return self.widget.text().strip()

    def set_value(self, value: str) -> None:
        self.widget.setText(value)

    def shown(self, value: str) -> str:
        return value or "empty"


class Choice(_Base):
    """One of a few names."""

    def __init__(self, setting: Setting) -> None:
        self.widget: QComboBox = QComboBox()
        super().__init__(self.widget)
        self.widget.addItems(list(setting.choices))
        self.widget.currentIndexChanged.connect(self.edited)

    def value(self) -> str:
        return self.widget.currentText()

    def set_value(self, value: str) -> None:
        with QSignalBlocker(self.widget):
            self.widget.setCurrentText(value)

    def shown(self, value: str) -> str:
        return value


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

    def shown(self, value: bool) -> str:
        return "on" if value else "off"


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
    field: Field = FIELDS[setting.kind](setting)
    return field


def behind(unit: str) -> str:
    """A unit as it stands behind a number: 12°, but 64 px."""
    return unit if unit in ("", "°") else f" {unit}"


def _read(text: str) -> float | None:
    """The number that `text` is; None if it is none."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None


def _written(value: float) -> str:
    if value and abs(value) < 0.001:
        digits, power = f"{value:e}".split("e")
        return f"{float(digits):g}e{int(power)}"
    return f"{value:g}"


class _UnitLine(QLineEdit):
    """A line aligned right that paints a unit behind what is typed."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = behind(unit)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        theme.watch.changed.connect(self._make_room)
        self._make_room()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._unit:
            painter = QPainter(self)
            painter.setFont(theme.mono())
            painter.setPen(QColor(theme.tokens().muted))
            room = self.rect().adjusted(0, 0, -10, 0)
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._unit)

    def _make_room(self) -> None:
        width = QFontMetrics(theme.mono()).horizontalAdvance(self._unit)
        self.setTextMargins(0, 0, width, 0)
