"""What a zip archive holds, also one whose names claim to be what they are not."""

import contextlib
import io
import stat
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from core.images.decode import open_regular
from core.importers.members import DAMAGE, Entry, damaged

_UTF8 = 0x800
_LOCKED = 0x1


def accepts(path: Path) -> bool:
    return path.suffix.lower() == ".zip" or zipfile.is_zipfile(path)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Iterable[Entry]]:
    """The members of the archive at `path`; raises `Error` where it is none."""
    with _TolerantFile(open_regular(path).detach()) as file:
        try:
            archive = zipfile.ZipFile(file)
        except (*DAMAGE, OSError) as problem:
            raise damaged(path, "zip archive") from problem
        file.listing = False
        with archive:
            yield [_entry(archive, info) for info in archive.infolist()]


def _entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Entry:
    regular = stat.S_IFMT(info.external_attr >> 16) in (0, stat.S_IFREG, stat.S_IFDIR)
    kind = "folder" if info.is_dir() else "file"
    locked = bool(info.flag_bits & _LOCKED)
    return Entry(_own_name(info), info.file_size, kind if regular else "odd", lambda: archive.open(info), locked)


class _TolerantFile(io.BufferedReader):
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
