"""The table of commands: the palette, the sheet of keys, and keys that the user chose, through the real window."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

from core.project import classes, records, views
from core.project.views import View
from studio import actions, commands, keys, recent, theme
from studio.errors import ErrorDesk
from studio.notices import NoticeSheet
from studio.places import PLACES
from studio.session import Session
from studio.settings import remembered_text_scale
from studio.shortcuts import ShortcutSheet, holder
from studio.window import Window

Settle = Callable[[Session], None]
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
GROUPS = (*commands.GROUPS, ("Images", actions.HANDS))


@pytest.fixture
def window(qtbot: QtBot, project: Path, settled: Settle) -> Window:
    """The window on a project, at the Data page with nothing selected."""
    window = Window(Session(), ErrorDesk())
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.open(project)
    settled(window.session)
    return window


def focused() -> object:
    return QApplication.focusWidget()


def sheet_of(window: Window) -> ShortcutSheet:
    QTest.keyClick(focused(), Qt.Key.Key_F1)
    return window.findChildren(ShortcutSheet)[-1]


def test_ids_are_unique_and_no_two_commands_share_a_key_where_they_meet() -> None:
    every = [command for _, group in GROUPS for command in group]
    assert [id for id, count in Counter(command.id for command in every).items() if count > 1] == []
    for command in every:
        for key in command.shortcuts:
            assert holder(key, command, GROUPS) is None, (command, key)
            assert not any(keys.same(key, taken) for taken in keys.TAKEN)


def test_every_command_of_every_page_is_there(window: Window) -> None:
    every = {command for _, group in commands.GROUPS for command in group}
    assert {command for action in window.findChildren(QAction) if (command := actions.of(action))} <= every
    for place in PLACES:
        window.go(place.key)
        made = [actions.of(action) for action in window.pages[place.key].findChildren(QAction)]
        assert {command for command in made if command} == set(place.commands)


def test_ctrl_shift_p_lists_commands_and_enter_does_the_one_that_is_typed(window: Window) -> None:
    QTest.keyClick(focused(), Qt.Key.Key_P, CTRL | SHIFT)
    assert window.commands.isVisible()
    QTest.keyClicks(focused(), "gtra")
    assert window.commands.titles()[0] == "Go to Train"
    QTest.keyClick(focused(), Qt.Key.Key_Return)
    assert window.place == "train"
    assert not window.commands.isVisible()


def test_the_palette_lists_what_can_be_done_now_on_this_page(window: Window) -> None:
    window.show_commands()
    shown = window.commands.titles()
    assert "Reject" not in shown  # nothing is selected
    window.commands.dismiss()
    window.session.select([1])
    window.show_commands()
    shown = window.commands.titles()
    assert shown.index("Reject") < shown.index("New project from a folder")
    assert "Undo" not in shown  # there is nothing to undo
    assert "Start training" not in shown
    window.commands.dismiss()
    window.close_project()
    window.show_commands()
    assert "Go to Data" not in window.commands.titles()
    assert "Open project" in window.commands.titles()
    assert next(title for title in window.commands.titles() if title.startswith("Open pro")) == "Open project"


def test_a_command_of_the_palette_acts_on_the_selection(window: Window, settled: Settle) -> None:
    window.session.select([1, 2])
    QTest.keyClick(focused(), Qt.Key.Key_P, CTRL | SHIFT)
    QTest.keyClicks(focused(), "take label")
    QTest.keyClick(focused(), Qt.Key.Key_Return)
    assert records.image(window.session.store, 1).class_name is None
    settled(window.session)
    QTest.keyClick(focused(), Qt.Key.Key_P, CTRL | SHIFT)
    assert window.commands.titles()[0] == "Take the label away"  # the one that was used last
    assert "Undo" in window.commands.titles()


def test_a_greater_sign_in_the_search_field_asks_for_commands_and_backspace_goes_back(window: Window) -> None:
    window.session.set_filter("class:1")
    QTest.keyClick(focused(), Qt.Key.Key_K, CTRL)
    QTest.keyClicks(focused(), ">")
    assert window.commands.isVisible()
    assert window.top.field.text() == "class:1"
    QTest.keyClicks(focused(), "x")
    QTest.keyClick(focused(), Qt.Key.Key_Backspace)
    QTest.keyClick(focused(), Qt.Key.Key_Backspace)
    assert not window.commands.isVisible()
    assert window.top.field.isAncestorOf(QApplication.focusWidget())


def test_escape_gives_the_keyboard_back_and_arrows_go_around(window: Window) -> None:
    before = focused()
    QTest.keyClick(before, Qt.Key.Key_P, CTRL | SHIFT)
    QTest.keyClick(focused(), Qt.Key.Key_Up)
    assert window.commands.list.currentIndex().row() == len(window.commands.titles()) - 1
    QTest.keyClick(focused(), Qt.Key.Key_Down)
    assert window.commands.list.currentIndex().row() == 0
    QTest.keyClick(focused(), Qt.Key.Key_Escape)
    assert not window.commands.isVisible()
    assert focused() is before


def test_recent_projects_are_offered_but_not_the_open_one(window: Window, project: Path, tmp_path: Path) -> None:
    other = project.with_name("other")
    other.mkdir()
    (other / "project.db").touch()
    recent.remember(other)
    recent.remember(tmp_path / "gone")
    window.show_commands()
    assert [title for title in window.commands.titles() if title.startswith("Open ")] == ["Open project", "Open other"]


def test_a_question_mark_opens_the_sheet_with_all_commands(window: Window) -> None:
    QTest.keyClicks(focused(), "?")
    sheet = window.findChildren(ShortcutSheet)[-1]
    assert sheet.isVisible()
    model = sheet.tree.model()
    groups = [model.index(row, 0) for row in range(model.rowCount())]
    assert [index.data() for index in groups] == [title for title, _ in GROUPS]
    assert sum(model.rowCount(index) for index in groups) == sum(len(group) for _, group in GROUPS)


def test_another_key_works_at_once_and_in_the_next_window(window: Window, project: Path, qtbot: QtBot) -> None:
    sheet = sheet_of(window)
    sheet.choose("find")
    QTest.keyClick(sheet.field, Qt.Key.Key_F, CTRL)
    qtbot.waitUntil(lambda: keys.is_chosen("find"), timeout=5000)
    assert "Ctrl+F" in window.actions_by_id["find"].toolTip()
    assert window.top._key.text() == "Ctrl F"
    sheet.choose("reject")
    sheet.wish("Ctrl+D")
    row = next(b for b in window.findChildren(QAbstractButton) if b.accessibleName() == "Reject" and b.isVisible())
    assert "Ctrl+D" in row.toolTip()
    sheet.accept()
    QTest.keyClick(window.pages["data"], Qt.Key.Key_F, CTRL)
    assert window.top.field.isAncestorOf(QApplication.focusWidget())
    second = Window(Session(), ErrorDesk())
    qtbot.addWidget(second)
    assert second.actions_by_id["find"].shortcut().toString() == "Ctrl+F"


def test_a_key_that_is_taken_is_told_and_can_be_taken(window: Window) -> None:
    sheet = sheet_of(window)
    sheet.choose("reject")
    sheet.wish("Ctrl+Y")
    assert "“Redo”" in sheet._told.text()
    assert not keys.is_chosen("reject")
    sheet.take.click()
    assert keys.of("reject", ("X",)) == ("Ctrl+Y",)
    assert keys.of("redo", ("Ctrl+Shift+Z", "Ctrl+Y")) == ("Ctrl+Shift+Z",)
    sheet.choose("redo")
    sheet.back.click()
    assert "“Reject”" in sheet._told.text()
    sheet.all_back.click()
    assert not keys.is_chosen("reject")
    assert window.pages["data"].commands["reject"].shortcut().toString() == "X"  # type: ignore[attr-defined]


def test_keys_of_images_are_not_given_away_and_pages_do_not_meet(window: Window) -> None:
    sheet = sheet_of(window)
    sheet.choose("train-pause")
    for key in ("5", "Space", "Esc"):
        sheet.wish(key)
        assert "belongs to the images" in sheet._told.text()
    assert not keys.is_chosen("train-pause")
    sheet.wish("X")  # rejects on the Data page, which is not seen while Train is
    assert keys.of("train-pause", ()) == ("X",)
    sheet.choose("hand-label")
    assert not sheet.field.isEnabled()


def test_the_key_of_a_class_is_told_and_stays_with_it(window: Window) -> None:
    window.session.do(classes.set_key, "1", "g")
    sheet = sheet_of(window)
    sheet.choose("reject")
    sheet.wish("G")
    assert "labels images as “1” in this project" in sheet._told.text()
    assert not keys.is_chosen("reject")


def test_a_command_can_have_no_key(window: Window) -> None:
    sheet = sheet_of(window)
    sheet.choose("quit")
    sheet.none.click()
    assert window.actions_by_id["quit"].shortcuts() == []
    sheet.back.click()
    assert window.actions_by_id["quit"].shortcut().toString() == "Ctrl+Q"


def test_a_command_follows_its_button(window: Window, settled: Settle, qtbot: QtBot) -> None:
    window.go("augment")
    settled(window.session)
    page = window.pages["augment"]
    button = page.findChild(QAbstractButton, "augment-on")
    qtbot.waitUntil(button.isEnabled, timeout=5000)
    action = next(a for a in page.actions() if (command := actions.of(a)) and command.id == "augment-on")
    for enabled in (True, False, True):
        button.setEnabled(enabled)
        assert action.isEnabled() == enabled
    before = page._epoch  # type: ignore[attr-defined]
    action.trigger()
    assert page._epoch == before + 1  # type: ignore[attr-defined]


def test_what_was_said_can_be_read_again(window: Window) -> None:
    window.session.notice.emit("Copied.")
    window.desk.tell("The disk is full.", "Free some space.")
    window.show_notices()
    sheet = window.findChildren(NoticeSheet)[-1]
    first, second = sheet.text.toPlainText().splitlines()
    assert first.endswith("The disk is full. Free some space.")
    assert second.endswith("Copied.")


def test_a_project_opens_where_it_was_left(window: Window, project: Path, qtbot: QtBot) -> None:
    window.go("train")
    window.close_project()
    second = Window(Session(), ErrorDesk())
    qtbot.addWidget(second)
    second.open(project)
    assert second.place == "train"


def test_the_size_of_text_is_that_of_the_next_start(window: Window) -> None:
    window.actions_by_id["text-150"].trigger()
    assert remembered_text_scale() == 1.5
    assert window.toast.accessibleName() == "Text is 150 % from the next start on."
    window.set_theme("light")
    assert theme.watch.text_scale == 1.0


def test_views_are_offered_and_shown(window: Window, settled: Settle) -> None:
    window.session.do(views.save, View("ones", "class:1", "name", False, ""))
    window.go("train")
    QTest.keyClick(focused(), Qt.Key.Key_P, CTRL | SHIFT)
    QTest.keyClicks(focused(), "show ones")
    assert window.commands.titles()[0] == "Show ones"
    QTest.keyClick(focused(), Qt.Key.Key_Return)
    settled(window.session)
    assert window.place == "data"
    assert window.session.filter_text == "class:1"
