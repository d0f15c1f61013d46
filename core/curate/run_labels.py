"""The labels that runs knew, compared: what was relabelled between two trainings.

A run keeps the labels of the images that it predicted, as they were then, with its predictions.
"""

from dataclasses import dataclass

from core.project.classes import run_names
from core.project.journal import UNLABELLED, Difference
from core.project.records import classes
from core.project.store import Store
from core.runs import predictions
from core.runs.folder import RunFolder


@dataclass(frozen=True)
class Compared:
    """How many images both runs saw, and those of them whose label is another."""

    images: int
    different: list[Difference]


def compare(store: Store, before: RunFolder, after: RunFolder) -> Compared:
    """What two runs knew as labels of the images that both predicted. Raises `Error` for a run without predictions.

    Classes that were renamed or merged since go by their present name, so that only another label is a difference.
    """
    old, new = _labels(store, before), _labels(store, after)
    both = sorted(old.keys() & new.keys())
    return Compared(len(both), [Difference(id, old[id], new[id]) for id in both if old[id] != new[id]])


def _labels(store: Store, run: RunFolder) -> dict[int, str]:
    table = predictions.load(run.predictions_file)
    today = {record.id: record.name for record in classes(store)}
    meant = run_names(store)
    names = [today[meant[name]] if name in meant else name for name in table.classes]
    labels = [*names, UNLABELLED]  # the last one serves -1
    return dict(zip(table.ids.tolist(), (labels[at] for at in table.label.tolist()), strict=True))
