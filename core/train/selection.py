"""Which images a run uses: labelled, not rejected, within the recipe's filter, by split."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import Error
from core.project import query, table
from core.project.classes import run_names
from core.project.query import Filter
from core.project.records import TRAIN, VAL, Columns, classes, columns, files, sizes
from core.project.store import Store
from core.recipe import Recipe


@dataclass(frozen=True)
class Chosen:
    """Images by id, with all that training and evaluation need of the project, so that it can be closed.

    `label` counts in `classes`, those of the run, -1 where the image has none of them; `source` counts in `sources`,
    -1 none, which are only those that occur. `sizes` are width and height of the files.
    """

    ids: npt.NDArray[np.int64]  # N
    content_hash: npt.NDArray[np.uint8]  # N,32
    files: tuple[Path, ...]
    sizes: npt.NDArray[np.int32]  # N,2
    label: npt.NDArray[np.int16]  # N
    split: npt.NDArray[np.uint8]  # N
    source: npt.NDArray[np.int32]  # N
    classes: tuple[str, ...]
    sources: tuple[str, ...]
    difficulty: npt.NDArray[np.float32] | None = None  # N, nan where not known; None where nobody asks

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def shorter_side(self) -> npt.NDArray[np.int64]:
        """Of each file, in px."""
        return np.asarray(self.sizes.min(axis=1), np.int64)

    def where(self, rows: npt.NDArray[np.bool_]) -> "Chosen":
        """Only the images of these rows."""
        return Chosen(
            self.ids[rows],
            self.content_hash[rows],
            tuple(file for file, kept in zip(self.files, rows, strict=True) if kept),
            self.sizes[rows],
            self.label[rows],
            self.split[rows],
            self.source[rows],
            self.classes,
            self.sources,
            None if self.difficulty is None else self.difficulty[rows],
        )


def class_names(store: Store) -> tuple[str, ...]:
    """The project's classes in display order: the classes of a new run."""
    return tuple(known.name for known in classes(store))


def training(store: Store, recipe: Recipe, run_classes: Sequence[str]) -> Chosen:
    """The training images.

    Raises `Error` when there are none, no split, one class only, classes new to the run, or no scores for a curriculum.
    """
    known = columns(store, query.parse(recipe.data.where))
    usable = known.usable
    if not len(known.ids) and recipe.data.where.strip():
        raise Error(f"No image is one where {recipe.data.where.strip()}.", "Widen the recipe's data.where.")
    if not (known.class_index >= 0).any():
        raise Error("There are no labelled images to train on.", "Label some first: by key on the Data page.")
    if not (known.split[usable] > 0).any():
        raise Error("The images are not split into training and validation yet.", "Run `core split`.")
    chosen = _chosen(store, known, usable & (known.split == TRAIN), run_classes)
    if not len(chosen):
        raise Error("There are no labelled training images.", "Label more, widen the filter, or run `core split`.")
    if (chosen.label < 0).any():
        raise Error(
            "Some training images have a class that this run does not know.", "Start a new run, which takes it in."
        )
    if len(np.unique(chosen.label)) < 2:
        raise Error(
            f"All training images are of one class, {run_classes[chosen.label[0]]}.", "Training needs two at least."
        )
    return chosen if recipe.optim.curriculum == "none" else replace(chosen, difficulty=_difficulty(store, chosen.ids))


def validation(store: Store, recipe: Recipe, run_classes: Sequence[str]) -> Chosen:
    """The validation images whose class the run knows; may be empty."""
    known = columns(store, query.parse(recipe.data.where))
    chosen = _chosen(store, known, known.usable & (known.split == VAL), run_classes)
    return chosen if (chosen.label >= 0).all() else chosen.where(chosen.label >= 0)


def matching(store: Store, where: Filter, run_classes: Sequence[str]) -> Chosen:
    """All images of a filter, labelled or not."""
    known = columns(store, where)
    return _chosen(store, known, np.ones(len(known.ids), np.bool_), run_classes)


def _difficulty(store: Store, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    known = table.of(store)
    found = np.asarray(known.scores.difficulty[known.rows_of(ids)], np.float32)
    if not np.isfinite(found).any():
        hint = "Run `core suspects` first, or set optim.curriculum to none."
        raise Error("How difficult the training images are is not known yet.", hint)
    return found


def _chosen(store: Store, known: Columns, rows: npt.NDArray[np.bool_], run_classes: Sequence[str]) -> Chosen:
    # By name: the order of classes in the project may have changed since the run began, and so may their names.
    meant = run_names(store)
    place = {meant[name]: index for index, name in enumerate(run_classes) if name in meant}
    today = [record.id for record in classes(store)]
    for name, id in zip(known.classes, today, strict=True):
        if name in run_classes:  # before what was merged into it
            place[id] = run_classes.index(name)
    index = np.array([*(place.get(id, -1) for id in today), -1], np.int16)  # the last entry serves -1
    ids, source = known.ids[rows], known.source[rows]
    used = np.unique(source[source >= 0])
    return Chosen(
        ids=ids,
        content_hash=known.content_hash[rows],
        files=tuple(files(store, ids)),
        sizes=sizes(store, ids),
        label=index[known.class_index[rows]],
        split=known.split[rows],
        source=np.where(source < 0, -1, np.searchsorted(used, source)).astype(np.int32),
        classes=tuple(run_classes),
        sources=tuple(known.sources[index] for index in used),
    )
