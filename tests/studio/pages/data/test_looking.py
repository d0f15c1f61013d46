"""Long looks at all images, with the real child process."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from core.importers import import_path
from core.project import edits, query
from core.project.catalog import NewImage, add_images
from core.project.store import Store
from studio.pages.data.findings_dialog import FindingsDialog
from studio.pages.data.view import DataPage
from studio.session import Session

Settle = Callable[[Session], None]


@pytest.fixture
def project(project: Path, tmp_path: Path) -> Path:
    """The project with a copy of its first image under another name and label."""
    with Store.open(project) as store:
        known = store.read("SELECT content_hash, byte_size FROM image WHERE name = '000.png'")[0]
        (tmp_path / "copies").mkdir()
        (tmp_path / "copies" / "copy.png").write_bytes((tmp_path / "photos" / "000.png").read_bytes())
        found = [NewImage(b"copy.png", known[0], 32, 24, known[1], 0, label="2")]
        add_images(store, tmp_path / "copies", found)
    return project


@pytest.fixture
def checked(page: DataPage, qtbot: QtBot, settled: Settle) -> FindingsDialog:
    """What is shown after a check."""
    page.commands["check"].trigger()
    page.commands["check"].trigger()  # a double click starts one
    assert len(page.session.jobs.running) == 1
    return finished(page, qtbot, settled)


def finished(page: DataPage, qtbot: QtBot, settled: Settle) -> FindingsDialog:
    """The window of findings, when all jobs have ended."""
    qtbot.waitUntil(lambda: not page.session.jobs.running, timeout=30_000)
    settled(page.session)
    dialog = page.findChild(FindingsDialog)
    assert dialog is not None
    return dialog


def listed(dialog: FindingsDialog) -> dict[str, str]:
    return {line.name: line.number for line in dialog.list.lines()}


def test_a_check_shows_what_it_found(page: DataPage, checked: FindingsDialog, settled: Settle) -> None:
    assert checked.isVisible()
    assert checked.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)  # who labels meanwhile goes on
    assert len(query.ids(page.session.store, query.parse("blank"))) == 31  # each is of one colour
    assert page._state is not None
    assert "blank" in [facet.value for facet in page._state.flags]
    assert listed(checked)["conflict"] == "2"
    assert listed(checked)["equal"] == "2"
    assert listed(checked)["blank"] == "31"
    assert checked.title.text() == f"{len(checked.list.lines())} findings among 31 images."


def test_enter_shows_a_finding_arranged_for_it(page: DataPage, checked: FindingsDialog, settled: Settle) -> None:
    checked.list.setCurrentRow(0)
    QTest.keyClick(checked.list, Qt.Key.Key_Return)
    settled(page.session)
    assert page.session.filter_text == "conflict"
    assert page.grid._sections.titles == ("Same image, labels 0, 2",)
    QTest.keyClick(checked.list, Qt.Key.Key_End)
    while checked.list.currentItem().text() != "Blank":
        QTest.keyClick(checked.list, Qt.Key.Key_Up)
    page.show_large()
    QTest.keyClick(checked.list, Qt.Key.Key_Return)
    settled(page.session)
    assert page.session.filter_text == "blank"
    assert (page.header.sort, page.header.group) == ("contrast", "")
    assert page.centre.currentWidget() is page.grid  # not one of them large
    assert page.focusWidget() is page.grid
    assert checked.isVisible()
    assert checked.list.currentItem().text() == "Blank"
    spoken = checked.list.currentItem().data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken.startswith("Blank, 31, ")
    assert spoken.endswith("shown")


def test_what_is_settled_is_counted_no_more(page: DataPage, checked: FindingsDialog, settled: Settle) -> None:
    page.session.do(edits.reject, [31])
    settled(page.session)
    assert "conflict" not in listed(checked)
    assert listed(checked)["blank"] == "30"
    page.session.undo()
    settled(page.session)
    assert listed(checked)["conflict"] == "2"


def test_findings_before_a_check_offer_one(page: DataPage, qtbot: QtBot, settled: Settle) -> None:
    page.commands["findings"].trigger()
    dialog = finished(page, qtbot, settled)
    assert dialog.title.text() == "The images have not been checked yet."
    assert dialog.go.text() == "Check the images"
    dialog.go.click()
    assert dialog.title.text() == "Checking the images…"
    assert not dialog.go.isEnabled()
    finished(page, qtbot, settled)
    assert dialog.go.text() == "Check again"
    assert dialog.go.isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_a_check_that_ends_elsewhere_says_so(page: DataPage, qtbot: QtBot, settled: Settle) -> None:
    page.commands["check"].trigger()
    page.hide()
    with qtbot.waitSignal(page.session.notice, timeout=30_000) as told:
        pass
    assert told.args[0].startswith("Checked: ")
    assert told.args[0].endswith("findings, under Findings.")
    assert page.findChild(FindingsDialog) is None


def test_duplicates_are_grouped_and_one_is_kept(page: DataPage, settled: Settle) -> None:
    page.commands["duplicates"].trigger()
    settled(page.session)
    assert len(page.model.ids) == 2
    assert page.grid._sections.titles == ("Same image, labels 0, 2",)
    kept, other = page.model.ids.tolist()
    page.session.select([kept])
    QTest.keyClick(page.grid, Qt.Key.Key_G)
    settled(page.session)
    assert query.ids(page.session.store, query.parse("rejected")).tolist() == [other]
    assert len(page.model.ids) == 0  # nothing is left to decide
    page.session.undo()
    settled(page.session)
    assert len(page.model.ids) == 2


def test_an_image_without_a_double_says_so(page: DataPage, settled: Settle, qtbot: QtBot) -> None:
    page.session.select([5])
    with qtbot.waitSignal(page.session.notice) as told:
        page.commands["keep-one"].trigger()
    assert "No other image" in told.args[0]


@pytest.fixture
def flipped(tmp_path: Path) -> tuple[Path, str]:
    """A project of stripes, upright and lying, and the name of the one image with the wrong label."""
    rng, root, folder = np.random.default_rng(0), tmp_path / "stripes", tmp_path / "of"
    for n in range(60):
        stripes = np.tile((np.arange(32) // 4 % 2 * 200).astype(np.uint8), (32, 1))
        pixels = stripes if n % 2 else stripes.T
        place = folder / ("up" if (n % 2) != (n == 7) else "flat")
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.clip(pixels + rng.integers(0, 50, (32, 32)), 0, 255).astype(np.uint8)).save(
            place / f"{n}.png"
        )
    with Store.create(root) as store:
        for _ in import_path(store, folder):
            pass
    return root, "flat/7.png"


def test_suspect_labels_are_found_and_shown(
    session: Session, flipped: tuple[Path, str], qtbot: QtBot, settled: Settle
) -> None:
    root, wrong = flipped
    session.open(root)
    page = DataPage(session)
    qtbot.addWidget(page)
    page.show()
    settled(session)
    with qtbot.waitSignal(session.notice, timeout=60_000) as told:
        page.commands["find-suspects"].trigger()
    assert "About 1 label may be wrong" in told.args[0]
    qtbot.waitUntil(lambda: not session.jobs.running)
    settled(session)
    shown = page.model.shown(0)
    assert shown is not None
    assert (shown.record.name, shown.suggestion, len(page.model.ids)) == (wrong, "up", 1)
    page.release()
