"""How training saw each of its images, epoch by epoch: a run's `dynamics/`. Knows nothing of torch.

`0003.npy` holds float16[2,N], losses and margins of epoch 3, and `ids-<digest>.npy` int64[N] the images that its header
names: four bytes a sample and epoch.
"""

import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.runs.durable import write_durably
from core.runs.folder import RunFolder

Halves = npt.NDArray[np.float16]
Ids = npt.NDArray[np.int64]
_EPOCH = re.compile(r"(\d+)-([0-9a-f]{12})\.npy")


@dataclass(frozen=True)
class Dynamics:
    """One row an epoch, one column an image; nan where an epoch did not show an image unmixed.

    `loss` is the cross-entropy of the label, not smoothed. `margin` is the logit of the label minus the largest other:
    above 0 where the answer was right. Composites have ids below 0.
    """

    ids: Ids  # N, ascending
    epochs: npt.NDArray[np.int64]  # E, ascending
    loss: Halves  # E,N
    margin: Halves  # E,N

    @property
    def seen(self) -> npt.NDArray[np.bool_]:
        """E,N: whether the epoch showed the image."""
        return ~np.isnan(self.margin)

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """E,N: whether the answer was right; false where the image was not seen."""
        return np.asarray(self.margin > 0)

    @property
    def forgotten(self) -> npt.NDArray[np.int64]:
        """N: how often an image was answered wrong after it had been right the time before (Toneva et al. 2019)."""
        count = np.zeros(len(self.ids), np.int64)
        before = np.zeros(len(self.ids), np.bool_)
        for right, seen in zip(self.right, self.seen, strict=True):
            count += before & seen & ~right
            before = np.where(seen, right, before)
        return count


def trained(run: RunFolder) -> Ids:
    """All images, ascending, that whole epochs of the run were trained on."""
    kept = [_array(path, np.int64, 1) for path in sorted(run.dynamics.glob("ids-*.npy"))]
    return np.unique(np.concatenate([np.zeros(0, np.int64), *(ids for ids in kept if ids is not None)]))


def write_epoch(run: RunFolder, epoch: int, ids: Ids, loss: Halves, margin: Halves) -> None:
    """Keep one epoch: `ids` int64[N], `loss` and `margin` float16[N]. Replaces it if there is one. Raises OSError."""
    folder = run.dynamics
    folder.mkdir(exist_ok=True)
    digest = hashlib.sha256(ids.tobytes()).hexdigest()[:12]
    named = folder / f"ids-{digest}.npy"
    if not named.exists():
        write_durably(named, _bytes(ids))
    kept = folder / f"{epoch:04d}-{digest}.npy"
    write_durably(kept, _bytes(np.stack([loss, margin])))
    for other in folder.glob(f"{epoch:04d}-*.npy"):  # of a life of the run that had other images
        if other != kept:
            other.unlink()


def read(run: RunFolder) -> Dynamics:
    """All epochs that were kept whole; none where there are none. Damaged files are passed over."""
    found: dict[int, tuple[Ids, Halves]] = {}
    known: dict[str, npt.NDArray[Any] | None] = {}
    for path in sorted(run.dynamics.glob("*.npy")):
        match = _EPOCH.fullmatch(path.name)
        if match is None:
            continue
        digest = match[2]
        if digest not in known:
            known[digest] = _array(run.dynamics / f"ids-{digest}.npy", np.int64, 1)
        ids, values = known[digest], _array(path, np.float16, 2)
        if ids is not None and values is not None and values.shape == (2, len(ids)):
            found[int(match[1])] = ids, values
    every = np.unique(np.concatenate([ids for ids, _ in found.values()])) if found else np.zeros(0, np.int64)
    table = np.full((2, len(found), len(every)), np.nan, np.float16)
    for row, (ids, values) in enumerate(found.values()):
        table[:, row, np.searchsorted(every, ids)] = values
    return Dynamics(every, np.array(list(found), np.int64), table[0], table[1])


def _bytes(array: npt.NDArray[np.float16] | Ids) -> bytes:
    data = io.BytesIO()
    np.save(data, array, allow_pickle=False)
    return data.getvalue()


def _array(path: Path, kind: type, rank: int) -> npt.NDArray[Any] | None:
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return array if isinstance(array, np.ndarray) and array.dtype == kind and array.ndim == rank else None
