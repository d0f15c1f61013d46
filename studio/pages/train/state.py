"""The words of the Train page, decided without Qt: of a run that is or was trained, of what it is trained with."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from core import wording
from core.events import Diverged, Event, Notice, RunStarted
from core.recipe import Recipe
from core.runs.history import History
from core.runs.queue import Entry
from studio.pages.train.devices import AUTOMATIC
from studio.pages.train.ground import Past
from studio.pages.train.live import Live
from studio.parting import Parting
from studio.progress import Pace

_NAMED = 4  # operations in a line
_NOTE = 32  # letters of a note in the list of runs
_NOTICES = 4  # that are shown
RESUMABLE = ("stopped", "interrupted")
OVER = ("completed", "early-stopped")


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


def title(past: Past) -> str:
    """The line of the run picker."""
    parts = [past.name]
    if past.history.best_accuracy is not None:
        parts.append(wording.percent(past.history.best_accuracy))
    parts.append(chip(status(past.history)).text.lower())
    first = past.notes.partition("\n")[0]
    return " · ".join([*parts, wording.clipped(first, _NOTE)] if first else parts)


def status(past: History) -> str:
    """The status of a run, paused told apart from running."""
    return "paused" if past.paused else past.status


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


@dataclass(frozen=True)
class Trouble:
    """Why a run did not end by itself; `images` are those to look at because of it."""

    sentence: str
    hint: str
    images: tuple[int, ...] = ()


def trouble(past: Past, failure: Failure = Failure()) -> Trouble | None:
    """What is told of a run that did not end by itself; None for one that is well."""
    if past.history.status == "interrupted":
        resume = "Resume goes on where it was."
        images = diverged_on(past.events)
        if failure.run == past.name:
            return Trouble(failure.title, f"{failure.hint} {resume}".strip(), images)
        saved = f"after epoch {past.history.epochs[-1]}" if past.history.epochs else "before its first epoch ended"
        title = past.history.problem or f"The training of {past.name} was cut off {saved}."
        return Trouble(title, f"Everything it saved is safe. {resume}", images)
    if past.history.status == "unreadable":
        sentence = f"The run {past.name} cannot be read: {past.history.problem}"
        return Trouble(sentence, "Check the permissions of its folder.")
    return None


def diverged_on(events: Iterable[Event]) -> tuple[int, ...]:
    """The images of the batch that a run diverged on; those composed of digits are none of the project."""
    found: tuple[int, ...] = ()
    for event in events:
        if isinstance(event, RunStarted):
            found = ()
        elif isinstance(event, Diverged):
            found = tuple(dict.fromkeys(id for id in event.ids if id >= 0))
    return found


def notices(events: Iterable[Event]) -> tuple[Notice, ...]:
    """What was remarked during a run, each once, the latest last."""
    said = {event.text: event for event in events if isinstance(event, Notice)}
    return tuple(said.values())[-_NOTICES:]


def parting(run: str, state: str, waiting: int, of_queue: bool) -> Parting:
    """The question about a training in `state` while `waiting` runs are in the queue; `of_queue` if it trains them."""
    rest = "The run that waits" if waiting == 1 else f"The {waiting} runs that wait"
    stays = f" {rest} {'stays' if waiting == 1 else 'stay'} in the queue." if waiting else ""
    goes = f"{'It is paused now; it' if state == 'paused' else 'It'} goes on without this window."
    after = f" {rest} {'is' if waiting == 1 else 'are'} trained after it." if waiting and of_queue else stays
    return Parting(
        f"Training {run} is {'paused' if state == 'paused' else 'running'}." if run else "A training is starting.",
        f"Stop and keep: what is trained is saved, and Resume goes on with it.{stays}",
        f"Let it go on: {lowered(goes)}{after} The project shows it when you open it again.",
    )


def warning(live: Live) -> str:
    """The latest warning of a training; empty where there was none."""
    said = [event.text for event in (*live.told, *live.early) if isinstance(event, Notice) and event.level == "warning"]
    return said[-1] if said else ""


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
    memory = live.gpu_memory if live else None
    rate = live.learning_rate if live and live.learning_rate else next(iter(past.learning_rate[-1:]), None)
    rows = [("Learning rate", _rate(rate) if rate else "–")]
    saved = f"after epoch {past.epochs[-1]}" if past.epochs else "none yet"
    rows += [  # the same lines of a run that is trained and one that was, so that nothing moves
        ("Checkpoint", f"saved {age(now - live.saved_at)}" if live and live.saved_at else saved),
        ("Training images", f"{past.train_images:,}" if past.train_images else "–"),
        ("Validation images", f"{past.val_images:,}" if past.val_images else "–"),
        ("Device", past.device or "–"),
    ]
    if memory:
        rows.append(("GPU memory", f"{memory / 1e9:.1f} GB"))
    rows += [
        (f"Lowest {noun}", text)
        for noun, text in (("source", lowest(past.by_source)), ("class", lowest(past.by_class)))
    ]
    rows += [
        ("Label edits since start", "–" if edits is None else f"{edits:,}"),
    ]
    return tuple(rows)


def _rate(rate: float) -> str:
    """Two digits, such as "5.0e-4" and "2.5"."""
    return f"{rate:.1f}" if rate >= 1 else f"{rate:.1e}".replace("e-0", "e-")


def lowest(shares: Mapping[str, float]) -> str:
    """The name of the lowest of several shares and the share, such as "jersey · 70.2 %"."""
    if len(shares) < 2:
        return "–"
    name = min(shares, key=lambda name: shares[name])
    return f"{name or 'none'} · {wording.percent(shares[name])}"


def longer(past: History) -> int:
    """The epochs that are offered to a run that is over: half as many again."""
    done = len(past.epochs)
    return max(done + 1, math.ceil(1.5 * done))


def longer_hint(past: History) -> str:
    """What going on with a run that is over means."""
    goes_on = "The learning rate follows its schedule as it is for that many epochs."
    if past.status != "early-stopped":
        return goes_on
    early = f"It stopped early, because nothing improved after epoch {past.best_epoch}; now it trains all of these."
    return f"{early} {goes_on}"


def lengthened(past: Past, epochs: int, patience: int) -> list[str]:
    """The arguments that let a run that is over go on to `epochs`.

    One that stopped early would do so again at once, unless its `patience` grows with it.
    """
    stale = len(past.history.epochs) - (past.history.best_epoch or 0)
    arguments = ["--resume", past.name, "--schedule.epochs", str(epochs)]
    if stale >= patience:
        arguments += ["--schedule.patience", str(stale + epochs - len(past.history.epochs))]
    return arguments


def waiting_line(entry: Entry, apart: str = "") -> tuple[str, str]:
    """A run that waits: its name, with what tells it from others of that name, and the words of its tooltip."""
    recipe = entry.recipe
    if recipe is None:
        return entry.file.name, entry.problem
    epochs = wording.count(recipe.schedule.epochs, "epoch")
    device = "" if entry.device == AUTOMATIC else f", on {entry.device}"
    name = f"{recipe.name}: {apart.replace('_', ' ')}" if apart else recipe.name
    return name, f"{name}\n{recipe.model.name}, {recipe.data.image_size} px, {epochs}{device}"


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
