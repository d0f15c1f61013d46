"""The left column of the Augment page, decided without Qt: a line for each operation, with a control for each setting.

Made from the recipe's own declaration: what operations there are, their bounds, units and help are said there alone.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from core.recipe import Augment, Recipe, Setting, flat, parse_rules, settings
from core.recipe.operations import operations
from studio.widgets.scale import Scale

PREFIX = "augment."
_ON, _CHANCE = "enabled", "probability"
_FIRST_OF = {"crop": ("area",), "padded_crop": ("padding",), "mixup": ("alpha",), "cutmix": ("alpha",)}
_STEPS = {
    "blur.kernel": 2.0,
    "jitter.brightness": 0.05,
    "jitter.contrast": 0.05,
    "jitter.saturation": 0.05,
    "motion.length": 0.5,
    "noise.sigma": 0.005,
    "padded_crop.window": 0.05,
    "perspective.distortion": 0.01,
}
_EVEN = ("crop.area", "padded_crop.window")  # whose usual values lie at the upper end, where a logarithm is coarse
_LEAST = {"mixup.alpha": 0.05, "cutmix.alpha": 0.05}  # above their bound, which is not allowed itself
_STEPS_ALONG = 100
_LOG_FROM = 10  # high over low from which a track is logarithmic

Value = Any  # of a setting: number, pair of numbers, text, whether it is on


@dataclass(frozen=True)
class Knob:
    """A setting of an operation; `main` ones are seen whenever the operation is on."""

    path: str
    title: str
    help: str
    unit: str
    kind: Literal["value", "range", "choice"]
    main: bool
    scale: Scale | None = None  # of value and range
    neutral: float | None = None
    choices: tuple[str, ...] = ()

    def words(self, value: Value) -> str:
        """A value with its unit, such as "0.70 – 1.00" or "−20° – 20°"."""
        if self.scale is None:
            return str(value)
        ends = value if self.kind == "range" else (value,)
        said = [self.scale.words(end) for end in ends]
        if self.scale.curved:  # such as 0.3 – 2.0: steps differ along the track, the digits of both ends should not
            digits = max(len(word.partition(".")[2]) for word in said)
            said = [f"{end:.{digits}f}" for end in ends]
        said = [word.replace("-", "−") for word in dict.fromkeys(said)]
        if self.unit == "°":
            said = [f"{word}°" for word in said]
        return " – ".join(said) + (f" {self.unit}" if self.unit not in ("", "°") else "")


@dataclass(frozen=True)
class Operation:
    """An operation with its settings, main ones first and its probability last."""

    name: str
    title: str
    knobs: tuple[Knob, ...]

    @property
    def switch(self) -> str:
        """The path of the setting that turns it on."""
        return f"{PREFIX}{self.name}.{_ON}"

    @property
    def mains(self) -> tuple[Knob, ...]:
        return tuple(knob for knob in self.knobs if knob.main)


@dataclass(frozen=True)
class Line:
    """How an operation stands. `idle`: it is on, but another is shown alone. `open` are the settings that show."""

    on: bool
    idle: bool
    alone: bool
    words: str
    changed: bool
    values: dict[str, Value] = field(default_factory=dict)
    altered: frozenset[str] = frozenset()  # settings that differ from those it started from
    open: frozenset[str] = frozenset()


@cache
def all_operations() -> tuple[Operation, ...]:
    """What the column offers, in the order in which it happens."""
    found = []
    for name, kind in operations().items():
        mine = [s for s in settings() if s.path.startswith(f"{PREFIX}{name}.") and not s.path.endswith(f".{_ON}")]
        first = _FIRST_OF.get(name, tuple(kind.NEUTRAL)) or (_CHANCE,)
        knobs = [_knob(s, s.path.rpartition(".")[2] in first, kind.NEUTRAL) for s in mine]
        knobs.sort(key=lambda knob: (not knob.main, knob.path.endswith(_CHANCE)))
        found.append(Operation(name, mine[0].group, tuple(knobs)))
    return tuple(found)


def setting(name: str) -> Setting:
    """The setting of the augmentation itself that is called `name`, such as "rules"."""
    return next(s for s in settings() if s.path == PREFIX + name)


def _knob(setting: Setting, main: bool, neutral: dict[str, float]) -> Knob:
    name = setting.path.rpartition(".")[2]
    if setting.kind == "choice":
        return Knob(setting.path, setting.title, setting.help, "", "choice", main, choices=setting.choices)
    short = setting.path.removeprefix(PREFIX)
    low, high = _LEAST.get(short, setting.low), setting.high
    assert low is not None, setting.path
    assert high is not None, setting.path
    log = low > 0 and high / low >= _LOG_FROM and not setting.whole and short not in _EVEN
    usual = 1.0 if setting.whole or setting.unit == "°" else _step(high - low)
    scale = Scale(low, high, _STEPS.get(short, usual), setting.whole, log)
    kind: Literal["value", "range"] = "range" if setting.kind == "span" else "value"
    return Knob(setting.path, setting.title, setting.help, setting.unit, kind, main, scale, neutral.get(name))


def _step(room: float) -> float:
    """1, 2 or 5 times a power of ten, about a hundredth of `room`."""
    wanted = room / _STEPS_ALONG
    power = 10.0 ** math.floor(math.log10(wanted))
    nice = min((1.0, 2.0, 5.0, 10.0), key=lambda digit: abs(math.log(digit * power / wanted)))
    return float(f"{nice * power:.10g}")


def lines(
    recipe: Recipe, base: Augment, alone: str, classes: Sequence[str], expanded: Collection[str]
) -> dict[str, Line]:
    """How each operation stands in `recipe`, compared with `base`; `alone` is the one shown alone, "" for none."""
    values, before = flat(recipe), flat(recipe.model_copy(update={"augment": base}))
    banned = _banned(recipe.augment, classes)
    found = {}
    for operation in all_operations():
        paths = [operation.switch, *(knob.path for knob in operation.knobs)]
        mine = {path: values[path] for path in paths}
        altered = frozenset(path for path in paths if mine[path] != before[path])
        on = bool(mine[operation.switch])
        found[operation.name] = Line(
            on=on,
            idle=on and bool(alone) and alone != operation.name,
            alone=alone == operation.name,
            words=_summary(operation, mine, operation.name in banned),
            changed=bool(altered),
            values=mine,
            altered=altered,
            open=_open(operation, mine, operation.name in expanded) if on else frozenset(),
        )
    return found


def _banned(augment: Augment, classes: Sequence[str]) -> set[str]:
    """The operations that the rules forbid to every class there is."""
    bans = [rule for rule in parse_rules(augment.rules, operations()) if rule.kind == "ban"]
    names = classes or ("",)
    return {
        rule.operation
        for rule in bans
        if all(any(other.operation == rule.operation and other.concerns(name) for other in bans) for name in names)
    }


def _summary(operation: Operation, values: dict[str, Value], banned: bool) -> str:
    """What stands at the right of an operation's title."""
    if banned:
        return "off by rule"
    if not values[operation.switch]:
        return "off"
    said = [knob.words(values[knob.path]) for knob in operation.mains if not knob.path.endswith(_CHANCE)]
    said = said if len(said) == 1 else []
    chance = next(knob for knob in operation.knobs if knob.path.endswith(_CHANCE))
    if chance.main:
        said.append(f"p {chance.words(values[chance.path])}")
    return " · ".join(said)


def _open(operation: Operation, values: dict[str, Value], expanded: bool) -> frozenset[str]:
    usual = {s.path: s.default for s in settings()}
    return frozenset(
        knob.path
        for knob in operation.knobs
        if expanded or knob.main or values[knob.path] != (1 if knob.path.endswith(_CHANCE) else usual[knob.path])
    )


def reason(title: str) -> str:
    """The reason alone of a refusal such as "recipe: augment.rules: the rule …", beginning with a capital."""
    words = title.removeprefix("recipe: ").removeprefix(f"{PREFIX}rules: ")
    words = words.partition(": ")[2] if words.startswith(PREFIX) else words
    return words[:1].upper() + words[1:]
