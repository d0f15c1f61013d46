"""The left column: what the digits are, how many, and a control for each setting of how they are composed.

It shows what it is told and says what was changed; the page decides.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from core.recipe import Recipe, flat
from studio import theme
from studio.pages.synthesize import knobs, state
from studio.pages.synthesize.knobs import COUNT, STAMPS, Knob
from studio.widgets import words
from studio.widgets.columns import SideColumn
from studio.widgets.fields import Choice, WholeNumber
from studio.widgets.form_row import FIELD_WIDTH, Title
from studio.widgets.picker import Picker
from studio.widgets.progress import ProgressLine
from studio.widgets.slider import RangeSlider, ValueSlider
from studio.widgets.switch import Switch

WIDTH = 308  # px
FOLDER = ""  # the entry of the stamps that asks for a folder


class ControlColumn(SideColumn):
    """`edited(path, value)` follows each change; `folder_asked` and `export_asked` ask for a place."""

    edited = Signal(str, object)
    folder_asked = Signal()
    export_asked = Signal()

    def __init__(self) -> None:
        super().__init__("Synthesis", WIDTH)
        self.stamps = _Stamps(knobs.setting(STAMPS).help)
        self.stamps.chosen.connect(lambda value: self.edited.emit(STAMPS, value))
        self.stamps.folder_asked.connect(self.folder_asked)
        self.count = _Count()
        self.count.edited.connect(lambda value: self.edited.emit(COUNT, value))
        self.rows = {knob.path: _Row(knob) for knob in knobs.knobs()}
        sections: list[list[QWidget]] = [[words.head("Digits from"), self.stamps], [self.count]]
        for knob in knobs.knobs():
            row = self.rows[knob.path]
            row.control.edited.connect(lambda knob=knob, row=row: self.edited.emit(knob.path, row.control.value()))
            row.title.reset.connect(lambda knob=knob: self.edited.emit(knob.path, knob.setting.default))
            if knob.head:
                sections.append([words.head(knob.head)])
            sections[-1].append(row)
        self.add_sections(*sections)
        self.export = QPushButton("Export…")
        self.export.setObjectName("synth-export")
        self.export.setToolTip("Write synthetic images to a folder, sorted by class")
        self.export.clicked.connect(self.export_asked)
        self.add_foot().addWidget(self.export)

    def show_recipe(self, recipe: Recipe) -> None:
        """Show the settings of `recipe`."""
        values, changed, idle = flat(recipe), knobs.changed(recipe), knobs.idle(recipe)
        self.count.show_count(recipe, COUNT in changed)
        for path, row in self.rows.items():
            row.show_value(values[path], path in changed, idle.get(path, ""))


class Control(Protocol):
    """What a row needs of a slider, a choice or a switch."""

    edited: Any

    def value(self) -> Any: ...
    def set_value(self, value: Any) -> None: ...


class _Toggle(Switch):
    """A switch that speaks as a `Control`."""

    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.clicked.connect(self.edited)

    def value(self) -> bool:
        return self.isChecked()

    def set_value(self, value: bool) -> None:
        self.setChecked(value)


class _Row(QWidget):
    """The title of a setting, its value at the right, and a slider below; a switch or a choice stands at the right."""

    def __init__(self, knob: Knob) -> None:
        super().__init__()
        self._knob = knob
        self.title = Title(knob.setting)
        self.title.setToolTip(knob.tip)
        self.control, widget = _control(knob)
        widget.setAccessibleName(knob.setting.title)
        self._widget = widget
        self._value = words.number(quiet=True)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.title, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        if knob.scale is None:
            line.addWidget(widget)
        else:
            line.addWidget(self._value)
            column.addWidget(widget)

    def show_value(self, value: Any, changed: bool, idle: str) -> None:
        """Show a value, whether it is not the default, and why it does nothing now."""
        if self.control.value() != value:
            self.control.set_value(value)
        self._value.setText(self._knob.words(value))
        self.title.mark(changed)
        for part in (self.title, self._value, self._widget):
            part.setEnabled(not idle)
        self._widget.setToolTip(idle or self._knob.tip)

    def words(self) -> str:
        return self._value.text()


def _control(knob: Knob) -> tuple[Control, QWidget]:
    default, scale = knob.setting.default, knob.scale
    if knob.kind == "switch":
        toggle = _Toggle()
        return toggle, toggle
    if knob.kind == "choice":
        choice = Choice(knob.setting)
        return choice, choice.widget
    assert scale is not None
    track = (scale.low, scale.high, default, scale.step, scale.whole, scale.log)
    slider = RangeSlider(*track) if knob.kind == "range" else ValueSlider(*track)
    return slider, slider


class _Count(QWidget):
    """How many synthetic images are made, and what that means."""

    edited = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        setting = knobs.setting(COUNT)
        self._title = Title(setting)
        self._title.reset.connect(lambda: self.edited.emit(setting.default))
        self.field = WholeNumber(setting)
        self.field.widget.setAccessibleName(setting.title)
        self.field.widget.setFixedWidth(theme.px(FIELD_WIDTH))
        self.field.edited.connect(lambda: self.edited.emit(self.field.value()))
        self.field.reset.connect(lambda: self.edited.emit(setting.default))
        for widget in (self._title, self.field.widget):
            widget.setToolTip(f"{setting.help}\nDouble click the title for the default: {setting.default}")
        self._meaning = words.muted()
        line = QHBoxLayout()
        line.addWidget(self._title, 1)
        line.addWidget(self.field.widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(line)
        column.addWidget(self._meaning)

    def show_count(self, recipe: Recipe, changed: bool) -> None:
        self.field.set_value(recipe.synth.count)
        self._title.mark(changed)
        self._meaning.setText(state.count_words(recipe))


class _Stamps(QWidget):
    """Where the digits come from, and how far the download of MNIST is."""

    chosen = Signal(str)
    folder_asked = Signal()

    def __init__(self, help: str) -> None:
        super().__init__()
        self._now = ""
        self._choices: list[tuple[str, str]] = []
        self.names = Picker()
        self.names.setToolTip(help)
        self.names.setAccessibleName("Digits from")
        self.names.setMinimumContentsLength(8)
        self.names.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.names.activated.connect(self._activate)
        self.progress = ProgressLine("Download of MNIST")
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(policy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.names)
        column.addWidget(self.progress)
        self.set_fetching(False, None)

    def set_choices(self, choices: Sequence[tuple[str, str]], now: str) -> None:
        """Offer origins as title and value; the last entry asks for a folder."""
        if (now, list(choices)) == (self._now, self._choices):
            return
        self._now, self._choices = now, list(choices)
        with QSignalBlocker(self.names):
            self.names.clear()
            for title, value in choices:
                self.names.addItem(title, value)
                self.names.setItemData(self.names.count() - 1, value, Qt.ItemDataRole.ToolTipRole)
            self.names.addItem("A folder or project…", FOLDER)
            self.names.setCurrentIndex(self.names.findData(now))

    def set_fetching(self, running: bool, share: float | None) -> None:
        """How far the download is; the line keeps its room."""
        self.progress.setVisible(running)
        self.progress.set_fraction(share if running else 0.0)

    def _activate(self) -> None:
        value = self.names.currentData()
        if value == FOLDER:
            self.names.setCurrentIndex(self.names.findData(self._now))
            self.folder_asked.emit()
        else:
            self.chosen.emit(value)
