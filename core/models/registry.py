"""The networks there are, by the name a recipe calls them. A new one is a file beside this one and a line here."""

from typing import Protocol

import torch
from torch import nn

from core import recipe
from core.models.lenet import LeNet5
from core.models.resnet import ResNet18
from core.models.small_cnn import SmallCNN


class Builder(Protocol):
    """Makes a network from float32[N,3,S,S] to logits float32[N,classes]; `dropout` acts before the last layer."""

    def __call__(self, classes: int, dropout: float) -> nn.Module: ...


MODELS: dict[str, Builder] = {"small_cnn": SmallCNN, "lenet5": LeNet5, "resnet18": ResNet18}


def build(model: recipe.Model, classes: int, seed: int) -> nn.Module:
    """The network of a recipe with first weights that follow from `seed`; torch's own generator stays as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return MODELS[model.name](classes, model.dropout)


def parameters(module: nn.Module) -> int:
    """How many numbers training adjusts."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)
