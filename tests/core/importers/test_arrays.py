"""Images that come as arrays: written as PNG, all or nothing."""

import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from core.errors import Error
from core.importers import arrays, landing
from core.importers.arrays import Batch, png
from core.project.store import Store
from tests.core.importers.conftest import names, tree
from tests.faults import on_full_disk


def digits(count: int = 5, shape: tuple[int, ...] = (4, 6)) -> NDArray[np.uint8]:
    return np.random.default_rng(count).integers(0, 256, (count, *shape), np.uint8)


@pytest.mark.parametrize("shape", [(1, 1), (7, 5), (3, 2, 3), (300, 400), (200, 150, 3)])
def test_png_holds_the_pixels(shape: tuple[int, ...]) -> None:
    pixels = digits(1, shape)[0]
    rows = np.zeros((shape[0], 1 + pixels[0].size), np.uint8)
    rows[:, 1:] = pixels.reshape(shape[0], -1)
    image = Image.open(io.BytesIO(png(rows.tobytes(), shape[1], shape[0], 3 if len(shape) == 3 else 1)))
    assert image.mode == ("RGB" if len(shape) == 3 else "L")
    assert np.array_equal(np.asarray(image), pixels)


def test_every_image_has_its_place_and_its_pixels(store: Store) -> None:
    pixels = digits(600, (3, 5, 3))
    labels = [["cat", "dog"][number % 2] for number in range(600)]
    list(arrays.bring_in(store, "pets", [Batch("a", pixels, labels, "train", "1-"), Batch("b", digits(), None, None)]))
    held = names(store)
    assert len(held) == 605
    assert held["train/cat/1-00000.png"] == ("cat", "train")
    assert held["00004.png"] == (None, None)
    written = np.asarray(Image.open(store.paths.images / "pets" / "train" / "dog" / "1-00599.png"))
    assert np.array_equal(written, pixels[599])
    rows = store.read("SELECT DISTINCT width, height FROM image WHERE split = 'train'")
    assert rows == [(5, 3)]


def test_class_names_that_are_no_folder_names(store: Store) -> None:
    labels = ["a/b", "..", "CON", "what?", "caf\u00e9"]
    list(arrays.bring_in(store, "../odd", [Batch("a", digits(), labels, None)]))
    assert {label for label, _ in names(store).values()} == set(labels)
    assert {name.split("/")[0] for name in tree(store.root) if name.startswith("images")} == {"images"}
    assert not (store.root.parent / "odd").exists()


@pytest.mark.parametrize("shape", [(0, 4), (4, 0), (20_000, 20_000)])
def test_images_of_an_impossible_size(store: Store, shape: tuple[int, int]) -> None:
    pixels = np.broadcast_to(np.uint8(0), (3, *shape))
    with pytest.raises(Error, match=r"^train holds 3 images of .* px, which cannot be used\."):
        list(arrays.bring_in(store, "x", [Batch("train", pixels, None, None)]))
    assert not store.paths.images.exists()


@pytest.mark.parametrize("stop_at", [1, 2, 3, 4, 5])
def test_closing_leaves_nothing(store: Store, stop_at: int) -> None:
    batches = [Batch("a", digits(), list("aabbc"), "train"), Batch("b", digits(6), list("aabbcd"), "test")]
    job = arrays.bring_in(store, "x", batches)
    for _ in range(stop_at):
        next(job)
    job.close()
    assert (names(store), store.paths.images.exists()) == ({}, False)
    list(arrays.bring_in(store, "x", batches))
    assert len(names(store)) == 11


def test_a_batch_that_fails_late_leaves_nothing(store: Store) -> None:
    def batches() -> Iterator[Batch]:
        yield Batch("a", digits(), None, None)
        raise Error("The second is damaged.")

    with pytest.raises(Error, match="second"):
        list(arrays.bring_in(store, "x", batches()))
    assert (names(store), store.paths.images.exists()) == ({}, False)


def test_again_and_others_of_the_same_name(store: Store) -> None:
    for seed in (5, 5, 6):
        list(arrays.bring_in(store, "x", [Batch("a", digits(seed), None, None)]))
    assert {name[:4] for name in tree(store.paths.images)} == {"x/00", "x-2/"}
    assert store.read("SELECT count(*) FROM image") == [(11,)]


def test_many_images_are_flushed_before_the_catalog_knows(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    known: list[object] = []
    monkeypatch.setattr(os, "sync", lambda: known.append(store.read("SELECT count(*) FROM image")))
    monkeypatch.setattr(landing, "_MANY", 5)
    monkeypatch.setattr("sys.platform", "linux")
    list(arrays.bring_in(store, "x", [Batch("a", digits(), None, None)]))
    assert known == [[(0,)]]


def test_a_disk_with_too_little_room(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    class Small:
        free = 65 << 20

    monkeypatch.setattr(shutil, "disk_usage", lambda path: Small)
    with pytest.raises(Error, match=r"^a needs 2\.0 MB, but the disk has only 1\.0 MB to spare\."):
        list(arrays.bring_in(store, "x", [Batch("a", digits(500), None, None)]))
    assert not store.paths.images.exists()


FULL = """
from pathlib import Path
import numpy as np
from core.errors import told
from core.importers import arrays
from core.project.store import Store
with Store.open(Path(sys.argv[2])) as store:
    try:
        list(arrays.bring_in(store, "x", [arrays.Batch("a", np.zeros((3, 400, 400), np.uint8), None, None)]))
    except OSError as problem:
        print(told(problem))
"""


def test_full_disk_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    Store.create(tmp_path / "other").close()
    done = on_full_disk(FULL, 100_000, str(tmp_path / "other"))
    assert done.stdout.startswith("The disk is full at ")
    with Store.open(tmp_path / "other") as store:
        assert (names(store), store.paths.images.exists()) == ({}, False)
