"""What a tar archive holds, packed by gzip, bzip2, xz or not.

Python's tarfile reads it; what tarfile would believe is checked here.
"""

import bz2
import contextlib
import gzip
import io
import lzma
import os
import tarfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from core.images.decode import open_regular
from core.importers.members import DAMAGE, Entry, check_swelling, damaged

_ENDINGS = (".tar", ".tgz", ".tar.gz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz")
_BLOCK = 512
_MAX_READ = 4 << 20
_DECOMPRESSORS: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}


def accepts(path: Path) -> bool:
    if path.name.lower().endswith(_ENDINGS):
        return True
    with path.open("rb") as file:
        return file.read(_BLOCK)[257:262] == b"ustar"


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Iterable[Entry]]:
    """The members of the archive at `path`, listed as they are asked for; raises `Error` where it is none."""
    with open_regular(path) as file:
        start = file.read(6)
        file.seek(0)
        unpack = next((unpack for magic, unpack in _DECOMPRESSORS.items() if start.startswith(magic)), None)
        with contextlib.ExitStack() as stack:
            plain = stack.enter_context(unpack(file)) if unpack else file
            careful = _Careful(plain)
            try:
                archive = stack.enter_context(
                    tarfile.open(fileobj=careful, mode="r:", encoding="utf-8", errors="surrogateescape")
                )
            except (*DAMAGE, OSError) as problem:
                raise damaged(path, "tar archive") from problem
            yield _entries(archive, careful, path)


class _Careful(io.RawIOBase):
    """A stream for tarfile, which reads the names of long members whole, however long they say they are."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int = -1, /) -> bytes:
        if not 0 <= size <= _MAX_READ:
            raise ValueError(f"a header of {size} bytes")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


def _entries(archive: tarfile.TarFile, file: _Careful, path: Path) -> Iterator[Entry]:
    try:
        while info := archive.next():
            # Before the next header is looked for, which means to unpack what lies before it.
            check_swelling(path, archive.offset)
            yield _entry(archive, info)
        file.seek(archive.offset)
        # tarfile takes a damaged header for the end of the archive, which is zeros or the end of the file.
        if any(file.read(_BLOCK)):
            raise damaged(path, "tar archive")
    except (*DAMAGE, OSError) as problem:
        if isinstance(problem, OSError) and problem.errno:
            raise
        raise damaged(path, "tar archive") from problem


def _entry(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Entry:
    kind = "folder" if info.isdir() else "file" if info.isreg() and not info.issparse() else "odd"

    def content() -> IO[bytes]:
        file = archive.extractfile(info)
        assert file is not None  # as it is a file
        return file

    return Entry(info.name.encode("utf-8", "surrogateescape"), info.size, kind, content)
