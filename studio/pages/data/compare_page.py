"""Side by side: decodes the chosen images and says what is known of each, with what differs set apart."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt

from core.project import predictions, records
from core.project.predictions import Guess
from core.project.records import ImageRecord
from core.project.store import Store
from studio.models.originals import Originals
from studio.models.thumbnails import ThumbnailLoader
from studio.pages.data.large_page import stand_in
from studio.pages.data.told import compared
from studio.session import Session
from studio.widgets.side_by_side import MOST, Caption, SideBySide

Found = list[tuple[ImageRecord, list[Guess]]]


class ComparePage(SideBySide):
    """Shows 2 to 4 images; the one with the focus is the session's current image."""

    def __init__(self, session: Session, originals: Originals) -> None:
        super().__init__()
        self._session, self._originals = session, originals
        self._thumbnails: ThumbnailLoader | None = None
        self._records: list[ImageRecord] = []
        self._place = 0  # the one that has the focus
        self.focused.connect(self._look_at)
        originals.arrived.connect(self._arrived)
        session.changed.connect(self.refresh)
        session.selection_changed.connect(self._hold)

    def compare(self, ids: Sequence[int], thumbnails: ThumbnailLoader | None) -> bool:
        """Show these images, at most four; False where there are not two."""
        self._thumbnails = thumbnails
        self._records = records.images(self._session.store, ids[:MOST])
        if len(self._records) < 2:
            return False
        self._place = 0
        self._session.select([record.id for record in self._records], self._records[0].id)
        self.set_count(len(self._records))
        self._originals.look_at([record.path for record in self._records])
        for place, record in enumerate(self._records):
            self.show_caption(place, Caption(record.name, (), ()))
            self._show(place)
        self.refresh()
        return True

    def leave(self) -> None:
        """Forget the images."""
        self._records = []

    def refresh(self) -> None:
        """Ask again what is known of the images."""
        ids = [record.id for record in self._records]
        if ids and self._session.is_open:
            self._session.reader.ask("compare", lambda store: _found(store, ids), self._tell)

    def _hold(self) -> None:
        """Keep the compared images selected; a label that asks for the next image goes to the next of them."""
        ids, current = [record.id for record in self._records], self._session.current
        if not ids or not self.isVisible() or self._session.selection.tolist() == ids:
            return
        place = ids.index(current) if current in ids else min(self._place + 1, len(ids) - 1)
        self._session.select(ids, ids[place])
        self.cells[place].canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def _tell(self, found: Found) -> None:
        if [record.id for record, _ in found] != [record.id for record in self._records]:
            return  # others are compared by now, or one is gone
        columns = compared([record for record, _ in found], [guesses for _, guesses in found])
        for place, ((record, _), (rows, kinds)) in enumerate(zip(found, columns, strict=True)):
            self.show_caption(place, Caption(record.name, rows, kinds))

    def _arrived(self, path: Path) -> None:
        for place, record in enumerate(self._records):
            if record.path == path:
                self._show(place)

    def _show(self, place: int) -> None:
        record = self._records[place]
        if sentence := self._originals.failure(record.path):
            self.show_image(place, None, sentence)
        else:
            self.show_image(place, self._originals.levels(record.path) or stand_in(record, self._thumbnails))

    def _look_at(self, place: int) -> None:
        if place < len(self._records):
            self._place = place
            self._session.select([record.id for record in self._records], self._records[place].id)


def _found(store: Store, ids: list[int]) -> Found:
    return [(record, predictions.of_image(store, record.id)) for record in records.images(store, ids)]
