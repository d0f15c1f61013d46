"""The index of what runs predicted, for filters such as `wrong` and `conf>0.9`.

The truth is in the run folders; this copy can be dropped and made again from them.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.project.records import batches
from core.project.store import Store
from core.project.table import LATEST_FIRST, LATEST_RUN

Ids = npt.NDArray[np.int64]
Reals = npt.NDArray[np.floating]
PORTION = 1000  # rows of one transaction: less than a frame of a window


@dataclass(frozen=True)
class Guess:
    """What one run said of an image."""

    run: str
    class_name: str
    confidence: float


@dataclass(frozen=True)
class Said:
    """What a run said of N images, ascending `ids`, in the project's own terms.

    `confidence` is the probability of `class_ids`, `margin` that minus the next one's. `label_ids` are the labels that
    the run knew (-1 none), `loss` is their cross-entropy (nan without one).
    """

    ids: Ids
    class_ids: Ids
    confidence: Reals
    margin: Reals
    label_ids: Ids
    loss: Reals

    def where(self, rows: slice | npt.NDArray[np.bool_]) -> "Said":
        """Some of the rows."""
        sure, margin, loss = self.confidence[rows], self.margin[rows], self.loss[rows]
        return Said(self.ids[rows], self.class_ids[rows], sure, margin, self.label_ids[rows], loss)


def replace(store: Store, run: str, stamp: str, said: Said) -> None:
    """Make `said` the index of `run`. `stamp` tells versions of the run's predictions apart.

    Images and classes that are gone are left out.
    """
    for _ in replacing(store, run, stamp, said):
        pass


def replacing(store: Store, run: str, stamp: str, said: Said) -> Iterator[None]:
    """`replace` in portions, each of them on disk when it yields, so that a window can draw in between.

    Filters pass by the run until the last portion has set its stamp; one that is cut short is begun anew.
    """
    with store.transaction() as db:
        db.execute("INSERT INTO run (name, stamp) VALUES (?, '') ON CONFLICT (name) DO UPDATE SET stamp = ''", (run,))
        (run_id,) = db.execute("SELECT id FROM run WHERE name = ?", (run,)).fetchone()
    while _take_out(store, run_id):
        yield
    for start in range(0, len(said.ids), PORTION):
        _put_in(store, run_id, said.where(slice(start, start + PORTION)))
        yield
    with store.transaction() as db:
        db.execute("UPDATE run SET stamp = ? WHERE id = ?", (stamp, run_id))


def _take_out(store: Store, run_id: int) -> bool:
    """Remove a portion of what an older copy holds; whether there was any."""
    with store.transaction() as db:
        portion = f"SELECT image_id FROM prediction WHERE run_id = ? LIMIT {PORTION}"
        gone = db.execute(f"DELETE FROM prediction WHERE run_id = ? AND image_id IN ({portion})", (run_id, run_id))
        return gone.rowcount > 0


def _put_in(store: Store, run_id: int, said: Said) -> None:
    with store.transaction() as db:
        between = (int(said.ids[0]), int(said.ids[-1]))
        known = {row[0] for row in db.execute("SELECT id FROM image WHERE id BETWEEN ? AND ?", between)}
        classes = {row[0] for row in db.execute("SELECT id FROM class")}
        columns = (said.ids, said.class_ids, said.confidence, said.margin, said.label_ids, said.loss)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        # SQLite keeps nan as NULL; -1 stands for no label.
        db.executemany(
            "INSERT INTO prediction VALUES (?, ?, ?, ?, ?, nullif(?, -1), ?)",
            [(run_id, *row) for row in rows if row[0] in known and row[1] in classes],
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
