"""Projects of any number of images, generated: all of them in the catalog, real files for those that are looked at."""

import hashlib
import random
from pathlib import Path

import cv2
import numpy as np

from benchmarks.photos import photos
from core.project import predictions, records
from core.project.catalog import NewImage, add_images
from core.project.predictions import Said
from core.project.store import Store

CLASSES, SOURCES = 10, 7
FILES = 1600  # images that exist: the first by name, which scrolling and labelling pass
_PHOTOS = 200  # different ones among them


def many_images(root: Path, count: int) -> Path:
    """A project in `root` with `count` images in ten classes and seven sources, and a run that predicted them all."""
    luck = random.Random(0)
    names = [f"{n % CLASSES}/{n:07}.jpg" for n in range(count)]
    content = dict(zip(names, (luck.randbytes(32) for _ in range(count)), strict=True))
    with Store.create(root) as store:
        content |= _files(root / "images", sorted(names)[:FILES])
        found = [
            NewImage(
                name.encode(),
                content[name],
                *(320, 240, 20_000, n * 10**9),
                label=str(n % CLASSES) if n % 9 else None,
                source=f"source {n % SOURCES}",
                split="val" if n % 6 == 0 else "train",
            )
            for n, name in enumerate(names)
        ]
        add_images(store, root / "images", found)
        _predict(store, count)
    return root


def _files(folder: Path, names: list[str]) -> dict[str, bytes]:
    """Write photos under these names, each of other content; returns their hashes."""
    pixels = photos(_PHOTOS)
    packed = [cv2.imencode(".jpg", cv2.cvtColor(photo, cv2.COLOR_RGB2BGR))[1].tobytes() for photo in pixels]
    hashes = {}
    for n, name in enumerate(names):
        data = packed[n % len(packed)] + name.encode()  # what follows the end of a JPEG is not looked at
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
        hashes[name] = hashlib.sha256(data).digest()
    return hashes


def _predict(store: Store, count: int) -> None:
    rng = np.random.default_rng(0)
    classes = np.array([known.id for known in records.classes(store)])
    ids = np.arange(1, count + 1)
    true = (ids - 1) % CLASSES
    said = np.where(rng.random(count) < 0.1, rng.integers(0, CLASSES, count), true)
    sure = rng.random(count)
    predictions.replace(store, "00-run", "1", Said(ids, classes[said], sure, sure, classes[true], 1 - sure))
