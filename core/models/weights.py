"""First weights that come from elsewhere: files that people have, and those that the libraries publish.

Nothing of a file is ever executed.
"""

import warnings
from http.client import HTTPException
from pathlib import Path
from typing import Any

import safetensors
import torch

from core.errors import Error

Weights = dict[str, torch.Tensor]

_OWN = "wildset-checkpoint"  # in the header of a run's checkpoint, whose weights are named model.…
_INNER = ("state_dict", "model_state_dict", "model")  # where training scripts put weights beside other things
_ELSEWHERE = "Download {url} on another machine and name the file in model.weights."


def read(path: Path) -> Weights:
    """The weights in a .safetensors file, a run's checkpoint or a .pth or .pt file, by layer; on the CPU.

    Raises `Error` in one sentence when the file is missing, damaged, of another kind, or holds code.
    """
    if not path.is_file():
        raise Error(f"There is no file of weights {path}.", "Check model.weights; it is default, or a file.")
    kinds = {".safetensors": _safetensors, ".pth": _pickled, ".pt": _pickled}
    kind = kinds.get(path.suffix.lower())
    if kind is None:
        raise Error(f"{path.name} is no file of weights.", f"Known are {', '.join(kinds)}.")
    return kind(path)


def published(name: str) -> Weights:
    """The weights that the library of the network `name` ("torchvision:…" or "timm:…") offers for it.

    The library's own loader keeps them for the next time. Raises `Error` when there are none, or offline.
    """
    library, _, inner = name.rpartition(":")
    if not library:
        raise Error(f"There are no published weights of {name}.", "Name a file in model.weights, or leave it empty.")
    return _of_timm(inner) if library == "timm" else _of_torchvision(inner)


def _of_torchvision(name: str) -> Weights:
    from torchvision import models

    choice = models.get_model_weights(name).DEFAULT
    try:
        weights: Weights = choice.get_state_dict(progress=False, check_hash=True)
    except (OSError, HTTPException) as problem:  # urllib's errors are OSErrors
        why = getattr(problem, "reason", problem)
        raise Error(f"The weights of {name} could not be fetched: {why}.", _ELSEWHERE.format(url=choice.url)) from None
    except RuntimeError:  # the hash did not match
        raise Error(f"The weights of {name} arrived damaged.", "Try again.") from None
    return weights


def _of_timm(name: str) -> Weights:
    import timm

    if not timm.models.is_model_pretrained(name):
        raise Error(f"timm publishes no weights of {name}.", "Name a file in model.weights, or leave it empty.")
    try:
        module = timm.create_model(name, pretrained=True)
    except Exception as problem:
        # Its loader fails with errors of three libraries, depending on what is installed.
        hint = "Download its model.safetensors on another machine and name the file in model.weights."
        raise Error(f"The weights of {name} could not be fetched: {type(problem).__name__}.", hint) from problem
    weights: Weights = module.state_dict()
    return weights


def _safetensors(path: Path) -> Weights:
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            own = _OWN in (file.metadata() or {})
            names = [name for name in file.keys() if not own or name.startswith("model.")]  # noqa: SIM118 (no dict)
            found = {name: file.get_tensor(name).clone() for name in names}
    except (safetensors.SafetensorError, ValueError) as problem:
        raise _unreadable(path, str(problem)) from None
    return {name.removeprefix("model."): tensor for name, tensor in found.items()} if own else _checked(path, found)


def _pickled(path: Path) -> Weights:
    with path.open("rb") as file, warnings.catch_warnings(action="ignore"):  # about formats that are refused below
        try:
            content = torch.load(file, map_location="cpu", weights_only=True)
        except MemoryError:
            raise
        except Exception as problem:
            # On damaged files its readers fail with nearly anything, IndexError and UnicodeDecodeError among it.
            if "Unsupported global" in str(problem) or "TorchScript" in str(problem):
                hint = "Save the network's state_dict instead, best as .safetensors."
                raise Error(f"{path.name} holds code besides weights and is not opened.", hint) from problem
            raise _unreadable(path, "it is damaged, or no file of PyTorch") from problem
    return _checked(path, content)


def _checked(path: Path, content: Any) -> Weights:
    """The tensors in what a file holds, without the names that wrappers put before those of the layers."""
    for inner in _INNER:
        if isinstance(content, dict) and isinstance(content.get(inner), dict):
            content = content[inner]
    if not isinstance(content, dict) or not content or not all(isinstance(name, str) for name in content):
        raise Error(f"{path.name} holds no weights.", "It should hold tensors by the names of layers (a state_dict).")
    strange = next((name for name, value in content.items() if not isinstance(value, torch.Tensor)), None)
    if strange is not None:
        raise Error(f"{path.name} holds {strange}, which is no tensor.", "It should hold a state_dict alone.")
    wrapped = all(name.startswith("module.") for name in content)
    return {name.removeprefix("module.") if wrapped else name: value for name, value in content.items()}


def _unreadable(path: Path, why: str) -> Error:
    return Error(f"{path.name} cannot be read as weights: {why}.", "Get the file again, or another one.")
