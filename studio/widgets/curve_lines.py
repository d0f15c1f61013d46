"""What each plot of a training run shows of its history and of runs that it is compared with. No Qt."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.runs.history import Curve, History, Parts
from studio.widgets import traces
from studio.widgets.traces import Array, Content, Line

Measure = Literal["accuracy", "loss"]
Images = Literal["val", "train"]
MOST_COMPARED = 4
_ALL_COLORED, _WORST = 10, 5  # lines that each have a colour; beyond, so many of them
_OTHERS = ((4, (5.0, 2.5)), (6, (2.0, 1.5)), (8, (6.0, 2.0, 1.5, 2.0)), (3, (9.0, 3.0)))  # hue and dashes
_TRAIN, _VALIDATION, _GREY = 0, 1, -1
_AWAY = 1000.0  # no loss of a network that learns
_AFTER_FIRST = "The curves appear here after the first epoch."


@dataclass(frozen=True)
class Panel:
    """A plot that can be shown: words of its button, its tooltip, the title of the plot."""

    title: str
    tooltip: str


PANELS = {
    "accuracy": Panel("Accuracy", "Share of images that are right, in training and validation"),
    "loss": Panel("Loss", "Loss of training and validation; thin: every step"),
    "learning_rate": Panel("Learning rate", "Learning rate, epoch by epoch; thin: every step"),
    "images_per_second": Panel("Images/s", "Images a second in training; thin: every step"),
    "by_class": Panel("By class", "A line for each class; the pointer or the up and down keys pick one"),
    "by_source": Panel("By source", "A line for each source; the pointer or the up and down keys pick one"),
}
BY_PART = ("by_class", "by_source")


@dataclass(frozen=True)
class Options:
    """`smoothing` in [0, 1) is the weight of earlier values. `measure` and `images` choose the lines by part."""

    smoothing: float = 0.0
    log: bool = False
    measure: Measure = "accuracy"
    images: Images = "val"


def uses_log(panel: str, options: Options) -> bool:
    """Whether an axis of powers says something of a plot."""
    return panel in ("loss", "learning_rate") or (panel in BY_PART and options.measure == "loss")


def content(panel: str, run: History, compared: Sequence[tuple[str, History]], options: Options) -> Content:
    """What the plot `panel` of PANELS shows."""
    if panel in BY_PART:
        return _by_part(panel, run, options)
    x = np.array(run.epochs, float)
    if panel == "accuracy":
        lines = _pair(x, run.train_accuracy, run.val_accuracy, options)
        best = _value_at(run.val_accuracy, run)
        lines += _others(compared, "val_accuracy", options)
        return Content(lines, share=True, written=_four, empty=_AFTER_FIRST, best=run.best_epoch, best_value=best)
    if panel == "loss":
        lines = _pair(x, run.train_loss, run.val_loss, options) + _others(compared, "val_loss", options)
        return Content(lines, log=options.log, written=_four, empty=_AFTER_FIRST, best=run.best_epoch)
    rate = panel == "learning_rate"  # chosen, not measured: smoothed it would be wrong
    weight = Options() if rate else options
    lines = (_line("This run", x, run.learning_rate if rate else run.images_per_second, _TRAIN, 1.75, weight),)
    lines += _others(compared, panel, weight)
    log, written = (options.log, _power) if rate else (False, _whole)
    return Content(lines, log=log, written=written, empty=_AFTER_FIRST, best=run.best_epoch)


def summary(shown: Content, epoch: float, loss: bool) -> str:
    """The values at `epoch` for the heading of a plot: of the run itself, or of its worst part."""
    if not shown.named:
        return " ".join(shown.written(line.at(epoch)) for line in shown.lines[:2] if not line.dashes)
    known = [(line.at(epoch), line.name) for line in shown.lines if math.isfinite(line.at(epoch))]
    if not known:
        return ""
    value, name = max(known) if loss else min(known)
    return f"{'highest' if loss else 'lowest'} {name} {shown.written(value)}"


def told(shown: Content, epoch: float, title: str) -> str:
    """The values at `epoch` in words, such as "Loss: Train 0.8000, Validation 1.3000"; of many parts the worst."""
    lines = [line for line in shown.lines if line.hue != _GREY]
    words = ", ".join(f"{line.name} {shown.written(line.at(epoch))}" for line in lines)
    rest = len(shown.lines) - len(lines)
    return f"{title}: {words}" + (f" and {rest} more" if rest else "") if words else ""


def _by_part(panel: str, run: History, options: Options) -> Content:
    """The lines of classes or sources, the worst first."""
    parts = run.classes if panel == "by_class" else run.sources
    curves = {name: traces.numbers(values) for name, values in _curves(parts, options).items()}
    loss = options.measure == "loss"
    ranked = traces.worst(curves, len(curves), high_is_bad=loss)
    colored = set(ranked if len(ranked) <= _ALL_COLORED else ranked[:_WORST])
    hues = {name: hue for hue, name in enumerate(name for name in curves if name in colored)}
    x = np.array(run.epochs, float)
    lines = tuple(_smooth(name, x, curves[name], hues.get(name, _GREY), options) for name in ranked)
    where = "in validation" if options.images == "val" else "in training"
    part = panel.removeprefix("by_")
    empty = f"This run has no {options.measure} by {part} {where}." if run.epochs else _AFTER_FIRST
    return Content(
        lines,
        named=True,
        share=not loss,
        log=loss and options.log,
        written=_four,
        empty=empty,
        best=run.best_epoch,
    )


def _curves(parts: Parts, options: Options) -> dict[str, Curve]:
    found: dict[str, Curve] = getattr(parts, f"{options.images}_{options.measure}")
    return found


def _pair(x: Array, train: Curve, validation: Curve, options: Options) -> tuple[Line, ...]:
    """Training is thinner, so that colour is not the only sign."""
    return (
        _line("Train", x, train, _TRAIN, 1.5, options),
        _line("Validation", x, validation, _VALIDATION, 2.25, options),
    )


def _others(compared: Sequence[tuple[str, History]], curve: str, options: Options) -> tuple[Line, ...]:
    lines = []
    for (name, run), (hue, dashes) in zip(compared, _OTHERS, strict=False):
        values = traces.numbers(getattr(run, curve))
        smooth = traces.smoothed(values, options.smoothing)
        lines.append(Line(name, np.array(run.epochs, float), smooth, hue, 1.6, dashes, values))
    return tuple(lines)


def _line(name: str, x: Array, curve: Curve, hue: int, width: float, options: Options) -> Line:
    values = traces.numbers(curve)
    return Line(name, x, traces.smoothed(values, options.smoothing), hue, width, (), values, options.smoothing > 0)


def _smooth(name: str, x: Array, values: Array, hue: int, options: Options) -> Line:
    return Line(name, x, traces.smoothed(values, options.smoothing), hue, 1.0 if hue == _GREY else 1.6, (), values)


def _value_at(curve: Curve, run: History) -> float:
    """The value of the best epoch; nan if there is none."""
    value = curve[run.epochs.index(run.best_epoch)] if run.best_epoch in run.epochs else None
    return math.nan if value is None else value


def _four(value: float) -> str:
    """Four decimals; of a loss that runs away, what tells how far."""
    if abs(value) >= _AWAY:
        return _power(value)
    return f"{value:.4f}" if math.isfinite(value) else "–"


def _power(value: float) -> str:
    if 1 <= abs(value) < _AWAY:
        return f"{value:.3g}"
    return traces.scientific(value) if math.isfinite(value) else "–"


def _whole(value: float) -> str:
    return f"{value:,.0f}" if math.isfinite(value) else "–"
