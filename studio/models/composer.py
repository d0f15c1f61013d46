"""Composites made on a thread: the latest scene only, because while a slider is dragged older ones are of no use."""

import threading
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from core.project.store import Store
from core.synth.preview import Bench, Glance, Part, Scene, Steps

REST = 0.05  # seconds without a newer scene before what is not urgent is worked out

_Wanted = tuple[int, Path, Scene | Glance]


class Composer(QObject):
    """Answers for one project after the other. Scenes and glances do not replace each other.

    `arrived(Part)` comes in the thread of the window, never of an older scene after a newer one; `problem(exception)`
    tells what kept one from being shown.
    """

    arrived = Signal(object)
    problem = Signal(object)
    _done = Signal(object, int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._number = 0
        self._delivered: dict[type, int] = {}
        self._wanted: dict[type, _Wanted] = {}
        self._bell = threading.Condition()
        self._open = True
        self._done.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._work, name="composer", daemon=True)
        self._thread.start()

    def ask(self, root: Path, scene: Scene | Glance) -> None:
        """Show this of the project at `root` instead of what was asked for and not begun."""
        with self._bell:
            self._number += 1
            self._wanted[type(scene)] = (self._number, root, scene)
            self._bell.notify()

    def forget(self) -> None:
        """Deliver nothing of what was asked so far."""
        with self._bell:
            self._number += 1
            self._wanted.clear()
            self._delivered = dict.fromkeys((Scene, Glance), self._number)

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
                    self._done.emit(type(scene), number, part)
                    if isinstance(part, Steps) and self._overtaken():
                        break
            except Exception as problem:  # noqa: BLE001  handed to the window's thread, which shows it
                self._done.emit(type(scene), number, problem)
        if store is not None:
            store.close()

    def _next(self) -> _Wanted | None:
        with self._bell:
            while self._open and not self._wanted:
                self._bell.wait()
            oldest = min(self._wanted, key=lambda kind: self._wanted[kind][0]) if self._open else None
            return self._wanted.pop(oldest) if oldest else None

    def _overtaken(self) -> bool:
        """Whether something newer is asked for before long."""
        with self._bell:
            return self._bell.wait_for(lambda: not self._open or bool(self._wanted), REST)

    def _deliver(self, kind: type, number: int, answer: Part | Exception) -> None:
        if number >= self._delivered.get(kind, 0) and self._open:
            self._delivered[kind] = number
            (self.problem if isinstance(answer, Exception) else self.arrived).emit(answer)
