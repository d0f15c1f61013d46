from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from studio.errors import ErrorDesk
from studio.pages.data.class_manager import ClassManager
from studio.pages.data.journal_view import JournalDialog
from studio.pages.data.view import DataPage
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


def test_the_data_page_leads_to_the_classes(
    session: Session, project: Path, qtbot: QtBot, settled: Callable[[Session], None]
) -> None:
    window = Window(session, ErrorDesk())
    qtbot.addWidget(window)
    window.show()
    window.open(project)
    settled(session)
    page = window.pages["data"]
    assert isinstance(page, DataPage)
    (link,) = [button for button in page.facets.findChildren(QPushButton) if button.accessibleName() == "Classes…"]
    link.click()
    assert window.findChild(ClassManager).isVisible()
    settled(session)
