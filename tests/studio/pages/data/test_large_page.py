"""The large view, side by side and what is done with images as files, on the real Data page."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from core.images import measures
from core.images.decode import load
from core.project import edits, predictions, records
from core.project.store import Store
from studio.pages.data import desk
from studio.pages.data.view import DataPage
from studio.session import Session
from tests.said import said

Settle = Callable[[Session], None]
Key = Qt.Key


def pick(page: DataPage, *rows: int) -> list[int]:
    ids: list[int] = page.model.ids[list(rows)].tolist()
    page.session.select(ids)
    return ids


def measure(store: Store) -> None:
    known = records.images(store, [row[0] for row in store.read("SELECT id FROM image ORDER BY id")])
    seen = {record.content_hash: measures.see(load(record.path)) for record in known}
    store.paths.measures.parent.mkdir(exist_ok=True)
    hashes = np.frombuffer(b"".join(seen), np.uint8).reshape(-1, 32)
    measures.write(store.paths.measures, measures.measured(hashes, list(seen.values())))


def test_the_zoom_stays_while_stepping_and_the_next_image_is_there_at_once(page: DataPage, qtbot: QtBot) -> None:
    pick(page, 3)
    page.show_large()
    picture, originals = page.large.picture, page.large.originals
    paths = [page.model.shown(row).record.path for row in (3, 4)]  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: all(originals.levels(path) is not None for path in paths), timeout=5000)
    picture.zoom_to(20.0)
    QTest.keyClick(picture, Key.Key_PageDown)
    assert picture.scale() == 20.0
    second = originals.levels(paths[1])
    assert second is not None
    seen = picture.grab().toImage()
    assert seen.pixelColor(picture.rect().center()).name() == second.images[0].pixelColor(5, 5).name()
    page.show_grid()
    page.show_large()
    assert not picture.is_zoomed()


def test_what_is_known_is_told_beside(page: DataPage, qtbot: QtBot, settled: Settle) -> None:
    known = {record.name: record.id for record in records.classes(page.session.store)}
    (first,) = pick(page, 0)

    def predict(store: Store) -> edits.Change:
        predictions.replace(store, "00-demo", "1", said(np.array([first]), [known["2"]], [0.944]))
        return edits.Change("Predictions", "predictions", np.array([first]))

    page.session.do(predict)
    page.session.do(edits.label, [first], "1", "hand")
    page.show_large()
    settled(page.session)
    panel = page.large.known
    assert panel.isVisible()
    assert not page.details.picture.isVisible()
    assert panel.said.value("00-demo") == "✗ 2 at 0.94"
    qtbot.waitUntil(lambda: panel.file.value("Format") == "PNG", timeout=5000)
    assert panel.file.value("Path").endswith("000.png")
    assert not panel.alike.isVisible()
    page.show_grid()
    assert not panel.isVisible()
    assert page.details.picture.isVisible()


def test_a_similar_image_is_one_click_away(page: DataPage, qtbot: QtBot, settled: Settle) -> None:
    measure(page.session.store)
    page.session.set_filter("class:0")
    settled(page.session)
    pick(page, 0)
    page.show_large()
    settled(page.session)
    thumbs = [thumb for thumb in page.large.known.alike.thumbs if thumb.shown]
    assert len(thumbs) == 8
    other = next(thumb for thumb in thumbs if thumb.shown.id not in page.model.ids)  # type: ignore[union-attr]
    wanted = other.shown.id  # type: ignore[union-attr]
    other.click()
    settled(page.session)
    assert page.session.current == wanted
    assert page.session.filter_text == ""
    assert page.centre.currentWidget() is page.large


def test_images_side_by_side_share_place_and_scale(page: DataPage, settled: Settle) -> None:
    ids = pick(page, 0, 1, 2)
    QTest.keyClick(page.grid, Key.Key_C)
    settled(page.session)
    assert page.centre.currentWidget() is page.side
    shown = [cell for cell in page.side.cells if cell.isVisible()]
    assert len(shown) == 3
    shown[1].canvas.zoom_by(3.0)
    scales = {round(cell.canvas.scale(), 3) for cell in shown}
    assert len(scales) == 1
    assert [cell.facts.value("Label") for cell in shown] == ["0", "1", "2"]
    QTest.keyClick(page.side.cells[0].canvas, Key.Key_Escape)
    assert page.centre.currentWidget() is page.grid
    assert page.session.selection.tolist() == ids


def test_a_key_labels_only_the_image_that_is_looked_at(page: DataPage, settled: Settle) -> None:
    ids = pick(page, 0, 1, 2)
    page.compare()
    page.side.cells[1].canvas.setFocus()
    QTest.keyClick(page.side.cells[1].canvas, Key.Key_0)
    settled(page.session)
    assert [record.class_name for record in records.images(page.session.store, ids)] == ["0", "0", "2"]
    assert page.session.selection.tolist() == ids
    assert page.session.current == ids[2]
    assert page.side.cells[1].facts.value("Label") == "0"


def test_one_image_is_nothing_to_compare(page: DataPage, qtbot: QtBot) -> None:
    pick(page, 0)
    with qtbot.waitSignal(page.session.notice) as told:
        page.compare()
    assert told.args == ["Select 2 to 4 images to compare them."]
    assert page.centre.currentWidget() is page.grid


def test_paths_and_images_go_to_the_clipboard(page: DataPage, qtbot: QtBot) -> None:
    ids = pick(page, 0, 1)
    page.commands["copy-path"].trigger()
    paths = [str(record.path) for record in records.images(page.session.store, ids)]
    assert QGuiApplication.clipboard().text().splitlines() == paths
    with qtbot.waitSignal(page.session.notice, timeout=5000):
        page.commands["copy-image"].trigger()
    assert QGuiApplication.clipboard().image().size().toTuple() == (32, 24)


def test_the_file_manager_shows_the_current_image(page: DataPage, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Path] = []
    monkeypatch.setattr(desk, "reveal", shown.append)
    ids = pick(page, 0, 1)
    page.commands["reveal"].trigger()
    assert shown == [records.image(page.session.store, ids[1]).path]


def test_images_dropped_on_a_class_get_it(page: DataPage, settled: Settle) -> None:
    ids = pick(page, 0, 1, 2)
    page.facets.lists["class"].dropped.emit("2", np.array(ids))
    assert [record.class_name for record in records.images(page.session.store, ids)] == ["2", "2", "2"]
    page.details.keys.dropped.emit("1", np.array(ids[:1]))
    assert records.image(page.session.store, ids[0]).class_name == "1"
    page.facets.lists["class"].dropped.emit("none", np.array(ids[:1]))
    assert records.image(page.session.store, ids[0]).class_name is None


def test_pulling_a_selected_image_carries_the_selection(page: DataPage, monkeypatch: pytest.MonkeyPatch) -> None:
    carried: list[tuple[list[int], int]] = []
    monkeypatch.setattr(desk, "carry", lambda source, ids, files, image: carried.append((ids.tolist(), len(files))))
    ids = pick(page, 0, 1, 2)
    rect = page.grid.visualRect(page.model.index(1))
    viewport = page.grid.viewport()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=rect.center())
    QTest.mouseMove(viewport, rect.center() + QPoint(40, 40))
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=rect.center() + QPoint(40, 40))
    assert carried == [(ids, 3)]
    assert page.session.selection.tolist() == ids


def test_the_menu_offers_the_commands_of_the_table(page: DataPage) -> None:
    ids = pick(page, 0)
    menu = page.desk.menu(page.grid.viewport(), page.commands, page.labelling.label)
    titles = [action.text() for action in menu.actions() if not action.isSeparator()]
    assert titles[:2] == ["Show large", "Compare"]
    assert {"Label as", "Reject", "Show in the file manager", "Copy the path"} <= set(titles)
    labels = next(part for part in menu.findChildren(QMenu) if part.title() == "Label as")
    actions: list[QAction] = labels.actions()
    actions[2].trigger()
    assert records.image(page.session.store, ids[0]).class_name == "2"
