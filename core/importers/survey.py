"""What an importer understands of a path before any image is read, for whoever asks before importing."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.importers.reading import Candidate


@dataclass(frozen=True)
class Survey:
    """The images that an import would read.

    They lie in `folder`, or nowhere yet where it is None. `tables` are those that tell of them; `inside` is
    the importer that an archive is left to. Where the time was over before all was seen, it is not `complete`.
    """

    candidates: Sequence[Candidate]
    folder: Path | None = None
    tables: tuple[str, ...] = ()
    complete: bool = True
    inside: str = ""
