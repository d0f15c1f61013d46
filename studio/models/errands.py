"""Something to be found out from slow files, on a thread; only the answer to the latest question comes."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

Answer = TypeVar("Answer")


class Errands(QObject):
    """One thread. `problem` carries what a question raised."""

    problem = Signal(object)
    _done = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._number = 0
        self._asked: tuple[int, Callable[[], Any]] | None = None
        self._deliver: Callable[[Any], None] | None = None
        self._bell = threading.Condition()
        self._open = True
        self._done.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._work, name="errands", daemon=True)
        self._thread.start()

    def ask(self, question: Callable[[], Answer], deliver: Callable[[Answer], None]) -> None:
        """Call `deliver` in the window's thread with what `question` returns, unless another is asked before."""
        with self._bell:
            self._number += 1
            self._asked, self._deliver = (self._number, question), deliver
            self._bell.notify()

    def forget(self) -> None:
        """Deliver nothing of what was asked."""
        with self._bell:
            self._number += 1
            self._asked = self._deliver = None

    def close(self) -> None:
        """End the thread; a file that does not answer is not waited for."""
        with self._bell:
            self._open = False
            self._bell.notify()
        self._thread.join(timeout=1.0)

    def _work(self) -> None:
        while True:
            with self._bell:
                while self._open and self._asked is None:
                    self._bell.wait()
                if not self._open or self._asked is None:
                    return
                (number, question), self._asked = self._asked, None
            try:
                answer = question()
            except Exception as problem:  # noqa: BLE001  handed to the window's thread, which shows it
                answer = problem
            with self._bell:
                if self._open:
                    self._done.emit(number, answer)

    def _take(self, number: int, answer: Any) -> None:
        if number != self._number or self._deliver is None:
            return
        if isinstance(answer, Exception):
            self.problem.emit(answer)
        else:
            self._deliver(answer)
