from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from core.events import Progress, Stage
from core.project import edits, records
from studio.pages.review.view import ReviewPage
from studio.widgets.roles import TILE_ROLE
from tests.studio.pages.conftest import Script, ScriptedSession, add_predictions, add_run


@pytest.fixture
def page(qtbot: QtBot, scripted: ScriptedSession) -> Iterator[ReviewPage]:
    page = ReviewPage(scripted)
    qtbot.addWidget(page)
    page.resize(1036, 640)
    page.show()
    yield page
    page.release()


def look(qtbot: QtBot, page: ReviewPage) -> None:
    """Activate the page and wait until it shows everything."""
    page.activate()
    settle(qtbot, page)


def settle(qtbot: QtBot, page: ReviewPage) -> None:
    qtbot.waitUntil(lambda: page._session.reader.idle, timeout=5000)


def badges(page: ReviewPage) -> list[str]:
    return [page.model.data(page.model.index(row), TILE_ROLE).badge for row in range(page.model.rowCount())]


def test_without_runs_the_page_leads_to_train(qtbot: QtBot, page: ReviewPage, scripted: ScriptedSession) -> None:
    look(qtbot, page)
    went: list[str] = []
    scripted.go_to.connect(went.append)
    assert page.nothing.isVisible()
    (train,) = [b for b in page.nothing.findChildren(QPushButton) if b.text() == "Train a model"]
    train.click()
    assert went == ["train"]


def test_the_surest_mistakes_are_listed_first(qtbot: QtBot, page: ReviewPage, project: Path) -> None:
    add_predictions(project, add_run(project))
    look(qtbot, page)
    assert page.images.heading() == ("Wrong", "6 images")
    assert badges(page)[0] == "1→2 .94"
    assert page.model.data(page.model.index(0), TILE_ROLE).bad
    assert page.figures.accuracy.accessibleName() == "Validation, 30 images: 80.0 %"
    assert page.matrix.changes() == ""
    page.images.wrong_chosen.emit(False)
    assert page.images.heading() == ("Validation", "30 images")


def test_the_keyboard_begins_in_the_grid(qtbot: QtBot, page: ReviewPage, project: Path) -> None:
    add_predictions(project, add_run(project))
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    look(qtbot, page)
    assert page.focusWidget() is page.images.grid


def test_a_cell_shows_its_images(qtbot: QtBot, page: ReviewPage, project: Path) -> None:
    add_predictions(project, add_run(project))
    look(qtbot, page)
    page.matrix.matrix.cell_chosen.emit(1, 2)
    assert page.images.heading() == ("1 read as 2", "2 images")
    assert {badge.split()[0] for badge in badges(page)} == {"1→2"}
    page.matrix.matrix.cell_chosen.emit(-1, -1)
    assert page.images.heading() == ("Wrong", "6 images")
    page.matrix.confused.chosen.emit("0,1")
    assert page.images.heading()[0] == "0 read as 1"
    assert page.matrix.matrix.chosen() == (0, 1)


def test_relabelling_by_key_marks_the_image_and_can_be_undone(
    qtbot: QtBot, page: ReviewPage, scripted: ScriptedSession, project: Path
) -> None:
    add_predictions(project, add_run(project))
    look(qtbot, page)
    counts = page._outcome.counts.tolist() if page._outcome else []
    id = int(page.model.ids[0])
    page.images.grid.setCurrentIndex(page.model.index(0))
    qtbot.waitUntil(lambda: scripted.selection.tolist() == [id], timeout=2000)
    qtbot.keyClick(page.images.grid, Qt.Key.Key_2)
    settle(qtbot, page)
    assert records.image(scripted.store, id).class_name == "2"
    assert badges(page)[0] == "was 1, now 2"
    assert page.matrix.changes() == "1 label changed since this run"
    assert scripted.selection.tolist() == [int(page.model.ids[1])]  # the next one is at hand
    assert page._outcome is not None
    assert page._outcome.counts.tolist() == counts
    scripted.undo()
    settle(qtbot, page)
    assert records.image(scripted.store, id).class_name == "1"
    assert badges(page)[0] == "1→2 .94"
    assert page.matrix.changes() == ""


def test_enter_shows_an_image_large_and_a_key_labels_only_that(
    qtbot: QtBot, page: ReviewPage, project: Path, scripted: ScriptedSession
) -> None:
    add_predictions(project, add_run(project))
    look(qtbot, page)
    first, second, third = page.model.ids[:3].tolist()
    page.images.grid.select_rows(np.arange(3), 0)
    qtbot.keyClick(page.images.grid, Qt.Key.Key_Return)
    assert page.images.is_large()
    assert scripted.selection.tolist() == [first]
    shown = page.images.large.picture
    qtbot.waitUntil(lambda: shown.grab().toImage().pixelColor(shown.rect().center()) != shown.palette().base().color())
    before = records.image(scripted.store, second).class_name
    qtbot.keyClick(shown, Qt.Key.Key_0)
    settle(qtbot, page)
    assert page.images.is_large()
    assert records.image(scripted.store, first).class_name == "0"
    assert records.image(scripted.store, second).class_name == before
    assert scripted.selection.tolist() == [second]
    qtbot.keyClick(shown, Qt.Key.Key_Right)
    assert scripted.selection.tolist() == [third]
    qtbot.keyClick(shown, Qt.Key.Key_Escape)
    assert not page.images.is_large()


def test_the_first_label_does_not_move_the_matrix(
    qtbot: QtBot, page: ReviewPage, project: Path, scripted: ScriptedSession
) -> None:
    add_predictions(project, add_run(project))
    look(qtbot, page)
    qtbot.wait(20)
    before = page.matrix.matrix.geometry()
    scripted.do(edits.label, [page.model.ids[0]], "0")
    settle(qtbot, page)
    qtbot.wait(20)
    assert page.matrix.changes()
    assert page.matrix.matrix.geometry() == before


def test_another_cell_leaves_the_large_view(qtbot: QtBot, page: ReviewPage, project: Path) -> None:
    add_predictions(project, add_run(project))
    look(qtbot, page)
    page.show_large()
    page.matrix.matrix.cell_chosen.emit(0, 0)
    assert not page.images.is_large()
    page.show_large()
    page.matrix.matrix.cell_chosen.emit(0, 2)
    assert "No image is in this cell." in page.images.empty.accessibleName()
    assert page.images.empty.isVisible()
    page.show_large()
    assert page.images.empty.isVisible()


def test_label_buttons_label_all_selected(
    qtbot: QtBot, page: ReviewPage, scripted: ScriptedSession, project: Path
) -> None:
    add_predictions(project, add_run(project))
    look(qtbot, page)
    ids = page.model.ids.tolist()
    page.images.grid.selectAll()
    page.images.keys.chosen.emit(0)
    assert {image.class_name for image in records.images(scripted.store, ids)} == {"0"}
    assert len(scripted.selection) == 6


def test_a_run_without_predictions_offers_to_evaluate(
    qtbot: QtBot, page: ReviewPage, scripted: ScriptedSession, project: Path
) -> None:
    run = add_run(project)

    def script() -> Script:
        yield Stage(title="Reading images", total=30)
        yield Progress(done=15, total=30)
        add_predictions(project, run)
        return None

    look(qtbot, page)
    assert page.matrix.is_empty()
    scripted.scripts.script = script
    (evaluate,) = [b for b in page.matrix.empty.findChildren(QPushButton) if b.text() == "Evaluate"]
    evaluate.click()
    qtbot.waitUntil(lambda: page.images.heading() == ("Wrong", "6 images"), timeout=5000)
    assert scripted.scripts.asked == [["evaluate", "00-run", "-p", str(project)]]
    wrong = scripted.store.read(
        "SELECT count(*) FROM prediction p JOIN image i ON i.id = p.image_id WHERE p.class_id <> i.class_id"
    )
    assert wrong == [(6,)]  # the filter `wrong` of the Data page knows them now


def test_damaged_predictions_are_told_on_the_page(
    qtbot: QtBot, page: ReviewPage, scripted: ScriptedSession, project: Path
) -> None:
    first, second = add_run(project, "first"), add_run(project, "second")
    add_predictions(project, first)
    second.predictions_file.write_bytes(b"torn")
    told: list[Any] = []
    scripted.problem.connect(told.append)
    look(qtbot, page)
    assert page.matrix.is_empty()
    assert "01-second are damaged" in page.matrix.empty.accessibleName()
    page.choose_run("00-first")
    settle(qtbot, page)
    assert page.images.heading() == ("Wrong", "6 images")
    assert told == []


def test_a_class_that_is_renamed_since_breaks_nothing(
    qtbot: QtBot, page: ReviewPage, scripted: ScriptedSession, project: Path
) -> None:
    add_predictions(project, add_run(project))
    with scripted.store.transaction() as db:
        db.execute("UPDATE class SET name = 'one' WHERE name = '1'")
    scripted.do(edits.add_class, "new")
    look(qtbot, page)
    assert page.images.heading() == ("Wrong", "6 images")
    assert page.matrix.changes() == "its class is no longer in the project: 1"


def test_a_newer_run_is_followed_unless_another_was_chosen(qtbot: QtBot, page: ReviewPage, project: Path) -> None:
    add_run(project, "first")
    look(qtbot, page)
    add_run(project, "second")
    look(qtbot, page)
    assert page.matrix.runs.currentData() == "01-second"
    page.choose_run("00-first")
    add_run(project, "third")
    look(qtbot, page)
    assert page.matrix.runs.currentData() == "00-first"


def test_every_control_has_a_tooltip_and_a_name(qtbot: QtBot, page: ReviewPage, project: Path) -> None:
    add_predictions(project, add_run(project))
    look(qtbot, page)
    buttons = [b for b in page.findChildren(QPushButton) if b.isVisibleTo(page)]
    for control in [*buttons, page.matrix.runs, page.matrix.parts]:
        assert control.toolTip()
        assert control.accessibleName() or control.property("text")


def test_closing_the_project_empties_the_page(
    qtbot: QtBot, page: ReviewPage, scripted: ScriptedSession, project: Path
) -> None:
    add_predictions(project, add_run(project))
    look(qtbot, page)
    scripted.close()
    assert page.model.rowCount() == 0
    assert page.nothing.isVisible()
