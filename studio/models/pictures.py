"""Whole pictures for the large view and the details column, decoded on a thread; only the one asked for last comes."""

import threading
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage

from core.errors import told
from core.images.decode import load, load_at_least


class PictureLoader(QObject):
    """Decodes one picture at a time. `loaded(QImage)` or `failed(sentence)` tell of the latest request only."""

    loaded = Signal(QImage)
    failed = Signal(str)
    problem = Signal(object)
    _done = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._number = 0
        self._wanted: tuple[int, Path, int | None] | None = None
        self._bell = threading.Condition()
        self._open = True
        self._done.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._work, name="pictures", daemon=True)
        self._thread.start()

    def ask(self, path: Path, side: int | None = None) -> None:
        """Load `path`, at least `side` px large where it is larger (None: all of it)."""
        with self._bell:
            self._number += 1
            self._wanted = (self._number, path, side)
            self._bell.notify()

    def forget(self) -> None:
        """Deliver nothing of what was asked so far."""
        with self._bell:
            self._number += 1
            self._wanted = None

    def close(self) -> None:
        with self._bell:
            self._open = False
            self._bell.notify()
        self._thread.join()

    def _work(self) -> None:
        while True:
            with self._bell:
                while self._open and self._wanted is None:
                    self._bell.wait()
                if not self._open or self._wanted is None:
                    return
                (number, path, side), self._wanted = self._wanted, None
            answer = _decoded(path, side)
            if self._open:
                self._done.emit(number, answer)

    def _deliver(self, number: int, answer: QImage | Exception) -> None:
        if number != self._number:
            return
        if isinstance(answer, QImage):
            self.loaded.emit(answer)
        elif known := told(answer):
            self.failed.emit(known.title)
        else:
            self.problem.emit(answer)


def _decoded(path: Path, side: int | None) -> QImage | Exception:
    try:
        picture = load(path) if side is None else load_at_least(path, side)
    except Exception as problem:  # noqa: BLE001  handed to the window's thread, which shows it
        return problem
    width, height = picture.size
    return QImage(picture.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
