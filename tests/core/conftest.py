from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core import recipe as recipes
from core.events import Event
from core.importers import import_path
from core.project import edits
from core.project.records import columns
from core.project.store import Store
from core.recipe import Recipe

CLASSES = ("bar", "disc", "stripes")
SIDE = 20


def _shape(kind: str, random: np.random.Generator) -> Image.Image:
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2 + random.uniform(-2, 2, (2, 1, 1))
    mask = {"bar": abs(x) < 3, "disc": x**2 + y**2 < 36, "stripes": (y // 3) % 2 == 0}[kind]
    ink, paper = random.uniform(150, 255, 3), random.uniform(0, 100, 3)
    noise = random.normal(0, 12, (SIDE, SIDE, 3))
    return Image.fromarray(np.clip(np.where(mask[:, :, None], ink, paper) + noise, 0, 255).astype(np.uint8))


@pytest.fixture(scope="session")
def shapes_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """75 PNG files of 20 px in three class folders."""
    folder, random = tmp_path_factory.mktemp("shapes"), np.random.default_rng(0)
    for kind in CLASSES:
        (folder / kind).mkdir()
        for n in range(25):
            _shape(kind, random).save(folder / kind / f"{n:02d}.png")
    return folder


@pytest.fixture
def shapes(shapes_folder: Path, tmp_path: Path) -> Generator[Store, None, None]:
    """A project of 75 images of three classes, 55 to train and 20 to validate, from two sources."""
    with Store.create(tmp_path / "shapes") as store:
        finish(import_path(store, shapes_folder))
        known = columns(store)
        parts = {int(id): "val" if n % 4 == 0 and n < 77 else "train" for n, id in enumerate(known.ids)}
        edits.set_split(store, parts)
        yield store


@pytest.fixture
def quick() -> Recipe:
    """A recipe that learns the shapes within a second or two."""
    return recipes.change(
        Recipe(),
        {
            "data.image_size": 16,
            "model.name": "small_cnn",
            "optim.batch_size": 16,
            "optim.learning_rate": 0.003,
            "schedule.epochs": 3,
        },
    )


def finish(job: Generator[Event, None, Any]) -> Any:
    """The result of a job run to its end."""
    try:
        while True:
            next(job)
    except StopIteration as end:
        return end.value


@pytest.fixture(name="finish")
def _finish() -> Any:
    return finish
