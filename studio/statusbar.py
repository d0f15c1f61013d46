"""The status bar: what is in the project, that it is saved, and the job that runs with its time left."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from studio import theme
from studio.jobs import JobSupervisor
from studio.progress import words as pace_words
from studio.widgets import words

HEIGHT = 28


class StatusBar(QFrame):
    """Three short texts in one line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.role(self, "surface")
        self._counts = words.muted()
        self._saved = words.muted()
        self._job = words.number(quiet=True)
        for label in (self._counts, self._saved):
            label.setWordWrap(False)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 16, 0)
        layout.setSpacing(20)
        layout.addWidget(self._counts)
        layout.addWidget(self._saved)
        layout.addStretch(1)
        layout.addWidget(self._job)
        self.setFixedHeight(theme.px(HEIGHT))

    def set_counts(self, text: str) -> None:
        self._counts.setText(text)

    def set_access(self, is_open: bool, writable: bool, lent: bool) -> None:
        """Say how safe the labels are: each edit is on disk when it shows."""
        text = "✓ Saved" if writable else "Importing" if lent else "Read only"
        theme.role(self._saved, "good" if writable else "warning")
        self._saved.setText(text if is_open else "")
        self._saved.setToolTip("Every label is on disk as soon as you see it" if writable else "")

    def set_jobs(self, running: list[JobSupervisor]) -> None:
        """Show the job started last, and how many more there are."""
        if not running:
            self._job.setText("No jobs running")
            return
        job = running[-1]
        more = f"  +{len(running) - 1}" if len(running) > 1 else ""
        self._job.setText(pace_words(job.pace, job.state) + more)
