"""What training minimises: cross-entropy with smoothing and class weights, also of the soft labels of mixed batches."""

import numpy as np
import torch
from torch.nn import functional as F

from core.recipe import Recipe
from core.train.batches import Batch, Ids


class Objective:
    """The loss of a recipe. `labels` int64[N] are those of the training images, for balanced class weights."""

    def __init__(self, recipe: Recipe, labels: Ids, classes: int, device: str) -> None:
        self._smoothing = recipe.optim.label_smoothing
        self._weights: torch.Tensor | None = None
        if recipe.optim.class_weights == "balanced":
            self._weights = torch.from_numpy(balanced_weights(labels, classes)).to(device)

    def weight(self, batch: Batch) -> torch.Tensor | int:
        """What the sum of the losses of a whole batch is divided by."""
        if self._weights is None or batch.soft is not None:
            return len(batch)
        return self._weights[batch.y].sum()

    def total(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """The sum of the losses. The labels of a mixed batch are soft already and are not smoothed."""
        if batch.soft is not None:
            return F.cross_entropy(logits, batch.soft, self._weights, reduction="sum")
        return F.cross_entropy(logits, batch.y, self._weights, reduction="sum", label_smoothing=self._smoothing)


def balanced_weights(labels: Ids, classes: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """float32[classes]: images / (classes with images · images of the class), as scikit-learn's "balanced"; 0 if none.

    Their mean over the images is 1, so that the learning rate keeps its meaning.
    """
    counts = np.bincount(labels, minlength=classes)
    present = np.count_nonzero(counts)
    weights = np.zeros(classes)
    np.divide(len(labels), present * counts, out=weights, where=counts > 0)
    return weights.astype(np.float32)
