"""Images whose folder has moved: told when a project is opened, and found again below the folder that the user says."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from PySide6.QtWidgets import QWidget

from core import wording
from core.errors import Error
from core.project.catalog import AbsentFolder, absent_folders
from core.project.edits import Change
from studio.actions import Command
from studio.jobs import JobSupervisor
from studio.session import Session
from studio.widgets.message_bar import MessageBar

COMMANDS: tuple[Command, ...] = (
    Command("relink", "Find moved images…", "Say where the images are now; their labels stay", "search"),
)


class Questions(Protocol):
    """The dialog that is needed here."""

    def folder(self, title: str) -> Path | None: ...


class Moved(MessageBar):
    """Hidden while all folders of images are where they were. `follow` shows the job that looks for them."""

    def __init__(
        self,
        session: Session,
        questions: Callable[[], Questions],
        follow: Callable[[JobSupervisor], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent=parent)
        self._session, self._questions, self._follow = session, questions, follow
        session.opened.connect(self._look)
        session.changed.connect(self._changed)
        self.acted.connect(self.search)

    def search(self) -> None:
        """Ask where the images are now, and look for them there."""
        session = self._session
        if not session.writable:
            first = Error("No project is open for changes.", "Open one, or wait until the import is done.")
            session.problem.emit(session.read_only_reason or first)
        elif folder := self._questions().folder("Choose the folder where the images are now"):
            job = session.relink(folder)
            self._follow(job)
            job.finished.connect(self._found)

    def _changed(self, change: Change) -> None:
        if change.kind == "import":
            self._look()

    def _look(self) -> None:
        self.hide()
        if self._session.is_open:
            self._session.reader.ask("absent", absent_folders, self._tell)

    def _tell(self, absent: Sequence[AbsentFolder]) -> None:
        if not absent:
            self.hide()
            return
        images = wording.count(sum(folder.images for folder in absent), "image")
        one = len(absent) == 1
        title = f"The folder {absent[0].path.name} is" if one else f"{len(absent)} folders of images are"
        hint = f"{images} cannot be shown until {'it is' if one else 'they are'} found: {absent[0].path}"
        action = "Find moved images…" if self._session.writable else ""
        self.show_message(f"{title} not where {'it was' if one else 'they were'}.", hint, "warning", action)

    def _found(self, result: dict) -> None:
        found, missing = int(result.get("relinked", 0)), int(result.get("missing", 0))
        if found or not missing:
            rest = f"; {missing:,} still missing" if missing else ""
            self._session.notice.emit(f"{wording.count(found, 'image')} found again{rest}")
            return
        hint = f"{wording.count(missing, 'image')} still missing. Choose the folder that holds them, or one around it."
        self._session.problem.emit(Error("None of the missing images is there.", hint))
