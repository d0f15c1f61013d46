"""A run that another process trains: its events as they are written, and the words that others leave for it."""

import contextlib
import os
import time
from collections.abc import Generator

from core.events import Event, decode
from core.jobs import LOOK_SECONDS, Control
from core.runs.folder import STEP, RunFolder

_MOST = 1 << 20  # bytes of a poll
_Signature = tuple[int, int, int]


class Follower:
    """The events of a run from its first on; each `poll` reads only what was appended since the last.

    `behind` tells that there is more already: a poll reads a megabyte at most, so that it never takes long.
    """

    def __init__(self, run: RunFolder, steps: bool = True) -> None:
        self.behind = False
        self._file = run.events_file
        self.steps = steps  # may be changed between polls
        self._offset = 0
        self._inode = -1

    def poll(self) -> list[Event]:
        """What is new, without the many step events unless they are wanted. A torn last line waits for its rest.

        Begins anew when the file was cut or replaced. Raises OSError.
        """
        try:
            with self._file.open("rb") as file:
                facts = os.fstat(file.fileno())
                if facts.st_ino != self._inode or facts.st_size < self._offset:
                    self._inode, self._offset = facts.st_ino, 0
                file.seek(self._offset)
                data = file.read(_MOST)
                whole = data.rfind(b"\n") + 1
                if not whole and len(data) == _MOST:  # a line longer than that
                    data += file.readline()
                    whole = len(data) if data.endswith(b"\n") else 0
        except FileNotFoundError:
            self.behind = False
            return []
        self._offset += whole
        self.behind = whole > 0 and self._offset < facts.st_size
        lines = data[:whole].splitlines()
        wanted = lines if self.steps else [line for line in lines if not line.startswith(STEP)]
        found = (decode(line.decode(errors="replace")) for line in wanted)
        return [event for event in found if event is not None]


def following(run: RunFolder, control: Control, steps: bool = True) -> Generator[Event, None, None]:
    """All events of `run` until no process trains it any more, or `control` says stop: which leaves the run alone."""
    follower = Follower(run, steps)
    while not control.stopping:
        alive = run.alive  # before its events are read: what it wrote before its end is then among them
        events = follower.poll()
        yield from events
        if not events and not follower.behind:
            if not alive:
                return
            time.sleep(LOOK_SECONDS)


class Words:
    """The words that others leave in a run's folder for the process that trains it, each obeyed once.

    What lay there before is of an earlier life of the run.
    """

    def __init__(self, run: RunFolder) -> None:
        self._run = run
        self._known = self._signature()

    def word(self) -> str | None:
        """The word left since the last look, if any."""
        # What cannot be read now is looked for again: on Windows while another word is put there, or on a network
        # drive that is out of reach, which must not end the training.
        with contextlib.suppress(OSError):
            now = self._signature()
            if now != self._known:
                word = self._run.asked()
                self._known = now
                return word
        return None

    def record(self, event: Event) -> Event:
        return self._run.append(event)

    def _signature(self) -> _Signature | None:
        try:
            facts = self._run.control_file.stat()
        except FileNotFoundError:
            return None
        return facts.st_mtime_ns, facts.st_ino, facts.st_size
