"""Which files a folder holds, whatever lies in it: links, pipes, locked folders, names that are no text.

Works on bytes. Links to folders are never followed, so there are no loops; links to files only within the tree.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import Error
from core.events import Event, Notice, Progress, Skipped, Stage
from core.images.names import shown

PROGRESS_SECONDS = 0.1

Late = Callable[[], bool]
"""Whether it is time to be content with what was found so far."""

_READ = {
    b".jpg",
    b".jpeg",
    b".jpe",
    b".jfif",
    b".png",
    b".apng",
    b".webp",
    b".bmp",
    b".dib",
    b".gif",
    b".tif",
    b".tiff",
}
_TABLES = {b".csv", b".tsv", b".jsonl", b".ndjson"}
# Pictures too, so that each is told to be of a kind that is not read, instead of being passed over.
_FOREIGN = {
    *(b".heic", b".heif", b".avif", b".jxl", b".jp2", b".psd", b".svg", b".ico", b".tga", b".ppm", b".pgm", b".pbm"),
    *(b".raw", b".dng", b".cr2", b".cr3", b".nef", b".arw", b".orf", b".rw2", b".eps"),
}


def never() -> bool:
    """It is not late, however long it takes."""
    return False


@dataclass
class Tree:
    """Regular files below a folder, relative to it, sorted: pictures and tables by their suffix, and the rest.

    It is not `complete` where the time for listing it was over.
    """

    pictures: list[bytes] = field(default_factory=list)
    tables: list[bytes] = field(default_factory=list)
    others: list[bytes] = field(default_factory=list)
    complete: bool = True

    def add(self, path: bytes) -> None:
        """Put a file where it belongs."""
        (self.pictures if is_picture(path) else self.tables if is_table(path) else self.others).append(path)

    def sort(self) -> None:
        for files in (self.pictures, self.tables, self.others):
            files.sort()


def walk(root: Path, late: Late = never) -> Generator[Event, None, Tree]:
    """List `root`. What cannot be entered or must not be followed becomes a `Skipped`; hidden things are passed over.

    Raises `Error` when `root` itself cannot be listed or is a project.
    """
    yield Stage(title="Looking for images", unit="files")
    tree = Tree()
    base = os.fsencode(root)
    waiting = [b""]
    shown_at = time.monotonic()
    while waiting:
        if late():
            tree.complete = False
            break
        here = waiting.pop()
        entries = _entries(base, here)
        if isinstance(entries, str):
            if not here:
                raise Error(f"{shown(root)} cannot be listed: {entries}.", "Check its permissions.")
            yield Skipped(name=shown(here), reason=entries)
            continue
        if any(entry.name == b"project.db" for entry in entries):
            if not here:
                raise Error(f"{shown(root.name)} is a Wildset project, not a folder of images.", "Open it instead.")
            yield Skipped(name=shown(here), reason="it is a Wildset project")
            continue
        skipped: list[Skipped] = []
        waiting.extend(_sort(entries, base, here, tree, skipped))
        yield from skipped
        if time.monotonic() - shown_at > PROGRESS_SECONDS:
            shown_at = time.monotonic()
            yield Progress(done=len(tree.pictures))
    tree.sort()
    return tree


def is_junk(name: bytes) -> bool:
    """Whether systems put `name` beside pictures: hidden files, thumbnail and archive leftovers."""
    return name.startswith((b".", b"__MACOSX", b"@eaDir")) or name.lower() in (b"thumbs.db", b"desktop.ini")


def is_picture(name: bytes) -> bool:
    """Whether the suffix of `name` is that of a picture, of a kind that is read or not."""
    return os.path.splitext(name)[1].lower() in _READ | _FOREIGN


def is_foreign(name: bytes) -> bool:
    """Whether `name` is that of a picture of a kind that is not read."""
    return os.path.splitext(name)[1].lower() in _FOREIGN


def is_table(name: bytes) -> bool:
    """Whether the suffix of `name` is that of a table that is read."""
    return os.path.splitext(name)[1].lower() in _TABLES


def others_notice(others: list[bytes], described: bool = False) -> Notice | None:
    """A line about files that are no pictures, `described` when a table tells of these; None when there are none."""
    if not others:
        return None
    kinds = Counter(shown(os.path.splitext(name)[1].lower()) or "no suffix" for name in others)
    listed = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common(5))
    verb = "file is no picture and was" if len(others) == 1 else "files are no pictures and were"
    table = next((name for name in others if is_table(name) and not described), None)
    hint = f" For {shown(table)} to count, its columns file and label must name images beside it." if table else ""
    return Notice(text=f"{len(others):,} other {verb} left out ({listed}{', …' if len(kinds) > 5 else ''}).{hint}")


def _entries(base: bytes, here: bytes) -> list[os.DirEntry[bytes]] | str:
    """What a folder holds, or the reason why it cannot be listed."""
    try:
        with os.scandir(os.path.join(base, here)) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except PermissionError:
        return "you are not allowed to open this folder"
    except OSError as problem:
        return f"the system says “{problem.strerror}”"


def _sort(
    entries: list[os.DirEntry[bytes]], base: bytes, here: bytes, tree: Tree, skipped: list[Skipped]
) -> list[bytes]:
    """Put the files of one folder where they belong in `tree`; returns its folders, last first."""
    folders = []
    for entry in entries:
        path = os.path.join(here, entry.name) if here else entry.name
        if is_junk(entry.name):
            continue
        kind, reason = _kind(entry, base)
        if kind == "folder":
            folders.append(path)
        elif kind == "file":
            tree.add(path)
        elif kind == "odd folder" or is_picture(entry.name):
            skipped.append(Skipped(name=shown(path), reason=reason))
    return folders[::-1]


def _kind(entry: os.DirEntry[bytes], base: bytes) -> tuple[str, str]:
    """folder or file; or odd folder or odd file with the reason why it is left out."""
    try:
        if entry.is_symlink():
            return _link(entry, base)
        if entry.is_dir(follow_symlinks=False):
            return "folder", ""
        regular = entry.is_file(follow_symlinks=False)  # most systems know this without a look at the file itself
    except OSError as problem:
        return "odd file", f"the system says “{problem.strerror}”"
    return ("file", "") if regular else ("odd file", "it is not a regular file")


def _link(entry: os.DirEntry[bytes], base: bytes) -> tuple[str, str]:
    try:
        target = os.path.realpath(entry.path, strict=True)
    except FileNotFoundError:
        return "odd folder", "it is a link to something that is not there"
    except OSError:
        return "odd folder", "it is a link that leads in a circle"
    top = os.path.realpath(base)
    inside = target == top or target.startswith(os.path.join(top, b""))
    if not os.path.isdir(target):
        return ("file", "") if inside else ("odd file", "it is a link that leads out of the folder")
    around = os.path.join(os.path.realpath(os.path.dirname(entry.path)), b"")
    if around.startswith(os.path.join(target, b"")):
        return "odd folder", "it is a link back to a folder around it"
    if inside:
        return "odd folder", "it is a link to a folder that is read anyway"
    return "odd folder", "it is a link that leads out of the folder; import the folder it leads to"
