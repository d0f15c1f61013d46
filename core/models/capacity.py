"""What a network costs: its parameters by module, arithmetic, memory in training, and how far one output sees.

Nothing is computed: the network runs on tensors without content, which know their shapes only.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from core import recipe
from core.errors import Error
from core.models import registry, transfer
from core.models.field import ReceptiveField

BATCH_NORM = "batch normalisation"
_MOMENTS = {"adamw": 2, "adam": 2, "sgd": 1}


@dataclass(frozen=True)
class Row:
    """A module's parameters. `formula` computes their number: C_in × C_out × k² of convolutions, as in MNIST-W."""

    module: str
    formula: str
    parameters: int
    share: float  # of all parameters


@dataclass(frozen=True)
class Capacity:
    """The cost of a network. The parameters of the rows add up to `parameters`; all bytes are of training.

    `receptive_field` is the side in px of what the farthest-seeing convolution or pooling depends on, after Araujo et
    al. 2019, "Computing receptive fields of convolutional neural networks"; it may be larger than the image. None
    where attention lets every place see every other.
    """

    network: str
    classes: int
    image_size: int  # px
    batch_size: int
    rows: tuple[Row, ...]
    parameters: int
    adjusted: int  # parameters that training adjusts
    multiply_adds: int  # of one image, forward
    activation_bytes: int  # what the forward pass of a batch keeps for the backward pass, its images included
    weight_bytes: int  # weights, gradients, and the optimizer's moments
    gradient_bytes: int  # of those
    moment_bytes: int  # of those
    receptive_field: int | None

    @property
    def memory_bytes(self) -> int:
        """Activations and weights together; what single operations need for a moment comes on top."""
        return self.activation_bytes + self.weight_bytes


def capacity(
    model: recipe.Model,
    classes: int,
    image_size: int,
    batch_size: int,
    method: str = "adamw",
    precision: str = "float32",
) -> Capacity:
    """What the network of a recipe costs at `image_size` px and `batch_size` images.

    Shorter numbers than float32 halve the activations and leave weights, gradients and moments as they are, whose
    copies in short numbers are counted. Raises `Error` when there is no such network or it cannot take such images.
    """
    module = _empty(model, classes)
    parts = transfer.parts(module, model)
    adjusted = sum(parameter.numel() for part in parts for parameter in part.parameters)
    total = sum(parameter.numel() for parameter in module.parameters())
    buffers = sum(buffer.nbytes for buffer in module.buffers())
    short = precision != "float32"
    gradient_bytes, moment_bytes = 4 * adjusted, 4 * adjusted * _MOMENTS[method]
    weight_bytes = 4 * total + buffers + gradient_bytes + moment_bytes + (2 * total if short else 0)
    transfer.train_mode(module, model)
    batch = max(batch_size, 2)  # normalisation within a batch refuses a single image
    traced = _trace(module, model.name, image_size, batch, 2 if short else 4)
    return Capacity(
        network=model.name,
        classes=classes,
        image_size=image_size,
        batch_size=batch_size,
        rows=tuple(_rows(module, total)),
        parameters=total,
        adjusted=adjusted,
        multiply_adds=traced.flops // 2 // batch,
        activation_bytes=traced.kept_bytes * batch_size // batch,
        weight_bytes=weight_bytes,
        gradient_bytes=gradient_bytes,
        moment_bytes=moment_bytes,
        receptive_field=traced.receptive_field,
    )


def refuse_small(module: nn.Module, name: str, image_size: int) -> None:
    """Raise `Error` where images of `image_size` px are too small for the strides of `module`, a network `name`.

    One image goes through it on the CPU: tensors without content would take seconds for what torch imports for them.
    """
    with _explained(name, image_size), torch.inference_mode():
        module.eval()(torch.zeros(1, 3, image_size, image_size))


@contextlib.contextmanager
def _explained(name: str, image_size: int) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError, AssertionError) as problem:
        hint = "Raise data.image_size, or choose another network."
        raise Error(f"{name} cannot take images of {image_size} px.", hint) from problem


@dataclass(frozen=True)
class _Traced:
    flops: int
    kept_bytes: int
    receptive_field: int | None


def _empty(model: recipe.Model, classes: int) -> nn.Module:
    """The network without content, on torch's device for shapes only."""
    try:
        with torch.device("meta"):
            return registry.build(model, classes, seed=0)
    except NotImplementedError:  # some compute with tensors while they are built
        return registry.build(model, classes, seed=0).to("meta")


def _trace(module: nn.Module, name: str, image_size: int, batch: int, number_bytes: int) -> _Traced:
    from torch.utils.flop_counter import FlopCounterMode  # half a second, which training need not wait for

    kept: dict[int, tuple[torch.UntypedStorage, int]] = {}
    weights = {tensor.untyped_storage()._cdata for tensor in [*module.parameters(), *module.buffers()]}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in weights:
            numbers = storage.nbytes() // tensor.element_size()
            size = number_bytes if tensor.dtype == torch.float32 else tensor.element_size()
            kept[storage._cdata] = storage, numbers * size  # held, so that no other takes its place
        return tensor

    images = torch.empty(batch, 3, image_size, image_size, device="meta")
    field = ReceptiveField(images)
    counter = FlopCounterMode(display=False)
    hooks = torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor)
    with _explained(name, image_size), field, counter, hooks:
        logits = module(images)
        keep(images)
        del logits
    return _Traced(counter.get_total_flops(), sum(size for _, size in kept.values()), field.side)


def _rows(module: nn.Module, total: int) -> Iterator[Row]:
    norms = [layer for layer in module.modules() if isinstance(layer, _BatchNorm)]
    apart = {parameter for layer in norms for parameter in layer.parameters()}
    for name, part in _modules(module, total):
        terms = list(_terms(part, apart))
        count = sum(number for _, number in terms)
        if count:
            yield Row(name, _joined([text for text, _ in terms]), count, count / total)
    own = [(name, parameter.numel()) for name, parameter in _unlisted(module, total)]
    for name, count in own:
        yield Row(name, f"{count:,}", count, count / total)
    if apart:
        channels = sum(layer.num_features for layer in norms if layer.affine)
        yield Row(BATCH_NORM, f"2 × {channels:,}", 2 * channels, 2 * channels / total)


def _modules(module: nn.Module, total: int, prefix: str = "") -> Iterator[tuple[str, nn.Module]]:
    """The parts that have a row: the top level, sequences of blocks split, and what holds most of the network."""
    for name, child in module.named_children():
        large = not prefix and _size(child) > total / 2 and any(_is_blocks(inner) for inner in child.children())
        if _is_blocks(child) or large:
            yield from _modules(child, total, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", child


def _is_blocks(module: nn.Module) -> bool:
    blocks = [child for child in module.children() if any(True for _ in child.children())]
    return isinstance(module, nn.Sequential | nn.ModuleList | nn.ModuleDict) and bool(blocks)


def _size(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _unlisted(module: nn.Module, total: int) -> Iterator[tuple[str, nn.Parameter]]:
    listed = {parameter for _, part in _modules(module, total) for parameter in part.parameters()}
    return ((name, parameter) for name, parameter in module.named_parameters() if parameter not in listed)


def _terms(module: nn.Module, apart: set[nn.Parameter]) -> Iterator[tuple[str, int]]:
    """A formula and its value for each layer with parameters, in order; those `apart` are counted elsewhere."""
    for layer in module.modules():
        own = [parameter for parameter in layer.parameters(recurse=False) if parameter not in apart]
        if not own:
            continue
        if isinstance(layer, nn.Conv2d | nn.Linear):
            yield _formula(layer), sum(parameter.numel() for parameter in own)
        else:
            for parameter in own:
                yield f"{parameter.numel():,}", parameter.numel()


def _formula(layer: nn.Conv2d | nn.Linear) -> str:
    if isinstance(layer, nn.Linear):
        text, outputs = f"{layer.in_features} × {layer.out_features}", layer.out_features
    else:
        rows, columns = layer.kernel_size
        kernel = f" × {rows}²" if rows == columns else f" × {rows} × {columns}"
        text = f"{layer.in_channels // layer.groups} × {layer.out_channels}{'' if rows == columns == 1 else kernel}"
        outputs = layer.out_channels
    return text if layer.bias is None else f"{text} + {outputs}"


def _joined(terms: list[str]) -> str:
    """A sum of terms; equal ones that follow one another are told once, with their number."""
    grouped: list[tuple[str, int]] = []
    for term in terms:
        if grouped and grouped[-1][0] == term:
            grouped[-1] = term, grouped[-1][1] + 1
        else:
            grouped.append((term, 1))
    if len(grouped) == 1 and grouped[0][1] == 1:
        return terms[0]
    bracketed = [(term if "×" not in term else f"({term})", count) for term, count in grouped]
    return " + ".join(f"{count} · {term}" if count > 1 else term for term, count in bracketed)
