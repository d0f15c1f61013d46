"""The only place that shows errors, and the hooks that lead every uncaught one here.

What `core.errors.told` explains is the user's business: its sentence and hint go to the message bar. Anything else is
a bug: a report file with versions and traceback is written first, then the bar says where. Exceptions of slots, Qt
threads and Python threads all end in the two hooks; a queued signal brings them to the window's thread.
"""

import logging
import sys
import threading
from collections.abc import Callable
from types import TracebackType

from PySide6.QtCore import QObject, Signal

from core import bugs
from core.errors import told
from studio.diary import Left

_log = logging.getLogger("studio.errors")


class ErrorDesk(QObject):
    """Takes problems from anywhere and tells them as `shown(title, hint, kind)`; kind is "error" or "bug".

    `details` of the bug that was shown last are for whoever mends it; `lines` gives what the program did before.
    """

    shown = Signal(str, str, str)
    _arrived = Signal(object)

    def __init__(self, lines: Callable[[], list[str]] = list, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.details = ""
        self._lines = lines
        self._arrived.connect(self._show)

    def report(self, problem: BaseException) -> None:
        """Show `problem`; may be called from any thread."""
        self._arrived.emit(problem)

    def tell(self, title: str, hint: str, bug: bool = False) -> None:
        """Show a failure that has been put into words already, such as that of a job."""
        if bug:
            self.details = bugs.report(f"{title}\n{hint}", self._lines())
        self._tell(title, hint, bug)

    def tell_of(self, left: Left) -> None:
        """Show that the program was stopped last time, and what it left."""
        self.details = bugs.report(left.text)
        why = "met a fault that stopped it" if left.fault else "ended without saying why"
        self._tell(f"Wildset {why} last time. Your labels are safe.", f"What it left is in {left.file}.", True)

    def install(self) -> None:
        """Lead uncaught exceptions of all threads here; what the console showed before, it still shows."""
        console = sys.excepthook

        def hook(kind: type[BaseException], problem: BaseException, trace: TracebackType | None) -> None:
            if told(problem) is None:
                console(kind, problem, trace)
            if not issubclass(kind, KeyboardInterrupt):
                self.report(problem)

        def thread_hook(failure: threading.ExceptHookArgs) -> None:
            if failure.exc_value is not None:
                hook(failure.exc_type, failure.exc_value, failure.exc_traceback)

        sys.excepthook = hook
        threading.excepthook = thread_hook

    def _show(self, problem: BaseException) -> None:
        if known := told(problem):
            self._tell(known.title, known.hint, False)
            return
        file = bugs.write_report(problem, self._lines())
        self.details = bugs.report(bugs.traced(problem), self._lines())
        where = f"The report is in {file}." if file else "The report could not be written either."
        self._tell("Wildset met a fault of its own. Your labels are safe.", where, True)

    def _tell(self, title: str, hint: str, bug: bool) -> None:
        _log.log(logging.ERROR if bug else logging.INFO, "told: %s %s", title, hint)
        self.shown.emit(title, hint, "bug" if bug else "error")
