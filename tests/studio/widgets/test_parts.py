"""The small parts: rail, messages, toast, facets, filter bar, picture, label keys, figure, progress, empty state."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from studio.widgets.empty import EmptyState
from studio.widgets.facets import Facet, FacetList
from studio.widgets.figure import BigNumber
from studio.widgets.filter_bar import FilterBar
from studio.widgets.label_keys import LabelKeys
from studio.widgets.message_bar import MessageBar
from studio.widgets.picture import Picture
from studio.widgets.progress import ProgressLine
from studio.widgets.rail import Place, Rail
from studio.widgets.toast import Toast

Key, Left = Qt.Key, Qt.MouseButton.LeftButton


def show(qtbot: QtBot, widget: QWidget) -> None:
    qtbot.addWidget(widget)
    widget.show()


def buttons(widget: QWidget) -> list[QAbstractButton]:
    return [b for b in widget.findChildren(QAbstractButton) if not b.isHidden()]


def test_rail_goes_where_it_is_clicked_or_keyed(qtbot: QtBot) -> None:
    rail = Rail(
        [
            Place("grid_view", "Data", "See and label"),
            Place("tune", "Augment", "Later"),
            Place("play_arrow", "Train", "Train"),
        ]
    )
    show(qtbot, rail)
    told: list[int] = []
    rail.chosen.connect(told.append)
    rail.set_enabled(1, False)
    rail.set_current(0)
    assert told == []
    qtbot.mouseClick(buttons(rail)[2], Left)
    qtbot.mouseClick(buttons(rail)[1], Left)
    assert (told, rail.current()) == ([2], 2)
    buttons(rail)[2].setFocus()
    qtbot.keyClick(buttons(rail)[2], Key.Key_Up)
    assert (told, rail.current()) == ([2], 2)  # the focus passes by, over what is off
    assert rail.focusWidget() is buttons(rail)[0]
    qtbot.keyClick(buttons(rail)[0], Key.Key_Return)
    assert (told, rail.current()) == ([2, 0], 0)


def test_message_bar_is_hidden_without_words_and_dismissed_by_key(qtbot: QtBot) -> None:
    room = QWidget()
    bar = MessageBar(parent=room)
    show(qtbot, room)
    assert bar.isHidden()
    bar.show_message("The disk is full.", "Everything saved before is safe.", "bad", "Try again")
    assert bar.isVisible()
    assert "bad" in bar.accessibleName()
    with qtbot.waitSignal(bar.acted):
        qtbot.mouseClick(buttons(bar)[0], Left)
    with qtbot.waitSignal(bar.closed):
        qtbot.keyClick(bar, Key.Key_Escape)
    assert bar.isHidden()


def test_toast_offers_undo_and_goes_by_itself(qtbot: QtBot) -> None:
    room = QWidget()
    room.resize(600, 300)
    line = QLineEdit(room)
    show(qtbot, room)
    line.setFocus()
    toast = Toast(room, seconds=0.05)
    assert toast.isHidden()
    with qtbot.waitSignal(toast.gone, timeout=2000):
        toast.say("Labelled 12 images as 7", "Undo")
        assert room.rect().contains(toast.geometry())
    toast.say("Labelled 12 images as 7", "Undo")
    with qtbot.waitSignal(toast.acted):
        qtbot.mouseClick(buttons(toast)[0], Left)
    assert toast.isHidden()


def test_toast_stays_at_the_bottom_middle(qtbot: QtBot) -> None:
    room = QWidget()
    show(qtbot, room)
    toast = Toast(room, "Saved")
    room.resize(900, 500)
    assert abs(toast.geometry().center().x() - room.rect().center().x()) <= 1
    assert 400 < toast.geometry().bottom() < 500


def test_facets_tell_names_and_show_what_is_on(qtbot: QtBot) -> None:
    facets = FacetList("Split", [Facet("train", 4201, "Train"), Facet("val", 742, "Validation"), Facet("", 0, "None")])
    show(qtbot, facets)
    told: list[str] = []
    facets.chosen.connect(told.append)
    qtbot.mouseClick(facets.viewport(), Left, pos=facets.visualItemRect(facets.item(1)).center())
    facets.setCurrentRow(0)
    qtbot.keyClick(facets, Key.Key_Space)
    assert told == ["val", "train"]
    assert facets.active() == set()
    facets.set_active({"val"})
    facets.set_facets([Facet("train", 1, "Train"), Facet("val", 2, "Validation")])
    assert facets.active() == {"val"}
    assert facets.item(1).data(Qt.ItemDataRole.AccessibleTextRole) == "Validation, 2 images, chosen"
    last = facets.visualItemRect(facets.item(1))
    assert facets.viewport().rect().contains(last)


def test_filter_submits_on_enter_and_on_clearing_and_escape_goes_back(qtbot: QtBot) -> None:
    bar = FilterBar("Filter", {"class:3": "1", "class:4": "2", "split:val": "3", "wrong": ""})
    show(qtbot, bar)
    told: list[str] = []
    bar.submitted.connect(told.append)
    line = bar.findChild(QLineEdit)
    assert line is not None
    qtbot.keyClicks(line, "meter")
    qtbot.keyClick(line, Key.Key_Return)
    qtbot.keyClicks(line, " x")
    qtbot.keyClick(line, Key.Key_Escape)
    assert (told, bar.text()) == (["meter"], "meter")
    line.selectAll()
    qtbot.keyClick(line, Key.Key_Backspace)
    assert told == ["meter", ""]


def test_filter_completes_the_word_at_the_cursor(qtbot: QtBot) -> None:
    bar = FilterBar("Filter", {"class:3": "1", "class:4": "2", "split:": "a split", "split:val": "3", "wrong": ""})
    show(qtbot, bar)
    told: list[str] = []
    bar.submitted.connect(told.append)
    line = bar.findChild(QLineEdit)
    assert line is not None
    qtbot.keyClicks(line, "class:3 -wr")
    line._complete("wrong")  # type: ignore[attr-defined]
    assert (bar.text(), told) == ("class:3 -wrong", ["class:3 -wrong"])
    qtbot.keyClicks(line, " spl")
    line._complete("split:")  # type: ignore[attr-defined]
    assert (bar.text(), len(told)) == ("class:3 -wrong split:", 1)


def test_filter_counts_and_errors(qtbot: QtBot) -> None:
    bar = FilterBar("Filter")
    show(qtbot, bar)
    bar.set_count(718, 4943)
    texts = [label.text() for label in bar.findChildren(QLabel)]
    assert "  718 of 4,943" in texts
    bar.set_error("There is no word conff; did you mean conf?")
    assert any(label.isVisible() and "conff" in label.text() for label in bar.findChildren(QLabel))
    bar.set_text("conf>0.9")
    assert not any(label.isVisible() and label.text() and "conff" in label.text() for label in bar.findChildren(QLabel))


@pytest.fixture
def picture(qtbot: QtBot) -> Picture:
    widget = Picture()
    widget.resize(202, 202)
    show(qtbot, widget)
    image = QImage(100, 50, QImage.Format.Format_RGB32)
    image.fill(QColor("#00aa33"))
    image.setPixelColor(0, 0, QColor("#ff0000"))
    widget.set_image(image)
    return widget


def test_picture_fits_and_zooms_about_a_point(qtbot: QtBot, picture: Picture) -> None:
    assert picture.scale() == 2.0
    image = picture.grab().toImage()
    assert image.pixelColor(101, 101) == QColor("#00aa33")
    assert image.pixelColor(101, 20) != QColor("#00aa33")
    picture.zoom_to(20.0, QPointF(2.0, 52.0))  # the picture's corner
    assert picture.grab().toImage().pixelColor(6, 56) == QColor("#ff0000")
    qtbot.keyClick(picture, Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert picture.scale() == 2.0


def test_picture_is_moved_by_dragging_but_never_out_of_sight(qtbot: QtBot, picture: Picture) -> None:
    picture.zoom_to(8.0)
    qtbot.mousePress(picture, Left, pos=QPoint(100, 100))
    qtbot.mouseMove(picture, QPoint(5000, 5000))
    qtbot.mouseRelease(picture, Left, pos=QPoint(5000, 5000))
    assert picture.grab().toImage().pixelColor(103, 103) == QColor("#ff0000")


def test_picture_says_why_there_is_none(picture: Picture) -> None:
    picture.set_image(None, "broken.jpg ends too early.")
    assert picture.accessibleDescription() == "broken.jpg ends too early."
    assert not picture.grab().isNull()


def test_label_keys_tell_the_class_and_leave_the_focus(qtbot: QtBot) -> None:
    keys = LabelKeys(["cat", "dog", "cow"])
    show(qtbot, keys)
    told: list[int] = []
    keys.chosen.connect(told.append)
    qtbot.mouseClick(buttons(keys)[1], Left)
    assert told == [1]
    assert not buttons(keys)[1].hasFocus()
    assert buttons(keys)[1].toolTip() == "Label as dog (2)"
    keys.set_current(2)
    assert buttons(keys)[2].accessibleDescription() == "the label now"
    keys.set_classes(["a", "b"])
    qtbot.waitUntil(lambda: len(buttons(keys)) == 2)


def test_figure_progress_and_empty_state(qtbot: QtBot) -> None:
    number = BigNumber("Best so far", "95.2 %", "validation, epoch 138")
    show(qtbot, number)
    assert number.accessibleName() == "Best so far: 95.2 %"
    line = ProgressLine()
    show(qtbot, line)
    line.set_fraction(0.745)
    assert line.value() == 745
    line.set_fraction(None)
    assert (line.minimum(), line.maximum()) == (0, 0)
    empty = EmptyState("Your pictures appear here.", "Import a folder", "Or drop it on the window.", "image")
    show(qtbot, empty)
    with qtbot.waitSignal(empty.clicked):
        qtbot.mouseClick(next(b for b in buttons(empty) if isinstance(b, QPushButton)), Left)
    empty.set_words("Nothing matches.")
    assert buttons(empty) == []
