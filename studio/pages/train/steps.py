"""The steps of a run as few enough points to be drawn 30 times a second. Knows no Qt."""

import numpy as np
import numpy.typing as npt

from core.events import Event, RunStarted, Step, decode
from core.runs.folder import STEP, RunFolder

MOST = 6000
_STARTED = b'{"event": "RunStarted"'
Array = npt.NDArray[np.float64]


class Steps:
    """Loss, learning rate and images per second by position, which counts epochs: 2.5 is the middle of the third.

    Holds at most `MOST` points: of a longer run every second, fourth, … step. Steps that are done again after a resume
    replace the older ones.
    """

    def __init__(self) -> None:
        self._rows = np.empty((4, 256))  # position, loss, learning rate, images per second
        self._count = 0
        self._stride = 1
        self._passed = 0
        self._per_epoch = 0

    def __len__(self) -> int:
        return self._count

    def hear(self, event: Event) -> bool:
        """Take in an event of a run; whether there is something new to draw."""
        if isinstance(event, RunStarted):
            self.begin(event)
            return True
        return isinstance(event, Step) and self.due() and self.add(event)

    def begin(self, started: RunStarted) -> None:
        """Steps of this run follow; what was done after its last checkpoint is done again."""
        self._per_epoch = max(1, started.steps_per_epoch)
        self._cut(started.epoch + started.step / self._per_epoch, "right")

    def due(self) -> bool:
        """Whether the next step is one that counts, so that others need not be read."""
        self._passed += 1
        return self._passed % self._stride == 0

    def add(self, step: Step) -> bool:
        """Take in one step that is `due`; False while the length of an epoch is not known."""
        if not self._per_epoch:
            return False
        at = step.epoch - 1 + step.step / self._per_epoch
        if self._count and at <= self._rows[0, self._count - 1]:
            self._cut(at, "left")
        if self._count == self._rows.shape[1]:
            self._make_room()
        loss = np.nan if step.loss is None else step.loss
        self._rows[:, self._count] = at, loss, step.learning_rate, step.images_per_second
        self._count += 1
        return True

    def arrays(self) -> tuple[Array, Array, Array, Array]:
        """Positions, losses, learning rates and images per second; what is added later does not change them."""
        positions, losses, rates, speeds = self._rows[:, : self._count]
        return positions, losses, rates, speeds

    def progress(self) -> tuple[int, int]:
        """Complete epochs, and steps of the next, after the last point."""
        if not self._count:
            return 0, 0
        return divmod(round(float(self._rows[0, self._count - 1]) * self._per_epoch), self._per_epoch)

    def _cut(self, position: float, side: str) -> None:
        """Forget what lies after `position` ("right") or from there on ("left")."""
        keep = int(np.searchsorted(self._rows[0, : self._count], position, "right" if side == "right" else "left"))
        if keep < self._count:
            self._rows = self._rows.copy()  # somebody may still draw the old ones
            self._count = keep

    def _make_room(self) -> None:
        if self._count >= MOST:
            half = self._rows[:, 1 : self._count : 2]
            self._count = half.shape[1]
            self._rows = np.hstack([half, np.empty((4, MOST - self._count))])
            self._stride *= 2
        else:
            more = min(MOST, 2 * self._count) - self._count
            self._rows = np.hstack([self._rows, np.empty((4, more))])


def read(run: RunFolder) -> Steps:
    """The steps that a run has written so far. Takes a second for a hundred megabytes: not in the window's thread."""
    steps = Steps()
    if not run.events_file.is_file():
        return steps
    with run.events_file.open("rb") as file:
        for line in file:
            if line.startswith(STEP):
                if steps.due() and isinstance(event := decode(line.decode(errors="replace")), Step):
                    steps.add(event)
            elif line.startswith(_STARTED) and isinstance(event := decode(line.decode(errors="replace")), RunStarted):
                steps.begin(event)
    return steps
