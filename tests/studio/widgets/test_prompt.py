import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from studio.widgets.prompt import Prompt

NAMES = ["cat", "car", "dog"]


@pytest.fixture
def prompt(qtbot: QtBot) -> Prompt:
    parent = QWidget()
    parent.resize(600, 400)
    qtbot.addWidget(parent)
    prompt = Prompt(parent)
    parent.show()
    return prompt


def typed(prompt: Prompt, text: str) -> list[str]:
    """What Enter gives after `text`."""
    said: list[str] = []
    prompt.entered.connect(said.append)
    line = prompt.findChild(QLineEdit)
    assert line is not None
    QTest.keyClicks(line, text)
    QTest.keyClick(line, Qt.Key.Key_Return)
    return said


@pytest.mark.parametrize(("text", "expected"), [("d", ["dog"]), ("CAT", ["cat"]), ("x", [])])
def test_the_start_of_a_name_is_enough(prompt: Prompt, text: str, expected: list[str]) -> None:
    prompt.ask("Label as", NAMES, only=True)
    assert typed(prompt, text) == expected
    assert prompt.isVisible() == (not expected)


def test_what_fits_two_names_waits_for_more(prompt: Prompt) -> None:
    prompt.ask("Label as", NAMES, only=True)
    line = prompt.findChild(QLineEdit)
    assert line is not None
    line.setText("ca")
    assert prompt.matches() == ["cat", "car"]
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert prompt.isVisible()
    QTest.keyClick(line, Qt.Key.Key_Escape)
    assert not prompt.isVisible()


def test_new_names_are_taken_where_they_are_wanted(prompt: Prompt) -> None:
    prompt.ask("Tag", NAMES)
    assert typed(prompt, "night") == ["night"]


def test_a_note_may_be_emptied(prompt: Prompt) -> None:
    prompt.ask("Note", text="old")
    line = prompt.findChild(QLineEdit)
    assert line is not None
    line.clear()
    assert typed(prompt, "") == [""]
