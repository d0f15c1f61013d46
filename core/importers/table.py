"""Images that a table names: a table imported by itself, and the tables that lie in a folder of images."""

import functools
import os
import posixpath
import stat
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.errors import Error
from core.events import Event, Notice, Skipped, Stage
from core.images.names import shown
from core.importers import rows
from core.importers.landing import join
from core.importers.layout import Place, class_name, places
from core.importers.memory import Memory
from core.importers.reading import Brought, Candidate, classes_of, read
from core.importers.survey import Survey
from core.importers.walk import Late, Tree, is_table, never
from core.project.catalog import add_images
from core.project.store import Store

_MANIFEST = b"manifest.csv"


@dataclass(frozen=True)
class Below:
    """The files that a table may name: `find` gives the path of a name, None where nothing is; `pictures` has all."""

    find: Callable[[bytes], bytes | None]
    pictures: Sequence[bytes] = ()


def accepts(path: Path) -> bool:
    return path.is_file() and is_table(os.fsencode(path.name))


def bring_in(store: Store, path: Path) -> Generator[Event, None, Brought]:
    """Import the images that the table names, relative to its own folder, and no others there."""
    folder = path.parent
    named = yield from look(path)
    found = yield from read(folder, named.candidates, Memory.load())
    return Brought(add_images(store, folder, found), classes_of(found))


def look(path: Path, late: Late = never) -> Generator[Event, None, Survey]:
    """The table itself is read in one piece, however long it is; the files that it names are looked at in time."""
    yield Stage(title=f"Reading {shown(path.name)}", unit="rows")
    folder = path.parent
    table = rows.read(path, shown(folder.name) or "this folder")
    find = functools.cache(_finder(folder))
    present: list[bytes] = []
    complete = True
    for number, row in enumerate(table.rows):
        if present and late():
            table, complete = replace(table, rows=table.rows[:number]), False
            break
        if isinstance(file := _present(row.file, find), bytes):
            present.append(file)
    if table.rows and not present:
        raise Error(
            f"None of the {len(table.rows):,} files that {table.name} names lies beside it.",
            f"It names {shown(table.rows[0].file)} first; names are relative to the folder of the table.",
        )
    by_folder = dict(zip(present, places(present), strict=True))
    candidates = yield from described(table, Below(find), by_folder)
    return Survey(candidates, folder, (shown(path.name),), complete)


def described(
    table: rows.Table, files: Below, by_folder: Mapping[bytes, Place]
) -> Generator[Event, None, list[Candidate]]:
    """The images of a table; a `Skipped` for each row without a file and each picture without a row.

    What the table has no column for, the folders say.
    """
    if table.guessed:
        named = ", ".join(table.guessed[:8]) + (", …" if len(table.guessed) > 8 else "")
        yield Notice(text=f"{table.name} has no column of classes; its numbers come in as targets: {named}.")
    candidates: dict[bytes, Candidate] = {}
    for row in table.rows:
        path = _present(row.file, files.find)
        if isinstance(path, str):
            reason = f"line {row.line} of {table.name} {path}"
            yield Skipped(name=shown(row.file) or f"line {row.line}", reason=reason)
        elif path in candidates:
            yield Skipped(name=shown(row.file), reason=f"line {row.line} of {table.name} names it a second time")
        else:
            candidates[path] = _candidate(path, row, table.tells, by_folder.get(path, Place(None, None)))
    for picture in files.pictures:
        if picture not in candidates:
            yield Skipped(name=shown(picture), reason=f"{table.name} does not name it")
    return list(candidates.values())


def _candidate(path: bytes, row: rows.Row, tells: frozenset[str], place: Place) -> Candidate:
    label = class_name(os.fsencode(row.label)) if row.label else None
    return Candidate(
        path,
        label if "label" in tells else place.label,
        *(row.source, row.group),
        row.split if "split" in tells else place.split,
        row.targets,
    )


def _present(file: str, find: Callable[[bytes], bytes | None]) -> bytes | str:
    """The path of a file that a table names, relative to the root; or what is wrong with the name."""
    if not file.strip():
        return "names no file"
    for spelling in (file, file.strip(), file.replace("\\", "/")):
        inner = posixpath.normpath(spelling)
        if inner.startswith(("/", "../")) or inner == "..":
            return "leads out of the folder"
        if path := find(os.fsencode(inner)):
            return path
    return "names it, but it is not there"


def _finder(folder: Path) -> Callable[[bytes], bytes | None]:
    base = os.fsencode(folder)

    def find(name: bytes) -> bytes | None:
        try:
            return name if stat.S_ISREG(os.stat(os.path.join(base, name)).st_mode) else None
        except (OSError, ValueError):  # a zero byte in a name is a ValueError
            return None

    return find


@dataclass(frozen=True)
class Files:
    """The files of a tree by the names that its tables use; `renamed` maps paths in the tree to original names."""

    root: Path
    tree: Tree
    renamed: Mapping[bytes, bytes]
    _paths: dict[bytes, bytes] = field(init=False)

    def __post_init__(self) -> None:
        known = {self.original(path): path for path in (*self.tree.others, *self.tree.tables, *self.tree.pictures)}
        object.__setattr__(self, "_paths", known)

    def original(self, path: bytes) -> bytes:
        return self.renamed.get(path, path)

    def below(self, base: bytes) -> Below:
        """What a table in `base`, a folder with a final slash or nothing, may name."""
        inside = [path for path in self.tree.pictures if path.startswith(base)]
        first = next((self.original(path) for path in self.tree.tables if path.startswith(base)), base)
        original = b"".join(part + b"/" for part in first.split(b"/")[: base.count(b"/")])
        return Below(lambda name: self._paths.get(original + name), inside)

    def tables(self) -> Generator[Event, None, tuple[dict[bytes, bytes], list[bytes]]]:
        """The table of each folder that has one which tells of files there: manifest.csv, else the only such table.

        Folders have a final slash. One inside of another that has a table is not looked at. Beside them come
        the tables that nothing was said about and that are not used.
        """
        chosen: dict[bytes, bytes] = {}
        rivals: list[bytes] = []
        for base, inside in self._by_folder():
            if base.startswith(tuple(chosen)):
                continue
            manifest = [path for path in inside if posixpath.basename(path).lower() == _MANIFEST]
            telling = manifest[:1] or [path for path in inside if self._tells(path, base)]
            if len(telling) > 1:
                rivals += telling
                listed = " and ".join(shown(path) for path in telling[:2])
                yield Notice(
                    text=f"{listed} both tell of the images beside them, so neither is used; import one by itself."
                )
            elif telling:
                chosen[base] = telling[0]
        idle = set(self.tree.tables) - {*chosen.values(), *rivals}
        return chosen, sorted(idle)

    def _by_folder(self) -> Iterator[tuple[bytes, list[bytes]]]:
        """The tables of each folder, outer folders first."""
        held: dict[bytes, list[bytes]] = {}
        for path in self.tree.tables:
            held.setdefault(path[: len(path) - len(posixpath.basename(path))], []).append(path)
        return iter(sorted(held.items(), key=lambda item: (item[0].count(b"/"), item[0])))

    def _tells(self, path: bytes, base: bytes) -> bool:
        find = self.below(base).find
        return any(isinstance(_present(name, find), bytes) for name in rows.names_at_start(join(self.root, path)))
