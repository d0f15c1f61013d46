"""Columns of a page: three where there is room, and the last as a drawer where there is not."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from studio import settings, view_memory
from studio.session import Session
from studio.widgets.columns import Columns, SideColumn, beside

ROOM, NARROW = 1200, 800  # px


class Page(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.left, self.middle, self.right = SideColumn("Recipe", 300), QLabel("curves"), SideColumn("Results", 250)
        self.notes = QPlainTextEdit()
        self.right.add_sections([self.notes])
        self.columns: Columns = beside(self, self.left, self.middle, self.right)


@pytest.fixture
def page(qtbot: QtBot) -> Page:
    page = Page()
    qtbot.addWidget(page)
    page.resize(ROOM, 500)
    page.show()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    return page


def test_three_columns_stand_side_by_side_where_there_is_room(page: Page) -> None:
    assert not page.columns.folded
    assert not page.columns.tab.isVisible()
    assert page.columns.sizes() == [300, ROOM - 552, 250]


def test_in_a_narrow_page_the_last_column_is_a_drawer_and_none_overlaps(page: Page) -> None:
    page.resize(NARROW, 500)
    assert page.columns.folded
    assert not page.right.isVisible()
    assert page.left.geometry().right() < page.middle.geometry().left()
    assert page.columns.geometry().right() < page.columns.tab.geometry().left()


def test_the_drawer_opens_over_the_middle_and_escape_closes_it(page: Page) -> None:
    page.resize(NARROW, 500)
    page.columns.tab.click()
    assert page.right.isVisible()
    assert (page.right.width(), page.right.height()) == (250, 500)
    assert page.right.geometry().right() + 1 == page.columns.tab.geometry().left()
    page.resize(NARROW - 20, 400)
    assert page.right.height() == 400
    assert page.right.geometry().right() + 1 == page.columns.tab.geometry().left()
    page.notes.setFocus()
    QTest.keyClick(page.notes, Qt.Key.Key_Escape)
    assert not page.right.isVisible()
    assert not page.columns.tab.isChecked()


def test_columns_come_back_as_they_were_once_there_is_room(page: Page) -> None:
    page.columns.setSizes([320, 600, 280])
    before = page.columns.sizes()
    page.resize(NARROW, 500)
    page.columns.tab.click()
    page.resize(ROOM, 500)
    assert not page.columns.folded
    assert page.right.isVisible()
    assert not page.columns.tab.isVisible()
    assert page.columns.sizes()[-1] == before[-1]


def test_widths_are_not_kept_while_a_column_is_a_drawer(page: Page) -> None:
    view_memory.remember_columns(page.columns, "drawer", Session())
    page.resize(NARROW, 500)
    page.columns.splitterMoved.emit(310, 1)
    assert settings.window_settings().value("drawer/columns") is None
    page.resize(ROOM, 500)
    page.columns.splitterMoved.emit(310, 1)
    assert settings.window_settings().value("drawer/columns") is not None
