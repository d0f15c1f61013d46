"""Leaving a project or the program while jobs run: the question, and what follows once they have ended."""

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, QTimer

from studio.jobs import Jobs, JobSupervisor
from studio.parting import Parting


class Questions(Protocol):
    """The dialogs that are needed here."""

    def stop_jobs(self, title: str) -> bool: ...
    def part(self, parting: Parting, others: list[str]) -> str | None: ...


class Leaving(QObject):
    """Does what was asked for once no job runs any more. A training may go on without the window."""

    def __init__(self, jobs: Jobs, questions: Callable[[], Questions], parent: QObject) -> None:
        super().__init__(parent)
        self._jobs, self._questions = jobs, questions
        self._then: Callable[[], None] | None = None
        jobs.changed.connect(self._go_on)

    def leave(self, then: Callable[[], None]) -> None:
        """Do `then` once no job runs; asks before it stops one or lets go of one."""
        running = self._jobs.running
        if not running:
            then()
        elif self._then or self._may(running):  # asked and ending already
            self._then = then
            self._go_on()

    def _may(self, running: list[JobSupervisor]) -> bool:
        """Ask, and let the jobs end as was answered; False to go back."""
        apart = [job for job in running if job.parting and job.state in ("running", "paused")]
        others = [job for job in running if job not in apart]
        if not apart or apart[-1].parting is None:
            if not self._questions().stop_jobs(running[-1].pace.title):
                return False
            self._jobs.stop_all()
            return True
        answer = self._questions().part(apart[-1].parting(), [job.pace.title for job in others])
        if answer is None:
            return False
        for job in self._jobs.running:  # some may have ended while the question was open
            if answer == "go on" and job in apart:
                job.resume()
                job.detach()
            else:
                job.stop()
        return True

    def _go_on(self) -> None:
        if self._then and not self._jobs.running:
            # Once all have heard how the job ended: whoever takes back a new project needs it open for that.
            QTimer.singleShot(0, self, self._leave)

    def _leave(self) -> None:
        if self._then and not self._jobs.running:
            then, self._then = self._then, None
            then()
