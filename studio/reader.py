"""Questions to the open project, answered on a thread of their own so that counting never holds up the window.

The thread has its own read-only handle. Of each kind of question only the latest answer is delivered: an answer that
was overtaken is dropped.
"""

import itertools
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from core.project.store import Store

Answer = TypeVar("Answer")


class Reader(QObject):
    """Reads one project. `problem` carries an exception of a question."""

    problem = Signal(object)
    _arrived = Signal()

    def __init__(self, root: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._root = root
        self._asked: dict[str, tuple[int, Callable[[Store], Any]]] = {}  # in order of arrival
        self._wanted: dict[str, tuple[int, Callable[[Any], None]]] = {}
        self._answers: deque[tuple[str, int, Any]] = deque()
        self._numbers = itertools.count()
        self._bell = threading.Condition()
        self._open = True
        self._turn = QTimer(self, singleShot=True, interval=0)
        self._turn.timeout.connect(self._deliver)
        self._arrived.connect(self._turn.start, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._work, name="project-reader", daemon=True)
        self._thread.start()

    def ask(self, kind: str, question: Callable[[Store], Answer], deliver: Callable[[Answer], None]) -> None:
        """Call `deliver` in the window's thread with the answer, unless a later question of this kind comes first."""
        number = next(self._numbers)
        self._wanted[kind] = (number, deliver)
        with self._bell:
            self._asked.pop(kind, None)
            self._asked[kind] = (number, question)
            self._bell.notify()

    @property
    def idle(self) -> bool:
        """Whether every question has been answered and delivered."""
        return not self._wanted

    def close(self) -> None:
        """Forget all questions and end the thread."""
        self._wanted.clear()
        with self._bell:
            self._open = False
            self._asked.clear()
            self._bell.notify()
        self._thread.join()

    def _work(self) -> None:
        store: Store | None = None
        while job := self._next():
            kind, number, question = job
            try:
                store = store or Store.open(self._root, write=False)
                with store.snapshot():
                    answer: Any = question(store)
            except Exception as problem:  # noqa: BLE001  handed to the window's thread, which shows it
                answer = problem
            self._answers.append((kind, number, answer))
            self._arrived.emit()
        if store:
            store.close()

    def _next(self) -> tuple[str, int, Callable[[Store], Any]] | None:
        with self._bell:
            while self._open and not self._asked:
                self._bell.wait()
            if not self._open:
                return None
            kind = next(iter(self._asked))
            return kind, *self._asked.pop(kind)

    def _deliver(self) -> None:
        """One answer, so that what the user does comes between two."""
        while self._answers:
            kind, number, answer = self._answers.popleft()
            asked, deliver = self._wanted.get(kind, (-1, None))
            if asked == number and deliver is not None:
                break
        else:
            return
        if self._answers:
            self._turn.start()
        del self._wanted[kind]
        if isinstance(answer, Exception):
            self.problem.emit(answer)
        else:
            deliver(answer)
