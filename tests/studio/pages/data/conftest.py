"""The Data page on a real project, in front and ready for keys."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.pages.data.view import DataPage
from studio.session import Session


@pytest.fixture
def page(session: Session, project: Path, qtbot: QtBot, settled: Callable[[Session], None]) -> Iterator[DataPage]:
    session.open(project)
    page = DataPage(session)
    qtbot.addWidget(page)
    page.resize(1200, 800)
    page.show()
    page.activateWindow()
    page.activate()
    settled(session)
    qtbot.waitUntil(page.isActiveWindow)
    yield page
    page.release()
