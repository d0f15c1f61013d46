"""How many of torch's threads a step uses on the CPU.

Those of a small network wait for each other longer than they work, and much longer on a busy machine: a step of LeNet-5
with 32 images took 5 ms with one thread and 15 to 30 ms with two. The number follows from network, image size and
batch size, and not from a measurement, since it is part of the last bits of the weights.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.nn.modules.conv import _ConvNd

from core.recipe import Recipe

_SMALL = 250_000_000  # multiply-adds of a step's forward pass


def of_step(model: nn.Module, recipe: Recipe, device: str) -> int:
    """How many threads the steps of `recipe` with `model`, which is on `device`, use."""
    threads = torch.get_num_threads()
    if device != "cpu" or threads == 1:
        return threads
    return 1 if multiply_adds(model, recipe.data.image_size) * recipe.optim.batch_size < _SMALL else threads


def multiply_adds(model: nn.Module, side: int) -> int:
    """About how many the convolutions and linear layers of `model` on the CPU need for one image of `side` px."""
    found: list[int] = []

    def count(layer: nn.Linear | _ConvNd, _: Any, out: torch.Tensor) -> None:
        found.append(out.numel() * layer.weight[0].numel())  # a row of the weights for each number

    layers = [module for module in model.modules() if isinstance(module, nn.Linear | _ConvNd)]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    training = model.training
    try:
        with limited(1), torch.inference_mode():
            model.eval()(torch.zeros(1, 3, side, side))
    finally:
        model.train(training)
        for hook in hooks:
            hook.remove()
    return sum(found)


@contextlib.contextmanager
def limited(count: int) -> Iterator[None]:
    """Within the block torch uses `count` threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
