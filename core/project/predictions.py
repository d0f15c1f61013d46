"""The index of what runs predicted, for filters such as `wrong` and `conf>0.9`.

The truth is in the run folders; this copy can be dropped and made again from them.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.project.query import LATEST_FIRST, LATEST_RUN
from core.project.records import batches
from core.project.store import Store


@dataclass(frozen=True)
class Guess:
    """What one run said of an image."""

    run: str
    class_name: str
    confidence: float


def replace(
    store: Store,
    run: str,
    stamp: str,
    ids: npt.NDArray[np.int64],
    class_ids: npt.NDArray[np.int64],
    confidence: npt.NDArray[np.floating],
) -> None:
    """Make `ids` (N) with predicted `class_ids` (N) and `confidence` (N, in [0, 1]) the index of `run`.

    `stamp` tells versions of the run's predictions apart. Images that are gone are left out.
    """
    with store.transaction() as db:
        db.execute("DELETE FROM run WHERE name = ?", (run,))
        run_id = db.execute("INSERT INTO run (name, stamp) VALUES (?, ?)", (run, stamp)).lastrowid
        known = {row[0] for row in db.execute("SELECT id FROM image")}
        rows = zip(ids.tolist(), class_ids.tolist(), confidence.tolist(), strict=True)
        db.executemany(
            "INSERT INTO prediction VALUES (?, ?, ?, ?)",
            [(run_id, id, class_id, sure) for id, class_id, sure in rows if id in known],
        )


def stamps(store: Store) -> dict[str, str]:
    """The stamp of each indexed run."""
    return dict(store.read("SELECT name, stamp FROM run"))


def drop_others(store: Store, runs: Collection[str]) -> None:
    """Forget runs that are not in `runs`: their folders are gone."""
    gone = [(name,) for name in stamps(store) if name not in runs]
    if gone:
        with store.transaction() as db:
            db.executemany("DELETE FROM run WHERE name = ?", gone)


def of_image(store: Store, id: int) -> list[Guess]:
    """What each run said of an image, latest run first."""
    rows = store.read(
        "SELECT run.name, c.name, p.confidence FROM prediction p JOIN run ON run.id = p.run_id"
        f" JOIN class c ON c.id = p.class_id WHERE p.image_id = ? ORDER BY {LATEST_FIRST}",
        (id,),
    )
    return [Guess(*row) for row in rows]


def latest(store: Store, ids: npt.NDArray[np.int64]) -> dict[int, Guess]:
    """What the latest run said of these images, by image; images it did not see are absent."""
    found: dict[int, Guess] = {}
    for part in batches(ids.tolist()):
        marks = ",".join("?" * len(part))
        for id, *guess in store.read(
            "SELECT p.image_id, r.name, c.name, p.confidence FROM prediction p JOIN run r ON r.id = p.run_id"
            f" JOIN class c ON c.id = p.class_id WHERE r.id = {LATEST_RUN} AND p.image_id IN ({marks})",
            part,
        ):
            found[id] = Guess(*guess)
    return found
