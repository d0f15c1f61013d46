"""Importing MNIST and its likes."""

import gzip
import random
import shutil
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from core.errors import Error
from core.events import Event, Notice
from core.project.store import Store
from tests.core.importers.conftest import bring, names, tree

ROOT = Path(__file__).parents[3]


def idx(array: NDArray[np.uint8]) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def images(count: int, side: int = 28) -> NDArray[np.uint8]:
    return np.random.default_rng(count).integers(0, 256, (count, side, side), np.uint8)


def labels(count: int) -> NDArray[np.uint8]:
    return (np.arange(count) % 10).astype(np.uint8)


@pytest.fixture
def mnist(tmp_path: Path) -> Path:
    folder = tmp_path / "mnist"
    folder.mkdir()
    for part, count in (("train", 30), ("t10k", 12)):
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images(count))))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(idx(labels(count)))
    return folder


def test_mnist(store: Store, mnist: Path) -> None:
    (mnist / "README.md").write_text("x")
    before = tree(mnist)
    sink: list[Event] = []
    report = bring(store, mnist, sink)
    assert (report.added, report.classes) == (42, tuple("0123456789"))
    held = names(store)
    assert held["train/3/00013.png"] == ("3", "train")
    assert held["test/1/00011.png"] == ("1", "test")
    written = np.asarray(Image.open(store.paths.images / "mnist" / "train" / "3" / "00013.png"))
    assert np.array_equal(written, images(30)[13])
    assert [event.text for event in sink if isinstance(event, Notice)] == [
        "Only the images in array files are imported, not README.md."
    ]
    assert bring(store, mnist).unchanged == 42
    assert tree(mnist) == before


@pytest.mark.parametrize("place", ["raw", "MNIST/raw", "FashionMNIST/raw"])
def test_where_torchvision_keeps_them(store: Store, mnist: Path, place: str) -> None:
    (mnist / "up" / place).parent.mkdir(parents=True)
    for file in [*mnist.glob("*-ubyte*")]:
        (mnist / "up" / place).mkdir(exist_ok=True)
        file.rename(mnist / "up" / place / file.name)
    packed = mnist / "up" / place / "train-images-idx3-ubyte.gz"
    packed.with_suffix("").write_bytes(gzip.decompress(packed.read_bytes()))
    sink: list[Event] = []
    assert bring(store, mnist / "up", sink).added == 42
    assert not [event for event in sink if isinstance(event, Notice)]


def test_one_file_with_and_without_labels(store: Store, mnist: Path, tmp_path: Path) -> None:
    assert bring(store, mnist / "t10k-images-idx3-ubyte.gz").classes == tuple("0123456789")
    assert {split for _, split in names(store).values()} == {"test"}
    (tmp_path / "noise.bin").write_bytes(idx(images(3, 5)))
    sink: list[Event] = []
    assert bring(store, tmp_path / "noise.bin", sink).added == 3
    assert names(store)["00002.png"] == (None, None)
    assert "There are no labels beside noise.bin, so its images come in unlabelled." in str(sink)


def test_several_sets_in_one_folder(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "emnist"
    folder.mkdir()
    for number, name in enumerate(("emnist-digits-train", "emnist-letters-train", "t10k", "test", "")):
        file = f"{name}-images-idx3-ubyte" if name else "images.idx3-ubyte"
        (folder / file).write_bytes(idx(images(2 + number)))
    assert bring(store, folder).added == 20
    assert {"train/emnist-digits-00001.png", "train/emnist-letters-00002.png", "00005.png"} <= set(names(store))


def test_colours(store: Store, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 4, 5, 3), np.uint8)
    (tmp_path / "train-images-idx4-ubyte").write_bytes(idx(pixels))
    bring(store, tmp_path / "train-images-idx4-ubyte")
    (file,) = store.paths.images.rglob("00001.png")
    assert np.array_equal(np.asarray(Image.open(file)), pixels[1])


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("train-images-idx3-ubyte", b"", r"^train-images-idx3-ubyte could not be read: it is empty"),
        ("train-images-idx3-ubyte", b"\x89PNG" * 9, "does not begin like one"),
        ("train-images-idx3-ubyte", b"\0\0\x08\x03" + b"\xff" * 12, "its header promises .* more than 2 GiB"),
        ("train-images-idx3-ubyte", b"\0\0\x08\x03" + struct.pack(">III", 5, 2**14, 2**14), "cut off"),
        ("train-images-idx3-ubyte", idx(images(0)), r"30 labels, but train-images-idx3-ubyte has 0 images\."),
        ("train-images-idx3-ubyte", idx(labels(9)), r"^train-images-idx3-ubyte holds labels, not images\."),
        ("train-labels-idx1-ubyte", idx(labels(9)), r"has 9 labels, but train-images-idx3-ubyte\.gz has 30 images\."),
        ("t10k-labels-idx1-ubyte", b"\0\0", "cut off"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_imported(
    store: Store, mnist: Path, file: str, content: bytes, sentence: str
) -> None:
    (mnist / file).write_bytes(content)
    with pytest.raises(Error, match=sentence):
        bring(store, mnist)
    assert (names(store), store.paths.images.exists()) == ({}, False)


CHILD = """
import sys
from pathlib import Path
from core.importers import import_path
from core.project.store import Store
print("ready", flush=True)
with Store.open(Path(sys.argv[1])) as store:
    for event in import_path(store, Path(sys.argv[2])):
        pass
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is POSIX")
def test_kill_at_a_random_moment(mnist: Path, tmp_path: Path) -> None:
    (mnist / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images(3000)), 1))
    (mnist / "train-labels-idx1-ubyte").write_bytes(idx(labels(3000)))
    Store.create(tmp_path / "other").close()
    for _ in range(4):
        command = [sys.executable, "-c", CHILD, str(tmp_path / "other"), str(mnist)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(random.uniform(0, 0.4))
            child.kill()
        with Store.open(tmp_path / "other") as store:
            assert len(names(store)) in (0, 3012)
    with Store.open(tmp_path / "other") as store:
        report = bring(store, mnist)
        assert report.added + report.unchanged == 3012
        assert {path.name for path in store.paths.images.iterdir()} == {"mnist"}


def test_in_an_archive(store: Store, mnist: Path, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "digits"), "zip", tmp_path, "mnist")
    assert bring(store, Path(archive)).added == 42
    assert {name.split("/")[0] for name in tree(store.paths.images)} == {"digits"}
    assert all(name.endswith(".png") for name in tree(store.paths.images))


def test_the_real_mnist(store: Store, shared_data: Path) -> None:
    if not (shared_data / "mnist").is_dir():
        pytest.skip("the real MNIST beside the repository (../shared/data/mnist) is absent")
    report = bring(store, shared_data / "mnist" / "t10k-images-idx3-ubyte.gz")
    assert (report.added, report.classes) == (10000, tuple("0123456789"))
    assert names(store)["test/7/00000.png"] == ("7", "test")
