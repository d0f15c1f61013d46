"""Runs that wait to be trained: one recipe a file in the project's folder `queue`, such as `03-demo@cuda.yaml`.

The number in the name is the order, the word after @ the device ("auto" where there is none). A file that a person put
there counts like any other. Whoever takes an entry holds an operating system lock, which a kill releases, and removes
the file only once its run's folder is there: so no entry is lost, and of two processes one gets it.
"""

import contextlib
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock

from core import recipe as recipes
from core.errors import Error, told
from core.recipe import Recipe
from core.runs.durable import flush_folder, write_durably
from core.wording import number

_APART = 3  # settings that are told
_NAME = re.compile(r"(\d+)-(.+?)(?:@([\w-]+))?\.yaml")


@dataclass(frozen=True)
class Entry:
    """A run that waits. `recipe` is None where the file is no readable one; `problem` then says why."""

    file: Path
    number: int
    device: str
    recipe: Recipe | None
    problem: str = ""


def add(queue: Path, recipe: Recipe, device: str = "auto") -> Entry:
    """Put a run at the end of the queue. Raises OSError."""
    with _changing(queue):
        file = queue / _named(_next(queue), recipe.name, device)
        write_durably(file, recipes.dump(recipe).encode())
    return _entry(file)


def entries(queue: Path) -> list[Entry]:
    """All that wait, in their order, also those that cannot be read."""
    return [_entry(file) for file in _files(queue)]


def apart(entries: Sequence[Entry]) -> list[str]:
    """What tells each of `entries` from the others of its name, such as "learning_rate 0.01, seed 2".

    Empty where no other has its name, or nothing but the number differs.
    """
    named: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        if entry.recipe is not None:
            named.setdefault(entry.recipe.name, []).append(recipes.flat(entry.recipe) | {"device": entry.device})
    found = []
    for entry in entries:
        mine = recipes.flat(entry.recipe) | {"device": entry.device} if entry.recipe is not None else {}
        others = named[entry.recipe.name] if entry.recipe is not None else []
        paths = [path for path, value in mine.items() if any(other[path] != value for other in others)]
        words = [f"{path.rpartition('.')[2]} {_in_words(mine[path])}" for path in paths]
        found.append(", ".join(words[:_APART]) + (", …" if len(words) > _APART else ""))
    return found


def find(queue: Path, number: int) -> Entry:
    """The entry with this number. Raises `Error` when there is none."""
    for file in _files(queue):
        if _number(file) == number:
            return _entry(file)
    raise Error(f"Nothing in the queue has the number {number}.", "`core queue` shows what waits.")


def remove(queue: Path, entry: Entry) -> None:
    """Take `entry` out of the queue. Raises `Error` when it was taken meanwhile or is about to start, OSError."""
    with _changing(queue), _held(entry.file):
        entry.file.unlink()


def move(queue: Path, entry: Entry, position: int) -> None:
    """Let `entry` wait at `position`, 0 the first; those between move up or down. Raises as `remove` does.

    Each step gives one file a number that is free, so that a kill between them loses none.
    """
    with _changing(queue), contextlib.ExitStack() as holding:
        files = _files(queue)
        if entry.file not in files:
            raise _gone(entry.file)
        start, end = files.index(entry.file), max(0, min(position, len(files) - 1))
        way = 1 if end > start else -1
        between = [files[index] for index in range(start + way, end + way, way)] if start != end else []
        for file in (entry.file, *between):
            holding.enter_context(_held(file))
        free, aside = _number(entry.file), _renumbered(entry.file, _next(queue))
        for file in between:
            free, _ = _number(file), _renumbered(file, free)
        _renumbered(aside, free)


@contextlib.contextmanager
def take(queue: Path, passed: Collection[str] = ()) -> Iterator[Entry | None]:
    """The first entry that no other process has taken and whose file is not `passed`; None where there is none.

    It is held within the block, in which its run's folder is made and the entry then leaves the queue. An entry that
    cannot be read is handed out too, with its problem.
    """
    lock = None
    with _changing(queue) if queue.is_dir() else contextlib.nullcontext():
        for file in _files(queue):
            if file.name not in passed and (lock := _lock(file)):
                break
    if lock is None:
        yield None
        return
    try:
        yield _entry(file)
    finally:
        with _changing(queue):
            _release(file, lock)


def leave(entry: Entry) -> None:
    """Let an entry that was taken leave the queue, because its run is there. Raises OSError."""
    entry.file.unlink(missing_ok=True)
    flush_folder(entry.file.parent)


def _in_words(value: Any) -> str:
    return number(value) if isinstance(value, float) else str(value)


def _files(queue: Path) -> list[Path]:
    if not queue.is_dir():
        return []
    found = [file for file in queue.iterdir() if _NAME.fullmatch(file.name) and file.is_file()]
    return sorted(found, key=lambda file: (_number(file), file.name))


def _number(file: Path) -> int:
    return int(file.name.partition("-")[0])


def _next(queue: Path) -> int:
    return max((_number(file) for file in _files(queue)), default=0) + 1


def _named(number: int, name: str, device: str) -> str:
    return f"{number:02d}-{name}@{device.replace(':', '-')}.yaml"  # Windows has no colon in names


def _entry(file: Path) -> Entry:
    match = _NAME.fullmatch(file.name)
    assert match
    device = (match[3] or "auto").replace("-", ":")
    try:
        return Entry(file, _number(file), device, recipes.load(file))
    except (Error, OSError) as problem:
        known = told(problem)
        if known is None:
            raise
        return Entry(file, _number(file), device, None, known.title)


def _renumbered(file: Path, number: int) -> Path:
    """`file` under another number; the next one where a person gave that to a file of the same name."""
    rest = file.name.partition("-")[2]
    target = file.with_name(f"{number:02d}-{rest}")
    if target.exists():
        target = file.with_name(f"{_next(file.parent):02d}-{rest}")
    return file.rename(target)


@contextlib.contextmanager
def _changing(queue: Path) -> Iterator[None]:
    """Hold the names in the queue's folder, for the moments that a change takes."""
    queue.mkdir(parents=True, exist_ok=True)
    try:
        with filelock.FileLock(queue / ".lock", timeout=10):
            yield
    except filelock.Timeout:
        raise Error("The queue is in use by another program.", "Try again in a moment.") from None


@contextlib.contextmanager
def _held(file: Path) -> Iterator[None]:
    """Hold one entry within `_changing`. Raises `Error` when it is gone or held by one who starts it."""
    if not file.exists():
        raise _gone(file)
    if (lock := _lock(file)) is None:
        raise Error(f"{file.stem} is about to start.", "Stop its run instead.")
    try:
        yield
    finally:
        _release(file, lock)


def _lock(file: Path) -> filelock.BaseFileLock | None:
    lock = filelock.FileLock(file.with_name(f".{file.name}.lock"), timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        return None
    return lock


def _release(file: Path, lock: filelock.BaseFileLock) -> None:
    """Let go of an entry. Only within `_changing`, or another could hold the file that is removed here."""
    lock.release()
    file.with_name(f".{file.name}.lock").unlink(missing_ok=True)


def _gone(file: Path) -> Error:
    return Error(f"{file.stem} waits no more.", "`core queue` shows what waits.")
