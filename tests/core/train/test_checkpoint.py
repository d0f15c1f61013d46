import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from core import recipe as recipes
from core.augment.normalize import NORMALIZATIONS
from core.errors import Error
from core.models.registry import build
from core.recipe import Recipe
from core.train import checkpoint
from core.train.state import State

CLASSES = ("null", "eins")


def saved(path: Path) -> torch.nn.Module:
    recipe = Recipe()
    model = build(recipe.model, 2, seed=5)
    path.parent.mkdir(parents=True)
    checkpoint.save_best(path, model, recipe, CLASSES, State(epoch=3, best_epoch=3, best_accuracy=0.5))
    return model


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "00-a" / "checkpoints" / "best.safetensors"


def test_a_checkpoint_comes_back_with_its_facts(file: Path) -> None:
    model = saved(file).eval()
    back = checkpoint.load(file)
    assert (back.classes, back.epoch, back.accuracy) == (CLASSES, 3, 0.5)
    assert back.recipe == Recipe()
    assert back.preprocessing["image_size"] == 64
    assert back.parameters == sum(weight.numel() for weight in model.parameters())
    images = torch.rand(2, 3, 64, 64)
    assert torch.equal(back.model()(images), model(images))
    assert [entry.name for entry in file.parent.iterdir()] == ["best.safetensors"]


@pytest.mark.parametrize("name", list(NORMALIZATIONS))
def test_a_checkpoint_says_how_its_inputs_are_normalised(name: str) -> None:
    said = checkpoint.preprocessing(recipes.change(Recipe(), {"data.normalize": name}))
    assert (tuple(said["mean"]), tuple(said["std"])) == NORMALIZATIONS[name]


def test_a_loaded_checkpoint_lets_go_of_its_file(file: Path) -> None:
    saved(file)
    back = checkpoint.load(file)
    assert back.weights
    if sys.platform == "linux":
        assert file.name not in Path("/proc/self/maps").read_text()


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def empty(file: Path) -> None:
    file.write_bytes(b"")


def pickled(file: Path) -> None:
    torch.save({"weights": torch.zeros(3)}, file)


def foreign(file: Path) -> None:
    save_file({"weight": torch.zeros(3)}, file)


def newer(file: Path) -> None:
    save_file({"weight": torch.zeros(3)}, file, {checkpoint.FORMAT: json.dumps({"version": 99})})


def older(file: Path) -> None:
    save_file({"weight": torch.zeros(3)}, file, {checkpoint.FORMAT: json.dumps({"version": 1})})


def senseless(file: Path) -> None:
    save_file(
        {"weight": torch.zeros(3)},
        file,
        {checkpoint.FORMAT: json.dumps({"version": checkpoint.VERSION, "recipe": {"a": 1}})},
    )


def missing(file: Path) -> None:
    file.unlink()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (cut, "is damaged"),
        (empty, "is damaged"),
        (pickled, "is damaged"),
        (foreign, "no checkpoint of Wildset"),
        (newer, "newer Wildset"),
        (older, "older Wildset"),
        (senseless, "lacks facts"),
        (missing, "There is no checkpoint 00-a: best.safetensors"),
    ],
)
def test_what_is_no_sound_checkpoint_is_told(file: Path, spoil: Callable[[Path], None], words: str) -> None:
    saved(file)
    spoil(file)
    with pytest.raises(Error, match=words):
        checkpoint.load(file)


def test_weights_of_another_network_are_told(file: Path) -> None:
    saved(file)
    with pytest.raises(Error, match="do not fit"):
        checkpoint.load(file).fill(torch.nn.Linear(2, 2))
