"""A heartbeat in the window's thread: how long it stood still, and what it did meanwhile.

A stall is a gap between two beats. It is told apart into what the thread worked, what it waited for a core of the
machine, and the rest: waits for Python's lock, which other threads of the window hold, and for the disk.
"""

import faulthandler
import gc
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from PySide6.QtCore import QObject, Qt, QTimer

from benchmarks.timing import share

BEAT = 5.0  # ms
LONG = 30.0  # ms; from here on stacks are looked at
LIMITS = {"p99": 33.0, "max": 50.0}
_LOOK_SECONDS = 0.01
_DEEPEST = 5  # lines of a stack that are told
_LINE = re.compile(r'  File "(.+)", line (\d+)')

# The same heartbeat in a process that does nothing else: what the machine leaves to anybody.
_BARE = """
import sys, time
gaps = []
before = time.perf_counter()
while not sys.stdin.closed and time.perf_counter() < before + 600:
    time.sleep({beat})
    now = time.perf_counter()
    print(1000 * (now - before - {beat}))
    before = now
"""


@dataclass(frozen=True)
class Stall:
    """A gap in ms, of which the thread worked so many and waited so many for a core (None off Linux)."""

    at: float  # seconds of time.perf_counter
    activity: str
    gap: float
    worked: float
    queued: float | None
    collected: float = 0.0  # of Python's garbage collection
    stacks: tuple[str, ...] = field(default=())


class Heart(QObject):
    """Beats while `activity` is not empty; `stalls` holds a gap for each beat."""

    def __init__(self) -> None:
        super().__init__()
        self.activity = ""
        self.stalls: list[Stall] = []
        self.collections: list[tuple[int, float]] = []  # generation, ms
        self._stacks: list[str] = []
        self._collected, self._collecting = 0.0, 0.0
        self._queue = _run_queue()
        self._thread = threading.get_ident()
        self._over = threading.Event()
        self._timer = QTimer(self, interval=int(BEAT), timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def begin(self) -> None:
        self._mark()
        gc.callbacks.append(self._collect)
        self._timer.start()
        threading.Thread(target=self._watch, name="heart-watch", daemon=True).start()

    def end(self) -> None:
        self._timer.stop()
        self._over.set()
        gc.callbacks.remove(self._collect)

    def _mark(self) -> None:
        self._at, self._cpu, self._waited = time.perf_counter(), time.thread_time(), next(self._queue)

    def _beat(self) -> None:
        at, cpu, waited = self._at, self._cpu, self._waited
        self._mark()
        gap = max(0.0, 1000 * (self._at - at) - BEAT)
        queued = None if self._waited is None or waited is None else 1000 * (self._waited - waited)
        if self.activity:
            stacks = tuple(dict.fromkeys(self._stacks))
            worked = 1000 * (self._cpu - cpu)
            self.stalls.append(Stall(at, self.activity, gap, worked, queued, self._collected, stacks))
        self._stacks, self._collected = [], 0.0

    def _collect(self, phase: str, facts: Mapping[str, int]) -> None:
        if phase == "start":
            self._collecting = time.perf_counter()
            return
        passed = 1000 * (time.perf_counter() - self._collecting)
        self._collected += passed
        self.collections.append((facts["generation"], passed))

    def _watch(self) -> None:
        with tempfile.TemporaryFile() as file:
            while not self._over.wait(_LOOK_SECONDS):
                if 1000 * (time.perf_counter() - self._at) - BEAT > LONG:
                    self._stacks.append(_stack(file, self._thread))


def _run_queue() -> Iterator[float | None]:
    """Seconds that this thread was ready and had no core, so far."""
    facts = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
    if not facts.is_file():
        while True:
            yield None
    file = os.open(facts, os.O_RDONLY)
    while True:
        yield int(os.pread(file, 100, 0).split()[1]) / 1e9


def _stack(file: IO[bytes], thread: int) -> str:
    """The innermost lines of a thread, innermost first.

    Not by `sys._current_frames`: a frame that is held keeps the QPainter in it alive beyond its paint event, and Qt
    crashes in the next one.
    """
    file.seek(0)
    file.truncate()
    faulthandler.dump_traceback(file)
    file.seek(0)
    lines = file.read().decode(errors="replace").splitlines()
    start = next((n for n, line in enumerate(lines) if f"0x{thread:016x}" in line), len(lines))
    found = [match for line in lines[start + 1 : start + 1 + _DEEPEST] if (match := _LINE.match(line))]
    return " < ".join(f"{Path(match[1]).parent.name}/{Path(match[1]).name}:{match[2]}" for match in found)


def summary(stalls: Sequence[Stall]) -> dict[str, Any]:
    """Milliseconds. `own` counts only what the thread worked in each gap, be there a core for it or not."""
    gaps = [stall.gap for stall in stalls]
    queued = [stall.queued for stall in stalls if stall.queued is not None]
    own = [max(0.0, min(stall.gap, stall.worked)) for stall in stalls]
    return {
        "beats": len(stalls),
        "p50_ms": round(share(gaps, 0.5), 1),
        "p99_ms": round(share(gaps, 0.99), 1),
        "max_ms": round(max(gaps), 1),
        "own_p99_ms": round(share(own, 0.99), 1),
        "own_max_ms": round(max(own), 1),
        "queued_p99_ms": round(share(queued, 0.99), 1) if queued else None,
        "queued_max_ms": round(max(queued), 1) if queued else None,
        "over_33": sum(gap > LIMITS["p99"] for gap in gaps),
        "over_50": sum(gap > LIMITS["max"] for gap in gaps),
    }


def told(stall: Stall) -> str:
    """A stall in a line or, with stacks, a few."""
    queued = "" if stall.queued is None else f", waited {stall.queued:.0f} for a core"
    collected = f", {stall.collected:.0f} of garbage collection" if stall.collected >= 1 else ""
    head = f"{stall.gap:5.0f} ms  {stall.activity}: worked {stall.worked:.0f}{queued}{collected}"
    return "\n".join([head, *(f"          {stack}" for stack in stall.stacks)])


@contextmanager
def bare() -> Iterator[list[float]]:
    """Beat in a process of its own too; its gaps in ms are in the list once the block is left."""
    gaps: list[float] = []
    command = [sys.executable, "-c", _BARE.format(beat=BEAT / 1000)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    try:
        yield gaps
    finally:
        process.terminate()
        said, _ = process.communicate()
        gaps += [float(line) for line in said.splitlines()[1:-1]]
