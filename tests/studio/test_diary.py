"""An end without a word leaves something to read: the real program in processes of its own."""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QThread, qWarning
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from core import paths
from studio import diary
from studio.diary import Diary
from studio.errors import ErrorDesk
from studio.settings import window_settings

START = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from studio import app

def window():
    return next(w for w in QApplication.topLevelWidgets() if type(w).__name__ == "Window")

def act():
    {act}

application = QApplication([])
QTimer.singleShot(300, act)
sys.exit(app.main(sys.argv[1:]))
"""
READ = """
    from PySide6.QtWidgets import QPushButton
    w = window()
    next(b for b in w.message.findChildren(QPushButton) if b.text() == "Copy details").click()
    print(w.message._title.text(), "|", application.clipboard().text())
    w.close()"""


def started(act: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", START.format(act=act), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )


def left_over() -> list[str]:
    return [path.name for path in paths.reports().glob("*")] if paths.reports().is_dir() else []


@pytest.fixture
def journal() -> Iterator[Diary]:
    journal = Diary()
    journal.begin()
    yield journal
    journal.end()


def test_a_good_end_leaves_nothing() -> None:
    assert started("window().close()").returncode == 0
    assert left_over() == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_what_a_fault_of_a_library_left_is_told_at_the_next_start() -> None:
    crashed = started("import faulthandler; faulthandler._sigsegv()")
    assert crashed.returncode < 0
    told = started(READ).stdout
    assert "met a fault that stopped it last time. Your labels are safe." in told
    details = told.split("|")[1]
    assert "Segmentation fault" in details
    assert "PySide6-Essentials 6." in details
    assert "Wildset starts" in details
    assert "processors, windows by offscreen" in details
    assert diary.found() == []  # told once
    assert len(left_over()) == 1  # and kept as a report


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_an_end_without_any_trace_is_told_too() -> None:
    started("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert "ended without saying why last time" in started(READ).stdout


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_the_system_that_asks_for_an_end_gets_a_good_one() -> None:
    assert started("import os, signal; os.kill(os.getpid(), signal.SIGTERM)").returncode == 0
    assert left_over() == []


def test_a_start_that_fails_says_so_in_a_box() -> None:
    act = """
    box = application.activeModalWidget()
    print(box.text(), "|", box.informativeText())
    box.close()"""
    script = "import studio.window; studio.window.StatusBar = lambda: 1 / 0\n"
    run = subprocess.run(
        [sys.executable, "-c", script + START.format(act=act)], capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 3
    assert run.stdout.startswith("Wildset could not start. | Your labels are safe. The report is in ")
    assert "ZeroDivisionError" in next(paths.reports().glob("*.txt")).read_text()


def test_a_window_that_is_open_left_nothing_behind(journal: Diary) -> None:
    assert diary.found() == []


def test_what_is_said_is_in_the_details(journal: Diary, qtbot: QtBot) -> None:
    logging.getLogger("studio.jobs").info("Importing photos began")
    qWarning("QPainter is tired")
    desk = ErrorDesk(journal.lines)
    with qtbot.waitSignal(desk.shown):
        desk.report(ZeroDivisionError("nothing"))
    for words in ("ZeroDivisionError: nothing", "Importing photos began", "QPainter is tired", "numpy 2"):
        assert words in desk.details
    (report,) = paths.reports().glob("*.txt")
    assert "Importing photos began" in report.read_text()


def test_without_a_folder_to_write_to_the_diary_is_in_memory() -> None:
    paths.reports().parent.mkdir(parents=True, exist_ok=True)
    paths.reports().write_text("in the way")
    journal = Diary()
    journal.begin()
    logging.getLogger("studio").warning("said")
    journal.end()
    assert journal.lines()[-1].endswith("said")


def test_an_exception_in_a_slot_or_a_thread_of_qt_is_told(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)  # as they were, afterwards
    desk = ErrorDesk()
    button = QPushButton()
    qtbot.addWidget(button)
    button.clicked.connect(lambda: 1 / 0)
    with qtbot.captureExceptions(), qtbot.waitSignal(desk.shown) as shown:
        desk.install()
        button.click()
    assert shown.args[2] == "bug"
    assert "ZeroDivisionError" in desk.details

    class Failing(QThread):
        def run(self) -> None:
            raise KeyError("lost")

    thread = Failing()
    with qtbot.captureExceptions(), qtbot.waitSignal(desk.shown, timeout=5000):
        desk.install()
        thread.start()
        thread.wait()
    assert "KeyError: 'lost'" in desk.details


def test_reset_goes_back_to_the_usual_window() -> None:
    settings = window_settings()
    settings.setValue("theme", "light")
    settings.setValue("keys/find", "Ctrl+F")
    settings.sync()
    assert started("window().close()", "--reset").returncode == 0
    again = window_settings()
    again.sync()
    assert not again.contains("theme")
    assert not again.contains("keys/find")
