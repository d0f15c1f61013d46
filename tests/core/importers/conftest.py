"""A project to import into, and pictures to import."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.events import Event
from core.importers import ImportReport, import_path
from core.jobs import run
from core.project.store import Store

Draw = Callable[[Path], Path]


def bring(store: Store, path: Path, sink: list[Event] | None = None) -> ImportReport:
    """Import `path` to the end."""
    report = run(import_path(store, path), (sink if sink is not None else []).append)
    assert isinstance(report, ImportReport)
    return report


def names(store: Store) -> dict[str, tuple[str | None, str | None]]:
    """What is in the project: name to (class, split)."""
    sql = "SELECT i.name, c.name, i.split FROM image i LEFT JOIN class c ON c.id = i.class_id"
    return {name: (label, split) for name, label, split in store.read(sql)}


def tree(folder: Path) -> dict[str, bytes]:
    """All files below `folder` with their content."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "project") as store:
        yield store


@pytest.fixture
def draw() -> Draw:
    """`draw(path)` writes a picture unlike all before it, with its folders."""
    chance = np.random.default_rng(0)

    def draw(path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(chance.integers(0, 256, (12, 10, 3), dtype=np.uint8)).save(path)
        return path

    return draw
