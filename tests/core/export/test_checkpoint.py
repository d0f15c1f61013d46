import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core import recipe as recipes
from core.errors import Error
from core.evaluate.predict import evaluate
from core.export.checkpoint import export
from core.project.records import files
from core.project.store import Store
from core.recipe import Recipe
from core.runs.folder import RunFolder
from core.train import loop
from core.train.device import choose

CPU = choose("cpu")


@pytest.fixture
def run(shapes: Store, quick: Recipe, finish: Callable[..., Any]) -> RunFolder:
    recipe = recipes.change(quick, {"schedule.epochs": 2})
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
