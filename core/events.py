"""What long work reports while it runs: frozen events and their JSON-lines form.

One line per event, `{"event": "Progress", ...}`. The same lines travel from a child process to the window and lie in
a run's `events.jsonl`. Decoding ignores fields it does not know, so that an older program can read a newer file.
"""

import dataclasses
import functools
import json
import math
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all events; `at` is seconds since the epoch, 0 where nobody asked."""

    at: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Stage(Event):
    """A new part of the work begins: `title` is a short phrase such as "Reading images"."""

    title: str
    total: int | None = None
    unit: str = "images"


@dataclass(frozen=True, kw_only=True)
class Progress(Event):
    """`done` of `total` units of the current stage are finished."""

    done: int
    total: int | None = None


@dataclass(frozen=True, kw_only=True)
class Notice(Event):
    """Something worth a line: a warning or a fact, in a whole sentence."""

    text: str
    level: str = "info"  # info | warning


@dataclass(frozen=True, kw_only=True)
class Skipped(Event):
    """One file was left out; the work goes on."""

    name: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    """Training starts or resumes after `epoch` complete epochs and `step` steps of the next (0, 0 for a new run)."""

    run: str
    epochs: int
    steps_per_epoch: int
    train_images: int
    val_images: int
    device: str
    epoch: int = 0
    step: int = 0


@dataclass(frozen=True, kw_only=True)
class Sampled(Event):
    """What an epoch began with: the images of its first samples and a digest of each sample, before any mixing.

    Whoever shows a sample can tell by its digest whether training saw the same one, if `renderer` made both: "opencv",
    or "torch" on a GPU, whose samples differ from those by a grey level here and there.
    """

    epoch: int
    ids: list[int]
    digests: list[str]
    renderer: str = "opencv"


@dataclass(frozen=True, kw_only=True)
class Step(Event):
    """One optimizer step, counted from 1 like its epoch: loss of its batch, learning rate, recent images per second.

    `gpu_memory` is the most that tensors have held so far, in bytes; None without a GPU.
    """

    epoch: int
    step: int
    loss: float | None
    learning_rate: float
    images_per_second: float
    gpu_memory: int | None = None


@dataclass(frozen=True, kw_only=True)
class Validating(Event):
    """The network of this epoch has predicted `done` of `total` validation images; where a stop can come in."""

    epoch: int
    done: int
    total: int


@dataclass(frozen=True, kw_only=True)
class EpochEnded(Event):
    """One epoch, counted from 1, is complete and saved.

    Accuracies are fractions in [0, 1]; `by_class` and `by_source` are those of the validation images, `loss_by_…` their
    losses, and `train_…` the same of training samples. By origin these are real or synthetic, where there are both.
    `metric` is the value that says whether the epoch is the best; `gpu_memory` as in `Step`.
    """

    epoch: int
    train_loss: float | None
    train_accuracy: float
    val_loss: float | None
    val_accuracy: float | None
    by_class: dict[str, float] = field(default_factory=dict)
    by_source: dict[str, float] = field(default_factory=dict)
    loss_by_class: dict[str, float] = field(default_factory=dict)
    loss_by_source: dict[str, float] = field(default_factory=dict)
    train_by_class: dict[str, float] = field(default_factory=dict)
    train_by_source: dict[str, float] = field(default_factory=dict)
    train_by_origin: dict[str, float] = field(default_factory=dict)
    train_loss_by_class: dict[str, float] = field(default_factory=dict)
    train_loss_by_source: dict[str, float] = field(default_factory=dict)
    train_loss_by_origin: dict[str, float] = field(default_factory=dict)
    metric: float | None = None
    learning_rate: float = 0.0
    images_per_second: float | None = None
    gpu_memory: int | None = None
    seconds: float = 0.0
    seconds_left: float = 0.0
    best: bool = False


@dataclass(frozen=True, kw_only=True)
class Diverged(Event):
    """The loss of a step is no finite number: the images of its batch, composites with ids below 0. Training stops."""

    epoch: int
    step: int
    ids: list[int]
    learning_rate: float


@dataclass(frozen=True, kw_only=True)
class RatePoint(Event):
    """What the learning-rate finder saw: the smoothed loss after a step with `rate`."""

    rate: float
    loss: float | None


@dataclass(frozen=True, kw_only=True)
class RunEnded(Event):
    """Training is over: `status` is completed, early-stopped or stopped; `best_epoch` has the restored weights."""

    run: str
    status: str
    best_epoch: int
    best_accuracy: float | None


@dataclass(frozen=True, kw_only=True)
class Paused(Event):
    """The work waits, for as long as somebody wants; a run's events tell it to those who follow it from elsewhere."""


@dataclass(frozen=True, kw_only=True)
class Resumed(Event):
    """The work goes on after it was `Paused`."""


@dataclass(frozen=True, kw_only=True)
class Judged(Event):
    """The answer to request `number` about samples, in the order of its ids, or a `problem` in words.

    `digests` are those of the samples as training makes them. Where a run was named, `predicted` counts in its
    `classes` and `confidence` is the predicted class's, in [0, 1]; `right` compares it with the sample's label.
    """

    number: int
    digests: list[str] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    predicted: list[int] = field(default_factory=list)
    confidence: list[float] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class Measured(Event):
    """The answer to request `number` about a network: its `capacity`, as JSON has it, or a `problem` and a `hint`."""

    number: int
    capacity: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class StrengthPoint(Event):
    """Accuracy, a fraction of `images`, with one operation alone and its `setting` fixed at `strength`."""

    operation: str
    setting: str
    strength: float
    accuracy: float
    images: int


@dataclass(frozen=True, kw_only=True)
class Finished(Event):
    """The last event of work that succeeded; `result` is what the command prints with --json."""

    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Failed(Event):
    """The last event of work that failed; `bug` tells a fault of ours from the user's business."""

    title: str
    hint: str = ""
    bug: bool = False


KINDS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        Stage,
        Progress,
        Notice,
        Skipped,
        RunStarted,
        Sampled,
        Step,
        Validating,
        EpochEnded,
        Diverged,
        RatePoint,
        RunEnded,
        Paused,
        Resumed,
        Judged,
        Measured,
        StrengthPoint,
        Finished,
        Failed,
    )
}


def encode(event: Event) -> str:
    """One JSON line without its newline, in ASCII, so that no pipe's encoding can spoil it.

    Not-a-number and infinities become null, because JSON has none.
    """
    fields = {key: _plain(value) for key, value in vars(event).items()}
    return json.dumps({"event": type(event).__name__, **fields}, allow_nan=False)


def decode(line: str) -> Event | None:
    """The event of one line; None when the line is torn, holds nonsense or is of a kind unknown to this version."""
    try:
        fields = json.loads(line)
        kind = KINDS[fields.pop("event")]
        known = {f.name for f in dataclasses.fields(kind)}
        event = kind(**{key: value for key, value in fields.items() if key in known})
        return event if _sound(event) else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _sound(event: Event) -> bool:
    """Whether each value is of its field's type; what was no number is None."""
    return all(isinstance(getattr(event, name), kinds) for name, kinds in _types(type(event).__name__).items())


@functools.cache
def _types(kind: str) -> dict[str, tuple[type, ...]]:
    found: dict[str, tuple[type, ...]] = {}
    for name, hint in get_type_hints(KINDS[kind]).items():
        plain = {get_origin(part) or part for part in (get_args(hint) if isinstance(hint, UnionType) else (hint,))}
        found[name] = tuple(plain | {int, type(None)} if float in plain else plain)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
