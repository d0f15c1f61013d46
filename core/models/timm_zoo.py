"""Any classification network of timm with a last layer for other classes.

Layers keep the names that timm gives them. timm is an extra, and is imported only where it is called. This file stands
alone so that an export can carry it along.
"""

import functools
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F


def names() -> list[str]:
    """What `network` builds."""
    import timm

    return list(timm.list_models())


def has(name: str) -> bool:
    """Whether `network` builds `name`, which may end in the tag of published weights, such as resnet18.a1_in1k."""
    import timm

    return name in timm.list_models() or name in timm.list_pretrained()


def network(name: str, classes: int, dropout: float = 0.0) -> nn.Module:
    """Takes float32[N,3,S,S], gives logits float32[N,classes]; `dropout` acts before the last layer.

    A network made for one size only resamples its input to that.
    """
    import timm

    module: nn.Module = timm.create_model(name, pretrained=False, num_classes=classes, drop_rate=dropout)
    published: Any = module.pretrained_cfg
    if published.get("fixed_input_size"):
        module.register_forward_pre_hook(functools.partial(_resample, side=published["input_size"][-1]))
    return module


def _resample(module: nn.Module, inputs: tuple[torch.Tensor], side: int) -> torch.Tensor:
    (x,) = inputs
    return x if x.shape[-1] == side else F.interpolate(x, size=(side, side), mode="bilinear", antialias=True)
