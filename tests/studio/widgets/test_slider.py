"""Sliders: thumbs under mouse, keys and wheel, and what they tell."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from studio import theme
from studio.widgets.slider import RangeSlider, ValueSlider

Key, Left = Qt.Key, Qt.MouseButton.LeftButton
Slider = ValueSlider | RangeSlider


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def shown(qtbot: QtBot, told: list[str]) -> Callable[[Slider], None]:
    def show(slider: Slider) -> None:
        qtbot.addWidget(slider)
        slider.resize(220, 24)
        slider.show()
        slider.edited.connect(lambda: told.append("edited"))
        slider.settled.connect(lambda: told.append("settled"))
        slider.reset.connect(lambda: told.append("reset"))

    return show


@pytest.fixture
def one(shown: Callable[[Slider], None]) -> ValueSlider:
    slider = ValueSlider(0, 1, 0.5, 0.1)
    shown(slider)
    return slider


@pytest.fixture
def two(shown: Callable[[Slider], None]) -> RangeSlider:
    slider = RangeSlider(0, 1, (0.2, 0.6), 0.01)
    shown(slider)
    return slider


def at(slider: Slider, value: float) -> QPoint:
    """The spot of a value on the track."""
    return QPointF(10 + 200 * slider.scale.share(value), slider.height() / 2).toPoint()


def drag(qtbot: QtBot, slider: Slider, start: QPoint, *stops: QPoint, release: bool = True) -> None:
    qtbot.mousePress(slider, Left, pos=start)
    for stop in stops:
        qtbot.mouseMove(slider, stop)
    if release:
        qtbot.mouseRelease(slider, Left, pos=stops[-1] if stops else start)


def turn(slider: QWidget, notches: float) -> bool:
    """Whether the widget took the turn of the wheel."""
    spot = QPointF(5, 5)
    event = QWheelEvent(
        spot,
        spot,
        QPoint(),
        QPoint(0, round(120 * notches)),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(slider, event)
    return event.isAccepted()


def test_a_drag_tells_each_change_and_then_that_it_ended(qtbot: QtBot, one: ValueSlider, told: list[str]) -> None:
    drag(qtbot, one, at(one, 0.5), at(one, 0.51), at(one, 0.6), at(one, 0.61), at(one, 0.3), release=False)
    assert one.value() == 0.3
    assert told == ["edited", "edited"]
    qtbot.mouseRelease(one, Left, pos=at(one, 0.3))
    assert told == ["edited", "edited", "settled"]


def test_a_click_on_a_thumb_changes_nothing(qtbot: QtBot, one: ValueSlider, told: list[str]) -> None:
    one.set_value(0.533)
    drag(qtbot, one, at(one, 0.533) + QPoint(3, 0))
    assert one.value() == 0.533
    assert told == []


def test_a_thumb_gripped_off_its_middle_does_not_jump(qtbot: QtBot, two: RangeSlider) -> None:
    drag(qtbot, two, at(two, 0.2) + QPoint(4, 0), at(two, 0.3) + QPoint(4, 0))
    assert two.value() == (0.3, 0.6)


def test_a_press_on_the_track_brings_the_nearest_thumb_and_goes_on_as_a_drag(qtbot: QtBot, two: RangeSlider) -> None:
    drag(qtbot, two, at(two, 0.9), release=False)
    assert two.value() == (0.2, 0.9)
    qtbot.mouseMove(two, at(two, 0.8))
    qtbot.mouseRelease(two, Left, pos=at(two, 0.8))
    assert two.value() == (0.2, 0.8)
    drag(qtbot, two, at(two, 0.05))
    assert two.value() == (0.05, 0.8)


def test_thumbs_never_cross(qtbot: QtBot, two: RangeSlider) -> None:
    drag(qtbot, two, at(two, 0.2), at(two, 0.9))
    assert two.value() == (0.6, 0.6)
    qtbot.keyClick(two, Key.Key_Home)
    qtbot.keyClick(two, Key.Key_End)
    assert two.value() == (0.6, 0.6)


@pytest.mark.parametrize(("spot", "target", "result"), [(0.5, 0.3, (0.3, 0.5)), (0.5, 0.7, (0.5, 0.7))])
@pytest.mark.parametrize("detour", [False, True])
def test_of_two_thumbs_on_one_spot_the_direction_decides(
    qtbot: QtBot, two: RangeSlider, spot: float, target: float, result: tuple[float, float], detour: bool
) -> None:
    two.set_value((spot, spot))
    drag(qtbot, two, at(two, spot), *([at(two, spot)] if detour else []), at(two, target))
    assert two.value() == result


def test_two_thumbs_at_the_end_can_be_parted(qtbot: QtBot, two: RangeSlider) -> None:
    two.set_value((1, 1))
    drag(qtbot, two, at(two, 1), at(two, 1) + QPoint(8, 0), at(two, 0.7))
    assert two.value() == (0.7, 1)


def test_beside_two_thumbs_on_one_spot_a_click_moves_the_one_on_its_side(qtbot: QtBot, two: RangeSlider) -> None:
    two.set_value((0.5, 0.5))
    drag(qtbot, two, at(two, 0.8))
    assert two.value() == (0.5, 0.8)


def test_keys_step_the_active_thumb_without_noise(qtbot: QtBot, one: ValueSlider, told: list[str]) -> None:
    one.set_value(0)
    for key in (Key.Key_Right, Key.Key_Up, Key.Key_Right):
        qtbot.keyClick(one, key)
    assert one.value() == 0.3
    assert told == ["edited", "settled"] * 3
    for key, value in ((Key.Key_Down, 0.2), (Key.Key_PageUp, 1), (Key.Key_Left, 0.9), (Key.Key_PageDown, 0)):
        qtbot.keyClick(one, key)
        assert one.value() == value
    qtbot.keyClick(one, Key.Key_End)
    assert one.value() == 1
    qtbot.keyClick(one, Key.Key_Home)
    assert one.value() == 0


def test_a_held_key_settles_when_it_is_let_go(qtbot: QtBot, one: ValueSlider, told: list[str]) -> None:
    for _ in range(3):
        qtbot.keyPress(one, Key.Key_Right)
    assert told == ["edited"] * 3
    qtbot.keyRelease(one, Key.Key_Right)
    assert told == [*["edited"] * 3, "settled"]


def test_keys_of_the_page_are_left_to_it(qtbot: QtBot, one: ValueSlider, told: list[str]) -> None:
    qtbot.keyClick(one, Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(one, Key.Key_7)
    assert told == []


def test_tab_goes_over_both_thumbs_and_on(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    two = RangeSlider(0, 1, (0.2, 0.6), 0.01)
    before, after = QLineEdit(), QLineEdit()
    layout = QVBoxLayout(window)
    for widget in (before, two, after):
        layout.addWidget(widget)
    window.show()
    window.activateWindow()
    before.setFocus()
    qtbot.waitUntil(before.hasFocus)
    steps = []
    for key in (Key.Key_Tab, Key.Key_Tab, Key.Key_Tab, Key.Key_Backtab, Key.Key_Backtab, Key.Key_Backtab):
        focused = window.focusWidget()
        assert focused is not None
        qtbot.keyClick(focused, key)
        steps.append(two.active_thumb() if two.hasFocus() else ("before" if before.hasFocus() else "after"))
    assert steps == [0, 1, "after", 1, 0, "before"]


def test_the_second_thumb_is_stepped_after_tab(qtbot: QtBot, two: RangeSlider) -> None:
    two.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(two.hasFocus)
    qtbot.keyClick(two, Key.Key_Tab)
    qtbot.keyClick(two, Key.Key_Right)
    assert two.value() == (0.2, 0.61)


def test_the_wheel_turns_only_what_has_the_focus(qtbot: QtBot, one: ValueSlider, told: list[str]) -> None:
    one.clearFocus()
    assert not turn(one, 1)
    assert one.value() == 0.5
    one.setFocus()
    qtbot.waitUntil(one.hasFocus)
    with qtbot.waitSignal(one.settled):
        assert turn(one, 1)
        assert turn(one, 0.5)
        assert turn(one, 0.5)
        assert told == ["edited", "edited"]
    assert one.value() == 0.7


@pytest.mark.parametrize("how", ["mouse", "key"])
def test_double_click_and_control_d_give_the_default(qtbot: QtBot, two: RangeSlider, told: list[str], how: str) -> None:
    two.set_value((0.1, 0.9))
    if how == "mouse":
        qtbot.mouseDClick(two, Left, pos=at(two, 0.9))
    else:
        qtbot.keyClick(two, Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert two.value() == (0.2, 0.6)
    assert told == ["edited", "settled", "reset"]


def test_set_value_stays_in_bounds_and_silent(one: ValueSlider, two: RangeSlider, told: list[str]) -> None:
    one.set_value(7)
    two.set_value((0.9, -3))
    assert one.value() == 1
    assert two.value() == (0, 0.9)
    assert told == []


def test_whole_numbers_are_ints_however_they_come(qtbot: QtBot, shown: Callable[[Slider], None]) -> None:
    slider = RangeSlider(-90.0, 90.0, (-20.0, 20.0), 1, whole=True)
    shown(slider)
    drag(qtbot, slider, at(slider, 20), at(slider, 90) + QPoint(40, 0))
    qtbot.keyClick(slider, Key.Key_Left)
    assert slider.value() == (-20, 89)
    assert all(isinstance(value, int) for value in slider.value())


def test_a_logarithmic_track_has_each_decade_as_long(qtbot: QtBot, shown: Callable[[Slider], None]) -> None:
    slider = ValueSlider(1e-4, 1, 1e-2, 1e-5, log=True)
    shown(slider)
    assert slider.thumb_point(0).x() == pytest.approx(110)
    drag(qtbot, slider, QPoint(60, 12))
    assert slider.value() == 0.001


def test_what_is_chosen_can_be_heard(two: RangeSlider) -> None:
    assert two.accessibleDescription() == "0.20 to 0.60"
    two.set_value((0.7, 1))
    assert two.accessibleDescription() == "0.70 to 1.00"


def test_switched_off_it_is_grey_and_takes_nothing(qtbot: QtBot, one: ValueSlider, told: list[str]) -> None:
    spot = at(one, 0.25)
    assert one.grab().toImage().pixelColor(spot) == QColor(theme.tokens().accent)
    drag(qtbot, one, at(one, 0.5), at(one, 0.6), release=False)
    one.setEnabled(False)
    assert told == ["edited", "settled"]
    qtbot.mouseMove(one, at(one, 0.9))
    assert one.value() == 0.6
    assert one.grab().toImage().pixelColor(spot).saturation() < 80


@pytest.mark.parametrize(("neutral", "filled", "empty"), [(None, 0.4, -0.4), (-1.0, -0.4, 0.8), (1.0, 0.8, 0.2)])
def test_the_track_is_filled_from_the_neutral_end(
    shown: Callable[[Slider], None], neutral: float | None, filled: float, empty: float
) -> None:
    slider = ValueSlider(-1, 1, 0.6, 0.1, neutral=neutral)
    shown(slider)
    image = slider.grab().toImage()
    assert image.pixelColor(at(slider, filled)) == QColor(theme.tokens().accent)
    assert image.pixelColor(at(slider, empty)) == QColor(theme.tokens().line)


def test_it_repaints_in_another_theme_and_grows_with_the_text(qapp: QApplication, one: ValueSlider) -> None:
    before = one.sizeHint().height()
    theme.apply(qapp, "light", 1.5)
    assert one.grab().toImage().pixelColor(at(one, 0.0) + QPoint(12, 0)) == QColor(theme.LIGHT.accent)
    assert one.sizeHint().height() > before
