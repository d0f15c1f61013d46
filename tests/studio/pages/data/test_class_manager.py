from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from core.project import classes, records
from studio import theme
from studio.pages.data.class_manager import ClassManager
from studio.pages.data.class_table import KEY, MARK, NAME, reordered
from studio.session import Session

Settle = Callable[[Session], None]


@pytest.fixture
def manager(session: Session, project: Path, qtbot: QtBot, settled: Settle) -> Iterator[ClassManager]:
    session.open(project)
    settled(session)
    manager = ClassManager(session, None)  # type: ignore[arg-type]
    qtbot.addWidget(manager)
    manager.show()
    manager.activateWindow()
    qtbot.waitUntil(manager.isActiveWindow)
    yield manager
    theme.set_class_colors(())


def shown(manager: ClassManager, column: int = NAME) -> list[str]:
    return [manager.model.index(row, column).data() for row in range(manager.model.rowCount())]


def choose(manager: ClassManager, *names: str) -> None:
    manager._choose(list(names))


def type_into_cell(manager: ClassManager, row: int, column: int, keys: str, qtbot: QtBot) -> None:
    manager.view.setCurrentIndex(manager.model.index(row, column))
    QTest.keyClick(manager.view, Qt.Key.Key_Return)
    field = manager.view.viewport().findChild(QLineEdit)
    assert field is not None
    if column == NAME:
        field.selectAll()
    for key in keys:
        QTest.keyClick(field, key)
    if column == NAME:
        QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: manager.view.state() != manager.view.State.EditingState)
    qtbot.wait(0)


def menu(manager: ClassManager) -> QMenu:
    return [menu for menu in manager.findChildren(QMenu) if menu.isVisible()][-1]


def test_classes_are_listed_with_their_keys_and_images(manager: ClassManager) -> None:
    assert shown(manager) == ["0", "1", "2"]
    assert shown(manager, KEY) == ["0", "1", "2"]
    assert shown(manager, 3) == ["10", "10", "10"]
    spoken = manager.model.index(1, 3).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "10 images"


def test_a_class_is_renamed_in_place_and_that_is_undone(manager: ClassManager, qtbot: QtBot) -> None:
    type_into_cell(manager, 1, NAME, "one", qtbot)
    qtbot.waitUntil(lambda: shown(manager) == ["0", "one", "2"])
    assert manager.line.text() == "Rename class 1 to one."
    QTest.keyClick(manager.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert shown(manager) == ["0", "1", "2"]


def test_a_name_that_is_taken_is_refused_in_words(manager: ClassManager, qtbot: QtBot) -> None:
    type_into_cell(manager, 1, NAME, "2", qtbot)
    qtbot.waitUntil(lambda: bool(manager.line.text()))
    assert manager.line.text() == "There is a class 2 already. Choose another name."
    assert shown(manager) == ["0", "1", "2"]


def test_a_key_is_captured_and_refused_where_it_is_taken(manager: ClassManager, qtbot: QtBot) -> None:
    type_into_cell(manager, 1, KEY, "q", qtbot)
    qtbot.waitUntil(lambda: shown(manager, KEY) == ["0", "q", "2"])
    assert manager.session.classes.keys["q"] == 1
    type_into_cell(manager, 2, KEY, "q", qtbot)
    qtbot.waitUntil(lambda: "The key q is that of class 1." in manager.line.text())
    type_into_cell(manager, 2, KEY, "x", qtbot)
    qtbot.waitUntil(lambda: "The key X is that of Reject." in manager.line.text())
    assert shown(manager, KEY) == ["0", "q", "2"]
    type_into_cell(manager, 1, KEY, "\b", qtbot)
    qtbot.waitUntil(lambda: shown(manager, KEY) == ["0", "1", "2"])


def test_classes_are_moved_by_keys_and_keep_the_selection(manager: ClassManager) -> None:
    choose(manager, "1", "2")
    QTest.keyClick(manager.view, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert shown(manager) == ["1", "2", "0"]
    assert manager.chosen() == ["1", "2"]
    manager.down.click()
    assert shown(manager) == ["0", "1", "2"]
    manager.down.click()
    assert shown(manager) == ["0", "1", "2"]


def test_rows_are_moved_before_a_place() -> None:
    assert reordered(5, [1, 3], 5) == [0, 2, 4, 1, 3]
    assert reordered(5, [1, 3], 0) == [1, 3, 0, 2, 4]
    assert reordered(5, [1, 3], 2) == [0, 1, 3, 2, 4]


@pytest.mark.parametrize(("row", "share", "order"), [(0, 0.0, ["2", "0", "1"]), (0, 0.8, ["0", "2", "1"])])
def test_a_class_that_is_dropped_takes_that_place(
    manager: ClassManager, qtbot: QtBot, row: int, share: float, order: list[str]
) -> None:
    data = manager.model.mimeData([manager.model.index(2, NAME)])
    where = manager.view.visualRect(manager.model.index(row, NAME))
    point = QPoint(where.center().x(), round(where.top() + share * where.height()))
    move, left, plain = Qt.DropAction.MoveAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    for event in (
        QDragEnterEvent(point, move, data, left, plain),
        QDragMoveEvent(point, move, data, left, plain),
        QDropEvent(QPointF(point), move, data, left, plain),
    ):
        QApplication.sendEvent(manager.view.viewport(), event)
    qtbot.waitUntil(lambda: shown(manager) == order)


def test_the_chosen_classes_are_merged_and_deleted(manager: ClassManager, settled: Settle) -> None:
    choose(manager, "0", "1")
    manager.merge_button.click()
    offered = menu(manager)
    assert [action.text() for action in offered.actions()] == ["0", "1", "2"]
    offered.actions()[1].trigger()
    assert shown(manager) == ["1", "2"]
    assert manager.chosen() == ["1"]
    settled(manager.session)
    assert shown(manager, 3) == ["20", "10"]
    QTest.keyClick(manager.view, Qt.Key.Key_Delete)
    assert shown(manager) == ["2"]
    assert records.counts(manager.session.store).unlabelled == 20
    manager.undo.click()
    manager.undo.click()
    assert shown(manager) == ["0", "1", "2"]


def test_a_colour_is_chosen_and_shown_everywhere(manager: ClassManager) -> None:
    manager.view.setCurrentIndex(manager.model.index(2, MARK))
    QTest.keyClick(manager.view, Qt.Key.Key_Return)
    offered = menu(manager)
    assert len([action for action in offered.actions() if not action.icon().isNull()]) == 10
    offered.actions()[0].trigger()
    assert theme.class_color(2) == QColor(theme.CLASS_COLORS[0])
    manager.give_color(2, "#123456")
    assert theme.class_color(2) == QColor("#123456")
    manager.give_color(2, None)
    assert theme.class_color(2) == QColor(theme.CLASS_COLORS[2])


def test_a_class_is_added(manager: ClassManager) -> None:
    QTest.keyClicks(manager.new, "seven")
    QTest.keyClick(manager.new, Qt.Key.Key_Return)
    assert shown(manager) == ["0", "1", "2", "seven"]
    assert manager.new.text() == ""
    QTest.keyClicks(manager.new, "a:b")
    QTest.keyClick(manager.new, Qt.Key.Key_Return)
    assert "cannot be a class" in manager.line.text()
    assert manager.isVisible()


def test_runs_are_told_of_when_a_class_is_renamed(manager: ClassManager) -> None:
    (manager.session.root / "runs" / "00-run").mkdir()
    manager.rename(0, "zero")
    assert "Runs before this know the class by its old name" in manager.line.text()


def test_a_project_that_is_only_read_cannot_be_changed(session: Session, project: Path, qtbot: QtBot) -> None:
    with records.Store.open(project) as other:
        classes.set_color(other, "1", "#abcdef")
        session.open(project)
        manager = ClassManager(session, None)  # type: ignore[arg-type]
        qtbot.addWidget(manager)
        manager.show()
        choose(manager, "1")
        assert not any(button.isEnabled() for button in (manager.delete_button, manager.up, manager.rename_button))
        assert not manager.model.flags(manager.model.index(0, NAME)) & Qt.ItemFlag.ItemIsEditable
        assert theme.class_color(1) == QColor("#abcdef")
    theme.set_class_colors(())
