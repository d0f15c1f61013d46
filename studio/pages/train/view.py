"""The Train page: choose a recipe, train, watch. What it shows is decided in `state.py`; training runs in a child.

The recipe is the session's, so that choosing one here is seen on Augment and Synthesize, and the other way round.
"""

import time
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from core import recipe as recipes
from core.events import EpochEnded, Event, RunStarted
from core.project import split
from core.project.edits import Change
from core.recipe import Recipe
from core.runs.durable import write_durably
from core.runs.history import History
from studio.jobs import JobSupervisor
from studio.pages.train import state
from studio.pages.train.course import CourseColumn
from studio.pages.train.recipes import Recipes
from studio.pages.train.results import ResultColumn
from studio.pages.train.setup import SetupColumn
from studio.pages.train.state import Failure, Ground, Live, Past
from studio.session import JobFailure, Session
from studio.settings import remember_columns
from studio.widgets.columns import beside

NEW_RUN = ""
_RUNS_OFFERED = 8  # as recipes


class TrainPage(QWidget):
    """Sets up, starts, follows and resumes runs of the open project."""

    title, icon = "Train", "play_arrow"

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._ground: Ground | None = None
        self._shown = NEW_RUN
        self._job: JobSupervisor | None = None
        self._live = Live()
        self._failure = Failure()
        self._edits: int | None = None
        self._others: list[str] = []
        self.setup, self.course, self.results = SetupColumn(), CourseColumn(), ResultColumn()
        self._recipes = Recipes(session, self.setup, self)
        self.columns = beside(self, self.setup, self.course, self.results)
        remember_columns(self.columns, "train")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._clock = QTimer(self, interval=1000)
        self._clock.timeout.connect(self._show_facts)
        self._again = QTimer(self, singleShot=True, interval=2000)  # while the command line trains in this project
        self._again.timeout.connect(self._refresh_if_seen)
        self._connect()
        self._show()

    def activate(self) -> None:
        """Read again what the page stands on; the first time, find out about devices too."""
        self._refresh()
        self._recipes.activate()

    def showEvent(self, event: QShowEvent) -> None:
        self.setFocus()  # else a choice has it, and the wheel would change that

    def release(self) -> None:
        """End the look at the devices, if it is still going on."""
        self._recipes.release()

    def _connect(self) -> None:
        self._session.opened.connect(self._open)
        self._session.changed.connect(self._changed)
        self._session.jobs.changed.connect(self._jobs_changed)
        self._recipes.changed.connect(self._show_start)
        self.setup.went.connect(self._session.go_to)
        self.setup.started.connect(self.start)
        self.setup.paused.connect(self._pause_or_resume)
        self.setup.stopped.connect(self._stop)
        self.course.run_chosen.connect(self._choose_run)
        self.course.resumed.connect(self.resume)
        self.course.helped.connect(self._help)
        self.course.bar.closed.connect(self._show_job)

    # --- the project ---

    def _open(self) -> None:
        self._ground, self._shown, self._live, self._edits = None, NEW_RUN, Live(), None
        self._failure = Failure()
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
            self._session.reader.ask("train", state.survey, self._surveyed)

    def _surveyed(self, ground: Ground) -> None:
        self._ground = ground
        if self._job is None and ground.past(self._shown) is None:
            self._shown = ground.runs[-1].name if ground.runs else NEW_RUN
        self._recipes.offer(ground)
        self._show()
        if self._job is None and any(past.history.status == "running" for past in ground.runs):
            self._again.start()

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
        self._shown = NEW_RUN
        self._follow(Live(), f"Training {recipe.name}", ["--recipe", str(file)])

    def resume(self) -> None:
        """Go on with the run that is shown."""
        past = self._past()
        if past is not None and not self._blocking():
            self._follow(state.resumed(past), f"Training {past.name}", ["--resume", past.name])

    def _follow(self, live: Live, title: str, arguments: list[str]) -> None:
        project = ["-p", str(self._session.root)]
        self._live, self._edits, self._failure = live, None, Failure()
        # Not session.start: this page tells the failure of a run itself, with the button that resumes it.
        job = self._session.jobs.start(title, ["train", *project, *arguments, "--device", self.setup.device()])
        job.events.connect(self._heard)
        job.changed.connect(self._show_job)
        job.failed.connect(self._failed)
        job.finished.connect(lambda _: self._session.index.update())
        job.ended.connect(self._ended)
        self._job = job
        self._clock.start()
        self._show()

    def _heard(self, events: list[Event]) -> None:
        for event in events:
            self._live = state.follow(self._live, event)
        if any(isinstance(event, RunStarted) for event in events):
            if self._shown == NEW_RUN:
                self._shown = self._live.run
            self._show()
        elif any(isinstance(event, EpochEnded) for event in events) and self._is_live():
            self._show_course()

    def _failed(self, title: str, hint: str, bug: bool) -> None:
        self._failure = Failure(self._live.run, title, hint)
        if not self._live.run or not self.isVisible():
            self._session.problem.emit(JobFailure(title, hint, bug))

    def _ended(self) -> None:
        self._job = None
        self._clock.stop()
        self._show()
        self._refresh()

    def _pause_or_resume(self) -> None:
        if self._job is not None:
            self._job.resume() if self._job.state == "paused" else self._job.pause()

    def _stop(self) -> None:
        if self._job is not None:
            self._job.stop()

    def _jobs_changed(self) -> None:
        others = self._other_jobs()
        if others != self._others:
            self._others = others
            self._show()

    def _other_jobs(self) -> list[str]:
        return [job.pace.title for job in self._session.jobs.running if job is not self._job]

    def _blocking(self) -> str:
        return (self._other_jobs() or [self._job.pace.title if self._job else ""])[0]

    def _can_write(self) -> bool:
        return self._ground is None or self._ground.writable

    def _refusal(self) -> str:
        return state.start_refusal(self._ground, self.setup.recipe() is not None, self._blocking())

    def _help(self) -> None:
        lack = state.missing(self._ground) if self._ground else None
        if lack is None:
            self.start()
        elif lack.goal == "split":
            self._session.do(split.assign)
        else:
            self._session.go_to.emit(lack.goal)

    # --- showing ---

    def _choose_run(self, name: str) -> None:
        self._shown = name
        self._show()

    def _past(self) -> Past | None:
        return self._ground.past(self._shown) if self._ground else None

    def _is_live(self) -> bool:
        return self._job is not None and self._shown == self._live.run

    def _history(self) -> History | None:
        if self._is_live():
            return state.live_history(self._live)
        past = self._past()
        return past.history if past else None

    def _show(self) -> None:
        self._show_runs()
        self._show_message()
        self._show_course()
        self._show_job()
        self._show_start()
        self._ask_edits()

    def _show_runs(self) -> None:
        runs = self._ground.runs if self._ground else ()
        lines = [(past.title, past.name) for past in reversed(runs) if self._job is None or past.name != self._live.run]
        if self._job is not None:
            lines.insert(0, (self._live.run or "New run", self._live.run))
        self.course.set_runs(lines, self._shown)
        if lines:
            self.course.show_course()
        elif self._ground is None:
            self.course.show_empty("The curves of your runs will be here.")
        elif lack := state.missing(self._ground):
            self.course.show_empty(lack.sentence, lack.hint, lack.button)
        else:
            refusal = self._refusal()
            hint = refusal or "Choose a recipe at the left, or start with this one as it is."
            self.course.show_empty("The curves of your first run will be here.", hint)

    def _show_message(self) -> None:
        past = None if self._is_live() else self._past()
        lack = state.missing(self._ground) if self._ground else None
        trouble = state.trouble(past, self._failure) if past else None
        if trouble:
            action = "Resume" if past and past.history.status in state.RESUMABLE and self._can_write() else ""
            self.course.tell(*trouble, "bad", action, "resume")
        elif lack and not self.course.is_empty():
            self.course.tell(lack.sentence, lack.hint, "warning", lack.button, "help")
        else:
            self.course.tell("", "", "info", "", "help")

    def _show_course(self) -> None:
        past = self._history() or History(status="running")
        self.course.set_history(past)
        self.results.set_best(state.best(past))
        self.results.sources.set_shares(past.by_source)
        self._show_facts()

    def _show_facts(self) -> None:
        live = self._live if self._is_live() else None
        past = self._history() or History(status="running")
        self.results.facts.set_rows(state.facts(past, live, self._edits, time.time()))

    def _show_job(self) -> None:
        job, past = self._job, self._past()
        self.setup.set_job(job.state if job else "none")
        if job is not None and self._is_live():
            self.course.set_head(
                state.chip(job.state), state.live_line(self._live, job.pace, job.state), job.pace.share
            )
        elif past is not None:
            whole = past.history.planned_epochs or 1
            share = 1.0 if past.history.status in ("completed", "early-stopped") else len(past.history.epochs) / whole
            self.course.set_head(state.chip(past.history.status), state.past_line(past.history), share)
        resumable = past is not None and not self._is_live() and past.history.status in state.RESUMABLE
        offered = resumable and not self.course.bar_offers_resume()
        blocking = self._blocking()
        wait = f"Wait until this is done: {blocking}." if blocking else ""
        self.course.set_resume(offered, wait if self._can_write() else state.READ_ONLY)

    def _show_start(self) -> None:
        self.setup.set_start(self._refusal())

    def _ask_edits(self) -> None:
        past = self._history()
        if past is None or not past.started_at or not self._session.is_open:
            self._edits = None
            return
        since = past.started_at
        self._session.reader.ask("train-edits", lambda store: state.label_edits_since(store, since), self._count_edits)

    def _count_edits(self, number: int) -> None:
        self._edits = number
        self._show_facts()


def _write_recipe(file: Path, recipe: Recipe) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    write_durably(file, recipes.dump(recipe).encode())
