"""Accuracy against strength on the Augment page: which setting, the measurement in a child process, its curve."""

from PySide6.QtCore import QObject

from core import recipe as recipes
from core.events import Event, StrengthPoint
from core.recipe import Recipe
from core.runs.durable import write_durably
from studio.jobs import JobSupervisor
from studio.pages.augment import state
from studio.pages.augment.panels import FindingsColumn
from studio.pages.augment.state import Strength
from studio.session import Session

_FIRST = Strength("rotation", "degrees")


class StrengthCurve(QObject):
    """Measures how accuracy falls with the strength of the setting that was touched last."""

    def __init__(self, session: Session, shown_by: FindingsColumn, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._panel = session, shown_by
        self._recipe = session.recipe
        self._of, self._model = _FIRST, ""
        self._curves: dict[tuple[str, Strength], list[StrengthPoint]] = {}
        self._job: JobSupervisor | None = None
        shown_by.measured.connect(self.start)
        shown_by.stopped.connect(self.stop)

    def open(self) -> None:
        """Another project: what was measured is of no use."""
        self._curves, self._of, self._model = {}, _FIRST, ""
        self.show()

    def touch(self, path: str) -> None:
        """The setting at `path` is being edited."""
        self._of = state.strength_of(path, self._of)
        self.show()

    def set_model(self, name: str) -> None:
        self._model = name
        self.show()

    def set_recipe(self, recipe: Recipe) -> None:
        """The recipe whose range is shaded."""
        self._recipe = recipe
        self.show()

    def start(self) -> None:
        """Measure, in a child process."""
        if self._job is not None or not self._model:
            return
        points = self._curves[self._model, self._of] = []
        arguments = ["augment", "strength", self._model, "-p", str(self._session.root)]
        arguments += ["--operation", self._of.operation, "--setting", self._of.setting, *self._draft()]
        job = self._session.start(f"Measuring {self._model}", arguments)
        job.events.connect(lambda events: self._heard(points, events))
        job.changed.connect(self.show)
        job.ended.connect(self._ended)
        self._job = job
        self.show()

    def stop(self) -> None:
        """Keep the points there are."""
        if self._job is not None:
            self._job.stop()

    def show(self) -> None:
        """Show the curve of the setting and how far its measurement is."""
        points = self._curves.get((self._model, self._of), [])
        shade = state.trained_range(self._recipe.augment, self._of, points)
        caption = state.strength_caption(points, self._model, shade is not None)
        self._panel.set_curve(self._of.head, points, shade, self._of.unit, caption)
        running = self._job is not None
        refusal = "" if self._model else "Choose a model above first."
        self._panel.set_measuring(running, self._job.pace.share if self._job else 0.0, refusal)

    def _draft(self) -> list[str]:
        """What else the operation is about comes from the draft; from the run where nothing can be written."""
        file = self._session.store.paths.cache / "augment-recipe.yaml"
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_durably(file, recipes.dump(self._recipe).encode())
        except OSError:
            return []
        return ["--recipe", str(file)]

    def _heard(self, points: list[StrengthPoint], events: list[Event]) -> None:
        found = [event for event in events if isinstance(event, StrengthPoint)]
        if found:
            points += found
            self.show()

    def _ended(self) -> None:
        self._job = None
        self.show()
