"""How a command shows its work: a progress bar on a terminal, plain lines elsewhere, JSON lines for programs.

Progress goes to stderr, results to stdout, so that `core list --json | …` stays clean.
"""

import json
import sys
import time
from collections.abc import Generator
from typing import Any, Protocol

import click

from core import wording
from core.events import (
    Diverged,
    EpochEnded,
    Event,
    Failed,
    Finished,
    Notice,
    Paused,
    Progress,
    Resumed,
    RunEnded,
    RunStarted,
    Skipped,
    Stage,
    encode,
)
from core.jobs import Control, run

_NAMED = 16  # images of a batch


class Sink(Protocol):
    def __call__(self, event: Event) -> None: ...
    def close(self) -> None: ...


class Lines:
    """JSON lines on stdout: what the window and other programs read, until they let go of the work."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def __call__(self, event: Event) -> None:
        try:
            print(encode(event), flush=True)
        except OSError:  # a closed pipe; Windows calls it an invalid argument
            if not self._control.detached(seconds=10):
                raise

    def close(self) -> None: ...


class Plain:
    """Plain lines: each stage once, its progress every few seconds, each epoch."""

    seconds_between = 5.0

    def __init__(self) -> None:
        self._stage = Stage(title="")
        self._began = self._said = time.monotonic()
        self._skipped = 0
        self._epochs = 0

    def __call__(self, event: Event) -> None:
        match event:
            case Stage():
                self._stage, self._began = event, time.monotonic()
                self._said = self._began
                self.say(event.title)
            case Progress():
                self._progress(event)
            case Skipped():
                self._skip(event)
            case Notice():
                self.say(event.text)
            case RunStarted():
                self._epochs = event.epochs
                self.say(_started(event))
            case EpochEnded():
                self.say(_epoch(event, self._epochs))
            case RunEnded():
                self.say(_ended(event))
            case Diverged():
                self.say(_diverged(event))
            case Failed():
                self.say(f"  {event.title} {event.hint}".rstrip())
            case Paused():
                self.say("  paused")
            case Resumed():
                self.say("  goes on")
            case _:
                pass

    def say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def close(self) -> None:
        if self._skipped > 20:
            self.say(f"  … {wording.count(self._skipped, 'file')} skipped in all; --events lists each")

    def _progress(self, event: Progress) -> None:
        now = time.monotonic()
        if now - self._said >= self.seconds_between:
            self._said = now
            self.say("  " + _rate(event, self._stage, now - self._began))

    def _skip(self, event: Skipped) -> None:
        self._skipped += 1
        if self._skipped <= 20:
            self.say(f"  skipped {event.name}: {event.reason}")


class Bars(Plain):
    """A live bar with rate and time left, on a terminal."""

    def __init__(self) -> None:
        # Imported here because only a terminal needs it and it costs a fifth of a second.
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
        from rich.progress import Progress as Bar

        super().__init__()
        self._console = Console(stderr=True, highlight=False)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rest]}"),
        )
        self._bar = Bar(*columns, console=self._console, transient=True)
        self._task: Any = None
        self._bar.start()

    def __call__(self, event: Event) -> None:
        if isinstance(event, Stage):
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._task = self._bar.add_task(event.title, total=event.total, rest="")
        super().__call__(event)
        if isinstance(event, RunStarted):
            self._steps(event)
        if isinstance(event, EpochEnded) and self._task is not None:
            left = wording.time_left(event.seconds_left) if event.seconds_left else ""
            self._bar.update(self._task, completed=event.epoch, rest=left)

    def say(self, text: str) -> None:
        self._console.print(text, markup=False)

    def close(self) -> None:
        self._bar.stop()
        super().close()

    def _steps(self, event: RunStarted) -> None:
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task("Epochs", total=event.epochs, completed=event.epoch, rest="")

    def _progress(self, event: Progress) -> None:
        rest = _rate(event, self._stage, time.monotonic() - self._began).partition(", ")[2]
        self._bar.update(self._task, total=event.total, completed=event.done, rest=rest)


def drive(job: Generator[Event, None, Any], *, json: bool, events: bool, control: Control | None = None) -> Any:
    """Run `job` to its end, showing its events as asked; returns its result.

    A job that answers requests was made with those of `control`. Raises `Stopped` after the job has saved and closed,
    when a signal, the word stop or the end of stdin asked for it.
    """
    control = control or Control()
    if events:
        control.obey(sys.stdin)
    sink: Sink = Lines(control) if events else Bars() if sys.stderr.isatty() and not json else Plain()
    try:
        with control.obeying_signals():
            return run(job, sink, control)
    finally:
        sink.close()


def result(value: dict[str, Any], text: str, *, json: bool, events: bool = False) -> None:
    """The last word of a command: `text` for people, `value` for programs."""
    if events:
        print(encode(Finished(result=value)), flush=True)
    elif json:
        print(_json(value))
    elif text:
        print(text)


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def output_options(function: Any) -> Any:
    """The options --json and --events."""
    function = click.option("--events", is_flag=True, help="Print JSON lines of events; obey stdin.")(function)
    return click.option("--json", is_flag=True, help="Print the result as JSON.")(function)


def _rate(event: Progress, stage: Stage, seconds: float) -> str:
    rate = event.done / seconds if seconds > 0 else 0.0
    total = f" of {event.total:,}" if event.total else ""
    left = ""
    if event.total and rate > 0 and event.done < event.total:
        left = ", " + wording.time_left((event.total - event.done) / rate)
    return f"{event.done:,}{total}, {rate:,.0f} {stage.unit}/s{left}"


def _started(event: RunStarted) -> str:
    verb = "Resuming" if event.epoch or event.step else "Training"
    images = f"{wording.count(event.train_images, 'image')}, {event.val_images:,} for validation"
    return f"{verb} {event.run} on {event.device}: {images}"


def _epoch(event: EpochEnded, epochs: int) -> str:
    parts = [
        f"  epoch {event.epoch:>{len(str(epochs))}} of {epochs}",
        f"training loss {_loss(event.train_loss)}, {wording.percent(event.train_accuracy)}",
    ]
    if event.val_accuracy is not None:
        parts.append(f"validation loss {_loss(event.val_loss)}, {wording.percent(event.val_accuracy)}")
    if len(event.by_source) > 1:
        worst = min(event.by_source, key=lambda name: event.by_source[name])
        parts.append(f"worst source {worst} {wording.percent(event.by_source[worst])}")
    if event.best:
        parts.append("best")
    left = f", {wording.time_left(event.seconds_left)}" if event.seconds_left else ""
    return "  ".join([*parts, f"({wording.duration(event.seconds)}{left})"])


def _loss(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.3f}"


def _diverged(event: Diverged) -> str:
    ids = [str(id) for id in event.ids if id >= 0]
    made = len(event.ids) - len(ids)
    named = [f"images {', '.join(ids[:_NAMED])}{' …' if len(ids) > _NAMED else ''}"] if ids else []
    named += [wording.count(made, "composite")] if made else []
    return f"  the loss of epoch {event.epoch}, step {event.step} is no number; its batch: {' and '.join(named)}"


def _ended(event: RunEnded) -> str:
    return f"{event.run} {event.status}; best epoch {event.best_epoch}, {wording.percent(event.best_accuracy)}"
