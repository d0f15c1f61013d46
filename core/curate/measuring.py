"""The job that measures all images of a project and finds which of them are nearly the same.

What was measured before is kept, by content: `core.images.measures` says what. Images are read by two threads.
"""

import hashlib
import time
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.errors import Error, told
from core.events import Event, Notice, Progress, Skipped, Stage
from core.images import alike
from core.images.alike import Pairs
from core.images.decode import Unreadable, load_at_least, open_regular
from core.images.look import SIDE
from core.images.measures import BLANK, NOT_COMPARED, READ_SIDE, Measures, Sight, load, measured, see, write
from core.images.names import shown
from core.images.parallel import in_order
from core.project import records
from core.project.records import Columns
from core.project.store import Store

_BATCH = 256  # images whose looks are made together
_TELL_SECONDS = 0.5
_SAVE_SECONDS = 5.0
_SAVE_SHARE = 20  # how many times longer than a saving takes it is until the next
_ROUND = 1 << 16  # pairs that are compared before those are left out that need not be any more

Wanted = dict[bytes, list[Path]]
Reasons = list[tuple[Path, str]]


def measure(store: Store, known: Columns) -> Generator[Event, None, Measures]:
    """What is known of all images of the project, whose columns are `known`, after measuring those that are new.

    An image that cannot be read is `Skipped`. What is measured is saved every few seconds and when the job is closed;
    where it cannot be saved a `Notice` says why, and the work goes on.
    """
    keeping = _Keeping(store.paths.measures)
    wanted = _files(store, known, keeping.measures.rows_of(known.content_hash) < 0)
    try:
        if wanted:
            yield from _measure(wanted, keeping)
        cluster = yield from _compare(store, known, keeping.join())
        if not np.array_equal(cluster, keeping.measures.cluster):
            keeping.measures = keeping.measures.clustered(cluster)
    finally:
        keeping.save()
    if keeping.trouble:
        yield Notice(text=f"What was measured could not be kept. {keeping.trouble}", level="warning")
    return keeping.measures


class _Keeping:
    """The measures of a project in memory, and now and then on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.measures = self._saved = load(path)
        self.trouble: Error | None = None
        self._new: list[Measures] = []
        self._saved_at, self._pause = time.monotonic(), _SAVE_SECONDS

    def add(self, content: Sequence[bytes], sights: list[Sight]) -> None:
        hashes = np.frombuffer(b"".join(content), np.uint8).reshape(-1, 32)
        self._new.append(measured(hashes, sights))
        if time.monotonic() - self._saved_at > self._pause:
            self.save()

    def join(self) -> Measures:
        """All of them in order; for each batch that would copy a million rows four thousand times."""
        self.measures = self.measures.joined(*self._new)
        self._new.clear()
        return self.measures

    def save(self) -> None:
        self.join()
        if self.measures is self._saved and self._path.exists():
            return
        began = time.monotonic()
        try:
            write(self._path, self.measures)
            self._saved, self.trouble = self.measures, None
        except OSError as problem:  # a cache that cannot be kept is no reason not to tell what was found
            self.trouble = told(problem) or Error(f"The system says “{problem.strerror}”.")
        self._saved_at = time.monotonic()
        self._pause = max(_SAVE_SECONDS, _SAVE_SHARE * (self._saved_at - began))


def _files(store: Store, known: Columns, which: npt.NDArray[np.bool_]) -> Wanted:
    """The files of each content among the images flagged by `which`: of equal images any readable one will do."""
    wanted: Wanted = {}
    rows = np.flatnonzero(which)
    for row, file in zip(rows, records.files(store, known.ids[rows]), strict=True):
        wanted.setdefault(known.content_hash[row].tobytes(), []).append(file)
    return wanted


def _measure(wanted: Wanted, keeping: _Keeping) -> Generator[Event, None, None]:
    yield Stage(title="Measuring images", total=len(wanted))
    content: list[bytes] = []
    sights: list[Sight] = []
    told_at = time.monotonic()
    try:
        with in_order(lambda task: (task[0], _seen(*task)), wanted.items()) as results:
            for done, (key, found) in enumerate(results, start=1):
                if isinstance(found, Sight):
                    content.append(key)
                    sights.append(found)
                else:
                    yield from _skipped(found)
                if len(content) >= _BATCH:
                    keeping.add(content, sights)
                    content, sights = [], []
                if time.monotonic() - told_at > _TELL_SECONDS or done == len(wanted):
                    told_at = time.monotonic()
                    yield Progress(done=done, total=len(wanted))
    finally:
        if content:
            keeping.add(content, sights)


def _skipped(reasons: Reasons) -> Generator[Event, None, None]:
    for file, reason in reasons:
        yield Skipped(name=shown(file), reason=reason)


def _seen(key: bytes, files: Sequence[Path]) -> Sight | Reasons:
    found = _read(key, files, READ_SIDE)
    return see(found) if isinstance(found, Image.Image) else found


def _square(key: bytes, files: Sequence[Path]) -> tuple[npt.NDArray[np.uint8], int]:
    """The grey square that gradients are compared on, and the image's shorter side in px.

    Even, and so like nothing, where no file can be read any more.
    """
    found = _read(key, files, READ_SIDE)
    if not isinstance(found, Image.Image):
        return np.zeros((SIDE, SIDE), np.uint8), 1
    square = found.resize((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return np.asarray(square.convert("L"), np.uint8), min(found.size)


def _read(key: bytes, files: Sequence[Path], side: int) -> Image.Image | Reasons:
    """The first of `files` that can be read and has the content hash `key`, or the reason of each why not."""
    reasons: Reasons = []
    for file in files:
        try:
            with open_regular(file) as opened:
                if hashlib.file_digest(opened, "sha256").digest() == key:
                    return load_at_least(opened, side, shown(file.name))
                reasons.append((file, "it has changed since it was imported; import it again"))
        except Unreadable as problem:
            reasons.append((file, problem.reason))
        except OSError as problem:  # while its hash was made: a bad disk, or a network that is gone
            reasons.append((file, f"the system says “{problem.strerror}”"))
    return reasons


def _compare(store: Store, known: Columns, measures: Measures) -> Generator[Event, None, npt.NDArray[np.int64]]:
    """The clusters of near duplicates among the images of the project, for the rows of `measures`.

    Nothing is compared again where nothing is new. What has left the project counts as not compared.
    """
    rows = measures.rows_of(known.content_hash)
    here: npt.NDArray[np.bool_] = np.zeros(len(measures), np.bool_)
    here[rows[rows >= 0]] = True
    if not (measures.cluster[here] == NOT_COMPARED).any():
        return measures.cluster
    among = here & (measures.contrast >= BLANK)
    yield Stage(title="Looking for images that are alike", total=alike.TABLES, unit="steps")
    parts = [np.zeros((0, 2), np.int64)]
    for part in alike.candidates(measures.phash, measures.look, among):
        parts.append(part)
        yield Progress(done=len(parts) - 1, total=alike.TABLES)
    pairs = np.concatenate(parts)
    if len(pairs):
        pairs = yield from _confirmed(_files(store, known, np.isin(rows, np.unique(pairs))), pairs, measures)
    return np.where(here, alike.clusters(pairs, len(measures)), NOT_COMPARED)


def _confirmed(
    files: Mapping[bytes, Sequence[Path]], pairs: Pairs, measures: Measures
) -> Generator[Event, None, Pairs]:
    """Those of `pairs` of rows that are copies by their pixels, as far as they join what is not joined by others.

    Holds a kilobyte an image that is in a pair.
    """
    yield Stage(title="Comparing images that are alike", total=len(files))
    keys: npt.NDArray[np.uint8] = np.frombuffer(b"".join(files), np.uint8).reshape(-1, 32)
    squares, sides = np.zeros((len(files), SIDE, SIDE), np.uint8), np.ones(len(files), np.int64)
    with in_order(lambda task: _square(*task), files.items()) as results:
        for at, (square, side) in enumerate(results):
            squares[at], sides[at] = square, side
            if at % _BATCH == 0:
                yield Progress(done=at, total=len(files))
    place = np.full(len(measures), -1, np.int64)
    place[measures.rows_of(keys)] = np.arange(len(files))
    left, found = place[pairs], [np.zeros((0, 2), np.int64)]
    while len(left):
        now, left = left[:_ROUND], left[_ROUND:]
        found.append(now[alike.same_gradients(now, squares, sides)])
        joined = alike.clusters(np.concatenate(found), len(files))
        left = left[(joined[left[:, 0]] < 0) | (joined[left[:, 0]] != joined[left[:, 1]])]
        yield Progress(done=len(files), total=len(files))
    rows = measures.rows_of(keys)
    return np.asarray(rows[np.concatenate(found)], np.int64)
