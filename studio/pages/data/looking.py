"""Long looks at all images, as jobs: what can be measured, which labels are suspect, which images show the same."""

from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtCore import QObject

from core import wording
from core.project import edits, listing
from core.project.edits import Change
from core.project.query import parse
from studio.pages.data.header import GridHeader
from studio.session import Session

SUSPECTS = "suspect>=0.5 -checked"


class Looking(QObject):
    """Starts the jobs and shows what they found in the grid."""

    def __init__(self, session: Session, header: GridHeader) -> None:
        super().__init__()
        self._session, self._header = session, header
        self._running: set[str] = set()

    def check(self) -> None:
        """Measure all images, then show what shows the same."""
        self._start("Checking the images", ["check"], self._checked)

    def find_suspects(self) -> None:
        """Look for labels that are probably wrong, then show them, the most suspect first."""
        self._start("Looking for suspect labels", ["suspects"], self._doubted)

    def show_duplicates(self) -> None:
        """Group what shows the same image; several labels first."""
        self._header.arrange("name", False, "same")
        self._session.set_filter(parse("duplicate"))

    def keep_one(self) -> None:
        """Keep the current image and reject the others that show the same."""
        id = self._session.current
        if id is None:
            return

        def found(others: list[int]) -> None:
            if others:
                self._session.do(edits.reject, others)
            else:
                self._session.notice.emit("No other image shows the same.")

        self._session.reader.ask("same", lambda store: listing.same_as(store, id), found)

    def _start(self, title: str, command: list[str], done: Callable[[dict[str, Any]], None]) -> None:
        session = self._session
        if not session.is_open or title in self._running:
            return
        self._running.add(title)
        job = session.start(title, [*command, "--project", str(session.root)])
        job.finished.connect(done)
        job.ended.connect(lambda: self._tell_views(title))
        session.started.emit(job)

    def _tell_views(self, title: str) -> None:
        self._running.discard(title)
        if self._session.is_open:
            self._session.changed.emit(Change("Look", "measures", np.zeros(0, np.int64)))

    def _checked(self, _: dict[str, Any]) -> None:
        self._session.notice.emit("Checked. What was found is in the column at the left, under Look at.")

    def _doubted(self, result: dict[str, Any]) -> None:
        number = int(result.get("suspects", 0))
        if number:
            self._header.arrange("suspect", True, "")
            self._session.set_filter(SUSPECTS)
        found = wording.count(number, "suspect label") if number else "No suspect label"
        self._session.notice.emit(f"{found} found. Space takes the suggestion, K says the label is right.")
