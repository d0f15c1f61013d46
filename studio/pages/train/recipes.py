"""The recipe and the device that the left column of the Train page offers.

The recipe is the session's, so that choosing one here is seen on Augment and Synthesize, and the other way round.
"""

import logging
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from core import recipe as recipes
from core.errors import Error
from core.project.store import Store
from core.recipe import Recipe
from core.runs import folder
from studio.jobs import ChildWork, JobSupervisor
from studio.pages.train import capacity
from studio.pages.train.devices import AUTOMATIC, device_choices
from studio.pages.train.finder import FinderDialog
from studio.pages.train.ground import Ground, start_refusal
from studio.pages.train.measuring import Measurer
from studio.pages.train.network import CapacityDialog
from studio.pages.train.setup import SetupColumn
from studio.session import Session
from studio.settings import window_settings

_RUNS_OFFERED = 8  # as recipes
_FOLDS = "train/folded"
_log = logging.getLogger(__name__)


class Recipes(QObject):
    """Keeps the column and the session's recipe the same. `changed` follows every change of either."""

    changed = Signal()

    def __init__(self, session: Session, setup: SetupColumn, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._setup = session, setup
        self._devices: dict | None = None
        self._check: JobSupervisor | None = None
        self._ground: Ground | None = None
        self._active = False
        self._blocking = ""
        self._capacity: CapacityDialog | None = None
        self.measurer = Measurer(self)
        session.recipe_changed.connect(self._show)
        setup.recipe_chosen.connect(self._choose)
        setup.edited.connect(self._edited)
        session.jobs.changed.connect(self._jobs_changed)
        setup.capacity_asked.connect(self._show_capacity)
        setup.rate_asked.connect(self._find_rate)
        setup.copied.connect(self._copy)
        setup.devices.activated.connect(lambda _: self._show_command())
        setup.form.set_folded(str(window_settings().value(_FOLDS, "")).split(","))
        setup.form.folds_changed.connect(self._remember_folds)
        self.measurer.changed.connect(self._show_cost)
        setup.set_devices(device_choices(None), known=False)
        self.offer(None)
        self._show()

    def activate(self) -> None:
        """The first time, find out about devices; from then on, what the network costs."""
        self._active = True
        self._measure()
        if self._devices is None and self._check is None:
            self._check_devices()

    def release(self) -> None:
        """End the looks at the devices and at networks."""
        self._active = False  # the project is closed after this
        self.measurer.close()
        if self._check is not None:
            self._check.kill()
            self._check.wait()

    def open(self) -> None:
        """Another project: show its recipe."""
        self._setup.form.set_recipe(self._session.recipe)
        self._show()

    def offer(self, ground: Ground | None) -> None:
        """Offer the recipes that come along, and those of the runs."""
        self._ground = ground
        presets = [(name, name, recipes.described(name)) for name in recipes.presets()] or [("Defaults", "", "")]
        past = list(reversed(ground.runs))[:_RUNS_OFFERED] if ground else []
        runs = [(f"As in {run.name}", f"run:{run.name}", f"What {run.name} was trained with.") for run in past]
        self._setup.set_recipes([*presets, *runs], self._session.recipe_origin)
        self._refine()

    def _choose(self, key: str) -> None:
        # By the reader, because a file of all settings takes longer to read than a window may wait.
        self._session.reader.ask("train-recipe", lambda store: _read(store, key), lambda read: self._take(*read, key))

    def _take(self, found: Recipe | None, problem: Error | OSError | None, key: str) -> None:
        if found is not None:
            self._setup.form.set_recipe(found, found)  # also away with what it refused
            self._session.set_recipe(found, key)
        else:
            self._session.problem.emit(problem)
        self._show()

    def _edited(self) -> None:
        self._session.set_recipe(self._setup.form.value())
        self._refine()

    def _show(self) -> None:
        session = self._session
        self._setup.set_recipe(session.recipe, session.recipe_origin, session.recipe_base)
        self._refine()

    def _refine(self) -> None:
        """What follows from the recipe and the project besides the form itself."""
        self._measure()
        self._show_command()
        self._show_find()
        self.changed.emit()

    def _remember_folds(self) -> None:
        window_settings().setValue(_FOLDS, ",".join(self._setup.form.folded()))

    # --- the command ---

    def _command(self) -> str:
        """The line that trains the same; empty without a project or a valid recipe."""
        recipe, session = self._setup.recipe(), self._session
        if recipe is None or not session.is_open:
            return ""
        device = self._setup.device()
        origin = session.recipe_origin
        if origin.startswith("run:"):
            origin = str(folder.RunFolder(session.store.paths.runs / origin.removeprefix("run:")).recipe_file)
        shown = "" if device == AUTOMATIC else device
        base = session.recipe_base
        return recipes.command(recipe, origin, base=base, project=str(session.root), device=shown)

    def _show_command(self) -> None:
        self._setup.set_command(self._command())

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._command())
        self._session.notice.emit("Copied.")

    # --- what the network costs ---

    def _measure(self) -> None:
        if self._active:
            classes = len(self._ground.usable.classes) if self._ground else 0
            self.measurer.ask(self._session.recipe, classes)

    def _show_cost(self) -> None:
        measured = self.measurer
        line = capacity.line(measured.found) if measured.found else ""
        self._setup.form.cost.show_cost(line, measured.problem, measured.stale)
        if self._capacity is not None and measured.found:
            self._capacity.show_found(measured.found, not self._session.recipe.optim.batch_size)

    def _show_capacity(self) -> None:
        if self._capacity is None:
            self._capacity = CapacityDialog(self._setup.window())
        self._show_cost()
        self._capacity.show()
        self._capacity.raise_()
        self._capacity.activateWindow()

    # --- the learning rate ---

    def _jobs_changed(self) -> None:
        running = self._session.jobs.running
        blocking = running[0].pace.title if running else ""
        if blocking != self._blocking:
            self._blocking = blocking
            self._show_find()

    def _show_find(self) -> None:
        self._setup.set_find(start_refusal(self._ground, self._setup.recipe() is not None, self._blocking))

    def _find_rate(self) -> None:
        recipe, session = self._setup.recipe(), self._session
        if recipe is None:
            return
        file = session.store.paths.cache / "find-rate-recipe.yaml"
        try:
            _write(file, recipes.dump(recipe))
        except OSError as problem:
            session.problem.emit(problem)
            return
        dialog = FinderDialog(session.jobs, session.root, file, self._setup.device(), self._setup.window())
        dialog.used.connect(self._setup.put_rate)
        dialog.open()

    # --- devices ---

    def _check_devices(self) -> None:
        check = JobSupervisor("Checking devices", ChildWork(["doctor", "--devices"]), self)
        check.finished.connect(self._found_devices)
        check.failed.connect(lambda title, hint, bug: self._found_devices({}))
        check.ended.connect(self._checked)
        self._check = check
        check.start()

    def _found_devices(self, result: dict) -> None:
        self._devices = result
        _log.info("devices: %s", "; ".join(f"{choice.title} {choice.note}" for choice in device_choices(result)))
        self._setup.set_devices(device_choices(result), known=True)

    def _checked(self) -> None:
        if self._check is not None:
            self._check.deleteLater()
        self._check = None


def _read(store: Store, key: str) -> tuple[Recipe | None, Error | OSError | None]:
    """The recipe of a preset, of a run ("run:NAME") or the defaults (""), or what stands in the way of it."""
    try:
        if key.startswith("run:"):
            return folder.find(store.paths.runs, key.removeprefix("run:")).recipe(), None
        return (recipes.find(key) if key else Recipe()), None
    except (Error, OSError) as problem:
        return None, problem


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
