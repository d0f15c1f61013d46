"""A LeNet for colour images of any size: two 5 x 5 convolutions of 6 and 16 maps, three linear layers.

Batch normalisation, dropout and average pooling are what it is meant to be studied with: without them it overfits
within some ten epochs. This file stands alone so that an export can carry it along.
"""

import torch
from torch import nn
from torch.nn import functional as F

GRID = 5  # places per side that the linear layers tell apart: what two poolings leave of 32 px


class LeNetRGB(nn.Module):
    """Takes float32[N,3,S,S] of any S from 16, gives logits float32[N,classes].

    The second pooling takes means of GRID x GRID parts: of 2 x 2 px in an image of 32 px, as LeNet has it, of larger
    ones in a larger image.
    """

    def __init__(self, classes: int, dropout: float = 0.0, batchnorm: bool = True) -> None:
        super().__init__()
        self.batchnorm = batchnorm
        self.dropout = dropout
        self.conv1 = nn.Conv2d(3, 6, kernel_size=5)
        self.conv2 = nn.Conv2d(6, 16, kernel_size=5)
        if batchnorm:
            self.bn1 = nn.BatchNorm2d(6)
            self.bn2 = nn.BatchNorm2d(16)
        self.fc1 = nn.Linear(16 * GRID * GRID, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv1(x)
        x = F.avg_pool2d(F.relu(self.bn1(x) if self.batchnorm else x), 2)
        x = self.conv2(x)
        x = _grid(F.relu(self.bn2(x) if self.batchnorm else x)).flatten(1)  # N,400
        x = F.relu(self.fc2(F.relu(self.fc1(x))))
        logits: torch.Tensor = self.fc3(F.dropout(x, self.dropout, self.training))
        return logits


def _grid(x: torch.Tensor) -> torch.Tensor:  # N,C,S,S -> N,C,GRID,GRID
    """Means of GRID x GRID parts, which overlap where GRID does not divide S, by two products.

    The adaptive pooling that does the same fails on Apple's GPUs where GRID does not divide, and its CUDA gradient is
    not the same every time.
    """
    side = x.shape[-1]
    parts = torch.zeros(GRID, side)
    for i in range(GRID):
        begin, end = i * side // GRID, -(-(i + 1) * side // GRID)
        parts[i, begin:end] = 1 / (end - begin)
    parts = parts.to(x)
    return parts @ x @ parts.T
