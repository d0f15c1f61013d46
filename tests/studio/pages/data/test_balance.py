from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from core.project import edits, query
from core.project.query import ALL, And, OneOf, Or, Tagged, parse
from studio.pages.data.balance import BalanceDialog, base, picked, show_balance
from studio.session import Session

Settle = Callable[[Session], None]


@pytest.fixture
def dialog(session: Session, project: Path, qtbot: QtBot, settled: Settle) -> Iterator[BalanceDialog]:
    session.open(project)
    page = QWidget()
    qtbot.addWidget(page)
    dialog = show_balance(session, page)
    settled(session)
    yield dialog
    dialog.close()


def cells(dialog: BalanceDialog) -> list[list[str]]:
    model = dialog.table.model()
    return [[model.index(r, c).data() for c in range(model.columnCount())] for r in range(model.rowCount())]


def names(dialog: BalanceDialog, side: Qt.Orientation) -> list[str]:
    model = dialog.table.model()
    count = model.columnCount() if side == Qt.Orientation.Horizontal else model.rowCount()
    return [model.headerData(k, side) for k in range(count)]


def turn(dialog: BalanceDialog, way: int, settled: Settle, session: Session) -> None:
    dialog.ways.button(way).click()
    settled(session)


def test_each_class_has_a_bar_with_words(dialog: BalanceDialog) -> None:
    assert names(dialog, Qt.Orientation.Vertical) == ["0", "1", "2"]
    assert cells(dialog) == [["10"], ["10"], ["10"]]
    assert dialog.said.text() == "Each class has 10 images."
    words = dialog.table.model().index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert words == "1: 10 images, 33.3 %"
    assert dialog.note.text() == "Of all images · 30 labelled, 0 unlabelled"


def test_enter_on_a_bar_shows_its_images_and_again_takes_that_back(
    dialog: BalanceDialog, session: Session, settled: Settle
) -> None:
    turn(dialog, 2, settled, session)
    assert names(dialog, Qt.Orientation.Horizontal) == ["meter", "sign"]
    dialog.table.setCurrentIndex(dialog.table.model().index(0, 0))
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Return):
        QTest.keyClick(dialog.table, key)
    settled(session)
    assert session.filter_text == "class:1 source:sign"
    assert len(query.ids(session.store, session.filter)) == int(cells(dialog)[1][1]) == 5
    assert cells(dialog) == [["5", "5"]] * 3  # the others are still there to compare and to choose
    assert dialog.table.bars.rows[1].bars[1].chosen
    QTest.keyClick(dialog.table, Qt.Key.Key_Space)
    assert session.filter == ALL


def test_a_click_chooses_a_bar(dialog: BalanceDialog, session: Session, settled: Settle) -> None:
    place = dialog.table.visualRect(dialog.table.model().index(2, 0)).center()
    QTest.mouseClick(dialog.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert session.filter_text == "class:2"


def test_edits_and_other_conditions_count_at_once(dialog: BalanceDialog, session: Session, settled: Settle) -> None:
    session.do(edits.label, [1], None)
    session.do(edits.set_split, dict.fromkeys(range(1, 11), "val"))
    turn(dialog, 1, settled, session)
    assert names(dialog, Qt.Orientation.Horizontal) == ["Validation", "No split"]
    assert names(dialog, Qt.Orientation.Vertical) == ["0", "1", "2", "Unlabelled"]
    assert [row[0] for row in cells(dialog)] == ["3", "3", "3", "1"]
    assert dialog.said.text() == "Train and val cannot be compared before both have labelled images."
    session.set_filter("source:sign")
    settled(session)
    assert dialog.note.text() == "Of the images where source is sign · 14 labelled, 1 unlabelled"
    dialog.table.chosen.emit(3, 0)
    settled(session)
    assert session.filter_text == "source:sign class:none split:val"
    assert len(query.ids(session.store, session.filter)) == 1


def test_the_way_is_remembered(dialog: BalanceDialog, session: Session, qtbot: QtBot, settled: Settle) -> None:
    turn(dialog, 2, settled, session)
    other = QWidget()
    qtbot.addWidget(other)
    assert show_balance(session, other).way == "source"
    assert show_balance(session, dialog.parentWidget()) is dialog
    settled(session)


def test_it_closes_with_the_project(dialog: BalanceDialog, session: Session) -> None:
    session.close()
    assert not dialog.isVisible()


def test_only_what_is_counted_leaves_the_filter() -> None:
    filter = parse("class:1,2 split:val source:sign tag:x")
    assert str(base(filter, "all")) == "split:val source:sign tag:x"
    assert str(base(filter, "split")) == "source:sign tag:x"
    assert base(parse("class:3"), "split") == ALL
    either = Or((OneOf("class", ("1",)), Tagged(("x",))))
    assert picked(either, "source", "2", "none") == And((either, OneOf("class", ("2",)), OneOf("source", ("none",))))
    assert picked(parse("source:none class:2"), "source", "2", "none") == ALL
