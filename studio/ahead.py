"""The pages ahead of their first time: their modules on a thread, then their widgets in the window's, in slices.

A page takes longer to make than the window may stand still, so it grows: a generator that makes a part at a time.
"""

import importlib
import threading
from collections.abc import Callable, Generator
from typing import TypeVar

from PySide6.QtCore import QObject, QTimer

MODULES = (
    "studio.pages.data.view",
    "studio.pages.augment.view",
    "studio.pages.synthesize.view",
    "studio.pages.train.view",
    "studio.pages.review.view",
    "studio.pages.export.view",
    "studio.pages.data.labels_out_dialog",
    "studio.pages.data.labels_in_dialog",
    "studio.pages.data.findings_dialog",
)
_PAUSE_MILLISECONDS = 40  # between slices; what the user does goes first

T = TypeVar("T")
Growth = Generator[None, None, T]


def grown(growth: Growth[T]) -> T:
    """What a growth makes, at once."""
    while True:
        try:
            next(growth)
        except StopIteration as end:
            made: T = end.value
            return made


def load_pages() -> threading.Thread:
    """Begin to import; the program does not end before the thread has."""
    thread = threading.Thread(target=lambda: [importlib.import_module(name) for name in MODULES], name="pages-ahead")
    thread.start()
    return thread


class PagesAhead(QObject):
    """Imports the pages, then calls `grow`, which makes a slice of them, until it says that nothing is left."""

    def __init__(self, grow: Callable[[], bool], parent: QObject) -> None:
        super().__init__(parent)
        self._grow = grow
        self._loading: threading.Thread | None = None
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._go_on)

    def start(self, milliseconds: int) -> None:
        """Begin after so long."""
        self._timer.start(milliseconds)

    def _go_on(self) -> None:
        if self._loading is None:
            self._loading = load_pages()
        if self._loading.is_alive() or self._grow():
            self._timer.start(_PAUSE_MILLISECONDS)
