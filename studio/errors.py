"""The only place that shows errors, and the hooks that lead every uncaught one here.

What `core.errors.told` explains is the user's business: its sentence and hint go to the message bar. Anything else is
a bug: a report file with versions and traceback is written first, then the bar says where. Exceptions of slots, Qt
threads and Python threads all end in the two hooks; a queued signal brings them to the window's thread.
"""

import sys
import threading
from types import TracebackType

from PySide6.QtCore import QObject, Signal

from core import bugs
from core.errors import told


class ErrorDesk(QObject):
    """Takes problems from anywhere and tells them as `shown(title, hint, kind)`; kind is "error" or "bug"."""

    shown = Signal(str, str, str)
    _arrived = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._arrived.connect(self._show)

    def report(self, problem: BaseException) -> None:
        """Show `problem`; may be called from any thread."""
        self._arrived.emit(problem)

    def tell(self, title: str, hint: str, bug: bool = False) -> None:
        """Show a failure that has been put into words already, such as that of a job."""
        self.shown.emit(title, hint, "bug" if bug else "error")

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
            self.shown.emit(known.title, known.hint, "error")
            return
        file = bugs.write_report(problem)
        where = f"The report is in {file}." if file else "The report could not be written either."
        self.shown.emit("Wildset met a fault of its own. Your labels are safe.", where, "bug")
