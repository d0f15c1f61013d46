import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.importers import import_path
from core.project import edits, records
from core.project.store import Store
from tests.core.conftest import finish

NAMES = ["cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png", "a, b/ü ß.png", "loose.png", "spare.png", "reject.png"]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Eight different PNG files, some in class folders."""
    folder, random = tmp_path / "photos", np.random.default_rng(3)
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 255, (6, 7, 3), np.uint8)).save(folder / name)
    return folder


@pytest.fixture
def ours(photos: Path, tmp_path: Path) -> Iterator[Store]:
    """A project of the photos with labels of all kinds, tags, notes and splits; one without label, one rejected."""
    with Store.create(tmp_path / "ours") as store:
        finish(import_path(store, photos))
        id = ids(store)
        edits.add_class(store, "Übergröße 大")
        edits.label(store, [id["loose.png"]], "Übergröße 大")
        edits.label(store, [id["cat/2.png"], id["dog/2.png"]], "cat", by="bulk")
        edits.label(store, [id["reject.png"]], "dog")
        edits.label(store, [id["spare.png"]], None)
        edits.tag(store, [id["cat/1.png"], id["spare.png"]], "häßlich; sehr")
        edits.tag(store, [id["cat/1.png"]], "night")
        edits.write_note(store, [id["dog/1.png"]], 'He said "no",\r\nthen;\tyes – ✓')
        edits.reject(store, [id["reject.png"]])
        yield store


@pytest.fixture
def theirs(photos: Path, tmp_path: Path) -> Iterator[Store]:
    """A project of the same images under other names in one folder, without labels."""
    folder = tmp_path / "scans"
    folder.mkdir()
    for number, name in enumerate(NAMES):
        shutil.copy(photos / name, folder / f"scan{number}.png")
    with Store.create(tmp_path / "theirs") as store:
        finish(import_path(store, folder))
        edits.label(store, records.columns(store).ids, None)
        yield store


def ids(store: Store) -> dict[str, int]:
    return {name: id for id, name in store.read("SELECT id, name FROM image")}


def facts(store: Store) -> dict[bytes, tuple[object, ...]]:
    """What is handed round of each image, by its content."""
    notes = dict(store.read("SELECT id, note FROM image"))
    found = records.images(store, sorted(notes))
    return {i.content_hash: (i.class_name, i.labelled_by, i.tags, notes[i.id], i.rejected) for i in found}
