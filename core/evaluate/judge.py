"""A run's best network as something that says what samples show."""

import numpy as np
import numpy.typing as npt
import torch

from core.runs.folder import RunFolder
from core.train import checkpoint
from core.train.device import Device


class Judge:
    """The network of a run's best checkpoint on a device. `recipe` is the run's, `classes` are its outputs.

    Raises `Error` when there is no sound checkpoint.
    """

    def __init__(self, run: RunFolder, device: Device) -> None:
        saved = checkpoint.load(run.best)
        self.recipe, self.classes = saved.recipe, saved.classes
        self._device = device.name
        self._model = saved.model().to(device.name)
        self._model.to(memory_format=torch.channels_last)

    def probabilities(self, samples: torch.Tensor) -> npt.NDArray[np.float32]:
        """What it makes of samples float32[N,3,S,S], normalised as its recipe says: float32[N,C]."""
        with torch.inference_mode():
            logits = self._model(samples.to(self._device)).float()
            said: npt.NDArray[np.float32] = logits.softmax(1).cpu().numpy()
        return said
