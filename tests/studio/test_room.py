"""Words have room on every page: in the smallest window, with larger text, from right to left, on fine screens."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from studio import theme
from studio.errors import ErrorDesk
from studio.places import PLACES
from studio.session import Session
from studio.window import MINIMUM, Window
from tests.studio.pages.conftest import add_run

Settle = Callable[[Session], None]


@pytest.fixture
def dressed(qapp: QApplication) -> Iterator[QApplication]:
    """The application, which is as it was afterwards."""
    yield qapp
    qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    theme.apply(qapp, "dark")


def cut_off(qtbot: QtBot, project: Path, settled: Settle, size: tuple[int, int]) -> list[str]:
    """The buttons of all pages whose words have no room in a window of this size."""
    add_run(project)
    window = Window(Session(), ErrorDesk())
    qtbot.addWidget(window)
    window.resize(*size)
    window.show()
    window.open(project)
    found = []
    for place in PLACES:
        window.go(place.key)
        qtbot.wait(50)
        settled(window.session)
        found += [
            f"{place.key}: {button.text()}"
            for button in window.findChildren(QPushButton)
            if button.isVisible() and button.text() and button.width() < button.minimumSizeHint().width()
        ]
    assert (window.width(), window.height()) == size
    window.session.jobs.stop_all()
    qtbot.waitUntil(lambda: not window.session.jobs.running, timeout=20_000)
    return found


def test_in_the_smallest_window(dressed: QApplication, qtbot: QtBot, project: Path, settled: Settle) -> None:
    theme.apply(dressed, "dark")
    assert cut_off(qtbot, project, settled, MINIMUM) == []


@pytest.mark.parametrize(("scale", "width"), [(1.25, 1440), (1.5, 1680)])
def test_with_larger_text(
    dressed: QApplication, qtbot: QtBot, project: Path, settled: Settle, scale: float, width: int
) -> None:
    theme.apply(dressed, "light", scale)
    assert cut_off(qtbot, project, settled, (width, 900)) == []


def test_from_right_to_left(dressed: QApplication, qtbot: QtBot, project: Path, settled: Settle) -> None:
    theme.apply(dressed, "dark")
    dressed.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    assert cut_off(qtbot, project, settled, (1440, 900)) == []


SCALED = """
import sys
from pathlib import Path
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication
from studio import theme
from studio.errors import ErrorDesk
from studio.session import Session
from studio.window import Window

application = QApplication([])
theme.apply(application, sys.argv[1])
window = Window(Session(), ErrorDesk())
window.resize(1280, 720)
window.show()
window.open(Path(sys.argv[2]))
loop = QEventLoop()
QTimer.singleShot(1500, loop.quit)
loop.exec()
page = window.pages["data"]
assert len(page.model.ids)
image = window.grab().toImage()
print(image.width(), image.height())
window.close()
"""


@pytest.mark.parametrize("choice", ["dark", "light"])
@pytest.mark.parametrize("factor", [1.0, 1.5, 2.0])
def test_on_fine_screens_all_is_drawn_in_their_pixels(project: Path, factor: float, choice: str) -> None:
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCALED, choice, str(project)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "QT_SCALE_FACTOR": str(factor)},
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == [str(round(1280 * factor)), str(round(720 * factor))]
