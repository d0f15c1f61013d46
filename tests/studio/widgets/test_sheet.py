"""The sheet of samples: where tiles lie, how they look, how one is chosen."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from studio import theme
from studio.widgets.sheet import SampleSheet

Key, Left = Qt.Key, Qt.MouseButton.LeftButton


def plain(count: int, side: int = 64) -> NDArray[np.uint8]:
    """`count` images of one colour each."""
    colors = np.arange(count * 3, dtype=np.uint8).reshape(count, 1, 1, 3) * 5
    return np.broadcast_to(colors, (count, side, side, 3))


@pytest.fixture
def sheet(qtbot: QtBot) -> SampleSheet:
    widget = SampleSheet()
    qtbot.addWidget(widget)
    widget.resize(500, 400)
    widget.set_samples(plain(10), 4)
    widget.show()
    return widget


def color(sheet: SampleSheet, spot: QPoint) -> QColor:
    return sheet.grab().toImage().pixelColor(spot)


def test_each_tile_shows_its_image(sheet: SampleSheet) -> None:
    for tile in (0, 5, 9):
        red, green, blue = (int(v) for v in plain(10)[tile, 0, 0])
        assert color(sheet, sheet.tile_rect(tile).center()) == QColor(red, green, blue)


@pytest.mark.parametrize("size", [(500, 400), (200, 800), (900, 130)])
@pytest.mark.parametrize(("count", "columns"), [(1, 1), (10, 4), (36, 6)])
def test_all_tiles_fit_as_squares_from_the_top_left(
    sheet: SampleSheet, size: tuple[int, int], count: int, columns: int
) -> None:
    sheet.set_samples(plain(count), columns)
    sheet.resize(*size)
    rects = [sheet.tile_rect(k) for k in range(count)]
    assert all(sheet.rect().contains(rect) and rect.width() == rect.height() <= 128 for rect in rects)
    if columns > 1:
        assert rects[1].left() - rects[0].right() - 1 == 8
    assert rects[0].topLeft() == QPoint(4, 4)


def test_other_samples_lie_where_the_last_ones_lay(sheet: SampleSheet) -> None:
    sheet.set_current(3)
    before = [sheet.tile_rect(k) for k in range(10)]
    sheet.set_samples(plain(10)[::-1], 4)
    assert [sheet.tile_rect(k) for k in range(10)] == before
    assert sheet.current() == 3


def test_writing_into_the_array_afterwards_does_not_show(sheet: SampleSheet) -> None:
    pixels = np.full((1, 32, 32, 3), 200, np.uint8)
    sheet.set_samples(pixels, 1)
    pixels[:] = 0
    assert color(sheet, sheet.tile_rect(0).center()) == QColor(200, 200, 200)


def test_fine_stripes_turn_grey_where_they_are_cut_down(sheet: SampleSheet) -> None:
    stripes = np.zeros((40, 256, 256, 3), np.uint8)
    stripes[:, :, ::2] = 254
    sheet.set_samples(stripes, 8)
    centre = sheet.tile_rect(9).center()
    assert all(abs(color(sheet, centre + QPoint(dx, 0)).red() - 127) < 30 for dx in range(-4, 4))


def test_a_click_and_arrows_choose(qtbot: QtBot, sheet: SampleSheet) -> None:
    told: list[int] = []
    sheet.chosen.connect(told.append)
    qtbot.mouseClick(sheet, Left, pos=sheet.tile_rect(5).center())
    for key in (Key.Key_Right, Key.Key_Down, Key.Key_Up, Key.Key_Left, Key.Key_End, Key.Key_Down, Key.Key_Home):
        qtbot.keyClick(sheet, key)
    assert told == [5, 6, 2, 1, 9, 0]  # there is no tile below 6, and none below 9
    assert sheet.current() == 0


def test_the_first_arrow_key_goes_to_the_first_tile(qtbot: QtBot, sheet: SampleSheet) -> None:
    with qtbot.waitSignal(sheet.chosen) as chosen:
        qtbot.keyClick(sheet, Key.Key_Down)
    assert chosen.args == [0]


def test_gaps_choose_nothing(qtbot: QtBot, sheet: SampleSheet) -> None:
    told: list[int] = []
    sheet.chosen.connect(told.append)
    qtbot.mouseClick(sheet, Left, pos=sheet.tile_rect(0).topRight() + QPoint(4, 10))
    qtbot.mouseClick(sheet, Left, pos=sheet.tile_rect(11).center())
    qtbot.mouseClick(sheet, Left, pos=QPoint(0, 0))
    assert told == []


def test_the_pointer_tells_its_tile_once(qtbot: QtBot, sheet: SampleSheet) -> None:
    told: list[int] = []
    sheet.hovered.connect(told.append)
    centre = sheet.tile_rect(2).center()
    for spot in (QPoint(0, 0), centre, centre + QPoint(3, 3), sheet.tile_rect(3).center()):
        qtbot.mouseMove(sheet, spot)
    QApplication.sendEvent(sheet, QEvent(QEvent.Type.Leave))
    assert told == [2, 3, -1]


def test_a_tile_that_is_gone_is_neither_current_nor_hovered(qtbot: QtBot, sheet: SampleSheet) -> None:
    told: list[int] = []
    sheet.hovered.connect(told.append)
    for tile in (8, 9):  # the pointer may still lie where another test left it
        qtbot.mouseMove(sheet, sheet.tile_rect(tile).center())
    sheet.set_current(9)
    sheet.set_samples(plain(4), 4)
    assert sheet.current() == -1
    assert told[-2:] == [9, -1]


def test_the_current_tile_has_an_accent_outline(sheet: SampleSheet) -> None:
    sheet.clearFocus()
    sheet.set_current(1)
    tops = [QPoint(rect.center().x(), rect.top()) for rect in (sheet.tile_rect(0), sheet.tile_rect(1))]
    edges = [color(sheet, top) for top in tops]
    assert edges[1] == QColor(theme.tokens().accent) != edges[0]


def test_focus_rings_a_tile(qtbot: QtBot, sheet: SampleSheet) -> None:
    sheet.clearFocus()
    before = sheet.grab().toImage()
    sheet.setFocus()
    qtbot.waitUntil(sheet.hasFocus)
    assert sheet.grab().toImage() != before


def test_wrong_ones_have_red_badges(sheet: SampleSheet) -> None:
    sheet.set_samples(plain(2), 2, ["3", "3→8"], [False, True])
    corners = [sheet.tile_rect(k).bottomLeft() + QPoint(8, -5) for k in (0, 1)]
    assert color(sheet, corners[1]) == QColor(theme.tokens().badge_bad)
    assert color(sheet, corners[0]) != QColor(theme.tokens().badge_bad)


def test_each_tile_has_its_tooltip_and_words(sheet: SampleSheet) -> None:
    sheet.set_samples(plain(2), 2, ["3", ""], tooltips=["rotated 12°", "rotated -3°"])
    spot = sheet.tile_rect(1).center()
    QApplication.sendEvent(sheet, QHelpEvent(QEvent.Type.ToolTip, spot, sheet.mapToGlobal(spot)))
    assert QToolTip.text() == "rotated -3°"
    QToolTip.hideText()
    sheet.set_current(0)
    assert sheet.accessibleDescription() == "sample 1 of 2, 3, rotated 12°"


def test_without_samples_nothing_is_painted_and_keys_do_nothing(qtbot: QtBot, sheet: SampleSheet) -> None:
    sheet.set_samples(np.empty((0, 32, 32, 3), np.uint8), 6)
    qtbot.keyClick(sheet, Key.Key_Right)
    image = sheet.grab().toImage()
    assert sheet.current() == -1
    assert image.pixelColor(250, 200) == image.pixelColor(1, 1)
    sheet.set_samples(np.empty((0, 0, 0, 3), np.uint8), 0)
    assert sheet.count() == 0
