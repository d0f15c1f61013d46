"""Thumbnails for the grid: read and decoded on threads, handed to the window's thread in batches, kept within bounds.

The request made last is served first, so that what is on the screen comes before what was scrolled past; beyond a
bound the oldest requests are forgotten (the grid asks again when it paints them). Knows no project, only the file of
the thumbnail cache.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage

from core.errors import told
from core.images.decode import Unreadable
from core.images.thumbnails import Thumbnails

THREADS = 2
SIDE = 256
KEPT_BYTES = 128 * 2**20
WAITING = 4096

Key = bytes  # content hash
Wanted = tuple[Key, Path]


class ThumbnailLoader(QObject):
    """Pictures by content hash. `arrived(list of keys)` comes after `image` knows them; `problem` carries a bug."""

    arrived = Signal(list)
    problem = Signal(object)
    _ring = Signal()

    def __init__(self, database: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = Thumbnails(database)
        self._images: OrderedDict[Key, QImage] = OrderedDict()
        self._bytes = 0
        self.unreadable: dict[Key, str] = {}
        self._waiting: OrderedDict[Key, Path] = OrderedDict()  # the last one is served first
        self._busy: set[Key] = set()
        self._done: deque[tuple[Key, QImage | str | Exception]] = deque()
        self._rung = False
        self._bell = threading.Condition()
        self._open = True
        self._ring.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self._threads = [
            threading.Thread(target=self._work, name=f"thumbnails-{n}", daemon=True) for n in range(THREADS)
        ]
        for thread in self._threads:
            thread.start()

    def image(self, key: Key) -> QImage | None:
        """The picture if it is there: fits a square of 256 px."""
        if found := self._images.get(key):
            self._images.move_to_end(key)
        return found

    def want(self, wanted: Iterable[Wanted]) -> None:
        """Load these before everything asked for earlier, in this order."""
        with self._bell:
            for key, path in reversed(list(wanted)):
                if key not in self._images and key not in self.unreadable and key not in self._busy:
                    self._waiting.pop(key, None)
                    self._waiting[key] = path
            while len(self._waiting) > WAITING:
                self._waiting.popitem(last=False)
            self._bell.notify_all()

    @property
    def idle(self) -> bool:
        """Whether nothing is asked for that has not arrived."""
        with self._bell:
            return not self._waiting and not self._busy and not self._done

    def close(self) -> None:
        """Forget all requests and end the threads."""
        with self._bell:
            self._open = False
            self._waiting.clear()
            self._bell.notify_all()
        for thread in self._threads:
            thread.join()
        self._thumbnails.close()

    def _work(self) -> None:
        while wanted := self._next():
            key, path = wanted
            self._done.append((key, self._load(key, path)))
            with self._bell:
                first, self._rung = not self._rung, True
            if first and self._open:
                self._ring.emit()

    def _next(self) -> Wanted | None:
        with self._bell:
            while self._open and not self._waiting:
                self._bell.wait()
            if not self._open:
                return None
            key, path = self._waiting.popitem()
            self._busy.add(key)
            return key, path

    def _load(self, key: Key, path: Path) -> QImage | str | Exception:
        try:
            image = QImage.fromData(self._thumbnails.get(key, path, SIDE))
            return image.convertToFormat(QImage.Format.Format_RGB32)
        except Unreadable as problem:
            return problem.reason
        except Exception as problem:  # noqa: BLE001  handed to the window's thread, which shows it
            known = told(problem)
            return known.title if known else problem

    def _take(self) -> None:
        with self._bell:
            self._rung = False
        keys = []
        while self._done:
            key, answer = self._done.popleft()
            with self._bell:
                self._busy.discard(key)
            keys.append(key)
            if isinstance(answer, QImage):
                self._keep(key, answer)
            elif isinstance(answer, str):
                self.unreadable[key] = answer
            else:
                self.unreadable[key] = "a fault of Wildset"
                self.problem.emit(answer)
        if keys:
            self.arrived.emit(keys)

    def _keep(self, key: Key, image: QImage) -> None:
        self._images[key] = image
        self._bytes += image.sizeInBytes()
        while self._bytes > KEPT_BYTES:
            _, oldest = self._images.popitem(last=False)
            self._bytes -= oldest.sizeInBytes()
