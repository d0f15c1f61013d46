import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from studio.widgets.picker import Picker


@pytest.mark.parametrize("focused", [False, True])
def test_the_wheel_chooses_only_while_it_has_the_focus(qtbot: QtBot, focused: bool) -> None:
    room, picker, other = QWidget(), Picker(), QLineEdit()
    qtbot.addWidget(room)
    layout = QVBoxLayout(room)
    layout.addWidget(other)
    layout.addWidget(picker)
    picker.addItems(["a", "b"])
    with qtbot.waitExposed(room):
        room.show()
    room.activateWindow()
    (picker if focused else other).setFocus()
    qtbot.waitUntil(lambda: picker.hasFocus() == focused)
    nothing, none = QPoint(), Qt.KeyboardModifier.NoModifier
    phase, button = Qt.ScrollPhase.NoScrollPhase, Qt.MouseButton.NoButton
    turn = QWheelEvent(QPointF(5, 5), QPointF(5, 5), nothing, QPoint(0, -120), button, none, phase, False)
    QApplication.sendEvent(picker, turn)
    assert picker.currentText() == ("b" if focused else "a")
    assert picker.hasFocus() == focused
