"""What the learning-rate finder shows, decided without Qt: folded from the events of `core find-rate`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core import wording
from core.events import Event, RatePoint
from studio.progress import Pace

ABOUT = "Trains a copy of the network for some steps while the learning rate rises."
_DIGITS = 2


@dataclass(frozen=True)
class Search:
    """The losses so far by rate, in the order of the steps; the rate suggested, and why; the rate chosen."""

    rates: tuple[float, ...] = ()
    losses: tuple[float | None, ...] = ()
    suggested: float | None = None
    reason: str = ""
    chosen: float | None = None


def heard(search: Search, event: Event) -> Search:
    """`search` after one more event."""
    if isinstance(event, RatePoint) and event.rate > 0:
        return replace(search, rates=(*search.rates, event.rate), losses=(*search.losses, event.loss))
    return search


def finished(search: Search, result: Mapping[str, Any]) -> Search:
    """`search` with the suggestion, which is chosen unless another rate was."""
    suggested = rounded(float(result["rate"]))
    return replace(search, suggested=suggested, reason=str(result["reason"]), chosen=search.chosen or suggested)


def choose(search: Search, rate: float) -> Search:
    """`search` with another rate chosen."""
    return replace(search, chosen=rounded(rate))


def rounded(rate: float) -> float:
    """A rate with two digits: its neighbours train no better or worse."""
    return float(f"{rate:.{_DIGITS - 1}e}")


def said(rate: float) -> str:
    """A rate as the form shows it, such as "0.0024" and "3.1e-5"."""
    return wording.number(rate)


def running_line(pace: Pace, stopping: bool) -> str:
    """How far the search is, such as "Trying learning rates, 43 % · 8 s left"."""
    if stopping:
        return "Stopping"
    part = pace.stage or "Starting"
    if pace.share is not None:
        part = f"{part}, {100 * pace.share:.0f} %"
    return f"{part} · {wording.time_left(pace.seconds_left)}" if pace.seconds_left is not None else part


def result_line(search: Search) -> str:
    """What came of it, when it has ended well."""
    return f"Suggested: {said(search.suggested)}. {search.reason}" if search.suggested else ""
