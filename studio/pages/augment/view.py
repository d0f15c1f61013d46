"""The Augment page: tune augmentation by eye. What it shows is decided in `state` and `lines`; the samples come from a
thread, and a child process proves that they are those of training.
"""

from dataclasses import replace
from typing import Any

from PySide6.QtWidgets import QWidget

from core import recipe as recipes
from core.augment.preview import Outlook, Part, Picture, Prints, Scene, Sheet, Steps
from core.errors import Error, told
from core.project.edits import Change
from core.recipe import Recipe, flat
from core.runs.folder import RunFolder
from studio.ahead import grown
from studio.models.preview import PreviewWorker
from studio.pages.augment import lines, losses, state
from studio.pages.augment.checking import Checker
from studio.pages.augment.drafts import Drafts, mixes
from studio.pages.augment.equality import Check, badge, compared, gpu_trouble
from studio.pages.augment.panels import Columns, columns
from studio.pages.augment.state import Ground, PastRun, Recorded, Wanted, Which
from studio.pages.augment.strength import StrengthCurve
from studio.session import Session
from studio.view_memory import remember_columns
from studio.widgets.columns import beside
from studio.widgets.lattice import GAP


class AugmentPage(QWidget):
    """Edits the augmentation of the session's recipe and shows what it makes of the project's images."""

    title, icon = "Augment", "tune"

    def __init__(self, session: Session, parent: QWidget | None = None, made: Columns | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._ground: Ground | None = None
        self._wanted, self._pictures = Wanted(), list[Picture]()
        self._epoch, self._columns, self._chosen = 1, state.FEWEST, 0
        self._drafts = Drafts.begin(session.recipe.augment)
        self._pairs = False
        self._expanded: set[str] = set()
        self._replayed: PastRun | None = None
        self._recorded: Recorded = {}
        self._model = ""
        self._sheet: Sheet | None = None
        self._outlook: Outlook | None = None
        self._asked: tuple[object, ...] = ()
        self._worker: PreviewWorker | None = None
        self._checker: Checker | None = None
        self.controls, self.samples, self.findings = made or grown(columns())
        self.strength = StrengthCurve(session, self.findings, self)
        self.columns = beside(self, self.controls, self.samples, self.findings)
        remember_columns(self.columns, "augment", session)
        self._connect()
        self._open()

    def activate(self) -> None:
        """Read again what the page stands on, and files that could not be read."""
        if self._worker is not None:
            self._worker.try_again()
            where, known = self._session.recipe.data.where, self._ground
            self._session.reader.ask("augment", lambda store: state.survey(store, where, known), self._surveyed)
        self._show()

    def release(self) -> None:
        """End the thread that renders and the companion."""
        for helper in (self._worker, self._checker):
            if helper is not None:
                helper.close()
                helper.deleteLater()
        self._worker, self._checker = None, None

    def _connect(self) -> None:
        session, controls, samples = self._session, self.controls, self.samples
        session.opened.connect(self._open)
        session.changed.connect(self._changed)
        session.recipe_changed.connect(self._recipe_changed)
        session.selection_changed.connect(self._selection_changed)
        controls.preset_chosen.connect(self._start_from)
        controls.edited.connect(self.edit)
        controls.reset.connect(self._give_back)
        controls.all_reset.connect(self._reset_or_undo)
        controls.alone.connect(lambda name: self._adopt(self._drafts.toggle_alone(name)))
        controls.expanded.connect(self._expand)
        controls.letter_chosen.connect(lambda letter: self._adopt(self._drafts.choose(letter)))
        controls.both_chosen.connect(lambda both: self._adopt(self._drafts.compare(both)))
        samples.which_chosen.connect(self._choose_which)
        samples.others.connect(self._draw_others)
        samples.id_chosen.connect(lambda id: self._want(Wanted("id", 0, (id,))))
        samples.run_chosen.connect(self._choose_run)
        samples.epoch_chosen.connect(self.go_to_epoch)
        samples.seed_chosen.connect(lambda seed: self.edit("seed", seed))
        samples.pairs_chosen.connect(self.show_pairs)
        samples.helped.connect(self._help)
        samples.samples.resized.connect(self._fit)
        samples.samples.sheet.chosen.connect(self._choose_tile)
        self.findings.model_chosen.connect(self._choose_model)

    # --- the project ---

    def _open(self) -> None:
        self.release()
        self._ground, self._wanted, self._pictures = None, Wanted(), []
        self._epoch, self._chosen, self._pairs = 1, 0, False
        self._drafts = Drafts.begin(self._session.recipe.augment)
        self._replayed, self._recorded, self._model = None, {}, ""
        self._sheet, self._outlook, self._asked = None, None, ()
        self.strength.open()
        if self._session.is_open:
            self._worker = PreviewWorker(self)
            self._worker.arrived.connect(self._arrived)
            self._worker.problem.connect(self._refused)
            self._checker = Checker(self._session.root, self)
            self._checker.changed.connect(self._show_check)
        (self.activate if self.isVisible() else self._show)()

    def _changed(self, change: Change) -> None:
        if self._ground is not None:
            self._ground = replace(self._ground, where=None)  # which images there are is to be read again
        if self.isVisible():
            self.activate()

    def _surveyed(self, ground: Ground) -> None:
        first, self._ground = self._ground is None, ground
        if first:
            self._drafts = self._drafts.started(*state.start_of(self._drafts.augment, ground.runs))
        if ground.run(self._model) is None:
            self._model = ""
        if self._replayed is not None:
            self._replayed = ground.run(self._replayed.name)
        self._want(self._wanted)
        self._show()

    def _want(self, wanted: Wanted) -> None:
        self._wanted = wanted
        if self._ground is not None:
            among = self._ground.candidates
            self._session.reader.ask(
                "augment-images", lambda store: state.choose(store, among, wanted), self._found_pictures
            )

    def _found_pictures(self, pictures: list[Picture]) -> None:
        if [picture.id for picture in pictures] != [picture.id for picture in self._pictures]:
            self._chosen = 0
        self._pictures = pictures
        self._show()

    def _selection_changed(self) -> None:
        if self._wanted.which == "selection" and self.isVisible():
            self._choose_which("selection")

    # --- the recipe ---

    def edit(self, path: str, value: Any) -> None:
        """Give a setting of the draft another value; where it is refused, its row says why."""
        try:
            changed = recipes.change(self._session.recipe, {path: value})
        except Error as problem:
            self.controls.refuse(path, lines.reason(problem.title))
            return
        self.controls.refuse(path, "")
        if path.startswith(lines.PREFIX):
            self.strength.touch(path)
        self._session.set_recipe(changed)

    def _recipe_changed(self) -> None:
        self._drafts = self._drafts.edited(self._session.recipe.augment)
        if self.isVisible():
            self._show()

    def _start_from(self, key: str) -> None:
        augment = state.found(key, self._ground.runs if self._ground else ())
        if augment is not None:
            self._adopt(self._drafts.replaced(key, augment))

    def _reset_or_undo(self) -> None:
        drafts = self._drafts
        self._adopt(drafts.undone() if drafts.before else drafts.replaced(*drafts.start))

    def _give_back(self, paths: tuple[str, ...]) -> None:
        before = flat(self._session.recipe.model_copy(update={"augment": self._drafts.start[1]}))
        self._session.set_recipe(recipes.change(self._session.recipe, {path: before[path] for path in paths}))

    def _adopt(self, drafts: Drafts) -> None:
        """Go on with these; the edited one becomes that of the session's recipe."""
        self._drafts = drafts
        self._session.set_recipe(self._session.recipe.model_copy(update={"augment": drafts.augment}))
        self._show()

    def _expand(self, name: str, expanded: bool) -> None:
        (self._expanded.add if expanded else self._expanded.discard)(name)
        self._show_controls()

    # --- which samples ---

    def go_to_epoch(self, epoch: int) -> None:
        """Let the first column be this epoch."""
        self._epoch = epoch
        if self._wanted.which == "recorded":
            self._choose_which("recorded")
        self._show()

    def _choose_which(self, which: Which, draw: int = 0) -> None:
        ids: tuple[int, ...] = ()
        if which == "selection":
            ids = tuple(int(id) for id in self._session.selection[: state.LINES])
        elif which == "id":
            at = self._chosen // max(1, self._sheet.columns) if self._sheet else 0
            ids = (self._pictures[at].id if at < len(self._pictures) else self._session.current or 1,)
        elif which == "recorded":
            ids = state.first_of(self._recorded, self._epoch, draw)
        self._want(Wanted(which, draw, ids))

    def _draw_others(self) -> None:
        self._choose_which(self._wanted.which, self._wanted.draw + 1)

    def _choose_run(self, name: str) -> None:
        """Replay a run, or go back to the draft with ""."""
        self._replayed = self._ground.run(name) if self._ground else None
        self._recorded = {}
        if self._replayed is None and self._wanted.which == "recorded":
            self._choose_which("classes")
        elif self._replayed is not None:
            folder = RunFolder(self._session.store.paths.runs / name)
            self._session.reader.ask("augment-recorded", lambda _: state.recorded(folder), self._found_recorded)
        self._show()

    def _found_recorded(self, recorded: Recorded) -> None:
        if self._replayed is not None:
            self._recorded = recorded
            if self._wanted.which in ("classes", "recorded"):  # other images were chosen on purpose
                self._choose_which("recorded" if recorded else "classes")
            self._show()

    def _choose_tile(self, tile: int) -> None:
        self._chosen = tile
        self._render()

    def _choose_model(self, name: str) -> None:
        self._model = name
        self.strength.set_model(name)
        self._render()

    def _help(self) -> None:
        empty = state.empty(self._session.is_open, self._ground, self._wanted, self._pictures)
        if empty is not None and empty.goal:
            self._session.go_to.emit(empty.goal)

    def show_pairs(self, pairs: bool) -> None:
        """Show samples of mixed batches, or samples as they are."""
        self._pairs = pairs
        self._show()

    # --- rendering ---

    def _base(self) -> Recipe:
        return self._replayed.recipe if self._replayed else self._session.recipe

    def _letters(self) -> str:
        """The recipes that are side by side."""
        return self._drafts.letter if self._replayed else self._drafts.shown

    def _recipes(self) -> tuple[Recipe, ...]:
        return (self._replayed.recipe,) if self._replayed else self._drafts.recipes(self._session.recipe)

    def _epochs(self) -> tuple[int, ...]:
        """Beside each other; of a lone image also below each other."""
        last = self._replayed.epochs if self._replayed else self._session.recipe.schedule.epochs
        count = self._columns * (state.LINES if len(self._pictures) == 1 and len(self._letters()) == 1 else 1)
        self._epoch = max(1, min(self._epoch, last))
        return tuple(range(self._epoch, min(last, self._epoch + count - 1) + 1))

    def _fit(self) -> None:
        if self._columns != self._fitting():
            self._render()

    def _fitting(self) -> int:
        lines_shown = max(1, state.LINES if len(self._pictures) == 1 else len(self._pictures))
        return state.epochs_beside(*self.samples.samples.room(), lines_shown, len(self._letters()), GAP)

    def _render(self) -> None:
        if self._worker is None or self._checker is None or self._ground is None or not self._pictures:
            return
        self._columns = self._fitting()
        pairs = self._pairs and mixes(self._recipes()) and len(self._pictures) > 1
        crowd, judged = self._ground.crowd, self._letters().index(self._drafts.letter)
        scene = Scene(self._recipes(), tuple(self._pictures), crowd, self._epochs(), self._chosen, pairs, judged)
        asked = (scene.recipes, scene.pictures, scene.epochs, pairs, self._model, len(self._recorded))
        if asked != self._asked:  # else only another tile is chosen, or a file may have been mended
            self._asked = asked
            self._checker.forget()
        self._worker.ask(scene)

    def _arrived(self, number: int, part: Part) -> None:
        if isinstance(part, Sheet):
            self._sheet = part
            self._show_samples()
        elif isinstance(part, Steps):
            self._show_steps(part)
        elif isinstance(part, Prints):
            self._compare(part)
        elif isinstance(part, Outlook):
            self._outlook = part
            self._show_warnings()

    def _refused(self, number: int, problem: Exception) -> None:
        known = told(problem)
        if known is None:
            self._session.problem.emit(problem)
        self.samples.show_trouble(str(known) if known else "These samples met a fault of Wildset.", stale=True)
        if self._checker is not None:
            self._checker.skip("There are no samples of this recipe.")

    def _compare(self, prints: Prints) -> None:
        if self._checker is None or self._sheet is None:
            return
        recorded = compared(self._recorded, self._sheet.tiles, prints.digests)
        pairs = any(tile.mixing for tile in self._sheet.tiles)
        shown = Check(trouble=gpu_trouble(self._recorded), pairs=pairs, recorded=recorded)
        self._checker.begin(self._sheet.tiles, prints.digests, self._recipes(), shown, self._model)

    # --- showing ---

    def _show(self) -> None:
        self._show_controls()
        self._show_choices()
        empty = state.empty(self._session.is_open, self._ground, self._wanted, self._pictures)
        if empty is not None:
            self.samples.show_empty(empty)
            self.findings.clear()
        self._render()
        self._show_warnings()

    def _show_controls(self) -> None:
        recipe, drafts, (key, start) = self._base(), self._drafts, self._drafts.start
        if self._replayed is not None:
            start = recipe.augment
        runs = self._ground.runs if self._ground else ()
        classes = self._ground.candidates.classes if self._ground else ()
        self.controls.set_presets(state.offered(runs), key)
        self.controls.set_letters(drafts.letter, drafts.both)
        self.controls.set_undo(drafts.before is not None)
        starts = flat(recipe.model_copy(update={"augment": start}))
        self.controls.set_lines(lines.lines(recipe, start, drafts.alone, classes, self._expanded), starts)
        self.controls.set_all(recipe.augment.border, recipe.augment.rules)
        self.controls.set_editable(self._replayed is None and self._session.is_open)
        self.strength.set_recipe(recipe)

    def _show_choices(self) -> None:
        runs = self._ground.runs if self._ground else ()
        last = self._replayed.epochs if self._replayed else self._session.recipe.schedule.epochs
        self._epoch = max(1, min(self._epoch, last))
        self.samples.set_which(self._wanted.which, self._wanted.ids[0] if self._wanted.ids else 1, bool(self._recorded))
        left_out = state.left_out(self._ground)
        self.samples.set_runs(state.replays(runs), self._replayed.name if self._replayed else "", left_out)
        self.samples.set_epochs(self._epoch, last)
        self.samples.set_seed(self._base().seed, self._replayed is None)
        self.samples.set_pairs(mixes(self._recipes()), self._pairs)
        self.samples.set_open(self._ground is not None)
        self.findings.set_models(state.models(runs), self._model, left_out)

    def _show_samples(self) -> None:
        sheet, checker = self._sheet, self._checker
        if sheet is None or checker is None or self._ground is None:
            return
        letters, room = self._letters(), self.samples.samples.sheet.tile_rect(0).width()
        marks = state.marks(sheet, self._ground.candidates.classes, checker.said, letters, room)
        columns = self._columns if state.of_one_image(sheet) else sheet.columns
        self.samples.show_samples(sheet.pixels, columns, state.headings(sheet, letters), marks)
        self.samples.samples.sheet.set_current(self._chosen)
        self.samples.speed.setText(state.speed(sheet))
        self.samples.show_trouble(state.skipped_line(sheet))
        self._show_verdicts()

    def _show_steps(self, steps: Steps) -> None:
        self.samples.show_steps(steps)
        if self._sheet is not None:
            tile = self._sheet.tiles[steps.tile]
            self.findings.set_happened(f"Image {tile.picture.id}, epoch {tile.epoch}", steps.told)

    def _show_check(self) -> None:
        if self._checker is not None and not self.samples.is_empty():
            (self._show_samples if self._checker.said else self._show_verdicts)()

    def _show_verdicts(self) -> None:
        if self._checker is None or self._sheet is None:
            return
        facts = state.verdict_facts(self._checker.said, self._sheet.tiles, self._letters())
        self.findings.set_verdict(facts, self._checker.model_trouble)
        self.samples.show_badge(badge(self._checker.check))

    def _show_warnings(self) -> None:
        among = self._ground.candidates if self._ground else None
        self.findings.warnings.set_lines(losses.warnings(self._base().augment, among, self._outlook))
