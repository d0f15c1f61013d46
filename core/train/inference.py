"""What a network says of images that are not augmented. Validation in training and `evaluate` share this."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from core.runs.predictions import PredictionTable
from core.train import batches
from core.train.batches import Images
from core.train.failures import out_of_memory


def logits(model: nn.Module, images: Images, normalize: str, device: str) -> Iterator[torch.Tensor]:
    """The raw outputs float32[n,C] on the CPU, batch by batch in the images' order; `normalize` is the recipe's."""
    model.eval()
    for batch in batches.evaluation(images, normalize):
        with torch.inference_mode():
            said = _answers(model, batch.x.to(device))
        yield said


def _answers(model: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Half by half where the memory does not suffice for all, since training may take smaller batches."""
    try:
        said: torch.Tensor = model(x).float().cpu()
        return said
    except (RuntimeError, MemoryError) as problem:
        if len(x) == 1 or not out_of_memory(problem):
            raise
    half = len(x) // 2  # out here, where what the failure held is free again
    return torch.cat([_answers(model, x[:half]), _answers(model, x[half:])])


def table(images: Images, said: list[torch.Tensor], classes: tuple[str, ...]) -> PredictionTable:
    """The outputs as a table, ordered by id as the images are."""
    chosen = images.chosen
    outputs = torch.cat(said).numpy() if said else np.zeros((0, len(classes)), np.float32)
    return PredictionTable(chosen.ids, outputs, chosen.label, chosen.split, chosen.source, classes, chosen.sources)
