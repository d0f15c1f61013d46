"""Images of a folder, which stay where they are: class folders, train/val/test folders, or a manifest.csv."""

import os
import posixpath
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import Error
from core.events import Event, Notice, Skipped
from core.images.names import shown
from core.importers import manifest
from core.importers.layout import class_name, places, wrapping
from core.importers.reading import Brought, Candidate, classes_of, read
from core.importers.walk import Tree, others_notice, walk
from core.project.catalog import add_images
from core.project.store import Store


@dataclass(frozen=True)
class Plan:
    """Images to read, relative to `folder`; all of them lie below `wrapping`, which says nothing about them."""

    folder: Path
    wrapping: bytes
    candidates: list[Candidate]

    def unwrapped(self) -> "Plan":
        """The same images, relative to the innermost wrapping folder."""
        folder = Path(os.fsdecode(os.path.join(os.fsencode(self.folder), self.wrapping)))
        depth = self.wrapping.count(b"/")
        return Plan(folder, b"", [replace(image, path=_below(image.path, depth)) for image in self.candidates])


def accepts(path: Path) -> bool:
    return path.is_dir()


def bring_in(store: Store, path: Path) -> Generator[Event, None, Brought]:
    plan = yield from find(path, shown(path.name))
    found = yield from read(plan.folder, plan.candidates)
    return Brought(add_images(store, plan.folder, found), classes_of(found))


def find(root: Path, name: str, renamed: Mapping[bytes, bytes] | None = None) -> Generator[Event, None, Plan]:
    """The images below `root` with what its manifest or else its folders say about them.

    `name` is what errors call it. `renamed` maps original names, which folders and manifests mean, to those in `root`.
    Raises `Error` where there are no images, or the manifest cannot be used.
    """
    tree = yield from walk(root)
    if not tree.pictures and not tree.manifests:
        raise Error(
            f"There are no images in {name}.",
            "Choose a folder with JPEG, PNG, WebP, BMP, GIF or TIFF images, or with folders of them.",
        )
    prefix = wrapping(tree.pictures, tree.manifests)
    named = {new: old for old, new in (renamed or {}).items()}
    described = next((path for path in tree.manifests if path.rpartition(b"/")[0] + b"/" == (prefix or b"/")), None)
    if described is not None:
        rows = manifest.read(Path(os.fsdecode(os.path.join(os.fsencode(root), described))), name)
        return Plan(root, prefix, (yield from _described(rows, tree, prefix, named)))
    if notice := others_notice(tree.others):
        yield notice
    depth = prefix.count(b"/")
    said = places([_below(named.get(path, path), depth) for path in tree.pictures])
    candidates = [
        Candidate(path, place.label, split=place.split) for path, place in zip(tree.pictures, said, strict=True)
    ]
    labels = {candidate.label for candidate in candidates}
    if len(labels) == 1 and (label := labels.pop()):
        yield Notice(text=f"All images are in one folder, so all get its name as their class: {label}.")
    return Plan(root, prefix, candidates)


def _described(
    rows: list[manifest.Row], tree: Tree, prefix: bytes, named: Mapping[bytes, bytes]
) -> Generator[Event, None, list[Candidate]]:
    """The candidates of a manifest; a `Skipped` for each row without a file and each picture without a row."""
    depth = prefix.count(b"/")
    present = {_below(named.get(path, path), depth): path for path in (*tree.others, *tree.pictures)}
    candidates: dict[bytes, Candidate] = {}
    for row in rows:
        path = _present(row.file, present)
        if isinstance(path, str):
            reason = f"line {row.line} of manifest.csv {path}"
            yield Skipped(name=shown(row.file) or f"line {row.line}", reason=reason)
        elif path in candidates:
            yield Skipped(name=shown(row.file), reason=f"line {row.line} of manifest.csv names it a second time")
        else:
            label = class_name(os.fsencode(row.label)) if row.label else None
            candidates[path] = Candidate(path, label, row.source, row.group, row.split, row.targets)
    for picture in tree.pictures:
        if picture not in candidates:
            yield Skipped(name=shown(picture), reason="manifest.csv does not name it")
    return list(candidates.values())


def _present(file: str, present: Mapping[bytes, bytes]) -> bytes | str:
    """The path of a file that a manifest names, relative to the root; or what is wrong with the name."""
    if not file.strip():
        return "names no file"
    for spelling in (file, file.strip(), file.replace("\\", "/")):
        inner = posixpath.normpath(spelling)
        if inner.startswith(("/", "../")) or inner == "..":
            return "leads out of the folder"
        if path := present.get(os.fsencode(inner)):
            return path
    return "names it, but it is not there"


def _below(path: bytes, depth: int) -> bytes:
    return path.split(b"/", depth)[-1]
