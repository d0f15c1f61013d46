"""What can be done with images as files and as things to carry: file manager, clipboard, dragging, menus."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QAction, QGuiApplication, QImage
from PySide6.QtWidgets import QMenu, QWidget

from core.errors import Error
from core.project import edits, records
from studio.models.errands import Errands
from studio.models.images import ImageModel
from studio.models.originals import decoded
from studio.reveal import reveal
from studio.session import Session
from studio.widgets.canvas import Canvas
from studio.widgets.dragging import MOST_FILES, carry
from studio.widgets.facets import FacetList
from studio.widgets.grid import ThumbnailGrid
from studio.widgets.label_keys import LabelKeys
from studio.widgets.roles import TILE_ROLE

Ids = npt.NDArray[np.int64]
_MENU = (
    *("large", "compare", "", "accept", "approve", "unsure", "reject", "unlabel", "", "tag", "note", ""),
    *("reveal", "copy-image", "copy-path"),
)


class ImageDesk(QObject):
    """Works on the images that `targets` gives, as keys do."""

    def __init__(self, session: Session, model: ImageModel, targets: Callable[[], Ids], parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._model, self._targets = session, model, targets
        self._errands = Errands(self)
        self._errands.problem.connect(session.problem)

    def close_threads(self) -> None:
        """End the thread."""
        self._errands.close()

    def reveal(self) -> None:
        """Show the current image in the file manager."""
        record = self._current()
        if record is None:
            return
        try:
            reveal(record.path)
        except Error as problem:
            self._session.problem.emit(problem)

    def copy_path(self) -> None:
        """Put the paths of the images on the clipboard, one a line."""
        ids = self._targets()
        if len(ids):
            paths = records.files(self._session.store, ids)
            QGuiApplication.clipboard().setText("\n".join(str(path) for path in paths))
            self._session.notice.emit("Path copied." if len(ids) == 1 else f"{len(ids):,} paths copied.")

    def copy_image(self) -> None:
        """Put the current image on the clipboard, as it is."""
        record = self._current()
        if record is not None:
            self._errands.ask(lambda: decoded(record.path).images[0], self._copied)

    def drag(self, source: QWidget) -> None:
        """Carry the images away from `source`, where they were pulled."""
        ids = self._targets()
        if not len(ids):
            return
        row = self._model.row_of(self._session.current) if self._session.current is not None else None
        tile = self._model.data(self._model.index(row), TILE_ROLE) if row is not None else None
        image = tile.image if tile else None
        carry(source, ids, records.files(self._session.store, ids[:MOST_FILES]), image)

    def label(self, ids: Ids, name: str | None) -> None:
        """Give images the class that they were dropped on; None takes it away."""
        self._session.do(edits.label, ids.tolist(), name, "hand" if len(ids) == 1 else "bulk")

    def carry(self, grid: ThumbnailGrid, pictures: Iterable[Canvas], keys: LabelKeys, classes: FacetList) -> None:
        """Let images be dragged from the first two onto the last two, which label them."""
        sources: tuple[ThumbnailGrid | Canvas, ...] = (grid, *pictures)
        for source in sources:
            source.dragged.connect(lambda source=source: self.drag(source))
        keys.dropped.connect(lambda name, ids: self.label(ids, name))
        classes.take_drops()
        classes.dropped.connect(lambda name, ids: self.label(ids, None if name == "none" else name))

    def offer_menus(
        self, widgets: Iterable[QWidget], commands: Mapping[str, QAction], label: Callable[[str], None]
    ) -> None:
        """Show a menu when it is asked for over one of `widgets`, while there are images to work on."""
        for over in widgets:
            over.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            over.customContextMenuRequested.connect(lambda at, over=over: self._open_menu(over, at, commands, label))

    def _open_menu(
        self, over: QWidget, at: QPoint, commands: Mapping[str, QAction], label: Callable[[str], None]
    ) -> None:
        if len(self._targets()):
            self.menu(over, commands, label).popup(over.mapToGlobal(at))

    def menu(self, over: QWidget, commands: Mapping[str, QAction], label: Callable[[str], None]) -> QMenu:
        """What can be done with the images now; it goes when it is closed."""
        menu = QMenu(over)
        for id in _MENU[isinstance(over, Canvas) :]:  # what is large already is not shown large
            menu.addAction(commands[id]) if id else menu.addSeparator()
        labels = QMenu("Label as", menu)
        for known in records.classes(self._session.store):
            action = labels.addAction(known.name.replace("&", "&&"))
            action.triggered.connect(lambda _=False, name=known.name: label(name))
        labels.setEnabled(self._session.writable and bool(labels.actions()))
        menu.insertMenu(commands["accept"], labels)
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def _current(self) -> records.ImageRecord | None:
        id = self._session.current
        if id is None or not len(self._targets()):
            return None
        found = records.images(self._session.store, [id])
        return found[0] if found else None

    def _copied(self, image: QImage) -> None:
        QGuiApplication.clipboard().setImage(image)
        self._session.notice.emit("Image copied.")
