"""The real program in a real window of a real X server."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.project import records
from core.project.store import Store

pytestmark = [
    pytest.mark.window,
    pytest.mark.skipif(not shutil.which("Xvfb"), reason="Xvfb is not installed: no X server to open a window on"),
]


@pytest.fixture
def display() -> Iterator[str]:
    """The name of a display of its own."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1440x900x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as pipe:
        number = pipe.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait(timeout=10)


SCRIPT = """
import sys, time
from pathlib import Path
from PySide6.QtCore import QTimer, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from studio import app

def act():
    window = next(w for w in QApplication.topLevelWidgets() if type(w).__name__ == "Window")
    page = window.pages["data"]
    if not len(page.model.ids):
        return QTimer.singleShot(100, act)
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window, 10_000)
    window.session.select([int(page.model.ids[0])])
    QTest.keyClick(page.grid, Qt.Key.Key_2)
    assert window.grab().save(sys.argv[2])
    print(QApplication.platformName(), int(page.model.ids[0]), window.isVisible(), flush=True)
    window.close()

application = QApplication([])
QTimer.singleShot(500, act)
sys.exit(app.main([sys.argv[1], "--theme", "light"]))
"""


def test_the_window_opens_labels_and_closes(project: Path, tmp_path: Path, display: str) -> None:
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(project), str(tmp_path / "window.png")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    if "could not load the qt platform plugin" in run.stderr.lower():
        pytest.skip("Qt's X11 libraries are incomplete (libxcb-cursor0): `make setup` says how to add them")
    assert run.returncode == 0, run.stderr
    platform, id, visible = run.stdout.split()
    assert (platform, visible) == ("xcb", "True")
    assert (tmp_path / "window.png").stat().st_size > 10_000
    with Store.open(project) as store:
        assert records.image(store, int(id)).class_name == "2"
