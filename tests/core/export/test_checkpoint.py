import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from PIL import ExifTags, Image
from safetensors.torch import load_file

from core import recipe as recipes
from core.augment import cpu
from core.errors import Error
from core.evaluate.predict import evaluate
from core.export.checkpoint import export
from core.images.packed import load_square
from core.models.registry import build
from core.project.records import files
from core.project.store import Store
from core.recipe import Recipe
from core.runs.folder import RunFolder, create
from core.train import checkpoint, loop
from core.train.device import choose
from core.train.state import State

CPU = choose("cpu")
MODELS_TO_EXPORT: list[dict[str, Any]] = [
    {"model.name": "lenet5"},
    {"model.name": "lenet_rgb", "model.batchnorm": False},
    {"model.name": "resnet34", "model.dropout": 0.0},
    {"model.name": "resnet_blocks", "model.expands": "1, 3", "model.activation": "mish", "model.residual": False},
    {"model.name": "torchvision:mobilenet_v3_small"},
    {"model.name": "torchvision:mnasnet0_5", "model.dropout": 0.0},
]


@pytest.fixture
def run(shapes: Store, quick: Recipe, finish: Callable[..., Any]) -> RunFolder:
    recipe = recipes.change(quick, {"schedule.epochs": 2, "data.normalize": "cifar10", "data.stored_size": 24})
    done: RunFolder = finish(loop.fit(loop.new_run(shapes, recipe, CPU)))
    return done


def test_the_readmes_lines_predict_without_wildset(
    run: RunFolder, shapes: Store, tmp_path: Path, finish: Callable[..., Any]
) -> None:
    folder = export(run, "best", tmp_path / "out" / "digits")
    assert json.loads((folder / "classes.json").read_text()) == ["bar", "disc", "stripes"]
    assert recipes.load(folder / "recipe.yaml") == run.recipe()
    readme = (folder / "README.md").read_text()
    code = re.search(r"```python\n(.*?)```", readme, re.DOTALL)
    assert code is not None
    table = finish(evaluate(shapes, run, None, CPU))
    picture = files(shapes, table.ids[:1])[0]
    done = subprocess.run(
        [sys.executable, "-c", code[1], str(picture)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout == f"{table.classes[table.predicted[0]]} {table.confidence[0]:.3f}\n"


def test_the_readmes_lines_see_what_training_saw(run: RunFolder, tmp_path: Path) -> None:
    folder = export(run, "best", tmp_path / "digits")
    code = re.search(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)
    assert code is not None
    random = np.random.default_rng(0)
    veiled = random.integers(0, 255, (60, 90, 4), np.uint8)
    large = cv2.resize(random.integers(0, 255, (9, 12, 3), np.uint8), (1200, 900), interpolation=cv2.INTER_CUBIC)
    turned = Image.Exif()
    turned[ExifTags.Base.Orientation] = 6
    Image.fromarray(veiled).save(tmp_path / "veiled.png")
    Image.fromarray(large).save(tmp_path / "large.jpg", exif=turned)
    model = checkpoint.load(run.best).model()
    for picture in (tmp_path / "veiled.png", tmp_path / "large.jpg"):
        done = subprocess.run(
            [sys.executable, "-c", code[1] + "print(*logits.tolist())", str(picture)],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
        said = [float(number) for number in done.stdout.splitlines()[-1].split()]
        with torch.inference_mode():
            ours = model(torch.from_numpy(cpu.evaluation(load_square(picture, 16)[None], "cifar10")))[0]
        assert said == pytest.approx(ours.tolist(), abs=1e-4)


@pytest.mark.parametrize("settings", MODELS_TO_EXPORT, ids=lambda settings: settings["model.name"])
def test_every_kind_of_network_can_be_used_elsewhere(settings: dict[str, Any], tmp_path: Path) -> None:
    recipe = recipes.change(Recipe(), {"data.image_size": 40, **settings})
    run = create(tmp_path / "runs", "any", recipe)
    trained = build(recipe.model, 3, seed=5).eval()
    checkpoint.save_best(run.best, trained, recipe, ("a", "b", "c"), State(epoch=1))
    folder = export(run, "best", tmp_path / "out")
    readme = (folder / "README.md").read_text()
    names = re.search(r"from model import (\w+)", readme)
    made = re.search(r"^network = .*$", readme, re.MULTILINE)
    assert names is not None
    assert made is not None
    known: dict[str, Any] = {"classes": ["a", "b", "c"]}
    written = (folder / "model.py").read_text(encoding="utf-8")
    assert "core" not in re.findall(r"^(?:from|import) (\w+)", written, re.MULTILINE)
    exec(compile(written, "model.py", "exec"), known)
    exec(made[0], known)
    known["network"].load_state_dict(load_file(folder / "weights.safetensors"))
    images = torch.rand(2, 3, 40, 40)
    with torch.inference_mode():
        assert torch.equal(known["network"](images), trained(images))
    assert ("Needs the packages torch, torchvision, " in readme) == settings["model.name"].startswith("torchvision:")


def test_a_folder_with_something_in_it_is_refused(run: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    export(run, "last", tmp_path / "mine")
    with pytest.raises(Error, match="is not empty"):
        export(run, "best", tmp_path / "mine")


def test_a_damaged_checkpoint_leaves_no_folder_behind(run: RunFolder, tmp_path: Path) -> None:
    run.best.write_bytes(run.best.read_bytes()[:-9])
    before = set(tmp_path.iterdir())
    with pytest.raises(Error, match="is damaged"):
        export(run, "best", tmp_path / "new")
    assert set(tmp_path.iterdir()) == before
