"""The open project: the only write path of the window, and the filter, selection and recipe that all pages share.

A page never changes another page. It calls `do(edit, *arguments)`; the edit commits, then `changed(Change)` tells
everybody, and each view asks again for what it shows. Short questions about what is on the screen read `store`
directly; counting and filtering go through `reader`, which answers from a thread.

While a child process imports, it needs the project's write lock: the session lends it (`store` becomes read-only,
`writable` False, `lent` True), and takes it back when the child has ended, however it ended. Training and evaluation
only read the project, so labelling goes on meanwhile.
"""

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Concatenate

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from core import recipe as recipes
from core.errors import Error
from core.project import edits, listing, query, records, split
from core.project.edits import Change
from core.project.query import ALL, Filter
from core.project.records import Counts
from core.project.split import SplitHealth
from core.project.store import Store
from core.recipe import Recipe
from core.runs import folder
from studio.classes import ProjectClasses
from studio.indexing import PredictionIndex
from studio.jobs import Jobs, JobSupervisor
from studio.path_list import path_list
from studio.reader import Reader
from studio.understood import named

Ids = npt.NDArray[np.int64]

_BEGINNING = "demo"  # the recipe of a project without runs: quick, and fit for digits
_MOVES_BETWEEN_SPLITS = ("split", "import", "measures")  # kinds of edits after which the split's health is another


class Session(QObject):
    """At most one open project. All signals come in the window's thread."""

    opened = Signal()  # another project is open, or none is (`is_open`)
    changed = Signal(object)  # Change; also after undo, redo and an import
    access_changed = Signal()  # `writable`, `lent` or `read_only_reason`
    filter_changed = Signal()
    filter_refused = Signal(object)  # Error; the filter stays as it was
    selection_changed = Signal()
    recipe_changed = Signal()
    counted = Signal()  # `counts` and `health` are new
    offered = Signal(object)  # Facets: what a filter can choose, counted in the whole project
    problem = Signal(object)  # an exception for the message bar
    notice = Signal(str)  # a short sentence for the toast
    command = Signal(str)  # a page asks for a command of the window by its id, such as "add-folder"
    started = Signal(object)  # a JobSupervisor whose progress the window shall show
    go_to = Signal(str)  # a page asks for the place with this key, such as "data"

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs = Jobs(self)
        self.filter: Filter = ALL
        self.filter_text = ""
        self.selection: Ids = np.zeros(0, np.int64)
        self.current: int | None = None
        # A draft: what the next run would be trained with; and the name of the recipe, or "run:NAME", it began as.
        self.recipe, self.recipe_origin = _first_recipe(None)
        self.recipe_base = self.recipe  # that one, as it is without what was changed since
        self.read_only_reason: Error | None = None
        self.lent = False
        self.counts: Counts | None = None  # of the whole project; None until counted
        self.health: SplitHealth | None = None
        self._store: Store | None = None
        self._reader: Reader | None = None
        self.changed.connect(self._count)
        self.classes = ProjectClasses(self)
        self.index = PredictionIndex(self)
        self.classes.changed.connect(self.index.update)  # which class a prediction means may be another one

    # --- the project ---

    @property
    def is_open(self) -> bool:
        return self._store is not None

    @property
    def store(self) -> Store:
        """The open project. Raises `Error` when none is."""
        if self._store is None:
            raise Error("No project is open.", "Open one, or make a new one.")
        return self._store

    @property
    def reader(self) -> Reader:
        if self._reader is None:
            raise Error("No project is open.", "Open one, or make a new one.")
        return self._reader

    @property
    def root(self) -> Path:
        return self.store.root

    @property
    def writable(self) -> bool:
        return self._store is not None and self._store.writable

    def create(self, root: Path) -> None:
        """Make a new project and open it. Raises `Error`."""
        self._enter(Store.create(root), None)

    def open(self, root: Path) -> None:
        """Open a project for writing, or to look at only when it is locked or read-only. Raises `Error`."""
        if self._store is None or root.resolve() != self.root.resolve():
            self._enter(*_opened(root))

    def close(self) -> None:
        """Close the project. Jobs go on; stop them first."""
        if self._store is None:
            return
        self._leave()
        self.set_recipe(*_first_recipe(None))
        self.opened.emit()

    # --- the only write path ---

    def do(self, edit: Callable[Concatenate[Store, ...], Change | None], *arguments: Any) -> Change | None:
        """Run an edit of `core.project.edits` (or one like it); it is on disk when this returns.

        None when it failed, which `problem` then tells, or when there was nothing to undo.
        """
        try:
            if self.lent:
                raise Error("Images are being imported.", "Changing goes on when the import is done or stopped.")
            if not self.store.paths.database.is_file():  # the open file would take it, and be lost with it
                raise Error(
                    f"Nothing was saved: {self.root.name} is no longer where it was.",
                    "Put the folder of the project back, then do it again.",
                )
            change = edit(self.store, *arguments)
        except (Error, OSError, sqlite3.OperationalError) as problem:
            self.problem.emit(problem)
            return None
        if change is not None:
            self.changed.emit(change)
        return change

    def undo(self) -> Change | None:
        return self.do(edits.undo)

    def redo(self) -> Change | None:
        return self.do(edits.redo)

    # --- what pages share ---

    def set_filter(self, filter: Filter | str) -> bool:
        """Show these images; a text that cannot be read is refused by `filter_refused`, and False."""
        text = filter.strip() if isinstance(filter, str) else str(filter)
        try:
            parsed = query.parse(filter) if isinstance(filter, str) else filter
        except Error as problem:
            self.filter_refused.emit(problem)
            return False
        self.filter, self.filter_text = parsed, text
        self.filter_changed.emit()
        return True

    def select(self, ids: Iterable[int], current: int | None = None) -> None:
        """Make `ids` the selection; `current` is the one that is looked at."""
        chosen = np.fromiter(ids, np.int64)
        if current is None and len(chosen):
            current = int(chosen[-1])
        if current == self.current and np.array_equal(chosen, self.selection):
            return
        self.selection, self.current = chosen, current
        self.selection_changed.emit()

    def set_recipe(self, recipe: Recipe, origin: str | None = None) -> None:
        """Make `recipe` the draft that Augment, Synthesize and Train share; `origin` if it is another one's."""
        if origin is not None:
            self.recipe_origin, self.recipe_base = origin, recipe
        if recipe != self.recipe:
            self.recipe = recipe
            self.recipe_changed.emit()

    # --- jobs ---

    def start(self, title: str, arguments: list[str]) -> JobSupervisor:
        """Run `core ARGUMENTS…` in a child process; its failure is told by `problem` beside its own signals."""
        job = self.jobs.start(title, arguments)
        job.failed.connect(self._tell_failure)
        return job

    def add_images(self, *paths: Path, into: str = "") -> JobSupervisor:
        """Import folders or files into the open project, lending the write lock to the child meanwhile.

        Where `into` names a folder of the project's own images, image files are copied to there.
        """
        files = path_list(paths)
        command = ["import", *files.arguments, *(["--into", into] if into else [])]
        job = self._lend(f"Importing {named(paths)}", command)
        job.ended.connect(lambda: files.forget())  # a lambda, as methods of plain objects are held weakly
        return job

    def relink(self, folder: Path) -> JobSupervisor:
        """Find missing images again below `folder`, lending the write lock to the child meanwhile."""
        return self._lend(f"Looking in {folder.name}", ["relink", str(folder.absolute())])

    def import_labels(self, path: Path, conflicts: str) -> JobSupervisor:
        """Join the labels at `path` with those here, lending the write lock to the child meanwhile.

        `conflicts` is one of `core.curate.exchange.CONFLICTS`.
        """
        command = ["labels", "import", str(path.absolute()), "--conflicts", conflicts]
        return self._lend(f"Importing labels of {path.name}", command)

    def split(self, arguments: list[str]) -> JobSupervisor:
        """Split the images as `core split` does with these arguments, lending the write lock to the child meanwhile."""
        return self._lend("Splitting the images", ["split", *arguments])

    def _lend(self, title: str, command: list[str]) -> JobSupervisor:
        if not self.writable:
            raise self.read_only_reason or Error("Images are being imported already.", "Wait until that is done.")
        root = self.root
        self.store.close()
        self._store = Store.open(root, write=False)
        self.lent = True
        self.access_changed.emit()
        job = self.start(title, [*command, "--project", str(root)])
        job.ended.connect(lambda: self._take_back(root))
        return job

    def _take_back(self, root: Path) -> None:
        self.lent = False
        if self._store is None or self._store.root != root:
            return
        self._store.close()
        self._store, self.read_only_reason = _opened(root)
        self.access_changed.emit()
        self.changed.emit(Change("Import", "import", np.zeros(0, np.int64)))

    def _count(self, change: Change | None = None) -> None:
        if change is None or change.kind in _MOVES_BETWEEN_SPLITS or self.health is None:
            self.reader.ask("health", split.health, self._examined)
        self.reader.ask("counts", records.counts, self._counted)
        self.reader.ask("choices", listing.facets, self.offered.emit)

    def _examined(self, health: SplitHealth) -> None:
        self.health = health
        if self.counts is not None:
            self.counted.emit()

    def _counted(self, counts: Counts) -> None:
        self.counts = counts
        if self.health is not None:
            self.counted.emit()

    def _tell_failure(self, title: str, hint: str, bug: bool) -> None:
        self.problem.emit(JobFailure(title, hint, bug))

    def _enter(self, store: Store, reason: Error | None) -> None:
        self._leave()
        self._store, self.read_only_reason = store, reason
        self._reader = Reader(store.root, self)
        self._reader.problem.connect(self.problem)
        self.set_recipe(*_first_recipe(store.paths.runs))
        self.opened.emit()
        self.access_changed.emit()
        self._count()

    def _leave(self) -> None:
        if self._reader:
            self._reader.close()
            self._reader.deleteLater()
        if self._store:
            self._store.close()
        self._store, self._reader, self.read_only_reason, self.lent = None, None, None, False
        self.filter, self.filter_text = ALL, ""
        self.counts, self.health = None, None
        self.selection, self.current = np.zeros(0, np.int64), None


class JobFailure(Error):
    """What a job said when it failed, put into words by it already; `bug` tells a fault of ours."""

    def __init__(self, title: str, hint: str, bug: bool) -> None:
        super().__init__(title, hint)
        self.bug = bug


def _opened(root: Path) -> tuple[Store, Error | None]:
    """The project for writing; where that is refused but reading works, read-only with the reason."""
    try:
        return Store.open(root), None
    except Error as refusal:
        return Store.open(root, write=False), refusal


def _first_recipe(runs: Path | None) -> tuple[Recipe, str]:
    """That of the last run, as most often the next one varies it; else the one that comes first to a beginner."""
    past = folder.list_runs(runs) if runs else []
    if past:
        try:
            return past[-1].recipe(), f"run:{past[-1].name}"
        except (Error, OSError):  # the Train page tells why, to whoever asks for this run's recipe
            pass
    presets = recipes.presets()
    name = _BEGINNING if _BEGINNING in presets else next(iter(presets), "")
    return (recipes.load(presets[name]) if name else Recipe()), name
