"""Training the plain way, as the write-ups have it: Pillow images, torchvision's transforms, a DataLoader, a loop.

Recipe, network, loss and optimizer are ours; only how images come to the network and what a step does around it differ.
"""

from collections.abc import Generator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import DataLoader, Dataset

from benchmarks import table_one
from core.augment.normalize import NORMALIZATIONS
from core.models import registry
from core.recipe import Recipe

Pixels = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]


class Images(Dataset[Any]):
    """Images in memory, uint8[H,W] or uint8[H,W,3]; Pillow opens one at a time, as torchvision's MNIST does."""

    def __init__(self, pixels: Pixels, labels: Numbers, chain: Any) -> None:
        self.pixels, self.labels, self.chain = pixels, labels, chain

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        from PIL import Image

        return self.chain(Image.fromarray(self.pixels[index]).convert("RGB")), int(self.labels[index])


def digits_chain(side: int) -> Any:
    """What the LeNet-5 write-up needs at least: the size, a tensor, the normalisation."""
    from torchvision import transforms

    mean, std = NORMALIZATIONS["mnist"]
    return transforms.Compose([transforms.Resize((side, side)), transforms.ToTensor(), transforms.Normalize(mean, std)])


def photos_chain() -> Any:
    """Table 1 of the MNIST-W write-up."""
    return table_one.torchvision_chain()


class Plain:
    """A network that is trained so."""

    def __init__(self, recipe: Recipe, images: Images, workers: int) -> None:
        self.batch_size = recipe.optim.batch_size
        self.workers = workers
        self._loader = DataLoader(images, self.batch_size, shuffle=True, num_workers=workers)
        self._model = registry.build(recipe.model, len(table_one.CLASSES), recipe.seed).train()
        self._loss = torch.nn.CrossEntropyLoss(label_smoothing=recipe.optim.label_smoothing)
        optim = recipe.optim
        self._optimizer = torch.optim.AdamW(
            self._model.parameters(), optim.learning_rate, weight_decay=optim.weight_decay
        )

    def epoch(self) -> Generator[float, None, None]:
        """Train for an epoch; gives its accuracy so far after each step."""
        lost, right, seen = 0.0, 0, 0
        for x, y in self._loader:
            self._optimizer.zero_grad()
            logits = self._model(x)
            loss = self._loss(logits, y)
            loss.backward()
            self._optimizer.step()
            lost += loss.item() * len(y)
            right += (logits.argmax(1) == y).sum().item()
            seen += len(y)
            yield right / seen
