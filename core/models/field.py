"""The receptive field of a network, followed through its operations as they run."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch.utils._python_dispatch import TorchDispatchMode

_POOLINGS = ("max_pool2d_with_indices", "avg_pool2d")


class _Axis(NamedTuple):
    """What one place of a tensor sees of the image along one axis: px seen, and px to its neighbour's."""

    side: float = 1.0
    step: float = 1.0

    def through(self, kernel: int, stride: float) -> "_Axis":
        return _Axis(self.side + (kernel - 1) * self.step, self.step * stride)


_Reach = tuple[_Axis, _Axis]


class ReceptiveField(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's class has no types
    """While it is entered, follows what is computed from `images`; `side` says in px how far any place sees.

    Each convolution or pooling of kernel k and stride s turns side r and step j into r + (k - 1) j and s j (Araujo et
    al. 2019); where branches meet, the farthest-seeing counts. Pooling of the whole map would see all of it, which
    says nothing of the network: it is left out. Attention has no such side: then `side` is None.
    """

    def __init__(self, images: torch.Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        # By storage, which views share. It is held too, so that no later one takes its number.
        self._known: dict[int, tuple[torch.UntypedStorage, _Reach]] = {}
        self._attention = False
        self._largest = 1.0
        self._put(images, (_Axis(), _Axis()))

    @property
    def side(self) -> int | None:
        return None if self._attention else math.ceil(self._largest)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        self._attention |= "softmax" in name or "scaled_dot_product" in name
        before = [self._known[key][1] for tensor in _tensors(args) if (key := _key(tensor)) in self._known]
        if before:
            after = _after(name, args, found, _widest(before))
            self._largest = max(self._largest, *(axis.side for axis in after))
            for tensor in _tensors([found]):
                self._put(tensor, after)
        return found

    def _put(self, tensor: torch.Tensor, reach: _Reach) -> None:
        self._known[_key(tensor)] = tensor.untyped_storage(), reach


def _after(name: str, args: Sequence[Any], found: Any, before: _Reach) -> _Reach:
    """What is seen after the operation `name`, whose arguments come as torch's own list of operations says."""
    if name == "convolution":
        kernel, stride, dilation = args[1].shape[2:], args[3], args[5]
        return _through(before, [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)], stride)
    if name in _POOLINGS:
        kernel = args[1]
        return _through(before, kernel, (args[2] if len(args) > 2 else None) or kernel)
    if name.startswith("_upsample_bilinear2d_aa"):
        ratios = [a / b for a, b in zip(args[0].shape[2:], found.shape[2:], strict=True)]
        return _through(before, [math.ceil(2 * max(ratio, 1.0)) for ratio in ratios], ratios)
    return before


def _through(before: _Reach, kernel: Sequence[int], stride: Sequence[float]) -> _Reach:
    rows, columns = (axis.through(k, s) for axis, k, s in zip(before, kernel, stride, strict=True))
    return rows, columns


def _widest(reaches: list[_Reach]) -> _Reach:
    rows, columns = (
        _Axis(max(axis.side for axis in axes), max(axis.step for axis in axes)) for axes in zip(*reaches, strict=True)
    )
    return rows, columns


def _tensors(values: Any) -> Iterator[torch.Tensor]:
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from _tensors(value)


def _key(tensor: torch.Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)
