"""IDX files, the format of MNIST: a header of big-endian sizes, then the numbers. Packed by gzip or not.

The format: http://yann.lecun.com/exdb/mnist/ (at the end of the page).
"""

import contextlib
import gzip
import math
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from core.errors import Error
from core.images.decode import open_regular
from core.images.names import shown

MAX_BYTES = 2 << 30
SIDE = 28  # px of a digit

_PLACES = (".", "MNIST/raw")  # below a folder; the second is how torchvision keeps them
_GZIP = b"\x1f\x8b"
_UBYTE = 0x08
_OTHER_TYPES = {0x09: "int8", 0x0B: "int16", 0x0C: "int32", 0x0D: "float32", 0x0E: "float64"}
_MAX_RANK = 64  # numpy's limit
_CHUNK = 1 << 20
_AGAIN = "Copy or download the file again."


class Missing(Error):
    """A folder that lacks files of digits."""


def read_idx(path: Path) -> NDArray[np.uint8]:
    """The array of unsigned bytes in `path`, of the shape its header tells.

    Raises `Error` for a file that is missing, is no IDX file, holds other numbers, promises more than `MAX_BYTES`,
    is cut off, damaged, or longer than its header says.
    """
    name = shown(path.name)
    with open_regular(path) as file:
        packed = file.read(len(_GZIP)) == _GZIP
        file.seek(0)
        try:
            if not packed:
                return _array(file, name)
            with gzip.GzipFile(fileobj=file) as unpacked:
                return _array(unpacked, name)  # type: ignore[arg-type]  # typeshed does not call it a BinaryIO
        except EOFError as problem:
            raise _unusable(name, "it is cut off before its end", _AGAIN) from problem
        except (gzip.BadGzipFile, zlib.error) as problem:
            raise _unusable(name, f"its compressed data is damaged ({problem})", _AGAIN) from problem
        except MemoryError as problem:
            raise _unusable(name, "there is not enough memory for it", "Close other programs.") from problem


def begins_like_one(path: Path) -> bool:
    """Whether a file begins as an IDX file of unsigned bytes does, packed or not."""
    try:
        with open_regular(path) as file:
            start = file.read(len(_GZIP))
            file.seek(0)
            with gzip.GzipFile(fileobj=file) if start == _GZIP else contextlib.nullcontext(file) as plain:
                magic = plain.read(4)
    except (OSError, EOFError, zlib.error, Error):
        return False
    return len(magic) == 4 and magic[:3] == bytes([0, 0, _UBYTE]) and 1 <= magic[3] <= _MAX_RANK


def digit_files(folder: Path) -> tuple[Path, Path]:
    """The images and the labels of MNIST's training set in `folder`; raises `Missing`."""
    found = [(_file(folder / place, "images", 3), _file(folder / place, "labels", 1)) for place in _PLACES]
    for images, labels in found:
        if images and labels:
            return images, labels
    lacking = "train-labels-idx1-ubyte" if any(images for images, _ in found) else "train-images-idx3-ubyte"
    raise Missing(
        f"There is no {lacking} in {shown(folder)}.",
        "A folder of digits holds train-images-idx3-ubyte and train-labels-idx1-ubyte, also with .gz.",
    )


def find_digits(folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """MNIST's training set in `folder` or in `MNIST/raw` below it.

    Images uint8[N,28,28] with ink 255 on 0, and labels uint8[N] from 0 to 9, N at least 1. Raises `Error` when files
    are missing, cannot be read, or do not fit each other.
    """
    of_images, of_labels = digit_files(folder)
    images, labels = read_idx(of_images), read_idx(of_labels)
    name = shown(of_images.name)
    if images.ndim != 3 or images.shape[1:] != (SIDE, SIDE):
        shape = " × ".join(map(str, images.shape))
        raise _unusable(name, f"it holds {shape} numbers, not images of {SIDE} × {SIDE} px", _AGAIN)
    if not len(images):
        raise _unusable(name, "it holds no images", _AGAIN)
    if labels.shape != images.shape[:1]:
        counts = f"{len(images):,} images and {labels.size:,} labels"
        raise Error(f"{shown(folder)} has {counts}, which do not belong together.", "Download both files again.")
    if labels.max() > 9:
        reason = f"it holds the label {labels.max()}, and digits are 0 to 9"
        raise _unusable(shown(of_labels.name), reason, _AGAIN)
    return images, labels


def _file(folder: Path, what: str, rank: int) -> Path | None:
    names = [f"train-{what}{mark}idx{rank}-ubyte{ending}" for mark in "-." for ending in ("", ".gz")]
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _array(file: BinaryIO, name: str) -> NDArray[np.uint8]:
    shape = _shape(file, name)
    # An empty array may have large dimensions that numpy refuses, so a zero counts as one here.
    if math.prod(max(size, 1) for size in shape) > MAX_BYTES:
        promised = " × ".join(f"{size:,}" for size in shape)
        raise _unusable(name, f"its header promises {promised} bytes, more than {MAX_BYTES >> 30} GiB", _AGAIN)
    body = _exactly(file, math.prod(shape))
    if file.read(1):
        raise _unusable(name, f"it goes on after the {len(body):,} bytes its header promises", _AGAIN)
    return np.frombuffer(body, np.uint8).reshape(shape)


def _shape(file: BinaryIO, name: str) -> tuple[int, ...]:
    zeros, kind, rank = (magic := _exactly(file, 4))[:2], magic[2], magic[3]
    if zeros != b"\0\0" or (kind != _UBYTE and kind not in _OTHER_TYPES):
        raise _unusable(name, "it does not begin like one", "Choose a file such as MNIST's train-images-idx3-ubyte.")
    if kind != _UBYTE:
        raise _unusable(name, f"it holds {_OTHER_TYPES[kind]}, not unsigned bytes", "Save it with unsigned bytes.")
    if not 1 <= rank <= _MAX_RANK:
        raise _unusable(name, f"its header tells of {rank} dimensions", _AGAIN)
    return tuple(np.frombuffer(_exactly(file, 4 * rank), ">u4").tolist())


def _exactly(file: BinaryIO, count: int) -> bytearray:
    """`count` bytes, read in parts so that a header which promises too much costs nothing; raises EOFError."""
    data = bytearray()
    while len(data) < count:
        part = file.read(min(_CHUNK, count - len(data)))
        if not part:
            raise EOFError
        data += part
    return data


def _unusable(name: str, reason: str, hint: str) -> Error:
    return Error(f"{name} is no usable IDX file: {reason}.", hint)
