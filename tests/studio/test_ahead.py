import subprocess
import sys

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from studio.ahead import Growth, PagesAhead, grown

SCRIPT = """
import sys
from studio.ahead import load_pages
load_pages().join()
print(sorted(m for m in ("torch", "sklearn", "studio.widgets.curves") if m in sys.modules))
from PySide6.QtWidgets import QApplication
app = QApplication([])
from studio.pages.train.view import TrainPage
from studio.session import Session
TrainPage(Session()).grab()
"""


def test_pages_are_imported_on_a_thread_and_made_by_the_window() -> None:
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.strip() == "['studio.widgets.curves']"
    assert "QObject" not in run.stderr


def test_a_growth_gives_what_it_made() -> None:
    def growth() -> Growth[int]:
        yield
        yield
        return 3

    assert grown(growth()) == 3


def test_slices_follow_each_other_until_nothing_is_left(qtbot: QtBot) -> None:
    left, parent = [True, True, False], QObject()
    PagesAhead(lambda: left.pop(0), parent).start(0)
    qtbot.waitUntil(lambda: not left, timeout=20_000)
    qtbot.wait(100)  # another slice would pop from an empty list
    parent.deleteLater()
