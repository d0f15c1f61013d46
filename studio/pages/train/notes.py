"""What people write about a run: an editor that keeps its text in the run's folder, a moment after the typing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from studio import theme

SAVE_MILLISECONDS = 1000
_LINES = 5
Write = Callable[[str], object]


class NotesEditor(QPlainTextEdit):
    """The notes of one run. Writing is done by a thread, in order, and also when the program ends.

    What others write meanwhile is shown unless the editor has the focus or something of its own to save.
    """

    refused = Signal(object)  # the exception of a write
    settled = Signal()  # nothing typed waits any more
    _written = Signal(str, object)  # the key of a run and the exception, if any; from the writer's thread

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.serial = 0  # grows as a write begins and ends: what was read before is out of date
        self._pending = 0
        self._of = ""
        self._write: Write | None = None
        self._kept: str | None = ""  # None: a write failed, and what is typed is nowhere else
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="notes")
        self._timer = QTimer(self, singleShot=True, interval=SAVE_MILLISECONDS)
        self._timer.timeout.connect(self.save)
        theme.role(self, "field")
        self.setAccessibleName("Notes")
        self.setTabChangesFocus(True)
        self.textChanged.connect(self._typed)
        self._written.connect(self._settle)
        theme.watch.changed.connect(self._fit)
        self._fit()

    def show_run(self, key: str, text: str, write: Write | None) -> None:
        """Show the notes of a run, by a key of its own; without `write` they can only be read."""
        if key != self._of:
            self.save()
            self._of = key
        elif self._busy():
            return
        self._write = write
        self._kept = text
        if text != self.toPlainText().strip():
            self.blockSignals(True)
            self.setPlainText(text)
            self.blockSignals(False)
        self._tell(key)

    def save(self) -> None:
        """Write what was typed and not written yet."""
        self._timer.stop()
        text = self.toPlainText().strip()
        if self._write is None or text == self._kept:
            return
        self._kept = text
        self.serial += 1
        self._pending += 1
        key = self._of
        done = self._writer.submit(self._write, text)
        done.add_done_callback(lambda future: self._written.emit(key, future.exception()))

    def close_writer(self) -> None:
        """Write what is left and end the thread."""
        self.save()
        self._write = None
        self._writer.shutdown(wait=True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.save()
        if not self._pending:
            self.settled.emit()

    def _typed(self) -> None:
        self._timer.start()

    def _busy(self) -> bool:
        """Whether what is shown is newer than what can have been read."""
        focused = self.hasFocus() and not self.isReadOnly()
        return focused or self._timer.isActive() or self._pending > 0 or self._kept is None

    def _settle(self, key: str, problem: BaseException | None) -> None:
        self._pending -= 1
        self.serial += 1
        if problem is None:
            self.settled.emit()
            return
        if key == self._of:
            self._kept = None
        self.refused.emit(problem)

    def _tell(self, key: str) -> None:
        readable = self._write is None
        self.setReadOnly(readable)
        self.setEnabled(bool(key))
        self.setPlaceholderText("" if readable else "What you tried and saw; the first line is shown in the list.")
        self.setToolTip(
            "The folder of the project is read-only: notes can be read, not written"
            if readable and key
            else "Notes about this run; kept in its folder as you type"
        )

    def _fit(self) -> None:
        self.setFixedHeight(self.fontMetrics().lineSpacing() * _LINES + 2 * theme.px(8))
