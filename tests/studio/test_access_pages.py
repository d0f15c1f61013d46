"""Every page, dialog and the frame as a whole: names and tooltips, reach by Tab, a focus that is seen."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from studio import theme
from studio.errors import ErrorDesk
from studio.notices import NoticeSheet
from studio.places import PLACES
from studio.session import Session
from studio.shortcuts import ShortcutSheet
from studio.window import Window
from tests.studio.pages.conftest import add_run
from tests.studio.widgets.test_access import WITH_OWN_TIPS

Settle = Callable[[Session], None]
KEYS = [place.key for place in PLACES]


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, project: Path, settled: Settle) -> Iterator[Window]:
    """The window on a project with a run."""
    theme.apply(qapp, "dark")
    add_run(project)
    window = Window(Session(), ErrorDesk())
    qtbot.addWidget(window)
    window.resize(1440, 900)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.open(project)
    settled(window.session)
    yield window
    window.session.jobs.stop_all()
    qtbot.waitUntil(lambda: not window.session.jobs.running, timeout=20_000)


def show(window: Window, place: str, settled: Settle, qtbot: QtBot) -> None:
    if place == "start":
        window.close_project()
        return
    window.go(place)
    qtbot.wait(50)  # the page is activated once it is painted
    settled(window.session)
    if place == "data":
        window.session.select([1])


def controls(root: QWidget) -> list[QWidget]:
    """What the keyboard can reach and is seen."""
    return [
        widget
        for widget in root.findChildren(QWidget)
        if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isEnabled()
        if widget.focusProxy() is None and not widget.objectName().startswith("qt_")
        if not isinstance(widget.parent(), QAbstractItemView)  # what edits a cell comes and goes with it
        if not _passed_over(widget)
    ]


def _passed_over(widget: QWidget) -> bool:
    """Whether arrows lead there, from the one of its group that is on."""
    group = widget.group() if isinstance(widget, QAbstractButton) else None
    return group is not None and group.exclusive() and group.checkedButton() not in (None, widget)


def called(widget: QWidget) -> str:
    own = widget.text() if isinstance(widget, QAbstractButton) else ""
    return widget.accessibleName() or own


@pytest.mark.parametrize("place", ["start", *KEYS])
def test_all_that_the_keyboard_reaches_has_a_name_and_a_tooltip(
    window: Window, place: str, settled: Settle, qtbot: QtBot
) -> None:
    show(window, place, settled, qtbot)
    nameless = [str(widget) for widget in controls(window) if not called(widget)]
    silent = [
        f"{type(widget).__name__} {called(widget)}"
        for widget in controls(window)
        if not widget.toolTip() and not isinstance(widget, WITH_OWN_TIPS)
    ]
    assert nameless == []
    assert silent == []


@pytest.mark.parametrize("place", ["start", *KEYS])
def test_tab_comes_by_everything_and_back_to_where_it_began(
    window: Window, place: str, settled: Settle, qtbot: QtBot
) -> None:
    show(window, place, settled, qtbot)
    wanted = controls(window)
    first = wanted[0]
    first.setFocus(Qt.FocusReason.TabFocusReason)
    visited = []
    for _ in range(2 * len(wanted)):
        focus = QApplication.focusWidget()
        visited.append(focus)
        QTest.keyClick(focus, Qt.Key.Key_Tab)
        if QApplication.focusWidget() is first:
            break
    assert QApplication.focusWidget() is first
    missed = {called(widget) for widget in wanted if widget not in visited}
    assert missed == set()


@pytest.mark.parametrize("place", ["start", *KEYS])
@pytest.mark.parametrize("choice", ["dark", "light"])
def test_it_is_seen_what_has_the_focus(
    window: Window, qapp: QApplication, place: str, choice: theme.Choice, settled: Settle, qtbot: QtBot
) -> None:
    theme.apply(qapp, choice)
    show(window, place, settled, qtbot)
    assert unseen(window) == []


def unseen(root: QWidget) -> list[str]:
    """What looks alike with the focus and without."""
    found = []
    for widget in controls(root):
        others = [other for other in controls(root) if other is not widget]
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        if isinstance(widget, QLineEdit):
            widget.deselect()
        with_focus = widget.grab().toImage()
        others[0].setFocus(Qt.FocusReason.TabFocusReason)
        if widget.grab().toImage() == with_focus:
            found.append(f"{type(widget).__name__} {called(widget)}")
    return found


def test_the_palette_is_read_out(window: Window) -> None:
    window.show_commands()
    line = QApplication.focusWidget()
    assert (called(line), bool(line.toolTip())) == ("Find a command", True)
    QTest.keyClicks(line, "go to train")
    assert line.accessibleDescription() == "Go to Train, Places, Ctrl+4"
    QTest.keyClicks(line, "zzz")
    assert line.accessibleDescription() == "nothing found"


@pytest.mark.parametrize("kind", [ShortcutSheet, NoticeSheet])
def test_dialogs_have_names_tooltips_and_a_focus_that_is_seen(
    window: Window, kind: type[QWidget], qtbot: QtBot
) -> None:
    (window.show_keys if kind is ShortcutSheet else window.show_notices)()
    dialog = window.findChildren(kind)[-1]
    parts = controls(dialog)
    assert len(parts) > 1
    assert [str(part) for part in parts if not called(part) or not part.toolTip()] == []
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow)
    assert unseen(dialog) == []
