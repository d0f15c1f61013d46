"""The numbers a slider runs over: bounds, steps and how far along the track a number lies. Arithmetic only."""

import math
from dataclasses import dataclass
from decimal import Decimal

_SHARE = 0.01  # of a logarithmic track that a key moves, where its steps are as unequal as its numbers


@dataclass(frozen=True)
class Scale:
    """Numbers from `low` to `high`. `step` apart; logarithmic ones have two digits and are multiples of `step`.

    `log` counts only where `low` is above 0. `whole` numbers come out as int.
    """

    low: float
    high: float
    step: float
    whole: bool = False
    log: bool = False

    def __post_init__(self) -> None:
        assert self.low < self.high, f"{self.low} to {self.high}"
        assert self.step > 0, self.step

    def bounded(self, value: float) -> float:
        """`value` within the bounds and free of float noise, but not moved to a step: it may come from a file."""
        return self._clean(min(self.high, max(self.low, value)))

    def snapped(self, value: float) -> float:
        """The nearest step; both bounds count as steps."""
        if value <= self.low or value >= self.high:
            return self.bounded(value)
        if self.curved:
            unit = self._unit(value)
            return self.bounded(round(value / unit) * unit)
        near = self.low + round((value - self.low) / self.step) * self.step
        return self.bounded(self.high if abs(self.high - value) < abs(near - value) else near)

    def stepped(self, value: float, steps: int) -> float:
        """The number `steps` steps from `value` on, against the bounds at most."""
        if self.curved:
            along = self.snapped(self.at(self.share(value) + _SHARE * steps))
            unit = self._unit(value if steps > 0 else value * (1 - 1e-9))
            one = self.snapped(value + math.copysign(unit, steps))
            return max(along, one) if steps > 0 else min(along, one)
        place = (value - self.low) / self.step
        start = math.floor(place + 1e-6) if steps > 0 else math.ceil(place - 1e-6)
        return self.bounded(self.low + (start + steps) * self.step)

    def share(self, value: float) -> float:
        """How far along the track `value` lies, 0 to 1."""
        if self.curved:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def at(self, share: float) -> float:
        """The number at a share of the track; shares beyond 0 to 1 give the bounds."""
        share = min(1.0, max(0.0, share))
        if self.curved:
            return self.low * (self.high / self.low) ** share
        return self.low + share * (self.high - self.low)

    def words(self, value: float) -> str:
        """`value` with as many digits as the step has, with more if it has more."""
        if self.whole:
            return f"{value:,}"
        text = f"{value:.{_decimals(self.step)}f}"
        return text if not self.curved and float(text) == value else f"{value:g}"

    @property
    def curved(self) -> bool:
        """Whether the track is logarithmic."""
        return self.log and self.low > 0

    def _unit(self, value: float) -> float:
        """The second digit of `value`, one step at least."""
        return max(self.step, 10.0 ** (math.floor(math.log10(value)) - 1))

    def _clean(self, value: float) -> float:
        if self.whole:
            return round(value)
        if self.curved:
            return float(f"{value:.10g}")
        return round(value, _decimals(self.step) + 8) + 0.0  # and no -0.0


def _decimals(step: float) -> int:
    exponent = Decimal(repr(float(step))).normalize().as_tuple().exponent
    return max(0, -int(exponent))
