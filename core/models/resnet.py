"""ResNet-18 and ResNet-34 (He et al. 2016) with the layer names of the MNIST-W write-up: stem, block1 to block4, fc.

This file stands alone so that an export can carry it along.
"""

import torch
from torch import nn


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut, which projects where the shape changes."""

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or before != width:
            self.shortcut = nn.Sequential(nn.Conv2d(before, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inner = self.relu(self.bn1(self.conv1(x)))
        outer: torch.Tensor = self.relu(self.bn2(self.conv2(inner)) + self.shortcut(x))
        return outer


class ResNet(nn.Module):
    """Takes float32[N,3,S,S] of any S from 16, gives logits float32[N,classes]; `depths` counts blocks by stage."""

    def __init__(self, classes: int, dropout: float, depths: tuple[int, int, int, int]) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        self.block1 = _stage(64, 64, 1, depths[0])
        self.block2 = _stage(64, 128, 2, depths[1])
        self.block3 = _stage(128, 256, 2, depths[2])
        self.block4 = _stage(256, 512, 2, depths[3])
        self.dropout = nn.Dropout(dropout) if dropout else nn.Identity()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(512, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.block4(self.block3(self.block2(self.block1(self.stem(x)))))
        # Dropout acts on pooled features: on single places of the map, averaging would undo most of it.
        logits: torch.Tensor = self.fc(self.dropout(self.avgpool(x).flatten(1)))
        return logits


class ResNet18(ResNet):
    """Two blocks a stage; 11,181,642 parameters for 10 classes."""

    def __init__(self, classes: int, dropout: float = 0.0) -> None:
        super().__init__(classes, dropout, (2, 2, 2, 2))


class ResNet34(ResNet):
    """Three, four, six and three blocks; 21,289,802 parameters for 10 classes."""

    def __init__(self, classes: int, dropout: float = 0.0) -> None:
        super().__init__(classes, dropout, (3, 4, 6, 3))


def _stage(before: int, width: int, stride: int, blocks: int) -> nn.Sequential:
    return nn.Sequential(BasicBlock(before, width, stride), *(BasicBlock(width, width, 1) for _ in range(blocks - 1)))
