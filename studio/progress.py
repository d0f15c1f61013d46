"""How far a job is, told from its events: pure, so that the status bar and the pages say the same.

A `Pace` is folded from events. Time left comes from the rate of the last marks, so that a slow start is forgotten.
"""

from dataclasses import dataclass, replace

from core import wording
from core.events import EpochEnded, Event, Progress, RunStarted, Stage, Step

_MARKS = 40
_SURE_AFTER_SECONDS = 2.0


@dataclass(frozen=True)
class Pace:
    """Where a job stands. `marks` are (seconds on a monotonic clock, units done) of the recent past."""

    title: str
    stage: str = ""
    unit: str = ""
    done: int = 0
    total: int | None = None
    epoch: int = 0
    epochs: int = 0
    steps_per_epoch: int = 0
    marks: tuple[tuple[float, int], ...] = ()

    @property
    def share(self) -> float | None:
        """The part that is done, in [0, 1]; None where nobody knows."""
        return min(1.0, self.done / self.total) if self.total else None

    @property
    def rate(self) -> float | None:
        """Units a second over the recent past; None until it means something."""
        if len(self.marks) < 2:
            return None
        (start, before), (end, after) = self.marks[0], self.marks[-1]
        return (after - before) / (end - start) if end - start >= _SURE_AFTER_SECONDS and after > before else None

    @property
    def seconds_left(self) -> float | None:
        """None until a rate and a total are known."""
        return (self.total - self.done) / self.rate if self.total and self.rate else None


def fold(pace: Pace, event: Event, now: float) -> Pace:
    """`pace` after `event`, which came at `now` seconds."""
    match event:
        case Stage(title=title, total=total, unit=unit):
            return replace(pace, stage=title, unit=unit, done=0, total=total, marks=((now, 0),))
        case Progress(done=done, total=total):
            return _marked(replace(pace, total=total or pace.total), done, now)
        case RunStarted(epochs=epochs, steps_per_epoch=steps, epoch=epoch, step=step):
            done = epoch * steps + step
            facts = replace(pace, stage="", unit="steps", epoch=epoch, epochs=epochs, steps_per_epoch=steps, done=done)
            return replace(facts, total=epochs * steps, marks=((now, done),))
        case EpochEnded(epoch=epoch) if pace.steps_per_epoch:
            return _marked(replace(pace, epoch=epoch), epoch * pace.steps_per_epoch, now)
        case Step(epoch=epoch, step=step) if pace.steps_per_epoch:  # not every step is told
            return _marked(pace, (epoch - 1) * pace.steps_per_epoch + step, now)
    return pace


def words(pace: Pace, state: str = "running") -> str:
    """One line such as "Training 04 · 74 % · 1 min 4 s left"."""
    parts = [pace.title if state == "running" else f"{pace.title}: {state}"]
    if pace.share is not None:
        parts.append(f"{100 * pace.share:.0f} %")
    elif pace.done:
        parts.append(wording.count(pace.done, pace.unit.removesuffix("s") or "step"))
    if pace.seconds_left is not None and state == "running":
        parts.append(wording.time_left(pace.seconds_left))
    return " · ".join(parts)


def _marked(pace: Pace, done: int, now: float) -> Pace:
    return replace(pace, done=done, marks=(*pace.marks, (now, done))[-_MARKS:])
