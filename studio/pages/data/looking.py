"""Long looks at all images, as jobs: what can be measured, which labels are suspect, which images show the same."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Qt

from core import wording
from core.project import edits, listing
from core.project.edits import Change
from core.project.query import parse
from core.project.scores import SUSPECTS
from studio.pages.data.header import GridHeader
from studio.session import Session

if TYPE_CHECKING:
    from studio.pages.data.findings_dialog import FindingsDialog
    from studio.pages.data.findings_state import Target

_CHECKING = "Checking the images"


class Looking(QObject):
    """Starts the jobs and shows what they found in the grid."""

    def __init__(self, session: Session, header: GridHeader) -> None:
        super().__init__()
        self._session, self._header = session, header
        self._running: set[str] = set()
        self._cues: list[dict[str, Any]] | None = None  # of the last check of this project
        self._findings: FindingsDialog | None = None
        session.opened.connect(self._forget)

    def check(self) -> None:
        """Measure all images, then show what was found."""
        self._start(_CHECKING, ["check"], self._checked)
        self._tell_findings()

    def show_findings(self) -> None:
        """Show what was found so far, in a window beside the grid."""
        if self._session.is_open:
            dialog = self._dialog()
            dialog.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating, False)
            dialog.show()
            dialog.raise_()
            dialog.activateWindow()

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
        root = session.root
        job = session.start(title, [*command, "--project", str(root)])
        job.finished.connect(lambda result: done(result) if session.is_open and session.root == root else None)
        job.ended.connect(lambda: self._tell_views(title))
        session.started.emit(job)

    def _tell_views(self, title: str) -> None:
        self._running.discard(title)
        self._tell_findings()
        if self._session.is_open:
            self._session.changed.emit(Change("Look", "measures", np.zeros(0, np.int64)))

    def _checked(self, result: dict[str, Any]) -> None:
        self._cues = result["cues"]
        if self._header.isVisible():
            dialog = self._dialog()
            # Who labels meanwhile goes on: the window takes no key.
            dialog.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating, not dialog.isVisible())
            dialog.show()
        else:
            number = sum(bool(one["count"]) for one in result["findings"])
            found = f"{wording.count(number, 'finding')}, under Findings" if number else "nothing was found"
            self._session.notice.emit(f"Checked: {found}.")

    def _dialog(self) -> "FindingsDialog":
        from studio.pages.data.findings_dialog import FindingsDialog

        if self._findings is None:
            self._findings = FindingsDialog(self._session, self.check, self._show_target, self._header.window())
        self._tell_findings()
        return self._findings

    def _tell_findings(self) -> None:
        if self._findings is not None:
            self._findings.tell(self._cues, _CHECKING in self._running)

    def _show_target(self, target: "Target") -> None:
        """The keys are for the grid then, so that what was found can be settled at once."""
        self._session.go_to.emit("data")
        self._header.arrange(*target.arranged)
        self._session.set_filter(target.filter)
        self._header.back.emit()
        self._header.window().activateWindow()

    def _forget(self) -> None:
        self._cues = None

    def _doubted(self, result: dict[str, Any]) -> None:
        if not result["errors"]:
            self._session.notice.emit(f"{wording.count(result['judged'], 'label')} compared: none looks wrong.")
            return
        self._header.arrange("suspect", True, "")
        self._session.set_filter(SUSPECTS)
        found = wording.count(result["errors"], "label")
        self._session.notice.emit(f"About {found} may be wrong. Space takes the suggestion, K says the label is right.")
