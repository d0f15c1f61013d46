"""MNIST from the mirrors that torchvision knows, with its checksums.

torchvision's own function prints a bar of its own, waits for ever and writes under the final name, hence this one.
"""

import hashlib
from collections.abc import Generator
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from core.errors import Error
from core.events import Event, Progress, Stage
from core.paths import downloads
from core.runs.durable import write_durably

SECONDS = 20.0  # without a sign of the server
_PART = 64 << 10
_MOST = 64 << 20  # bytes of a file; the largest has 9.9 million


class _Refused(Exception):
    """A mirror gave something else than the file; the text is a clause."""


def folder() -> Path:
    """Where the downloaded files lie."""
    return downloads() / "mnist"


def download(folder: Path) -> Generator[Event, None, Path]:
    """Fetch what is missing of MNIST's four files to `folder`, which it returns; the stages count bytes.

    A file is checked before it appears under its name, so closing this half way leaves only whole files. Raises
    `Error` when no mirror gives a file, and OSError when `folder` cannot be written.
    """
    yield Stage(title="Looking for MNIST", unit="bytes")
    from torchvision.datasets import MNIST  # brings torch: seconds
    from torchvision.datasets.utils import check_integrity

    folder.mkdir(parents=True, exist_ok=True)
    names = [name for name, _ in MNIST.resources]
    for name, checksum in MNIST.resources:
        if check_integrity(folder / name, checksum):
            continue
        problems = []
        for mirror in MNIST.mirrors:
            try:
                data = yield from _fetched(f"{mirror}{name}", name, checksum)
            except (_Refused, OSError, HTTPException) as problem:
                problems.append(f"{urlsplit(mirror).netloc}: {_reason(problem)}")
                continue
            write_durably(folder / name, data)
            break
        else:
            raise Error(
                f"{name} could not be downloaded ({'; '.join(problems)}).",
                f"Check the connection and try again, or put {', '.join(names)} into {folder} by hand.",
            )
    return folder


def _fetched(url: str, name: str, checksum: str) -> Generator[Event, None, bytes]:
    """The bytes at `url`, of this MD5 checksum. Raises `_Refused`, OSError or HTTPException."""
    data = bytearray()
    with urlopen(Request(url, headers={"User-Agent": "wildset"}), timeout=SECONDS) as response:
        total = response.length
        yield Stage(title=f"Downloading {name}", total=total, unit="bytes")
        while part := response.read1(_PART):
            data += part
            if len(data) > _MOST:
                raise _Refused("it sends much more than the file")
            yield Progress(done=len(data), total=total)
    if total is not None and len(data) < total:
        raise _Refused(f"the connection ended after {len(data):,} of {total:,} bytes")
    if hashlib.md5(data, usedforsecurity=False).hexdigest() != checksum:
        raise _Refused("it sends another file: the checksum differs")
    return bytes(data)


def _reason(problem: Exception) -> str:
    if isinstance(problem, HTTPError):
        problem.close()  # it holds the connection
        return f"it answers {problem.code}"
    cause = problem.reason if isinstance(problem, URLError) else problem
    if isinstance(cause, TimeoutError):
        return f"no answer within {SECONDS:.0f} s"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return str(cause) or type(cause).__name__
