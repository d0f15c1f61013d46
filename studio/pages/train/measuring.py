"""The companion that measures networks: a child process with torch, which the window itself never loads."""

from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from core.events import Event, Measured
from core.recipe import Recipe
from studio.jobs import ChildWork, JobSupervisor
from studio.pages.train import capacity

_WAIT = 250  # ms without a change after which it is asked
_REST = 120_000  # ms without a question after which the child ends: its memory is worth more than its start
_FAILURES = 2  # of the child in a row, after which it is not started again


class Measurer(QObject):
    """What the network of a recipe costs. `changed` when `found`, `problem` or `stale` are new."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.found: dict[str, Any] | None = None
        self.problem = ""  # why there is no such network
        self.stale = True  # what is known is not of what was asked last
        self._question: dict[str, Any] | None = None
        self._number = 0
        self._job: JobSupervisor | None = None
        self._failures = 0
        self._soon = QTimer(self, singleShot=True, interval=_WAIT)
        self._soon.timeout.connect(self._send)
        self._rest = QTimer(self, singleShot=True, interval=_REST)
        self._rest.timeout.connect(self._let_go)

    def ask(self, recipe: Recipe, classes: int) -> None:
        """Measure the network of `recipe` for so many classes; the same is not measured twice in a row."""
        question = capacity.question(recipe, classes)
        if question == self._question:
            return
        self._question = question
        self._number += 1
        self._soon.start()
        if not self.stale:
            self.stale = True
            self.changed.emit()

    def close(self) -> None:
        """End the child, which has nothing to save, and wait for its end; another question starts it again."""
        self._soon.stop()
        self._let_go()
        for job in self.findChildren(JobSupervisor):
            job.wait()

    def _let_go(self) -> None:
        """End the child, and do not wait: a large process takes a moment to be gone."""
        if self._job is not None:
            job, self._job = self._job, None
            job.kill()

    def _send(self) -> None:
        if self._question is None:
            return
        if self._failures >= _FAILURES:
            self._know(None, self.problem)
            return
        if self._job is None:
            # Not session.jobs: it waits for questions all day and must not keep anybody from training.
            job = JobSupervisor("Measuring networks", ChildWork(["models", "--companion"]), self)
            job.events.connect(self._heard)
            job.failed.connect(lambda title, hint, _: self._died(job, f"{title} {hint}".strip()))
            job.stopped.connect(lambda: self._died(job, "The process that measures networks was ended."))
            job.start()
            self._job = job
        self._job.ask({"number": self._number, **self._question})
        self._rest.start()

    def _heard(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Measured) and event.number == self._number:
                self._failures = 0
                self._know(event.capacity or None, f"{event.problem} {event.hint}".strip())

    def _died(self, job: JobSupervisor, trouble: str) -> None:
        if job is self._job:  # else it was ended on purpose
            self._job, self._question = None, None
            self._failures += 1
            self._know(None, trouble)

    def _know(self, found: dict[str, Any] | None, problem: str) -> None:
        self.found, self.problem, self.stale = found, problem, False
        self.changed.emit()
