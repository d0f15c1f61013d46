import subprocess
import sys

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
