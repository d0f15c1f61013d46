"""Composites made on a thread: the latest scene only, because while a slider is dragged older ones are of no use."""

import threading
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from core.project.store import Store
from core.synth.preview import Bench, Glance, Part, Scene, Sheet

REST = 0.05  # seconds without a newer scene before more than the sheet is worked out

_Wanted = tuple[int, Path, Scene | Glance]


class Composer(QObject):
    """Answers for one project after the other. A scene and a glance do not replace each other.

    `arrived(number, Part)` comes in the window's thread, of the latest scene and the latest glance only;
    `problem(number, exception)` tells what kept one from being shown.
    """

    arrived = Signal(int, object)
    problem = Signal(int, object)
    _done = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._numbers = 0
        self._latest: dict[type, int] = {}
        self._wanted: dict[type, _Wanted] = {}
        self._bell = threading.Condition()
        self._open = True
        self._done.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._work, name="composer", daemon=True)
        self._thread.start()

    def ask(self, root: Path, scene: Scene | Glance) -> int:
        """Show this of the project at `root` instead of all asked for so far; the number its parts are known by."""
        with self._bell:
            self._numbers += 1
            self._latest[type(scene)] = self._numbers
            self._wanted[type(scene)] = (self._numbers, root, scene)
            self._bell.notify()
            return self._numbers

    def forget(self) -> None:
        """Deliver nothing of what was asked so far."""
        with self._bell:
            self._latest.clear()
            self._wanted.clear()

    def close(self) -> None:
        """End the thread."""
        with self._bell:
            self._open = False
            self._bell.notify()
        self._thread.join()

    def _work(self) -> None:
        bench, store = Bench(), None
        while wanted := self._next():
            number, root, scene = wanted
            try:
                if store is None or store.root != root:
                    if store is not None:
                        store.close()
                    bench, store = Bench(), None  # nothing of another project is kept
                    store = Store.open(root, write=False)
                for part in bench.parts(store, scene):
                    self._done.emit(number, part)
                    if self._overtaken(number, REST if isinstance(part, Sheet) else 0):
                        break
            except Exception as problem:  # noqa: BLE001  handed to the window's thread, which shows it
                self._done.emit(number, problem)
        if store is not None:
            store.close()

    def _next(self) -> _Wanted | None:
        with self._bell:
            while self._open and not self._wanted:
                self._bell.wait()
            return self._wanted.pop(min(self._wanted, key=lambda kind: self._wanted[kind][0])) if self._open else None

    def _overtaken(self, number: int, seconds: float) -> bool:
        """Whether within so many seconds there is no more use for this."""
        with self._bell:
            return self._bell.wait_for(lambda: not self._open or number not in self._latest.values(), seconds)

    def _deliver(self, number: int, answer: Part | Exception) -> None:
        if number in self._latest.values() and self._open:
            (self.problem if isinstance(answer, Exception) else self.arrived).emit(number, answer)
