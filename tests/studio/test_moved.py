"""A project whose images have moved says so, and finds them again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.project import records
from studio import theme
from studio.errors import ErrorDesk
from studio.session import Session
from studio.window import Window


class Answers:
    """Stands for the dialogs."""

    path: Path | None = None

    def folder(self, title: str) -> Path | None:
        return self.path


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[Window]:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    theme.apply(application, "dark")
    window = Window(Session(), ErrorDesk())
    window.ask = Answers()  # type: ignore[assignment]
    qtbot.addWidget(window)
    window.show()
    yield window
    for job in list(window.session.jobs.running):
        job.kill()
    qtbot.waitUntil(lambda: not window.session.jobs.running, timeout=20_000)
    window.session.close()


def settle(window: Window, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not window.session.jobs.running and window.session.reader.idle, timeout=30_000)


def test_a_folder_that_moved_is_told_and_found(window: Window, project: Path, tmp_path: Path, qtbot: QtBot) -> None:
    moved = (tmp_path / "photos").rename(tmp_path / "elsewhere")
    window.open(project)
    qtbot.waitUntil(window.moved.isVisible, timeout=10_000)
    assert window.moved._title.text() == "The folder photos is not where it was."
    assert "30 images cannot be shown" in window.moved._hint.text()
    before = records.counts(window.session.store)
    window.ask.path = moved  # type: ignore[attr-defined]
    window.moved.acted.emit()
    assert window.strip.isVisible()
    assert window.session.lent
    settle(window, qtbot)
    assert window.session.writable
    assert not window.moved.isVisible()
    assert records.counts(window.session.store) == before
    assert records.image(window.session.store, 1).path.is_file()
    assert "30 images found again" in window.toast.accessibleName()


def test_a_wrong_folder_is_told_and_the_notice_stays(
    window: Window, project: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "photos").rename(tmp_path / "elsewhere")
    (tmp_path / "wrong").mkdir()
    window.open(project)
    qtbot.waitUntil(window.moved.isVisible, timeout=10_000)
    window.ask.path = tmp_path / "wrong"  # type: ignore[attr-defined]
    window.actions_by_id["relink"].trigger()
    settle(window, qtbot)
    assert window.message._title.text() == "None of the missing images is there."
    assert window.moved.isVisible()


def test_nothing_is_said_while_all_is_there(window: Window, project: Path, qtbot: QtBot) -> None:
    window.open(project)
    settle(window, qtbot)
    assert not window.moved.isVisible()
    window.actions_by_id["relink"].trigger()  # gone back in the dialog
    assert not window.session.lent


def test_without_a_project_it_says_what_is_needed(window: Window, qtbot: QtBot) -> None:
    window.actions_by_id["relink"].trigger()
    qtbot.waitUntil(window.message.isVisible)
    assert "No project is open" in window.message._title.text()
