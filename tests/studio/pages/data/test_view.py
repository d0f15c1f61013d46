from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from core.errors import Error
from core.project import edits, predictions, query, records
from core.project.store import Store
from studio.pages.data.accept_dialog import AcceptDialog
from studio.pages.data.balance import BalanceDialog
from studio.pages.data.split_dialog import SplitDialog
from studio.pages.data.view import DataPage
from studio.session import Session
from studio.widgets.roles import TILE_ROLE
from tests.said import said

Settle = Callable[[Session], None]


def classes(page: DataPage, *ids: int) -> list[str | None]:
    return [record.class_name for record in records.images(page.session.store, ids)]


def badges(page: DataPage, rows: range) -> list[str]:
    return [page.model.data(page.model.index(row), TILE_ROLE).badge for row in rows]


def pick(page: DataPage, *rows: int) -> list[int]:
    ids = page.model.ids[list(rows)].tolist()
    page.session.select(ids)
    return ids


def test_all_images_are_shown_with_their_thumbnails(page: DataPage, qtbot: QtBot) -> None:
    assert len(page.model.ids) == 30
    assert badges(page, range(4)) == ["0", "1", "2", "0"]
    qtbot.waitUntil(lambda: page.model.data(page.model.index(0), TILE_ROLE).image is not None, timeout=5000)
    image = page.model.data(page.model.index(0), TILE_ROLE).image
    assert (image.width(), image.height()) == (32, 24)


def test_a_digit_key_labels_and_goes_on_to_the_next(page: DataPage, settled: Settle) -> None:
    first, second = page.model.ids[:2].tolist()
    pick(page, 0)
    QTest.keyClick(page.grid, Qt.Key.Key_2)
    assert classes(page, first) == ["2"]
    assert page.session.selection.tolist() == [second]
    QTest.keyClick(page.grid, Qt.Key.Key_0)
    assert classes(page, first, second) == ["2", "0"]
    assert badges(page, range(2)) == ["2", "0"]
    assert records.image(page.session.store, first).labelled_by == "hand"


def test_undo_goes_back_to_the_image_it_changed(page: DataPage, settled: Settle) -> None:
    page.session.set_filter("class:0")
    settled(page.session)
    first, _, third = page.model.ids[:3].tolist()
    pick(page, 0)
    QTest.keyClick(page.grid, Qt.Key.Key_2)
    settled(page.session)
    pick(page, 1)
    assert page.session.selection.tolist() == [third]
    page.session.undo()
    settled(page.session)
    assert page.session.selection.tolist() == [first]
    assert classes(page, first) == ["0"]


def test_a_key_without_a_class_does_nothing(page: DataPage) -> None:
    (id,) = pick(page, 0)
    QTest.keyClick(page.grid, Qt.Key.Key_9)
    assert classes(page, id) == ["0"]
    assert page.session.selection.tolist() == [id]


def test_many_are_labelled_in_one_step_and_stay_selected(page: DataPage) -> None:
    ids = pick(page, 0, 1, 2)
    QTest.keyClick(page.grid, Qt.Key.Key_1)
    assert classes(page, *ids) == ["1", "1", "1"]
    assert page.session.selection.tolist() == ids
    assert records.image(page.session.store, ids[0]).labelled_by == "bulk"
    page.session.undo()
    assert classes(page, *ids) == ["0", "1", "2"]
    assert badges(page, range(3)) == ["0", "1", "2"]


def test_an_image_that_leaves_the_filter_makes_way(page: DataPage, settled: Settle) -> None:
    page.session.set_filter("class:0")
    settled(page.session)
    first, second = page.model.ids[:2].tolist()
    pick(page, 0)
    QTest.keyClick(page.grid, Qt.Key.Key_1)
    settled(page.session)
    assert first not in page.model.ids
    assert page.session.current == second
    assert page.grid.selected_rows().tolist() == [0]


def test_what_left_the_grid_is_no_longer_selected(page: DataPage, settled: Settle) -> None:
    page.session.set_filter("class:0")
    settled(page.session)
    pick(page, 0, 1, 2)
    QTest.keyClick(page.grid, Qt.Key.Key_1)
    settled(page.session)
    assert page.session.selection.tolist() == []
    QTest.keyClick(page.grid, Qt.Key.Key_2)
    assert records.counts(page.session.store).classes == {"0": 7, "1": 13, "2": 10}


def test_reject_and_take_back(page: DataPage) -> None:
    ids = pick(page, 3, 4)
    QTest.keyClick(page.grid, Qt.Key.Key_X)
    assert [record.rejected for record in records.images(page.session.store, ids)] == [True, True]
    assert badges(page, range(3, 5)) == ["0 · rejected", "1 · rejected"]
    QTest.keyClick(page.grid, Qt.Key.Key_X)
    assert [record.rejected for record in records.images(page.session.store, ids)] == [False, False]


def test_backspace_takes_the_label_away_and_stays(page: DataPage) -> None:
    (id,) = pick(page, 0)
    QTest.keyClick(page.grid, Qt.Key.Key_Backspace)
    assert classes(page, id) == [None]
    assert page.session.selection.tolist() == [id]


def test_the_buttons_label_too(page: DataPage) -> None:
    (id,) = pick(page, 0)
    page.details.keys.chosen.emit(2)
    assert classes(page, id) == ["2"]


def test_the_large_view_opens_moves_labels_and_closes(page: DataPage, qtbot: QtBot) -> None:
    first, second, third = page.model.ids[:3].tolist()
    pick(page, 0)
    QTest.keyClick(page.grid, Qt.Key.Key_Return)
    assert page.centre.currentWidget() is page.large
    QTest.keyClick(page.large.picture, Qt.Key.Key_Right)
    assert page.session.current == second
    QTest.keyClick(page.large.picture, Qt.Key.Key_0)
    assert classes(page, second) == ["0"]
    assert page.session.current == third
    QTest.keyClick(page.large.picture, Qt.Key.Key_Escape)
    assert page.centre.currentWidget() is page.grid
    assert page.grid.selected_rows().tolist() == [2]
    assert classes(page, first) == ["0"]


def test_the_large_view_labels_only_what_it_shows(page: DataPage) -> None:
    ids = pick(page, 0, 1, 2)
    page.show_large()
    QTest.keyClick(page.large.picture, Qt.Key.Key_0)
    assert classes(page, *ids) == ["0", "1", "0"]


def test_a_facet_narrows_and_its_chip_widens_again(page: DataPage, settled: Settle) -> None:
    page.facets.lists["class"].chosen.emit("2")
    settled(page.session)
    assert page.session.filter_text == "class:2"
    assert len(page.model.ids) == 10
    assert page.facets.lists["class"].active() == {"2"}
    page.header.filtered.emit(query.ALL)
    settled(page.session)
    assert len(page.model.ids) == 30


def test_a_filter_that_cannot_be_read_keeps_the_old_result(page: DataPage, settled: Settle) -> None:
    page.session.set_filter("class:2")
    settled(page.session)
    page.session.set_filter("clas:1")
    settled(page.session)
    assert len(page.model.ids) == 10
    assert "clas" in page.header._error.text()
    page.session.set_filter("class:1")
    settled(page.session)
    assert page.header._error.text() == ""


def test_no_match_offers_all_pictures(page: DataPage, settled: Settle) -> None:
    page.session.set_filter("class:2 class:1")
    settled(page.session)
    assert page.centre.currentWidget() is page.empty
    page.empty.clicked.emit()
    settled(page.session)
    assert page.centre.currentWidget() is page.grid
    assert len(page.model.ids) == 30


def test_a_project_without_images_asks_for_some(
    session: Session, tmp_path: Path, qtbot: QtBot, settled: Settle
) -> None:
    session.create(tmp_path / "new")
    page = DataPage(session)
    qtbot.addWidget(page)
    settled(session)
    assert page.centre.currentWidget() is page.empty
    with qtbot.waitSignal(session.command) as asked:
        page.empty.clicked.emit()
    assert asked.args == ["add-folder"]
    page.release()


def test_splitting_keeps_groups_together_and_can_be_undone(page: DataPage, qtbot: QtBot, settled: Settle) -> None:
    page.dialogs.choose_split()
    dialog = page.findChild(SplitDialog)
    assert dialog is not None
    dialog.form.val.setValue(20)
    with qtbot.waitSignal(page.session.changed):
        QTest.keyClick(dialog.form.val, Qt.Key.Key_Return)  # at once: it waits for the answer
    settled(page.session)
    health = page.session.health
    assert health is not None
    assert health.train + health.val == 30
    assert health.torn_groups == 0
    page.session.undo()
    settled(page.session)
    assert page.session.health is not None
    assert page.session.health.none == 30


def test_a_wrong_prediction_is_shown_in_red(page: DataPage, settled: Settle) -> None:
    known = {record.name: record.id for record in records.classes(page.session.store)}
    first = page.model.ids[:1]

    def predict(store: Store) -> edits.Change:
        predictions.replace(store, "00-demo", "1", said(first, [known["2"]], [0.944]))
        return edits.Change("Predictions", "predictions", first)

    page.session.do(predict)
    index = page.model.index(0)
    assert page.model.data(index, TILE_ROLE).badge == "0→2 .94"
    assert page.model.data(index, TILE_ROLE).bad is True
    assert "predicted 2" in page.model.data(index, Qt.ItemDataRole.AccessibleTextRole)
    page.session.set_filter("wrong")
    settled(page.session)
    assert page.model.ids.tolist() == first.tolist()


def test_new_classes_get_a_button_and_a_key(page: DataPage, settled: Settle) -> None:
    page.details.added.emit("7")
    settled(page.session)
    (id,) = pick(page, 0)
    QTest.keyClick(page.grid, Qt.Key.Key_7)
    assert classes(page, id) == ["7"]


def test_looking_only_disables_what_would_change(
    session: Session, project: Path, qtbot: QtBot, settled: Settle
) -> None:
    with Store.open(project):
        session.open(project)
        page = DataPage(session)
        qtbot.addWidget(page)
        settled(session)
        pick(page, 0)
        assert not page.details.keys.isEnabled()
        with qtbot.waitSignal(session.problem) as told:
            page.labelling.label("2")
        assert "reading only" in told.args[0].title
        assert badges(page, range(1)) == ["0"]
        page.release()


def test_an_unreadable_picture_is_marked_and_named(
    session: Session, project: Path, qtbot: QtBot, settled: Settle
) -> None:
    session.open(project)
    records.image(session.store, 6).path.write_bytes(b"")
    page = DataPage(session)
    qtbot.addWidget(page)
    page.show()
    settled(session)
    index = page.model.index(page.model.row_of(6) or 0)
    qtbot.waitUntil(lambda: page.model.data(index, TILE_ROLE).badge == "unreadable", timeout=5000)
    assert "empty" in page.model.data(index, Qt.ItemDataRole.ToolTipRole)
    page.release()


def test_clicking_a_picture_selects_it_for_everybody(page: DataPage, qtbot: QtBot) -> None:
    rect = page.grid.visualRect(page.model.index(3))
    QTest.mouseClick(
        page.grid.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, rect.center() + QPoint(0, 0)
    )
    assert page.session.selection.tolist() == [int(page.model.ids[3])]
    assert page.session.current == int(page.model.ids[3])


def test_keys_open_the_balance_and_what_could_be_accepted(page: DataPage, qtbot: QtBot, settled: Settle) -> None:
    QTest.keyClick(page.grid, Qt.Key.Key_B)
    settled(page.session)
    (dialog,) = page.findChildren(BalanceDialog)
    dialog.table.chosen.emit(1, 0)
    settled(page.session)
    assert len(page.model.ids) == 10
    dialog.close()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    QTest.keyClick(page.grid, Qt.Key.Key_A, Qt.KeyboardModifier.ShiftModifier)
    settled(page.session)
    (dialog,) = page.findChildren(AcceptDialog)
    assert dialog.title.text() == "No run has predicted anything yet. Train or evaluate first."
    dialog.reject()


def test_an_order_that_is_not_known_yet_is_told_and_given_up(page: DataPage, settled: Settle) -> None:
    told: list[Error] = []
    page.session.problem.connect(told.append)
    page.header.arrange("diversity", False, "class")
    settled(page.session)
    assert [(problem.title, problem.hint) for problem in told] == [
        ("How images look was not measured yet.", "Run a check first.")
    ]
    assert (page.header.sort, page.header.group, len(page.model.ids)) == ("name", "class", 30)
