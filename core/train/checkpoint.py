"""Checkpoints: one safetensors file each, facts as JSON in its header. Loading one executes nothing.

`best` holds a network's weights, `last` also the optimizer's state and where the run stands, so that it goes on as if
it had never been away. Both are written aside and moved in.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pydantic
import safetensors
import torch
from safetensors.torch import save
from torch import nn

from core import recipe as recipes
from core.augment.normalize import NORMALIZATIONS
from core.errors import Error, told
from core.images.decode import LOADER_VERSION
from core.models.registry import build, parameters
from core.recipe import Recipe
from core.runs.durable import write_durably
from core.train.learner import Learner
from core.train.state import State

FORMAT = "wildset-checkpoint"
VERSION = 2  # 1 had recipes of another form
_MODEL, _JUDGED, _OPTIMIZER, _TALLY = "model.", "judged.", "optimizer.", "tally."
_HINT = "Use the other checkpoint of the run, or train it again."


@dataclass(frozen=True)
class Checkpoint:
    """The content of a checkpoint file. `state` is empty of one that holds weights only."""

    recipe: Recipe
    classes: tuple[str, ...]
    preprocessing: dict[str, Any]
    epoch: int
    step: int
    accuracy: float | None
    parameters: int
    weights: dict[str, torch.Tensor]
    judged: dict[str, torch.Tensor] = field(default_factory=dict)
    optimizer: dict[str, torch.Tensor] = field(default_factory=dict)
    tally: dict[str, torch.Tensor] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    scaler: dict[str, Any] = field(default_factory=dict)

    def model(self) -> nn.Module:
        """The network with these weights, on the CPU, ready to predict. Raises `Error` when they do not fit."""
        module = build(self.recipe.model, len(self.classes), self.recipe.seed)
        self.fill(module)
        return module.eval()

    def fill(self, module: nn.Module) -> None:
        """Put the weights into `module`, on whatever device it is."""
        try:
            module.load_state_dict(self.weights)
        except RuntimeError:
            name = self.recipe.model.name
            raise Error(f"The checkpoint's weights do not fit the network {name} of this version.", _HINT) from None


def preprocessing(recipe: Recipe) -> dict[str, Any]:
    """How a file becomes the network's input."""
    mean, std = NORMALIZATIONS[recipe.data.normalize]
    return {
        "image_size": recipe.data.image_size,
        "resize": "stretched to a square, bilinear with antialiasing, from a JPEG decoded at twice the side or more",
        "colour": "RGB, 8 bit sRGB, turned by EXIF, transparency on white, scaled to [0, 1]",
        "layout": "N,C,H,W",
        "mean": list(mean),
        "std": list(std),
        "loader_version": LOADER_VERSION,
    }


def save_best(path: Path, model: nn.Module, recipe: Recipe, classes: tuple[str, ...], state: State) -> None:
    """Write the weights. Raises OSError."""
    _write(path, _prefixed(_MODEL, model.state_dict()), _facts(model, recipe, classes, state))


def save_last(path: Path, learner: Learner, classes: tuple[str, ...], state: State) -> None:
    """Write everything that going on needs. Raises OSError, and `Divergence` rather than keep spoilt weights."""
    learner.settle()
    tensors = _prefixed(_MODEL, learner.model.state_dict()) | _prefixed(_OPTIMIZER, _flat(learner))
    if learner.judged is not learner.model:
        tensors |= _prefixed(_JUDGED, learner.judged.state_dict())
    if state.step:
        tensors |= {_TALLY + name: torch.from_numpy(array.copy()) for name, array in learner.tally.arrays.items()}
    progress = {"state": state.as_dict(), "scaler": learner.scaler.state_dict()}
    _write(path, tensors, _facts(learner.model, learner.recipe, classes, state) | progress)


def load(path: Path) -> Checkpoint:
    """Read a checkpoint. Raises `Error` in one sentence when it is missing, damaged, foreign, newer or forbidden."""
    name = f"{path.parent.parent.name}: {path.name}"
    try:
        path.open("rb").close()  # safetensors says of a file that may not be read that there is none
        with safetensors.safe_open(path, framework="pt") as file:
            facts = json.loads((file.metadata() or {}).get(FORMAT, "null"))
            # Copies: a tensor that shows the file's own pages keeps Windows from moving a newer one into its place.
            tensors = {key: file.get_tensor(key).clone() for key in file.keys()}  # noqa: SIM118 (it is no dict)
    except FileNotFoundError:
        raise Error(f"There is no checkpoint {name}.", "It is saved at the end of the first epoch.") from None
    except PermissionError as problem:
        raise told(problem) or problem from None
    except (safetensors.SafetensorError, ValueError, OSError) as problem:
        raise Error(f"The checkpoint {name} is damaged: {problem}.", _HINT) from None
    if not isinstance(facts, dict):
        raise Error(f"{name} is no checkpoint of Wildset.", "Only files made by a run can be loaded.")
    if facts.get("version") == 1:
        raise Error(f"The checkpoint {name} was made by an older Wildset.", "Train again; recipes have changed since.")
    if facts.get("version") != VERSION:
        raise Error(f"The checkpoint {name} was made by a newer Wildset.", "Update the program.")
    try:
        return _from_facts(facts, tensors)
    except (KeyError, TypeError, pydantic.ValidationError):
        raise Error(f"The checkpoint {name} lacks facts or has impossible ones.", _HINT) from None


def restore(checkpoint: Checkpoint, learner: Learner, images: str) -> State:
    """Put a `last` checkpoint back into `learner`; returns where the run stood. Raises `Error` when it cannot.

    What was counted of an epoch that was begun is put back only where its images have still the digest `images`.
    """
    if not checkpoint.state:
        raise Error(
            "The last checkpoint of the run holds weights only.", "Start a new run whose model.weights names it."
        )
    try:
        state = State(**checkpoint.state)
    except TypeError:
        raise Error("The run was stopped by another version of Wildset.", "Start it again as a new run.") from None
    checkpoint.fill(learner.model)
    if checkpoint.judged:
        learner.judged.load_state_dict(checkpoint.judged)
    _fill_optimizer(checkpoint, learner)
    if checkpoint.scaler:
        learner.scaler.load_state_dict(checkpoint.scaler)
    learner.parts, learner.steps = state.parts, state.steps
    if state.step and state.images == images:
        learner.tally.restore({name: tensor.numpy() for name, tensor in checkpoint.tally.items()})
    return state


def _fill_optimizer(checkpoint: Checkpoint, learner: Learner) -> None:
    weights = dict(learner.model.named_parameters())
    places = {name: at for at, name in enumerate(learner.names)}
    state: dict[int, dict[str, torch.Tensor]] = {}
    for key, tensor in checkpoint.optimizer.items():
        name, _, what = key.rpartition(".")
        weight = weights[name]
        # The fused optimizer walks weight and moments in step, so both need the same order in memory.
        same_order = torch.empty_like(weight).copy_(tensor) if tensor.shape == weight.shape else tensor
        state.setdefault(places[name], {})[what] = same_order.detach()
    groups = learner.optimizer.state_dict()["param_groups"]
    learner.optimizer.load_state_dict({"state": state, "param_groups": groups})


def _flat(learner: Learner) -> dict[str, torch.Tensor]:
    saved = learner.optimizer.state_dict()["state"]
    return {
        f"{learner.names[at]}.{what}": tensor
        for at, values in saved.items()
        for what, tensor in values.items()
        if tensor is not None  # SGD without momentum
    }


def _prefixed(prefix: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {prefix + name: tensor.detach().to("cpu").contiguous() for name, tensor in tensors.items()}


def _facts(model: nn.Module, recipe: Recipe, classes: tuple[str, ...], state: State) -> dict[str, Any]:
    whole = state.step == 0
    return {
        "version": VERSION,
        "recipe": recipe.model_dump(),
        "classes": classes,
        "preprocessing": preprocessing(recipe),
        "epoch": state.epoch,
        "step": state.step,
        "accuracy": state.best_accuracy if whole and state.best_epoch == state.epoch else None,
        "parameters": parameters(model),
    }


def _write(path: Path, tensors: dict[str, torch.Tensor], facts: dict[str, Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    write_durably(path, save(tensors, metadata={FORMAT: json.dumps(facts)}))


def _from_facts(facts: dict[str, Any], tensors: dict[str, torch.Tensor]) -> Checkpoint:
    def part(prefix: str) -> dict[str, torch.Tensor]:
        return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}

    return Checkpoint(
        recipe=recipes.Recipe.model_validate(facts["recipe"]),
        classes=tuple(facts["classes"]),
        preprocessing=facts["preprocessing"],
        epoch=facts["epoch"],
        step=facts["step"],
        accuracy=facts["accuracy"],
        parameters=facts["parameters"],
        weights=part(_MODEL),
        judged=part(_JUDGED),
        optimizer=part(_OPTIMIZER),
        tally=part(_TALLY),
        state=facts.get("state", {}),
        scaler=facts.get("scaler", {}),
    )
