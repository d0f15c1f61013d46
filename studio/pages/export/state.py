"""What the Export page shows, decided without Qt: runs with their checkpoints, where to write, and what."""

from dataclasses import dataclass
from pathlib import Path

from core import wording
from core.project.store import Store
from core.runs import history
from core.runs.folder import RunFolder, list_runs

FOLDER = "exports"

# What `core.export` writes, in words.
CONTENTS = (
    ("weights.safetensors", "the network's weights; loading them runs no code"),
    ("recipe.yaml", "every setting of the run; trains the same again"),
    ("classes.json", "the names of the classes in the order of the outputs"),
    ("preprocessing.json", "size, colours and normalisation that the network expects"),
    ("model.py", "the network itself, in plain PyTorch"),
    ("README.md", "how to use it, with the accuracy and the data it was trained on"),
)


@dataclass(frozen=True)
class Choice:
    """A checkpoint of a run; `there` is False where it was never saved."""

    which: str  # best | last
    title: str
    epoch: int | None
    accuracy: float | None
    there: bool

    @property
    def words(self) -> str:
        """Such as "epoch 138 · 95.2 % validation"."""
        if not self.there:
            return "not saved"
        parts = [f"epoch {self.epoch}"] if self.epoch else []
        parts += [f"{wording.percent(self.accuracy)} validation"] if self.accuracy is not None else []
        return " · ".join(parts) or "accuracy not known"


@dataclass(frozen=True)
class Exportable:
    """A run and its two checkpoints. `living` runs are still being trained."""

    name: str
    living: bool
    best: Choice
    last: Choice

    @property
    def title(self) -> str:
        """The line of the run picker."""
        if not self.possible:
            return f"{self.name} · nothing saved yet"
        return f"{self.name} · {wording.percent(self.best.accuracy)}" if self.best.accuracy is not None else self.name

    @property
    def possible(self) -> bool:
        return self.best.there or self.last.there

    def choice(self, which: str) -> Choice:
        return self.last if which == "last" else self.best


def exportable(store: Store) -> tuple[Exportable, ...]:
    """The runs of the project, newest first; ask it from a reader's thread."""
    return tuple(_exportable(run) for run in reversed(list_runs(store.paths.runs)))


def _exportable(run: RunFolder) -> Exportable:
    try:
        past = history.read(run)
    except OSError:  # exporting it says why it cannot be read
        past = history.History(status="unreadable")
    last_accuracy = past.val_accuracy[-1] if past.val_accuracy else None
    return Exportable(
        run.name,
        past.status == "running",
        Choice("best", "Best epoch", past.best_epoch, past.best_accuracy, run.best.is_file()),
        Choice("last", "Last epoch", past.epochs[-1] if past.epochs else None, last_accuracy, run.last.is_file()),
    )


def default_destination(root: Path, run: str, which: str) -> Path:
    """A folder in the project that does not exist or is empty: exports/NN-name, then NN-name-2 and so on."""
    base = root / FOLDER / (run if which == "best" else f"{run}-last")
    number = 1
    place = base
    while occupied(place):
        number += 1
        place = base.with_name(f"{base.name}-{number}")
    return place


def occupied(place: Path) -> bool:
    """Whether something is there that an export could mix up."""
    return place.exists() and (not place.is_dir() or any(place.iterdir()))


def refusal(text: str, chosen: Exportable | None, which: str, busy: bool) -> str:
    """Why Export cannot be used, in a sentence; empty when it can. `text` is the destination as typed."""
    if chosen is None:
        return "There is no run to export yet."
    if busy:
        return "The export is being written."
    if not chosen.choice(which).there:
        return f"{chosen.name} has no saved {which} checkpoint."
    return destination_problem(text)


def destination_problem(text: str) -> str:
    """What is wrong with a destination as typed; empty when nothing is."""
    if not text.strip():
        return "Choose a folder to write to."
    place = Path(text.strip()).expanduser()
    if not place.is_absolute():
        return "Give the whole path of the folder."
    try:
        if place.exists() and not place.is_dir():
            return f"{place.name} is a file. Choose a folder."
        if occupied(place):
            return "This folder is not empty. Choose a new or empty one; nothing in it is overwritten."
    except OSError as problem:
        return f"This folder cannot be read: {problem.strerror}."
    return ""
