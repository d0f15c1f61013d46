"""The project's index of predictions, kept equal to the runs' own files so that filters such as `wrong` know them."""

import numpy as np

from core.errors import Error
from core.project import predictions as indexed
from core.project.records import classes
from core.project.store import Store
from core.runs import predictions
from core.runs.folder import RunFolder, list_runs
from core.runs.predictions import PredictionTable


def sync(store: Store) -> list[str]:
    """Copy the predictions of runs that are newer than their indexed copy and forget runs that are gone.

    Classes are matched by name; images predicted as a class that the project no longer has are left out. Returns
    the names of the runs that were copied. `store` must be writable. A damaged file is passed over: the run's own
    page tells of it.
    """
    runs = [run for run in list_runs(store.paths.runs) if run.predictions_file.is_file()]
    indexed.drop_others(store, [run.name for run in runs])
    known = indexed.stamps(store)
    ids = {record.name: record.id for record in classes(store)}
    copied = []
    for run in runs:
        stamp = _stamp(run, ids)
        table = _readable(run) if known.get(run.name) != stamp else None
        if table is not None:
            _copy(store, run, stamp, table, ids)
            copied.append(run.name)
    return copied


def _stamp(run: RunFolder, ids: dict[str, int]) -> str:
    """Changes with the file and with the project's classes, on whose names the copy depends."""
    state = run.predictions_file.stat()
    return f"{state.st_mtime_ns} {state.st_size} {sorted(ids.items())}"


def _readable(run: RunFolder) -> PredictionTable | None:
    try:
        return predictions.load(run.predictions_file)
    except Error:
        return None


def _copy(store: Store, run: RunFolder, stamp: str, table: PredictionTable, ids: dict[str, int]) -> None:
    of_column = np.array([ids.get(name, -1) for name in table.classes], np.int64)
    class_ids = of_column[table.predicted]
    kept = class_ids >= 0
    indexed.replace(store, run.name, stamp, table.ids[kept], class_ids[kept], table.confidence[kept])
