"""The row above the plots of a run: which are shown and how."""

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from studio import theme
from studio.widgets import words
from studio.widgets.curve_lines import BY_PART, PANELS, Options, uses_log
from studio.widgets.flow import FlowLayout
from studio.widgets.picker import Picker
from studio.widgets.slider import ValueSlider

_DEFAULT = ("accuracy", "loss")
_SMOOTHEST = 0.98


class CurveBar(QWidget):
    """Any set of plots may be chosen. What says nothing of them is greyed or left out, at the end of the row."""

    chosen = Signal()  # other plots
    altered = Signal()  # other lines in them
    restored = Signal()  # all epochs again

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.panels = {name: _toggle(panel.title, panel.tooltip, name in _DEFAULT) for name, panel in PANELS.items()}
        self.log = _toggle(
            "Log scale", "Loss and learning rate by powers of ten; what is not above 0 is left out", False
        )
        self.smoothing = ValueSlider(0, _SMOOTHEST, 0, 0.02)
        self.smoothing.setAccessibleName("Smoothing")
        self._smoothing_tip = "Weight of earlier epochs in the lines; the values themselves stay faint behind"
        self.smoothing.setToolTip(self._smoothing_tip)
        self._amount = words.number("0.00")
        self.measure = _picker("Value by class and source", (("Accuracy", "accuracy"), ("Loss", "loss")))
        self.images = _picker("Images by class and source", (("Validation", "val"), ("Training", "train")))
        self.restore = QToolButton()
        self.restore.setIcon(theme.icon("fit_screen"))
        self.restore.setAccessibleName("All epochs")
        self.restore.setToolTip("Show all epochs again: a double click into a plot or the key 0 does so too")
        self.restore.setEnabled(False)
        theme.role(self.restore, "small")
        flow = FlowLayout(self)
        for toggle in self.panels.values():
            flow.addWidget(toggle)
        for widget in (self._smoother(), self.log, self.restore, self.measure, self.images):
            flow.addWidget(widget)
        self._connect()
        self._dress()
        self._fit()

    def shown(self) -> tuple[str, ...]:
        """The names of the plots that are chosen."""
        return tuple(name for name, toggle in self.panels.items() if toggle.isChecked())

    def set_shown(self, names: Iterable[str]) -> None:
        """Choose plots; names of none are ignored, as they may be those of another version."""
        names = set(names)
        before = self.shown()
        for name, toggle in self.panels.items():
            toggle.setChecked(name in names)
        if self.shown() != before:
            self._fit()
            self.chosen.emit()

    def options(self) -> Options:
        return Options(
            self.smoothing.value(), self.log.isChecked(), self.measure.currentData(), self.images.currentData()
        )

    def set_zoomed(self, zoomed: bool) -> None:
        """Offer the way back from some epochs to all."""
        self.restore.setEnabled(zoomed)

    def _smoother(self) -> QWidget:
        part = QWidget()
        layout = QHBoxLayout(part)
        layout.setContentsMargins(theme.px(8), 0, theme.px(4), 0)
        layout.setSpacing(6)
        label = QLabel("Smoothing")
        label.setToolTip(self._smoothing_tip)
        for widget in (label, self.smoothing, self._amount):
            layout.addWidget(widget)
        return part

    def _connect(self) -> None:
        for toggle in self.panels.values():
            toggle.clicked.connect(self._choose)
        self.log.clicked.connect(self._alter)
        self.smoothing.edited.connect(self._alter)
        self.measure.activated.connect(self._alter)
        self.images.activated.connect(self._alter)
        self.restore.clicked.connect(self.restored)
        theme.watch.changed.connect(self._dress)

    def _choose(self) -> None:
        self._fit()
        self.chosen.emit()

    def _alter(self) -> None:
        self._fit()
        self.altered.emit()

    def _dress(self) -> None:
        self.smoothing.setFixedWidth(theme.px(84))

    def _fit(self) -> None:
        shown, options = self.shown(), self.options()
        by_part = any(name in BY_PART for name in shown)
        self.measure.setVisible(by_part)
        self.images.setVisible(by_part)
        self.log.setEnabled(any(uses_log(name, options) for name in shown))
        self._amount.setText(f"{options.smoothing:.2f}")


def _toggle(text: str, tooltip: str, on: bool) -> QPushButton:
    button = QPushButton(text)
    button.setCheckable(True)
    button.setChecked(on)
    button.setToolTip(tooltip)
    theme.role(button, "toggle")
    return button


def _picker(name: str, choices: Iterable[tuple[str, str]]) -> Picker:
    picker = Picker()
    for title, value in choices:
        picker.addItem(title, value)
    picker.setAccessibleName(name)
    picker.setToolTip(f"{name}: what the lines tell")
    return picker
