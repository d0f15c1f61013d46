"""The large view of the Data page: shows the current image, decodes those beside it ahead, asks what is known of it."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage

from core.curate.neighbours import nearest
from core.errors import told
from core.images import about
from core.images.about import About
from core.project import journal, predictions, records
from core.project.journal import Step
from core.project.predictions import Guess
from core.project.query import ALL
from core.project.records import ImageRecord
from core.project.store import Store
from studio import theme
from studio.models.errands import Errands
from studio.models.images import ImageModel
from studio.models.originals import Originals
from studio.models.thumbnails import ThumbnailLoader
from studio.pages.data import told as known_as
from studio.pages.data.known import KnownPanel
from studio.session import Session
from studio.widgets.alike import Alike
from studio.widgets.large import LargeView
from studio.widgets.levels import Levels

ALIKE = 8
AHEAD = (1, -1, 2)  # rows from the one that is shown, in the order in which they are decoded


class LargePage(LargeView):
    """What is known of the image goes to `known`, a panel for the column beside."""

    def __init__(self, session: Session, model: ImageModel) -> None:
        super().__init__()
        self.known = KnownPanel()
        self._session, self._model = session, model
        self.originals, self._errands = Originals(self), Errands(self)
        self._thumbnails: ThumbnailLoader | None = None
        self._record: ImageRecord | None = None
        self.originals.arrived.connect(lambda path: self._record and path == self._record.path and self._show_image())
        self._alike: list[tuple[ImageRecord, float]] = []
        self._positions: dict[str, int] = {}
        self.known.chosen.connect(self.go_to)
        for part in (self.originals, self._errands):
            part.problem.connect(session.problem)

    def open(self, thumbnails: ThumbnailLoader | None) -> None:
        """Forget the last project; stand-ins come from `thumbnails` from now on."""
        if self._thumbnails is not None:
            self._thumbnails.arrived.disconnect(self._thumbnails_came)
        if thumbnails is not None:
            thumbnails.arrived.connect(self._thumbnails_came)
        self._thumbnails, self._record, self._alike = thumbnails, None, []
        self.originals.forget()
        self._errands.forget()
        self.picture.set_image(None)

    def close_threads(self) -> None:
        """End the threads."""
        self.originals.close()
        self._errands.close()

    def enter(self) -> None:
        """Begin anew with the whole of whatever image is shown next."""
        self._record = None
        self.picture.fit()

    def go_to(self, id: int) -> None:
        """Show the image `id`, taking the filter away where it hides it."""
        if self._model.row_of(id) is None:
            self._session.set_filter(ALL)
            self._session.notice.emit("The filter hid that image: all images are shown now.")
        self._session.select([id])

    def show_row(self, row: int) -> None:
        """Show the image of this row at the scale and place of the one before; read again what is known of it."""
        shown = self._model.shown(row)
        if shown is None:
            return
        before, self._record = self._record, shown.record
        if before is None or before.id != shown.record.id:
            self._show_other(row, shown.record)
        self.bar.say(f"{row + 1:,} of {len(self._model.ids):,}")
        record = shown.record
        self._session.reader.ask("large-known", lambda store: _known(store, record.id), self._show_known)

    def _show_other(self, row: int, record: ImageRecord) -> None:
        rows = [row + by for by in AHEAD if 0 <= row + by < len(self._model.ids)]
        beside = [shown.record for other in rows if (shown := self._model.shown(other))]
        self.originals.look_at([record.path], [other.path for other in beside])
        if self._thumbnails is not None:
            self._thumbnails.want([(other.content_hash, other.path) for other in (record, *beside)])
        self._show_image()
        self.known.show_file(known_as.file_rows(record, None))
        self._errands.ask(lambda: _about(record), lambda answer: self._show_file(record, *answer))

        self._session.reader.ask("large-alike", lambda store: _alike(store, record.id), self._found_alike)

    def _found_alike(self, found: tuple[list[tuple[ImageRecord, float]], list[str]]) -> None:
        self._alike, self._positions = found[0], {name: position for position, name in enumerate(found[1])}
        if self._thumbnails is not None:
            self._thumbnails.want([(record.content_hash, record.path) for record, _ in self._alike])
        self._show_alike()

    def _thumbnails_came(self, keys: list[bytes]) -> None:
        if any(record.content_hash in keys for record, _ in self._alike):
            self._show_alike()
        if self._record is not None and self._record.content_hash in keys:
            self._show_image()

    def _show_alike(self) -> None:
        thumbnail = self._thumbnails.image if self._thumbnails else lambda _: None
        self.known.show_alike(
            [
                Alike(
                    record.id,
                    known_as.alike_words(record, similarity),
                    record.class_name or "",
                    self._positions.get(record.class_name or "", -1),
                    thumbnail(record.content_hash),
                )
                for record, similarity in self._alike
            ]
        )

    def _show_image(self) -> None:
        record = self._record
        assert record is not None
        if levels := self.originals.levels(record.path):
            self.picture.change_image(levels)
        elif sentence := self.originals.failure(record.path):
            self.picture.change_image(None, sentence)
        else:
            self.picture.change_image(stand_in(record, self._thumbnails))

    def _show_known(self, found: tuple[list[Guess], list[Step]]) -> None:
        if self._record is None:
            return
        guesses, steps = found
        self.known.show_said(known_as.verdicts(guesses, self._record.class_name))
        self.known.show_history(known_as.history_rows(steps))

    def _show_file(self, record: ImageRecord, found: About | None, reason: str) -> None:
        self.known.show_file(known_as.file_rows(record, found, reason))
        self.known.show_camera(known_as.camera_rows(found))


def stand_in(record: ImageRecord, thumbnails: ThumbnailLoader | None) -> Levels:
    """The thumbnail at the size of the image; where it is not there yet, an even area of its shape."""
    thumbnail = thumbnails.image(record.content_hash) if thumbnails else None
    if thumbnail is None:
        thumbnail = QImage(1, 1, QImage.Format.Format_RGB32)
        thumbnail.fill(QColor(theme.tokens().raised))
    return Levels((thumbnail,), QSize(max(1, record.width), max(1, record.height)))


def _about(record: ImageRecord) -> tuple[About | None, str]:
    """What the file says of itself, or why it says nothing."""
    try:
        return about.read(record.path), ""
    except Exception as problem:
        known = told(problem)
        if known is None:
            raise
        return None, getattr(problem, "reason", known.title)


def _known(store: Store, id: int) -> tuple[list[Guess], list[Step]]:
    return predictions.of_image(store, id), journal.history(store, id)


def _alike(store: Store, id: int) -> tuple[list[tuple[ImageRecord, float]], list[str]]:
    """The most similar images, the most similar first, and the classes in display order."""
    ids, similarity = nearest(store, id, ALIKE)
    found = dict(zip(ids.tolist(), similarity.tolist(), strict=True))
    classes = [known.name for known in records.classes(store)]
    return [(record, found[record.id]) for record in records.images(store, ids.tolist())], classes
