"""Which members of an archive are unpacked, and under which names: decided before anything is written."""

import lzma
import os
import re
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core.errors import Error
from core.events import Skipped
from core.images.names import shown
from core.importers.walk import is_junk, is_picture, is_table

MAX_MEMBER_BYTES = 1 << 30
MAX_RATIO = 200
_HARMLESS_BYTES = 100_000_000
_NAME_BYTES = 200
_RESERVED = {
    *("con", "prn", "aux", "nul", "conin$", "conout$"),
    *(f"{port}{digit}" for port in ("com", "lpt") for digit in "123456789¹²³"),
}
# What zipfile, tarfile and their decompressors raise on damaged bytes, beside OSError without a number.
DAMAGE = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError),
    *(ValueError, struct.error, LookupError, OverflowError),
)


@dataclass(frozen=True)
class Entry:
    """What an archive says of a member: its name in UTF-8, its bytes when unpacked, and how to read it.

    `kind` is file, folder, or odd for links, devices and the like.
    """

    name: bytes
    size: int
    kind: str
    open: Callable[[], IO[bytes]]
    locked: bool = False


@dataclass(frozen=True)
class Member:
    """A file to unpack: its own name and the safe one, both '/'-separated and relative."""

    entry: Entry
    name: bytes
    target: bytes


def vetted(
    entries: Iterable[Entry], path: Path, wanted: Callable[[bytes], bool]
) -> tuple[list[Member], list[Skipped], list[bytes]]:
    """The pictures, tables and otherwise `wanted` files to unpack, those that are too large, and the names of others.

    Raises `Error`, which refuses the whole archive, for members that lead out of it or are links, for locked ones and
    for an archive that would swell beyond reason.
    """
    members: list[Member] = []
    skipped: list[Skipped] = []
    others: list[bytes] = []
    taken: dict[str, int] = {}
    for entry in entries:
        parts = _parts(entry, path)
        if entry.kind == "folder" or not parts or any(is_junk(part) for part in parts):
            continue
        last, name = parts[-1].rstrip(b". "), b"/".join(parts)
        if not (is_picture(last) or is_table(last) or wanted(last)):
            others.append(name)
        elif entry.locked:
            raise Error(f"{shown(path.name)} is locked with a password.", "Unpack it yourself and import the folder.")
        elif entry.size > MAX_MEMBER_BYTES:
            skipped.append(Skipped(name=shown(name), reason="it would take more than 1 GB"))
        else:
            members.append(Member(entry, name, _free(b"/".join(map(portable, parts)), taken)))
    check_swelling(path, sum(member.entry.size for member in members))
    return members, skipped, others


def check_swelling(path: Path, needed: int) -> None:
    """Raises `Error` when `needed` bytes are more than an honest archive of that size unpacks to."""
    held = path.stat().st_size
    if needed > _HARMLESS_BYTES and needed > MAX_RATIO * held:
        raise _refusal(path, f"its {held / 1e6:.1f} MB would swell to {needed / 1e6:.0f} MB")


def damaged(path: Path, kind: str) -> Error:
    return Error(f"{shown(path.name)} is damaged or no {kind}.", "Copy or download it again, or unpack it yourself.")


def portable(name: bytes) -> bytes:
    """One part of a path as all systems accept it: no reserved name, sign or ending; at most 200 bytes; never empty."""
    text = re.sub(r'[<>:"|?*\\/\x00-\x1f\x7f]', "_", name.decode("utf-8", errors="replace")).rstrip(". ")
    if text.partition(".")[0].rstrip().casefold() in _RESERVED:
        text = f"_{text}"
    root, suffix = os.path.splitext(text)
    room = max(0, _NAME_BYTES - len(suffix.encode()))
    text = root.encode()[:room].decode("utf-8", errors="ignore") + suffix.encode()[:_NAME_BYTES].decode(errors="ignore")
    return (text or "_").encode()


def _parts(entry: Entry, path: Path) -> list[bytes]:
    """The parts of a member's name; raises `Error` where it could end up outside of the archive's folder."""
    parts = re.split(rb"[/\\]", entry.name)
    if entry.name.startswith((b"/", b"\\")) or b".." in parts or re.match(rb"[A-Za-z]:", entry.name):
        raise _refusal(path, f"“{shown(entry.name)}” would be written outside of its folder")
    if entry.kind == "odd":
        raise _refusal(path, f"“{shown(entry.name)}” is a link or a device")
    return [part for part in parts if part not in (b"", b".")]


def _free(target: bytes, taken: dict[str, int]) -> bytes:
    """`target`, or with a number where a name that some system takes for the same is in use."""
    key = unicodedata.normalize("NFC", target.decode()).casefold()
    taken[key] = taken.get(key, 0) + 1
    if taken[key] == 1:
        return target
    root, suffix = os.path.splitext(target)
    return _free(root + f"~{taken[key]}".encode() + suffix, taken)


def _refusal(path: Path, reason: str) -> Error:
    return Error(
        f"{shown(path.name)} was refused: {reason}.",
        "Nothing was unpacked. If you trust it, unpack it yourself and import the folder.",
    )
