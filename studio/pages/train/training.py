"""The training that the Train page shows live: its own, in a child process, or one that another process drives."""

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from core.events import Event, RunEnded, RunStarted, Step
from core.runs.folder import RunFolder
from studio.jobs import JobSupervisor
from studio.pages.train import live as living
from studio.pages.train import state
from studio.pages.train import steps as stepping
from studio.pages.train.live import FollowWork, Live
from studio.pages.train.state import Failure
from studio.pages.train.steps import Steps
from studio.parting import Parting
from studio.session import JobFailure, Session

_LEAVE_MILLISECONDS = 2000


class Training(QObject):
    """At most one training. `live` and `steps` stay readable after its end.

    `outcome` says how the last own one ended: finished, failed, or parted when somebody stopped it or let go of it.
    """

    began = Signal(str)  # a run, by its name
    progressed = Signal()  # an epoch ended or something was remarked
    stepped = Signal()
    changed = Signal()  # state or pace
    ended = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.job: JobSupervisor | None = None
        self.live, self.steps, self.failure = Live(), Steps(), Failure()
        self.outcome = ""
        self.of_queue = False
        self.beginning = False  # its job is in the session already, but not here yet
        self.before = ""  # the run before this one, of a queue
        self._waiting = 0
        self._parted = False

    @property
    def running(self) -> bool:
        return self.job is not None

    @property
    def name(self) -> str:
        """Of the run, or "A run" while it has none."""
        return self.live.run or "A run"

    @property
    def state(self) -> str:
        """Of the job; "none" without one."""
        return self.job.state if self.job else "none"

    @property
    def attached(self) -> bool:
        """Whether another process drives it, or did not tell this one yet that it does."""
        return self.job is not None and isinstance(self.job.work, FollowWork)

    @property
    def own(self) -> bool:
        """Whether it is a job of this window."""
        return self.job is not None and not self.attached

    def begin(self, title: str, arguments: list[str], live: Live, of_queue: bool = False) -> None:
        """Train in a child process: `core ARGUMENTS…`."""
        self.leave()
        self._reset(live)
        self.of_queue = of_queue
        # Not session.start: this page tells the failure of a run itself, with the button that resumes it.
        self.beginning = True
        job = self._session.jobs.start(title, arguments)
        self.beginning = False
        job.parting = self._parting
        job.failed.connect(lambda title, hint, bug: self._failed(job, title, hint, bug))
        job.finished.connect(lambda _: self._finished(job))
        self._watch(job)

    def attach(self, run: RunFolder) -> None:
        """Follow a run that another process trains. Not a job of the session: nobody asks about it on leaving."""
        self.leave()
        self._reset(Live(run=run.name))
        job = JobSupervisor(f"Training {run.name}", FollowWork(run), self)
        self._watch(job)
        job.start()

    def leave(self) -> None:
        """Follow a run of another process no more."""
        if self.job is not None and isinstance(self.job.work, FollowWork):
            job, self.job = self.job, None
            job.blockSignals(True)
            job.kill()
            if job.wait(_LEAVE_MILLISECONDS):
                job.deleteLater()

    def forget(self) -> None:
        """What is or was trained is of another project."""
        self.leave()
        self.job = None
        self._reset(Live())

    def pause_or_resume(self) -> None:
        if self.job is not None:
            self.job.resume() if self.job.state == "paused" else self.job.pause()

    def stop(self) -> None:
        if self.job is not None:
            self.job.stop()

    def set_waiting(self, number: int) -> None:
        """How many runs wait for the end of this one."""
        self._waiting = number

    def _reset(self, live: Live) -> None:
        self.live, self.steps, self.failure = live, Steps(), Failure()
        self.outcome, self._parted, self.of_queue = "", False, False

    def _watch(self, job: JobSupervisor) -> None:
        self.job = job
        job.events.connect(lambda events: self._heard(job, events))
        job.changed.connect(lambda: self._change(job))
        job.ended.connect(lambda: self._ended(job))

    # What is heard of a job that was forgotten, because another project is open, is of nobody's interest.

    def _heard(self, job: JobSupervisor, events: list[Event]) -> None:
        if job is not self.job:
            return
        if isinstance(job.work, FollowWork) and (standing := job.work.caught_up):
            self.live, self.steps = standing
            job.work.caught_up = None
        begun, told, before = "", self.live.told, self.live.run
        for event in events:
            self.live = living.follow(self.live, event)
            if isinstance(event, RunStarted):
                begun = event.run
                self._begin_steps(event)
            else:
                self.steps.hear(event)
        if begun:
            self.before = before
            job.pace = replace(job.pace, title=f"Training {begun}")
            self.began.emit(begun)
        elif self.live.told is not told:
            self.progressed.emit()
        elif any(isinstance(event, Step) for event in events):
            self.stepped.emit()

    def _begin_steps(self, started: RunStarted) -> None:
        if self.attached:
            self.steps.begin(started)
            return
        self.steps = Steps()
        self.steps.begin(started)
        if started.epoch or started.step:  # its earlier steps are in its folder
            run = RunFolder(self._session.store.paths.runs / started.run)
            self._session.reader.ask("train-own-steps", lambda store: stepping.read(run), self._earlier)

    def _earlier(self, steps: Steps) -> None:
        if self.job is not None:
            self.steps = steps
            self.stepped.emit()

    def _change(self, job: JobSupervisor) -> None:
        if job is self.job:
            self._parted = self._parted or job.state in ("stopping", "detaching")
            self.changed.emit()

    def _finished(self, job: JobSupervisor) -> None:
        if job is self.job:
            self.outcome = "finished"
            self._session.index.update()

    def _failed(self, job: JobSupervisor, title: str, hint: str, bug: bool) -> None:
        if job is not self.job:
            return
        self.outcome = "bug" if bug else "failed"
        over = any(isinstance(event, RunEnded) for event in self.live.told[-1:])
        if self.live.run and not self.of_queue and not over:
            self.failure = Failure(self.live.run, title, hint)
        else:
            self._session.problem.emit(JobFailure(title, hint, bug))

    def _ended(self, job: JobSupervisor) -> None:
        if job is self.job:
            if self._parted:
                self.outcome = "parted"
            self.job = None
            self.ended.emit()

    def _parting(self) -> Parting:
        return state.parting(self.live.run, self.state, self._waiting, self.of_queue)
