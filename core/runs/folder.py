"""A run's folder `NN-name`: the only code that knows the names of its files. Knows nothing of torch.

Its events file is append-only and is the only source of curves and status. While a process trains the run it holds
an operating system lock on `run.lock`, which a kill releases: so a dead run is never taken for a living one.
"""

import contextlib
import dataclasses
import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import filelock

from core import recipe as recipes
from core.errors import Error
from core.events import Event, decode, encode
from core.recipe import Recipe
from core.runs.durable import flush_folder, write_durably

_NAME = re.compile(r"(\d{2,})-(.+)")
STEP = b'{"event": "Step"'
WORDS = ("pause", "resume", "stop")  # what a training may be asked from outside
E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class RunFolder:
    """One run on disk. `name` is the folder's name, such as "03-demo"; `number` its 3."""

    root: Path

    @property
    def name(self) -> str:
        return self.root.name

    @property
    def number(self) -> int:
        match = _NAME.fullmatch(self.name)
        return int(match[1]) if match else -1

    @property
    def recipe_file(self) -> Path:
        return self.root / "recipe.yaml"

    @property
    def events_file(self) -> Path:
        return self.root / "events.jsonl"

    @property
    def environment_file(self) -> Path:
        return self.root / "environment.json"

    @property
    def certificate_file(self) -> Path:
        """What was in more than one split when the run began; see certified.py."""
        return self.root / "certificate.json"

    @property
    def best(self) -> Path:
        return self.root / "checkpoints" / "best.safetensors"

    @property
    def last(self) -> Path:
        return self.root / "checkpoints" / "last.safetensors"

    @property
    def predictions_file(self) -> Path:
        return self.root / "predictions.npz"

    @property
    def dynamics(self) -> Path:
        return self.root / "dynamics"

    @property
    def report(self) -> Path:
        return self.root / "report"

    @property
    def notes_file(self) -> Path:
        return self.root / "notes.md"

    @property
    def control_file(self) -> Path:
        """What the process that trains the run is asked by others; see `ask`."""
        return self.root / "control"

    @property
    def _lock_file(self) -> Path:
        return self.root / "run.lock"

    def recipe(self) -> Recipe:
        """The recipe it was started with, or went on with the last time."""
        return recipes.load(self.recipe_file)

    def write_recipe(self, recipe: Recipe) -> None:
        """Put `recipe` in the place of another one. Raises OSError."""
        if recipe != self.recipe():
            write_durably(self.recipe_file, recipes.dump(recipe).encode())

    def append(self, event: E, durable: bool = True) -> E:
        """Write `event`, stamped with the time where it has none, to the events file; returns it as written.

        `durable` waits for the disk. A line torn by a kill before is closed first, so that it spoils no other.
        """
        event = dataclasses.replace(event, at=time.time()) if not event.at else event
        with self.events_file.open("ab+") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                torn = file.read(1) != b"\n"
            else:
                torn = False
            file.write((b"\n" if torn else b"") + encode(event).encode() + b"\n")
            file.flush()
            if durable:
                os.fsync(file.fileno())
        return event

    def events(self, steps: bool = True) -> list[Event]:
        """All readable events in order; without `steps` the many step events are passed over, which is fast."""
        if not self.events_file.is_file():
            return []
        lines = self.events_file.read_bytes().splitlines()
        wanted = lines if steps else [line for line in lines if not line.startswith(STEP)]
        found = (decode(line.decode(errors="replace")) for line in wanted)
        return [event for event in found if event is not None]

    @property
    def notes(self) -> str:
        """What people wrote about the run; empty where nobody did."""
        try:
            return self.notes_file.read_text(encoding="utf-8", errors="replace").strip()
        except FileNotFoundError:
            return ""

    def write_notes(self, text: str) -> None:
        """Put `text` in the place of the notes; an empty one removes them. Raises OSError."""
        if text.strip():
            write_durably(self.notes_file, f"{text.strip()}\n".encode())
        else:
            self.notes_file.unlink(missing_ok=True)

    def ask(self, word: str) -> None:
        """Ask whoever trains the run to "pause", "resume" or "stop"; it does so at its next event.

        The latest word counts, but after "stop" comes none. Raises `Error` when no process trains the run, OSError
        when it may not be written.
        """
        if word not in WORDS:
            raise ValueError(word)
        if not self.alive:
            raise Error(f"Run {self.name} is not being trained.", f"`core train --resume {self.name}` goes on with it.")
        if self.asked() != "stop":
            # The time makes each request another one, though its word may be the same.
            write_durably(self.control_file, f"{word} {time.time_ns()}\n".encode())

    def asked(self) -> str | None:
        """The word of the latest request; None where there is none or it is nonsense. Raises OSError."""
        try:
            with self.control_file.open("rb") as file:
                word = file.read(64).split(b" ")[0].decode(errors="replace")
        except FileNotFoundError:
            return None
        return word if word in WORDS else None

    @contextlib.contextmanager
    def training(self) -> Iterator[None]:
        """Hold the run for this process. Raises `Error` when another process trains it or it may not be written."""
        lock = filelock.FileLock(self._lock_file, timeout=2)
        try:
            lock.acquire()
        except filelock.Timeout:
            raise self.busy() from None
        try:
            for folder in (self.last.parent, self.dynamics):
                for litter in folder.glob(".*.part"):  # of a writer that was killed: nobody else writes there
                    litter.unlink()
            self.control_file.unlink(missing_ok=True)  # asked of an earlier process
            yield
        finally:
            lock.release()

    def busy(self) -> Error:
        """What is told to a second one who wants to train this run."""
        return Error(f"Run {self.name} is being trained already.", "Wait for it, or stop it first.")

    @property
    def alive(self) -> bool:
        """Whether a process trains this run now."""
        if not self._lock_file.exists():
            return False
        lock = filelock.FileLock(self._lock_file, timeout=0)
        try:
            lock.acquire()
        except filelock.Timeout:
            return True
        except OSError:  # a folder that nobody here may write is not being trained here
            return False
        lock.release()
        return False


def create(runs: Path, name: str, recipe: Recipe) -> RunFolder:
    """A new run folder with the next free number and its complete recipe. Raises OSError."""
    runs.mkdir(parents=True, exist_ok=True)
    number = max((run.number for run in list_runs(runs)), default=-1) + 1
    while True:
        claim = runs / f".claim-{number:02d}"
        try:
            claim.mkdir()  # atomic: of two processes one gets the number
        except FileExistsError:
            number += 1
            continue
        if all(run.number != number for run in list_runs(runs)):
            break
        claim.rmdir()
        number += 1
    root = runs / f"{number:02d}-{name}"
    try:
        (claim / "checkpoints").mkdir()
        write_durably(claim / "recipe.yaml", recipes.dump(recipe).encode())
        claim.rename(root)
    except BaseException:
        shutil.rmtree(claim, ignore_errors=True)
        raise
    flush_folder(runs)
    return RunFolder(root)


def list_runs(runs: Path) -> list[RunFolder]:
    """All runs by number."""
    if not runs.is_dir():
        return []
    found = [RunFolder(entry) for entry in runs.iterdir() if _NAME.fullmatch(entry.name) and entry.is_dir()]
    return sorted(found, key=lambda run: (run.number, run.name))


def find(runs: Path, text: str) -> RunFolder:
    """The run that `text` means: its full name, its number, or "last". Raises `Error` naming the runs there are."""
    known = list_runs(runs)
    if not known:
        raise Error("There are no runs yet.", "`core train` makes one, or Start on the Train page.")
    if text == "last":
        return known[-1]
    for run in known:
        if text == run.name or (text.isascii() and text.isdigit() and int(text) == run.number):
            return run
    names = ", ".join(run.name for run in known[-10:])
    raise Error(f"There is no run {text}.", f"The latest runs are: {names}.")
