import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.widgets.rate_plot import RatePlot

RATES = np.geomspace(1e-7, 1.0, 60).tolist()
LOSSES = [2.3 - 1.5 / (1 + math.exp(-3 * (math.log10(rate) + 3))) for rate in RATES]


@pytest.fixture
def plot(qtbot: QtBot) -> RatePlot:
    plot = RatePlot()
    qtbot.addWidget(plot)
    plot.resize(520, 260)
    plot.chosen.connect(lambda rate: plot.set_marks(0.001, rate))
    plot.show()
    return plot


def test_nothing_can_be_chosen_before_there_is_a_curve(plot: RatePlot) -> None:
    said: list[float] = []
    plot.chosen.connect(said.append)
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=QPoint(200, 100))
    QTest.keyClick(plot, Qt.Key.Key_Right)
    assert said == []
    assert not plot.grab().isNull()


def test_a_click_and_the_arrow_keys_choose_a_rate(plot: RatePlot) -> None:
    said: list[float] = []
    plot.chosen.connect(said.append)
    plot.set_losses(RATES, LOSSES)
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=plot.place(0.01, 1.0).toPoint())
    assert said[-1] == pytest.approx(0.01, rel=0.05)
    before = said[-1]
    QTest.keyClick(plot, Qt.Key.Key_Left)
    assert said[-1] < before
    QTest.keyClick(plot, Qt.Key.Key_Right)
    assert said[-1] == pytest.approx(before)
    for _ in range(200):
        QTest.keyClick(plot, Qt.Key.Key_Right)
    assert said[-1] == pytest.approx(10.0)
    assert plot.accessibleDescription() == "chosen 10, suggested 0.001"


def test_a_loss_that_explodes_does_not_flatten_the_rest(plot: RatePlot) -> None:
    plot.set_losses(RATES, LOSSES)
    high = plot.place(1e-6, 2.3).y() - plot.place(1e-2, 0.8).y()
    plot.set_losses([*RATES, 3.0, 5.0], [*LOSSES, 1e9, None])
    assert plot.place(1e-6, 2.3).y() - plot.place(1e-2, 0.8).y() == pytest.approx(high, rel=0.01)
    plot.set_losses([1e-9, *RATES], [2.3, *LOSSES])
    assert plot.rate_at(0) == pytest.approx(1e-9)
    assert not plot.grab().isNull()
