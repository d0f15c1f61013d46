"""What a run's best network said of images: one table of arrays, stored as `predictions.npz` without pickle."""

import io
import zipfile
import zlib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import Error
from core.runs.durable import write_durably

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class PredictionTable:
    """One row an image, ordered by id.

    `logits` are the network's raw outputs, one column for each of `classes` (the run's classes). `label` counts in
    `classes`, -1 where the image has none of them. `split` is 0 none, 1 train, 2 val, 3 test; `source` counts in
    `sources`, -1 none. Labels, splits and sources are those at the time of the evaluation.
    """

    ids: npt.NDArray[np.int64]  # N
    logits: npt.NDArray[np.float32]  # N,C; float32 because float16 would tie some and change the answer
    label: npt.NDArray[np.int16]  # N
    split: npt.NDArray[np.uint8]  # N
    source: npt.NDArray[np.int32]  # N
    classes: tuple[str, ...]
    sources: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def predicted(self) -> npt.NDArray[np.int16]:
        """Index of the likeliest class, N."""
        return np.asarray(self.logits.argmax(1), np.int16)

    @property
    def probabilities(self) -> npt.NDArray[np.float32]:
        """Softmax of the logits, N,C."""
        exponential = np.exp(self.logits - self.logits.max(1, keepdims=True))
        return np.asarray(exponential / exponential.sum(1, keepdims=True), np.float32)

    @property
    def confidence(self) -> npt.NDArray[np.float32]:
        """Probability of the predicted class, N."""
        return np.asarray(self.probabilities.max(1), np.float32)

    @property
    def margin(self) -> npt.NDArray[np.float32]:
        """Probability of the predicted class minus that of the next one, N."""
        if self.logits.shape[1] < 2:
            return self.confidence
        two = np.partition(self.probabilities, -2, axis=1)
        return np.asarray(two[:, -1] - two[:, -2], np.float32)

    @property
    def loss(self) -> npt.NDArray[np.float32]:
        """Cross-entropy of the label, N; nan where there is none."""
        top = self.logits.max(1)
        spread = np.log(np.exp(self.logits - top[:, None]).sum(1)) + top
        of_label = np.take_along_axis(self.logits, np.maximum(self.label, 0).astype(np.int64)[:, None], 1)[:, 0]
        return np.asarray(np.where(self.label < 0, np.nan, spread - of_label), np.float32)

    @property
    def right(self) -> Flags:
        """Whether the prediction equals the label; false where there is no label."""
        return np.asarray(self.predicted == self.label)

    def where(self, rows: npt.NDArray[Any]) -> "PredictionTable":
        """The table of some rows, given as flags (N) or positions."""
        return PredictionTable(
            self.ids[rows],
            self.logits[rows],
            self.label[rows],
            self.split[rows],
            self.source[rows],
            self.classes,
            self.sources,
        )


def save(table: PredictionTable, path: Path) -> None:
    """Write `table` durably. Raises OSError."""
    arrays: dict[str, Any] = {f.name: getattr(table, f.name) for f in fields(table)}
    for key in ("classes", "sources"):
        arrays[key] = np.array(arrays[key], dtype=np.str_)
    data = io.BytesIO()
    np.savez_compressed(data, **arrays)
    write_durably(path, data.getvalue())


def load(path: Path) -> PredictionTable:
    """Read a table. Raises `Error` when there is none or the file is damaged."""
    hint = "`core evaluate` makes the predictions anew."
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {f.name: file[f.name] for f in fields(PredictionTable)}
    except FileNotFoundError:
        raise Error(f"Run {path.parent.name} has no predictions yet.", hint) from None
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile, zlib.error) as problem:
        raise Error(f"The predictions of run {path.parent.name} are damaged: {problem}.", hint) from None
    for key in ("classes", "sources"):
        arrays[key] = tuple(str(name) for name in arrays[key])
    return PredictionTable(**arrays)


def merge(old: PredictionTable, new: PredictionTable) -> PredictionTable:
    """Both tables in one; where both know an image the new one wins, and so it does wholly if classes differ."""
    if old.classes != new.classes:
        return new
    kept = old.where(~np.isin(old.ids, new.ids))
    sources = tuple(dict.fromkeys((*new.sources, *old.sources)))
    place = {name: index for index, name in enumerate(sources)}
    moved = np.array([*(place[name] for name in old.sources), -1], np.int32)
    order = np.argsort(np.concatenate([kept.ids, new.ids]), kind="stable")
    return PredictionTable(
        np.concatenate([kept.ids, new.ids]),
        np.concatenate([kept.logits, new.logits]),
        np.concatenate([kept.label, new.label]),
        np.concatenate([kept.split, new.split]),
        np.concatenate([moved[kept.source], new.source]),
        new.classes,
        sources,
    ).where(order)


def shares(right: Flags, index: npt.NDArray[np.integer[Any]], names: tuple[str, ...]) -> dict[str, float]:
    """The fraction of `right` (N) among the rows of each index (N, -1 none); names without rows are absent."""
    total = np.bincount(index[index >= 0], minlength=len(names))
    hits = np.bincount(index[(index >= 0) & right], minlength=len(names))
    return {name: float(hits[n] / total[n]) for n, name in enumerate(names) if total[n]}
