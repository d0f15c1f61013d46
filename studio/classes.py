"""The classes of the open project as the window needs them: in order, with keys, their colours given to the theme."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.project import records
from core.project.classes import class_keys, run_names
from core.project.records import ClassRecord
from studio import theme

if TYPE_CHECKING:
    from studio.session import Session


class ProjectClasses(QObject):
    """Those of a session's project; `changed` comes before views hear of an edit, as this listens first."""

    changed = Signal()

    def __init__(self, session: "Session") -> None:
        super().__init__(session)
        self._session = session
        self.known: tuple[ClassRecord, ...] = ()
        self.keys: dict[str, int] = {}  # to positions in `known`
        self.positions: dict[str, int] = {}  # of each name, also of those that only runs know by now
        session.opened.connect(self._read)
        session.changed.connect(self._read)

    @property
    def names(self) -> list[str]:
        return [record.name for record in self.known]

    @property
    def given_keys(self) -> list[str | None]:
        """The keys that somebody gave, one for each class."""
        return [record.key for record in self.known]

    def _read(self) -> None:
        session = self._session
        known = tuple(records.classes(session.store)) if session.is_open else ()
        if known != self.known:
            self.known = known
            self.keys = class_keys(self.names, self.given_keys)
            at = {record.id: position for position, record in enumerate(known)}
            meant = run_names(session.store) if known else {}
            self.positions = {name: at[id] for name, id in meant.items()}
            theme.set_class_colors([record.color for record in known])
            self.changed.emit()
