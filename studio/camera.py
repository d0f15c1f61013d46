"""Images from a camera: a thread reads it, a dialog shows what it sees, Space keeps what is seen.

What is kept lies in a folder of its own until it is imported.
"""

import os
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QHideEvent, QImage, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from core import wording
from studio import theme
from studio.widgets import words

Source = tuple[str, int | str]  # what it is called, and its number or file as OpenCV takes it
NO_CAMERA = "No camera was found. Connect one, then open this again."
_TRIED = 4  # numbers, where the system does not list its cameras
_SIZE = 720, 560  # px
_USUAL_FPS = 30.0
_POLL_MILLISECONDS = 33


def cameras() -> list[Source]:
    """The cameras that there may be; whether one gives images shows when it is opened."""
    if sys.platform.startswith("linux"):
        numbers = sorted(int(path.name[5:]) for path in Path("/dev").glob("video*") if path.name[5:].isdigit())
    else:
        numbers = list(range(_TRIED))
    return [(f"Camera {number + 1}", number) for number in numbers]


class Frames:
    """Reads one camera in a thread until `stop`, which does not wait for a camera that hangs."""

    def __init__(self, source: Source, folder: Path) -> None:
        self._name, self._device = source
        self._folder = folder
        self._over, self._wanted = threading.Event(), threading.Event()
        self._frames: deque[Any] = deque(maxlen=1)  # uint8[H,W,3], BGR
        self.kept: deque[Path] = deque()  # the files that were saved since this was last looked at
        self.failed = ""  # a sentence, once it is over before `stop`
        threading.Thread(target=self._work, name="camera", daemon=True).start()

    def latest(self) -> QImage | None:
        """The frame that was seen last; None when it was given already."""
        if not self._frames:
            return None
        frame = self._frames.popleft()
        height, width = frame.shape[:2]
        return QImage(frame.data, width, height, 3 * width, QImage.Format.Format_BGR888).copy()

    def keep(self) -> None:
        """Save the next frame; it then is among `kept`."""
        self._wanted.set()

    def stop(self) -> None:
        self._over.set()

    def _work(self) -> None:
        import cv2  # in the thread, as it takes a while

        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # `failed` says it
        capture = cv2.VideoCapture(self._device)
        try:
            if not capture.isOpened():
                self.failed = f"{self._name} cannot be opened. Another program may be using it."
                return
            pause = 1.0 / (capture.get(cv2.CAP_PROP_FPS) or _USUAL_FPS)
            while not self._over.wait(pause if isinstance(self._device, str) else 0.0):
                there, frame = capture.read()
                if not there:
                    self.failed = f"{self._name} gives no image any more."
                    return
                self._frames.append(frame)
                if self._wanted.is_set():
                    self._wanted.clear()
                    self._save(cv2.imencode(".png", frame)[1].tobytes())
        except OSError as problem:
            self.failed = f"The image could not be saved: {problem.strerror}."
        finally:
            capture.release()

    def _save(self, data: bytes) -> None:
        handle, name = tempfile.mkstemp(suffix=".png", dir=self._folder)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        self.kept.append(Path(name))


class CameraDialog(QDialog):
    """`files` are the images that were taken; accepted when they shall be imported."""

    def __init__(self, sources: Sequence[Source], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Take images")
        self.folder = Path(tempfile.mkdtemp(prefix="wildset-"))
        self.files: list[Path] = []
        self.frames: Frames | None = None
        self._sources = sources
        self.view = _View()
        self.words = words.muted()
        self.device = QComboBox()
        self.device.setToolTip("Which camera is used")
        self.device.setAccessibleName("Camera")
        self.device.addItems([name for name, _ in sources])
        self.shoot = QPushButton("Take one")
        self.shoot.setToolTip("Keep what is seen now (Space)")
        self._buttons = QDialogButtonBox()
        self.go = self._buttons.addButton("Add images", QDialogButtonBox.ButtonRole.AcceptRole)
        theme.role(self.go, "primary")
        self.back = self._buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        self.back.setToolTip("Go back; what was taken is thrown away (Esc)")
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self.shoot.clicked.connect(self._take)
        self.device.currentIndexChanged.connect(self._open)
        self._arrange()
        self._count()
        self._timer = QTimer(self, interval=_POLL_MILLISECONDS)
        self._timer.timeout.connect(self._poll)
        self._timer.start()
        self._open(0 if sources else -1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            self._take()
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._close()
        super().hideEvent(event)

    def _open(self, number: int) -> None:
        self._close()
        self.view.show_image(None)
        self.device.setVisible(bool(self._sources))
        if number < 0:
            self._say(NO_CAMERA)
            return
        self._say(f"Opening {self._sources[number][0]}…")
        self.frames = Frames(self._sources[number], self.folder)

    def _close(self) -> None:
        if self.frames is not None:
            self.frames.stop()
            self.frames = None

    def _take(self) -> None:
        if self.frames is not None and self.shoot.isEnabled():
            self.frames.keep()

    def _poll(self) -> None:
        frames = self.frames
        if frames is None:
            return
        while frames.kept:
            self.files.append(frames.kept.popleft())
            self._count()
        if image := frames.latest():
            self.view.show_image(image)
            self.words.setText("Space takes one, Enter adds what was taken.")
            self.shoot.setEnabled(True)
        elif frames.failed:
            self._say(frames.failed)

    def _say(self, sentence: str) -> None:
        self.words.setText(sentence)
        self.shoot.setEnabled(False)

    def _count(self) -> None:
        taken = wording.count(len(self.files), "image")
        self.go.setText(f"Add {taken}" if self.files else "Add images")
        self.go.setToolTip(f"Add {taken} to the project (Enter)" if self.files else "Nothing was taken yet")
        self.go.setEnabled(bool(self.files))
        self.go.setDefault(True)

    def _arrange(self) -> None:
        for button in (self.shoot, self.back):
            button.setAutoDefault(False)
        for part in (self.shoot, self.go, self.back):
            part.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves Space to the dialog
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.device)
        row.addWidget(self.words, 1)
        row.addWidget(self.shoot)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(self.view, 1)
        layout.addLayout(row)
        layout.addWidget(self._buttons)
        self.resize(theme.px(_SIZE[0]), theme.px(_SIZE[1]))
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)


class _View(QWidget):
    """One image as large as it fits."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self.setAccessibleName("What the camera sees")
        self.setToolTip("What the camera sees; Space keeps it")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme.watch.changed.connect(self.update)

    def show_image(self, image: QImage | None) -> None:
        self._image = image
        self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(320), theme.px(240))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.tokens().surface))
        if self._image is None:
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left, top = (self.width() - size.width()) / 2, (self.height() - size.height()) / 2
        painter.drawImage(QRectF(left, top, size.width(), size.height()), self._image)
