"""The journal as a table of any length: the latest edits first, read page by page as the view comes to its end."""

import datetime
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from core.project import journal
from core.project.journal import Entry
from core.project.store import Store
from studio import theme
from studio.models.headed import HeadedModel

PAGE = 200
WHEN, WHO, WHAT, IMAGES, STATE = range(5)
_HEADS = ("When", "Who", "What", "Images", "")
_TIPS = (
    "Local time",
    "By hand, in bulk, accepted from a run, or an import",
    "What was done",
    "How many images it touched",
    "Empty where it is in force",
)
_STATES = {
    "done": ("", "In force"),
    "undone": ("undone", "Taken back; it can be done again"),
    "dropped": ("dropped", "Taken back, and then something else was done: it cannot be done again"),
}
Index = QModelIndex | QPersistentModelIndex


class JournalModel(HeadedModel):
    """Edits of one project; `show_journal` begins anew."""

    heads, tips = _HEADS, _TIPS
    sides = {IMAGES: Qt.AlignmentFlag.AlignRight}  # a constant

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []
        self._store: Store | None = None
        self._who: str | None = None
        self._more = False

    def show_journal(self, store: Store | None, who: str | None = None, least: int = 0) -> None:
        """Show the edits of `store`, all or by one of `journal.WHO`; `least` of them at once, if there are so many."""
        self.beginResetModel()
        self._store, self._who = store, who
        self.entries = journal.entries(store, max(PAGE, least), who=who) if store is not None else []
        self._more = len(self.entries) == max(PAGE, least)
        self.endResetModel()

    def canFetchMore(self, parent: Index) -> bool:
        return self._more and not parent.isValid()

    def fetchMore(self, parent: Index) -> None:
        if self._store is None or not self._more:
            return
        found = journal.entries(self._store, PAGE, self.entries[-1].id, self._who)
        self._more = len(found) == PAGE
        if found:
            self.beginInsertRows(QModelIndex(), len(self.entries), len(self.entries) + len(found) - 1)
            self.entries += found
            self.endInsertRows()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own signature
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry, column = self.entries[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                images = f"{entry.images:,}" if entry.images else ""
                return (said(entry.at), entry.who, entry.title, images, _STATES[entry.state][0])[column]
            case Qt.ItemDataRole.ToolTipRole:
                return (journal.said_time(entry.at), entry.who, entry.title, "", _STATES[entry.state][1])[column]
            case Qt.ItemDataRole.TextAlignmentRole:
                return self.aligned(column)
            case Qt.ItemDataRole.FontRole if column in (WHEN, IMAGES):
                return theme.mono()
            case Qt.ItemDataRole.ForegroundRole if entry.state != "done" or column in (WHEN, WHO):
                return QColor(theme.tokens().muted)
        return None


def said(at: float) -> str:
    """A moment in few letters: the time of today, else with the day, and with the year where it is another one."""
    now, then = datetime.datetime.now(), datetime.datetime.fromtimestamp(at)
    if then.date() == now.date():
        return f"{then:%H:%M:%S}"
    return f"{then:%d %b %H:%M}" if then.year == now.year else f"{then:%d %b %Y}"
