"""Changes to the queue of the open project, done on the reader's thread, as they wait for locks of files."""

import itertools
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.project.store import Store
from core.recipe import Recipe
from core.runs import queue
from studio.session import Session

_numbers = itertools.count()


class Waiting(QObject):
    """Changes the queue of the open project. `changed` when that is done; a refusal is told by the session."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session

    def add(self, recipe: Recipe, device: str) -> None:
        """Put a run at the end."""
        self._do(lambda place: queue.add(place, recipe, device))

    def remove(self, number: int) -> None:
        """Take the entry with this number out."""
        self._do(lambda place: queue.remove(place, queue.find(place, number)))

    def move(self, number: int, position: int) -> None:
        """Let the entry with this number wait at `position`, 0 the first."""
        self._do(lambda place: queue.move(place, queue.find(place, number), position))

    def _do(self, change: Callable[[Path], object]) -> None:
        def question(store: Store) -> None:
            change(store.paths.queue)

        # A kind of its own: none of these is overtaken by the next.
        self._session.reader.ask(f"train-queue-{next(_numbers)}", question, lambda _: self.changed.emit())
