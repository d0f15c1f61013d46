"""A residual network to be put together of blocks, to study what its parts do: depth, width, shortcuts, normalisation.

A part that is turned off is not there at all. This file stands alone so that an export can carry it along.
"""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

EXPANDS = (1, 1, 2, 1, 2, 1)


class Block(nn.Module):
    """N,C,S,S to N,C*expand,S/expand,S/expand (rounded up): two 3 x 3 convolutions, beside a shortcut if `residual`."""

    def __init__(self, before: int, expand: int, activation: str, batchnorm: bool, residual: bool) -> None:
        super().__init__()
        self.activation = getattr(F, activation)
        self.batchnorm = batchnorm
        self.residual = residual
        width = before * expand
        self.conv1 = nn.Conv2d(before, width, 3, expand, padding=1, bias=not batchnorm)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=not batchnorm)
        if batchnorm:
            self.bn1 = nn.BatchNorm2d(width)
            self.bn2 = nn.BatchNorm2d(width)
        if residual:
            self.shortcut = nn.Identity() if expand == 1 else _projection(before, width, expand, batchnorm)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inner = self.conv1(x)
        inner = self.activation(self.bn1(inner) if self.batchnorm else inner)
        inner = self.conv2(inner)
        inner = self.bn2(inner) if self.batchnorm else inner
        outer: torch.Tensor = self.activation(inner + self.shortcut(x) if self.residual else inner)
        return outer


class ResNetBlocks(nn.Module):
    """Takes float32[N,3,S,S] of any S, gives logits float32[N,classes].

    `expands` has a number for each block, by which it multiplies the channels and divides the sides; `activation` is
    the name of a function of torch.nn.functional. The sides never get below one pixel.
    """

    def __init__(
        self,
        classes: int,
        dropout: float = 0.0,
        base_channels: int = 16,
        expands: Sequence[int] = EXPANDS,
        activation: str = "relu",
        batchnorm: bool = True,
        residual: bool = True,
    ) -> None:
        super().__init__()
        self.activation = getattr(F, activation)
        self.dropout = dropout
        self.layer0 = nn.Conv2d(3, base_channels, 3, padding=1, bias=not batchnorm)
        self.batchnorm = batchnorm
        if batchnorm:
            self.bn0 = nn.BatchNorm2d(base_channels)
        self.blocks = nn.Sequential()
        width = base_channels
        for expand in expands:
            self.blocks.append(Block(width, expand, activation, batchnorm, residual))
            width *= expand
        self.fc = nn.Linear(width, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.layer0(x)
        x = self.blocks(self.activation(self.bn0(x) if self.batchnorm else x)).mean((2, 3))  # N,C
        logits: torch.Tensor = self.fc(F.dropout(x, self.dropout, self.training))
        return logits


def _projection(before: int, width: int, stride: int, batchnorm: bool) -> nn.Sequential:
    layers = nn.Sequential(nn.Conv2d(before, width, 1, stride, bias=not batchnorm))
    if batchnorm:
        layers.append(nn.BatchNorm2d(width))
    return layers
