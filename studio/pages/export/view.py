"""The Export page: a checkpoint of a run, with all that is needed to use it, in a folder. Decided in `state.py`."""

from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal, SignalInstance
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from core.project.edits import Change
from studio import theme
from studio.jobs import JobSupervisor
from studio.pages.export import state
from studio.pages.export.state import CONTENTS, Exportable
from studio.session import Session
from studio.widgets import words
from studio.widgets.empty import EmptyState
from studio.widgets.picker import Picker
from studio.widgets.progress import ProgressLine

WIDTH = 640  # px
_WHICH = ("best", "last")


class ExportPage(QWidget):
    """Writes the network of a run of the open project to a folder, in a child process."""

    title, icon = "Export", "ios_share"

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._runs: tuple[Exportable, ...] = ()
        self._run, self._which = "", "best"
        self._proposed = ""  # the destination that the page filled in; the user's own is never replaced
        self._job: JobSupervisor | None = None
        self.form = ExportForm()
        self.nothing = EmptyState("", icon="ios_share")
        self.nothing.clicked.connect(lambda: session.go_to.emit("train"))
        self._stack = QStackedLayout(self)
        self._stack.addWidget(_centred(self.form))
        self._stack.addWidget(self.nothing)
        session.opened.connect(self._open)
        session.changed.connect(self._changed)
        self.form.run_chosen.connect(self.choose_run)
        self.form.which_chosen.connect(self._choose_which)
        self.form.edited.connect(self._show_refusal)
        self.form.browse.connect(self._browse)
        self.form.export.connect(self.export)
        self.form.opened.connect(lambda path: QDesktopServices.openUrl(QUrl.fromLocalFile(path)))
        self.form.copied.connect(lambda path: QGuiApplication.clipboard().setText(path))
        self._show()

    def activate(self) -> None:
        """Read the runs again; training may have made new ones."""
        if self._session.is_open:
            self._session.reader.ask("export", state.exportable, self._found)

    def choose_run(self, name: str) -> None:
        """Export another run."""
        self._run = name
        self._show()

    def export(self) -> None:
        """Write what is chosen."""
        if self._refusal():
            return
        place = str(Path(self.form.place()).expanduser())
        arguments = ["export", self._run, place, "-p", str(self._session.root), "--checkpoint", self._which]
        job = self._session.start(f"Exporting {self._run}", arguments)
        job.changed.connect(lambda: self.form.set_busy(True, job.pace.share))
        job.finished.connect(lambda result: self._exported(str(result.get("folder") or place)))
        job.ended.connect(self._ended)
        self._job = job
        self.form.set_result("")
        self.form.set_busy(True, None)
        self._show_refusal()

    # --- what the page hears ---

    def _open(self) -> None:
        self._runs, self._run, self._which, self._proposed = (), "", "best", ""
        self.form.set_place("")
        self.form.set_result("")
        self._show()
        if self.isVisible():
            self.activate()

    def _changed(self, change: Change) -> None:
        if change.kind == "predictions" and self.isVisible():
            self.activate()

    def _found(self, runs: tuple[Exportable, ...]) -> None:
        self._runs = runs
        if all(run.name != self._run for run in runs):
            usable = [run.name for run in runs if run.possible] or [run.name for run in runs]
            self._run = (usable or [""])[0]
        self._show()

    def _choose_which(self, which: str) -> None:
        self._which = which
        self._show()

    def _browse(self) -> None:
        start = Path(self.form.place() or self._session.root).expanduser()
        while not start.is_dir() and start != start.parent:
            start = start.parent
        if text := QFileDialog.getExistingDirectory(self, "Choose an empty folder", str(start)):
            self.form.set_place(text)
            self._show_refusal()

    def _exported(self, folder: str) -> None:
        self.form.set_result(folder)
        self._show()  # offers the next free folder

    def _ended(self) -> None:
        self._job = None
        self.form.set_busy(False, None)
        self._show_refusal()

    # --- showing ---

    def _chosen(self) -> Exportable | None:
        return next((run for run in self._runs if run.name == self._run), None)

    def _show(self) -> None:
        if not self._runs:
            hint = "A folder with the network, its classes and how to prepare an image for it."
            self.nothing.set_words("What you export will start here.", "Train a model", hint)
        self._stack.setCurrentIndex(0 if self._runs else 1)
        self.form.set_runs(self._runs, self._run)
        chosen = self._chosen()
        if chosen is not None:
            if not chosen.choice(self._which).there:
                self._which = "last" if chosen.last.there and not chosen.best.there else "best"
            self.form.set_choices(chosen, self._which)
            if self.form.place() == self._proposed:
                self._proposed = str(state.default_destination(self._session.root, chosen.name, self._which))
                self.form.set_place(self._proposed)
        self._show_refusal()

    def _refusal(self) -> str:
        return state.refusal(self.form.place(), self._chosen(), self._which, self._job is not None)

    def _show_refusal(self) -> None:
        self.form.set_refusal(self._refusal())


class ExportForm(QWidget):
    """Run, checkpoint, destination, what will be written, and what was."""

    run_chosen = Signal(str)
    which_chosen = Signal(str)
    edited = Signal()
    browse = Signal()
    export = Signal()
    opened = Signal(str)
    copied = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.runs = Picker()
        self.runs.setToolTip("The run whose network is exported")
        self.runs.setAccessibleName("Run")
        self.runs.activated.connect(lambda _: self.run_chosen.emit(self.runs.currentData()))
        self._radios = {which: QRadioButton() for which in _WHICH}
        self._facts = {which: words.number(quiet=True) for which in _WHICH}
        self._group = QButtonGroup(self)
        self._place = QLineEdit()
        self._place.setProperty("field", "number")
        self._place.setToolTip("The folder to write to; it must be new or empty")
        self._place.setAccessibleName("Destination folder")
        self._place.textEdited.connect(self.edited)
        self._browse = _button("Choose…", "Choose the folder to write to", self.browse)
        self._refusal = words.muted()
        theme.role(self._refusal, "warning")
        self.start = _button("Export", "", self.export)
        self.start.setObjectName("export-write")
        theme.role(self.start, "primary")
        self.progress = ProgressLine("Export progress")
        self._done = words.number()
        self._done.setAlignment(Qt.AlignmentFlag.AlignLeft)
        self._done.setWordWrap(True)
        self._done.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._result = self._result_row()
        self._arrange()
        self.set_busy(False, None)
        self.set_result("")

    def _arrange(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 32, 16, 32)
        layout.setSpacing(8)
        layout.addWidget(words.head("Run"))
        layout.addWidget(self.runs)
        layout.addSpacing(16)
        layout.addWidget(words.head("Checkpoint"))
        layout.addLayout(self._checkpoints())
        layout.addSpacing(16)
        layout.addWidget(words.head("Destination"))
        place = QHBoxLayout()
        place.setSpacing(8)
        place.addWidget(self._place, 1)
        place.addWidget(self._browse)
        layout.addLayout(place)
        layout.addWidget(self._refusal)
        layout.addSpacing(16)
        layout.addWidget(words.head("What will be written"))
        layout.addLayout(_contents())
        layout.addSpacing(16)
        foot = QHBoxLayout()
        foot.setSpacing(16)
        foot.addWidget(self.start)
        foot.addWidget(self.progress, 1)
        layout.addLayout(foot)
        layout.addSpacing(8)
        layout.addWidget(self._result)
        layout.addStretch(1)

    def _checkpoints(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        tips = {"best": "The weights of the epoch with the best validation accuracy", "last": "The weights at the end"}
        for row, which in enumerate(_WHICH):
            radio = self._radios[which]
            radio.setToolTip(tips[which])
            self._group.addButton(radio)
            radio.clicked.connect(lambda _=False, which=which: self.which_chosen.emit(which))
            grid.addWidget(radio, row, 0)
            grid.addWidget(self._facts[which], row, 1)
        return grid

    def _result_row(self) -> QWidget:
        row = QWidget()
        layout = QVBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(words.line())
        layout.addSpacing(8)
        layout.addWidget(words.head("Exported to"))
        layout.addWidget(self._done)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        show = QPushButton("Open folder")
        show.setToolTip("Show the exported folder in the file manager")
        show.clicked.connect(lambda: self.opened.emit(self._done.text()))
        copy = QPushButton("Copy path")
        copy.setToolTip("Copy the path of the exported folder")
        copy.clicked.connect(lambda: self.copied.emit(self._done.text()))
        for button in (show, copy):
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout.addLayout(buttons)
        return row

    def set_runs(self, runs: tuple[Exportable, ...], chosen: str) -> None:
        """Offer runs."""
        self.runs.clear()
        for run in runs:
            self.runs.addItem(run.title, run.name)
        self.runs.setCurrentIndex(self.runs.findData(chosen))

    def set_choices(self, run: Exportable, which: str) -> None:
        """Show the checkpoints of a run."""
        for name, radio in self._radios.items():
            choice = run.choice(name)
            radio.setText(choice.title)
            radio.setEnabled(choice.there)
            radio.setChecked(name == which)
            self._facts[name].setText(choice.words)

    def place(self) -> str:
        return self._place.text()

    def set_place(self, text: str) -> None:
        self._place.setText(text)

    def set_refusal(self, refusal: str) -> None:
        """Allow Export, or say why not."""
        self._refusal.setText(refusal or " ")
        self.start.setEnabled(not refusal)
        self.start.setToolTip(refusal or "Write the files to the folder")

    def refusal(self) -> str:
        return self._refusal.text().strip()

    def set_busy(self, busy: bool, share: float | None) -> None:
        """Show that it is being written; the line keeps its room."""
        self.progress.set_fraction(share if busy else 0.0)
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(policy)
        self.progress.setVisible(busy)

    def set_result(self, folder: str) -> None:
        """Say where it was written; empty while nothing was."""
        self._done.setText(folder)
        self._result.setVisible(bool(folder))

    def result(self) -> str:
        return self._done.text()


def _contents() -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(8)
    grid.setColumnStretch(1, 1)
    for row, (name, what) in enumerate(CONTENTS):
        file = words.number(name)
        file.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        grid.addWidget(file, row, 0)
        grid.addWidget(words.muted(what), row, 1)
    return grid


def _centred(form: QWidget) -> QWidget:
    form.setMaximumWidth(theme.px(WIDTH))
    form.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    inner = QWidget()
    row = QHBoxLayout(inner)
    row.setContentsMargins(0, 0, 0, 0)
    row.addStretch(1)
    row.addWidget(form, 8)
    row.addStretch(1)
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(inner)
    return area


def _button(text: str, tooltip: str, signal: SignalInstance) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tooltip)
    button.clicked.connect(lambda: signal.emit())
    return button
