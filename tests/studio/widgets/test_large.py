"""The large view: zoom, place and pixels of what it shows, on screens of any density."""

import pytest
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.widgets.canvas import Canvas
from studio.widgets.large import LargeView, percent
from studio.widgets.levels import Levels
from studio.widgets.side_by_side import best_columns

Key = Qt.Key


def checks(width: int, height: int) -> QImage:
    """Black and white px in turn, the first black."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    for y in range(height):
        for x in range(width):
            image.setPixelColor(x, y, QColor("#ffffff" if (x + y) % 2 else "#000000"))
    return image


@pytest.fixture
def large(qtbot: QtBot) -> LargeView:
    view = LargeView()
    qtbot.addWidget(view)
    view.resize(434, 400)
    view.show()
    view.activateWindow()
    qtbot.waitUntil(view.isActiveWindow)
    view.picture.setFocus()
    view.picture.set_image(checks(40, 20))
    return view


def wheel(canvas: Canvas, at: QPointF, turns: int) -> None:
    none, left = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    where = QPointF(canvas.mapToGlobal(at.toPoint()))
    event = QWheelEvent(at, where, QPoint(), QPoint(0, 120 * turns), none, left, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(canvas, event)


def seen(canvas: Canvas, x: int, y: int) -> str:
    image = canvas.grab().toImage()
    ratio = image.devicePixelRatio()
    return image.pixelColor(round(x * ratio), round(y * ratio)).name()


def test_pixels_are_shown_sharp_when_enlarged(large: LargeView) -> None:
    large.picture.zoom_to(8.0)
    image = large.picture.grab().toImage()
    shades = {image.pixelColor(x, image.height() // 2 + 4).name() for x in range(60, image.width() - 60)}
    assert shades == {"#000000", "#ffffff"}
    large.picture.zoom_to(1.5)
    image = large.picture.grab().toImage()
    middle = image.width() // 2
    assert any(
        image.pixelColor(x, image.height() // 2).name() not in ("#000000", "#ffffff")
        for x in range(middle - 8, middle + 8)
    )


def test_the_wheel_zooms_about_the_pointer(large: LargeView) -> None:
    canvas = large.picture
    at = QPointF(30.0, canvas.height() / 2 + 60)
    scale, before = canvas.scale(), seen(canvas, 30, int(at.y()))
    wheel(canvas, at, 4)
    assert canvas.scale() == pytest.approx(scale * 1.25**4)
    assert seen(canvas, 30, int(at.y())) == before
    wheel(canvas, at, -4)
    assert canvas.scale() == pytest.approx(scale)


def test_keys_fit_and_show_pixels_and_the_figure_follows(large: LargeView, qtbot: QtBot) -> None:
    canvas = large.picture
    fitted = large.bar.figure.text()
    qtbot.keyClick(canvas, Key.Key_Z)
    assert large.bar.figure.text() == "100 %"
    assert canvas.enlargement() == 1.0
    qtbot.keyClick(canvas, Key.Key_Plus)
    assert large.bar.figure.text() == "125 %"
    qtbot.keyClick(canvas, Key.Key_F)
    assert large.bar.figure.text() == fitted
    assert not canvas.is_zoomed()


def test_arrows_step_when_fitted_and_move_when_zoomed(large: LargeView, qtbot: QtBot) -> None:
    steps: list[int] = []
    large.stepped.connect(steps.append)
    qtbot.keyClick(large.picture, Key.Key_Right)
    large.picture.zoom_to(30.0)
    before = large.picture.grab().toImage()
    qtbot.keyClick(large.picture, Key.Key_Right)
    assert steps == [1]
    assert large.picture.grab().toImage() != before
    qtbot.keyClick(large.picture, Key.Key_PageUp)
    assert steps == [1, -1]


def test_scale_and_place_stay_while_stepping(large: LargeView) -> None:
    canvas = large.picture
    canvas.zoom_to(20.0, QPointF(10.0, 10.0))
    before = canvas.grab().toImage()
    canvas.change_image(checks(40, 20))
    assert canvas.grab().toImage() == before
    canvas.fit()
    canvas.change_image(checks(20, 20))
    assert not canvas.is_zoomed()


def test_what_stands_for_an_image_fills_its_room(large: LargeView) -> None:
    canvas = large.picture
    canvas.set_image(Levels((checks(40, 20),), QSize(4000, 2000)))
    fitted = canvas.scale()
    canvas.change_image(Levels((QImage(4000, 2000, QImage.Format.Format_RGB32),), QSize(4000, 2000)))
    assert canvas.scale() == fitted


def test_the_level_that_is_painted_is_no_larger_than_needed() -> None:
    sizes = [QImage(side, side, QImage.Format.Format_RGB32) for side in (800, 400, 200)]
    levels = Levels(tuple(sizes), QSize(800, 800))
    assert levels.fitting(150).width() == 200
    assert levels.fitting(201).width() == 400
    assert levels.fitting(5000).width() == 800


def test_followers_show_the_same_part(large: LargeView, qtbot: QtBot) -> None:
    other = Canvas()
    qtbot.addWidget(other)
    other.resize(large.picture.size())
    other.set_image(checks(80, 40))
    large.picture.zoom_by(3.0, QPointF(20.0, 20.0))
    other.follow(large.picture)
    assert other.scale() == pytest.approx(large.picture.scale() / 2)
    large.picture.show_pixels()
    other.follow(large.picture)
    assert other.enlargement() == 1.0
    large.picture.fit()
    other.follow(large.picture)
    assert not other.is_zoomed()


def test_zoom_in_words() -> None:
    assert [percent(value) for value in (0.124, 0.5, 1.0, 2.5, 16.0)] == ["12.4 %", "50 %", "100 %", "250 %", "1,600 %"]


def test_images_side_by_side_are_as_large_as_there_is_room() -> None:
    assert best_columns(4, 966, 720, 230) == 4
    assert best_columns(4, 700, 1000, 100) == 2
    assert best_columns(2, 560, 520, 230) == 2
    assert best_columns(3, 400, 1200, 60) == 1


def test_a_pinch_zooms_and_two_fingers_move(large: LargeView) -> None:
    canvas = large.picture
    at = QPointF(canvas.rect().center())
    fitted = canvas.scale()
    pinch = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture, QPointingDevice.primaryPointingDevice(), 2, at, at, at, 0.5, QPointF()
    )
    QApplication.sendEvent(canvas, pinch)
    assert canvas.scale() == pytest.approx(1.5 * fitted)
    canvas.zoom_to(30.0)
    before = canvas.grab().toImage()
    none, plain = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    moved = QWheelEvent(at, at, QPoint(0, 15), QPoint(0, 30), none, plain, Qt.ScrollPhase.ScrollUpdate, False)
    QApplication.sendEvent(canvas, moved)
    assert canvas.scale() == 30.0
    assert canvas.grab().toImage() != before
    assert moved.isAccepted()
