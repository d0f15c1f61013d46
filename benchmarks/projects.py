"""Projects to measure training with, made by the importers: digits as MNIST has them, and photos in class folders."""

import struct
from collections.abc import Generator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks import table_one
from benchmarks.photos import photos
from core.events import Event
from core.images.idx import find_digits
from core.importers import import_path
from core.project import edits
from core.project.records import columns
from core.project.store import Store

MNIST = Path(__file__).resolve().parents[2] / "shared" / "data" / "mnist"
_VALIDATE = 20  # one image of so many

Pixels = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]


def digits(count: int) -> tuple[Pixels, Numbers]:
    """The first `count` digits of MNIST uint8[N,28,28] and their labels; noise of the same size where it is absent."""
    if MNIST.is_dir():
        pixels, labels = find_digits(MNIST)
        return pixels[:count], labels[:count].astype(np.int64)
    random = np.random.default_rng(0)
    return random.integers(0, 256, (count, 28, 28), np.uint8), np.arange(count) % 10


def digits_project(folder: Path, count: int) -> Path:
    """A project of `digits`."""
    source = folder / "idx"
    source.mkdir()
    pixels, labels = digits(count)
    for name, array in (("train-images-idx3-ubyte", pixels), ("train-labels-idx1-ubyte", labels.astype(np.uint8))):
        head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
        (source / name).write_bytes(head + array.tobytes())
    return _project(folder / "digits", source)


def photos_project(folder: Path, count: int) -> Path:
    """A project of `count` photos of 320 x 240 px, in classes that mean nothing."""
    source = folder / "photos"
    for n, photo in enumerate(photos(count)):
        place = source / table_one.CLASSES[n % len(table_one.CLASSES)]
        place.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(place / f"{n}.jpg"), cv2.cvtColor(photo, cv2.COLOR_RGB2BGR))
    return _project(folder / "wild", source)


def _project(root: Path, source: Path) -> Path:
    with Store.create(root) as store:
        finish(import_path(store, source))
        ids = columns(store).ids.tolist()
        edits.set_split(store, {id: "train" if n % _VALIDATE else "val" for n, id in enumerate(ids)})
    return root


def finish(job: Generator[Event, None, Any]) -> Any:
    """The result of a job run to its end."""
    try:
        while True:
            next(job)
    except StopIteration as end:
        return end.value
