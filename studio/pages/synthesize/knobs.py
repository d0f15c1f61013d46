"""The settings of synthesis as controls, decided without Qt: what kind each needs, its track and how it says a value.

Made from the recipe's own declaration: titles, bounds, units and help are said there alone.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from core.recipe import Recipe, Setting, flat, settings
from studio.widgets.scale import Scale

PREFIX = "synth."
COUNT, STAMPS = "synth.count", "synth.stamps"  # have controls of their own
_HEADS = {"smallest": "Background", "padding": "Digit", "ink": "Ink", "match_blur": "Camera"}  # above these settings
_LOG_FROM = 100  # high over low from which a track is logarithmic
_FINE, _WHOLE = 0.01, 1.0  # steps
_ON = {True: "on", False: "off"}
_WIDE = 10  # range from which steps are whole

Value = Any  # number, pair of numbers, text, or whether it is on


@dataclass(frozen=True)
class Knob:
    """One setting; `scale` is that of a value or a range."""

    setting: Setting
    kind: Literal["value", "range", "choice", "switch"]
    scale: Scale | None = None

    @property
    def path(self) -> str:
        return self.setting.path

    @property
    def head(self) -> str:
        """What stands above it, if it is the first of its kind."""
        return _HEADS.get(self.path.removeprefix(PREFIX), "")

    @property
    def tip(self) -> str:
        """What it does and how its default comes back."""
        default = self.setting.default
        said = self.words(default) if self.scale else str(default) if self.kind == "choice" else _ON[default]
        return f"{self.setting.help}\nDouble click the title for the default: {said}"

    def words(self, value: Value) -> str:
        """A value with its unit, such as "0.08 – 0.23" or "−10° – 10°"; a choice and a switch say it themselves."""
        if self.scale is None:
            return ""
        ends = dict.fromkeys(value if self.kind == "range" else (value,))
        unit = self.setting.unit
        said = [self.scale.words(end).replace("-", "−") + ("°" if unit == "°" else "") for end in ends]
        return " – ".join(said) + (f" {unit}" if unit not in ("", "°") else "")


@cache
def knobs() -> tuple[Knob, ...]:
    """All settings of synthesis but the number of images and the stamps, in the order of declaration."""
    mine = [s for s in settings() if s.path.startswith(PREFIX) and s.path not in (COUNT, STAMPS)]
    return tuple(_knob(setting) for setting in mine)


def setting(path: str) -> Setting:
    """The setting of this path."""
    return next(s for s in settings() if s.path == path)


def idle(recipe: Recipe) -> dict[str, str]:
    """The settings that now do nothing, and why."""
    if recipe.synth.ink == "contrast":
        return {}
    return {f"{PREFIX}contrast": "Counts only for contrasting ink."}


def changed(recipe: Recipe) -> frozenset[str]:
    """The settings of synthesis that are not their default."""
    values = flat(recipe)
    return frozenset(s.path for s in settings() if s.path.startswith(PREFIX) and values[s.path] != s.default)


def _knob(setting: Setting) -> Knob:
    if setting.kind in ("choice", "bool"):
        return Knob(setting, "choice" if setting.kind == "choice" else "switch")
    low, high = setting.low, setting.high
    assert low is not None, setting.path
    assert high is not None, setting.path
    log = low > 0 and high / low >= _LOG_FROM
    step = _WHOLE if setting.whole or high - low > _WIDE else _FINE
    return Knob(setting, "range" if setting.kind == "span" else "value", Scale(low, high, step, setting.whole, log))
