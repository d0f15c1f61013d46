"""The index of predictions follows the runs while the window goes on."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core.evaluate import index
from core.project import predictions, query
from core.project.edits import Change
from studio.session import Session
from tests.studio.pages.conftest import add_predictions, add_run


@pytest.fixture(autouse=True)
def _small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predictions, "PORTION", 5)


def predicted(session: Session) -> int:
    return len(query.ids(session.store, query.parse("predicted")))


def test_opening_a_project_copies_what_its_runs_said(qtbot: QtBot, session: Session, project: Path) -> None:
    add_predictions(project, add_run(project))
    told: list[Change] = []
    session.changed.connect(told.append)
    session.open(project)
    assert predicted(session) == 0  # portions come between other events
    qtbot.waitUntil(lambda: bool(told), timeout=5000)
    assert [change.kind for change in told] == ["predictions"]
    assert predicted(session) == 30
    session.index.update()
    qtbot.waitUntil(lambda: session.reader.idle, timeout=5000)
    qtbot.wait(20)
    assert len(told) == 1


def test_a_copy_cut_short_by_an_import_goes_on_after_it(
    qtbot: QtBot, session: Session, project: Path, tmp_path: Path
) -> None:
    add_predictions(project, add_run(project))
    session.open(project)
    session.index._begin(index.outdated(session.store))
    session.index._step()
    session.index._step()
    assert session.store.read("SELECT count(*) FROM prediction") == [(10,)]
    session.add_images(tmp_path / "photos")
    assert predicted(session) == 0
    qtbot.waitUntil(lambda: not session.jobs.running, timeout=30_000)
    qtbot.waitUntil(lambda: predicted(session) == 30, timeout=5000)


def test_closing_while_copying_is_harmless(qtbot: QtBot, session: Session, project: Path) -> None:
    add_predictions(project, add_run(project))
    session.open(project)
    session.index._begin(index.outdated(session.store))
    session.index._step()
    session.close()
    qtbot.wait(20)
    session.open(project)
    qtbot.waitUntil(lambda: predicted(session) == 30, timeout=5000)
