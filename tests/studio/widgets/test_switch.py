"""The switch: on and off by click and Space, told apart by more than colour."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio import theme
from studio.widgets.switch import Switch


@pytest.fixture
def switch(qtbot: QtBot) -> Switch:
    widget = Switch()
    widget.setAccessibleName("Rotation")
    qtbot.addWidget(widget)
    widget.resize(widget.sizeHint())
    widget.show()
    return widget


def test_click_and_space_turn_it(qtbot: QtBot, switch: Switch) -> None:
    told: list[bool] = []
    switch.toggled.connect(told.append)
    qtbot.mouseClick(switch, Qt.MouseButton.LeftButton)
    qtbot.keyClick(switch, Qt.Key.Key_Space)
    assert told == [True, False]


def test_disabled_it_does_not_turn(qtbot: QtBot, switch: Switch) -> None:
    switch.setEnabled(False)
    qtbot.mouseClick(switch, Qt.MouseButton.LeftButton)
    assert not switch.isChecked()


def test_each_state_looks_different_in_both_themes(qapp: QApplication, switch: Switch) -> None:
    looks = []
    for choice in ("dark", "light"):
        theme.apply(qapp, "dark" if choice == "dark" else "light")
        for enabled in (True, False):
            for checked in (True, False):
                switch.setEnabled(enabled)
                switch.setChecked(checked)
                looks.append(switch.grab().toImage())
    assert all(a != b for k, a in enumerate(looks) for b in looks[:k])


def test_the_focus_can_be_seen(qtbot: QtBot, switch: Switch) -> None:
    switch.clearFocus()
    before = switch.grab().toImage()
    switch.setFocus()
    qtbot.waitUntil(switch.hasFocus)
    assert switch.grab().toImage() != before


def test_screen_readers_meet_something_that_can_be_checked(switch: Switch) -> None:
    switch.setChecked(True)
    heard = QAccessible.queryAccessibleInterface(switch)
    assert heard is not None
    assert heard.text(QAccessible.Text.Name) == "Rotation"
    assert heard.state().checked


def test_it_grows_with_the_text(qapp: QApplication, switch: Switch) -> None:
    before = switch.sizeHint()
    theme.apply(qapp, "dark", 1.5)
    assert switch.sizeHint().width() > before.width()
