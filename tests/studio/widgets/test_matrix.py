"""The confusion matrix: what a cell says, where it is, how it is chosen."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from studio import theme
from studio.widgets.matrix import ConfusionMatrix

COUNTS = np.array([[8, 2, 0], [1, 9, 0], [0, 3, 3]])


@pytest.fixture
def matrix(qtbot: QtBot) -> ConfusionMatrix:
    widget = ConfusionMatrix()
    qtbot.addWidget(widget)
    widget.resize(420, 420)
    widget.set_counts(COUNTS, ["cat", "dog", "cow"])
    widget.show()
    return widget


def test_cells_show_counts_or_percent_of_row_or_column(matrix: ConfusionMatrix) -> None:
    assert matrix.cell_text(2, 1) == "3"
    matrix.set_mode("row")
    assert matrix.cell_text(2, 1) == "50.0"
    matrix.set_mode("column")
    assert matrix.cell_text(2, 1) == "21.4"
    assert matrix.cell_text(0, 2) == "0.0"


def test_a_class_without_images_has_no_percent_of_nothing(matrix: ConfusionMatrix) -> None:
    matrix.set_counts(np.array([[0, 0], [0, 5]]), ["a", "b"])
    matrix.set_mode("row")
    assert matrix.cell_text(0, 0) == "0.0"


def test_words_of_a_cell(matrix: ConfusionMatrix) -> None:
    assert matrix.cell_words(0, 1) == "cat read as dog: 2 images, 20.0 % of all cat"
    assert matrix.cell_words(1, 0) == "dog read as cat: 1 image, 10.0 % of all dog"
    assert matrix.cell_words(1, 1) == "dog read right: 9 images, 90.0 % of all dog"


def test_a_click_chooses_the_cell_under_the_pointer(qtbot: QtBot, matrix: ConfusionMatrix) -> None:
    with qtbot.waitSignal(matrix.cell_chosen) as chosen:
        qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.cell_rect(2, 1).center().toPoint())
    assert chosen.args == [2, 1]
    assert matrix.chosen() == (2, 1)


def test_arrows_and_enter_choose_and_escape_takes_back(qtbot: QtBot, matrix: ConfusionMatrix) -> None:
    told: list[tuple[int, int]] = []
    matrix.cell_chosen.connect(lambda true, predicted: told.append((true, predicted)))
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Return):
        qtbot.keyClick(matrix, key)
    assert "dog read as cow" in matrix.accessibleDescription()
    qtbot.keyClick(matrix, Qt.Key.Key_Escape)
    assert told == [(1, 2), (-1, -1)]
    assert matrix.chosen() is None


def test_the_diagonal_is_accent_and_mistakes_are_red(matrix: ConfusionMatrix) -> None:
    t, image = theme.tokens(), matrix.grab().toImage()

    def color(true: int, predicted: int) -> QColor:
        corner = matrix.cell_rect(true, predicted).topLeft().toPoint()
        return image.pixelColor(corner.x() + 6, corner.y() + 6)

    assert color(1, 1) == QColor(t.accent)  # the fullest
    assert color(2, 1).red() > color(0, 1).red() > color(0, 1).blue()
    assert color(0, 2) == QColor(t.background)


def test_a_choice_survives_new_counts_but_not_new_classes(matrix: ConfusionMatrix) -> None:
    matrix.choose(2, 1)
    matrix.set_counts(COUNTS * 2, ["cat", "dog", "cow"])
    assert matrix.chosen() == (2, 1)
    matrix.set_counts(COUNTS[:2, :2], ["cat", "dog"])
    assert matrix.chosen() is None


@pytest.mark.parametrize("classes", [0, 1, 2, 100])
@pytest.mark.parametrize("size", [240, 700])
def test_any_number_of_classes_fits_and_paints(qtbot: QtBot, classes: int, size: int) -> None:
    widget = ConfusionMatrix()
    qtbot.addWidget(widget)
    widget.resize(size, size)
    widget.set_counts(np.eye(classes, dtype=np.int64), [f"class number {k}" for k in range(classes)])
    assert not widget.grab().isNull()
    if classes:
        last = widget.cell_rect(classes - 1, classes - 1)
        assert widget.rect().contains(last.bottomRight().toPoint())
