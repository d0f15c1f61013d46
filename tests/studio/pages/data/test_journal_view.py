from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core.project import classes, edits, query, records
from studio.pages.data.journal_model import IMAGES, STATE, WHAT, WHO
from studio.pages.data.journal_view import JournalDialog
from studio.session import Session
from tests.studio.pages.conftest import add_predictions, add_run

Settle = Callable[[Session], None]


@pytest.fixture
def dialog(session: Session, project: Path, qtbot: QtBot, settled: Settle) -> JournalDialog:
    """The journal of three edits after the import, the last of them undone."""
    session.open(project)
    session.do(edits.label, [1], "2")
    session.do(edits.label, list(range(4, 10)), "1", "bulk")
    session.do(edits.tag, [3], "odd")
    session.undo()
    dialog = JournalDialog(session, None)  # type: ignore[arg-type]
    qtbot.addWidget(dialog)
    dialog.show()
    settled(session)
    return dialog


def column(dialog: JournalDialog, number: int) -> list[str]:
    return [dialog.model.index(row, number).data() for row in range(dialog.model.rowCount())]


def choose(dialog: JournalDialog, row: int, settled: Settle) -> None:
    dialog.view.setCurrentIndex(dialog.model.index(row, WHAT))
    settled(dialog.session)


def test_edits_are_listed_with_who_and_state(dialog: JournalDialog) -> None:
    assert column(dialog, WHAT) == [
        "Tag image 3 odd",
        "Label 6 images as 1",
        "Label image 1 as 2",
        "Import 30 images from photos",
    ]
    assert column(dialog, WHO) == ["by hand", "in bulk", "by hand", "import"]
    assert column(dialog, STATE) == ["undone", "", "", ""]
    assert column(dialog, IMAGES) == ["1", "6", "1", "30"]


def test_the_chosen_edit_tells_what_it_changed(dialog: JournalDialog, settled: Settle) -> None:
    choose(dialog, 1, settled)
    assert dialog.told.text() == "class: 0 → 1, 2 images\nclass: 2 → 1, 2 images"
    choose(dialog, 3, settled)
    assert dialog.told.text() == ""
    dialog.session.do(classes.rename, "2", "two")
    choose(dialog, 0, settled)
    assert dialog.told.text() == "name of class two: 2 → two"


def test_only_edits_of_one_kind_are_shown(dialog: JournalDialog) -> None:
    dialog.who.setCurrentIndex(dialog.who.findData("bulk"))
    assert column(dialog, WHAT) == ["Label 6 images as 1"]


def test_undoing_back_asks_how_many_and_does_them_at_once(dialog: JournalDialog, settled: Settle) -> None:
    asked: list[str] = []
    dialog.confirm = lambda question, about: bool(asked.append(question)) or len(asked) > 1
    choose(dialog, 2, settled)
    assert dialog.back.isEnabled()
    dialog.back.click()
    assert column(dialog, STATE) == ["undone", "", "", ""]
    dialog.back.click()
    assert asked == ["Take back 2 edits?", "Take back 2 edits?"]
    assert column(dialog, STATE) == ["undone", "undone", "undone", ""]
    assert dialog.line.text() == "Undo: 2 edits."
    assert records.image(dialog.session.store, 1).class_name == "0"
    choose(dialog, 3, settled)
    assert not dialog.back.isEnabled()


def test_a_long_journal_is_read_page_by_page(dialog: JournalDialog) -> None:
    store = dialog.session.store
    for number in range(450):
        edits.write_note(store, [1], f"note {number}")
    dialog.session.do(edits.reject, [2])
    assert dialog.model.rowCount() == 200
    while dialog.model.canFetchMore(dialog.view.rootIndex()):
        dialog.model.fetchMore(dialog.view.rootIndex())
    assert dialog.model.rowCount() == 455
    assert dialog.model.index(454, WHAT).data() == "Import 30 images from photos"


def test_images_of_an_edit_become_the_filter(dialog: JournalDialog, settled: Settle) -> None:
    choose(dialog, 1, settled)
    dialog.images.click()
    assert query.ids(dialog.session.store, dialog.session.filter).tolist() == list(range(4, 10))


def test_two_times_are_compared_and_saved(dialog: JournalDialog, settled: Settle, tmp_path: Path) -> None:
    dialog.show_page(1)
    differences = dialog.differences
    differences.times[0].setText("2000-01-01")
    differences.go.click()
    settled(dialog.session)
    assert dialog.line.text() == "30 labels are different."
    model = differences.model
    assert [model.index(0, at).data() for at in range(4)] == ["1", "000.png", "not there", "2"]
    dialog.choose_file = lambda name: tmp_path / name
    dialog.file.click()
    settled(dialog.session)
    assert len((tmp_path / "difference.csv").read_text("utf-8").splitlines()) == 31
    differences.times[0].setText("yesterday")
    differences.go.click()
    assert "yesterday is no date" in dialog.line.text()


def test_two_runs_are_compared(dialog: JournalDialog, project: Path, settled: Settle) -> None:
    for name in ("a", "b"):
        add_predictions(project, add_run(project, name))
        dialog.session.do(edits.label, [5], "0")
    dialog.show_page(1)
    dialog.differences.begin()
    dialog.differences.kind.setCurrentIndex(1)
    dialog.differences.go.click()
    settled(dialog.session)
    assert dialog.line.text() == "1 label of 30 images that both runs know is different."
    model = dialog.differences.model
    assert [model.index(0, at).data() for at in (0, 2, 3)] == ["5", "1", "0"]


def test_the_journal_is_saved(dialog: JournalDialog, settled: Settle, tmp_path: Path) -> None:
    dialog.choose_file = lambda name: tmp_path / name
    dialog.file.click()
    settled(dialog.session)
    text = (tmp_path / "journal.csv").read_text("utf-8")
    assert "Label image 1 as 2,1,000.png,class,0,2\n" in text
    dialog.choose_file = lambda name: tmp_path / "missing" / name
    dialog.file.click()
    settled(dialog.session)
    assert "missing" in dialog.line.text()
