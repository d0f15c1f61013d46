"""Curves: what is drawn, what the pointer and the keys read off, which plots there are."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from core.runs.history import Curve, History, Parts
from studio import theme
from studio.widgets.curves import Curves
from studio.widgets.marks import luminance
from studio.widgets.plot import Plot

RUN = History(
    "running",
    epochs=(1, 2, 3, 4),
    train_loss=(2.0, 1.5, 1.0, 0.8),
    val_loss=(2.1, 1.6, 1.2, 1.3),
    train_accuracy=(0.2, 0.5, 0.7, 0.8),
    val_accuracy=(0.1, 0.4, 0.75, 0.7),
    learning_rate=(1e-3, 5e-4, 2e-4, 1e-5),
    images_per_second=(900.0, 1100.0, 1000.0, 1234.0),
    classes=Parts(
        val_accuracy={"cat": (0.1, 0.2, 0.3, 0.4), "dog": (0.5, 0.6, 0.7, 0.9), "emu": (None, None, None, None)},
        val_loss={"cat": (2.0, 1.9, 1.8, 1.7), "dog": (1.0, 0.9, 0.8, 0.7)},
        train_accuracy={"cat": (0.9, 0.9, 0.9, 0.95)},
    ),
    best_epoch=3,
    planned_epochs=10,
)
EARLIER = History(
    "completed",
    epochs=(1, 2),
    train_loss=(1.5, 1.0),
    val_loss=(1.0, 0.5),
    train_accuracy=(0.2, 0.5),
    val_accuracy=(0.3, 0.6),
    learning_rate=(1e-3, 1e-3),
    images_per_second=(500.0, 500.0),
    planned_epochs=2,
)


@pytest.fixture
def curves(qtbot: QtBot) -> Curves:
    widget = Curves()
    qtbot.addWidget(widget)
    widget.resize(700, 600)
    widget.show()
    qtbot.waitExposed(widget)
    QApplication.processEvents()
    return widget


def many(count: int, epochs: int = 3) -> History:
    accuracy: dict[str, Curve] = {f"c{k}": tuple(0.9 - 0.01 * k for _ in range(epochs)) for k in range(count)}
    return replace(RUN, epochs=tuple(range(1, epochs + 1)), classes=Parts(val_accuracy=accuracy))


def point_at(plot: Plot, epoch: float, value: float, kind: QEvent.Type = QEvent.Type.MouseMove) -> None:
    place = plot.frame().point(epoch, value)
    button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
    event = QMouseEvent(kind, place, plot.mapToGlobal(place), button, button, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(plot, event)


def test_plots_that_come_back_follow_what_came_meanwhile(curves: Curves, qtbot: QtBot) -> None:
    loss = curves.plot("loss")
    curves.set_history(RUN)
    expected = loss.grab().toImage()
    curves.set_history(EARLIER)
    assert loss.grab().toImage() != expected
    curves.hide()
    curves.set_history(RUN)
    curves.show()
    qtbot.waitUntil(lambda: loss.grab().toImage() == expected, timeout=5000)


def drag(plot: Plot, low: float, high: float) -> None:
    point_at(plot, low, 0.5, QEvent.Type.MouseButtonPress)
    point_at(plot, high, 0.5)
    point_at(plot, high, 0.5, QEvent.Type.MouseButtonRelease)


def drawn(plot: Plot) -> dict[str, list[float]]:
    return {line.name: [round(float(y), 4) for y in line.y] for line in plot.content().lines}


def colors(plot: Plot, names: Sequence[str]) -> list[int]:
    return [line.hue for name in names for line in plot.content().lines if line.name == name]


# --- reading off ---


def test_before_the_first_epoch_a_sentence_says_what_will_be_here(curves: Curves) -> None:
    assert curves.plot("accuracy").is_empty()
    assert curves.plot("accuracy").content().empty == "The curves appear here after the first epoch."
    assert curves.readout() == ""
    assert curves.accessibleDescription() == "The curves appear here after the first epoch."
    curves.set_history(RUN)
    assert not curves.plot("accuracy").is_empty()


def test_the_last_epoch_is_read_off_until_another_is_asked(qtbot: QtBot, curves: Curves) -> None:
    curves.set_history(RUN)
    last = "epoch 4. Accuracy: Train 0.8000, Validation 0.7000. Loss: Train 0.8000, Validation 1.3000"
    assert curves.readout() == last
    assert curves.accessibleDescription() == last
    assert curves.plot("accuracy").values() == "epoch 4   0.8000 0.7000"
    qtbot.keyClick(curves, Qt.Key.Key_Left)  # the first key shows where one is
    assert curves.readout().startswith("epoch 4.")
    qtbot.keyClick(curves, Qt.Key.Key_Left)
    assert curves.readout().startswith("epoch 3. Accuracy: Train 0.7000, Validation 0.7500")
    qtbot.keyClick(curves, Qt.Key.Key_Home)
    assert curves.readout().startswith("epoch 1.")
    qtbot.keyClick(curves, Qt.Key.Key_Right)
    assert curves.readout().startswith("epoch 2.")
    qtbot.keyClick(curves, Qt.Key.Key_End)
    assert curves.readout().startswith("epoch 4.")
    qtbot.keyClick(curves, Qt.Key.Key_Home)
    qtbot.keyClick(curves, Qt.Key.Key_Escape)
    assert curves.readout().startswith("epoch 4.")


def test_the_pointer_reads_the_nearest_epoch_in_all_plots(curves: Curves) -> None:
    curves.set_history(RUN)
    before = curves.grab().toImage()
    point_at(curves.plot("loss"), 2.2, 1.0)
    assert curves.readout().startswith("epoch 2.")
    assert curves.plot("accuracy").values() == "epoch 2   0.5000 0.4000"
    assert curves.plot("loss").values() == "1.5000 1.6000"
    assert curves.grab().toImage() != before
    QApplication.sendEvent(curves.plot("loss"), QEvent(QEvent.Type.Leave))
    assert curves.readout().startswith("epoch 4.")


def test_gaps_and_a_single_epoch_are_drawn(curves: Curves) -> None:
    one = History("running", epochs=(1,), train_loss=(1.0,), val_loss=(None,), train_accuracy=(0.5,))
    curves.set_history(replace(one, val_accuracy=(math.nan,)))
    assert curves.readout() == "epoch 1. Accuracy: Train 0.5000, Validation –. Loss: Train 1.0000, Validation –"
    empty = curves.grab().toImage()
    curves.set_history(replace(one, val_accuracy=(0.9,)))
    assert curves.grab().toImage() != empty


def test_a_new_run_starts_empty_again(curves: Curves) -> None:
    curves.set_history(RUN)
    curves.set_history(History("running"))
    assert curves.plot("accuracy").is_empty()
    assert curves.readout() == ""


def test_values_that_are_no_numbers_leave_the_axis_alone(curves: Curves) -> None:
    curves.set_history(replace(RUN, train_loss=(2.0, math.inf, math.nan, None)))
    assert 2.1 < curves.plot("loss").frame().y[1] < 3
    assert drawn(curves.plot("loss"))["Train"][0] == 2.0
    curves.grab()


# --- axes, best epoch, zoom ---


def test_axes_reach_over_all_epochs_and_all_accuracies(curves: Curves) -> None:
    curves.set_history(replace(RUN, planned_epochs=200))
    assert curves.plot("accuracy").frame().x == (0.0, 200.0)
    assert curves.plot("accuracy").frame().y == (0.0, 1.0)
    assert curves.plot("loss").frame().y[1] >= 2.1


def test_the_best_epoch_is_marked_in_all_plots_and_with_its_accuracy(curves: Curves) -> None:
    curves.set_history(replace(RUN, best_epoch=None))
    unmarked = curves.plot("loss").grab().toImage()
    curves.set_history(RUN)
    assert curves.plot("accuracy").content().best_value == 0.75
    assert curves.plot("loss").content().best == 3
    assert curves.plot("loss").grab().toImage() != unmarked


def test_a_drag_shows_some_epochs_and_a_double_click_all(qtbot: QtBot, curves: Curves) -> None:
    curves.set_history(RUN)
    drag(curves.plot("accuracy"), 2, 6)
    assert curves.plot("loss").frame().x == pytest.approx((2, 6), abs=0.05)
    low, high = curves.plot("accuracy").frame().y  # what is seen fills the height
    assert 0.3 < low < 0.4
    assert 0.8 < high < 0.9
    assert curves.bar.restore.isEnabled()
    point_at(curves.plot("loss"), 4, 1, QEvent.Type.MouseButtonDblClick)
    assert curves.plot("loss").frame().x == (0, 10)
    assert not curves.bar.restore.isEnabled()
    qtbot.keyClick(curves, Qt.Key.Key_Plus)
    assert curves.plot("loss").frame().x == pytest.approx((0.8, 8.8))  # around the epoch under the pointer
    qtbot.keyClick(curves, Qt.Key.Key_0)
    assert curves.plot("loss").frame().x == (0, 10)


@pytest.mark.parametrize(("held", "wide"), [(Qt.KeyboardModifier.ControlModifier, 8), (Qt.KeyboardModifier(0), 10)])
def test_the_wheel_shows_fewer_epochs_only_with_ctrl(curves: Curves, held: Qt.KeyboardModifier, wide: float) -> None:
    curves.set_history(RUN)
    plot = curves.plot("accuracy")
    place = plot.frame().point(5, 0.5)
    buttons, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    turn = QWheelEvent(place, QPointF(plot.mapToGlobal(place)), QPoint(), QPoint(0, 120), buttons, held, phase, False)
    QApplication.sendEvent(plot, turn)
    low, high = plot.frame().x
    assert high - low == pytest.approx(wide)


def test_what_is_shown_stays_while_the_run_goes_on_and_ends_with_another_run(curves: Curves) -> None:
    curves.set_history(RUN)
    drag(curves.plot("accuracy"), 2, 6)
    measured = ("train_loss", "val_loss", "train_accuracy", "val_accuracy")
    curves.set_history(replace(RUN, epochs=(1, 2, 3, 4, 5), **{name: (*getattr(RUN, name), 0.5) for name in measured}))
    assert curves.plot("loss").frame().x == pytest.approx((2, 6), abs=0.05)
    curves.set_history(EARLIER)
    assert curves.plot("loss").frame().x == (0, 2)


# --- which plots ---


def test_any_set_of_plots_is_shown_and_remembered(qtbot: QtBot, curves: Curves) -> None:
    assert curves.shown() == ("accuracy", "loss")
    curves.set_history(RUN)
    with qtbot.waitSignal(curves.shown_changed):
        qtbot.mouseClick(curves.bar.panels["learning_rate"], Qt.MouseButton.LeftButton)
    assert curves.shown() == ("accuracy", "loss", "learning_rate")
    assert curves.plot("learning_rate").isVisible()
    assert curves.readout().endswith("Learning rate: This run 1e-5")
    curves.set_shown(["images_per_second", "no such plot"])
    assert curves.shown() == ("images_per_second",)
    assert not curves.plot("accuracy").isVisible()
    assert curves.readout() == "epoch 4. Images/s: This run 1,234"
    curves.set_shown([])
    assert curves._none.isVisible()


def test_only_what_is_shown_is_made_up_and_follows_when_it_is_chosen(curves: Curves) -> None:
    curves.set_history(RUN)
    assert curves.plot("by_class").content().lines == ()
    curves.set_shown(["by_class"])
    assert drawn(curves.plot("by_class")) == {"cat": [0.1, 0.2, 0.3, 0.4], "dog": [0.5, 0.6, 0.7, 0.9]}


def test_three_plots_stand_in_two_columns_where_there_is_room(curves: Curves) -> None:
    curves.set_shown(["accuracy", "loss", "learning_rate"])
    QApplication.processEvents()
    assert curves.plot("loss").x() == curves.plot("accuracy").x()
    curves.resize(1000, 700)
    QApplication.processEvents()
    assert curves.plot("loss").y() == curves.plot("accuracy").y()
    assert curves.plot("learning_rate").x() == curves.plot("accuracy").x()


@pytest.mark.parametrize(("width", "scale"), [(400, 1.0), (400, 1.5), (1100, 1.5)])
def test_no_controls_overlap_however_narrow(qtbot: QtBot, qapp: QApplication, width: int, scale: float) -> None:
    theme.apply(qapp, "light", scale)
    curves = Curves()
    qtbot.addWidget(curves)
    curves.set_shown(["accuracy", "by_class"])
    curves.resize(width, 900)
    curves.show()
    QApplication.processEvents()
    places = [button.geometry() for button in curves.bar.findChildren(QPushButton) if button.isVisible()]
    places += [curves.bar.measure.geometry(), curves.bar.images.geometry()]
    assert not any(a.intersects(b) for k, a in enumerate(places) for b in places[:k])
    assert all(
        place.right() < width and place.bottom() < curves.plot("accuracy").mapTo(curves, QPoint()).y()
        for place in places
    )


# --- smoothing and powers ---


def test_smoothing_draws_the_average_and_tells_the_values(curves: Curves) -> None:
    curves.set_history(RUN)
    curves.bar.smoothing.set_value(0.5)
    curves.bar.smoothing.edited.emit()
    assert drawn(curves.plot("accuracy"))["Train"] == pytest.approx([0.2, 0.4, 0.5714, 0.6933])
    assert all(line.ghost for line in curves.plot("accuracy").content().lines)
    assert curves.readout().startswith("epoch 4. Accuracy: Train 0.8000")


def test_powers_for_loss_and_learning_rate_leave_out_what_has_none(curves: Curves) -> None:
    curves.set_shown(["accuracy", "loss", "learning_rate"])
    curves.set_history(replace(RUN, train_loss=(2.0, 0.0, -1.0, 0.02), val_loss=(1.0, 1.0, None, 1.0)))
    curves.bar.log.click()
    low, high = curves.plot("loss").frame().y
    assert 0 < low < 0.02
    assert 2 < high < 4
    assert np.isfinite(curves.plot("loss").frame().top(np.array([2.0, 0.0, -1.0]))).tolist() == [True, False, False]
    assert curves.plot("learning_rate").content().log
    assert not curves.plot("accuracy").content().log
    curves.grab()


def test_powers_are_offered_only_where_they_say_something(curves: Curves) -> None:
    curves.set_shown(["accuracy"])
    assert not curves.bar.log.isEnabled()
    curves.set_shown(["accuracy", "loss"])
    assert curves.bar.log.isEnabled()


# --- steps ---


def test_steps_show_before_the_first_epoch_is_over(curves: Curves) -> None:
    curves.set_history(History("running", planned_epochs=200))
    before = curves.plot("loss").grab().toImage()
    at = np.linspace(0.01, 0.3, 30)
    curves.set_steps(at, 2 - at, np.full(30, 1e-3), np.full(30, 800.0))
    assert not curves.plot("loss").is_empty()
    assert curves.plot("loss").frame().x == (0, 1)
    assert curves.plot("loss").values() == "now 1.7000"
    assert curves.plot("loss").grab().toImage() != before
    assert curves.plot("accuracy").is_empty()
    curves.set_history(RUN)
    assert curves.plot("loss").frame().x == (0, 10)


def test_the_axis_stands_still_while_steps_come(curves: Curves) -> None:
    curves.set_history(RUN)
    at, noise = np.arange(1, 1001) / 250, np.random.default_rng(0).random(1000)
    ends = set()
    for count in range(500, 1000, 50):
        curves.set_steps(at[:count], 1 + noise[:count], at[:count], at[:count])
        ends.add(curves.plot("loss").frame().y)
    assert ends == {(0.0, 2.25)}


def test_steps_are_seen_when_their_plot_is_chosen_later(curves: Curves) -> None:
    at = np.linspace(0.01, 0.3, 30)
    curves.set_steps(at, 2 - at, np.full(30, 1e-3), np.full(30, 800.0))
    curves.set_shown(["images_per_second"])
    assert not curves.plot("images_per_second").is_empty()
    assert curves.plot("images_per_second").values() == "now 800"


# --- compared ---


def test_earlier_runs_are_drawn_dashed_with_their_names_and_told(qtbot: QtBot, curves: Curves) -> None:
    curves.set_history(RUN)
    curves.set_compared([("01-first", EARLIER)])
    line = curves.plot("accuracy").content().lines[-1]
    assert (line.name, line.y.tolist(), bool(line.dashes)) == ("01-first", [0.3, 0.6], True)
    qtbot.keyClick(curves, Qt.Key.Key_Home)
    assert "Loss: Train 2.0000, Validation 2.1000, 01-first 1.0000" in curves.readout()
    qtbot.keyClick(curves, Qt.Key.Key_End)
    assert "01-first –" in curves.readout()  # it has no fourth epoch
    curves.set_compared([])
    assert list(drawn(curves.plot("accuracy"))) == ["Train", "Validation"]


def test_up_to_four_runs_are_compared_each_in_its_own_way(curves: Curves) -> None:
    curves.set_history(RUN)
    curves.set_compared([(f"run {k}", EARLIER) for k in range(6)])
    lines = curves.plot("loss").content().lines
    assert [line.name for line in lines] == ["Train", "Validation", "run 0", "run 1", "run 2", "run 3"]
    assert len({line.hue for line in lines}) == 6
    assert len({line.dashes for line in lines[2:]}) == 4


def test_axes_reach_over_a_longer_run_that_is_compared(curves: Curves) -> None:
    curves.set_history(EARLIER)
    curves.set_compared([("longer", RUN)])
    assert curves.plot("accuracy").frame().x == (0, 4)


# --- by class, by source ---


def test_loss_or_training_by_class_is_chosen_above(curves: Curves) -> None:
    curves.set_history(RUN)
    assert not curves.bar.measure.isVisible()
    curves.set_shown(["by_class"])
    assert curves.bar.measure.isVisible()
    assert curves.plot("by_class").values() == "epoch 4   lowest cat 0.4000"
    curves.bar.measure.setCurrentIndex(1)
    curves.bar.measure.activated.emit(1)
    assert drawn(curves.plot("by_class")) == {"cat": [2.0, 1.9, 1.8, 1.7], "dog": [1.0, 0.9, 0.8, 0.7]}
    assert curves.plot("by_class").values() == "epoch 4   highest cat 1.7000"
    curves.bar.images.setCurrentIndex(1)
    curves.bar.images.activated.emit(1)
    assert curves.plot("by_class").is_empty()
    assert curves.plot("by_class").content().empty == "This run has no loss by class in training."


def test_up_to_ten_classes_each_have_a_color(curves: Curves) -> None:
    curves.set_shown(["by_class"])
    curves.set_history(many(10))
    assert sorted(line.hue for line in curves.plot("by_class").content().lines) == list(range(10))


def test_of_many_classes_the_worst_have_colors_and_are_told(curves: Curves) -> None:
    curves.set_shown(["by_class"])
    curves.set_history(many(30))
    plot = curves.plot("by_class")
    assert colors(plot, ["c25", "c26", "c27", "c28", "c29"]) == [0, 1, 2, 3, 4]
    assert {line.hue for line in plot.content().lines[5:]} == {-1}
    assert curves.readout().startswith("epoch 3. By class: c29 0.6100, c28 0.6200")
    assert curves.readout().endswith("and 25 more")


def test_the_pointer_and_the_keys_pick_a_class(qtbot: QtBot, curves: Curves) -> None:
    curves.set_shown(["by_class"])
    curves.set_history(RUN)
    plot = curves.plot("by_class")
    point_at(plot, 3, 0.68)
    assert plot.picked() == "dog"
    assert plot.told()[0].name == "dog"
    QApplication.sendEvent(plot, QEvent(QEvent.Type.Leave))
    assert plot.picked() == ""
    qtbot.keyClick(curves, Qt.Key.Key_Down)
    assert plot.picked() == "cat"
    qtbot.keyClick(curves, Qt.Key.Key_Down)
    assert plot.picked() == "dog"
    qtbot.keyClick(curves, Qt.Key.Key_Left)
    assert plot.picked() == "dog"
    curves.grab()
    qtbot.keyClick(curves, Qt.Key.Key_Escape)
    assert plot.picked() == ""


def test_a_class_without_images_is_left_out_and_gaps_are_drawn(curves: Curves) -> None:
    curves.set_shown(["by_class"])
    curves.set_history(replace(RUN, classes=Parts(val_accuracy={"cat": (0.1, None, 0.3, None), "emu": (None,) * 4})))
    assert list(drawn(curves.plot("by_class"))) == ["cat"]
    assert curves.readout() == "epoch 4. By class: cat –"
    curves.grab()


@pytest.mark.parametrize("choice", ["dark", "light"])
def test_lines_of_every_color_are_seen_on_the_background(qapp: QApplication, choice: theme.Choice) -> None:
    theme.apply(qapp, choice)
    below = luminance(QColor(theme.tokens().background))
    for position in range(10):
        bright, dark = sorted((luminance(theme.series_color(position)), below), reverse=True)
        assert (bright + 0.05) / (dark + 0.05) >= 4
    assert theme.series_color(0) == QColor(theme.tokens().train)
    assert theme.series_color(1) == QColor(theme.tokens().validation)


def test_steps_of_a_run_that_is_over_are_not_of_now(curves: Curves) -> None:
    at = np.linspace(0.01, 0.3, 30)
    curves.set_history(History("stopped", planned_epochs=200))
    curves.set_steps(at, 2 - at, np.full(30, 1e-3), np.full(30, 800.0))
    assert curves.plot("loss").values() == "last 1.7000"
