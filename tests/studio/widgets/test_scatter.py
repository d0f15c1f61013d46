"""The scatter plot: places, groups that differ in more than colour, the point under the pointer."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio import theme
from studio.widgets.marks import luminance
from studio.widgets.scatter import Scatter, draw_group_sign, group_color

XY = np.array([[0.0, 0.0], [10.0, 0.0], [5.0, 8.0], [np.nan, 1.0]])


@pytest.fixture
def scatter(qtbot: QtBot) -> Scatter:
    widget = Scatter("Samples and images")
    qtbot.addWidget(widget)
    widget.resize(300, 300)
    widget.set_points(XY, np.array([0, 1, 1, 0]), ["Synthetic", "Train"])
    widget.show()
    return widget


def test_points_lie_in_one_scale_with_y_upwards(scatter: Scatter) -> None:
    a, b, c = (scatter.point_place(k) for k in range(3))
    assert b.y() == a.y() > c.y()
    assert (b.x() - a.x()) / 10 == pytest.approx((a.y() - c.y()) / 8)
    assert all(scatter.rect().contains(point.toPoint()) for point in (a, b, c))


def test_a_point_has_the_colour_of_its_group(scatter: Scatter) -> None:
    image = scatter.grab().toImage()
    assert image.pixelColor(scatter.point_place(0).toPoint()) == group_color(0)
    assert image.pixelColor(scatter.point_place(1).toPoint()) == group_color(1)


def test_the_pointer_tells_the_nearest_point_within_reach(qtbot: QtBot, scatter: Scatter) -> None:
    told: list[int] = []
    scatter.hovered.connect(told.append)
    spot = scatter.point_place(1)
    for dx in (-41, -40, -7, -2, -9):
        qtbot.mouseMove(scatter, (spot + QPointF(dx, 0)).toPoint())
    qtbot.mouseMove(scatter, scatter.point_place(2).toPoint())
    QApplication.sendEvent(scatter, QEvent(QEvent.Type.Leave))
    assert told == [1, -1, 2, -1]


def test_new_points_forget_the_pointer(qtbot: QtBot, scatter: Scatter) -> None:
    qtbot.mouseMove(scatter, scatter.point_place(0).toPoint())
    qtbot.mouseMove(scatter, scatter.point_place(2).toPoint())
    with qtbot.waitSignal(scatter.hovered) as told:
        scatter.set_points(XY[:1], np.array([0]), ["One"])
    assert told.args == [-1]
    assert not scatter.grab().isNull()


@pytest.mark.parametrize(
    "xy", [np.empty((0, 2)), np.full((3, 2), np.nan), np.ones((5, 2)), np.array([[0.0, 0.0], [1e-300, 0.0]])]
)
def test_odd_points_are_painted_without_complaint(scatter: Scatter, xy: np.ndarray) -> None:
    scatter.set_points(xy, np.zeros(len(xy), np.int64), ["A group with a name that is far too long for its line"])
    assert not scatter.grab().isNull()


def test_groups_differ_in_shape_as_well(qtbot: QtBot) -> None:
    def outline(group: int) -> bytes:
        image = QImage(24, 24, QImage.Format.Format_Grayscale8)
        image.fill(Qt.GlobalColor.black)
        painter = QPainter(image)
        painter.setPen(Qt.PenStyle.NoPen)
        draw_group_sign(painter, QPointF(12, 12), 16, group)
        painter.end()
        pixels = np.frombuffer(image.constBits(), np.uint8).reshape(24, 24)
        return (pixels > 20).tobytes()

    assert len({outline(group) for group in range(7)}) == 7


@pytest.mark.parametrize("choice", ["dark", "light"])
def test_every_group_stands_out_from_the_background(qapp: QApplication, choice: theme.Choice) -> None:
    theme.apply(qapp, choice)
    below = luminance(QColor(theme.tokens().background))
    for group in range(10):
        high, low = sorted((luminance(group_color(group)), below), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 3


def test_groups_can_be_heard(scatter: Scatter) -> None:
    assert scatter.accessibleDescription() == "points: Synthetic 2, Train 2"


def test_another_theme_is_painted_anew(qapp: QApplication, scatter: Scatter) -> None:
    before = scatter.grab().toImage()
    theme.apply(qapp, "light")
    assert scatter.grab().toImage() != before
