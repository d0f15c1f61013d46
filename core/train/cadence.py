"""How often: every so many seconds of a clock that is handed in."""

import time
from collections.abc import Callable


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
