"""The words of the window: the glossary says image, and every control says what it does."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from studio.errors import ErrorDesk
from studio.places import PLACES
from studio.session import Session
from studio.window import Window


@pytest.fixture
def window(qtbot: QtBot, project: Path) -> Window:
    """The window with every place of an open project made."""
    window = Window(Session(), ErrorDesk())
    qtbot.addWidget(window)
    window.show()
    window.open(project)
    for place in PLACES:
        window.go(place.key)
    qtbot.waitUntil(lambda: window.session.reader.idle, timeout=5000)
    return window


def said(window: Window) -> Iterator[str]:
    """All that a user may read or hear."""
    for part in window.findChildren(QWidget):
        yield from (part.toolTip(), part.accessibleName(), part.accessibleDescription())
        if isinstance(part, QLabel | QAbstractButton | QLineEdit):
            yield part.text()
    for action in window.findChildren(QAction):
        yield from (action.text(), action.toolTip())


def test_an_image_is_never_called_a_picture(window: Window) -> None:
    words = list(said(window))
    assert len(words) > 200
    assert [text for text in words if "picture" in text.lower() or "photo" in text.lower()] == []


def test_every_button_of_every_place_has_a_tooltip(window: Window, qtbot: QtBot) -> None:
    silent = []
    for place in PLACES:
        window.go(place.key)
        qtbot.waitUntil(lambda: window.session.reader.idle, timeout=5000)
        silent += [
            f"{place.key}: {part.text() if isinstance(part, QAbstractButton) else part.accessibleName()}"
            for part in window.findChildren(QWidget)
            if isinstance(part, QAbstractButton | QComboBox) and part.isVisible() and not part.toolTip()
            if not isinstance(part.parent(), QLineEdit)  # the drawn icon of a search field
        ]
    assert silent == []
