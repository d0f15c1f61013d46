"""What the start page shows of the recent projects, decided without Qt."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from studio.recent import Recent


@dataclass(frozen=True)
class Row:
    """A recent project: its name, where it lies, and whether it is there. `root` is what opening it needs."""

    root: Path
    name: str
    place: str
    there: bool

    @property
    def tooltip(self) -> str:
        return f"Open {self.root}" if self.there else f"{self.root} is not there: moved, deleted, or not connected"


@dataclass(frozen=True)
class WelcomeState:
    rows: tuple[Row, ...]
    note: str  # said instead of rows


def decide(projects: Sequence[Recent], home: Path) -> WelcomeState:
    """The page's state; `home` is the user's folder, written as ~."""
    rows = tuple(Row(known.root, known.root.name, _short(known.root.parent, home), known.there) for known in projects)
    return WelcomeState(rows, "" if rows else "Projects you open will be listed here.")


def _short(folder: Path, home: Path) -> str:
    return str(Path("~") / folder.relative_to(home)) if folder.is_relative_to(home) else str(folder)
