"""Where a run stands: whole epochs, steps of the current one with its sums, and the best so far."""

import dataclasses
import math
from dataclasses import dataclass

import torch

from core.errors import Error


@dataclass
class State:
    """`epoch` whole epochs are done, and `step` steps of the next; the sums are those steps'. All of it is saved."""

    epoch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    right: int = 0
    seen: int = 0
    seconds: float = 0.0
    best_epoch: int = 0
    best_accuracy: float | None = None
    images: str = ""  # digest of the training images and labels that the sums are of

    def refuse_divergence(self, loss: float, epoch: int, step: int) -> None:
        """Raise `Error` before a loss that is no finite number spoils the weights."""
        if not math.isfinite(loss):
            raise Error(
                f"Training diverged: the loss is no number any more at epoch {epoch}, step {step}.",
                "Start again with a lower learning rate. The best checkpoint so far is kept.",
            )

    def add(self, loss: float, logits: torch.Tensor, labels: torch.Tensor) -> None:
        """Count one more step: its mean loss and its right answers."""
        self.step += 1
        self.loss_sum += loss * len(labels)
        self.right += int((logits.argmax(1) == labels).sum())
        self.seen += len(labels)

    @property
    def train_loss(self) -> float:
        return self.loss_sum / self.seen

    @property
    def train_accuracy(self) -> float:
        return self.right / self.seen

    def improved_by(self, accuracy: float | None) -> bool:
        """Whether a validation accuracy is the best so far. Without validation images (None) every epoch's is."""
        return accuracy is None or self.best_accuracy is None or accuracy > self.best_accuracy

    def end_epoch(self, accuracy: float | None) -> None:
        """The current epoch is whole; the sums begin anew."""
        self.epoch += 1
        if self.improved_by(accuracy):
            self.best_epoch, self.best_accuracy = self.epoch, accuracy
        self.step, self.loss_sum, self.right, self.seen, self.seconds = 0, 0.0, 0, 0, 0.0

    def restart_epoch(self, images: str) -> None:
        """Begin the current epoch again, with other images."""
        self.step, self.loss_sum, self.right, self.seen, self.images = 0, 0.0, 0, 0, images

    def as_dict(self) -> dict[str, int | float | str | None]:
        return dataclasses.asdict(self)
