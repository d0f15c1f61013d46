"""The Data page: see, filter and label the pictures.

What it shows is decided in state.py; this module asks the reader, applies the answers and turns keys into edits. A
label is on disk before the grid paints it, because the view only repaints on the session's `changed`.
"""

import dataclasses

import numpy as np
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from core.errors import Error
from core.project import edits, listing, table
from core.project.edits import Change
from core.project.listing import Facets, Listing
from core.project.query import ALL
from studio import actions
from studio.models.images import ImageModel, Shown
from studio.models.pictures import PictureLoader
from studio.models.thumbnails import ThumbnailLoader
from studio.pages.data.compare_page import ComparePage
from studio.pages.data.desk import ImageDesk
from studio.pages.data.details import DetailsColumn
from studio.pages.data.dialogs import Dialogs
from studio.pages.data.facets import FacetColumn
from studio.pages.data.header import GridHeader
from studio.pages.data.labelling import Labelling
from studio.pages.data.large_page import LargePage
from studio.pages.data.listed import Listed, listed
from studio.pages.data.look import Look
from studio.pages.data.looking import Looking
from studio.pages.data.saved_views import SavedViews
from studio.pages.data.state import DataState, Facts, decide, details, group_title, toggled
from studio.session import Ids, Session
from studio.view_memory import remember_columns
from studio.widgets import words
from studio.widgets.class_shortcuts import ClassShortcuts
from studio.widgets.columns import aside, beside
from studio.widgets.empty import EmptyState
from studio.widgets.grid import ThumbnailGrid
from studio.widgets.lattice import Sections
from studio.widgets.prompt import Prompt

DETAIL_SIDE = 512


class DataPage(QWidget):
    """See window.py for what a page is."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.model = ImageModel(self)
        self.desk = ImageDesk(session, self.model, self._targets, self)
        self.dialogs = Dialogs(session, self)
        self.prompt = Prompt(self)
        self.labelling = Labelling(session, self.model, self.prompt, self._targets)
        self.header = GridHeader()
        self.looking = Looking(session, self.header)
        self.commands = actions.install(actions.DATA, self, self, everywhere=False)
        self.grid = ThumbnailGrid()
        self.large = LargePage(session, self.model)
        self.side = ComparePage(session, self.large.originals)
        self.empty = EmptyState("", icon="image")
        self.facets = FacetColumn()
        self.details = DetailsColumn(self.commands, self.large.known)
        self.pictures = PictureLoader(self)
        self._thumbnails: ThumbnailLoader | None = None
        self.look = Look(session, self.header, self.grid)
        self.views = SavedViews(session, self.header, self.labelling)
        self._class_keys = ClassShortcuts(self, self.labelling.label_by_key)
        self._facets: Facets | None = None
        self._findings: dict[str, int] = {}
        self._following = False  # the grid's selection is being set from the session's
        self._pictured: int | None = None
        self._returning: int | None = None  # an image whose label was undone or redone, to be looked at again
        self._state: DataState | None = None
        self._arrange()
        self._connect()
        self._show_classes()
        self._open()

    def activate(self) -> None:
        self._drop_hidden()
        self.grid.scrollTo(self.grid.currentIndex())
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """A proxy would let Tab go past what comes before the grid."""
        self.grid.setFocus(event.reason())

    def release(self) -> None:
        """End the threads and remember the size of the thumbnails."""
        self.look.keep()
        self.model.open(None, None)
        self.large.close_threads()
        self.desk.close_threads()
        for loader in (self._thumbnails, self.pictures):
            if loader is not None:
                loader.close()

    # --- commands (see actions.DATA and the digit keys) ---

    def show_large(self) -> None:
        """Show the current picture large."""
        if self._current_row() is None and len(self.model.ids):
            self.session.select([int(self.model.ids[0])])
        if self._current_row() is None:
            return
        self._set_large(True)
        self.centre.setCurrentWidget(self.large)
        self.large.setFocus(Qt.FocusReason.OtherFocusReason)
        self.large.enter()
        self._show_current()

    def compare(self) -> None:
        """Show the selected images side by side, at most four."""
        if not self.side.compare(self.session.selection.tolist(), self._thumbnails):
            self.session.notice.emit("Select 2 to 4 images to compare them.")
            return
        self._set_large(False)
        self.header.show_large(True)
        self.centre.setCurrentWidget(self.side)
        self.side.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_grid(self) -> None:
        """Leave the large picture, or those side by side."""
        self.side.leave()
        self._set_large(False)
        self._show_centre()
        self.grid.setFocus(Qt.FocusReason.OtherFocusReason)
        self._select_in_grid()

    def step(self, by: int) -> None:
        """Look at the picture `by` rows further, within the list."""
        row = self._current_row()
        if row is not None:
            self.session.select([int(self.model.ids[min(max(row + by, 0), len(self.model.ids) - 1)])])

    # --- parts ---

    def _arrange(self) -> None:
        self.grid.setModel(self.model)
        self.centre = QStackedWidget()
        for view in (self.grid, self.large, self.side, self.empty):
            self.centre.addWidget(view)
        middle = QWidget()
        layout = QVBoxLayout(middle)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(words.line())
        layout.addWidget(self.centre, 1)
        left, right = aside("What to show", self.facets), aside("The image", self.details)
        self.columns = beside(self, left, middle, right)
        remember_columns(self.columns, "data", self.session)

    def _connect(self) -> None:
        session = self.session
        session.opened.connect(self._open)
        session.access_changed.connect(self._access)
        session.changed.connect(self._changed)
        session.counted.connect(self._show)
        session.classes.changed.connect(self._show_classes)
        session.filter_changed.connect(self._ask)
        session.filter_refused.connect(self._refused)
        session.selection_changed.connect(self._selected)
        self.grid.chosen.connect(self._chosen_in_grid)
        self.grid.activated.connect(lambda _: self.show_large())
        self.grid.zoom.connect(self.header.set_size)
        self.grid.selectionModel().currentChanged.connect(self._current_changed)
        self.header.sized.connect(self.grid.set_side)
        self.header.arranged.connect(self._ask)
        self.header.badged.connect(self.model.set_badges)
        self.header.filtered.connect(session.set_filter)
        self.header.back.connect(self.show_grid)
        self.facets.toggled.connect(lambda field, value: session.set_filter(toggled(session.filter, field, value)))
        self.facets.split.connect(self.dialogs.choose_split)
        self.facets.certificate.connect(self.dialogs.show_certificate)
        self.facets.asked.connect(
            lambda id: self.commands[id].trigger() if id in self.commands else session.command.emit(id)
        )
        self.details.go_on.toggled.connect(self.labelling.set_advance)
        self.details.go_on.setChecked(self.labelling.advance)
        self.details.labelled.connect(lambda position: self.labelling.label(self.labelling.classes[position]))
        self.details.added.connect(lambda name: session.do(edits.add_class, name))
        self.empty.clicked.connect(self._empty_action)
        self.pictures.loaded.connect(self.details.show_picture)
        self.pictures.failed.connect(lambda sentence: self.details.show_picture(None, sentence))
        self.large.stepped.connect(self.step)
        self.large.left.connect(self.show_grid)
        self.side.left.connect(self.show_grid)
        pictures = (self.large.picture, *(cell.canvas for cell in self.side.cells))
        self.desk.carry(self.grid, pictures, self.details.keys, self.facets.lists["class"])
        self.desk.offer_menus((self.grid.viewport(), *pictures), self.commands, self.labelling.label)
        self.pictures.problem.connect(session.problem)
        self.grid.spaced.connect(self.labelling.accept)
        self.large.spaced.connect(self.labelling.accept)
        self.side.spaced.connect(self.labelling.accept)

    # --- what the page hears ---

    def _open(self) -> None:
        self.look.keep()
        if self._thumbnails is not None:
            self.model.open(None, None)
            self._thumbnails.close()
            self._thumbnails = None
        self.pictures.forget()
        self.large.open(None)
        self.side.leave()
        self._state, self._pictured, self._facets, self._findings = None, None, None, {}
        if not self.session.is_open:
            return
        self._thumbnails = ThumbnailLoader(self.session.store.paths.thumbnails, self)
        self._thumbnails.problem.connect(self.session.problem)
        self.model.open(self.session.store, self._thumbnails)
        self.look.take_up()
        self.large.open(self._thumbnails)
        self._set_large(False)
        self.views.show()
        self._show_current()
        self._ask()

    def _access(self) -> None:
        if self.session.is_open:
            self.model.use(self.session.store)
            self._show()

    def _changed(self, change: Change) -> None:
        self.model.refresh(change)
        stepped = change.title.startswith(("Undo", "Redo")) and len(change.image_ids) == 1
        self._returning = int(change.image_ids[0]) if stepped else None
        self._show_current()
        self._ask()

    def _ask(self) -> None:
        """Which images the filter gives now, and what else could be chosen; answers come to `_found` and `_counted`."""
        if self.session.is_open:
            header, filter = self.header, self.session.filter
            arranged = filter, header.sort, header.descending, header.group
            self.session.reader.ask("data-ids", lambda store: listed(store, *arranged), self._found)
            self.session.reader.ask("data-facets", lambda store: listing.facets(store, filter), self._counted)
            self.session.reader.ask("data-findings", lambda store: listing.findings(store, filter), self._examined)

    def _found(self, found: Listed) -> None:
        ids = found.listing.ids
        self.model.set_suspicions(found.suspicions)
        if not np.array_equal(ids, self.model.ids):
            still_true = found.marks == table.marks(self.session.store)
            self.model.set_ids(ids, found.order, found.first if still_true else {})
            self._set_sections(found.listing)
            self._drop_hidden()
            self._select_in_grid()
            self._show_current()
        else:
            self._set_sections(found.listing)
        if self._returning is not None and self.isVisible() and self._returning in ids:
            self.session.select([self._returning])
        self._returning = None
        if found.refusal is not None:
            self.session.problem.emit(found.refusal)
            self.header.arrange("name", False, self.header.group)
        self._show(choices=False)

    def _set_sections(self, found: Listing) -> None:
        titles = tuple(group_title(self.header.group, name) for name in found.titles)
        self.grid.set_sections(Sections(found.starts, titles))

    def _counted(self, facets: Facets) -> None:
        self._facets = facets
        self._show()

    def _examined(self, findings: dict[str, int]) -> None:
        self._findings = findings
        self._show()

    def _drop_hidden(self) -> None:
        """A key must never change what nobody sees: what left the grid leaves the selection."""
        selection = self.session.selection
        kept = selection[np.isin(selection, self.model.ids)]
        if self.isVisible() and len(kept) < len(selection):
            self.session.select(kept, self.session.current if self.session.current in kept else None)

    def _refused(self, problem: Error) -> None:
        self.header.set_error(f"{problem.title} {problem.hint}")

    def _chosen_in_grid(self) -> None:
        if not self._following:
            current = self.grid.currentIndex().row()
            ids = self.model.ids[self.grid.selected_rows()]
            self.session.select(ids, int(self.model.ids[current]) if 0 <= current < len(self.model.ids) else None)

    def _current_changed(self, current: QModelIndex) -> None:
        if not self._following and current.isValid() and self.grid.selected_rows().size:
            self.session.select(self.session.selection, int(self.model.ids[current.row()]))

    def _selected(self) -> None:
        if not self._following:
            self._select_in_grid()
        self._show_current()

    def _select_in_grid(self) -> None:
        self._following = True
        rows = self.model.rows_of(self.session.selection)
        current = self._current_row()
        if not np.array_equal(rows, self.grid.selected_rows()) or self.grid.currentIndex().row() != current:
            self.grid.select_rows(rows, current)
        self._following = False

    def _empty_action(self) -> None:
        if self._state is None or self._state.empty is None:
            return
        if self._state.empty.action == "clear-filter":
            self.session.set_filter(ALL)
        else:
            self.session.command.emit(self._state.empty.action)

    # --- showing ---

    def _show(self, choices: bool = True) -> None:
        """Apply the state; not what could be chosen, while the counts of a new filter are still on their way."""
        session = self.session
        if session.counts is None or session.health is None or not session.is_open:
            return
        shown = len(self.model.ids)
        facts = Facts(session.counts, session.health, shown, session.filter, session.writable, session.lent)
        state = decide(dataclasses.replace(facts, facets=self._facets, findings=self._findings))
        self._state = state
        if choices or self._facets is None:
            self.facets.show_state(state)
        self.header.show_chips(state.chips, state.count)
        self._enable()
        if state.empty:
            self.empty.set_words(state.empty.sentence, state.empty.button)
        self._show_centre()

    def _show_classes(self) -> None:
        classes = self.session.classes
        self.details.set_classes(classes.names, classes.given_keys)
        self._class_keys.set_keys(classes.keys)

    def _show_centre(self) -> None:
        if self._state is not None and self._state.empty:
            self._set_large(False)
            self.centre.setCurrentWidget(self.empty)
        elif not self.header.large:
            self.centre.setCurrentWidget(self.grid)

    def _enable(self) -> None:
        some = bool(len(self._targets()))
        self.details.set_enabled(self.session.writable and some, self.session.writable, bool(len(self.model.ids)))

    def _show_current(self) -> None:
        shown = self._current()
        record, guess = (shown.record, shown.guess) if shown else (None, None)
        self.details.show_details(details(record, guess, len(self.session.selection)))
        names = {name: position for position, name in enumerate(self.labelling.classes)}
        self.details.keys.set_current(names.get(record.class_name or "") if record else None)
        self._enable()
        if record is None:
            self._pictured = None
            self.pictures.forget()
            self.details.show_picture(None, "Select an image to see it here.")
            return
        if self.centre.currentWidget() is self.large and self.header.large:
            self.large.show_row(self.model.row_of(record.id) or 0)
        elif record.id != self._pictured:
            self._pictured = record.id
            self.pictures.ask(record.path, DETAIL_SIDE)

    def _set_large(self, large: bool) -> None:
        self.header.show_large(large)
        self.details.show_large(large)
        if not large and self.session.is_open:
            self._show_current()

    def _current(self) -> Shown | None:
        row = self._current_row()
        return self.model.shown(row) if row is not None else None

    def _current_row(self) -> int | None:
        return self.model.row_of(self.session.current) if self.session.current is not None else None

    def _targets(self) -> Ids:
        """What a key labels: the selection, or the one picture that is shown large."""
        if self.header.large and self.session.current is not None:
            return np.array([self.session.current], np.int64)
        return self.session.selection
