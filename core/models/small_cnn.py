"""A small network of our own for small images: five convolutions, good within seconds on a CPU.

This file stands alone so that an export can carry it along.
"""

import torch
from torch import nn

WIDTHS = (24, 48, 64, 96, 128)
HALVED = 4  # the first convolutions that are followed by halving the image
GRID = 3  # parts per side that the last layer tells apart: 14 epochs of the demo gave 94 %, with one mean of all 92 %


class SmallCNN(nn.Module):
    """Takes float32[N,3,S,S] of any S from 16, gives logits float32[N,classes]."""

    def __init__(self, classes: int, dropout: float = 0.0) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for place, width in enumerate(WIDTHS):
            layers += [nn.Conv2d(before, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
            if place < HALVED:
                layers.append(nn.MaxPool2d(2))
            before = width
        self.features = nn.Sequential(*layers)
        self.avgpool = GridPool()
        self.dropout = nn.Dropout(dropout) if dropout else nn.Identity()
        self.fc = nn.Linear(before * GRID * GRID, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pooled = self.avgpool(self.features(x)).flatten(1)
        logits: torch.Tensor = self.fc(self.dropout(pooled))
        return logits


class GridPool(nn.Module):
    """Means of GRID x GRID parts of N,C,S,S, as AdaptiveAvgPool2d takes them, by two products.

    The adaptive layer itself fails on Apple's GPUs where S is no multiple of GRID, and its CUDA gradient is not
    the same every time.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # N,C,S,S -> N,C,GRID,GRID
        parts = _parts(x.shape[-1]).to(x)
        pooled: torch.Tensor = parts @ x @ parts.T
        return pooled


def _parts(side: int) -> torch.Tensor:
    """GRID,side: the weight of each row in the mean of each part; parts overlap where `side` does not divide."""
    parts = torch.zeros(GRID, side)
    for i in range(GRID):
        begin, end = i * side // GRID, -(-(i + 1) * side // GRID)
        parts[i, begin:end] = 1 / (end - begin)
    return parts
