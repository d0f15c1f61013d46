"""The images of a filter with all that is handed round of them, a few thousand at a time."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.project import predictions, query, records
from core.project.predictions import Guess
from core.project.query import Filter
from core.project.records import ImageRecord
from core.project.store import Row, Store

Ids = npt.NDArray[np.int64]

_PORTION = 5000


@dataclass(frozen=True)
class Outgoing:
    """An image of the project with its note, which is empty where there is none."""

    image: ImageRecord
    note: str

    def facts(self) -> dict[str, Any]:
        """What is handed round beside the file, under the names that all formats use; "" where there is nothing."""
        image = self.image
        return {
            "label": image.class_name or "",
            "labelled_by": image.labelled_by or "",
            "split": image.split or "",
            "source": image.source or "",
            "group": image.group or "",
            "tags": ",".join(image.tags),
            "note": self.note,
            "rejected": image.rejected,
            "sha256": image.content_hash.hex(),
        }


class WorkingSet:
    """Images in order; they are read from the project while one goes through them."""

    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._ids = ids

    @classmethod
    def of(cls, store: Store, filter: Filter) -> "WorkingSet":
        """The images of `filter`, by name."""
        return cls(store, query.ids(store, filter))

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[Outgoing]:
        for portion in self.portions():
            yield from portion

    def portions(self) -> Iterator[list[Outgoing]]:
        """All images, some thousand at once."""
        for part in records.batches(self._ids.tolist(), _PORTION):
            marks = ",".join("?" * len(part))
            notes: dict[int, str | None] = dict(
                self._store.read(f"SELECT id, note FROM image WHERE id IN ({marks})", part)
            )
            yield [Outgoing(image, notes.get(image.id) or "") for image in records.images(self._store, part)]

    def guesses(self, portion: Sequence[Outgoing]) -> dict[int, Guess]:
        """What the latest run said of these images, by their ids; those that it did not see are absent."""
        return predictions.latest(self._store, np.array([out.image.id for out in portion], np.int64))

    def without(self, condition: str) -> "WorkingSet":
        """Those for which a condition of SQL on the table image does not hold."""
        gone = {row[0] for row in self._each("id", condition)}
        return WorkingSet(self._store, np.array([id for id in self._ids.tolist() if id not in gone], np.int64))

    def in_splits(self) -> bool:
        """Whether any of the images is in a split."""
        return any(row[0] for row in self._each("count(split)"))

    def byte_size(self) -> int:
        """How much the image files take."""
        return sum(row[0] for row in self._each("sum(byte_size)"))

    def folder(self) -> Path:
        """The innermost folder around all imported folders; the root of the disk where they have nothing in common."""
        places = [os.path.abspath(place) for place in records.folders(self._store).values()]
        try:
            return Path(os.path.commonpath(places))
        except ValueError:  # none, or several drives
            return Path(os.path.abspath(os.sep))

    def _each(self, what: str, condition: str = "1") -> Iterator[Row]:
        for part in records.batches(self._ids.tolist(), _PORTION):
            marks = ",".join("?" * len(part))
            yield from self._store.read(f"SELECT {what} FROM image WHERE {condition} AND id IN ({marks})", part)
