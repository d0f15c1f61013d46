"""Images of a folder, which stay where they are: class folders, train/val/test folders, or tables that name them."""

import os
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import Error
from core.events import Event, Notice
from core.images.names import shown
from core.importers import rows
from core.importers.landing import join
from core.importers.layout import places, wrapping
from core.importers.memory import Memory
from core.importers.reading import Brought, Candidate, classes_of, read
from core.importers.survey import Survey
from core.importers.table import Files, described
from core.importers.walk import Late, Tree, never, others_notice, walk
from core.project.catalog import add_images
from core.project.store import Store


@dataclass(frozen=True)
class Plan:
    """Images to read, relative to `folder`; all of them lie below `wrapping`, which says nothing about them.

    `tables` are those that tell of them.
    """

    folder: Path
    wrapping: bytes
    candidates: list[Candidate]
    tables: tuple[str, ...] = ()

    def unwrapped(self) -> "Plan":
        """The same images, relative to the innermost wrapping folder."""
        folder = Path(os.fsdecode(os.path.join(os.fsencode(self.folder), self.wrapping)))
        depth = self.wrapping.count(b"/")
        inner = [replace(image, path=_below(image.path, depth)) for image in self.candidates]
        return Plan(folder, b"", inner, self.tables)


def accepts(path: Path) -> bool:
    return path.is_dir()


def bring_in(store: Store, path: Path) -> Generator[Event, None, Brought]:
    plan = yield from find(path, (yield from walk(path)), shown(path.name))
    found = yield from read(plan.folder, plan.candidates, Memory.load())
    return Brought(add_images(store, plan.folder, found), classes_of(found))


def look(path: Path, late: Late = never) -> Generator[Event, None, Survey]:
    tree = yield from walk(path, late)
    if not tree.complete and not tree.pictures:
        return Survey((), path, complete=False)
    plan = yield from find(path, tree, shown(path.name))
    return Survey(plan.candidates, path, plan.tables, tree.complete)


def find(
    root: Path,
    tree: Tree,
    name: str,
    renamed: Mapping[bytes, bytes] | None = None,
    others: Sequence[bytes] = (),
    archive: bytes = b"",
) -> Generator[Event, None, Plan]:
    """The images of `tree`, which lies below `root`, with what tables or else their folders say about them.

    `name` is what errors call it. `renamed` maps original names, which folders and tables mean, to those in `root`.
    `others` are files that were left out before, and `archive` is the name of the archive that `root` comes from.
    Raises `Error` where there are no images, or a table cannot be used.
    """
    files = Files(root, tree, {new: old for old, new in (renamed or {}).items()})
    tables, idle = yield from files.tables()
    if not tree.pictures and not tables:
        raise Error(
            f"There are no images in {name}.",
            "Choose a folder with JPEG, PNG, WebP, BMP, GIF or TIFF images, or with folders of them.",
        )
    if notice := others_notice([*others, *tree.others, *idle], bool(tables)):
        yield notice
    prefix = wrapping(tree.pictures, list(tables.values()), archive)
    depth = prefix.count(b"/")
    said = places([_below(files.original(path), depth) for path in tree.pictures])
    by_folder = dict(zip(tree.pictures, said, strict=True))
    candidates: list[Candidate] = []
    for base, table in tables.items():
        content = rows.read(join(root, table), name)
        candidates += yield from described(content, files.below(base), by_folder)
    within = tuple(tables)
    candidates += [
        Candidate(path, place.label, split=place.split)
        for path, place in by_folder.items()
        if not path.startswith(within)
    ]
    yield from _remarks(candidates, bool(tables))
    return Plan(root, prefix, candidates, tuple(shown(table) for table in tables.values()))


def _remarks(candidates: Sequence[Candidate], tables: bool) -> Generator[Event, None, None]:
    """What is odd about the classes of all images."""
    labels = {candidate.label for candidate in candidates}
    if labels == {None} and not any(candidate.targets for candidate in candidates):
        yield Notice(text="Neither folders nor a table name classes, so the images come in unlabelled.")
    elif len(labels) == 1 and (label := labels.pop()) and not tables:
        yield Notice(text=f"All images are in one folder, so all get its name as their class: {label}.")


def _below(path: bytes, depth: int) -> bytes:
    return path.split(b"/", depth)[-1]
