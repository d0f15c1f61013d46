"""The networks there are, by the name a recipe calls them. A new one is a file beside this one and a line here.

A network takes float32[N,3,S,S] and gives logits float32[N,classes]; its dropout acts before the last layer.
"""

import difflib
import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from core import recipe
from core.errors import Error
from core.models.lenet import LeNet5
from core.models.lenet_rgb import LeNetRGB
from core.models.resnet import ResNet18, ResNet34
from core.models.resnet_blocks import ResNetBlocks
from core.models.small_cnn import SmallCNN

_MOST_PARAMETERS = 2_000_000_000  # 8 GB of weights, and as much again for each of gradients and two moments


@dataclass(frozen=True)
class Family:
    """A network of our own: what builds it, and the settings of the recipe that it takes besides dropout."""

    builder: Callable[..., nn.Module]
    about: str
    settings: tuple[str, ...] = ()


MODELS: dict[str, Family] = {
    "small_cnn": Family(SmallCNN, "Five convolutions for small images, good within seconds on a CPU."),
    "lenet5": Family(LeNet5, "Three convolutions and two linear layers, for digits at 32 px."),
    "lenet_rgb": Family(LeNetRGB, "Two convolutions and three linear layers, for colour images.", ("batchnorm",)),
    "resnet18": Family(ResNet18, "Eighteen layers with shortcuts: strong with augmentation, slow without a GPU."),
    "resnet34": Family(ResNet34, "Thirty-four layers with shortcuts."),
    "resnet_blocks": Family(
        ResNetBlocks,
        "Residual blocks put together by the recipe: depth, width, activation, shortcuts.",
        ("base_channels", "expands", "activation", "batchnorm", "residual"),
    ),
}


@dataclass(frozen=True)
class Construction:
    """How a network is built: `builder(classes=…, **arguments)`. The builder's file needs nothing of Wildset."""

    builder: Callable[..., nn.Module]
    arguments: dict[str, Any]


def construction(model: recipe.Model) -> Construction:
    """What builds the network of a recipe. Raises `Error` when there is none of that name, or it would be too large."""
    library, _, name = model.name.rpartition(":")
    if library:
        return Construction(_library(library, name), {"name": name, "dropout": model.dropout})
    family = MODELS[model.name]
    arguments: dict[str, Any] = {"dropout": model.dropout}
    arguments |= {setting: getattr(model, setting) for setting in family.settings}
    if "expands" in arguments:
        arguments["expands"] = _expands(model)
    return Construction(family.builder, arguments)


def build(model: recipe.Model, classes: int, seed: int) -> nn.Module:
    """The network of a recipe with first weights that follow from `seed`; torch's own generator stays as it was.

    Loads no published weights: see `transfer.load_first`. Raises `Error` as `construction` does.
    """
    plan = construction(model)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return plan.builder(classes=classes, **plan.arguments)


def head(module: nn.Module) -> nn.Module:
    """The last layer, a linear one or a 1 x 1 convolution. Raises `Error` for a network with two of them."""
    known = getattr(module, "get_classifier", None)
    if known is not None:  # a network of timm
        layer = known()
        if not isinstance(layer, nn.Module):
            raise Error("The network has more than one last layer.", "Choose another one to train parts of it.")
        return layer
    return [layer for layer in module.modules() if isinstance(layer, nn.Linear | nn.Conv2d)][-1]


def has_batch_norm(module: nn.Module) -> bool:
    """Whether the network normalises within batches, which needs at least two images a step."""
    return bool(batch_norms(module))


def batch_norms(module: nn.Module) -> list[nn.Module]:
    """The layers that normalise within batches."""
    return [layer for layer in module.modules() if isinstance(layer, _BatchNorm)]


def parameters(module: nn.Module) -> int:
    """How many numbers training adjusts."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)


def libraries() -> dict[str, list[str]]:
    """The names of the networks of each library, without the library's; none where it is not installed."""
    installed = {library: _installed(library) for library in ("torchvision", "timm")}
    return {library: _zoo(library).names() if there else [] for library, there in installed.items()}


def _zoo(library: str) -> Any:
    # Imported only here because either library takes seconds, and our own networks do without.
    return importlib.import_module(f"core.models.{library}_zoo")


def _installed(library: str) -> bool:
    """Whether there is such a package; a folder of that name where the program was started is none."""
    found = importlib.util.find_spec(library)
    return found is not None and found.origin is not None


def _library(library: str, name: str) -> Callable[..., nn.Module]:
    if library == "timm" and not _installed("timm"):
        hint = "Install it with pip install 'wildset[zoo]', or choose one of torchvision:."
        raise Error(f"The network timm:{name} needs the library timm, which is not installed.", hint)
    zoo = _zoo(library)
    if not zoo.has(name):
        known = zoo.names()
        near = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.4)
        hint = f"Near it are {', '.join(near)}." if near else f"Such as {', '.join(known[:3])}."
        raise Error(f"{library} has no network {name}.", hint)
    network: Callable[..., nn.Module] = zoo.network
    return network


def _expands(model: recipe.Model) -> tuple[int, ...]:
    expands = tuple(int(part) for part in model.expands.split(","))
    numbers, width = 0, model.base_channels
    for expand in expands:
        numbers += 9 * width * width * expand * (1 + expand)
        width *= expand
        if numbers > _MOST_PARAMETERS:
            hint = "Fewer of model.expands above 1, or fewer model.base_channels."
            raise Error(f"The blocks of model.expands would have more than {_MOST_PARAMETERS:,} parameters.", hint)
    return expands
