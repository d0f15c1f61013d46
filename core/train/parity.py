"""Whether a device computes what the CPU computes: the small network, forward and backward, on fixed data."""

import time
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from core import recipe
from core.augment.draws import uniform
from core.models import registry

TOLERANCE = 1e-2  # float32 on a CPU stays near 1e-5
_SIZE, _BATCH, _BATCHES, _CLASSES = 48, 32, 6, 10


@dataclass(frozen=True)
class Parity:
    """The verdict. Differences are the largest found, relative to the largest value of the same array."""

    device: str
    outputs: float
    gradients: float
    tolerance: float
    images: int
    images_per_second: float  # forward and backward on the device, the first batch aside

    @property
    def agrees(self) -> bool:
        """Whether both differences lie within the tolerance; not-a-number never does."""
        return self.outputs <= self.tolerance and self.gradients <= self.tolerance

    @property
    def verdict(self) -> str:
        """One sentence for people."""
        worst = float(np.max([self.outputs, self.gradients]))
        how = f"agrees with the CPU's float64 within {worst:.1e}"
        if not self.agrees:
            how = f"differs from the CPU's float64 by up to {worst:.1e}"
        return f"{self.device} {how} (tolerance {self.tolerance:.0e})."


def parity(device: str, seconds: float = 10.0) -> Parity:
    """Compare `device` ("cpu", "cuda", "cuda:1", "mps") in float32 to the CPU in float64.

    TF32 is off meanwhile: its shorter numbers choose other maxima when pooling, which changes a gradient by up to a
    fifth on a sound device and would hide faults. The CPU is compared to its own float64 too, which shows what float32
    alone changes. One batch is always compared, further ones until about `seconds` have passed.
    """
    deadline = time.monotonic() + seconds
    reference = _network().double()
    subject = _network().to(device)
    outputs, gradients, spent = [], [], []
    for batch in range(_BATCHES):
        began = time.monotonic()
        images, labels = _data(batch)
        expected = _pass(reference, images.double(), labels)
        ready = time.monotonic()
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            found = _pass(subject, images.to(device), labels.to(device))
        ended = time.monotonic()
        outputs.append(_difference(found[:1], expected[:1]))
        gradients.append(_difference(found[1:], expected[1:]))
        spent.append(ended - ready)
        if ended + (ended - began) > deadline:
            break
    rate = _BATCH / float(np.median(spent[1:] or spent))
    worst = float(np.max(outputs)), float(np.max(gradients))  # np.max keeps not-a-number, max may lose it
    return Parity(device, *worst, TOLERANCE, _BATCH * len(spent), rate)


def _network() -> torch.nn.Module:
    return registry.build(recipe.Model(name="small_cnn", dropout=0), _CLASSES, seed=0).train()


def _data(batch: int) -> tuple[torch.Tensor, torch.Tensor]:
    numbers = uniform(0, batch, np.arange(_BATCH * 3 * _SIZE * _SIZE), 2000)
    images = torch.from_numpy(numbers.astype(np.float32)).reshape(_BATCH, 3, _SIZE, _SIZE)
    return images * 4 - 2, torch.arange(_BATCH) % _CLASSES


def _pass(network: torch.nn.Module, images: torch.Tensor, labels: torch.Tensor) -> list[torch.Tensor]:
    """Logits and all gradients, float64 on the CPU; fetching them waits for the device."""
    logits = network(images)
    loss = functional.cross_entropy(logits, labels)
    gradients = torch.autograd.grad(loss, list(network.parameters()))
    return [tensor.detach().cpu().double() for tensor in [logits, *gradients]]


def _difference(found: list[torch.Tensor], expected: list[torch.Tensor]) -> float:
    pairs = zip(found, expected, strict=True)
    return float(np.max([float((f - e).abs().max() / e.abs().max()) for f, e in pairs]))
