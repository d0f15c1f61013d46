"""The Review page: what a run got wrong, and the way to put labels right. What it shows is decided in `state.py`."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedLayout, QWidget

from core.project import edits
from core.project.edits import Change
from studio.ahead import Growth, grown
from studio.jobs import JobSupervisor
from studio.models.pictures import PictureLoader
from studio.models.thumbnails import ThumbnailLoader
from studio.pages.review import state
from studio.pages.review.model import ReviewModel
from studio.pages.review.panels import FiguresColumn, ImagesColumn, MatrixColumn
from studio.pages.review.state import Cell, Loaded, Outcome, RunLine, Today
from studio.session import Session
from studio.view_memory import remember_columns
from studio.widgets.class_shortcuts import ClassShortcuts
from studio.widgets.columns import beside, in_turn
from studio.widgets.empty import EmptyState

Columns = tuple[MatrixColumn, ImagesColumn, FiguresColumn]


def columns() -> Growth[Columns]:
    """The page's columns, one at a time."""
    return in_turn(MatrixColumn, ImagesColumn, FiguresColumn)


class ReviewPage(QWidget):
    """Shows the predictions of any run of the open project; labels are changed through the session only."""

    title, icon = "Review", "target"

    def __init__(self, session: Session, parent: QWidget | None = None, made: Columns | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._runs: tuple[RunLine, ...] = ()
        self._loaded: Loaded | None = None
        self._outcome: Outcome | None = None
        self._today: Today | None = None
        self._cell: Cell | None = None
        self._wrong_only = True
        self._run = ""
        self._part = ""
        self._classes: list[str] = []
        self._shortcuts = ClassShortcuts(self, self._label_by_key)
        self._job: JobSupervisor | None = None
        self._evaluated = ""
        self._arriving = False  # the keyboard goes to the grid when there is one
        self._following = False  # the grid is being set, so its selection is no choice of the user
        self._thumbnails: ThumbnailLoader | None = None
        self._pictures: PictureLoader | None = None
        self.model = ReviewModel(self)
        self.matrix, self.images, self.figures = made or grown(columns())
        self.images.grid.setModel(self.model)
        self.nothing = EmptyState("", icon="target")
        self.nothing.clicked.connect(lambda: session.go_to.emit("train"))
        body = QWidget()
        self.columns = beside(body, self.matrix, self.images, self.figures)
        remember_columns(self.columns, "review", session)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(body)
        self._stack.addWidget(self.nothing)
        self._connect()
        self._open()

    def activate(self) -> None:
        """Read the runs and the chosen one again; either may have changed."""
        if self._session.is_open:
            self._session.reader.ask("review-runs", state.run_lines, self._found_runs)
        self._arriving = True

    def release(self) -> None:
        """End the threads that read images."""
        self.model.open(None, None)
        for loader in (self._thumbnails, self._pictures):
            if loader is not None:
                loader.close()
        self._thumbnails, self._pictures = None, None

    def _connect(self) -> None:
        session = self._session
        session.opened.connect(self._open)
        session.access_changed.connect(self._access)
        session.changed.connect(self._changed)
        session.selection_changed.connect(self._show_current)
        self.matrix.run_chosen.connect(self.choose_run)
        self.matrix.part_chosen.connect(self._choose_part)
        self.matrix.cell_chosen.connect(self._choose_cell)
        self.matrix.evaluate.connect(self.evaluate)
        self.images.wrong_chosen.connect(self._choose_wrong)
        self.images.labelled.connect(lambda position: self.label(self._classes[position]))
        self.images.left_large.connect(self.show_grid)
        self.images.large.stepped.connect(self.step)
        self.images.grid.activated.connect(lambda _: self.show_large())
        self.images.grid.chosen.connect(self._chosen_in_grid)
        self.images.grid.selectionModel().currentChanged.connect(self._chosen_in_grid)
        session.classes.changed.connect(self._read_classes)

    # --- commands ---

    def choose_run(self, name: str) -> None:
        """Show another run."""
        self._run, self._part, self._cell = name, "", None
        self._load()

    def label(self, name: str) -> None:
        """Give the selected images a class; a single one makes way for the next."""
        ids = self._targets()
        if not len(ids) or not self._session.writable:
            return
        row = self.model.row_of(int(ids[0])) if len(ids) == 1 else None
        change = self._session.do(edits.label, ids.tolist(), name, "hand" if len(ids) == 1 else "bulk")
        if change is not None and row is not None and row + 1 < len(self.model.ids):
            self.images.grid.select_rows(np.array([row + 1]), row + 1)

    def show_large(self) -> None:
        """Show the current image large, alone selected: a key labels what is seen."""
        row = max(0, self.images.grid.currentIndex().row())
        if row < len(self.model.ids):
            self.images.show_large(True)
            self.images.large.setFocus(Qt.FocusReason.OtherFocusReason)
            self.images.grid.select_rows(np.array([row]), row)
            self._show_current()

    def show_grid(self) -> None:
        """Leave the large view."""
        self.images.show_large(False)
        self.images.grid.setFocus(Qt.FocusReason.OtherFocusReason)

    def step(self, by: int) -> None:
        """Look at the image `by` rows further, within the list."""
        row = min(max(self.images.grid.currentIndex().row() + by, 0), len(self.model.ids) - 1)
        self.images.grid.select_rows(np.array([row]), row)

    def evaluate(self) -> None:
        """Let the chosen run read the validation images, in a child process."""
        if self._job is not None or not self._run:
            return
        arguments = ["evaluate", self._run, "-p", str(self._session.root)]
        job = self._session.start(f"Evaluating {self._run}", arguments)
        job.changed.connect(self._show_job)
        job.finished.connect(lambda _: self._session.index.update())
        job.ended.connect(self._ended)
        self._job, self._evaluated = job, self._run
        self._show_empty()
        self._show_job()

    def _label_by_key(self, key: str) -> None:
        position = self._session.classes.keys.get(key)
        if position is not None:
            self.label(self._classes[position])

    # --- what the page hears ---

    def _open(self) -> None:
        self.release()
        self._runs, self._loaded, self._outcome, self._today = (), None, None, None
        self._run, self._part, self._cell = "", "", None
        self._show_runs()
        self.model.set_marker(None)
        self.images.clear()
        self.figures.clear()
        self._show_current()
        if self._session.is_open:
            self._thumbnails = ThumbnailLoader(self._session.store.paths.thumbnails, self)
            self._thumbnails.problem.connect(self._session.problem)
            self.model.open(self._session.store, self._thumbnails)
            self._pictures = PictureLoader(self)
            self._pictures.loaded.connect(self.images.large.picture.set_image)
            self._pictures.failed.connect(lambda sentence: self.images.large.picture.set_image(None, sentence))
            self._pictures.problem.connect(self._session.problem)
            self._read_classes()
            if self.isVisible():
                self.activate()

    def _access(self) -> None:
        if self._session.is_open:
            self.model.use(self._session.store)
            self._show_current()

    def _changed(self, change: Change) -> None:
        self.model.refresh(change)
        if change.kind == "predictions" and self.isVisible():
            self.activate()
        else:
            self._ask_today()

    def _found_runs(self, lines: tuple[RunLine, ...]) -> None:
        followed = not self._runs or self._run == self._runs[0].name  # who looks at the newest run goes on so
        self._runs = lines
        names = [line.name for line in lines]
        if self._run not in names or (followed and names[0] != self._run):
            self._run, self._part, self._cell = (names or [""])[0], "", None
        self._show_runs()
        self._load()

    def _load(self) -> None:
        if not self._run:
            return
        self.matrix.set_runs(self._runs, self._run)
        run, part = self._run, self._part
        self._session.reader.ask("review-load", lambda store: state.load(store, run, part), self._found)

    def _found(self, loaded: Loaded) -> None:
        self._loaded, self._today = loaded, None
        if loaded.outcome is None or self._show_empty():
            self._outcome = None
            self._show_empty()
            self.model.set_ids(np.zeros(0, np.int64))
            self.matrix.set_changes("")
            self.images.clear()
            self.figures.clear()
            self._show_current()
            return
        before = self._outcome
        self._outcome = loaded.outcome
        if before is None or before.classes != self._outcome.classes:
            self._cell = None
        self._show_outcome()
        self._ask_today()
        if self._arriving and self.isVisible():
            self.images.take_keyboard()
        self._arriving = False

    def _ask_today(self) -> None:
        shown = self._outcome
        if shown is not None:
            self._session.reader.ask("review-today", lambda store: state.today(store, shown), self._found_today)

    def _found_today(self, today: Today) -> None:
        if self._outcome is None or len(today.present) != len(self._outcome.ids):
            return
        self._today = today
        self.matrix.set_changes(state.changes_line(today))
        self._mark()
        self._show_listing()
        self._show_current()

    def _choose_part(self, part: str) -> None:
        self._part, self._cell = part, None
        self._load()

    def _choose_cell(self, true: int, predicted: int) -> None:
        self._cell = (true, predicted) if true >= 0 else None
        self._show_listing()

    def _choose_wrong(self, wrong_only: bool) -> None:
        self._wrong_only, self._cell = wrong_only, None
        self._show_listing()

    def _chosen_in_grid(self, *_: object) -> None:
        if not self._following:
            current = self.images.grid.currentIndex().row()
            ids = self.model.ids[self.images.grid.selected_rows()]
            self._session.select(ids, int(self.model.ids[current]) if 0 <= current < len(self.model.ids) else None)

    def _ended(self) -> None:
        self._job = None
        self._show_job()
        self.activate()

    def _read_classes(self) -> None:
        classes = self._session.classes
        self._classes = classes.names
        self.images.keys.set_classes(classes.names, classes.given_keys)
        self._shortcuts.set_keys(classes.keys)
        if self._outcome is not None:
            self._show_figures(self._outcome)

    def _targets(self) -> np.ndarray:
        """The selected images that are in the list here."""
        chosen = self._session.selection
        return chosen[np.isin(chosen, self.model.ids)]

    # --- showing ---

    def _show_runs(self) -> None:
        self.matrix.set_runs(self._runs, self._run)
        if not self._runs:
            hint = "The confusion matrix of a run, and the images it read wrong."
            self.nothing.set_words("What your models get wrong will be here.", "Train a model", hint)
        self._stack.setCurrentIndex(0 if self._runs else 1)

    def _show_outcome(self) -> None:
        assert self._outcome is not None
        self.matrix.set_outcome(self._outcome, state.most_confused(self._outcome))
        self._show_figures(self._outcome)
        self._mark()
        self._show_listing()

    def _show_figures(self, shown: Outcome) -> None:
        positions = self._session.classes.positions
        self.figures.set_figures(state.figures(shown), state.class_lines(shown), positions)

    def _mark(self) -> None:
        shown, today = self._outcome, self._today
        self.model.set_marker(None if shown is None else lambda id: state.mark(shown, today, id))

    def _show_listing(self) -> None:
        if self._outcome is None:
            return
        listing = state.listing(self._outcome, self._today, self._cell, self._wrong_only)
        others = not np.array_equal(listing.ids, self.model.ids)
        if others and self.images.is_large():
            self.show_grid()
        self.matrix.set_cell(self._cell)
        self.images.set_listing(listing, self._cell is not None, self._wrong_only)
        if others:
            self._following = True
            self.model.set_ids(listing.ids)
            self._following = False
            self._show_current()

    def _show_empty(self) -> bool:
        """Say why there is no matrix, or that it is being made; whether there is none."""
        line = next((line for line in self._runs if line.name == self._run), None)
        empty = state.empty(self._loaded, line) if self._loaded is not None else None
        if empty is not None and self._job is not None and self._evaluated == self._run:
            empty = state.Empty(f"{self._run} is reading the images…", "You can go on labelling meanwhile.")
        if empty is not None:
            self.matrix.set_empty(empty)
        return empty is not None

    def _show_job(self) -> None:
        running = self._job is not None and self._evaluated == self._run
        self.matrix.set_progress(self._job.pace.share if self._job else 0.0, running)

    def _show_current(self) -> None:
        ids = self._targets()
        if len(ids) != 1 or self._outcome is None:
            text = f"{len(ids):,} images selected" if len(ids) else "Select images to label them by key."
        else:
            row = self.model.row_of(int(ids[0]))
            known = self.model.shown(row) if row is not None else None
            words = state.mark(self._outcome, self._today, int(ids[0])).words
            if known and self._pictures is not None and self.images.is_large():
                self._pictures.ask(known.record.path)
            text = f"{known.record.name}: {words}" if known else words
        self.images.set_current(text, bool(len(ids)) and self._session.writable)
