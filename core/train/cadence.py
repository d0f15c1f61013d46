"""How often, and for how long: by a clock that is handed in."""

import time
from collections.abc import Callable, Generator
from typing import Any

from core.events import Event


class Every:
    """`due()` is true when at least `seconds` passed since it was true last; `elapsed` says how many did."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self.elapsed = 0.0
        self._clock = clock
        self._last = clock()

    def due(self) -> bool:
        now = self._clock()
        if now - self._last < self.seconds:
            return False
        self.elapsed, self._last = now - self._last, now
        return True


class Stopwatch:
    """Seconds of work since it was made, plus `before`; a pause does not count.

    A job pauses by not being asked for its next event, so events that may be followed by one go through `telling`.
    """

    def __init__(self, before: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock() - before

    def seconds(self) -> float:
        """How many there are by now."""
        return self._clock() - self._began

    def telling(self, event: Event) -> Generator[Event, Any, Any]:
        """Yield `event` and return what is sent; time until the job is asked to go on, or closed, does not count."""
        left = self._clock()
        try:
            return (yield event)
        finally:
            self._began += self._clock() - left
