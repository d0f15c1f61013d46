"""Long work: a generator of events that can be closed, run here or in a child process.

A job yields `Event`s and returns its result. Closing it (window, Ctrl-C, SIGTERM, closed stdin) raises GeneratorExit
at its last `yield`, so its `finally` blocks save what there is. It pauses by not being asked for the next event; as a
pause begins it is sent "save" once, which it may obey, so that a kill during the pause loses nothing. A job that
answers questions takes them from `Control.requests`.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from types import FrameType
from typing import IO, Any, Protocol

from core.events import Event, Failed, Finished, Paused, Resumed, decode

INTERRUPTED = 130  # exit code of work that was asked to stop
LOOK_SECONDS = 0.2
# On Windows a process without the console of its parent; 0 elsewhere.
_APART = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0)


class Stopped(Exception):
    """The user asked the job to stop; what it had done is kept."""


class Requests:
    """What a job is asked while it runs. Only the latest is kept: nobody waits for the answer to an older one."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._latest: dict[str, Any] | None = None
        self._changed = threading.Condition()

    def put(self, request: dict[str, Any]) -> None:
        with self._changed:
            self._latest = request
            self._changed.notify()

    def take(self) -> dict[str, Any]:
        """The latest request, waiting until there is one. Raises `Stopped` when the job shall end instead."""
        with self._changed:
            while not self._stop.is_set():
                if self._latest is not None:
                    request, self._latest = self._latest, None
                    return request
                # Not notified by `stop`, which signal handlers call: they must not need a lock that is held here.
                self._changed.wait(timeout=0.15)
        raise Stopped


class Outside(Protocol):
    """Where others than its parent leave words for a job, and where it is written down that it pauses."""

    def word(self) -> str | None:
        """The word left since it was last asked for: pause, resume or stop."""
        ...

    def record(self, event: Event) -> Event: ...


class Control:
    """Whether a job shall go on and what it is asked: by signals, by the lines of a stream, or from `Outside`.

    The lines are `pause`, `resume`, `stop`, `detach` and requests, JSON objects. Others mean nothing.
    """

    def __init__(self, hasty: bool = True) -> None:
        self._stop = threading.Event()
        self._hasty = hasty
        self.requests = Requests(self._stop)
        self._go = threading.Event()
        self._go.set()
        self._outside: Outside | None = None
        self._look_at = 0.0
        self._parent = threading.Condition()
        self._detached = False

    def stop(self) -> None:
        self._stop.set()
        self._go.set()

    def pause(self) -> None:
        self._go.clear()

    def resume(self) -> None:
        self._go.set()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    @property
    def paused(self) -> bool:
        """Whether the job shall wait; words from outside are looked for, at most every `LOOK_SECONDS`."""
        self._look()
        return not self._go.is_set() and not self.stopping

    def wait_while_paused(self) -> None:
        # A timeout keeps Python's signal handlers running while paused.
        while self.paused:
            self._go.wait(timeout=LOOK_SECONDS)

    def heed(self, outside: Outside) -> None:
        """Follow the words of `outside` too, in the place of another one heeded before."""
        self._outside = outside

    def record(self, event: Event) -> Event:
        """`event`, written down outside where there is such a place."""
        return self._outside.record(event) if self._outside else event

    def detached(self, seconds: float = 0.0) -> bool:
        """Whether the parent has let go of the job; waits up to `seconds` for its last word."""
        with self._parent:
            return self._parent.wait_for(lambda: self._detached or self.stopping, seconds) and self._detached

    def obey(self, stream: IO[str]) -> None:
        """Follow the lines of `stream` from a thread of its own; its end means stop, unless `detach` was said."""

        def follow() -> None:
            try:
                for line in stream:
                    if not line.startswith("{"):
                        self._obey(line.strip())
                    elif request := _request(line):
                        self.requests.put(request)
            finally:
                if not self._detached:
                    with self._parent:
                        self.stop()
                        self._parent.notify_all()

        threading.Thread(target=follow, name="job-control", daemon=True).start()

    def _obey(self, word: str | None) -> None:
        match word:
            case "pause":
                self.pause()
            case "resume":
                self.resume()
            case "stop":
                self.stop()
            case "detach":
                with self._parent:
                    self._detached = True
                    self._parent.notify_all()
                _print_nowhere()

    def _look(self) -> None:
        if self._outside and (now := time.monotonic()) >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            self._obey(self._outside.word())

    @contextlib.contextmanager
    def obeying_signals(self) -> Iterator[None]:
        """SIGINT, SIGTERM and a closed terminal stop the job at its next event, a second one a `hasty` job at once."""

        def ask(number: int, frame: FrameType | None) -> None:
            if self._hasty and self.stopping:
                raise KeyboardInterrupt
            self.stop()

        numbers = [signal.SIGINT, signal.SIGTERM]
        # Under nohup the end of the terminal is ignored already, and shall be.
        if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
            numbers.append(signal.SIGHUP)
        before = {number: signal.signal(number, ask) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def run(job: Generator[Event, Any, Any], sink: Callable[[Event], None], control: Control | None = None) -> Any:
    """Drive `job` to its end, handing each event to `sink`; returns the job's result.

    Raises `Stopped` when `control` asked to stop; the job has then been closed and has saved its state.
    """
    begun = False
    try:
        while True:
            if control:
                if control.paused:
                    _pause(job, sink, control, begun)
                if control.stopping:
                    raise Stopped
            sink(next(job))
            begun = True
    except StopIteration as end:
        return end.value
    finally:
        job.close()


def _pause(job: Generator[Event, Any, Any], sink: Callable[[Event], None], control: Control, begun: bool) -> None:
    if begun and _hears(job):
        sink(job.send("save"))
    sink(control.record(Paused()))
    control.wait_while_paused()
    if not control.stopping:
        sink(control.record(Resumed()))


def _hears(job: Generator[Event, Any, Any]) -> bool:
    """Whether what is sent to `job` reaches a generator; one that yields from a list would break."""
    inner: Any = job
    while (deeper := getattr(inner, "gi_yieldfrom", None)) is not None:
        inner = deeper
    return hasattr(inner, "send")


def _print_nowhere() -> None:
    """Let what this process prints go nowhere: its reader, which sees the end of the pipe, has let go of it."""
    with open(os.devnull, "r+b", buffering=0) as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)


def _request(line: str) -> dict[str, Any] | None:
    """The JSON object of a line; None when it is torn or nonsense."""
    try:
        request: dict[str, Any] = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return request


class _Speaker:
    """Tells a child process words and requests from a thread of its own.

    A child that is slow to read would block whoever writes to its pipe, and that is the window. Words are all said, in
    their order and before requests; of requests that wait only the latest is.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._words: deque[str] = deque()
        self._request: str | None = None
        self._over = False
        self._idle = False  # what was taken last has been written
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._speak, name="job-words", daemon=True)
        self._thread.start()

    def say(self, word: str) -> None:
        with self._changed:
            self._words.append(word)
            self._changed.notify_all()

    def ask(self, request: dict[str, Any]) -> None:
        line = json.dumps(request)
        with self._changed:
            self._request = line
            self._changed.notify_all()

    def close(self) -> None:
        """The child has ended: what it was not told yet is of no use any more."""
        with self._changed:
            self._over = True
            self._changed.notify_all()
        self._thread.join(timeout=2)

    def wait(self, seconds: float) -> bool:
        """Whether all words have been said, within `seconds`."""
        with self._changed:
            return self._changed.wait_for(lambda: self._over or (self._idle and not self._words), seconds)

    def _speak(self) -> None:
        # A child that has ended needs no word; `Child.events` reports its end.
        with contextlib.suppress(OSError, ValueError):
            while (line := self._next()) is not None:
                self._stream.write(line + "\n")
                self._stream.flush()
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def _next(self) -> str | None:
        with self._changed:
            self._idle = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._over or self._words or self._request is not None)
            self._idle = False
            if self._over:
                return None
            if self._words:
                return self._words.popleft()
            line, self._request = self._request, None
            return line


class Child:
    """A job in a process of its own: `core ARGUMENTS… --events`, read as events from its stdout.

    A crash or out-of-memory in it takes down neither its parent nor the parent's data. It ends when its parent does,
    saving what it has, unless the parent let go of it with `detach`.
    """

    def __init__(self, arguments: list[str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "core", *arguments, "--events"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            bufsize=1,
            # What is typed at the parent's terminal, and the end of that, are the parent's business.
            start_new_session=True,
            creationflags=_APART,
        )
        assert self._process.stdin is not None
        self._speaker = _Speaker(self._process.stdin)
        self._detaching = False
        self._complaints = list[str]()
        self._listener = threading.Thread(target=self._listen, name="job-stderr", daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def events(self) -> Iterator[Event]:
        """All events until the process ends or is let go. One that dies without a last word yields a `Failed` for it.

        To be drained after `stop` and `detach` too: a full pipe would block the child before it has saved.
        """
        assert self._process.stdout is not None
        last: Event | None = None
        for line in self._process.stdout:
            if event := decode(line):
                last = event
                yield event
        if self._detaching and not isinstance(last, Finished | Failed):
            # Somebody has to hear of its end as long as this process lives.
            threading.Thread(target=self._process.wait, name="job-apart", daemon=True).start()
            return self._close_pipes()
        code = self._process.wait()
        self._close_pipes()
        if code and not isinstance(last, Failed) and code != INTERRUPTED:
            yield self._death(code)

    def pause(self) -> None:
        self._speaker.say("pause")

    def resume(self) -> None:
        self._speaker.say("resume")

    def stop(self) -> None:
        """Ask the job to save and end; it does so at its next event."""
        self._speaker.say("stop")

    def detach(self) -> None:
        """Let the job go on without this process, also after its end; `events` ends then. Waits for 5 s at most."""
        self._detaching = True
        self._speaker.say("detach")
        self._speaker.wait(seconds=5)

    def ask(self, request: dict[str, Any]) -> None:
        """Put a request to the job, as JSON; it replaces one that the job has not taken yet."""
        self._speaker.ask(request)

    def kill(self) -> None:
        self._process.kill()

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    def _close_pipes(self) -> None:
        self._listener.join(timeout=2)
        self._speaker.close()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert pipe is not None
            # A word that the child did not read any more is of no use.
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._complaints.append(line)
            del self._complaints[:-200]

    def _death(self, code: int) -> Failed:
        words = "".join(self._complaints).strip()
        if code < 0:
            name = signal.Signals(-code).name
            cause = "It may have run out of memory." if name == "SIGKILL" else f"It received {name}."
            return Failed(title=f"The work process was ended from outside. {cause}", hint="What it saved is safe.")
        return Failed(title="The work process ended unexpectedly.", hint=words[-2000:], bug=True)
