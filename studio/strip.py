"""A line under the top bar while long work runs: what happens, how far it is, and a way to stop it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from core import wording
from studio import theme
from studio.jobs import JobSupervisor
from studio.widgets import words
from studio.widgets.progress import ProgressLine


class JobStrip(QFrame):
    """Follows one job; hidden while there is none."""

    stop = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.role(self, "surface")
        self._job: JobSupervisor | None = None
        self._title = words.title()
        self._stage = words.muted()
        self._stage.setWordWrap(False)
        self._left = words.number(quiet=True)
        self._bar = ProgressLine("Progress of the work")
        self._stop = QPushButton("Stop")
        self._stop.setToolTip("Stop this; nothing is left half-done")
        self._stop.clicked.connect(self.stop)
        layout = QHBoxLayout()
        layout.setContentsMargins(16, 8, 16, 8)
        layout.setSpacing(16)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(layout)
        whole.addWidget(words.line())
        layout.addWidget(self._title)
        layout.addWidget(self._stage)
        layout.addWidget(self._bar, 1)
        layout.addWidget(self._left)
        layout.addWidget(self._stop)
        self.hide()

    def follow(self, job: JobSupervisor) -> None:
        """Show `job` until it ends."""
        self._job = job
        self._title.setText(job.pace.title)
        self._stop.setEnabled(True)
        job.changed.connect(self._show)
        job.ended.connect(self._end)
        self.stop.connect(job.stop)
        self._show()
        self.show()

    def _show(self) -> None:
        if self._job is None:
            return
        pace = self._job.pace
        stopping = self._job.state == "stopping"
        self._stage.setText("Stopping…" if stopping else pace.stage or "Starting…")
        self._stop.setEnabled(not stopping)
        self._bar.set_fraction(pace.share)
        done = f"{pace.done:,} of {pace.total:,}" if pace.total else f"{pace.done:,}" if pace.done else ""
        left = wording.time_left(pace.seconds_left) if pace.seconds_left is not None else ""
        self._left.setText(" · ".join(part for part in (done, left) if part))

    def _end(self) -> None:
        if self._job is not None:
            self.stop.disconnect(self._job.stop)
        self._job = None
        self.hide()
