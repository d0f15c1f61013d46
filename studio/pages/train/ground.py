"""What training stands on, read without Qt: the project's counts, its runs, and what waits in the queue.

`survey` reads it all, `look` only what tells whether something changed: other programs train in the same project.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import told
from core.events import Event
from core.project import query, records
from core.project.records import Counts
from core.project.store import Store
from core.runs import history, queue
from core.runs.folder import RunFolder, list_runs
from core.runs.follow import Follower
from core.runs.history import History
from core.runs.queue import Entry

READ_ONLY = "The folder of the project is read-only, and a run could not be kept."
Stamp = tuple[int, ...]


@dataclass(frozen=True)
class Signs:
    """What tells that a run has changed: stamps of its files, and whether it is being trained."""

    alive: bool = False
    events: Stamp = ()  # of a living one none: who follows it knows
    notes: Stamp = ()
    predictions: Stamp = ()


@dataclass(frozen=True)
class Look:
    """The signs of all runs by name, and the files of the queue."""

    runs: dict[str, Signs]
    queue: tuple[str, ...] = ()


@dataclass(frozen=True)
class Past:
    """A run of the project: its history, the events that it was read from (without the steps), and its notes."""

    name: str
    history: History
    events: tuple[Event, ...] = ()
    notes: str = ""
    signs: Signs = Signs()

    @property
    def alive(self) -> bool:
        """Whether a process trains it."""
        return self.history.status == "running"


@dataclass(frozen=True)
class Ground:
    """What training stands on: counts of all images, counts of the usable ones, the runs, oldest first, whether
    there can be another run in their folder, and what waits to be trained."""

    all: Counts
    usable: Counts
    runs: tuple[Past, ...] = ()
    writable: bool = True
    queue: tuple[Entry, ...] = ()

    def past(self, name: str) -> Past | None:
        """The run of this name."""
        return next((run for run in self.runs if run.name == name), None)

    @property
    def look(self) -> Look:
        """What a look would have seen when this was read."""
        return Look({run.name: run.signs for run in self.runs}, tuple(entry.file.name for entry in self.queue))


def survey(store: Store, known: Ground | None = None) -> Ground:
    """Read what training stands on, but of runs only those that are otherwise than in `known`.

    May take long; ask it from a reader's thread.
    """
    usable = query.parse("-unlabelled -rejected")
    before = {run.name: run for run in known.runs} if known else {}
    runs = tuple(_past(run, before.get(run.name)) for run in list_runs(store.paths.runs))
    folder = store.paths.runs if store.paths.runs.is_dir() else store.root
    writable = os.access(folder, os.W_OK)
    waiting = tuple(queue.entries(store.paths.queue))
    return Ground(records.counts(store), records.counts(store, usable), runs, writable, waiting)


def look(store: Store) -> Look:
    """See whether a survey would find something new; takes a fraction of a millisecond a run."""
    runs = {run.name: signs(run) for run in list_runs(store.paths.runs)}
    return Look(runs, tuple(entry.file.name for entry in queue.entries(store.paths.queue)))


def signs(run: RunFolder) -> Signs:
    """What can be seen of a run without reading it."""
    alive = run.alive
    events = () if alive else _stamp(run.events_file)
    return Signs(alive, events, _stamp(run.notes_file), _stamp(run.predictions_file))


def _stamp(file: os.PathLike[str]) -> Stamp:
    try:
        facts = os.stat(file)
    except OSError:
        return ()
    return facts.st_mtime_ns, facts.st_size


def _past(run: RunFolder, known: Past | None) -> Past:
    now = signs(run)  # before the files are read: what changes meanwhile is then seen by the next look
    if known is not None and known.signs == now:
        return known
    try:
        events = tuple(_events(run))
        return Past(run.name, history.from_events(events, now.alive), events, run.notes, now)
    except OSError as problem:
        known_problem = told(problem)
        sentence = known_problem.title if known_problem else str(problem)
        return Past(run.name, History(status="unreadable", problem=sentence), signs=now)


def _events(run: RunFolder) -> Sequence[Event]:
    """The events without the steps, in portions: a hundred megabytes at once would hold up the window."""
    follower, found = Follower(run, steps=False), []
    while True:
        found += follower.poll()
        if not follower.behind:
            return found


def label_edits_since(store: Store, seconds: float) -> int:
    """How many images got another label after a time in seconds since the epoch."""
    rows = store.read(
        "SELECT count(DISTINCT r.row_id) FROM edit e JOIN edit_row r ON r.edit_id = e.id"
        " WHERE e.state = 0 AND e.verb = 'label' AND r.field = 'class_id' AND e.at_ms >= ?",
        (int(seconds * 1000),),
    )
    return int(rows[0][0])


@dataclass(frozen=True)
class Missing:
    """The one thing that training lacks, and the button that gets it: `goal` is "data" or "split"."""

    sentence: str
    hint: str
    button: str
    goal: str


def missing(ground: Ground) -> Missing | None:
    """What stands in the way of training; None when nothing does."""
    usable = ground.usable
    if not ground.all.total:
        return Missing("There are no images to train on yet.", "Add some on the Data page.", "Go to Data", "data")
    if not usable.total:
        hint = "Select images on the Data page and press the key of their class."
        return Missing("No image has a label yet.", hint, "Go to Data", "data")
    if sum(1 for number in usable.classes.values() if number) < 2:
        hint = "A model learns to tell classes apart; label images of a second class."
        return Missing("All labelled images are of one class.", hint, "Go to Data", "data")
    if not usable.splits["train"] or not usable.splits["val"]:
        what = "validation" if usable.splits["train"] else "training"
        hint = "15 % of the labelled images are put aside to check the model; groups stay together. You can undo it."
        return Missing(f"No images are chosen for {what} yet.", hint, "Split now", "split")
    return None


def start_refusal(ground: Ground | None, recipe_is_valid: bool, busy: str, training: str = "") -> str:
    """Why Start cannot be used now, in a sentence; empty when it can.

    `busy` is the title of another job, `training` the name of a run that is being trained.
    """
    if ground is None:
        return "The project is being read."
    if training:
        return f"{training} is being trained; a run that is added to the queue waits for its turn."
    return f"Wait until this is done: {busy}." if busy else queue_refusal(ground, recipe_is_valid)


def queue_refusal(ground: Ground | None, recipe_is_valid: bool) -> str:
    """Why no run can be put into the queue, in a sentence; empty when one can."""
    if ground is None:
        return "The project is being read."
    if lack := missing(ground):
        return f"{lack.sentence} {lack.hint}"
    if not ground.writable:
        return READ_ONLY
    return "" if recipe_is_valid else "A setting is not valid; see the message below it."
