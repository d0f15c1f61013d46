"""The button that empties a search line."""

from PySide6.QtWidgets import QLineEdit, QToolButton
from pytestqt.qtbot import QtBot

from studio.widgets.clearing import clearable


def test_the_button_that_clears_has_words_and_clears(qtbot: QtBot) -> None:
    field = QLineEdit("rate")
    qtbot.addWidget(field)
    clearable(field, "Show all settings again (Esc)")
    field.show()
    (button,) = field.findChildren(QToolButton)
    assert button.toolTip() == "Show all settings again (Esc)"
    button.click()
    assert field.text() == ""
