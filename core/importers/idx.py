"""Images in IDX files, as MNIST and others come: train-images-idx3-ubyte and its labels, packed or not."""

import os
import re
from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import Error
from core.events import Event
from core.images.idx import begins_like_one, read_idx
from core.images.names import shown
from core.importers import arrays
from core.importers.arrays import Batch
from core.importers.layout import SPLITS
from core.importers.reading import Brought
from core.importers.survey import Survey
from core.importers.walk import Late, never
from core.project.store import Store

_PLACES = (".", "raw", "MNIST/raw", "FashionMNIST/raw", "KMNIST/raw")  # the others are how torchvision keeps them
_IMAGES = re.compile(r"(.*)images([-.]idx)[34](-ubyte)?(\.gz)?", re.IGNORECASE)
_LABELS = re.compile(r"(.*)labels([-.]idx)1(-ubyte)?(\.gz)?", re.IGNORECASE)
_SPLITS = {**SPLITS, "t10k": "test"}


def is_name(name: bytes) -> bool:
    """Whether a file is called like one of these."""
    text = shown(name)
    return bool(_IMAGES.fullmatch(text) or _LABELS.fullmatch(text))


def accepts(path: Path) -> bool:
    return (
        bool(_images_in(path))
        if path.is_dir()
        else path.is_file() and (is_name(os.fsencode(path.name)) or begins_like_one(path))
    )


def bring_in(store: Store, path: Path) -> Generator[Event, None, Brought]:
    name = shown(path.name) if path.is_dir() else shown(path.name).split(".")[0]
    yield from _left_out(path)
    return (yield from arrays.bring_in(store, name, batches(path)))


def look(path: Path, late: Late = never) -> Generator[Event, None, Survey]:
    yield from _left_out(path)
    return (yield from arrays.look(batches(path), late))


def _left_out(path: Path) -> Generator[Event, None, None]:
    if path.is_dir() and (notice := arrays.others_beside(path, _images_in(path)[0].parent, is_name)):
        yield notice


def batches(path: Path) -> Iterator[Batch]:
    """The images of each file in a folder, or of one file, with the labels that lie beside it.

    Raises `Error` where a file cannot be read or labels and images do not belong together.
    """
    taken: set[tuple[str | None, str]] = set()
    for images in _images_in(path) if path.is_dir() else [path]:
        pixels = _pixels(images)
        split, prefix = _said(images)
        while (split, prefix) in taken:
            prefix = f"{split}-{prefix}"
        taken.add((split, prefix))
        yield Batch(shown(images.name), pixels, _labels(images, len(pixels)), split, prefix)


def _images_in(folder: Path) -> list[Path]:
    """The files of images in the first of the usual places that has some; each once, unpacked rather than packed."""
    for place in _PLACES:
        try:
            names = sorted(os.listdir(folder / place))
        except OSError:
            continue  # no such place, or none that can be listed, which is told when its pictures are looked for
        found: dict[str, str] = {}
        for name in names:  # sorted, so that a.gz follows a
            if _IMAGES.fullmatch(name) and (folder / place / name).is_file():
                found.setdefault(re.sub(r"\.gz$", "", name, flags=re.IGNORECASE).replace(".idx", "-idx"), name)
        if found:
            # Stable, so the rest stays in order of names: what is for testing comes last.
            return sorted((folder / place / name for name in found.values()), key=lambda path: _said(path)[0] == "test")
    return []


def _said(images: Path) -> tuple[str | None, str]:
    """Split and the rest of what the name says before the word "images"."""
    match = _IMAGES.fullmatch(shown(images.name))
    words = [word for word in re.split(r"[-_. ]", match[1] if match else "") if word]
    split = _SPLITS.get(words[-1].lower()) if words else None
    rest = words[:-1] if split else words
    return split, "".join(f"{word}-" for word in rest)


def _pixels(images: Path) -> NDArray[np.uint8]:
    """uint8[N,H,W] or uint8[N,H,W,3]."""
    pixels = read_idx(images)
    if pixels.ndim == 4 and pixels.shape[3] == 1:
        pixels = pixels[..., 0]
    if pixels.ndim == 3 or (pixels.ndim == 4 and pixels.shape[3] == 3):
        return pixels
    held = "labels" if pixels.ndim == 1 else f"{' × '.join(map(str, pixels.shape))} numbers"
    raise Error(f"{shown(images.name)} holds {held}, not images.", "Choose the file of images, or the folder of both.")


def _labels(images: Path, count: int) -> list[str] | None:
    """The number of each image's class as text; None where no labels lie beside the images."""
    if not _IMAGES.fullmatch(shown(images.name)):
        return None
    wanted = re.sub(r"images([-.]idx)[34]", r"labels\g<1>1", images.name, flags=re.IGNORECASE)
    plain = re.sub(r"\.gz$", "", wanted, flags=re.IGNORECASE)
    found = (images.with_name(name) for name in (wanted, plain, f"{plain}.gz"))
    path = next((path for path in found if path.is_file()), None)
    if path is None:
        return None
    labels = read_idx(path)
    if labels.shape != (count,):
        raise Error(
            f"{shown(path.name)} has {labels.size:,} labels, but {shown(images.name)} has {count:,} images.",
            "Download both files again.",
        )
    return [str(label) for label in labels.tolist()]
