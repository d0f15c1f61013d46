from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from core.project import classes, edits, records
from studio import theme
from studio.pages.data.view import DataPage
from studio.session import Session
from studio.widgets.marks import draw_mark

Settle = Callable[[Session], None]


@pytest.fixture(autouse=True)
def _usual_colours() -> Iterator[None]:
    yield
    theme.set_class_colors(())


def painted(position: int) -> QColor:
    """The colour in the middle of the mark of a class."""
    image = QImage(12, 12, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    draw_mark(painter, QRectF(0, 0, 12, 12), position)
    painter.end()
    return image.pixelColor(6, 6)


def test_classes_follow_edits_before_views_hear_of_them(session: Session, project: Path) -> None:
    session.open(project)
    heard: list[list[str]] = []
    session.changed.connect(lambda _: heard.append(session.classes.names))
    session.do(classes.rename, "1", "one")
    session.undo()
    assert heard == [["0", "one", "2"], ["0", "1", "2"]]
    assert session.classes.keys == {"0": 0, "1": 1, "2": 2}
    session.close()
    assert session.classes.names == []


def test_the_colour_of_a_class_is_painted_and_goes_with_the_project(session: Session, project: Path) -> None:
    session.open(project)
    session.do(classes.set_color, "1", "#123456")
    assert painted(1) == QColor("#123456")
    session.do(classes.reorder, ["1", "0", "2"])
    assert painted(0) == QColor("#123456")
    assert painted(1) == QColor(theme.CLASS_COLORS[1])
    session.close()
    assert painted(0) == QColor(theme.CLASS_COLORS[0])


def test_the_key_of_a_class_labels_from_the_moment_it_has_it(
    session: Session, project: Path, qtbot: QtBot, settled: Settle
) -> None:
    session.open(project)
    page = DataPage(session)
    qtbot.addWidget(page)
    page.show()
    page.activateWindow()
    page.activate()
    settled(session)
    qtbot.waitUntil(page.isActiveWindow)
    session.do(classes.set_key, "2", "q")
    session.select([1])
    QTest.keyClick(page.grid, Qt.Key.Key_Q)
    assert records.image(session.store, 1).class_name == "2"
    session.do(edits.undo)
    session.do(edits.undo)
    session.select([1])
    QTest.keyClick(page.grid, Qt.Key.Key_Q)
    assert records.image(session.store, 1).class_name == "0"
    settled(session)
    page.release()
