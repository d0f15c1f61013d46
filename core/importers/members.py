"""Which members of a zip archive are unpacked, and under which names: decided before anything is written."""

import io
import os
import re
import stat
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import Error
from core.events import Skipped
from core.images.names import shown
from core.importers.walk import MANIFEST, is_junk, is_picture

MAX_MEMBER_BYTES = 1 << 30
MAX_RATIO = 200
_HARMLESS_BYTES = 100_000_000
_NAME_BYTES = 200
_UTF8 = 0x800
_LOCKED = 0x1
_RESERVED = {
    *("con", "prn", "aux", "nul", "conin$", "conout$"),
    *(f"{port}{digit}" for port in ("com", "lpt") for digit in "123456789¹²³"),
}


@dataclass(frozen=True)
class Member:
    """A file to unpack: its own name and the safe one, both '/'-separated and relative."""

    info: zipfile.ZipInfo
    name: bytes
    target: bytes


class TolerantFile(io.BufferedReader):
    """An archive whose names may claim to be UTF-8 and are not, on which `zipfile` gives up altogether.

    Such claims are withdrawn: in the central directory, which `zipfile` reads in one piece while `listing`, and in the
    30 bytes before each member.
    """

    listing = True

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if self.listing and data.startswith(b"PK\x01\x02"):
            return _mended(data)
        if size == 30 and data.startswith(b"PK\x03\x04"):
            at = self.tell()
            name = super().read(int.from_bytes(data[26:28], "little"))
            self.seek(at)
            return data[:7] + bytes([_honest(data[7], name)]) + data[8:]
        return data


def _mended(directory: bytes) -> bytes:
    mended, at = bytearray(directory), 0
    while mended[at : at + 4] == b"PK\x01\x02" and len(mended) >= at + 46:
        name, extra, comment = (int.from_bytes(mended[at + n : at + n + 2], "little") for n in (28, 30, 32))
        mended[at + 9] = _honest(mended[at + 9], bytes(mended[at + 46 : at + 46 + name]))
        at += 46 + name + extra + comment
    return bytes(mended)


def _honest(flags: int, name: bytes) -> int:
    """The upper byte of a member's flags, without the claim to UTF-8 where `name` is not."""
    try:
        name.decode("utf-8")
        return flags
    except UnicodeDecodeError:
        return flags & ~(_UTF8 >> 8)


def vetted(archive: zipfile.ZipFile, path: Path) -> tuple[list[Member], list[Skipped], list[bytes]]:
    """The pictures and manifests to unpack, those that are too large, and the names of other files.

    Raises `Error`, which refuses the whole archive, for members that lead out of it or are links, for locked ones and
    for an archive that would swell beyond reason.
    """
    members: list[Member] = []
    skipped: list[Skipped] = []
    others: list[bytes] = []
    taken: dict[str, int] = {}
    for info in archive.infolist():
        parts = _parts(info, path)
        wanted = parts and (is_picture(name := parts[-1].rstrip(b". ")) or name.lower() == MANIFEST)
        if info.is_dir() or any(is_junk(part) for part in parts):
            continue
        if not wanted:
            others.append(b"/".join(parts))
            continue
        if info.flag_bits & _LOCKED:
            raise Error(f"{shown(path.name)} is locked with a password.", "Unpack it yourself and import the folder.")
        name = b"/".join(parts)
        if info.file_size > MAX_MEMBER_BYTES:
            skipped.append(Skipped(name=shown(name), reason="it would take more than 1 GB"))
        else:
            members.append(Member(info, name, _free(b"/".join(map(portable, parts)), taken)))
    _check_ratio(path, members)
    return members, skipped, others


def portable(name: bytes) -> bytes:
    """One part of a path as all systems accept it: no reserved name, sign or ending; at most 200 bytes; never empty."""
    text = re.sub(r'[<>:"|?*\\/\x00-\x1f\x7f]', "_", name.decode("utf-8", errors="replace")).rstrip(". ")
    if text.partition(".")[0].rstrip().casefold() in _RESERVED:
        text = f"_{text}"
    root, suffix = os.path.splitext(text)
    room = max(0, _NAME_BYTES - len(suffix.encode()))
    text = root.encode()[:room].decode("utf-8", errors="ignore") + suffix.encode()[:_NAME_BYTES].decode(errors="ignore")
    return (text or "_").encode()


def _parts(info: zipfile.ZipInfo, path: Path) -> list[bytes]:
    """The parts of a member's name; raises `Error` where it could end up outside of the archive's folder."""
    name = _own_name(info)
    parts = re.split(rb"[/\\]", name)
    if name.startswith((b"/", b"\\")) or b".." in parts or re.match(rb"[A-Za-z]:", name):
        raise _refusal(path, f"“{shown(name)}” would be written outside of its folder")
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _refusal(path, f"“{shown(name)}” is a link or a device")
    return [part for part in parts if part not in (b"", b".")]


def _own_name(info: zipfile.ZipInfo) -> bytes:
    """The name in UTF-8. Many programs write UTF-8 without saying so; else it is code page 437."""
    if not info.flag_bits & _UTF8:
        try:
            raw = info.filename.encode("cp437")
            raw.decode("utf-8")
            return raw
        except UnicodeError:
            pass
    return info.filename.encode("utf-8", errors="replace")


def _free(target: bytes, taken: dict[str, int]) -> bytes:
    """`target`, or with a number where a name that some system takes for the same is in use."""
    key = unicodedata.normalize("NFC", target.decode()).casefold()
    taken[key] = taken.get(key, 0) + 1
    if taken[key] == 1:
        return target
    root, suffix = os.path.splitext(target)
    return _free(root + f"~{taken[key]}".encode() + suffix, taken)


def _check_ratio(path: Path, members: Sequence[Member]) -> None:
    held, needed = path.stat().st_size, sum(member.info.file_size for member in members)
    if needed > _HARMLESS_BYTES and needed > MAX_RATIO * held:
        raise _refusal(path, f"its {held / 1e6:.1f} MB would swell to {needed / 1e6:.0f} MB")


def _refusal(path: Path, reason: str) -> Error:
    return Error(
        f"{shown(path.name)} was refused: {reason}.",
        "Nothing was unpacked. If you trust it, unpack it yourself and import the folder.",
    )
