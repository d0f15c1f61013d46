"""Many paths for one command: systems limit how long a command may be, Windows to 32,767 letters."""

import contextlib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_MOST_LETTERS = 16_000


@dataclass(frozen=True)
class PathList:
    """`arguments` name the paths; `forget` when the command has ended."""

    arguments: list[str]
    file: Path | None = None

    def forget(self) -> None:
        if self.file:
            with contextlib.suppress(OSError):  # a leftover in the folder for such files harms nobody
                self.file.unlink()


def path_list(paths: Sequence[Path]) -> PathList:
    """The paths themselves, or a file of them where they are too many. Raises OSError when that cannot be written."""
    texts = [str(path.absolute()) for path in paths]
    if sum(len(text) + 1 for text in texts) <= _MOST_LETTERS:
        return PathList(texts)
    handle, name = tempfile.mkstemp(prefix="wildset-", suffix=".paths")
    with os.fdopen(handle, "wb") as file:
        file.write(b"".join(os.fsencode(text) + b"\0" for text in texts))
    return PathList(["--list", name], Path(name))
