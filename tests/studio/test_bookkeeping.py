from collections.abc import Callable
from pathlib import Path

from pytestqt.qtbot import QtBot

from studio.errors import ErrorDesk
from studio.pages.data.class_manager import ClassManager
from studio.pages.data.journal_view import JournalDialog
from studio.session import Session
from studio.window import Window


def test_the_window_opens_each_dialog_once_and_only_with_a_project(
    session: Session, project: Path, qtbot: QtBot, settled: Callable[[Session], None]
) -> None:
    window = Window(session, ErrorDesk())
    qtbot.addWidget(window)
    window.show()
    known = window.actions_by_id
    assert not known["classes"].isEnabled()
    window.open(project)
    settled(session)
    for id, kind in (("classes", ClassManager), ("journal", JournalDialog)):
        known[id].trigger()
        known[id].trigger()
        assert len(window.findChildren(kind)) == 1
        assert window.findChild(kind).isVisible()
    settled(session)
    window.findChild(JournalDialog).close()
    window.close_project()
    assert not window.findChild(ClassManager).isVisible()
    assert not known["journal"].isEnabled()
