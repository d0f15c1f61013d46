"""The grid with ten and with a million rows: where things are, what keys and mouse select, what it tells."""

import numpy as np
import pytest
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from pytestqt.qtbot import QtBot

from studio import theme
from studio.widgets.grid import ThumbnailGrid
from studio.widgets.roles import TILE_ROLE, Tile

NO_PARENT = QModelIndex()
Key, Button, Modifier = Qt.Key, Qt.MouseButton, Qt.KeyboardModifier


class Generated(QAbstractListModel):
    """As many rows as asked, each a picture in one colour."""

    def __init__(self, count: int, picture: QImage | None = None) -> None:
        super().__init__()
        self.count = count
        self.picture = picture

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = NO_PARENT) -> int:
        return 0 if parent.isValid() else self.count

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = 0) -> object:
        badge = "1→7 .94" if index.row() % 2 else str(index.row() % 10)
        return {
            TILE_ROLE: Tile(self.picture, badge, bool(index.row() % 2), position=index.row() % 10),
            Qt.ItemDataRole.ToolTipRole: f"image {index.row()}",
        }.get(role)


def make(qtbot: QtBot, count: int, picture: QImage | None = None) -> ThumbnailGrid:
    grid = ThumbnailGrid()
    qtbot.addWidget(grid)
    grid.resize(900, 600)
    model = Generated(count, picture)
    model.setParent(grid)
    grid.setModel(model)
    grid.show()
    qtbot.waitExposed(grid)
    return grid


@pytest.fixture
def million(qtbot: QtBot) -> ThumbnailGrid:
    return make(qtbot, 1_000_000)


def press(qtbot: QtBot, grid: ThumbnailGrid, *keys: Qt.Key, modifier: Qt.KeyboardModifier = Modifier.NoModifier) -> int:
    for key in keys:
        qtbot.keyClick(grid, key, modifier)
    return grid.currentIndex().row()


def columns_of(grid: ThumbnailGrid) -> int:
    model = grid.model()
    top = grid.visualRect(model.index(0, 0)).top()
    return next(row for row in range(1, 100) if grid.visualRect(model.index(row, 0)).top() != top)


def test_keys_reach_every_corner_of_a_million(qtbot: QtBot, million: ThumbnailGrid) -> None:
    columns = columns_of(million)
    assert press(qtbot, million, Key.Key_Home) == 0
    assert press(qtbot, million, Key.Key_Right, Key.Key_Right, Key.Key_Left) == 1
    assert press(qtbot, million, Key.Key_Down) == 1 + columns
    assert press(qtbot, million, Key.Key_Up, Key.Key_Up) == 1  # no line above the first
    assert press(qtbot, million, Key.Key_PageDown) > 3 * columns
    assert press(qtbot, million, Key.Key_PageUp) == 1
    assert press(qtbot, million, Key.Key_End) == 999_999
    assert press(qtbot, million, Key.Key_Right) == 999_999
    assert million.selected_rows().tolist() == [999_999]
    assert 999_999 in million.visible_rows()
    assert million.viewport().rect().contains(million.visualRect(million.currentIndex()))


def test_all_of_a_million_is_one_range(qtbot: QtBot, million: ThumbnailGrid) -> None:
    press(qtbot, million, Key.Key_A, modifier=Modifier.ControlModifier)
    assert million.selectionModel().selection().count() == 1
    assert np.array_equal(million.selected_rows(), np.arange(1_000_000))


def test_shift_selects_from_the_anchor_both_ways(qtbot: QtBot, million: ThumbnailGrid) -> None:
    press(qtbot, million, Key.Key_Home, Key.Key_Right, Key.Key_Right)
    press(qtbot, million, Key.Key_End, modifier=Modifier.ShiftModifier)
    assert million.selectionModel().selection().count() == 1
    assert np.array_equal(million.selected_rows(), np.arange(2, 1_000_000))
    press(qtbot, million, Key.Key_Home, modifier=Modifier.ShiftModifier)
    assert million.selected_rows().tolist() == [0, 1, 2]


def test_control_moves_without_selecting_and_space_selects(qtbot: QtBot) -> None:
    grid = make(qtbot, 50)
    press(qtbot, grid, Key.Key_Home)
    assert press(qtbot, grid, Key.Key_Right, Key.Key_Right, modifier=Modifier.ControlModifier) == 2
    assert grid.selected_rows().tolist() == [0]
    press(qtbot, grid, Key.Key_Space, modifier=Modifier.ControlModifier)
    assert grid.selected_rows().tolist() == [0, 2]
    with qtbot.waitSignal(grid.spaced):
        press(qtbot, grid, Key.Key_Space)
    assert grid.selected_rows().tolist() == [0, 2]


@pytest.mark.parametrize("row", [0, 7, 123_456, 999_999])
def test_index_at_is_where_the_row_is_drawn(million: ThumbnailGrid, row: int) -> None:
    index = million.model().index(row, 0)
    million.scrollTo(index)
    rect = million.visualRect(index)
    assert million.viewport().rect().contains(rect)
    for point in (rect.topLeft(), rect.center(), rect.bottomRight()):
        assert million.indexAt(point).row() == row
    assert not million.indexAt(rect.topLeft() - QPoint(1, 0)).isValid()
    assert not million.indexAt(rect.topLeft() - QPoint(0, 1)).isValid()


def test_nothing_beyond_the_last_row(qtbot: QtBot) -> None:
    grid = make(qtbot, 3)
    last = grid.visualRect(grid.model().index(2, 0))
    assert not grid.indexAt(last.center() + QPoint(last.width() + 8, 0)).isValid()
    assert list(grid.visible_rows()) == [0, 1, 2]


def test_a_line_fills_the_width_and_columns_follow_it(qtbot: QtBot) -> None:
    grid = make(qtbot, 500)
    before = columns_of(grid)
    grid.resize(500, 600)
    assert columns_of(grid) < before
    rect = grid.visualRect(grid.model().index(columns_of(grid) - 1, 0))
    assert 0 <= grid.viewport().width() - 4 - (rect.right() + 1) < columns_of(grid)


def test_click_control_click_and_shift_click(qtbot: QtBot) -> None:
    grid = make(qtbot, 100)

    def click(row: int, modifier: Qt.KeyboardModifier = Modifier.NoModifier) -> list[int]:
        qtbot.mouseClick(
            grid.viewport(), Button.LeftButton, modifier, grid.visualRect(grid.model().index(row, 0)).center()
        )
        return grid.selected_rows().tolist()

    assert click(3) == [3]
    assert click(6, Modifier.ControlModifier) == [3, 6]
    assert click(3, Modifier.ControlModifier) == [6]
    assert click(4) == [4]
    assert click(8, Modifier.ShiftModifier) == [4, 5, 6, 7, 8]
    qtbot.mouseClick(grid.viewport(), Button.LeftButton, pos=QPoint(4, 4))
    assert grid.selected_rows().size == 0


def test_rubber_band_selects_a_block_in_one_range_a_line(qtbot: QtBot) -> None:
    grid = make(qtbot, 200)
    columns, model = columns_of(grid), grid.model()
    start = grid.visualRect(model.index(1, 0)).topLeft() - QPoint(4, 4)
    end = grid.visualRect(model.index(2 * columns + 2, 0)).center()
    qtbot.mousePress(grid.viewport(), Button.LeftButton, pos=start)
    qtbot.mouseMove(grid.viewport(), end)
    expected = [line * columns + column for line in range(3) for column in (1, 2)]
    assert grid.selected_rows().tolist() == expected
    assert grid.selectionModel().selection().count() == 3
    qtbot.mouseRelease(grid.viewport(), Button.LeftButton, pos=end)
    assert grid.selected_rows().tolist() == expected


def test_enter_and_double_click_activate(qtbot: QtBot) -> None:
    grid = make(qtbot, 30)
    rows: list[int] = []
    grid.activated.connect(lambda index: rows.append(index.row()))
    press(qtbot, grid, Key.Key_Home, Key.Key_Right, Key.Key_Return)
    qtbot.mouseDClick(grid.viewport(), Button.LeftButton, pos=grid.visualRect(grid.model().index(5, 0)).center())
    assert rows == [1, 5]


def test_digits_and_letters_are_left_to_the_page(qtbot: QtBot) -> None:
    grid = make(qtbot, 30)
    press(qtbot, grid, Key.Key_Home)
    assert press(qtbot, grid, Key.Key_7, Key.Key_N) == 0
    assert grid.selected_rows().tolist() == [0]


def test_zoom_keeps_the_place(qtbot: QtBot, million: ThumbnailGrid) -> None:
    million.select_rows(np.array([500_000]), current=500_000)
    before = million.visualRect(million.currentIndex()).top()
    sizes: list[int] = []
    million.zoom.connect(sizes.append)
    press(qtbot, million, Key.Key_Plus, Key.Key_Plus, modifier=Modifier.ControlModifier)
    assert sizes == sorted(sizes)
    assert million.side() == sizes[-1] > 96
    assert million.visualRect(million.currentIndex()).top() == before


def test_control_wheel_zooms_and_stays_in_bounds(qtbot: QtBot) -> None:
    grid = make(qtbot, 300)
    for _ in range(30):
        event = QWheelEvent(
            QPoint(50, 50),
            QPoint(50, 50),
            QPoint(),
            QPoint(0, -120),
            Button.NoButton,
            Modifier.ControlModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        grid.wheelEvent(event)
    assert grid.side() == 48


def test_it_tells_which_rows_are_in_sight(qtbot: QtBot, million: ThumbnailGrid) -> None:
    told: list[tuple[int, int]] = []
    million.visible.connect(lambda first, last: told.append((first, last)))
    million.scrollTo(million.model().index(700_000, 0))
    assert told[-1][0] <= 700_000 <= told[-1][1]
    assert told[-1] == (million.visible_rows().start, million.visible_rows().stop - 1)


def test_select_rows_makes_few_ranges_and_drops_what_is_not_there(qtbot: QtBot) -> None:
    grid = make(qtbot, 20)
    changes: list[None] = []
    grid.chosen.connect(lambda: changes.append(None))
    grid.select_rows(np.array([4, 3, 2, 9, 25, -1]), current=9)
    assert grid.selected_rows().tolist() == [2, 3, 4, 9]
    assert grid.selectionModel().selection().count() == 2
    assert grid.currentIndex().row() == 9
    assert changes


def test_a_shrunk_model_leaves_no_selection(qtbot: QtBot) -> None:
    grid = make(qtbot, 5000)
    press(qtbot, grid, Key.Key_End)
    model = grid.model()
    assert isinstance(model, Generated)
    model.beginResetModel()
    model.count = 2
    model.endResetModel()
    qtbot.wait(1)
    assert grid.selected_rows().size == 0
    assert list(grid.visible_rows()) == [0, 1]
    assert grid.verticalScrollBar().maximum() == 0
    assert press(qtbot, grid, Key.Key_End, modifier=Modifier.ShiftModifier) == 1


def test_an_empty_grid_takes_every_key(qtbot: QtBot) -> None:
    grid = make(qtbot, 0)
    for key in (Key.Key_Home, Key.Key_End, Key.Key_Down, Key.Key_PageUp, Key.Key_Return, Key.Key_Space):
        assert press(qtbot, grid, key) == -1
    press(qtbot, grid, Key.Key_A, modifier=Modifier.ControlModifier)
    assert grid.selected_rows().size == 0


def test_pictures_fill_their_square_and_selection_is_outlined(qtbot: QtBot) -> None:
    picture = QImage(60, 30, QImage.Format.Format_RGB32)
    picture.fill(QColor("#00aa33"))
    grid = make(qtbot, 4, picture)
    grid.select_rows(np.array([1]))
    drawn = grid.viewport().grab().toImage()
    rects = [grid.visualRect(grid.model().index(row, 0)) for row in range(2)]
    for rect in rects:
        for point in (rect.center(), rect.center() - QPoint(rect.width() // 2 - 6, 0)):
            assert drawn.pixelColor(point) == QColor("#00aa33")
    edge = QPoint(0, -rects[0].height() // 2 + 1)
    assert drawn.pixelColor(rects[1].center() + edge) == QColor(theme.tokens().accent)
    assert drawn.pixelColor(rects[0].center() + edge) != QColor(theme.tokens().accent)


def test_a_picture_that_is_not_there_has_its_place(qtbot: QtBot) -> None:
    grid = make(qtbot, 1)
    drawn = grid.viewport().grab().toImage()
    rect = grid.visualRect(grid.model().index(0, 0))
    assert drawn.pixelColor(rect.center()) == QColor(theme.tokens().raised)


def test_a_wrong_prediction_has_a_red_badge(qtbot: QtBot) -> None:
    grid = make(qtbot, 2)
    drawn = grid.viewport().grab().toImage()
    rect = grid.visualRect(grid.model().index(1, 0))
    assert drawn.pixelColor(rect.left() + 8, rect.bottom() - 5) == QColor(theme.tokens().badge_bad)
