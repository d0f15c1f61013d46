"""The Train page: choose a recipe, train, watch. What it shows is decided in `state.py`; training runs in a child.

The recipe is the session's, so that choosing one here is seen on Augment and Synthesize, and the other way round.
"""

from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from core import recipe as recipes
from core.project import split
from core.project.edits import Change
from core.recipe import Recipe
from studio.ahead import Growth, grown
from studio.pages.train import ground as grounds
from studio.pages.train import live as living
from studio.pages.train import state
from studio.pages.train.course import CourseColumn
from studio.pages.train.ground import READ_ONLY, Ground, Look, Past
from studio.pages.train.live import Live
from studio.pages.train.longer import LongerDialog
from studio.pages.train.recipes import Recipes
from studio.pages.train.results import ResultColumn
from studio.pages.train.setup import ELSEWHERE, SetupColumn, SetupForm
from studio.pages.train.shown import NEW_RUN, ShownRun
from studio.pages.train.training import Training
from studio.pages.train.waiting import Waiting
from studio.session import Session
from studio.settings import window_settings
from studio.view_memory import remember_columns
from studio.widgets.columns import beside
from studio.widgets.form import rows

_LOOK_MILLISECONDS = 2000
_PLOTS = "train/plots"


Columns = tuple[SetupColumn, CourseColumn, ResultColumn]


def columns() -> Growth[Columns]:
    """The page's columns, one at a time; the largest in slices."""
    form = SetupForm((yield from rows(ELSEWHERE)))
    yield
    setup = SetupColumn(form)
    yield
    course = CourseColumn()
    yield
    return setup, course, ResultColumn()


class TrainPage(QWidget):
    """Sets up, starts, follows and resumes runs of the open project."""

    title, icon = "Train", "play_arrow"

    def __init__(self, session: Session, parent: QWidget | None = None, made: Columns | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._others: list[str] = []
        self.setup, self.course, self.results = made or grown(columns())
        self.training = Training(session, self)
        self.shown = ShownRun(session, self.training, self.course, self.results, self)
        self.waiting = Waiting(session, self)
        self._recipes = Recipes(session, self.setup, self)
        self.columns = beside(self, self.setup, self.course, self.results)
        remember_columns(self.columns, "train", session)
        self._remember_plots()
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._looking = QTimer(self, interval=_LOOK_MILLISECONDS)
        self._looking.timeout.connect(self._look)
        self._connect()
        self._show()

    def activate(self) -> None:
        """Read again what the page stands on; the first time, find out about devices too."""
        self._refresh()
        self._recipes.activate()

    def showEvent(self, event: QShowEvent) -> None:
        self.setFocus()  # else a choice has it, and the wheel would change that
        self._looking.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._looking.stop()
        self.results.notes.save()

    def release(self) -> None:
        """Keep the notes, and end the look at the devices and the following of others, if they still go on."""
        self.results.notes.close_writer()
        self.training.leave()
        self._recipes.release()

    def _connect(self) -> None:
        self._session.opened.connect(self._open)
        self._session.changed.connect(self._changed)
        self._session.jobs.changed.connect(self._jobs_changed)
        self._recipes.changed.connect(self._show_start)
        self.training.began.connect(self._began)
        self.training.changed.connect(self._show_job)
        self.training.ended.connect(self._ended)
        self.waiting.changed.connect(self._refresh)
        self.setup.went.connect(self._session.go_to)
        self.setup.started.connect(self.start)
        self.setup.queued.connect(self.add_to_queue)
        self.setup.paused.connect(self.training.pause_or_resume)
        self.setup.stopped.connect(self.training.stop)
        self._connect_course()

    def _connect_course(self) -> None:
        self.course.run_chosen.connect(self._choose_run)
        self.course.resumed.connect(self.resume)
        self.course.lengthened.connect(self._ask_longer)
        self.course.helped.connect(self._help)
        self.course.images_wanted.connect(self._show_images)
        self.course.bar.closed.connect(self._show_job)
        self.results.notes.refused.connect(self._session.problem)
        self.results.notes.settled.connect(self._refresh_if_seen)
        self.results.queue.removed.connect(self.waiting.remove)
        self.results.queue.moved.connect(self.waiting.move)
        self.results.queue.started.connect(self.start_next)

    def _remember_plots(self) -> None:
        chosen = window_settings().value(_PLOTS)
        if chosen is not None:
            self.course.curves.set_shown(str(chosen).split())
        plots = self.course.curves
        plots.shown_changed.connect(lambda: window_settings().setValue(_PLOTS, " ".join(plots.shown())))

    # --- the project ---

    def _open(self) -> None:
        self.training.forget()
        self.shown.forget()
        self._recipes.open()
        self._show()
        if self.isVisible():
            self.activate()

    def _changed(self, change: Change) -> None:
        self._refresh_if_seen()

    def _refresh_if_seen(self) -> None:
        if self.isVisible():
            self._refresh()

    def _refresh(self) -> None:
        if self._session.is_open:
            known, serial = self.shown.ground, self.results.notes.serial
            survey = self._surveyed
            self._session.reader.ask(
                "train", lambda store: grounds.survey(store, known), lambda ground: survey(ground, serial)
            )

    def _look(self) -> None:
        if self._session.is_open and self.shown.ground is not None:
            self._session.reader.ask("train-look", grounds.look, self._looked)

    def _looked(self, look: Look) -> None:
        if self.shown.ground is not None and look != self.shown.ground.look:
            self._refresh()

    def _surveyed(self, ground: Ground, serial: int) -> None:
        before, self.shown.ground = self.shown.ground, ground
        if before is None or {run.signs.predictions for run in before.runs} != {
            run.signs.predictions for run in ground.runs
        }:
            self._session.index.update()
        if not self.training.running and ground.past(self.shown.name) is None:
            self.shown.name = ground.runs[-1].name if ground.runs else NEW_RUN
        settled, self.shown.settling = self.shown.settling and not self.training.running, False
        self._attach(before)
        self._recipes.offer(ground)
        self.training.set_waiting(len(ground.queue))
        self._show(notes=serial == self.results.notes.serial)
        if settled:
            self._go_on()

    def _attach(self, before: Ground | None) -> None:
        """Follow the shown run, or else the latest, when another process trains it."""
        if self.shown.ground is None or self.training.own:
            return
        alive = [run.name for run in self.shown.ground.runs if run.alive]
        if not alive or (self.training.live.run in alive and self.training.running):
            return
        name = self.shown.name if self.shown.name in alive else alive[-1]
        if before is None or (
            before.past(name) is None and (not before.runs or before.runs[-1].name == self.shown.name)
        ):
            self.shown.name = name
        self._follow(name)

    def _follow(self, name: str) -> None:
        self.training.attach(self.shown.folder(name))
        self.shown.begin()

    # --- the job ---

    def start(self) -> None:
        """Train with the recipe of the form."""
        recipe = self.setup.recipe()
        if recipe is None or self._refusal():
            return
        file = self._session.store.paths.cache / "train-recipe.yaml"
        try:
            _write_recipe(file, recipe)
        except OSError as problem:
            self._session.problem.emit(problem)
            return
        self.shown.name = NEW_RUN
        self._begin(Live(), f"Training {recipe.name}", ["--recipe", str(file)])

    def resume(self) -> None:
        """Go on with the run that is shown."""
        past = self.shown.past()
        if past is not None and not self._blocking():
            self._begin(living.resumed(past), f"Training {past.name}", ["--resume", past.name])

    def add_to_queue(self) -> None:
        """Let a run with the recipe of the form wait for those before it."""
        recipe = self.setup.recipe()
        if recipe is not None and not self._queue_refusal():
            self.waiting.add(recipe, self.setup.device())

    def start_next(self) -> None:
        """Train what waits, one run after the other.

        `core queue run` does it, as on the command line: it alone takes runs out of the queue, so that no two
        processes train the same one, and it goes on when the window lets go of it.
        """
        if self._session.is_open and not self._next_refusal():
            self.shown.name = NEW_RUN
            self.training.begin("Training the queue", ["queue", "run", "-p", str(self._session.root)], Live(), True)
            self.shown.begin()
            self._show()

    def _begin(self, live: Live, title: str, arguments: list[str]) -> None:
        project = ["-p", str(self._session.root)]
        self.training.begin(title, ["train", *project, *arguments, "--device", self.setup.device()], live)
        self.shown.begin()
        self._show()

    def _began(self, name: str) -> None:
        if self.shown.name in (NEW_RUN, self.training.before):
            self.shown.name = name
        self._show()
        self._refresh()
        if self.training.of_queue:  # the one before is over
            self._session.index.update()

    def _ended(self) -> None:
        self.shown.end()
        self._show()
        self._refresh()

    def _go_on(self) -> None:
        """After a training of this window ended by itself, those of the queue begin; what they leave there stays."""
        ground, training = self.shown.ground, self.training
        if ground is None or not ground.queue or training.running or training.of_queue:
            return
        past = ground.past(training.live.run)
        told = training.outcome == "failed" and past is not None and bool(past.history.problem)
        if training.outcome == "finished" or told:
            self.start_next()

    def _ask_longer(self) -> None:
        past = self.shown.past()
        if past is not None and not self._blocking():
            run = self.shown.folder(past.name)
            self._session.reader.ask(
                "train-longer", lambda store: run.recipe().schedule.patience, lambda most: self._longer(past, most)
            )

    def _longer(self, past: Past, patience: int) -> None:
        done = len(past.history.epochs)
        hint = state.longer_hint(past.history)
        dialog = LongerDialog(past.name, done, state.longer(past.history), hint, self)
        dialog.chosen.connect(lambda epochs: self._lengthen(past, epochs, patience))
        dialog.open()

    def _lengthen(self, past: Past, epochs: int, patience: int) -> None:
        if not self._blocking():
            self.shown.name = past.name
            arguments = state.lengthened(past, epochs, patience)
            self._begin(living.resumed(past), f"Training {past.name}", arguments)

    def _jobs_changed(self) -> None:
        others = self._other_jobs()
        if others != self._others and not self.training.beginning:
            self._others = others
            self._show()

    def _other_jobs(self) -> list[str]:
        return [job.pace.title for job in self._session.jobs.running if job is not self.training.job]

    def _blocking(self) -> str:
        """Why no training can begin now; empty when one can."""
        if self._other_jobs():
            return f"Wait until this is done: {self._other_jobs()[0]}."
        return f"{self.training.name} is being trained." if self.training.running else ""

    def _refusal(self) -> str:
        training = self.training.name if self.training.running else ""
        valid = self.setup.recipe() is not None
        return grounds.start_refusal(self.shown.ground, valid, next(iter(self._other_jobs()), ""), training)

    def _queue_refusal(self) -> str:
        return grounds.queue_refusal(self.shown.ground, self.setup.recipe() is not None)

    def _next_refusal(self) -> str:
        return self._blocking() or ("" if self.shown.writable else READ_ONLY)

    def _help(self) -> None:
        lack = grounds.missing(self.shown.ground) if self.shown.ground else None
        if lack is None:
            self.start()
        elif lack.goal == "split":
            self._session.do(split.assign)
        else:
            self._session.go_to.emit(lack.goal)

    def _show_images(self) -> None:
        past = self.shown.past()
        if past is not None and (ids := state.diverged_on(past.events)):
            self._session.set_filter(f"id:{','.join(str(id) for id in ids)}")
            self._session.go_to.emit("data")

    # --- showing ---

    def _choose_run(self, name: str) -> None:
        self.shown.name = name
        past = self.shown.past()
        if past is not None and past.alive and self.training.attached and name != self.training.live.run:
            self._follow(name)
        self._show()

    def _show(self, notes: bool = True) -> None:
        self.shown.show(self._refusal(), self._blocking(), notes)
        self.setup.set_job(self.training.state)
        self._show_start()
        self._show_queue()

    def _show_job(self) -> None:
        self.setup.set_job(self.training.state)
        self.shown.show_job(self._blocking())

    def _show_start(self) -> None:
        self.setup.set_start(self._queue_refusal() if self.training.running else self._refusal())

    def _show_queue(self) -> None:
        self.results.queue.set_entries(self.shown.ground.queue if self.shown.ground else (), self.shown.writable)
        self.results.queue.set_start(self._next_refusal())


def _write_recipe(file: Path, recipe: Recipe) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(recipes.dump(recipe).encode())  # for the child alone, so nobody waits for the disk
