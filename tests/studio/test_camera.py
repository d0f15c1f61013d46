"""Taking images with a camera, for which a video file stands in."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio import camera, theme
from studio.camera import CameraDialog, Source


@pytest.fixture
def film(tmp_path: Path) -> Source:
    """Half a minute that goes from dark to bright."""
    file = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), 30.0, (64, 48))
    for number in range(900):
        writer.write(np.full((48, 64, 3), (40 + number // 30, 40, 200), np.uint8))
    writer.release()
    return "Film", str(file)


@pytest.fixture
def dialogs(qtbot: QtBot) -> Iterator[list[CameraDialog]]:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    theme.apply(application, "dark")
    opened: list[CameraDialog] = []
    yield opened
    for dialog in opened:
        dialog.reject()


def opened(dialogs: list[CameraDialog], qtbot: QtBot, *sources: Source) -> CameraDialog:
    dialog = CameraDialog(sources)
    qtbot.addWidget(dialog)
    dialogs.append(dialog)
    dialog.show()
    return dialog


def test_space_keeps_what_is_seen(film: Source, dialogs: list[CameraDialog], qtbot: QtBot) -> None:
    dialog = opened(dialogs, qtbot, film)
    assert not dialog.go.isEnabled()
    qtbot.keyClick(dialog, Qt.Key.Key_Space)  # nothing is seen yet
    qtbot.waitUntil(dialog.shoot.isEnabled, timeout=20_000)
    for number in (1, 2):
        qtbot.keyClick(dialog, Qt.Key.Key_Space)
        qtbot.waitUntil(lambda number=number: len(dialog.files) == number, timeout=10_000)
    assert dialog.go.text() == "Add 2 images"
    blue, green, red = cv2.imread(str(dialog.files[0])).mean((0, 1))
    assert blue < 90
    assert green < 90
    assert red > 150
    seen = dialog.grab().toImage().pixelColor(dialog.width() // 2, dialog.height() // 3)
    assert seen.red() > 150
    assert seen.blue() < 90
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.result() == CameraDialog.DialogCode.Accepted
    assert dialog.frames is None


def test_without_a_camera_a_sentence_says_so(dialogs: list[CameraDialog], qtbot: QtBot) -> None:
    dialog = opened(dialogs, qtbot)
    assert dialog.words.text() == camera.NO_CAMERA
    assert not dialog.shoot.isEnabled()
    assert not dialog.go.isEnabled()


def test_a_camera_that_cannot_be_opened_is_told_and_another_can_be_chosen(
    film: Source, dialogs: list[CameraDialog], qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = opened(dialogs, qtbot, ("Broken", str(tmp_path / "nothing.avi")), film)
    qtbot.waitUntil(lambda: dialog.words.text().startswith("Broken cannot be opened."), timeout=20_000)
    dialog.device.setCurrentIndex(1)
    qtbot.waitUntil(dialog.shoot.isEnabled, timeout=20_000)


def test_a_camera_that_stops_is_told(dialogs: list[CameraDialog], qtbot: QtBot, tmp_path: Path) -> None:
    file = tmp_path / "short.avi"
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), 60.0, (64, 48))
    for _ in range(3):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    dialog = opened(dialogs, qtbot, ("Short", str(file)))
    qtbot.waitUntil(lambda: dialog.words.text() == "Short gives no image any more.", timeout=20_000)
    assert not dialog.shoot.isEnabled()


def test_the_cameras_of_this_computer_are_listed() -> None:
    assert all(name == f"Camera {number + 1}" for name, number in camera.cameras() if isinstance(number, int))
