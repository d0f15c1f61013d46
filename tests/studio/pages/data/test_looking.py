"""Long looks at all images, with the real child process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from core.project import query
from core.project.catalog import NewImage, add_images
from core.project.store import Store
from studio.pages.data.view import DataPage
from studio.session import Session

Settle = Callable[[Session], None]


@pytest.fixture
def page(session: Session, project: Path, tmp_path: Path, qtbot: QtBot, settled: Settle) -> Iterator[DataPage]:
    """The project with a copy of its first image under another name and label."""
    with Store.open(project) as store:
        known = store.read("SELECT content_hash, byte_size FROM image WHERE name = '000.png'")[0]
        (tmp_path / "copies").mkdir()
        (tmp_path / "copies" / "copy.png").write_bytes((tmp_path / "photos" / "000.png").read_bytes())
        found = [NewImage(b"copy.png", known[0], 32, 24, known[1], 0, label="2")]
        add_images(store, tmp_path / "copies", found)
    session.open(project)
    page = DataPage(session)
    qtbot.addWidget(page)
    page.resize(1100, 700)
    page.show()
    page.activateWindow()
    settled(session)
    yield page
    page.release()


def test_a_check_finds_what_is_blank(page: DataPage, qtbot: QtBot, settled: Settle) -> None:
    with qtbot.waitSignal(page.session.notice, timeout=30_000) as told:
        page.commands["check"].trigger()
        page.commands["check"].trigger()  # a double click starts one
        assert len(page.session.jobs.running) == 1
    assert "Look at" in told.args[0]
    qtbot.waitUntil(lambda: not page.session.jobs.running)
    settled(page.session)
    assert len(query.ids(page.session.store, query.parse("blank"))) == 31  # each is of one colour
    assert page._state is not None
    assert "blank" in [facet.value for facet in page._state.flags]


def test_duplicates_are_grouped_and_one_is_kept(page: DataPage, settled: Settle) -> None:
    page.commands["duplicates"].trigger()
    settled(page.session)
    assert len(page.model.ids) == 2
    assert page.grid._sections.titles == ("Same image, labels 0, 2",)
    kept, other = page.model.ids.tolist()
    page.session.select([kept])
    QTest.keyClick(page.grid, Qt.Key.Key_G)
    settled(page.session)
    assert query.ids(page.session.store, query.parse("rejected")).tolist() == [other]
    assert len(page.model.ids) == 0  # nothing is left to decide
    page.session.undo()
    settled(page.session)
    assert len(page.model.ids) == 2


def test_an_image_without_a_double_says_so(page: DataPage, settled: Settle, qtbot: QtBot) -> None:
    page.session.select([5])
    with qtbot.waitSignal(page.session.notice) as told:
        page.commands["keep-one"].trigger()
    assert "No other image" in told.args[0]
