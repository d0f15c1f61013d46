"""The real window on a project of many images, and what it takes to open, filter, scroll and label there."""

import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QListView

from benchmarks.timing import share
from core.project import edits
from studio import theme
from studio.errors import ErrorDesk
from studio.pages.data.view import DataPage
from studio.session import Session
from studio.widgets.grid import ThumbnailGrid
from studio.window import Window

FILTERS = (
    "class:3",
    "split:val wrong",
    'conf>0.9 source:"source 2"',
    "class:1,2 -split:val",
    "unlabelled",
    "wrong conf<0.2",
    "(class:4 or class:7) right",
    "name:123",
    '-source:"source 1" class:0',
    "margin<0.1",
    "",
)
BULK = 10_000
_PATIENCE = 60.0


class Painted(QObject):
    """Counts how often a widget was painted."""

    def __init__(self, widget: Any) -> None:
        super().__init__(widget)
        self.times = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.times += event.type() == QEvent.Type.Paint
        return False


class Sitting:
    """One window for all measurements of one project."""

    def __init__(self, root: Path) -> None:
        self.app = QApplication.instance() or QApplication([])
        assert isinstance(self.app, QApplication)
        theme.apply(self.app, "dark")
        self.root, self.session = root, Session()
        self.window = Window(self.session, ErrorDesk())
        self.window.resize(1440, 900)
        self.window.show()
        self._until(lambda: self.window.isVisible())
        self.rest(0.3)

    def rest(self, seconds: float) -> None:
        """Let the window do what it likes."""
        loop = QEventLoop()
        QTimer.singleShot(round(1000 * seconds), loop.quit)
        loop.exec()

    def first_paint(self) -> float:
        """Milliseconds from the wish to open the project until its images are painted."""
        began = time.perf_counter()
        self.window.open(self.root)
        self.page = self.window.pages["data"]
        assert isinstance(self.page, DataPage)
        self.painted = Painted(self.page.grid.viewport())
        self._until(lambda: len(self.page.model.ids) > 0)
        self._until_painted()
        taken = 1000 * (time.perf_counter() - began)
        self.settle()
        return taken

    def settle(self) -> None:
        """Wait until nothing is being read and all thumbnails in sight are there, as who looks at them does."""
        self._until(lambda: self.session.reader.idle)
        self.rest(0.1)
        loader = self.page._thumbnails
        self._until(lambda: self.session.reader.idle and (loader is None or loader.idle))

    def filters(self, rounds: int) -> list[float]:
        """Milliseconds from each filter to the painted grid."""
        taken = []
        for text in FILTERS * rounds:
            taken.append(self._timed(lambda text=text: self.session.set_filter(text)))  # type: ignore[misc]
            self.settle()
        return taken

    def sorts(self) -> float:
        """Milliseconds from the wish to sort by confidence to the painted grid."""
        taken = self._timed(lambda: self.page.header.arrange("confidence", True, ""))
        self.settle()
        self.page.header.arrange("name", False, "")
        self.settle()
        return taken

    def frames(self, number: int) -> list[float]:
        """Milliseconds of the window's thread for each frame of scrolling past images that it has not shown before."""
        bar, taken = self.page.grid.verticalScrollBar(), []
        bar.setValue(0)
        self.rest(0.3)
        for _ in range(number):
            self.rest(0.004)
            began = time.perf_counter()
            bar.setValue(bar.value() + 60)
            self._until_painted()
            taken.append(1000 * (time.perf_counter() - began))
        bar.setValue(0)
        return taken

    def bulk(self) -> tuple[float, float]:
        """Milliseconds to label many images at once, and to undo it."""
        ids = np.sort(self.page.model.ids)[:BULK].tolist()
        began = time.perf_counter()
        self.session.do(edits.label, ids, "3", "bulk")
        labelled = time.perf_counter()
        self.settle()
        again = time.perf_counter()
        self.session.undo()
        undone = time.perf_counter()
        self.settle()
        return 1000 * (labelled - began), 1000 * (undone - again)

    def keys(self, number: int) -> tuple[list[float], list[float]]:
        """Milliseconds from a key that labels to the label on disk, and to the painted next image."""
        durable, painted = [], []
        saved = [0.0]
        self.session.changed.connect(lambda _: saved.__setitem__(0, time.perf_counter()))
        self.page.grid.setFocus()
        self.session.select([int(self.page.model.ids[0])])
        self.rest(0.3)
        for key in range(number):
            before = self.session.current
            began = time.perf_counter()
            QTest.keyClick(self.page.grid, Qt.Key(Qt.Key.Key_0.value + key % 10))
            self._until_painted()
            painted.append(1000 * (time.perf_counter() - began))
            durable.append(1000 * (saved[0] - began))
            assert self.session.current != before, "the key did not go on to the next image"
            self.rest(0.03)
        return durable, painted

    def counts(self) -> float:
        """Milliseconds from a label to new counts beside every choice, median."""
        found = []
        for _ in range(5):
            began = time.perf_counter()
            self.page._ask()
            self._until(lambda: self.session.reader.idle)
            found.append(1000 * (time.perf_counter() - began))
        return statistics.median(found)

    def grids(self) -> tuple[float, float]:
        """Milliseconds until a new grid of ours, and a plain QListView, paint the images of the model."""
        stock = QListView()
        stock.setViewMode(QListView.ViewMode.IconMode)
        stock.setUniformItemSizes(True)
        stock.setResizeMode(QListView.ResizeMode.Adjust)
        stock.setGridSize(self.page.grid.visualRect(self.page.model.index(0)).size())
        return self._shown(ThumbnailGrid()), self._shown(stock)

    def _shown(self, view: QListView) -> float:
        view.resize(self.page.grid.size())
        painted = Painted(view.viewport())
        began = time.perf_counter()
        view.setModel(self.page.model)
        view.show()
        self._until(lambda: painted.times > 0)
        taken = 1000 * (time.perf_counter() - began)
        view.close()
        view.deleteLater()
        return taken

    def close(self) -> None:
        self.window.close()

    def _timed(self, wish: Callable[[], object]) -> float:
        """Milliseconds until the grid has painted what was wished for."""
        answered = [False]
        self.page.model.modelReset.connect(lambda: answered.__setitem__(0, True))
        began = time.perf_counter()
        wish()
        self._until(lambda: answered[0] or self.session.reader.idle)
        self._until_painted()
        return 1000 * (time.perf_counter() - began)

    def _until_painted(self) -> None:
        before = self.painted.times
        if self.page.centre.currentWidget() is self.page.grid:
            self.page.grid.viewport().update()
            self._until(lambda: self.painted.times > before)

    def _until(self, true: Callable[[], bool]) -> None:
        end = time.perf_counter() + _PATIENCE
        while not true():
            self.app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 5)
            time.sleep(0.0002)  # the reader's thread wants Python's lock too
            assert time.perf_counter() < end, "waited in vain"


def measured(root: Path, quick: bool) -> dict[str, float]:
    """All figures of one project."""
    before = (root / "project.db").stat().st_size
    sitting = Sitting(root)
    found = {"first_paint_ms": sitting.first_paint()}
    found["filter_p95_ms"] = share(sitting.filters(2 if quick else 5), 0.95)
    found["sort_ms"] = statistics.median([sitting.sorts() for _ in range(3)])
    found["counts_ms"] = sitting.counts()
    found["frame_p99_ms"] = share(sitting.frames(300 if quick else 1000), 0.99)
    durable, painted = sitting.keys(60 if quick else 300)
    found["label_durable_p95_ms"], found["label_key_p95_ms"] = share(durable, 0.95), share(painted, 0.95)
    found["bulk_label_ms"], found["bulk_undo_ms"] = sitting.bulk()
    found["rss_mb"] = _resident()
    found["peak_rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found["grid_alone_ms"], found["stock_grid_alone_ms"] = sitting.grids()
    sitting.close()
    found["file_mb"] = before / 2**20
    found["bulk_growth_mb"] = ((root / "project.db").stat().st_size - before) / 2**20
    return {name: round(value, 1) for name, value in found.items()}


def _resident() -> float:
    """MiB of memory that this process holds now; its peak off Linux."""
    status = Path("/proc/self/statm")
    if not status.is_file():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(status.read_text().split()[1]) * resource.getpagesize() / 2**20
