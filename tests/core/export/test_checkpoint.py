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

from core import recipe as recipes
from core.augment import cpu
from core.errors import Error
from core.evaluate.predict import evaluate
from core.export.checkpoint import export
from core.images.packed import load_square
from core.project.records import files
from core.project.store import Store
from core.recipe import Recipe
from core.runs.folder import RunFolder
from core.train import checkpoint, loop
from core.train.device import choose

CPU = choose("cpu")


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
