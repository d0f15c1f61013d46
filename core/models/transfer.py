"""Starting from weights of another training, and adjusting only parts of a network: the modes of transfer."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from core import recipe
from core.errors import Error
from core.models import registry, weights

_OLD_NAME = re.compile(r"(denselayer\d+\.(?:norm|conv))\.([12])\.")  # of torchvision's published DenseNets
_AUXILIARY = ("AuxLogits.", "aux1.", "aux2.")  # outputs of published networks that ours are built without


@dataclass(frozen=True)
class Part:
    """Parameters that the optimizer adjusts with the same learning rate; `rate` is its share of the recipe's."""

    names: list[str]
    parameters: list[nn.Parameter]
    rate: float


def load_first(module: nn.Module, model: recipe.Model) -> None:
    """Put the first weights that the recipe names into `module`, on whatever device it is; none leave it as it is.

    A last layer of another shape stays new. Raises `Error` when the weights cannot be had, or belong to another
    network: naming the first layer that does not fit.
    """
    if not model.weights:
        return
    default = model.weights == "default"
    found = weights.published(model.name) if default else weights.read(Path(model.weights).expanduser())
    _fill(module, found, f"the published weights of {model.name}" if default else Path(model.weights).name)


def parts(module: nn.Module, model: recipe.Model) -> list[Part]:
    """What the optimizer adjusts, the backbone first; all other parameters are frozen.

    Raises `Error` when a backbone that starts from nothing would be frozen.
    """
    if model.transfer != "everything" and not model.weights:
        hint = "Set model.weights, or model.transfer to everything."
        raise Error("Only the last layer is to be trained, and the layers before start from nothing.", hint)
    last = set(registry.head(module).parameters()) if _apart(model) else set(module.parameters())
    norms = {parameter for layer in registry.batch_norms(module) for parameter in layer.parameters()}
    kept: list[tuple[str, nn.Parameter]] = []
    backbone: list[tuple[str, nn.Parameter]] = []
    for name, parameter in module.named_parameters():
        adjusted = parameter in last or model.transfer == "everything"
        adjusted = adjusted or (model.transfer == "head_and_norms" and parameter in norms)
        parameter.requires_grad_(adjusted)
        if adjusted:
            (kept if parameter in last else backbone).append((name, parameter))
    return list(_parts((backbone, model.backbone_rate), (kept, 1.0)))


def train_mode(module: nn.Module, model: recipe.Model) -> None:
    """Let `module` train; where only the last layer does, batch normalisation keeps the statistics it came with."""
    module.train()
    if model.transfer == "head":
        for layer in registry.batch_norms(module):
            layer.eval()


def _apart(model: recipe.Model) -> bool:
    return model.transfer != "everything" or model.backbone_rate != 1


def _parts(*chosen: tuple[list[tuple[str, nn.Parameter]], float]) -> Iterator[Part]:
    for named, rate in chosen:
        if named:
            yield Part([name for name, _ in named], [parameter for _, parameter in named], rate)


def _fill(module: nn.Module, found: weights.Weights, source: str) -> None:
    own = module.state_dict()
    found = {_OLD_NAME.sub(r"\1\2.", name): tensor for name, tensor in found.items()}
    found = {name: tensor for name, tensor in found.items() if name in own or not name.startswith(_AUXILIARY)}
    last = _names(module, registry.head(module))
    if any(name not in found or found[name].shape != own[name].shape for name in last):
        found |= {name: own[name] for name in last}
    misfit = _misfit(own, found, source)
    if misfit:
        hint = "Weights fit the network that they were made with: check model.name, or choose another file."
        raise Error(f"The weights do not fit: {misfit}.", hint)
    own.update(found)  # a state with its version numbers, which some networks insist on
    module.load_state_dict(own)


def _names(module: nn.Module, layer: nn.Module) -> list[str]:
    prefix = next(name for name, known in module.named_modules() if known is layer)
    return [f"{prefix}.{name}" for name in layer.state_dict()]


def _misfit(own: weights.Weights, found: weights.Weights, source: str) -> str | None:
    for name, tensor in own.items():
        if name not in found:
            if name.endswith("num_batches_tracked"):  # older files lack these counts
                continue
            return f"{source} lacks {name}"
        if found[name].shape != tensor.shape:
            return f"{name} is {_shape(found[name])} in {source} and {_shape(tensor)} in the network"
    more = next((name for name in found if name not in own), None)
    return f"{source} has {more}, which the network lacks" if more else None


def _shape(tensor: torch.Tensor) -> str:
    return " × ".join(str(size) for size in tensor.shape) or "one number"
