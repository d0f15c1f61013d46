"""What happened in a run, read from its events alone: curves, best epoch, status."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from core.events import EpochEnded, Event, Failed, Paused, Resumed, RunEnded, RunStarted
from core.runs.folder import RunFolder

Curve = tuple[float | None, ...]


@dataclass(frozen=True)
class Parts:
    """Curves by name of a part of the images, such as a class or a source."""

    val_accuracy: dict[str, Curve] = field(default_factory=dict)
    val_loss: dict[str, Curve] = field(default_factory=dict)
    train_accuracy: dict[str, Curve] = field(default_factory=dict)
    train_loss: dict[str, Curve] = field(default_factory=dict)


@dataclass(frozen=True)
class History:
    """The course of a run. Curves have one value an epoch, None where there was none; accuracies in [0, 1].

    `metric` is the curve that says which epoch is the best. Training has the origins real and synthetic among its
    `sources` where there are both.

    `status` is running, completed, early-stopped, stopped, or interrupted (no end was written and no process lives).
    `paused` tells of a running one that it waits.
    `problem` is the sentence a run failed with. `best_epoch` counts from 1; None before the first epoch's end.
    `by_class` and `by_source` are the validation accuracies of the best epoch, like `best_accuracy`. `seconds` is time
    spent training.
    """

    status: str
    epochs: tuple[int, ...] = ()
    train_loss: Curve = ()
    val_loss: Curve = ()
    train_accuracy: Curve = ()
    val_accuracy: Curve = ()
    learning_rate: Curve = ()
    images_per_second: Curve = ()
    metric: Curve = ()
    classes: Parts = field(default_factory=Parts)
    sources: Parts = field(default_factory=Parts)
    by_class: dict[str, float] = field(default_factory=dict)
    by_source: dict[str, float] = field(default_factory=dict)
    best_epoch: int | None = None
    best_accuracy: float | None = None
    planned_epochs: int = 0
    device: str = ""
    train_images: int = 0
    val_images: int = 0
    started_at: float = 0.0
    seconds: float = 0.0
    problem: str = ""
    paused: bool = False


def read(run: RunFolder) -> History:
    """The history of a run folder."""
    return from_events(run.events(steps=False), run.alive)


def from_events(events: Iterable[Event], alive: bool) -> History:
    """The history that `events` tell. An epoch done again after a resume replaces the older one and all later ones."""
    started: RunStarted | None = None
    ended: RunEnded | None = None
    problem, started_at, paused = "", 0.0, False
    done: dict[int, EpochEnded] = {}
    for event in events:
        if isinstance(event, RunStarted):
            started, ended, problem, paused = event, None, "", False
            started_at = started_at or event.at
            done = {number: epoch for number, epoch in done.items() if number <= event.epoch}
        elif isinstance(event, EpochEnded):
            done[event.epoch] = event
        elif isinstance(event, RunEnded):
            ended = event
        elif isinstance(event, Failed):
            problem = event.title
        elif isinstance(event, Paused | Resumed):
            paused = isinstance(event, Paused)
    epochs = list(done.values())
    best = next((epoch for epoch in reversed(epochs) if epoch.best), None)
    return History(
        status="running" if alive else ended.status if ended else "interrupted",
        epochs=tuple(epoch.epoch for epoch in epochs),
        train_loss=tuple(epoch.train_loss for epoch in epochs),
        val_loss=tuple(epoch.val_loss for epoch in epochs),
        train_accuracy=tuple(epoch.train_accuracy for epoch in epochs),
        val_accuracy=tuple(epoch.val_accuracy for epoch in epochs),
        learning_rate=tuple(epoch.learning_rate for epoch in epochs),
        images_per_second=tuple(epoch.images_per_second for epoch in epochs),
        metric=tuple(epoch.metric for epoch in epochs),
        classes=_by_class(epochs),
        sources=_by_source(epochs),
        by_class=best.by_class if best else {},
        by_source=best.by_source if best else {},
        best_epoch=best.epoch if best else None,
        best_accuracy=best.val_accuracy if best else None,
        planned_epochs=started.epochs if started else 0,
        device=started.device if started else "",
        train_images=started.train_images if started else 0,
        val_images=started.val_images if started else 0,
        started_at=started_at,
        seconds=sum(epoch.seconds for epoch in epochs),
        problem=problem,
        paused=alive and paused,
    )


def _by_class(epochs: list[EpochEnded]) -> Parts:
    return Parts(
        _curves([epoch.by_class for epoch in epochs]),
        _curves([epoch.loss_by_class for epoch in epochs]),
        _curves([epoch.train_by_class for epoch in epochs]),
        _curves([epoch.train_loss_by_class for epoch in epochs]),
    )


def _by_source(epochs: list[EpochEnded]) -> Parts:
    return Parts(
        _curves([epoch.by_source for epoch in epochs]),
        _curves([epoch.loss_by_source for epoch in epochs]),
        _curves([epoch.train_by_origin | epoch.train_by_source for epoch in epochs]),
        _curves([epoch.train_loss_by_origin | epoch.train_loss_by_source for epoch in epochs]),
    )


def _curves(said: list[dict[str, float]]) -> dict[str, Curve]:
    """A curve for each name that any epoch said something of, in the order of first mention."""
    names = dict.fromkeys(name for values in said for name in values)
    return {name: tuple(values.get(name) for values in said) for name in names}
