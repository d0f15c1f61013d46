"""Long work: a generator of events that can be closed, run here or in a child process.

A job yields `Event`s and returns its result. Closing it (window, Ctrl-C, SIGTERM, closed stdin) raises GeneratorExit
at its last `yield`, so its `finally` blocks save what there is. It pauses by not being asked for the next event. A job
that answers questions takes them from `Control.requests`.
"""

import contextlib
import json
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from types import FrameType
from typing import IO, Any

from core.events import Event, Failed, decode


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


class Control:
    """Whether a job shall go on and what it is asked: by signals, or by the lines of a stream.

    The lines are `pause`, `resume`, `stop` and requests, JSON objects. Others mean nothing.
    """

    def __init__(self) -> None:
        self._stop = threading.Event()
        self.requests = Requests(self._stop)
        self._go = threading.Event()
        self._go.set()

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

    def wait_while_paused(self) -> None:
        # A timeout keeps Python's signal handlers running while paused.
        while not self._go.wait(timeout=0.2):
            pass

    def obey(self, stream: IO[str]) -> None:
        """Follow the lines of `stream` from a thread of its own; its end means stop."""

        def follow() -> None:
            verbs = {"pause": self.pause, "resume": self.resume, "stop": self.stop}
            try:
                for line in stream:
                    if not line.startswith("{"):
                        verbs.get(line.strip(), lambda: None)()
                    elif request := _request(line):
                        self.requests.put(request)
            finally:
                self.stop()

        threading.Thread(target=follow, name="job-control", daemon=True).start()

    @contextlib.contextmanager
    def obeying_signals(self) -> Iterator[None]:
        """Within the block SIGINT and SIGTERM stop the job at its next event; a second one ends it at once."""

        def ask(number: int, frame: FrameType | None) -> None:
            if self.stopping:
                raise KeyboardInterrupt
            self.stop()

        before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def run(job: Generator[Event, None, Any], sink: Callable[[Event], None], control: Control | None = None) -> Any:
    """Drive `job` to its end, handing each event to `sink`; returns the job's result.

    Raises `Stopped` when `control` asked to stop; the job has then been closed and has saved its state.
    """
    try:
        while True:
            if control:
                control.wait_while_paused()
                if control.stopping:
                    raise Stopped
            sink(next(job))
    except StopIteration as end:
        return end.value
    finally:
        job.close()


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
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._speak, name="job-words", daemon=True)
        self._thread.start()

    def say(self, word: str) -> None:
        with self._changed:
            self._words.append(word)
            self._changed.notify()

    def ask(self, request: dict[str, Any]) -> None:
        line = json.dumps(request)
        with self._changed:
            self._request = line
            self._changed.notify()

    def close(self) -> None:
        """The child has ended: what it was not told yet is of no use any more."""
        with self._changed:
            self._over = True
            self._changed.notify()
        self._thread.join(timeout=2)

    def _speak(self) -> None:
        # A child that has ended needs no word; `Child.events` reports its end.
        with contextlib.suppress(OSError, ValueError):
            while (line := self._next()) is not None:
                self._stream.write(line + "\n")
                self._stream.flush()

    def _next(self) -> str | None:
        with self._changed:
            self._changed.wait_for(lambda: self._over or self._words or self._request is not None)
            if self._over:
                return None
            if self._words:
                return self._words.popleft()
            line, self._request = self._request, None
            return line


class Child:
    """A job in a process of its own: `core ARGUMENTS… --events`, read as events from its stdout.

    A crash or out-of-memory in it takes down neither its parent nor the parent's data.
    """

    def __init__(self, arguments: list[str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "core", *arguments, "--events"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            bufsize=1,
        )
        assert self._process.stdin is not None
        self._speaker = _Speaker(self._process.stdin)
        self._complaints: list[str] = []
        self._listener = threading.Thread(target=self._listen, name="job-stderr", daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def events(self) -> Iterator[Event]:
        """All events until the process ends. A process that dies without a last word yields a `Failed` for it.

        Must be drained after `stop` too: a full pipe would block the child before it has saved.
        """
        assert self._process.stdout is not None
        last: Event | None = None
        for line in self._process.stdout:
            if event := decode(line):
                last = event
                yield event
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


INTERRUPTED = 130
