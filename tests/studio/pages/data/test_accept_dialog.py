from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from core.project import edits, query, records
from core.project.edits import Change
from core.project.store import Store
from studio.pages.data.accept_dialog import AcceptDialog, show_accept
from studio.session import Session
from tests.studio.pages.conftest import add_predictions, add_run

Settle = Callable[[Session], None]


@pytest.fixture
def dialog(session: Session, project: Path, qtbot: QtBot, settled: Settle) -> Iterator[AcceptDialog]:
    """A run read all 30 images, every fifth wrong, the later the surer; images 21 to 30 have no label, 29 by hand."""
    add_predictions(project, add_run(project, "net"))
    with Store.open(project) as store:
        edits.label(store, range(21, 31), None)
        edits.label(store, [29], "0")
    session.open(project)
    qtbot.waitUntil(lambda: len(query.ids(session.store, query.parse("predicted"))) == 30, timeout=5000)
    page = QWidget()
    qtbot.addWidget(page)
    dialog = show_accept(session, page)
    settled(session)
    yield dialog
    dialog.reject()
    settled(session)


def move(dialog: AcceptDialog, value: float, settled: Settle) -> None:
    dialog.slider.set_value(value)
    dialog.slider.edited.emit()
    settled(dialog._session)


def test_it_tells_what_would_change(dialog: AcceptDialog, settled: Settle) -> None:
    move(dialog, 0.92, settled)  # images 23 and later
    assert dialog.title.text() == "Run 00: 7 images would get a label."
    assert dialog.go.text() == "Accept 7 labels"
    assert dialog.lines[0].text() == "! Of 1 labelled image outside training that it read as surely, 0.0 % are right."
    assert dialog.lines[1].text() == "1 label given by hand left alone; 1 of them say otherwise."
    rows = [(row.title, row.bars[0].count) for row in dialog.table.bars.rows]
    assert sum(count for _, count in rows) == 7
    assert dialog.samples.thumbs[0].shown is not None
    move(dialog, 1.0, settled)
    assert dialog.title.text() == "Run 00: nothing to accept at this confidence."
    assert not dialog.go.isEnabled()
    assert not dialog.body.isVisible()


def test_accepting_is_one_edit_that_spares_hand_labels(dialog: AcceptDialog, session: Session, settled: Settle) -> None:
    changes: list[Change] = []
    session.changed.connect(changes.append)
    move(dialog, 0.5, settled)
    dialog.go.click()
    (change,) = changes
    assert change.title == "Accept 9 labels of run 00 above 0.5"
    assert not dialog.isVisible()
    assert records.image(session.store, 29).class_name == "0"
    session.undo()
    assert len(query.ids(session.store, query.parse("unlabelled"))) == 9


def test_an_edit_in_between_is_in_the_preview(dialog: AcceptDialog, session: Session, settled: Settle) -> None:
    move(dialog, 0.5, settled)
    session.do(edits.label, [30], "1")
    settled(session)
    assert dialog.go.text() == "Accept 8 labels"
    session.do(edits.reject, [28])
    settled(session)
    assert dialog.go.text() == "Accept 7 labels"


def test_what_is_not_shown_yet_is_not_accepted(dialog: AcceptDialog, session: Session, settled: Settle) -> None:
    dialog.slider.set_value(0.5)
    dialog.slider.edited.emit()
    dialog.go.click()  # the number on the button is still the old one
    assert dialog.isVisible()
    settled(session)
    assert edits.next_undo(session.store) == "Label image 29 as 0"


def test_scopes(dialog: AcceptDialog, session: Session, settled: Settle) -> None:
    dialog.reject()
    session.set_filter("source:meter")
    session.select([22, 23, 24])
    show_accept(session, dialog.parentWidget())
    move(dialog, 0.5, settled)
    assert dialog.scopes.checkedId() == 1
    assert dialog.go.text() == "Accept 3 labels"
    dialog.scopes.button(0).click()
    settled(session)
    assert dialog.go.text() == f"Accept {len(query.ids(session.store, query.parse('source:meter unlabelled')))} labels"
    dialog.scopes.button(2).click()
    settled(session)
    assert dialog.go.text() == "Accept 9 labels"


def test_imported_labels_change_only_if_asked_for(dialog: AcceptDialog, session: Session, settled: Settle) -> None:
    move(dialog, 0.5, settled)
    others = len(query.ids(session.store, query.parse("wrong by:import conf>=0.5")))
    assert others == 4
    assert dialog.replace.text().endswith(f": {others} say otherwise")
    dialog.replace.click()
    settled(session)
    assert dialog.title.text() == f"Run 00: 9 images would get a label, {others} labels would change."
    dialog.show_them.click()
    assert not dialog.isVisible()
    assert len(query.ids(session.store, session.filter)) == 9 + others


def test_without_a_run_it_says_what_to_do(session: Session, project: Path, qtbot: QtBot, settled: Settle) -> None:
    session.open(project)
    page = QWidget()
    qtbot.addWidget(page)
    dialog = show_accept(session, page)
    settled(session)
    assert dialog.title.text() == "No run has predicted anything yet. Train or evaluate first."
    assert dialog.lines[0].text() == ""
    assert not dialog.go.isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
