"""How suspect labels and how difficult images are: `cache/scores.npz`, which `core suspects` makes anew."""

import io
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from core.project.table import Words

Reals = npt.NDArray[np.float32]
SUSPECTS = "suspect>=0.5 -checked"  # the filter of labels that are worth a look


@dataclass(frozen=True)
class Scores:
    """One element an image, nan where not known.

    `suspect` and `difficulty` lie in [0, 1] and grow with the suspicion and the difficulty. `suggested` counts in the
    project's classes: what the label more likely is, -1 where nothing is known.
    """

    suspect: Reals
    difficulty: Reals
    suggested: npt.NDArray[np.int32]

    @property
    def known(self) -> bool:
        """Whether any label was looked at."""
        return bool(np.isfinite(self.suspect).any())


@dataclass(frozen=True)
class ScoreFile:
    """What the file holds of M images: ascending `ids`, their `labels` at the time, and what was found, by name."""

    ids: npt.NDArray[np.int64]
    labels: tuple[str, ...]
    suspect: Reals
    difficulty: Reals
    suggested: tuple[str, ...]


def pack(found: ScoreFile) -> bytes:
    """The bytes of the file."""
    data = io.BytesIO()
    labels, suggested = np.array(found.labels, np.str_), np.array(found.suggested, np.str_)
    np.savez_compressed(
        data, ids=found.ids, suspect=found.suspect, difficulty=found.difficulty, labels=labels, suggested=suggested
    )
    return data.getvalue()


def load_scores(path: Path, ids: npt.NDArray[np.int64], labels_now: Callable[[], "Words"]) -> Scores:
    """The scores of `ids` (N, ascending). Those of an image whose label is another by now are not known.

    `labels_now` is not asked where there are no scores.
    """
    suspect, difficulty = np.full((2, len(ids)), np.nan, np.float32)
    suggested = np.full(len(ids), -1, np.int32)
    kept = _read(path)
    if kept is not None and len(ids):
        classes = labels_now()
        rows = np.minimum(np.searchsorted(ids, kept["ids"]), len(ids) - 1)
        position = {name: at for at, name in enumerate(classes.names)}
        labels = np.array([position.get(str(name), -1) for name in kept["labels"]], np.int32)
        better = np.array([position.get(str(name), -1) for name in kept["suggested"]], np.int32)
        sound = (ids[rows] == kept["ids"]) & (classes.codes[rows] == labels)
        suspect[rows[sound]], difficulty[rows[sound]] = kept["suspect"][sound], kept["difficulty"][sound]
        suggested[rows[sound]] = better[sound]
    return Scores(suspect, difficulty, suggested)


def _read(path: Path) -> dict[str, npt.NDArray[Any]] | None:
    """The arrays of the file; None where there is none or it is damaged, which costs a new search for suspects."""
    names = ("ids", "labels", "suspect", "difficulty", "suggested")
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in names}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
    return arrays if len({len(array) for array in arrays.values()}) == 1 else None
