"""The images of a filter as an item model: an array of ids; what is shown of them is read page by page when asked.

A million rows cost eight million bytes. Thumbnails are asked for while the grid paints, so what is on the screen
comes first; the page that follows is fetched when the screen is complete.
"""

import html
import math
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QImage

from core.project import predictions, records
from core.project.edits import CHECKED, UNSURE, Change
from core.project.predictions import Guess
from core.project.records import ImageRecord
from core.project.store import Store
from studio.models.thumbnails import ThumbnailLoader
from studio.widgets.roles import TILE_ROLE, Tile

Ids = npt.NDArray[np.int64]
Index = QModelIndex | QPersistentModelIndex

PAGE = 64
PAGES_KEPT = 200


SUSPICIOUS = 0.5  # from here on a label is called suspect
BADGES = {"prediction": "Predictions", "split": "Split", "tags": "Tags", "suspect": "Suspect labels"}


@dataclass(frozen=True)
class Shown:
    """What the grid says of one image; `guess` is what the latest run said of it, if it saw it.

    `suspicion` that the label is wrong is in [0, 1], nan where nobody looked; `suggested` is what it rather is.
    """

    record: ImageRecord
    guess: Guess | None
    suspicion: float = math.nan
    suggested: str | None = None

    @property
    def wrong(self) -> bool:
        """Whether the latest run disagrees with the label."""
        return self.guess is not None and self.record.class_name not in (None, self.guess.class_name)

    @property
    def suspect(self) -> bool:
        """Whether the label is doubtful, and nobody has said that it is right."""
        return self.suspicion >= SUSPICIOUS and CHECKED not in self.record.tags

    @property
    def suggestion(self) -> str | None:
        """The class to offer for it: what a suspect label rather is, else what the latest run says."""
        if self.suspect and self.suggested and self.suggested != self.record.class_name:
            return self.suggested
        return self.guess.class_name if self.guess and self.guess.class_name != self.record.class_name else None


@dataclass(frozen=True, eq=False)
class Suspicions:
    """Of the ascending `ids` how suspect their labels are and what they rather are: `suggested` counts in `classes`."""

    ids: Ids
    suspect: npt.NDArray[np.float32]
    suggested: npt.NDArray[np.int32]
    classes: tuple[str, ...]

    def of(self, id: int) -> tuple[float, str | None]:
        """Suspicion and suggestion of one image."""
        row = int(np.searchsorted(self.ids, id))
        if row >= len(self.ids) or self.ids[row] != id:
            return math.nan, None
        code = int(self.suggested[row])
        return float(self.suspect[row]), self.classes[code] if code >= 0 else None


class ImageModel(QAbstractListModel):
    """Images of one project. The page gives it ids; it reads the rest itself."""

    asked = Signal()  # thumbnails were asked for; for tests

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.ids: Ids = np.zeros(0, np.int64)
        self._store: Store | None = None
        self._thumbnails: ThumbnailLoader | None = None
        self._pages: OrderedDict[int, dict[int, Shown]] = OrderedDict()
        self._positions: dict[str, int] | None = None  # read when first needed
        self._suspicions: Suspicions | None = None
        self._badges = frozenset(BADGES) - {"split"}
        self._order: Ids | None = None  # rows in the order of their ids, made when first needed
        self._rows_of_key: dict[bytes, set[int]] = {}
        self._missing: list[int] = []
        self._collect = QTimer(self, singleShot=True, interval=0)
        self._collect.timeout.connect(self._ask_for_missing)

    def open(self, store: Store | None, thumbnails: ThumbnailLoader | None) -> None:
        """Show images of this project from now on, at first none."""
        if self._thumbnails is not None and self._thumbnails is not thumbnails:
            self._thumbnails.arrived.disconnect(self._arrived)
        if thumbnails is not None and self._thumbnails is not thumbnails:
            thumbnails.arrived.connect(self._arrived)
        self._store, self._thumbnails = store, thumbnails
        self.set_ids(np.zeros(0, np.int64))

    def use(self, store: Store) -> None:
        """Read from another handle of the same project."""
        self._store = store

    def set_ids(self, ids: Ids, order: Ids | None = None, first: Mapping[int, Shown] = MappingProxyType({})) -> None:
        """Show these images in this order.

        `order` are their rows sorted by id, if that is known already; `first` is what is known of all images of the
        first pages, if it is still true.
        """
        self.beginResetModel()
        self.ids = ids
        self._forget_pages()
        for number in range(-(-len(first) // PAGE)):
            page = ids[number * PAGE : (number + 1) * PAGE].tolist()
            self._pages[number] = {id: first[id] for id in page if id in first}
        self._order = order
        self.endResetModel()

    def set_suspicions(self, found: Suspicions | None) -> None:
        """Show these as suspect from now on."""
        if found is not self._suspicions:
            self._suspicions = found
            self._show_anew()

    def set_badges(self, shown: Collection[str]) -> None:
        """Show these of BADGES beside the class."""
        self._badges = frozenset(shown)
        self._show_anew()

    def badges(self) -> frozenset[str]:
        """What is shown beside the class."""
        return self._badges

    def refresh(self, change: Change) -> None:
        """Read again what an edit touched; an edit that names no images touched them all."""
        if not len(self.ids):
            return
        if not len(change.image_ids):
            self._show_anew()
            return
        rows = self.rows_of(change.image_ids)
        for page in np.unique(rows // PAGE).tolist():
            self._pages.pop(page, None)
        if len(rows):
            self.dataChanged.emit(self.index(int(rows[0])), self.index(int(rows[-1])))

    def row_of(self, id: int) -> int | None:
        """The row of an image; None where it is not among those shown."""
        rows = self.rows_of(np.array([id], np.int64))
        return int(rows[0]) if len(rows) else None

    def rows_of(self, ids: Ids) -> Ids:
        """The rows of those of `ids` that are shown, ascending."""
        if self._order is None:
            self._order = np.argsort(self.ids, kind="stable")
        if not len(self.ids):
            return np.zeros(0, np.int64)
        at = np.searchsorted(self.ids, ids, sorter=self._order)
        rows = self._order[np.minimum(at, len(self.ids) - 1)]
        return np.sort(rows[self.ids[rows] == ids])

    def shown(self, row: int) -> Shown | None:
        """What is known of the image in `row`; None when it is gone from the project."""
        return self._page(row // PAGE).get(int(self.ids[row]))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own signature
        return 0 if parent.isValid() else len(self.ids)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or not 0 <= index.row() < len(self.ids):
            return None
        row = index.row()
        shown = self.shown(row)
        if shown is None:
            return None
        match role:
            case int(r) if r == TILE_ROLE:
                return self.tile(row, shown)
            case Qt.ItemDataRole.ToolTipRole:
                return _card(shown, self._unreadable(shown))
            case Qt.ItemDataRole.AccessibleTextRole | Qt.ItemDataRole.DisplayRole:
                return _spoken(shown)
        return None

    def tile(self, row: int, shown: Shown) -> Tile:
        """What the grid shows of the image in `row`; asks for its thumbnail if that is not there."""
        image, guesses = self._thumbnail(row, shown.record), "prediction" in self._badges
        position = self._position(shown)
        told = marks(shown, self._badges)
        if self._unreadable(shown) is not None:
            return Tile(image, "unreadable", True, False, position, told)
        ghost = guesses and shown.record.class_name is None and shown.guess is not None
        return Tile(image, badge(shown, guesses), guesses and shown.wrong, ghost, position, told)

    def _unreadable(self, shown: Shown) -> str | None:
        return self._thumbnails.unreadable.get(shown.record.content_hash) if self._thumbnails else None

    def _thumbnail(self, row: int, record: ImageRecord) -> QImage | None:
        if self._thumbnails is None or record.content_hash in self._thumbnails.unreadable:
            return None
        found = self._thumbnails.image(record.content_hash)
        if found is None:
            self._missing.append(row)
            self._rows_of_key.setdefault(record.content_hash, set()).add(row)
            if not self._collect.isActive():
                self._collect.start()
        return found

    def _ask_for_missing(self) -> None:
        rows, self._missing = self._missing, []
        rows = [row for row in dict.fromkeys(rows) if row < len(self.ids)]
        if not rows or self._thumbnails is None:
            return
        ahead = range(max(rows) + 1, min(max(rows) + 1 + len(rows), len(self.ids)))
        records = [shown.record for row in (*rows, *ahead) if (shown := self.shown(row))]
        self._thumbnails.want([(record.content_hash, record.path) for record in records])
        self.asked.emit()

    def _arrived(self, keys: list[bytes]) -> None:
        rows = {row for key in keys for row in self._rows_of_key.pop(key, ())}
        for row in rows:
            if row < len(self.ids):
                self.dataChanged.emit(self.index(row), self.index(row), [TILE_ROLE])

    def _page(self, number: int) -> dict[int, Shown]:
        known = self._pages.get(number)
        if known is None:
            known = self._read(self.ids[number * PAGE : (number + 1) * PAGE])
            self._pages[number] = known
            while len(self._pages) > PAGES_KEPT:
                self._pages.popitem(last=False)
        else:
            self._pages.move_to_end(number)
        return known

    def _read(self, ids: Ids) -> dict[int, Shown]:
        return read(self._store, ids, self._suspicions) if self._store is not None else {}

    def _position(self, shown: Shown) -> int:
        """The place of the class that is written on an image; -1 without one."""
        if self._positions is None and self._store is not None:
            self._positions = {known.name: row for row, known in enumerate(records.classes(self._store))}
        told = shown.record.class_name or (shown.guess.class_name if shown.guess else None)
        return (self._positions or {}).get(told or "", -1)

    def _show_anew(self) -> None:
        self._forget_pages()
        if len(self.ids):
            self.dataChanged.emit(self.index(0), self.index(len(self.ids) - 1))

    def _forget_pages(self) -> None:
        self._positions = None
        self._pages.clear()
        self._rows_of_key.clear()
        self._missing.clear()


def badge(shown: Shown, guesses: bool = True) -> str:
    """Such as "7", "7 ✓" and "1→7 .94" where the latest run agrees and disagrees, "7? .94" where it alone says it."""
    label, guess = shown.record.class_name or "", shown.guess if guesses else None
    if guess and not label:
        label = f"{guess.class_name}? {short(guess.confidence)}"
    elif guess and shown.wrong:
        label = f"{label}→{guess.class_name} {short(guess.confidence)}"
    elif guess:
        label = f"{label} ✓"
    if shown.record.rejected:
        return f"{label} · rejected" if label else "rejected"
    return label


def marks(shown: Shown, badges: Collection[str]) -> str:
    """What else there is to know at a glance: "! ? val #night"."""
    record = shown.record
    parts = ["!"] if shown.suspect and "suspect" in badges else []
    parts += ["?"] if UNSURE in record.tags and "tags" in badges else []
    parts += [record.split] if record.split and "split" in badges else []
    parts += [f"#{tag}" for tag in record.tags if tag not in (UNSURE, CHECKED) and "tags" in badges]
    return " ".join(parts)


def read(store: Store, ids: Ids, suspicions: "Suspicions | None") -> dict[int, Shown]:
    """What the grid says of these images; those that are gone are absent."""
    said = predictions.latest(store, ids)
    doubt = suspicions.of if suspicions else lambda _: (math.nan, None)
    found = records.images(store, ids.tolist())
    return {record.id: Shown(record, said.get(record.id), *doubt(record.id)) for record in found}


def short(confidence: float) -> str:
    """A share in two digits without the leading zero: ".94", "1.0"."""
    return f"{confidence:.2f}".removeprefix("0") if confidence < 0.995 else "1.0"


def _card(shown: Shown, unreadable: str | None) -> str:
    record = shown.record
    rows = {
        "Label": record.class_name or "none",
        "Source": record.source,
        "Split": record.split,
        "Size": f"{record.width} × {record.height}",
        "Tags": ", ".join(record.tags),
        "Suspect label": f"rather {shown.suggested or 'something else'}" if shown.suspect else None,
        f"{shown.guess.run} says" if shown.guess else "": _said(shown.guess),
        "Rejected": "kept out of training" if record.rejected else None,
        "Cannot be read": unreadable,
    }
    lines = "".join(
        f"<tr><td>{html.escape(name)}&nbsp;&nbsp;</td><td>{html.escape(value)}</td></tr>"
        for name, value in rows.items()
        if name and value
    )
    return f"<b>{html.escape(record.name)}</b><table>{lines}</table>"


def _said(guess: Guess | None) -> str | None:
    return f"{guess.class_name} at {guess.confidence:.2f}" if guess else None


def _spoken(shown: Shown) -> str:
    record = shown.record
    parts = [record.name, f"label {record.class_name}" if record.class_name else "no label"]
    if shown.guess:
        parts.append(f"predicted {shown.guess.class_name} {shown.guess.confidence:.2f}")
    if shown.suspect:
        parts.append(f"suspect, rather {shown.suggested or 'something else'}")
    if record.tags:
        parts.append(f"tagged {' '.join(record.tags)}")
    if record.rejected:
        parts.append("rejected")
    return ", ".join(parts)
