"""Which images of the project the rows of a file mean: by content, and where rows tell none by name."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.curate.exchange.said import Said
from core.project.store import Store

UNKNOWN = "no image here has this content"
_NO_NAME = "no image here has this name"


@dataclass(frozen=True)
class Match:
    """The images that a row means, or why none; `by_name` where only the name says so."""

    ids: tuple[int, ...]
    by_name: bool = False
    problem: str = ""


class Images:
    """The contents and names of a project's images, for looking up rows."""

    def __init__(self, store: Store) -> None:
        self._by_content: dict[bytes, list[int]] = {}
        self._name: dict[int, str] = {}
        self._by_last: dict[str, list[int]] = {}
        for id, content, name in store.read("SELECT id, content_hash, name FROM image ORDER BY id"):
            self._by_content.setdefault(content, []).append(id)
            self._name[id] = name
            self._by_last.setdefault(_last(name), []).append(id)

    def name(self, id: int) -> str:
        return self._name[id]

    def meant(self, row: Said) -> Match:
        """By content all that have it, unless one of them has the row's name; by name only where it is unique."""
        if row.content_hash is None:
            return self._named(row.names)
        ids = self._by_content.get(row.content_hash, [])
        named = [id for id in ids if self._name[id] in row.names]
        return Match(tuple(named or ids), problem="" if ids else UNKNOWN)

    def _named(self, names: Sequence[str]) -> Match:
        several = False
        for name in names:
            ids = self._closest(name)
            if len(ids) == 1:
                return Match(tuple(ids), by_name=True)
            several = several or bool(ids)
        return Match((), problem="several images here have this name" if several else _NO_NAME)

    def _closest(self, name: str) -> list[int]:
        """The images called `name`; else those of whose path it is the end; else those whose path is its end."""
        ids = self._by_last.get(_last(name), [])
        if equal := [id for id in ids if self._name[id] == name]:
            return equal
        if longer := [id for id in ids if self._name[id].endswith(f"/{name}")]:
            return longer
        shorter = [id for id in ids if name.endswith(f"/{self._name[id]}")]
        most = max((len(self._name[id]) for id in shorter), default=0)
        return [id for id in shorter if len(self._name[id]) == most]


def _last(path: str) -> str:
    return path.rpartition("/")[2]
