"""Long work, supervised so that the window never waits for it.

A `JobSupervisor` runs `core …` in a child process (or a generator, for short scans) under a `QThread` that only moves
events into a deque. A 30 Hz timer of the window's thread drains it: one Qt signal an event from a busy thread froze
the window for a second. After a stop the thread goes on draining, because a child that meets a full pipe would die
before it has saved. Exactly one of `finished`, `failed`, `stopped` and `detached` comes, then `ended`.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from typing import Any, Protocol

from PySide6.QtCore import QObject, QThread, QTimer, Signal

from core import jobs
from core.errors import told
from core.events import Event, Failed, Finished, Paused, Resumed
from studio.parting import Parting
from studio.priority import give_way
from studio.progress import Pace, fold

_log = logging.getLogger(__name__)

DRAIN_MILLISECONDS = 33


class Work(Protocol):
    """What a supervisor can run: `run` blocks until the end and hands every event to the sink."""

    def run(self, sink: Callable[[Event], None]) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def stop(self) -> None: ...
    def ask(self, request: dict[str, Any]) -> None: ...
    def kill(self) -> None: ...


class ChildWork:
    """`core ARGUMENTS… --events` in a process of its own, started by the thread that runs it."""

    def __init__(self, arguments: list[str]) -> None:
        self._arguments = arguments
        self._child: jobs.Child | None = None
        self._starting = threading.Lock()
        self._unsaid: list[str] = []  # words said before the process was there
        self._unasked: dict[str, Any] | None = None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def run(self, sink: Callable[[Event], None]) -> None:
        child = jobs.Child(self._arguments)
        give_way(child.pid)
        with self._starting:
            self._child = child
            for word in self._unsaid:
                getattr(child, word)()
            if self._unasked is not None:
                child.ask(self._unasked)
        for event in child.events():
            sink(event)

    def pause(self) -> None:
        self._say("pause")

    def resume(self) -> None:
        self._say("resume")

    def stop(self) -> None:
        self._say("stop")

    def detach(self) -> None:
        """Let the process go on alone, also after the end of this one."""
        self._say("detach")

    def ask(self, request: dict[str, Any]) -> None:
        with self._starting:
            if self._child:
                self._child.ask(request)
            else:
                self._unasked = request

    def kill(self) -> None:
        self._say("kill")

    def _say(self, word: str) -> None:
        with self._starting:
            if self._child:
                getattr(self._child, word)()
            else:
                self._unsaid.append(word)


class ScanWork:
    """A generator run by the supervising thread itself: for scans that mostly wait for the disk."""

    def __init__(self, scan: Callable[[], Generator[Event, None, dict[str, Any] | None]]) -> None:
        self._scan = scan
        self._control = jobs.Control()

    def run(self, sink: Callable[[Event], None]) -> None:
        try:
            result = jobs.run(self._scan(), sink, self._control)
        except jobs.Stopped:
            return
        sink(Finished(result=result or {}))

    def pause(self) -> None:
        self._control.pause()

    def resume(self) -> None:
        self._control.resume()

    def stop(self) -> None:
        self._control.stop()

    def ask(self, request: dict[str, Any]) -> None:
        self._control.requests.put(request)

    def kill(self) -> None:
        self._control.stop()


class _Thread(QThread):
    def __init__(self, work: Work, inbox: "deque[Event]", parent: QObject) -> None:
        super().__init__(parent)
        self._work = work
        self._inbox = inbox
        self.over = False

    def run(self) -> None:
        try:
            self._work.run(self._inbox.append)
        except Exception as problem:
            known = told(problem)
            if known is None:
                self._inbox.append(Failed(title="The job met a fault of Wildset.", hint=repr(problem), bug=True))
                raise
            self._inbox.append(Failed(title=known.title, hint=known.hint))
        finally:
            self.over = True


class JobSupervisor(QObject):
    """One job of the window. `state` is running, paused, stopping, detaching or ended; `pace` says how far it is.

    `parting` is set for a job that may go on without the window.
    """

    events = Signal(list)
    finished = Signal(dict)
    failed = Signal(str, str, bool)  # title, hint, whether it is a bug
    stopped = Signal()
    detached = Signal()  # it goes on, without the window
    ended = Signal()
    changed = Signal()  # state or pace

    def __init__(self, title: str, work: Work, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.work = work
        self.state = "running"
        self.pace = Pace(title)
        self.parting: Callable[[], Parting] | None = None
        self._inbox: deque[Event] = deque()
        self._last: Event | None = None
        self._thread = _Thread(work, self._inbox, self)
        self._timer = QTimer(self, interval=DRAIN_MILLISECONDS)
        self._timer.timeout.connect(self._drain)

    def start(self) -> None:
        self._thread.start()
        self._timer.start()

    def pause(self) -> None:
        """Let the job wait before its next event."""
        if self.state == "running":
            self.work.pause()
            self._enter("paused")

    def resume(self) -> None:
        if self.state == "paused":
            self.work.resume()
            self._enter("running")

    def stop(self) -> None:
        """Ask the job to save and end; `stopped` comes when it has."""
        if self.state in ("running", "paused"):
            self.work.stop()
            self._enter("stopping")

    def detach(self) -> None:
        """Let the job go on without the window, paused if it is; `detached` comes when it does.

        Work of this very process ends with it and is stopped.
        """
        if not isinstance(self.work, ChildWork):
            self.stop()
        elif self.state in ("running", "paused"):
            self.work.detach()
            self._enter("detaching")

    def ask(self, request: dict[str, Any]) -> None:
        """Put a request to a job that answers them; it replaces one that was not taken yet. An ended job hears none."""
        if self.state in ("running", "paused"):
            self.work.ask(request)

    def kill(self) -> None:
        """End the work at once; what it has saved is safe."""
        self.work.kill()

    def wait(self, milliseconds: int = 10_000) -> bool:
        """Block until the thread is over, for the end of the program; False when it takes longer."""
        return self._thread.wait(milliseconds)

    def _enter(self, state: str) -> None:
        self.state = state
        self.changed.emit()

    def _follow(self, event: Event) -> None:
        """A job can be asked to pause from outside the window too."""
        match event, self.state:
            case Paused(), "running":
                self.state = "paused"
            case Resumed(), "paused":
                self.state = "running"

    def _drain(self) -> None:
        over = self._thread.over  # read before the inbox: what came before the end is then in the inbox
        batch = []
        while self._inbox:
            batch.append(self._inbox.popleft())
        if batch:
            now = time.monotonic()
            for event in batch:
                self.pace = fold(self.pace, event, now)
                self._follow(event)
            self._last = batch[-1]
            self.events.emit(batch)
            self.changed.emit()
        if over:
            self._end()

    def _end(self) -> None:
        self._timer.stop()
        self._thread.wait()
        detaching = self.state == "detaching"
        self._enter("ended")
        match self._last:
            case Finished(result=result):
                self.finished.emit(result)
            case Failed(title=title, hint=hint, bug=bug):
                self.failed.emit(title, hint, bug)
            case _ if detaching:
                self.detached.emit()
            case _:
                self.stopped.emit()
        self.ended.emit()


class Jobs(QObject):
    """All jobs of the window, in order of their start. `changed` comes for each change of any, `ended` for each end."""

    changed = Signal()
    ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs: list[JobSupervisor] = []

    @property
    def running(self) -> list[JobSupervisor]:
        """The jobs that have not ended, oldest first; a job that tells `finished` has ended already."""
        return [job for job in self._jobs if job.state != "ended"]

    def start(self, title: str, work: Work | list[str]) -> JobSupervisor:
        """Start `core` with these arguments (or other work) and supervise it."""
        job = JobSupervisor(title, ChildWork(work) if isinstance(work, list) else work, self)
        self._jobs.append(job)
        job.changed.connect(self.changed)
        job.ended.connect(self._forget_ended)
        _log.info("job: %s", title)
        job.start()
        self.changed.emit()
        return job

    def stop_all(self) -> None:
        """Ask every job to save and end."""
        for job in self.running:
            job.stop()

    def _forget_ended(self) -> None:
        for job in [job for job in self._jobs if job.state == "ended"]:
            _log.info("job ended: %s", job.pace.title)
            self._jobs.remove(job)
            job.setParent(None)  # it lives on as long as a page holds it
            self.ended.emit()
        self.changed.emit()
