"""CIFAR-10 and CIFAR-100 as their "python version": pickled dicts of pixels and labels, read without running them.

The format: https://www.cs.toronto.edu/~kriz/cifar.html
"""

import os
import re
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import Error
from core.events import Event
from core.images.decode import open_regular
from core.images.names import shown
from core.importers import arrays, inert
from core.importers.arrays import Batch
from core.importers.reading import Brought
from core.importers.survey import Survey
from core.importers.walk import Late, never
from core.project.store import Store

_SIDE = 32  # px
_PLACES = (".", "cifar-10-batches-py", "cifar-100-python")  # the others as their archives unpack, in a folder for both
_BATCH = re.compile(r"data_batch_(\d+)|test_batch|train|test")
_META = ("batches.meta", "meta")
_AGAIN = "Copy or download it again."


def is_name(name: bytes) -> bool:
    """Whether a file is called like one of these."""
    text = shown(name)
    return text in _META or bool(_BATCH.fullmatch(text))


def accepts(path: Path) -> bool:
    if path.is_dir():
        return _place(path) is not None
    return path.is_file() and path.suffix == "" and bool(_BATCH.fullmatch(path.name)) and _begins_pickled(path)


def bring_in(store: Store, path: Path) -> Generator[Event, None, Brought]:
    yield from _left_out(path)
    return (yield from arrays.bring_in(store, shown(path.name), batches(path)))


def look(path: Path, late: Late = never) -> Generator[Event, None, Survey]:
    yield from _left_out(path)
    return (yield from arrays.look(batches(path), late))


def _left_out(path: Path) -> Generator[Event, None, None]:
    if (place := _place(path)) and (notice := arrays.others_beside(path, place, is_name)):
        yield notice


def batches(path: Path) -> Iterator[Batch]:
    """The images of each batch in a folder, or of one batch, with the class names that lie beside it.

    Raises `Error` for a file that is damaged, asks to run something, or holds other than images of 32 x 32 px.
    """
    folder = path.parent if path.is_file() else _place(path)
    assert folder is not None  # as `accepts` said
    files = [path] if path.is_file() else _batches_in(folder)
    names = _class_names(folder)
    for file in files:
        held = _dict(file)
        pixels = _pixels(held, file)
        split = "test" if file.name.startswith("test") else "train"
        number = file.name.rpartition("_")[2]
        yield Batch(
            shown(file.name),
            pixels,
            _labels(held, file, len(pixels), names),
            split,
            f"{number}-" if number.isdigit() else "",
        )


def _place(folder: Path) -> Path | None:
    """Where the batches lie; a folder `train` is none, and a file of that name only beside its `meta`."""
    return next((folder / place for place in _PLACES if _batches_in(folder / place)), None)


def _batches_in(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = {entry.name for entry in entries if is_name(os.fsencode(entry.name)) and entry.is_file()}
    except OSError:
        return []  # not there; what cannot be listed is told when its pictures are looked for
    short = {"train", "test"} if "meta" not in names else set()
    return [folder / name for name in sorted(names - short, key=_natural) if _BATCH.fullmatch(name)]


def _natural(name: str) -> tuple[int, str]:
    match = _BATCH.fullmatch(name)
    return (int(match[1]) if match and match[1] else 1 << 20, name)


def _begins_pickled(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(1) in (b"\x80", b"(")


def _class_names(folder: Path) -> list[str]:
    """Class names by number; empty where no meta file lies beside the batches."""
    path = next((folder / name for name in _META if (folder / name).is_file()), None)
    if path is None:
        return []
    held = _dict(path)
    names = held.get("label_names", held.get("fine_label_names"))
    if not isinstance(names, list) or not names:
        raise _unusable(path, "it names no classes")
    texts = [name.decode("latin-1") if isinstance(name, bytes) else name for name in names]
    if not all(isinstance(text, str) and shown(text).strip() for text in texts) or len({*texts}) < len(texts):
        raise _unusable(path, "its class names are empty or not all different")
    return [shown(text).strip() for text in texts]


def _dict(path: Path) -> dict[str, Any]:
    """The dict in a file; keys are text, also where they were bytes."""
    with open_regular(path) as file:
        data = file.read(inert.MAX_BYTES + 1)
    if len(data) > inert.MAX_BYTES:
        raise _unusable(path, f"it has more than {inert.MAX_BYTES >> 30} GiB")
    try:
        held = inert.loads(data)
    except inert.Refused as problem:
        raise _unusable(path, str(problem)) from problem
    if not isinstance(held, dict):
        raise _unusable(path, "it holds no dict")
    return {key.decode("latin-1") if isinstance(key, bytes) else key: value for key, value in held.items()}


def _pixels(held: dict[str, Any], path: Path) -> NDArray[np.uint8]:
    """uint8[N,32,32,3]; the file has all red values of an image first, then green, then blue."""
    data = held.get("data")
    if not isinstance(data, np.ndarray) or data.ndim != 2 or data.shape[1] != 3 * _SIDE**2:
        raise _unusable(path, f"it holds no images of {_SIDE} × {_SIDE} px")
    return np.ascontiguousarray(data.reshape(-1, 3, _SIDE, _SIDE).transpose(0, 2, 3, 1))


def _labels(held: dict[str, Any], path: Path, count: int, names: Sequence[str]) -> list[str]:
    numbers = held.get("labels", held.get("fine_labels"))
    if not isinstance(numbers, list) or not all(type(number) is int and number >= 0 for number in numbers):
        raise _unusable(path, "it holds no labels")
    if len(numbers) != count:
        raise _unusable(path, f"it holds {count:,} images and {len(numbers):,} labels")
    if not names:
        return [str(number) for number in numbers]
    if count and max(numbers) >= len(names):
        raise _unusable(path, f"it holds the label {max(numbers)}, but there are {len(names)} class names")
    return [names[number] for number in numbers]


def _unusable(path: Path, reason: str) -> Error:
    return Error(f"{shown(path.name)} is no usable CIFAR file: {reason}.", _AGAIN)
