import os
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QSplitter
from pytestqt.qtbot import QtBot

from core import paths
from core.events import Event, Progress
from core.project import edits, records
from studio import app, recent, theme
from studio.errors import ErrorDesk
from studio.jobs import ChildWork
from studio.parting import Parting
from studio.places import PLACES
from studio.session import Session
from studio.settings import window_settings
from studio.window import MINIMUM, Window
from tests.studio.pages.conftest import add_run

Settle = Callable[[Session], None]


class Answers:
    """Stands for the dialogs: gives the answers laid ready, and keeps the questions."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self.stop = False
        self.parting: str | None = None
        self.asked: list[str] = []

    def folder(self, title: str) -> Path | None:
        self.asked.append(title)
        return self.path

    def file(self, title: str) -> Path | None:
        self.asked.append(title)
        return self.path

    def project(self) -> Path | None:
        self.asked.append("project")
        return self.path

    def stop_jobs(self, title: str) -> bool:
        self.asked.append(title)
        return self.stop

    def part(self, parting: Parting, others: list[str]) -> str | None:
        self.asked += [parting.question, *others]
        return self.parting


@pytest.fixture
def window(qtbot: QtBot) -> Window:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    theme.apply(application, "dark")
    window = Window(Session(), ErrorDesk())
    window.ask = Answers()  # type: ignore[assignment]
    qtbot.addWidget(window, before_close_func=_stop)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return window


def _stop(window: Window) -> None:
    for job in list(window.session.jobs.running):
        job.kill()
        job.wait()
    QTest.qWait(100)


def photos(folder: Path, count: int = 6) -> Path:
    """A folder with two class folders of small pictures."""
    for n in range(count):
        (folder / str(n % 2)).mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (20, 20), (n * 40, 10, 200)).save(folder / str(n % 2) / f"{n}.png")
    return folder


def texts(window: Window) -> str:
    return " ".join(button.text() for button in window.findChildren(QPushButton) if button.isVisible())


def test_the_start_page_offers_three_ways(window: Window) -> None:
    assert window.stack.currentWidget() is window.welcome
    assert not window.rail.isVisible()
    for words in ("Open the demo", "New project", "Open project…"):
        assert words in texts(window)


def test_a_missing_recent_project_is_grey_and_can_be_removed(window: Window, tmp_path: Path) -> None:
    recent.remember(tmp_path / "gone")
    window.welcome.set_projects(recent.load())
    row = next(b for b in window.welcome.findChildren(QPushButton) if "gone" in b.accessibleName())
    assert not row.isEnabled()
    window.welcome._forget(tmp_path / "gone")
    assert recent.load() == []


def test_opening_shows_the_data_and_remembers_the_project(window: Window, project: Path, settled: Settle) -> None:
    window.open(project)
    settled(window.session)
    assert window.place == "data"
    assert window.windowTitle() == "project - Wildset"
    assert recent.load()[0].root == project
    assert "30 images" in window.bottom._counts.text()
    assert "Saved" in window.bottom._saved.text()


def test_pages_grow_in_slices_and_one_that_is_asked_for_is_finished(window: Window, project: Path) -> None:
    assert window.stack.grow()  # nothing to do before a project is open, but there will be
    assert not window.pages
    window.open(project)
    for _ in range(3):
        assert window.stack.grow()
    assert set(window.pages) == {"data"}
    window.go("augment")  # of which a part was made
    assert set(window.pages) == {"data", "augment"}
    while window.stack.grow():
        pass
    assert set(window.pages) == {place.key for place in PLACES}
    assert window.stack.currentWidget() is window.pages["augment"]


def test_keys_label_and_undo_through_the_window(window: Window, project: Path, settled: Settle) -> None:
    window.open(project)
    settled(window.session)
    page = window.pages["data"]
    first = int(page.model.ids[0])  # type: ignore[attr-defined]
    window.session.select([first])
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_2)
    assert records.image(window.session.store, first).class_name == "2"
    assert f"Undo: Label image {first} as 2" in texts(window)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert records.image(window.session.store, first).class_name == "0"
    redo = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Z, redo)
    assert records.image(window.session.store, first).class_name == "2"


def test_a_bulk_edit_shows_a_toast_that_undoes_it(window: Window, project: Path, settled: Settle) -> None:
    window.open(project)
    settled(window.session)
    window.session.do(edits.label, [1, 2, 3], "2", "bulk")
    assert window.toast.isVisible()
    window.toast.acted.emit()
    assert records.image(window.session.store, 1).class_name == "0"


def test_a_page_tells_something_in_a_toast_without_a_way_back(window: Window, project: Path) -> None:
    window.open(project)
    window.session.notice.emit("Copied.")
    assert window.toast.isVisible()
    assert window.toast.accessibleName() == "Copied."
    assert [b.text() for b in window.toast.findChildren(QPushButton) if b.isVisible()] == []


def test_ctrl_k_finds_and_digits_typed_there_label_nothing(window: Window, project: Path, settled: Settle) -> None:
    window.open(project)
    settled(window.session)
    window.session.select([1])
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    field = QApplication.focusWidget()
    QTest.keyClicks(field, "class:2")
    QTest.keyClick(field, Qt.Key.Key_Return)
    settled(window.session)
    assert window.session.filter_text == "class:2"
    assert records.image(window.session.store, 1).class_name == "0"
    assert len(window.pages["data"].model.ids) == 10  # type: ignore[attr-defined]


@pytest.mark.parametrize("typed", ["conf>x", ""])
def test_a_filter_that_is_refused_or_cleared_keeps_the_keyboard(
    window: Window, project: Path, settled: Settle, typed: str
) -> None:
    window.open(project)
    settled(window.session)
    window.session.set_filter("class:1")
    settled(window.session)
    window.session.select([2])
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Backspace)
    if typed:
        QTest.keyClicks(QApplication.focusWidget(), typed)
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_2)
    assert records.image(window.session.store, 2).class_name == "1"
    assert window.top.field.text() == f"{typed}2"


def test_a_folder_dropped_on_the_start_page_becomes_a_project(
    window: Window, tmp_path: Path, qtbot: QtBot, settled: Settle
) -> None:
    drop(window, photos(tmp_path / "Street signs"))
    agree(window, qtbot)
    assert window.strip.isVisible()
    assert window.session.lent
    qtbot.waitUntil(lambda: not window.session.jobs.running, timeout=30_000)
    settled(window.session)
    assert window.session.root == paths.projects_home() / "Street signs"
    assert window.session.writable
    assert not window.strip.isVisible()
    assert records.counts(window.session.store).classes == {"0": 3, "1": 3}


def test_a_tar_dropped_on_the_start_page_becomes_a_project_named_without_its_endings(
    window: Window, tmp_path: Path, qtbot: QtBot, settled: Settle
) -> None:
    file = tmp_path / "Street signs.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        archive.add(photos(tmp_path / "in"), "signs")
    drop(window, file)
    agree(window, qtbot)
    qtbot.waitUntil(lambda: not window.session.jobs.running, timeout=30_000)
    settled(window.session)
    assert window.session.root == paths.projects_home() / "Street signs"
    assert records.counts(window.session.store).classes == {"0": 3, "1": 3}


def test_a_table_that_names_images_is_chosen_and_brought_in(
    window: Window, tmp_path: Path, qtbot: QtBot, settled: Settle
) -> None:
    folder = photos(tmp_path / "photos")
    named = sorted(folder.rglob("*.png"))[:2]
    table = folder / "labels.csv"
    rows = [f"{file.relative_to(folder).as_posix()},seven" for file in named]
    table.write_text("\n".join(["file,label", *rows]), encoding="utf-8")
    window.ask.path = table  # type: ignore[attr-defined]
    window.actions_by_id["new-file"].trigger()
    agree(window, qtbot)
    qtbot.waitUntil(lambda: not window.session.jobs.running, timeout=30_000)
    settled(window.session)
    assert records.counts(window.session.store).classes == {"seven": 2}


def test_what_cannot_be_imported_is_not_taken_when_dropped(window: Window, tmp_path: Path) -> None:
    file = tmp_path / "essay.txt"
    file.write_text("words")
    drop(window, file)
    assert window.importing.dialog is None
    assert not window.session.is_open
    assert not window.session.jobs.running


def test_what_an_import_leaves_out_is_listed(window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    folder = photos(tmp_path / "photos")
    (folder / "0" / "broken.png").write_bytes(b"")
    window.new_project(folder)
    qtbot.waitUntil(lambda: not window.session.jobs.running, timeout=30_000)
    assert window.message.isVisible()
    assert "1 file left out" in window.message._title.text()
    assert "broken.png" in window.message._hint.text()


def test_importing_what_is_not_there_is_told(window: Window, project: Path, tmp_path: Path, qtbot: QtBot) -> None:
    window.open(project)
    window.add_images(tmp_path / "nothing")
    qtbot.waitUntil(lambda: not window.session.jobs.running, timeout=30_000)
    assert window.message.isVisible()
    assert "nothing" in window.message._title.text()
    assert window.session.writable


def test_a_new_project_whose_zip_is_damaged_is_taken_back(window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    bad = tmp_path / "Bad.zip"
    bad.write_bytes(b"PK no zip")
    window.new_project(bad)
    qtbot.waitUntil(lambda: not window.session.jobs.running, timeout=30_000)
    assert not window.session.is_open
    assert "Bad.zip" in window.message._title.text()
    assert window.message.isVisible()
    assert not (paths.projects_home() / "Bad").exists()
    assert recent.load() == []


def test_a_new_project_whose_import_is_stopped_is_taken_back(window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    drop(window, photos(tmp_path / "Signs"))
    agree(window, qtbot)
    window.strip.stop.emit()
    qtbot.waitUntil(lambda: not window.session.jobs.running, timeout=30_000)
    assert not window.session.is_open
    assert not (paths.projects_home() / "Signs").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows does not move open files")
def test_a_project_whose_folder_goes_away_says_that_nothing_is_saved(
    window: Window, project: Path, settled: Settle
) -> None:
    window.open(project)
    settled(window.session)
    project.rename(project.with_name("elsewhere"))
    window.session.select([1])
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_2)
    assert "Nothing was saved: project is no longer where it was." in window.message._title.text()
    shutil.rmtree(project, ignore_errors=True)  # where thumbnails may have gone meanwhile
    project.with_name("elsewhere").rename(project)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_2)
    assert records.image(window.session.store, 1).class_name == "2"


def test_closing_while_a_job_runs_asks_and_can_go_back(window: Window, project: Path, qtbot: QtBot) -> None:
    from studio.jobs import ScanWork
    from tests.studio.test_jobs import endless

    saved: list[str] = []
    window.open(project)
    job = window.session.jobs.start("Training 00", ScanWork(lambda: endless(saved)))
    with qtbot.waitSignal(job.events, timeout=5000):
        pass
    answers: Answers = window.ask  # type: ignore[assignment]
    window.close()
    assert window.isVisible()
    assert answers.asked == ["Training 00"]
    assert window.session.jobs.running[0].state == "running"
    answers.stop = True
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=5000)
    assert saved == ["saved"]
    assert not window.session.is_open


def test_closing_lets_a_training_go_on_that_was_paused_and_stops_the_rest(
    window: Window, project: Path, qtbot: QtBot
) -> None:
    from studio.jobs import ScanWork
    from tests.studio.test_jobs import endless

    words: list[str] = []

    class Trainer(ChildWork):
        """A child process that is only spoken to."""

        def run(self, sink: Callable[[Event], None]) -> None:
            while "detach" not in words:
                sink(Progress(done=1))
                threading.Event().wait(0.01)

        def _say(self, word: str) -> None:
            words.append(word)

    saved: list[str] = []
    window.open(project)
    training = window.session.jobs.start("Training 00-demo", Trainer([]))
    training.parting = lambda: Parting("Training 00-demo is paused.", "stop", "go on")
    other = window.session.jobs.start("Exporting", ScanWork(lambda: endless(saved)))
    with qtbot.waitSignal(other.events, timeout=5000):
        pass
    training.pause()
    answers: Answers = window.ask  # type: ignore[assignment]
    window.close()
    assert window.isVisible()
    assert answers.asked == ["Training 00-demo is paused.", "Exporting"]
    assert training.state == "paused"
    answers.parting = "go on"
    with qtbot.waitSignal(training.detached, timeout=5000):
        window.close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=5000)
    assert words == ["pause", "resume", "detach"]
    assert saved == ["saved"]


def test_closing_stops_a_training_where_that_was_the_answer(window: Window, project: Path, qtbot: QtBot) -> None:
    from studio.jobs import ScanWork
    from tests.studio.test_jobs import endless

    saved: list[str] = []
    window.open(project)
    job = window.session.jobs.start("Training 00", ScanWork(lambda: endless(saved)))
    job.parting = lambda: Parting("Training 00 is running.", "stop", "go on")
    with qtbot.waitSignal(job.events, timeout=5000):
        pass
    answers: Answers = window.ask  # type: ignore[assignment]
    answers.parting = "stop"
    window.close_project()
    qtbot.waitUntil(lambda: not window.session.is_open, timeout=5000)
    assert saved == ["saved"]
    assert window.isVisible()


def test_a_second_window_says_that_it_only_looks(window: Window, project: Path) -> None:
    first = Session()
    first.open(project)
    window.open(project)
    assert window.access.isVisible()
    assert "You can look, not change." in window.access._title.text()
    assert window.bottom._saved.text() == "Read only"
    first.close()


def test_opening_nothing_is_told_and_keeps_the_start_page(window: Window, tmp_path: Path) -> None:
    app._open(window, str(tmp_path))
    QApplication.processEvents()
    assert window.message.isVisible()
    assert "no project" in window.message._title.text()
    assert window.stack.currentWidget() is window.welcome


def test_layout_and_theme_are_remembered(window: Window, project: Path, settled: Settle) -> None:
    window.open(project)
    settled(window.session)
    window.set_theme("light")
    window.close()
    kept = window_settings()
    assert {"geometry", "theme", "data/side"} <= set(kept.allKeys())
    assert app._remembered_theme() == "light"


@pytest.mark.parametrize("key", ["data", "train", "review"])
def test_the_columns_of_a_page_remember_their_width(
    window: Window, project: Path, settled: Settle, qtbot: QtBot, key: str
) -> None:
    add_run(project)
    window.open(project)
    window.go(key)
    settled(window.session)
    columns: QSplitter = window.pages[key].columns  # type: ignore[attr-defined]
    before = columns.sizes()
    columns.handle(2).moveSplitter(columns.handle(2).x() - 60)
    after = columns.sizes()
    assert after[2] > before[2]  # as far as the middle column gives way
    second = Window(Session(), ErrorDesk())
    qtbot.addWidget(second)
    second.resize(window.size())
    second.show()
    second.open(project)
    second.go(key)
    again: QSplitter = second.pages[key].columns  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: again.sizes() == after, timeout=2000)
    second.close()


@pytest.mark.parametrize("choice", ["dark", "light"])
def test_every_control_says_what_it_does(window: Window, project: Path, settled: Settle, choice: str) -> None:
    window.set_theme(choice)  # type: ignore[arg-type]
    window.open(project)
    settled(window.session)
    silent = [
        button.text() or button.objectName()
        for button in window.findChildren(QPushButton)
        if button.isVisible() and not button.toolTip()
    ]
    assert silent == []


def test_nothing_is_cut_off_in_the_smallest_window(window: Window, project: Path, settled: Settle) -> None:
    window.open(project)
    window.resize(*MINIMUM)
    settled(window.session)
    QTest.qWait(50)
    assert (window.width(), window.height()) == MINIMUM
    for button in window.findChildren(QPushButton):
        if button.isVisible():
            assert button.width() >= button.minimumSizeHint().width(), button.text()


def test_the_window_starts_without_torch_and_pyqtgraph(project: Path) -> None:
    script = (
        "import sys; from PySide6.QtWidgets import QApplication; app = QApplication([]);"
        "from studio.window import Window; from studio.session import Session; from studio.errors import ErrorDesk;"
        "window = Window(Session(), ErrorDesk()); from pathlib import Path; window.open(Path(sys.argv[1]));"
        "print(sorted(m for m in ('torch', 'pyqtgraph', 'sklearn', 'cv2') if m in sys.modules)); window.close()"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, str(project)], capture_output=True, text=True, timeout=60, check=True
    )
    assert run.stdout.strip() == "[]"


def agree(window: Window, qtbot: QtBot) -> None:
    """Press Enter in the import dialog once it knows what there is."""
    dialog = window.importing.dialog
    assert dialog is not None
    qtbot.waitUntil(dialog.go.isEnabled, timeout=30_000)
    QTest.keyClick(dialog, Qt.Key.Key_Return)


def drop(window: Window, path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(QPoint(50, 50)),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dropEvent(event)
