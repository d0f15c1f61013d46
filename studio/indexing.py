"""After a run has new predictions: their index in the project is brought up to date, so that filters know them.

The child process that predicted could not do it, because the window holds the project's write lock. What is to be
copied is found out on the reader's thread; the window's thread then writes it in portions, between other events.
"""

import sqlite3
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer

from core.errors import Error
from core.evaluate import index
from core.evaluate.index import Outdated
from core.project.edits import Change
from core.project.store import Store

if TYPE_CHECKING:
    from studio.session import Session


class PredictionIndex(QObject):
    """Keeps the index of a session's project; all views hear of it by `changed`. Projects only read stay as they are.

    What is cut short, by an import that borrows the project or by the end of the program, is begun anew when the
    project can be written again.
    """

    def __init__(self, session: "Session") -> None:
        super().__init__(session)
        self._session = session
        self._store: Store | None = None
        self._steps: Iterator[None] = iter(())
        self._copied = False
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._step)
        session.access_changed.connect(self.update)

    def update(self) -> None:
        """Look for runs whose predictions are newer than the index."""
        self._timer.stop()
        if self._session.writable:
            self._session.reader.ask("predictions", index.outdated, self._begin)

    def _begin(self, found: Outdated) -> None:
        if self._session.writable:
            self._store = self._session.store
            self._copied = bool(found.fresh)
            self._steps = index.copying(self._store, found)
            self._timer.start()

    def _step(self) -> None:
        if not self._session.writable or self._session.store is not self._store:
            self._timer.stop()
            return
        try:
            next(self._steps)
        except StopIteration:
            self._timer.stop()
            if self._copied:
                self._session.changed.emit(Change("Predictions", "predictions", np.zeros(0, np.int64)))
        except (Error, OSError, sqlite3.OperationalError) as problem:
            self._timer.stop()
            self._session.problem.emit(problem)
