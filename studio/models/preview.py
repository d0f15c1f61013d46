"""Samples rendered on a thread: the latest scene only, because while a slider is dragged older ones are of no use."""

import threading

from PySide6.QtCore import QObject, Qt, Signal

from core.augment.preview import Part, Scene, Sheet, Shelf, parts

REST = 0.15  # seconds without a newer scene before what is not urgent is worked out


class PreviewWorker(QObject):
    """Renders one scene after the other. `arrived(number, Part)` comes in the window's thread, of the latest only.

    `problem(number, exception)` tells what kept a scene from being shown.
    """

    arrived = Signal(int, object)
    problem = Signal(int, object)
    _done = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shelf = Shelf()
        self._number = 0
        self._wanted: tuple[int, Scene] | None = None
        self._bell = threading.Condition()
        self._open = True
        self._done.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._work, name="preview", daemon=True)
        self._thread.start()

    def ask(self, scene: Scene) -> int:
        """Show `scene` instead of all asked for so far; the number by which its parts are known."""
        with self._bell:
            self._number += 1
            self._wanted = (self._number, scene)
            self._bell.notify()
            return self._number

    def forget(self) -> None:
        """Deliver nothing of what was asked so far."""
        with self._bell:
            self._number += 1
            self._wanted = None

    def try_again(self) -> None:
        """Read files again that could not be read: they may have been mended."""
        self._shelf.try_again()

    def close(self) -> None:
        """End the thread."""
        with self._bell:
            self._open = False
            self._bell.notify()
        self._thread.join()

    def _work(self) -> None:
        while wanted := self._next():
            number, scene = wanted
            try:
                for part in parts(scene, self._shelf):
                    self._done.emit(number, part)
                    if self._overtaken(number, 0.0 if isinstance(part, Sheet) and scene.chosen >= 0 else REST):
                        break
            except Exception as problem:  # noqa: BLE001  handed to the window's thread, which shows it
                self._done.emit(number, problem)

    def _next(self) -> tuple[int, Scene] | None:
        with self._bell:
            while self._open and self._wanted is None:
                self._bell.wait()
            wanted, self._wanted = self._wanted, None
            return wanted if self._open else None

    def _overtaken(self, number: int, seconds: float) -> bool:
        """Whether within so many seconds there is no more use for this scene."""
        with self._bell:
            return self._bell.wait_for(lambda: not self._open or self._number != number, seconds)

    def _deliver(self, number: int, answer: Part | Exception) -> None:
        if number == self._number and self._open:
            (self.problem if isinstance(answer, Exception) else self.arrived).emit(number, answer)
