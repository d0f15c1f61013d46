"""Whole images for the large view, decoded on threads: what is looked at first, then what comes next.

An image comes in steps: a quick small one of a large JPEG, then all of it with its halves. The last few are kept within
a bound of bytes, so that stepping back and on paints at once. Knows files, no project.
"""

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage

from core.errors import told
from core.images import decode
from studio.widgets.levels import Levels

THREADS = 2
KEPT_BYTES = 320 * 2**20
QUICK_FROM, QUICK_SIDE = 3_000_000, 640  # from so many px on, a JPEG is first decoded to at least this side
AHEAD_PX = 24_000_000  # larger ones are decoded only when somebody looks at them
_SMALLEST = 512  # px; no halves below
_BAND = 256  # rows copied at a time: no second copy of a large image, and the window draws in between

Answer = Levels | Exception


class Originals(QObject):
    """`arrived(path)` when `levels` or `failure` know more of a file; `problem` carries a bug."""

    arrived = Signal(object)
    problem = Signal(object)
    _done = Signal(object, object, bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: OrderedDict[Path, Levels] = OrderedDict()
        self._quick: dict[Path, Levels] = {}
        self._failures: dict[Path, str] = {}
        self._seen: tuple[Path, ...] = ()
        self._wanted: list[tuple[Path, bool]] = []  # with whether somebody looks at it
        self._busy: set[Path] = set()
        self._bell = threading.Condition()
        self._large = threading.Lock()  # decoding takes several times the memory of the image: one at a time
        self._open = True
        self._done.connect(self._take, Qt.ConnectionType.QueuedConnection)
        names = [f"originals-{n}" for n in range(THREADS)]
        self._threads = [threading.Thread(target=self._work, name=name, daemon=True) for name in names]
        for thread in self._threads:
            thread.start()

    def look_at(self, seen: Sequence[Path], ahead: Sequence[Path] = ()) -> None:
        """Decode `seen` and then `ahead`, and nothing else that was asked for before."""
        self._seen = tuple(seen)
        self._quick = {path: levels for path, levels in self._quick.items() if path in seen}
        for path in seen:
            self._failures.pop(path, None)  # the file may be there again
        self._trim()  # before others need the room
        missing = [(path, path in seen) for path in dict.fromkeys((*seen, *ahead)) if path not in self._kept]
        with self._bell:
            self._wanted = [(path, now) for path, now in missing if path not in self._busy]
            self._bell.notify_all()

    def levels(self, path: Path) -> Levels | None:
        """The image as far as it is decoded."""
        if path in self._kept:
            self._kept.move_to_end(path)
            return self._kept[path]
        return self._quick.get(path)

    def failure(self, path: Path) -> str | None:
        """Why an image cannot be read."""
        return self._failures.get(path)

    def forget(self) -> None:
        """Drop all images and all that was asked for."""
        self.look_at(())
        self._kept.clear()

    def close(self) -> None:
        """End the threads; one that is deep in a large file is not waited for, and says nothing any more."""
        with self._bell:
            self._open = False
            self._bell.notify_all()
        for thread in self._threads:
            thread.join(timeout=1.0)

    def _work(self) -> None:
        while wanted := self._next():
            self._serve(*wanted)

    def _serve(self, path: Path, now: bool) -> None:
        """A function of its own, so that the thread holds on to no image while it waits."""
        try:
            small = _small(path)
            if now and (quick := _quick(path)) is not None:
                self._say(path, quick, False)
            with contextlib.nullcontext() if small else self._large:
                self._say(path, decoded(path) if now or small else None, True)
        except Exception as problem:  # noqa: BLE001  handed to the window's thread, which shows it
            self._say(path, problem, True)

    def _next(self) -> tuple[Path, bool] | None:
        with self._bell:
            while self._open and not self._wanted:
                self._bell.wait()
            if not self._open:
                return None
            wanted = self._wanted.pop(0)
            self._busy.add(wanted[0])
            return wanted

    def _say(self, path: Path, answer: Answer | None, last: bool) -> None:
        with self._bell:
            if last:
                self._busy.discard(path)
            if self._open:
                self._done.emit(path, answer, last)

    def _take(self, path: Path, answer: Answer | None, last: bool) -> None:
        if answer is None:  # too large to be decoded ahead; meanwhile somebody may look at it
            self._ask_again(path)
            return
        if isinstance(answer, Exception):
            known = told(answer)
            if known is None:
                self.problem.emit(answer)
                return
            self._failures[path] = known.title
        elif last:
            self._quick.pop(path, None)
            self._keep(path, answer)
        else:
            self._quick[path] = answer
        self.arrived.emit(path)

    def _ask_again(self, path: Path) -> None:
        with self._bell:
            if path in self._seen and path not in self._busy:
                self._wanted.insert(0, (path, True))
                self._bell.notify_all()

    def _keep(self, path: Path, levels: Levels) -> None:
        self._kept[path] = levels
        self._kept.move_to_end(path)
        self._trim()

    def _trim(self) -> None:
        total = sum(kept.byte_count for kept in self._kept.values())
        for old in [old for old in self._kept if old not in self._seen]:
            if total <= KEPT_BYTES:
                break
            total -= self._kept.pop(old).byte_count


def decoded(path: Path) -> Levels:
    """The whole image with its halves. Raises `core.images.decode.Unreadable`."""
    picture = decode.load(path)
    images = [_qimage(picture)]
    size = QSize(picture.width, picture.height)
    while max(picture.size) > 2 * _SMALLEST:
        picture = picture.reduce(2)
        images.append(_qimage(picture))
    return Levels(tuple(images), size)


def _quick(path: Path) -> Levels | None:
    """A small image of a large JPEG, of which all takes long; None for others."""
    header = decode.inspect(path)
    if header.format != "JPEG" or header.width * header.height < QUICK_FROM:
        return None
    return Levels((_qimage(decode.load_at_least(path, QUICK_SIDE)),), QSize(header.width, header.height))


def _small(path: Path) -> bool:
    header = decode.inspect(path)
    return header.width * header.height <= AHEAD_PX


def _qimage(picture: Image.Image) -> QImage:
    width, height = picture.size
    image = QImage(width, height, QImage.Format.Format_RGB888)
    if image.isNull():
        raise decode.Unreadable("The image", "there is not enough memory for it")
    rows = np.frombuffer(image.bits(), np.uint8).reshape(height, image.bytesPerLine())
    for top in range(0, height, _BAND):
        band = np.asarray(picture.crop((0, top, width, min(height, top + _BAND))))
        rows[top : top + _BAND, : 3 * width] = band.reshape(len(band), 3 * width)
    return image
