"""The project's index of predictions, kept equal to the runs' own files so that filters such as `wrong` know them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.errors import Error
from core.project import predictions as indexed
from core.project.classes import run_names
from core.project.predictions import Said
from core.project.store import Store
from core.runs import predictions
from core.runs.folder import RunFolder, list_runs
from core.runs.predictions import PredictionTable


@dataclass(frozen=True)
class Fresh:
    """Predictions of a run, in the project's own terms."""

    run: str
    stamp: str
    said: Said


@dataclass(frozen=True)
class Outdated:
    """What `copying` has to do: forget all but `runs`, copy `fresh`."""

    runs: tuple[str, ...]
    fresh: tuple[Fresh, ...]


def sync(store: Store) -> list[str]:
    """Copy the predictions of runs that are newer than their indexed copy and forget runs that are gone.

    Classes are matched by name, also by one that a class had before it was renamed or merged; images predicted as a
    class that the project no longer has are left out. Returns the names of the runs that were copied. `store` must be
    writable. A damaged file is passed over: the run's own page tells of it.
    """
    found = outdated(store)
    for _ in copying(store, found):
        pass
    return [fresh.run for fresh in found.fresh]


def outdated(store: Store) -> Outdated:
    """What of the index is behind the runs' files. Only reads, the files too, so any thread may ask."""
    runs = [run for run in list_runs(store.paths.runs) if run.predictions_file.is_file()]
    known = indexed.stamps(store)
    ids = run_names(store)
    fresh = []
    for run in runs:
        stamp = _stamp(run, ids)
        table = _readable(run) if known.get(run.name) != stamp else None
        if table is not None:
            fresh.append(_fresh(run, stamp, table, ids))
    return Outdated(tuple(run.name for run in runs), tuple(fresh))


def copying(store: Store, found: Outdated) -> Iterator[None]:
    """Bring the index up to date in portions; see `core.project.predictions.replacing`."""
    indexed.drop_others(store, found.runs)
    for fresh in found.fresh:
        yield from indexed.replacing(store, fresh.run, fresh.stamp, fresh.said)


def _stamp(run: RunFolder, ids: dict[str, int]) -> str:
    """Changes with the file and with the project's classes, on whose names the copy depends."""
    state = run.predictions_file.stat()
    return f"{state.st_mtime_ns} {state.st_size} {sorted(ids.items())}"


def _readable(run: RunFolder) -> PredictionTable | None:
    try:
        return predictions.load(run.predictions_file)
    except Error:
        return None


def _fresh(run: RunFolder, stamp: str, table: PredictionTable, ids: dict[str, int]) -> Fresh:
    of_column = np.array([*(ids.get(name, -1) for name in table.classes), -1], np.int64)
    label_ids = of_column[table.label]
    loss = np.where(label_ids < 0, np.nan, table.loss)
    said = Said(table.ids, of_column[table.predicted], table.confidence, table.margin, label_ids, loss)
    return Fresh(run.name, stamp, said.where(said.class_ids >= 0))
