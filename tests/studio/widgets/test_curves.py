"""Curves: what is drawn, what the pointer and the keys read off."""

import math

import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from studio.widgets.curves import Curves

HISTORY = ([1, 2, 3, 4], [2.0, 1.5, 1.0, 0.8], [2.1, 1.6, 1.2, 1.3], [0.2, 0.5, 0.7, 0.8], [0.1, 0.4, 0.75, 0.7])


@pytest.fixture
def curves(qtbot: QtBot) -> Curves:
    widget = Curves()
    qtbot.addWidget(widget)
    widget.resize(700, 600)
    widget.show()
    return widget


def test_before_the_first_epoch_a_sentence_says_what_will_be_here(curves: Curves) -> None:
    assert curves._empty.isVisible()
    assert curves.readout() == ""
    curves.set_history(*HISTORY)
    assert not curves._empty.isVisible()


def test_the_last_epoch_is_read_off_until_another_is_asked(qtbot: QtBot, curves: Curves) -> None:
    curves.set_history(*HISTORY, best_epoch=3, total=10)
    assert curves.readout() == "epoch 4   accuracy 0.8000 0.7000   loss 0.8000 1.3000"
    for _ in range(2):
        qtbot.keyClick(curves, Qt.Key.Key_Left)
    assert curves.readout().startswith("epoch 3   accuracy 0.7000 0.7500")
    qtbot.keyClick(curves, Qt.Key.Key_Escape)
    assert curves.readout().startswith("epoch 4")


def test_the_pointer_reads_the_nearest_epoch(qtbot: QtBot, curves: Curves) -> None:
    curves.set_history(*HISTORY, total=4)
    view = curves._loss.view
    scene = curves._loss.plot.vb.mapViewToScene(QPointF(2.2, 1.0))
    qtbot.mouseMove(view.viewport(), view.mapFromScene(scene))
    assert curves.readout().startswith("epoch 2 ")


def test_axes_reach_over_all_epochs_and_all_accuracies(curves: Curves) -> None:
    curves.set_history(*HISTORY, total=200)
    (left, right), (bottom, top) = curves._accuracy.plot.viewRange()
    assert left <= 0
    assert right >= 200
    assert bottom == 0
    assert 1 < top < 1.5
    assert curves._loss.plot.viewRange()[1][1] >= 2.1


def test_the_best_epoch_is_marked_with_words(curves: Curves) -> None:
    curves.set_history(*HISTORY)
    assert not curves._best._line.isVisible()
    curves.set_history(*HISTORY, best_epoch=3)
    assert curves._best._line.isVisible()
    assert curves._best._text.toPlainText() == "best 0.7500 at 3"


def test_gaps_and_a_single_epoch_are_drawn(curves: Curves) -> None:
    curves.set_history([1], [1.0], [None], [0.5], [math.nan], best_epoch=None)
    assert curves.readout() == "epoch 1   accuracy 0.5000 –   loss 1.0000 –"
    assert not curves.grab().isNull()


def test_a_new_run_starts_empty_again(curves: Curves) -> None:
    curves.set_history(*HISTORY, best_epoch=3)
    curves.set_history([], [], [], [], [])
    assert curves._empty.isVisible()
    assert not curves._best._line.isVisible()
