"""A row of a form: title, field, and below them what is wrong or why the setting does nothing now."""

from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QMouseEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QWidget

from core.recipe import Setting
from core.wording import number
from studio import theme
from studio.widgets import words
from studio.widgets.fields import Field, Suggested, Text, Toggle, field_for, said

FIELD_WIDTH, FIELD_HEIGHT = 144, 28  # px
GAP = 12  # px between title and field
_BESIDE = 4  # px between a field and what is beside it
_RESET = "Double click the title, or Ctrl+D in the field, for"


class Row(QWidget):
    """One setting. Texts, which may be long, have a line of their own below the title."""

    edited = Signal(str)
    reset = Signal(str)

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        self.setting = setting
        self.field: Field = field_for(setting)
        self.title = Title(setting)
        self._base: Any = None
        self._beside: QWidget | None = None
        self._reason = ""
        self._below = words.muted()
        self._below.hide()
        self.field.widget.setAccessibleName(setting.title)
        self.field.edited.connect(lambda: self.edited.emit(setting.path))
        self.field.reset.connect(lambda: self.reset.emit(setting.path))
        self.title.reset.connect(lambda: self.reset.emit(setting.path))
        self._lay_out()
        self.set_base(setting.default)
        self.fit()

    def set_base(self, value: Any) -> None:
        """The value from which a change is told, and which a reset gives back."""
        if value == self._base:
            return
        self._base = value
        tip = f"{self.setting.help}{_bounds(self.setting)}\n{_RESET} {said(self.setting, value)}"
        for widget in (self.title, self.field.widget, *self.field.parts):
            widget.setToolTip(tip)

    def changed(self) -> bool:
        """Whether what is typed is not the base's value."""
        return bool(self.field.value() != self._base)

    def message(self) -> str:
        """What is wrong with the value; empty if nothing is."""
        return self._reason

    def put_beside(self, widget: QWidget) -> None:
        """Give `widget`, a small button, some of the field's room."""
        self._beside = widget
        self._grid.removeWidget(self.field.widget)
        line = QHBoxLayout()
        line.setSpacing(_BESIDE)
        line.addWidget(widget)
        line.addWidget(self.field.widget)
        self._grid.addLayout(line, 0, 1)
        QWidget.setTabOrder(self.field.parts[-1], widget)
        self.fit()

    def show_state(self, reason: str) -> None:
        """Mark the title where the value is changed, and say why it is refused."""
        changed = self.changed()
        self.title.mark(changed)
        was = f"Changed from {said(self.setting, self._base)}. " if changed else ""
        self.field.widget.setAccessibleDescription(reason or f"{was}{self.setting.help}")
        if reason == self._reason:
            return
        self._reason = reason
        self._say(reason, "bad")
        for widget in self.field.parts:
            widget.setProperty("invalid", bool(reason))
            widget.style().unpolish(widget)
            widget.style().polish(widget)

    def show_idle(self, why: str) -> None:
        """Grey the field and say why it does nothing now; empty takes that back."""
        self.title.setEnabled(not why)
        self.field.widget.setEnabled(not why)
        if not self._reason:
            self._say(why, "muted")

    def fit(self) -> None:
        """Follow the size of the text."""
        if isinstance(self.field, Text | Suggested):
            self.field.widget.setFixedHeight(theme.px(FIELD_HEIGHT))
        elif not isinstance(self.field, Toggle):
            taken = self._beside.sizeHint().width() + _BESIDE if self._beside else 0
            self.field.widget.setFixedSize(theme.px(FIELD_WIDTH) - taken, theme.px(FIELD_HEIGHT))
            if self._beside:
                self._beside.setFixedHeight(theme.px(FIELD_HEIGHT))

    def _say(self, text: str, role: str) -> None:
        if self._below.property("role") != role:
            theme.role(self._below, role)
        self._below.setText(text)
        self._below.setVisible(bool(text))

    def _lay_out(self) -> None:
        grid = self._grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        if isinstance(self.field, Text | Suggested):
            grid.addWidget(self.title, 0, 0, 1, 2)
            grid.addWidget(self.field.widget, 1, 0, 1, 2)
        else:
            aside = Qt.AlignmentFlag.AlignRight if isinstance(self.field, Toggle) else Qt.AlignmentFlag(0)
            grid.addWidget(self.title, 0, 0)
            grid.addWidget(self.field.widget, 0, 1, aside)
        grid.addWidget(self._below, 2, 0, 1, 2)


class Title(QLabel):
    """The words beside a field: bold with a dot when the value is changed, in room kept for that."""

    reset = Signal()

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting.title)
        self._words = setting.title
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setWordWrap(True)

    def mark(self, changed: bool) -> None:
        # A role and not a font: a font set before the style sheet is applied gets lost.
        if self.property("role") == (role := "changed" if changed else "plain"):
            return
        theme.role(self, role)
        self.setText(f"{self._words} •" if changed else self._words)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        # With the marks, so that a row does not grow when they come.
        return int(self._metrics().boundingRect(0, 0, width, 10_000, _WRAP, f"{self._words} •").height())

    def sizeHint(self) -> QSize:
        metrics = self._metrics()
        return QSize(metrics.horizontalAdvance(f"{self._words} •"), metrics.height())

    def minimumSizeHint(self) -> QSize:
        metrics = self._metrics()
        *others, last = self._words.split()
        return QSize(max(metrics.horizontalAdvance(word) for word in (*others, f"{last} •")), metrics.height())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset.emit()

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(theme.sans(weight=QFont.Weight.DemiBold))


_WRAP = int(Qt.TextFlag.TextWordWrap)


def searched(setting: Setting) -> str:
    """What a search looks in, in small letters: title, path, help, group and choices."""
    choices = " ".join((*setting.choices, *setting.suggested))
    told = f"{setting.title} {setting.path} {setting.help} {setting.group} {choices}".lower()
    return f"{told} {told.replace('_', ' ')}"


def idle_words(setting: Setting, needed: Setting) -> str:
    """Why a setting does nothing now: which other one has to have what value."""
    _, values = setting.needs or ("", ())
    if needed.kind == "choice":
        values = tuple(value.replace("_", " ") for value in values)
    return f"Only with {needed.title.lower()} {' or '.join(filter(None, (', '.join(values[:-1]), values[-1])))}."


def _bounds(setting: Setting) -> str:
    if setting.low is not None and setting.high is not None:
        unit = f" {setting.unit}" if setting.unit else ""
        return f" {number(setting.low)} to {number(setting.high)}{unit}."
    return f" At least {number(setting.low)}." if setting.low is not None else ""
