"""The images beside the matrix: the usual thumbnails, marked with what the chosen run said of them."""

import html
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt

from studio.models.images import ImageModel, Index
from studio.pages.review.state import Mark
from studio.widgets.roles import TILE_ROLE

Marker = Callable[[int], Mark]


class ReviewModel(ImageModel):
    """Asks `marker` with an image's id what to write on it; without one it is the plain model."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._marker: Marker | None = None

    def set_marker(self, marker: Marker | None) -> None:
        """Mark the images anew."""
        self._marker = marker
        if len(self.ids):
            self.dataChanged.emit(self.index(0), self.index(len(self.ids) - 1))

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        usual = super().data(index, role)
        if self._marker is None or usual is None:
            return usual
        if role == TILE_ROLE:
            mark = self._mark(index)
            badge = usual.badge if usual.badge == "unreadable" else mark.badge
            return usual._replace(badge=badge, bad=mark.bad, ghost=False)
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{usual}<p>{html.escape(self._mark(index).words)}</p>"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{usual}; {self._mark(index).words}"
        return usual

    def _mark(self, index: Index) -> Mark:
        assert self._marker is not None
        return self._marker(int(self.ids[index.row()]))
