"""Where a run stands: whole epochs, steps of the current one, and the best so far."""

import dataclasses
import math
from dataclasses import dataclass

LOWER_IS_BETTER = ("loss",)


@dataclass
class State:
    """`epoch` whole epochs are done, and `step` steps of the next with `seen` samples. All of it is saved.

    `best_metric` is the recipe's metric at the best epoch and `best_accuracy` its validation accuracy. `steps` counts
    all updates of the weights and `parts` the pieces that a batch is cut into.
    """

    epoch: int = 0
    step: int = 0
    seen: int = 0
    seconds: float = 0.0
    best_epoch: int = 0
    best_accuracy: float | None = None
    best_metric: float | None = None
    steps: int = 0
    parts: int = 1
    images: str = ""  # digest of the training images and labels that the current epoch began with

    def improved_by(self, metric: str, value: float | None) -> bool:
        """Whether `value` is the best so far. Without validation images (None) every epoch's is.

        A loss that is no number is worse than every other.
        """
        if value is None or self.best_metric is None or math.isnan(self.best_metric):
            return True
        return value < self.best_metric if metric in LOWER_IS_BETTER else value > self.best_metric

    def end_epoch(self, best: bool, accuracy: float | None, value: float | None) -> None:
        """The current epoch is whole."""
        self.epoch += 1
        if best:
            self.best_epoch, self.best_accuracy, self.best_metric = self.epoch, accuracy, value
        self.step, self.seen, self.seconds = 0, 0, 0.0

    def restart_epoch(self, images: str) -> None:
        """Begin the current epoch again, with other images."""
        self.step, self.seen, self.seconds, self.images = 0, 0, 0.0, images

    def as_dict(self) -> dict[str, int | float | str | None]:
        return dataclasses.asdict(self)
