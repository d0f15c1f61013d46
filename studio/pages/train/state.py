"""What the Train page shows, decided without Qt: from the project's counts, its runs, and the events of a job."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core import wording
from core.errors import told
from core.events import EpochEnded, Event, Failed, RunEnded, RunStarted, Stage, Step
from core.project import query, records
from core.project.records import Counts
from core.project.store import Store
from core.recipe import Recipe
from core.runs import history
from core.runs.folder import RunFolder, list_runs
from core.runs.history import History
from studio.progress import Pace

AUTOMATIC = "auto"
_NAMED = 4  # operations in a line
RESUMABLE = ("stopped", "interrupted")
READ_ONLY = "The folder of the project is read-only, and a run could not be kept."


# --- what the project has ---


@dataclass(frozen=True)
class Past:
    """A run of the project: its history and the events that it was read from, without the steps."""

    name: str
    history: History
    events: tuple[Event, ...] = ()

    @property
    def title(self) -> str:
        """The line of the run picker."""
        parts = [self.name]
        if self.history.best_accuracy is not None:
            parts.append(wording.percent(self.history.best_accuracy))
        return " · ".join([*parts, chip(self.history.status).text.lower()])


@dataclass(frozen=True)
class Ground:
    """What training stands on: counts of all images, counts of the usable ones, the runs, oldest first, and whether
    there can be another run in their folder."""

    all: Counts
    usable: Counts
    runs: tuple[Past, ...] = ()
    writable: bool = True

    def past(self, name: str) -> Past | None:
        """The run of this name."""
        return next((run for run in self.runs if run.name == name), None)


def survey(store: Store) -> Ground:
    """Read what training stands on. May take long; ask it from a reader's thread."""
    usable = query.parse("-unlabelled -rejected")
    runs = tuple(_past(run) for run in list_runs(store.paths.runs))
    folder = store.paths.runs if store.paths.runs.is_dir() else store.root
    return Ground(records.counts(store), records.counts(store, usable), runs, os.access(folder, os.W_OK))


def _past(run: RunFolder) -> Past:
    try:
        events = tuple(run.events(steps=False))
        return Past(run.name, history.from_events(events, run.alive), events)
    except OSError as problem:
        known = told(problem)
        return Past(run.name, History(status="unreadable", problem=known.title if known else str(problem)))


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


def start_refusal(ground: Ground | None, recipe_is_valid: bool, other_job: str) -> str:
    """Why Start cannot be used now, in a sentence; empty when it can."""
    if ground is None:
        return "The project is being read."
    if other_job:
        return f"Wait until this is done: {other_job}."
    if lack := missing(ground):
        return f"{lack.sentence} {lack.hint}"
    if not ground.writable:
        return READ_ONLY
    return "" if recipe_is_valid else "A setting is not valid; see the message below it."


# --- devices ---


@dataclass(frozen=True)
class DeviceChoice:
    """One line of the device picker; what is not offered is greyed and says why in its tooltip."""

    name: str
    title: str
    offered: bool = True
    tooltip: str = ""


def device_choices(result: Mapping[str, Any] | None) -> tuple[DeviceChoice, ...]:
    """The lines of the picker from the result of `core doctor --devices`; None while it is not known."""
    if result is None:
        return (DeviceChoice(AUTOMATIC, "Checking devices…", True, "The devices of this computer are being looked up"),)
    found = [
        DeviceChoice(
            str(device["name"]),
            str(device.get("title") or device["name"]),
            bool(device.get("offered")),
            str(device.get("reason") or ""),
        )
        for device in result.get("devices", ())
    ]
    lines = [
        line
        if line.offered
        else replace(line, title=f"{line.title} (not offered)", tooltip=line.tooltip or "Not usable")
        for line in found
        if line.name != AUTOMATIC
    ]
    return (DeviceChoice(AUTOMATIC, "Automatic", True, "Train on the fastest device that passes its check"), *lines)


# --- a run as its events tell it ---


@dataclass(frozen=True)
class Live:
    """A training job, folded from its events. `done` counts complete epochs; `told` is what curves are made from."""

    run: str = ""
    told: tuple[Event, ...] = ()
    epochs: int = 0
    done: int = 0
    stage: str = ""
    rate: float | None = None  # images per second
    learning_rate: float | None = None
    saved_at: float = 0.0
    seconds_left: float | None = None
    started_at: float = 0.0
    ended: bool = False


def follow(live: Live, event: Event) -> Live:
    """`live` after one more event."""
    match event:
        case Stage(title=title):
            return replace(live, stage=title)
        case RunStarted(run=run, epochs=epochs, epoch=epoch, at=at):
            begun = live.started_at or at
            return replace(
                live,
                run=run,
                epochs=epochs,
                done=epoch,
                stage="",
                told=(*live.told, event),
                started_at=begun,
                ended=False,
            )
        case Step(images_per_second=rate, learning_rate=learning_rate):
            return replace(live, rate=rate or live.rate, learning_rate=learning_rate)
        case EpochEnded(epoch=epoch, seconds_left=left, at=at):
            return replace(live, done=epoch, told=(*live.told, event), saved_at=at, seconds_left=left)
        case RunEnded():
            return replace(live, told=(*live.told, event), ended=True)
        case Failed():
            return replace(live, told=(*live.told, event))
    return live


def resumed(past: Past) -> Live:
    """Where following a run goes on when it is resumed."""
    return Live(run=past.name, told=past.events, started_at=past.history.started_at)


def live_history(live: Live) -> History:
    """The curves so far."""
    return history.from_events(live.told, alive=True)


# --- words ---


@dataclass(frozen=True)
class Chip:
    """The state of a run in a word; `kind` is accent, good, warning, bad or muted."""

    text: str
    kind: str


_CHIPS = {
    "running": Chip("Running", "accent"),
    "paused": Chip("Paused", "warning"),
    "stopping": Chip("Stopping", "warning"),
    "completed": Chip("Completed", "good"),
    "early-stopped": Chip("Stopped early", "good"),
    "stopped": Chip("Stopped", "muted"),
    "interrupted": Chip("Interrupted", "bad"),
    "unreadable": Chip("Unreadable", "bad"),
}


def chip(status: str) -> Chip:
    """How the state of a run or of its job is shown."""
    return _CHIPS.get(status, Chip(status.capitalize(), "muted"))


def live_line(live: Live, pace: Pace, state: str) -> str:
    """Such as "epoch 3 of 12 · 1,900 images/s · 1 min 4 s left"."""
    if state == "stopping":
        return "saving what there is"
    if live.stage or not live.epochs:
        part = f"{100 * pace.share:.0f} %" if pace.share is not None else ""
        return " · ".join(word for word in (lowered(live.stage) or "starting", part) if word)
    parts = [f"epoch {min(live.done + 1, live.epochs)} of {live.epochs}"]
    if state == "paused":
        return " · ".join([*parts, "paused"])
    if live.rate:
        parts.append(f"{live.rate:,.0f} images/s")
    left = pace.seconds_left if pace.seconds_left is not None else live.seconds_left
    if left is not None:
        parts.append(wording.time_left(left))
    return " · ".join(parts)


def past_line(past: History) -> str:
    """Such as "8 of 12 epochs · 3 min 4 s · cpu"."""
    planned = f" of {past.planned_epochs}" if past.planned_epochs > len(past.epochs) else ""
    number = len(past.epochs)
    parts = [f"{number}{planned} {'epoch' if number == 1 and not planned else 'epochs'}"]
    if past.seconds:
        parts.append(wording.duration(past.seconds))
    return " · ".join([*parts, past.device] if past.device else parts)


@dataclass(frozen=True)
class Failure:
    """How the training that we watched failed; `run` is empty where it failed before there was a run."""

    run: str = ""
    title: str = ""
    hint: str = ""


def trouble(past: Past, failure: Failure = Failure()) -> tuple[str, str] | None:
    """The sentence and hint for a run that did not end by itself; None for one that is well."""
    if past.history.status == "interrupted":
        resume = "Resume goes on where it was."
        if failure.run == past.name:
            return failure.title, f"{failure.hint} {resume}".strip()
        saved = f"after epoch {past.history.epochs[-1]}" if past.history.epochs else "before its first epoch ended"
        title = past.history.problem or f"The training of {past.name} was cut off {saved}."
        return title, f"Everything it saved is safe. {resume}"
    if past.history.status == "unreadable":
        return f"The run {past.name} cannot be read: {past.history.problem}", "Check the permissions of its folder."
    return None


@dataclass(frozen=True)
class Best:
    """The large figure and the words below it."""

    figure: str
    words: str


def best(past: History) -> Best:
    """Best validation accuracy with its 95 % margin (normal approximation of a share)."""
    if past.best_accuracy is None:
        return Best("–", "validation accuracy; comes with the first epoch")
    margin = ""
    if past.val_images:
        share = past.best_accuracy
        margin = f", ± {196 * math.sqrt(share * (1 - share) / past.val_images):.1f} at 95 %"
    return Best(wording.percent(past.best_accuracy), f"validation, epoch {past.best_epoch}{margin}")


def facts(past: History, live: Live | None, edits: int | None, now: float) -> tuple[tuple[str, str], ...]:
    """The lines of "This run": name and value. `now` is seconds since the epoch."""
    rate = live.learning_rate if live and live.learning_rate else next(iter(past.learning_rate[-1:]), None)
    rows = [("Learning rate", f"{rate:.1e}".replace("e-0", "e-") if rate else "–")]
    if live:
        rows.append(("Checkpoint", f"saved {age(now - live.saved_at)}" if live.saved_at else "none yet"))
    rows += [
        ("Training images", f"{past.train_images:,}" if past.train_images else "–"),
        ("Validation images", f"{past.val_images:,}" if past.val_images else "–"),
        ("Device", past.device or "–"),
        ("Label edits since start", "–" if edits is None else f"{edits:,}"),
    ]
    return tuple(rows)


def age(seconds: float) -> str:
    """Such as "just now", "40 s ago", "3 min ago"."""
    whole = max(0, round(seconds))
    if whole < 3:
        return "just now"
    if whole < 60:
        return f"{whole} s ago"
    return f"{whole // 60} min ago" if whole < 3600 else f"{whole // 3600} h ago"


def augmentation(recipe: Recipe) -> str:
    """What happens to training images, such as "Rotation, colour jitter and 2 more"."""
    used = [(type(op).__doc__ or name) for name, op in recipe.augment.operations() if op.used]
    if not used:
        return "Nothing: images are used as they are."
    named = ", ".join([used[0], *(lowered(title) for title in used[1:_NAMED])])
    return f"{named} and {len(used) - _NAMED} more" if len(used) > _NAMED else named


def synthesis(recipe: Recipe) -> str:
    """What is composed, such as "9,000 digits from MNIST"."""
    if not recipe.synth.count:
        return "None"
    origin = {"mnist": "MNIST"}.get(recipe.synth.stamps, Path(recipe.synth.stamps).name)
    return f"{wording.count(recipe.synth.count, 'digit')} from {origin}"


def lowered(text: str) -> str:
    """`text` with a small first letter, for the middle of a line."""
    return text[:1].lower() + text[1:]
