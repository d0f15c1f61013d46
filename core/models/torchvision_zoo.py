"""Any classification network of torchvision with a last layer for other classes.

Layers keep the names that torchvision gives them. This file stands alone so that an export can carry it along.
"""

import functools
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F
from torchvision import models

# What a builder needs besides: auxiliary outputs would make training see tuples, and the published weights of both
# expect inputs that the network itself rescales.
_AUXILIARY = {"aux_logits": False, "transform_input": True, "init_weights": True}
_NEEDS = {"googlenet": _AUXILIARY, "inception_v3": _AUXILIARY}
_SIDES = {"maxvit_t": 224}  # px; vision transformers say it themselves


class Head(nn.Linear):
    """A last layer, some of whose inputs are dropped in training."""

    def __init__(self, features: int, classes: int, bias: bool, dropout: float) -> None:
        super().__init__(features, classes, bias)
        self.dropout = dropout

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(F.dropout(x, self.dropout, self.training))


class PlainMNASNet(models.MNASNet):  # type: ignore[misc]  # torchvision has no types
    """Loads weights that come without the version number of torch's own files, which MNASNet insists on."""

    def _load_from_state_dict(self, state: Any, prefix: str, local_metadata: dict[str, Any], *rest: Any) -> None:
        super()._load_from_state_dict(state, prefix, {"version": self._version} | local_metadata, *rest)


def names() -> list[str]:
    """What `network` builds."""
    return list(models.list_models(module=models))


def has(name: str) -> bool:
    """Whether `network` builds `name`."""
    return name in names()


def network(name: str, classes: int, dropout: float = 0.0) -> nn.Module:
    """Takes float32[N,3,S,S], gives logits float32[N,classes].

    A network made for one size only resamples its input to that. `dropout` takes the place of the network's own before
    its last layer.
    """
    module: nn.Module = models.get_model(name, weights=None, num_classes=classes, **_NEEDS.get(name, {}))
    if isinstance(module, models.MNASNet):
        module.__class__ = PlainMNASNet
    _drop(module, dropout)
    side = _SIDES.get(name) or getattr(module, "image_size", None)
    if side:
        module.register_forward_pre_hook(functools.partial(_resample, side=side))
    return module


def _drop(module: nn.Module, dropout: float) -> None:
    """Let `dropout` act before the last layer: by the dropout that is there, or else by the layer itself."""
    path = [name for name, layer in module.named_modules() if isinstance(layer, nn.Linear | nn.Conv2d)][-1]
    parent, _, last = path.rpartition(".")
    holder = module.get_submodule(parent)
    layer = holder.get_submodule(last)
    siblings = list(holder.named_children())
    before = siblings[[name for name, _ in siblings].index(last) - 1][1]
    if isinstance(before, nn.Dropout):
        before.p = dropout
    elif dropout and isinstance(layer, nn.Linear):
        head = Head(layer.in_features, layer.out_features, layer.bias is not None, dropout)
        head.weight, head.bias = layer.weight, layer.bias
        setattr(holder, last, head)


def _resample(module: nn.Module, inputs: tuple[torch.Tensor], side: int) -> torch.Tensor:
    (x,) = inputs
    return x if x.shape[-1] == side else F.interpolate(x, size=(side, side), mode="bilinear", antialias=True)
