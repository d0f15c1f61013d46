"""Every control of every part: a name for screen readers, a tooltip, reach by keyboard, both themes, large text."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QApplication, QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from studio import theme
from studio.widgets.curves import Curves
from studio.widgets.empty import EmptyState
from studio.widgets.facets import Facet, FacetList
from studio.widgets.figure import BigNumber
from studio.widgets.filter_bar import FilterBar
from studio.widgets.form import RecipeForm
from studio.widgets.grid import ThumbnailGrid
from studio.widgets.label_keys import LabelKeys
from studio.widgets.line_plot import LinePlot
from studio.widgets.matrix import ConfusionMatrix
from studio.widgets.message_bar import MessageBar
from studio.widgets.picture import Picture
from studio.widgets.progress import ProgressLine
from studio.widgets.rail import Place, Rail
from studio.widgets.scatter import Scatter
from studio.widgets.sheet import SampleSheet
from studio.widgets.slider import RangeSlider, ValueSlider
from studio.widgets.switch import Switch
from studio.widgets.toast import Toast


def matrix() -> QWidget:
    widget = ConfusionMatrix()
    widget.set_counts(np.eye(3, dtype=np.int64), ["a", "b", "c"])
    return widget


def line_plot() -> QWidget:
    widget = LinePlot("Accuracy against rotation")
    widget.set_curve([0, 30, 90], [0.9, 0.8, 0.4], (0, 30), "°")
    return widget


def sheet() -> QWidget:
    widget = SampleSheet()
    widget.set_samples(np.full((4, 32, 32, 3), 99, np.uint8), 2)
    return widget


def scatter() -> QWidget:
    widget = Scatter("Samples and images")
    widget.set_points(np.eye(2), np.array([0, 1]), ["Synthetic", "Train"])
    return widget


def named_part(widget: QWidget) -> QWidget:
    """A part whose words its owner gives."""
    widget.setAccessibleName("Rotation")
    widget.setToolTip("How far samples are turned")
    return widget


PARTS: dict[str, Callable[[], QWidget]] = {
    "rail": lambda: Rail([Place("grid_view", "Data", "See and label"), Place("wand_stars", "Synthesize", "Make more")]),
    "message": lambda: MessageBar("The disk is full.", "Free some space.", "bad", "Try again"),
    "facets": lambda: FacetList("Class", [Facet("cat", 3, position=0), Facet("dog", 12_345, position=11)]),
    "filter": lambda: FilterBar("Filter", {"class:cat": "3"}),
    "picture": Picture,
    "empty": lambda: EmptyState("Pictures appear here.", "Import a folder"),
    "grid": ThumbnailGrid,
    "matrix": matrix,
    "curves": Curves,
    "form": RecipeForm,
    "keys": lambda: LabelKeys(["cat", "dog"]),
    "figure": lambda: BigNumber("Best so far", "95.2 %"),
    "progress": ProgressLine,
    "value": lambda: named_part(ValueSlider(0, 1, 0.5, 0.1)),
    "range": lambda: named_part(RangeSlider(0, 1, (0.2, 0.6), 0.1)),
    "switch": lambda: named_part(Switch()),
    "sheet": sheet,
    "scatter": scatter,
    "line plot": line_plot,
}


WITH_OWN_TIPS = QAbstractItemView | Curves | ConfusionMatrix | SampleSheet | LinePlot


def shown(qtbot: QtBot, part: QWidget) -> QWidget:
    window = QWidget()
    layout = QVBoxLayout(window)
    layout.addWidget(part)
    qtbot.addWidget(window)
    window.resize(700, 600)
    window.show()
    return window


def named(widget: QWidget) -> bool:
    return bool(widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text()))


@pytest.mark.parametrize("part", PARTS)
def test_controls_have_names_and_tooltips(qtbot: QtBot, part: str) -> None:
    window = shown(qtbot, PARTS[part]())
    controls = [w for w in window.findChildren(QWidget) if w.isVisible() and w.focusPolicy() & Qt.FocusPolicy.TabFocus]
    own = [w for w in controls if not w.objectName().startswith("qt_")]  # the line inside a spin box is no control
    assert own or part in ("figure", "progress", "scatter")
    for control in own:
        assert named(control), control
        assert control.toolTip() or isinstance(control, WITH_OWN_TIPS), control


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("choice", ["dark", "light"])
def test_disabled_and_enabled_look_different_in_both_themes(
    qtbot: QtBot, qapp: QApplication, part: str, choice: theme.Choice
) -> None:
    theme.apply(qapp, choice)
    window = shown(qtbot, PARTS[part]())
    before = window.grab().toImage()
    window.setEnabled(False)
    if part not in ("grid", "picture", "curves", "progress"):  # nothing in them to grey
        assert window.grab().toImage() != before


@pytest.mark.parametrize("part", PARTS)
def test_words_have_room_at_150_percent(qtbot: QtBot, qapp: QApplication, part: str) -> None:
    theme.apply(qapp, "dark", 1.5)
    window = shown(qtbot, PARTS[part]())
    window.resize(1000, 1400)
    QApplication.processEvents()
    for label in window.findChildren(QLabel):
        if label.isVisible() and label.text().strip() and not label.wordWrap():
            assert label.width() >= label.fontMetrics().horizontalAdvance(label.text()), label.text()
            assert label.height() >= label.fontMetrics().height() - 2, label.text()
    for button in window.findChildren(QAbstractButton):
        if button.isVisible() and button.text():
            assert button.width() >= button.fontMetrics().horizontalAdvance(button.text()), button.text()


def test_a_part_alive_while_the_theme_changes_repaints_in_it(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    window = shown(qtbot, matrix())
    before = window.grab().toImage()
    theme.apply(qapp, "light")
    after = window.grab().toImage()
    assert before.pixelColor(2, 2).lightness() < 60
    assert after.pixelColor(2, 2).lightness() > 200


def test_toast_reads_out_what_it_says(qtbot: QtBot) -> None:
    window = shown(qtbot, QWidget())
    assert Toast(window, "Labelled 12 images as 7", "Undo").accessibleName() == "Labelled 12 images as 7"
