"""The recipe and the device that the left column of the Train page offers.

The recipe is the session's, so that choosing one here is seen on Augment and Synthesize, and the other way round.
"""

from PySide6.QtCore import QObject, Signal

from core import recipe as recipes
from core.errors import Error
from core.recipe import Recipe
from core.runs import folder
from studio.jobs import ChildWork, JobSupervisor
from studio.pages.train import state
from studio.pages.train.setup import SetupColumn
from studio.pages.train.state import Ground
from studio.session import Session

_RUNS_OFFERED = 8  # as recipes


class Recipes(QObject):
    """Keeps the column and the session's recipe the same. `changed` follows every change of either."""

    changed = Signal()

    def __init__(self, session: Session, setup: SetupColumn, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._setup = session, setup
        self._devices: dict | None = None
        self._check: JobSupervisor | None = None
        session.recipe_changed.connect(self._show)
        setup.recipe_chosen.connect(self._choose)
        setup.edited.connect(self._edited)
        setup.set_devices(state.device_choices(None), known=False)
        self.offer(None)
        self._show()

    def activate(self) -> None:
        """The first time, find out about devices."""
        if self._devices is None and self._check is None:
            self._check_devices()

    def release(self) -> None:
        """End the look at the devices, if it is still going on."""
        if self._check is not None:
            self._check.kill()
            self._check.wait()

    def open(self) -> None:
        """Another project: show its recipe."""
        self._setup.form.set_recipe(self._session.recipe)
        self._show()

    def offer(self, ground: Ground | None) -> None:
        """Offer the recipes that come along, and those of the runs."""
        presets = [(name, name) for name in recipes.presets()] or [("Defaults", "")]
        runs = [(f"As in {past.name}", f"run:{past.name}") for past in reversed(ground.runs)] if ground else []
        self._setup.set_recipes([*presets, *runs[:_RUNS_OFFERED]], self._session.recipe_origin)

    def _choose(self, key: str) -> None:
        try:
            if key.startswith("run:"):
                recipe = folder.find(self._session.store.paths.runs, key.removeprefix("run:")).recipe()
            else:
                recipe = recipes.find(key) if key else Recipe()
        except (Error, OSError) as problem:
            self._session.problem.emit(problem)
            self._show()
            return
        self._setup.form.set_recipe(recipe)  # also away with what it refused
        self._session.set_recipe(recipe, key)
        self._show()

    def _edited(self) -> None:
        self._session.set_recipe(self._setup.form.value())
        self.changed.emit()

    def _show(self) -> None:
        self._setup.set_recipe(self._session.recipe, self._session.recipe_origin)
        self.changed.emit()

    def _check_devices(self) -> None:
        check = JobSupervisor("Checking devices", ChildWork(["doctor", "--devices"]), self)
        check.finished.connect(self._found_devices)
        check.failed.connect(lambda title, hint, bug: self._found_devices({}))
        check.ended.connect(self._checked)
        self._check = check
        check.start()

    def _found_devices(self, result: dict) -> None:
        self._devices = result
        self._setup.set_devices(state.device_choices(result), known=True)

    def _checked(self) -> None:
        if self._check is not None:
            self._check.deleteLater()
        self._check = None
