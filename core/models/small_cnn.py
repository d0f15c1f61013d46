"""A small network of our own for small images: five convolutions, good within seconds on a CPU.

This file stands alone so that an export can carry it along.
"""

import torch
from torch import nn

WIDTHS = (24, 48, 64, 96, 128)
HALVED = 3  # the first convolutions that are followed by halving the image


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
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout) if dropout else nn.Identity()
        self.fc = nn.Linear(before, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pooled = self.avgpool(self.features(x)).flatten(1)
        logits: torch.Tensor = self.fc(self.dropout(pooled))
        return logits
