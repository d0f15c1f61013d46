"""The index of what runs predicted, for filters such as `wrong` and `conf>0.9`.

The truth is in the run folders; this copy can be dropped and made again from them.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.project.query import LATEST_FIRST, LATEST_RUN
from core.project.records import batches
from core.project.store import Store

Ids = npt.NDArray[np.int64]
PORTION = 1000  # rows of one transaction: less than a frame of a window


@dataclass(frozen=True)
class Guess:
    """What one run said of an image."""

    run: str
    class_name: str
    confidence: float


def replace(store: Store, run: str, stamp: str, ids: Ids, class_ids: Ids, confidence: npt.NDArray[np.floating]) -> None:
    """Make `ids` (N, ascending) with predicted `class_ids` (N) and `confidence` (N, in [0, 1]) the index of `run`.

    `stamp` tells versions of the run's predictions apart. Images and classes that are gone are left out.
    """
    for _ in replacing(store, run, stamp, ids, class_ids, confidence):
        pass


def replacing(
    store: Store, run: str, stamp: str, ids: Ids, class_ids: Ids, confidence: npt.NDArray[np.floating]
) -> Iterator[None]:
    """`replace` in portions, each of them on disk when it yields, so that a window can draw in between.

    Filters pass by the run until the last portion has set its stamp; one that is cut short is begun anew.
    """
    with store.transaction() as db:
        db.execute("INSERT INTO run (name, stamp) VALUES (?, '') ON CONFLICT (name) DO UPDATE SET stamp = ''", (run,))
        (run_id,) = db.execute("SELECT id FROM run WHERE name = ?", (run,)).fetchone()
    while _take_out(store, run_id):
        yield
    for start in range(0, len(ids), PORTION):
        part = slice(start, start + PORTION)
        _put_in(store, run_id, ids[part], class_ids[part], confidence[part])
        yield
    with store.transaction() as db:
        db.execute("UPDATE run SET stamp = ? WHERE id = ?", (stamp, run_id))


def _take_out(store: Store, run_id: int) -> bool:
    """Remove a portion of what an older copy holds; whether there was any."""
    with store.transaction() as db:
        portion = f"SELECT image_id FROM prediction WHERE run_id = ? LIMIT {PORTION}"
        gone = db.execute(f"DELETE FROM prediction WHERE run_id = ? AND image_id IN ({portion})", (run_id, run_id))
        return gone.rowcount > 0


def _put_in(store: Store, run_id: int, ids: Ids, class_ids: Ids, confidence: npt.NDArray[np.floating]) -> None:
    with store.transaction() as db:
        between = (int(ids[0]), int(ids[-1]))
        known = {row[0] for row in db.execute("SELECT id FROM image WHERE id BETWEEN ? AND ?", between)}
        classes = {row[0] for row in db.execute("SELECT id FROM class")}
        rows = zip(ids.tolist(), class_ids.tolist(), confidence.tolist(), strict=True)
        db.executemany(
            "INSERT INTO prediction VALUES (?, ?, ?, ?)",
            [(run_id, id, class_id, sure) for id, class_id, sure in rows if id in known and class_id in classes],
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
        f" JOIN class c ON c.id = p.class_id WHERE p.image_id = ? AND run.stamp <> '' ORDER BY {LATEST_FIRST}",
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
