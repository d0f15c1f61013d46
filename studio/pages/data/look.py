"""How a project's images were looked at last: their order, groups and size."""

from pathlib import Path

from studio.pages.data.header import GridHeader
from studio.session import Session
from studio.view_memory import ViewMemory
from studio.widgets.grid import ThumbnailGrid


class Look:
    """Kept for each project; the size also for projects that are new."""

    def __init__(self, session: Session, header: GridHeader, grid: ThumbnailGrid) -> None:
        self._session, self._header, self._grid = session, header, grid
        self._of: Path | None = None

    def take_up(self) -> None:
        """Look at the open project as before."""
        memory = ViewMemory(self._session.root)
        self._grid.set_side(memory.value("data/side", self._grid.side()))
        self._header.set_size(self._grid.side())
        sort, descending = memory.value("data/sort", "name"), memory.value("data/descending", False)
        self._header.arrange(sort, descending, memory.value("data/group", ""))
        self._of = self._session.root

    def keep(self) -> None:
        """Remember how the project that was taken up is looked at now."""
        if self._of is not None:
            memory, header = ViewMemory(self._of), self._header
            memory.keep("data/side", self._grid.side(), for_new=True)
            for name, value in (("sort", header.sort), ("descending", header.descending), ("group", header.group)):
                memory.keep(f"data/{name}", value)
