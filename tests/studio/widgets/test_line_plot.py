"""The small curve: what is drawn of it, what is read off."""

import math

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio import theme
from studio.widgets.line_plot import LinePlot

X = [0, 20, 45, 90]
Y = [0.95, 0.94, 0.83, 0.37]


@pytest.fixture
def plot(qtbot: QtBot) -> LinePlot:
    widget = LinePlot("Accuracy against rotation")
    qtbot.addWidget(widget)
    widget.resize(320, 160)
    widget.set_curve(X, Y, (-20, 20), "°")
    widget.show()
    return widget


def color(plot: LinePlot, x: float, y: float) -> QColor:
    return plot.grab().toImage().pixelColor(plot.place(x, y).toPoint())


def test_line_and_shade_lie_where_their_values_are(plot: LinePlot) -> None:
    t = theme.tokens()
    assert color(plot, 20, 0.94) == QColor(t.accent)
    assert color(plot, 45, 0.83) == QColor(t.accent)
    assert color(plot, 10, 0.25) == QColor(t.selection)
    assert color(plot, 30, 0.25) not in (QColor(t.selection), QColor(t.accent))
    plot.set_curve(X, Y, None, "°")
    assert color(plot, 10, 0.25) != QColor(t.selection)


def test_the_pointer_reads_the_nearest_point(qtbot: QtBot, plot: LinePlot) -> None:
    assert plot.readout() == ""
    qtbot.mouseMove(plot, plot.place(80, 0.2).toPoint())
    qtbot.mouseMove(plot, plot.place(40, 0.2).toPoint())
    assert plot.readout() == "0.83 at 45°"
    QApplication.sendEvent(plot, QEvent(QEvent.Type.Leave))
    assert plot.readout() == ""


def test_arrow_keys_read_point_by_point(qtbot: QtBot, plot: LinePlot) -> None:
    before = plot.grab().toImage()
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Right):
        qtbot.keyClick(plot, key)
    assert plot.readout() == "0.37 at 90°"
    assert plot.grab().toImage() != before
    qtbot.keyClick(plot, Qt.Key.Key_Escape)
    assert plot.readout() == ""


@pytest.mark.parametrize("y", [[0.95, None, 0.83], [0.95, math.nan, 0.83, math.nan]])
def test_what_is_known_is_drawn_on_an_axis_of_full_length(plot: LinePlot, y: list[float | None]) -> None:
    place, ticks = plot.place(90, 0), plot.ticks()
    plot.set_curve(X, y, None, "°")
    assert plot.place(90, 0) == place
    assert plot.ticks() == ticks
    assert color(plot, 0, 0.95) == color(plot, 45, 0.83) == QColor(theme.tokens().accent)
    assert plot.accessibleDescription() == "0.95 at 0°, 0.83 at 45°"


def test_before_the_first_point_the_axes_stand(plot: LinePlot) -> None:
    plot.set_curve(X, [], (0, 20), "°")
    assert color(plot, 10, 0.25) == QColor(theme.tokens().selection)
    assert plot.accessibleDescription() == "nothing yet"
    plot.set_curve([], [], None, "")
    assert not plot.grab().isNull()


@pytest.mark.parametrize(
    ("x", "unit", "ticks"),
    [
        ([0, 90], "°", [0, 30, 60, 90]),
        ([0, 0.5], "", [0, 0.1, 0.2, 0.3, 0.4, 0.5]),
        ([0, 1], "", [0, 0.25, 0.5, 0.75, 1]),
        ([0, 40], "px", [0, 10, 20, 30, 40]),
        ([0.37, 1.93], "", [0.37, 1.93]),
        ([3], "", [3, 3.25, 3.5, 3.75, 4]),
    ],
)
def test_even_numbers_below_the_axis(plot: LinePlot, x: list[float], unit: str, ticks: list[float]) -> None:
    plot.set_curve(x, [0.5] * len(x), None, unit)
    assert plot.ticks() == ticks
    assert not plot.grab().isNull()


def test_fewer_numbers_where_there_is_no_room(plot: LinePlot) -> None:
    plot.set_curve([0, 1000], [1, 0], None, "px")
    plot.resize(170, 160)
    assert plot.ticks() == [0, 500, 1000]


def test_a_shorter_curve_forgets_a_point_that_is_gone(qtbot: QtBot, plot: LinePlot) -> None:
    qtbot.mouseMove(plot, plot.place(50, 0.3).toPoint() + QPoint(1, 0))
    qtbot.mouseMove(plot, plot.place(90, 0.3).toPoint() + QPoint(1, 0))
    assert plot.readout() == "0.37 at 90°"
    plot.set_curve(X, Y[:2], None, "°")
    assert plot.readout() == ""
