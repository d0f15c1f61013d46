"""The Synthesize page: how digits are composed on training images, seen as it is changed. Decided in `state.py`.

Composites are made on a thread (`studio.models.composer`) by the functions of training; the recipe is the session's.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTemporaryDir, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from core import recipe as recipes
from core.errors import Error
from core.project import split
from core.synth.preview import Glance, Glimpse, Origins, Part, Scene, Sheet, Steps
from studio.ahead import Growth, grown
from studio.ask import Ask
from studio.jobs import JobSupervisor
from studio.models.composer import Composer
from studio.pages.synthesize import state
from studio.pages.synthesize.controls import ControlColumn
from studio.pages.synthesize.knobs import STAMPS
from studio.pages.synthesize.panels import CentrePanel, DetailColumn
from studio.pages.synthesize.state import Compared, Empty, Ground
from studio.session import Session
from studio.view_memory import remember_columns
from studio.widgets.columns import beside, in_turn

_PATIENCE = 300  # ms before it is said that something takes long

Columns = tuple[ControlColumn, CentrePanel, DetailColumn]


def columns() -> Growth[Columns]:
    """The page's columns, one at a time."""
    return in_turn(ControlColumn, CentrePanel, DetailColumn)


class SynthesizePage(QWidget):
    """Composites of the recipe, live; their origin; how far they are from real images; their export."""

    title, icon = "Synthesize", "layers"

    def __init__(self, session: Session, parent: QWidget | None = None, made: Columns | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.ask = Ask(self)
        self._ground: Ground | None = None
        self._first = self._chosen = 0
        self._problem: Error | None = None
        self._sheet: Sheet | None = None
        self._compared: Compared | None = None
        self._pointed = 0  # image id under the pointer in the plot, 0 for none
        self._comparing: JobSupervisor | None = None
        self._fetching: JobSupervisor | None = None
        self._exported = self._skipped = ""
        self._files = QTemporaryDir()
        self._waiting = QTimer(self, singleShot=True, interval=_PATIENCE)
        self.composer = Composer(self)
        self.controls, self.centre, self.details = made or grown(columns())
        self.columns = beside(self, self.controls, self.centre, self.details)
        remember_columns(self.columns, "synthesize", session)
        self._connect()
        self._show()

    def activate(self) -> None:
        """Read again what the page stands on, and compose."""
        self.centre.sheet.setFocus()
        self._show()
        self._refresh()

    def release(self) -> None:
        """End the thread."""
        self.composer.close()

    def _connect(self) -> None:
        self._session.opened.connect(self._open)
        self._session.changed.connect(lambda _: self._refresh_if_seen())
        self._session.recipe_changed.connect(self._recipe_changed)
        self._waiting.timeout.connect(self.centre.set_busy)
        self.composer.arrived.connect(self._arrived)
        self.composer.problem.connect(self._failed)
        self.controls.edited.connect(self._edit)
        self.controls.folder_asked.connect(self._ask_stamps)
        self.controls.export_asked.connect(self._ask_export)
        self.centre.turned.connect(self.turn)
        self.centre.chosen.connect(lambda tile: self.choose(self._first + tile))
        self.centre.helped.connect(self._help)
        self.centre.bar.acted.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(self._exported)))
        self.details.epoch_chosen.connect(lambda _: self._compose())
        self.details.compare_asked.connect(self._compare_or_stop)
        self.centre.pointed.connect(self._point)

    # --- the project ---

    def _open(self) -> None:
        self.composer.forget()
        if self._comparing is not None:
            self._comparing.stop()
            self._comparing = None
        self._ground, self._problem, self._sheet, self._compared = None, None, None, None
        self._first = self._chosen = 0
        self._skipped = ""
        self.centre.set_compared(None)
        self.centre.bar.show_message("")
        self._show()
        self._refresh_if_seen()

    def _refresh_if_seen(self) -> None:
        if self.isVisible():
            self._refresh()

    def _refresh(self) -> None:
        if self._session.is_open:
            where = self._session.recipe.data.where
            self._session.reader.ask("synthesize", lambda store: state.survey(store, where), self._surveyed)

    def _surveyed(self, ground: Ground) -> None:
        self._ground, self._problem = ground, None
        self._show()
        self._compose()

    # --- the recipe ---

    def _edit(self, path: str, value: Any) -> None:
        self.centre.as_plot.setChecked(False)  # the plot is of the settings before
        try:
            self._session.set_recipe(recipes.change(self._session.recipe, {path: value}))
        except Error as problem:
            self._session.problem.emit(problem)

    def _recipe_changed(self) -> None:
        if self.isVisible():
            self._first = min(self._first, state.last_first(self._session.recipe))
            self._chosen = min(max(self._chosen, self._first), self._first + self._count() - 1)
            self._show()
            self._compose()

    def _ask_stamps(self) -> None:
        folder = self.ask.folder("Choose a project, or a folder with MNIST's files")
        if folder is not None:
            self._edit(STAMPS, str(folder))

    # --- composites ---

    def turn(self, pages: int) -> None:
        """Show others, so many pages on."""
        last = state.last_first(self._session.recipe)
        first = min(last, max(0, self._first + pages * state.SHOWN))
        if first != self._first:
            self._first = self._chosen = first
            self.centre.as_plot.setChecked(False)
            self._show()
            self._compose()

    def choose(self, index: int) -> None:
        """Show composite `index` step by step."""
        self._chosen = index
        self._compose()

    def _count(self) -> int:
        return state.shown(self._session.recipe, self._first)

    def _compose(self) -> None:
        if not self.isVisible() or self._ground is None or self._ground.images is None or self._lack(None):
            return
        recipe = self._session.recipe
        scene = Scene(self._ground.images, recipe, self._first, self._count(), self._chosen, self.details.epoch.value())
        self.composer.ask(self._session.root, scene)
        self._waiting.start()

    def _arrived(self, part: Part) -> None:
        match part:
            case Sheet():
                self._waiting.stop()
                self._warn(state.skipped_words(part))
                self._sheet, self._problem = part, None
                self._show_sheet(part, ())
                self._show()
            case Origins() if self._sheet is not None and part.first == self._sheet.first:
                self._show_sheet(self._sheet, [state.tooltip(origin) for origin in part.origins])
            case Steps():
                did = state.augmentation(part.told, self.details.epoch.value())
                self.details.set_steps(part.stages, state.facts(part.origin), did)
            case Glimpse() if part.id == self._pointed:
                self.centre.plot.glimpse.show_image(part.pixels, part.words)

    def _failed(self, problem: Exception) -> None:
        if not isinstance(problem, Error):
            self._session.problem.emit(problem)
            return
        self._waiting.stop()
        self._problem = problem
        self._show()

    def _warn(self, skipped: str) -> None:
        if skipped != self._skipped:
            self._skipped = skipped
            self.centre.bar.show_message(skipped, "Training leaves them out too." if skipped else "", "warning")

    # --- jobs ---

    def download(self) -> None:
        """Fetch MNIST."""
        if self._fetching is not None:
            return
        job = self._session.start("Downloading MNIST", ["synth", "download"])
        job.changed.connect(self._show)
        job.ended.connect(self._fetched)
        self._fetching = job
        self._show()

    def _fetched(self) -> None:
        self._fetching = None
        self._show()
        self._refresh_if_seen()

    def compare(self) -> None:
        """Find out how well synthetic images are told from real ones."""
        recipe = self._session.recipe
        job = self._start("Comparing with real images", ["realism"])
        if job is None:
            return
        job.changed.connect(self._show_comparing)
        job.finished.connect(lambda result: self._found(job, state.compared(result, recipe)))
        job.ended.connect(lambda: self._end_comparing(job))
        self._comparing = job
        self._show_comparing()

    def export(self, folder: Path) -> None:
        """Write as many synthetic images as the recipe makes to `folder`."""
        place = state.free_folder(folder, self._session.recipe)
        count = self._session.recipe.synth.count
        job = self._start(f"Exporting {count:,} synthetic images", ["export", str(place)])
        if job is not None:
            job.finished.connect(lambda _: self._tell_exported(count, place))

    def _start(self, title: str, arguments: list[str]) -> JobSupervisor | None:
        file = Path(self._files.filePath("recipe.yaml"))
        try:
            file.write_text(recipes.dump(self._session.recipe), encoding="utf-8")
        except OSError as problem:
            self._session.problem.emit(problem)
            return None
        where = ["--project", str(self._session.root), "--recipe", str(file)]
        return self._session.start(title, ["synth", *arguments, *where])

    def _compare_or_stop(self) -> None:
        if self._comparing is not None:
            self._comparing.stop()
        else:
            self.compare()

    def _found(self, job: JobSupervisor, found: Compared) -> None:
        if job is not self._comparing:  # of the project that was open before
            return
        self._compared = found
        self._show_comparing()
        self.centre.set_compared(found)
        self.centre.plot.glimpse.show_image(None)

    def _end_comparing(self, job: JobSupervisor) -> None:
        if job is self._comparing:
            self._comparing = None
            self._show_comparing()

    def _ask_export(self) -> None:
        folder = self.ask.folder("Choose where to write synthetic images")
        if folder is not None:
            self.export(folder)

    def _tell_exported(self, count: int, place: Path) -> None:
        self._exported = str(place)
        self.centre.bar.show_message(f"{count:,} synthetic images were written.", str(place), "good", "Open folder")

    # --- showing ---

    def _lack(self, problem: Error | None) -> Empty | None:
        opened = self._session.is_open
        return state.empty(opened, self._ground, self._session.recipe, problem, self._fetching is not None)

    def _help(self) -> None:
        lack = self._lack(self._problem)
        match lack.goal if lack else "":
            case "download":
                self.download()
            case "scans":
                self._edit(STAMPS, state.SCANS)
            case "folder":
                self._ask_stamps()
            case "split":
                self._session.do(split.assign)
            case "data" | "train" as place:
                self._session.go_to.emit(place)

    def _show(self) -> None:
        recipe, lack = self._session.recipe, self._lack(self._problem)
        self.controls.show_recipe(recipe)
        self.controls.stamps.set_choices(state.stamp_choices(recipe, self._ground), recipe.synth.stamps)
        share = self._fetching.pace.share if self._fetching else None
        self.controls.stamps.set_fetching(self._fetching is not None, share)
        refusal = state.export_refusal(recipe, lack)
        self.controls.export.setEnabled(not refusal)
        self.controls.export.setToolTip(refusal or "Write the synthetic images to a folder, sorted by class")
        self.details.epoch.setMaximum(recipe.schedule.epochs)
        last = state.last_first(recipe)
        self.centre.set_range(state.range_words(recipe, self._first), self._first > 0, self._first < last)
        self.centre.set_lack(lack)
        if lack:
            self.details.set_steps((), (), "")
        self._show_comparing()

    def _show_sheet(self, sheet: Sheet, tips: Sequence[str]) -> None:
        self.centre.set_composites(sheet.pixels, sheet.labels, tips, state.speed_words(sheet))
        self.centre.sheet.set_current(self._chosen - sheet.first)

    def _show_comparing(self) -> None:
        job, recipe = self._comparing, self._session.recipe
        self.details.set_comparing(job is not None, job.pace.share if job else None)
        self.details.figure.set_value(state.figure(self._compared), state.verdict(self._compared, recipe))
        lack = self._lack(self._problem)
        self.details.set_refusal(lack.sentence if lack else "" if self._sheet else "Nothing is composed yet.")

    def _point(self, point: int) -> None:
        found, ground = self._compared, self._ground
        self._pointed = 0
        if point < 0 or found is None or ground is None or ground.images is None:
            self.centre.plot.glimpse.show_image(None)
            return
        self._pointed = int(found.ids[point])
        self.composer.ask(self._session.root, Glance(ground.images, found.recipe, self._pointed))
