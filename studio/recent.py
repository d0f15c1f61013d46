"""The projects opened last, kept in recent.json of the user's settings; a damaged file only empties the list."""

import json
from dataclasses import dataclass
from pathlib import Path

from core import paths
from core.runs.durable import write_durably

KEPT = 12


@dataclass(frozen=True)
class Recent:
    """A project folder that was open once; `there` is False when it is gone or its drive is not connected."""

    root: Path
    there: bool


def load() -> list[Recent]:
    """The recent projects, latest first."""
    return [Recent(root, (root / "project.db").is_file()) for root in _roots()]


def remember(root: Path) -> None:
    """Put a project first."""
    _save([root.absolute(), *(known for known in _roots() if known != root.absolute())][:KEPT])


def forget(root: Path) -> None:
    """Take a project off the list; nothing else of it is touched."""
    _save([known for known in _roots() if known != root])


def _file() -> Path:
    return paths.user_config() / "recent.json"


def _roots() -> list[Path]:
    try:
        found = json.loads(_file().read_text(encoding="utf-8"))
        return [Path(text) for text in found["projects"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _save(roots: list[Path]) -> None:
    _file().parent.mkdir(parents=True, exist_ok=True)
    body = json.dumps({"projects": [str(root) for root in roots]}, indent=1, ensure_ascii=True)
    write_durably(_file(), body.encode())
