"""The dialog that finds a learning rate: it runs `core find-rate`, draws the losses and hands on the rate chosen."""

from pathlib import Path

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from core.events import Event
from studio import theme
from studio.jobs import Jobs, JobSupervisor
from studio.pages.train import finding
from studio.pages.train.finding import Search
from studio.widgets import words
from studio.widgets.columns import MARGIN
from studio.widgets.progress import ProgressLine
from studio.widgets.rate_plot import RatePlot

TITLE = "Finding the learning rate"


class FinderDialog(QDialog):
    """Searches from the moment it is made. `used(rate)` when a rate is taken over; closing it stops the search."""

    used = Signal(float)

    def __init__(self, jobs: Jobs, root: Path, recipe: Path, device: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Find a learning rate")
        self.resize(QSize(theme.px(560), theme.px(420)).boundedTo(parent.size()))
        self._search = Search()
        self._trouble = ""
        self.plot = RatePlot()
        self.plot.chosen.connect(self._choose)
        self._line = words.muted()
        self._progress = ProgressLine("Progress of the search")
        self._use = QPushButton("Use")
        theme.role(self._use, "primary")
        self._use.setDefault(True)
        self._use.clicked.connect(self._take)
        self._cancel = QPushButton("Cancel")
        self._cancel.setToolTip("Close this and keep the learning rate as it is (Esc)")
        self._cancel.clicked.connect(self.reject)
        self._lay_out()
        arguments = ["find-rate", "--recipe", str(recipe), "-p", str(root), "--device", device]
        self._job: JobSupervisor | None = jobs.start(TITLE, arguments)
        self._job.events.connect(self._heard)
        self._job.changed.connect(self._show)
        self._job.finished.connect(self._finished)
        self._job.failed.connect(self._failed)
        self._job.stopped.connect(self._stopped)
        self._job.ended.connect(self._ended)
        self.finished.connect(self._closed)
        self._show()

    def search(self) -> Search:
        return self._search

    def line(self) -> str:
        return self._line.text()

    def _lay_out(self) -> None:
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addStretch(1)
        foot.addWidget(self._cancel)
        foot.addWidget(self._use)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        layout.setSpacing(8)
        layout.addWidget(words.muted(finding.ABOUT))
        layout.addSpacing(4)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self._line)
        layout.addWidget(self._progress)
        layout.addSpacing(4)
        layout.addLayout(foot)

    # --- the job ---

    def _heard(self, events: list[Event]) -> None:
        before = self._search
        for event in events:
            self._search = finding.heard(self._search, event)
        if self._search is not before:
            self.plot.set_losses(self._search.rates, self._search.losses)

    def _finished(self, result: dict) -> None:
        self._search = finding.finished(self._search, result)

    def _failed(self, title: str, hint: str, bug: bool) -> None:
        self._trouble = f"{title} {hint}".strip()

    def _stopped(self) -> None:
        self._trouble = "The search was stopped."

    def _ended(self) -> None:
        self._job = None
        self._show()
        self.plot.setFocus()
        if not self.isVisible():
            self.deleteLater()

    def _closed(self) -> None:
        if self._job is None:
            self.deleteLater()
        else:
            self._job.stop()

    # --- the choice ---

    def _choose(self, rate: float) -> None:
        self._search = finding.choose(self._search, rate)
        self._show()

    def _take(self) -> None:
        if self._search.chosen is not None:
            self.used.emit(self._search.chosen)
            self.accept()

    def _show(self) -> None:
        search, job = self._search, self._job
        self.plot.set_marks(search.suggested, search.chosen)
        self._use.setText(f"Use {finding.said(search.chosen)}" if search.chosen else "Use")
        self._use.setToolTip("Put this rate into the recipe (Enter)" if search.chosen else "Choose a rate in the plot")
        self._use.setEnabled(search.chosen is not None)
        bad = "bad" if job is None and self._trouble else "muted"
        if self._line.property("role") != bad:
            theme.role(self._line, bad)
        if job is not None and job.state != "ended":
            self._line.setText(finding.running_line(job.pace, job.state == "stopping"))
            self._progress.set_fraction(job.pace.share)
        else:
            self._line.setText(self._trouble or finding.result_line(search))
            self._progress.set_fraction(0.0 if self._trouble else 1.0)
