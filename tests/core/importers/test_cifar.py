"""Importing CIFAR's python version."""

import pickle
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.errors import Error
from core.events import Event, Notice
from core.project.store import Store
from tests.core.importers.conftest import bring, names, tree


def pixels(count: int) -> Any:
    return np.random.default_rng(count).integers(0, 256, (count, 3072), np.uint8)


def save(path: Path, value: object, protocol: int = 2) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(pickle.dumps(value, protocol))


def batch(count: int, key: str = "labels") -> dict[str, Any]:
    return {"batch_label": "some batch", key: [number % 3 for number in range(count)], "data": pixels(count)}


@pytest.fixture
def cifar(tmp_path: Path) -> Path:
    folder = tmp_path / "cifar-10-batches-py"
    save(folder / "data_batch_1", batch(6))
    save(folder / "data_batch_2", batch(7))
    save(folder / "test_batch", batch(4))
    save(folder / "batches.meta", {"label_names": ["cat", "dog", "frog"], "num_vis": 3072})
    (folder / "readme.html").write_text("<html>")
    return folder


@pytest.mark.parametrize("protocol", [0, 1, 2, 4])
def test_cifar_10(store: Store, cifar: Path, protocol: int) -> None:
    for file in ("data_batch_1", "test_batch", "batches.meta"):
        save(cifar / file, pickle.loads((cifar / file).read_bytes()), protocol)
    sink: list[Event] = []
    report = bring(store, cifar, sink)
    assert (report.added, report.classes) == (17, ("cat", "dog", "frog"))
    assert Notice(text="Only the images in array files are imported, not readme.html.") in sink
    held = names(store)
    assert held["train/dog/1-00004.png"] == ("dog", "train")
    assert held["train/cat/2-00006.png"] == ("cat", "train")
    assert held["test/frog/00002.png"] == ("frog", "test")
    written = np.asarray(Image.open(next(store.paths.images.rglob("1-00004.png"))))
    assert np.array_equal(written, pixels(6)[4].reshape(3, 32, 32).transpose(1, 2, 0))
    assert bring(store, cifar).unchanged == 17


def test_cifar_100(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "cifar-100-python"
    folder.mkdir(parents=True)
    for name, count in (("train", 5), ("test", 3)):
        coarse = {b"coarse_labels": [0] * count}
        save(folder / name, {**coarse, **{key.encode(): value for key, value in batch(count, "fine_labels").items()}})
    save(folder / "meta", {"fine_label_names": ["apple", "bear", "bee"], "coarse_label_names": ["a", "b"]})
    assert bring(store, folder.parent).classes == ("apple", "bear", "bee")
    assert names(store)["train/bear/00004.png"] == ("bear", "train")
    assert names(store)["test/bee/00002.png"] == ("bee", "test")


def test_one_batch_and_no_class_names(store: Store, cifar: Path) -> None:
    bring(store, cifar / "test_batch")
    (cifar / "batches.meta").unlink()
    assert bring(store, cifar / "data_batch_1").classes == ("0", "1", "2")


@pytest.mark.parametrize("kind", ["gztar", "zip", "tar"])
def test_in_an_archive(store: Store, cifar: Path, tmp_path: Path, kind: str) -> None:
    archive = Path(shutil.make_archive(str(tmp_path / "cifar-10-python"), kind, tmp_path, cifar.name))
    sink: list[Event] = []
    assert bring(store, archive, sink).added == 17
    assert Notice(text=f"Only the images in array files are imported, not {cifar.name}/readme.html.") in sink
    assert {name.split("/")[0] for name in tree(store.paths.images)} == {"cifar-10-python"}
    assert all(name.endswith(".png") for name in tree(store.paths.images))
    assert bring(store, archive).unchanged == 17


def test_a_folder_called_train_is_none(store: Store, tmp_path: Path) -> None:
    (tmp_path / "photos" / "train").mkdir(parents=True)
    (tmp_path / "photos" / "test").write_text("x")
    with pytest.raises(Error, match="There are no images in photos"):
        bring(store, tmp_path / "photos")


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return exec, ("raise SystemExit('it ran')",)


@pytest.mark.parametrize(
    ("file", "value", "sentence"),
    [
        (
            "data_batch_2",
            {**batch(3), "x": Evil()},
            r"^data_batch_2 is no usable CIFAR file: it asks for .*exec”",
        ),
        ("batches.meta", Evil(), r"^batches\.meta is no usable CIFAR file: it asks for"),
        ("test_batch", [1], "it holds no dict"),
        ("test_batch", {"labels": [1]}, "it holds no images of 32 × 32 px"),
        ("test_batch", {"labels": [1], "data": "x" * 3072}, "it holds no images"),
        ("test_batch", {"labels": [1], "data": np.zeros((1, 3000), np.uint8)}, "it holds no images"),
        ("test_batch", {"labels": [1], "data": np.zeros((1, 3072), np.float32)}, "other numbers than unsigned bytes"),
        ("test_batch", {"data": pixels(2)}, "it holds no labels"),
        ("test_batch", {"labels": [1], "data": pixels(2)}, "it holds 2 images and 1 labels"),
        ("test_batch", {"labels": [1, True], "data": pixels(2)}, "it holds no labels"),
        ("test_batch", {"labels": [1, -1], "data": pixels(2)}, "it holds no labels"),
        ("test_batch", {"labels": [1, 3], "data": pixels(2)}, "it holds the label 3, but there are 3 class names"),
        ("test_batch", {"labels": [], "data": pixels(0)}, r"^test_batch holds 0 images"),
        ("batches.meta", {"label_names": []}, "it names no classes"),
        ("batches.meta", {"label_names": ["cat", "cat", "dog"]}, "not all different"),
        ("batches.meta", {"label_names": ["cat", " ", "dog"]}, "empty or not"),
        ("batches.meta", {"label_names": ["cat", 7, "dog"]}, "empty or not"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_imported(
    store: Store, cifar: Path, file: str, value: object, sentence: str
) -> None:
    save(cifar / file, value)
    with pytest.raises(Error, match=sentence):
        bring(store, cifar)
    assert (names(store), store.paths.images.exists()) == ({}, False)


@pytest.mark.parametrize("content", [b"", b"\x80", b"\x80\x02", b"<html>", b"\0" * 100])
def test_files_that_are_no_pickles(store: Store, cifar: Path, content: bytes) -> None:
    (cifar / "data_batch_1").write_bytes(content)
    with pytest.raises(Error, match=r"^data_batch_1 "):
        bring(store, cifar)


def test_batches_as_python_2_wrote_them(store: Store, shared_data: Path, tmp_path: Path) -> None:
    program = shared_data / "cifar10" / "make_batches.py"
    if not program.is_file():
        pytest.skip("the program that makes CIFAR's batches (../shared/data/cifar10) is absent")
    subprocess.run([sys.executable, str(program), str(tmp_path / "cifar"), "20"], check=True)
    report = bring(store, tmp_path / "cifar")
    assert (report.added, len(report.classes)) == (120, 10)
    assert names(store)["train/frog/1-00000.png"] == ("frog", "train")
