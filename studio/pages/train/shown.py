"""What the middle and the right column of the Train page tell of the run that is shown."""

import time

from PySide6.QtCore import QObject, QTimer

from core.events import Event
from core.runs.folder import RunFolder
from core.runs.history import History
from studio.pages.train import ground as grounds
from studio.pages.train import live as living
from studio.pages.train import state
from studio.pages.train import steps as stepping
from studio.pages.train.course import CourseColumn
from studio.pages.train.ground import READ_ONLY, Ground, Past, Signs
from studio.pages.train.results import ResultColumn
from studio.pages.train.steps import Steps
from studio.pages.train.training import Training
from studio.session import Session

NEW_RUN = ""
_DRAW_MILLISECONDS = 200


class ShownRun(QObject):
    """The run `name` on `ground`: the one that is being trained, or one of the past. Changes nothing but the columns.

    `settling` tells that a training has ended and what it left is being read: it is shown as it was until then.
    """

    def __init__(
        self, session: Session, training: Training, course: CourseColumn, results: ResultColumn, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._training, self._course, self._results = session, training, course, results
        self.ground: Ground | None = None
        self.name = NEW_RUN
        self.settling = False
        self.edits: int | None = None
        self._past_steps, self._past_of = Steps(), ("", Signs())
        self._drawn: tuple[Event, ...] | None = None
        self._folded: tuple[tuple[Event, ...], History] | None = None
        self._drawn_history: History | None = None
        self._compared: list[tuple[str, History]] = []
        self._clock = QTimer(self, interval=1000)
        self._clock.timeout.connect(self.show_facts)
        self._drawing = QTimer(self, singleShot=True, interval=_DRAW_MILLISECONDS)
        self._drawing.timeout.connect(self._draw)
        training.progressed.connect(self._draw_soon)
        training.stepped.connect(self._draw_soon)
        course.compared.connect(self._compare)

    @property
    def writable(self) -> bool:
        return self.ground is None or self.ground.writable

    def folder(self, name: str) -> RunFolder:
        """Of a run of the open project."""
        return RunFolder(self._session.store.paths.runs / name)

    def begin(self) -> None:
        """A training has begun: what changes by itself is shown each second."""
        self.edits = None
        self._clock.start()

    def end(self) -> None:
        """The training has ended; its steps are known already."""
        self._clock.stop()
        self.settling = True
        self._past_steps, self._past_of = self._training.steps, (self._training.live.run, Signs())

    def forget(self) -> None:
        """Another project is open."""
        self._clock.stop()
        self.ground, self.name, self.edits, self.settling = None, NEW_RUN, None, False
        self._course.compare.clear()

    def show(self, refusal: str, blocking: str, notes: bool = True) -> None:
        """Show everything. `refusal` says why no run can be started, `blocking` what a resume would wait for.

        The notes stay where they are known to be out of date.
        """
        self._show_runs(refusal)
        self._show_message()
        self._show_course()
        self.show_job(blocking)
        if notes:
            self._show_notes()
        self._ask_edits()

    # --- what it is ---

    def past(self) -> Past | None:
        """What was read of it."""
        return self.ground.past(self.name) if self.ground else None

    def is_live(self) -> bool:
        """Whether it is the one that is being trained."""
        return (self._training.running or self.settling) and self.name == self._training.live.run

    def history(self) -> History | None:
        """Of the run as far as it is known."""
        if self.is_live():
            told = self._training.live.told
            if self._folded is None or self._folded[0] is not told:
                self._folded = told, living.live_history(self._training.live)
            return self._folded[1]
        past = self.past()
        return past.history if past else None

    # --- showing ---

    def _show_runs(self, refusal: str) -> None:
        runs, training = self.ground.runs if self.ground else (), self._training
        here = training.live.run if training.running or self.settling else None
        lines = [(state.title(past), past.name) for past in reversed(runs) if past.name != here]
        self._course.compare.set_runs([line for line in lines if line[1] != self.name])
        if here is not None:
            lines.insert(0, (here or "New run", here))
        self._course.set_runs(lines, self.name)
        if lines:
            self._course.show_course()
        elif self.ground is None:
            self._course.show_empty("The curves of your runs will be here.")
        elif lack := grounds.missing(self.ground):
            self._course.show_empty(lack.sentence, lack.hint, lack.button)
        else:
            hint = refusal or "Choose a recipe at the left, or start with this one as it is."
            self._course.show_empty("The curves of your first run will be here.", hint)

    def _show_message(self) -> None:
        past = None if self.is_live() else self.past()
        lack = grounds.missing(self.ground) if self.ground else None
        trouble = state.trouble(past, self._training.failure) if past else None
        warning = state.warning(self._training.live) if self.is_live() else ""
        if trouble and trouble.images:
            self._course.tell(trouble.sentence, trouble.hint, "bad", "Show these images", "images")
        elif trouble:
            action = "Resume" if past and past.history.status in state.RESUMABLE and self.writable else ""
            self._course.tell(trouble.sentence, trouble.hint, "bad", action, "resume")
        elif lack and not self._course.is_empty():
            self._course.tell(lack.sentence, lack.hint, "warning", lack.button, "help")
        else:
            self._course.tell(warning, "", "warning", "", "")

    def _draw_soon(self) -> None:
        if not self._drawing.isActive():
            self._drawing.start()

    def _draw(self) -> None:
        """What is new of the training, at most five times a second."""
        if not self.is_live():
            return
        if self._drawn is not self._training.live.told:
            self._show_message()
            self._show_course()
        else:
            self._course.curves.set_steps(*self._training.steps.arrays())

    def _show_course(self) -> None:
        past = self.history() or History(status="running")
        self._drawn = self._training.live.told if self.is_live() else None
        if past != self._drawn_history:
            self._drawn_history = past
            self._course.set_history(past)
        self._show_steps()
        self._compare()
        self._results.set_best(state.best(past))
        self._results.sources.set_shares(past.by_source)
        shown = self.past()
        self._results.set_notices(state.notices(self._drawn or (shown.events if shown else ())))
        self.show_facts()

    def _show_steps(self) -> None:
        past = self.past()
        if self.is_live():
            self._course.curves.set_steps(*self._training.steps.arrays())
            return
        now = (past.name, past.signs) if past else ("", Signs())
        if now[0] != self._past_of[0]:
            self._past_steps = Steps()
        if past is not None and now != self._past_of:
            run = self.folder(past.name)
            self._session.reader.ask("train-steps", lambda store: stepping.read(run), self._read_steps)
        self._past_of = now
        self._course.curves.set_steps(*self._past_steps.arrays())

    def _read_steps(self, steps: Steps) -> None:
        self._past_steps = steps
        if not self.is_live():
            self._course.curves.set_steps(*steps.arrays())

    def _compare(self) -> None:
        ground = self.ground
        chosen = [past for name in self._course.compare.chosen() if ground and (past := ground.past(name))]
        compared = [(past.name, past.history) for past in chosen]
        if compared != self._compared:
            self._compared = compared
            self._course.curves.set_compared(compared)

    def show_facts(self) -> None:
        """Those that change with the clock too."""
        live = self._training.live if self.is_live() else None
        past = self.history() or History(status="running")
        self._results.facts.set_rows(state.facts(past, live, self.edits, time.time()))

    def show_job(self, blocking: str) -> None:
        """How far the run is, and what can be done with it; `blocking` as in `show`."""
        job, past, live = self._training.job, self.past(), self.is_live()
        if job is not None and live:
            line = state.live_line(self._training.live, job.pace, job.state)
            self._course.set_head(state.chip(job.state), line, job.pace.share)
        elif past is not None and not live:
            whole = past.history.planned_epochs or 1
            share = 1.0 if past.history.status in state.OVER else len(past.history.epochs) / whole
            self._course.set_head(state.chip(state.status(past.history)), state.past_line(past.history), share)
        status = past.history.status if past is not None and not live else ""
        refusal = (blocking if self.writable else READ_ONLY) if status else ""
        self._course.set_resume(status in state.RESUMABLE and not self._course.bar_offers_resume(), refusal)
        self._course.set_longer(status in state.OVER, refusal)

    def _show_notes(self) -> None:
        past = self.past()
        if past is None or not self._session.is_open:
            self._results.notes.show_run("", "", None)
            return
        run = self.folder(past.name)
        self._results.notes.show_run(str(run.root), past.notes, run.write_notes if self.writable else None)

    def _ask_edits(self) -> None:
        past = self.history()
        if past is None or not past.started_at or not self._session.is_open:
            self.edits = None
            return
        since = past.started_at
        self._session.reader.ask(
            "train-edits", lambda store: grounds.label_edits_since(store, since), self._count_edits
        )

    def _count_edits(self, number: int) -> None:
        self.edits = number
        self.show_facts()
