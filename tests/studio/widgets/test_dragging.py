"""Images carried by the mouse, and where they may be dropped."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studio.widgets import dragging
from studio.widgets.dragging import MOST_FILES, packed
from studio.widgets.facets import Facet, FacetList
from studio.widgets.label_keys import LabelKeys

IDS = np.array([3, 5, 2**40], np.int64)
COPY, LEFT, NONE = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def drop(target: QWidget, at: QPoint, data: QMimeData) -> bool:
    """Drag `data` in, over and onto `at`; whether it was taken."""
    QApplication.sendEvent(target, QDragEnterEvent(at, COPY, data, LEFT, NONE))
    over = QDragMoveEvent(at, COPY, data, LEFT, NONE)
    QApplication.sendEvent(target, over)
    event = QDropEvent(QPointF(at), COPY, data, LEFT, NONE)
    event.ignore()
    QApplication.sendEvent(target, event)
    return event.isAccepted()


def test_files_go_to_other_programs_up_to_a_bound(tmp_path: Path) -> None:
    files = [tmp_path / f"{n} ä.png" for n in range(MOST_FILES + 5)]
    data = packed(IDS, files)
    assert [Path(url.toLocalFile()) for url in data.urls()[:2]] == files[:2]
    assert len(data.urls()) == MOST_FILES


def test_a_class_button_takes_images(qtbot: QtBot) -> None:
    keys = LabelKeys(["cat", "dog"])
    qtbot.addWidget(keys)
    keys.resize(240, 50)
    keys.show()
    taken: list[tuple[str, list[int]]] = []
    keys.dropped.connect(lambda name, ids: taken.append((name, ids.tolist())))
    dog = next(part for part in keys.findChildren(QWidget) if part.accessibleName() == "Label as dog")
    assert drop(dog, QPoint(5, 5), packed(IDS, []))
    assert taken == [("dog", IDS.tolist())]


def test_a_facet_takes_images_once_it_may(qtbot: QtBot) -> None:
    classes = FacetList("Class", [Facet("cat", 3), Facet("none", 1, "Unlabelled")])
    qtbot.addWidget(classes)
    classes.show()
    taken: list[tuple[str, list[int]]] = []
    classes.dropped.connect(lambda name, ids: taken.append((name, ids.tolist())))
    classes.take_drops()
    second = classes.visualItemRect(classes.item(1)).center()
    assert drop(classes.viewport(), second, packed(IDS, []))
    assert taken == [("none", IDS.tolist())]
    assert not drop(classes.viewport(), QPoint(10, classes.height() + 50), packed(IDS, []))


def test_images_of_another_window_are_not_taken(qtbot: QtBot) -> None:
    keys = LabelKeys(["cat"])
    qtbot.addWidget(keys)
    taken: list[object] = []
    keys.dropped.connect(lambda *what: taken.append(what))
    foreign = QMimeData()
    foreign.setData(dragging.IDS, b"\1" * 16 + IDS.tobytes())
    button = next(part for part in keys.findChildren(QWidget) if part.accessibleName() == "Label as cat")
    assert not drop(button, QPoint(5, 5), foreign)
    assert not drop(button, QPoint(5, 5), QMimeData())
    assert taken == []
