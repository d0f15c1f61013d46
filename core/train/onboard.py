"""Stored pixels on a GPU: sent once where they fit and gathered there by number, else sent as they are needed."""

import numpy as np
import numpy.typing as npt
import torch

Pixels = npt.NDArray[np.uint8]
Ids = npt.NDArray[np.int64]

_SHARE = 0.15  # of the free memory: a batch size that was chosen by trying leaves a fifth
_PIECE = 64 << 20  # bytes sent at once


def fits(size: int, device: str) -> bool:
    """Whether `device` is a CUDA GPU where `size` bytes may stay."""
    if not device.startswith("cuda"):
        return False
    free, _ = torch.cuda.mem_get_info(device)
    return size <= _SHARE * free


def stored(pixels: Pixels, rows: Ids, device: str) -> torch.Tensor:
    """The `rows` (N) of `pixels` uint8[M,T,T,3] on `device`, uint8[N,T,T,3]."""
    there = torch.empty((len(rows), *pixels.shape[1:]), dtype=torch.uint8, device=device)
    step = max(1, _PIECE // max(1, pixels[:1].nbytes))
    for start in range(0, len(rows), step):
        there[start : start + step] = torch.from_numpy(np.asarray(pixels[rows[start : start + step]]))
    return there


def gathered(there: torch.Tensor, positions: Ids, others: Pixels) -> torch.Tensor:
    """The images at `positions` (n) of those `there`, uint8[n,T,T,3]; positions beyond them take `others` in order."""
    device, beyond = str(there.device), positions >= len(there)
    # Those beyond are some image at first: picking out the rest on the device would wait for it.
    found = there[moved(np.where(beyond, 0, positions), device)]
    if beyond.any():
        found[moved(np.flatnonzero(beyond), device)] = moved(others, device)
    return found


def moved(array: Pixels | Ids, device: str) -> torch.Tensor:
    """`array` on `device`; where that is a CUDA GPU, the program does not wait for it."""
    tensor = torch.from_numpy(array)
    if device.startswith("cuda"):
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)
