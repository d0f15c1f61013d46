"""What is known of the pixels of a project's images, kept in `cache/measures.npz`, which may be deleted at any time.

Rows are keyed by content, so a moved image keeps its row and equal images share one. The limits from which on an image
counts as dark, blurred and so on stand here too, in one table.
"""

import contextlib
import os
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.images.decode import LOADER_VERSION
from core.images.look import DIMENSIONS, SIDE, looks, perceptual_hashes

READ_SIDE = 256
"""Pixels that both sides of an image keep where it is decoded to be measured."""

ALONE, NOT_COMPARED = -1, -2  # of `Measures.cluster`

_VERSION = 1  # of the numbers; to be raised when they come out otherwise for the same pixels
_TAIL = 0.005  # share of the darkest, and of the brightest pixels that contrast does not count
_REACH = 4  # px to each side of the mean that sharpness is measured against

Values = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Measures:
    """One row a content, ordered by key. All of N rows."""

    keys: npt.NDArray[np.uint64]
    """First 8 bytes of the content hash, the first the highest."""
    brightness: Values
    """Mean of the grey image, 0 to 1."""
    contrast: Values
    """Range of its grey values but for the outermost 0.5 % on either side, 0 to 1."""
    sharpness: Values
    """See `sharpness_of`, 0 to 1."""
    phash: npt.NDArray[np.uint64]
    """See `look.perceptual_hashes`."""
    cluster: npt.NDArray[np.int64]
    """Number of the cluster of near duplicates, `ALONE` without one, `NOT_COMPARED` where nobody has looked yet."""
    look: npt.NDArray[np.float16]
    """See `look.looks`: N,128, or N,0 where it was not asked for."""

    def __len__(self) -> int:
        return len(self.keys)

    def rows_of(self, content_hash: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """The rows of images with `content_hash` uint8[M,32], int64[M], -1 where nothing is known."""
        return self.rows_of_keys(keys_of(content_hash))

    def rows_of_keys(self, wanted: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        """The same by the keys M of the contents; see `keys_of`."""
        if not len(self):
            return np.full(len(wanted), -1, np.int64)
        rows = np.minimum(np.searchsorted(self.keys, wanted), len(self) - 1)
        return np.where(self.keys[rows] == wanted, rows, -1).astype(np.int64)

    def joined(self, *others: "Measures") -> "Measures":
        """The rows of all; where several know a content, those of the last."""
        parts = [part for part in (self, *others) if len(part)]
        if len(parts) < 2:
            return parts[0] if parts else self
        keys = np.concatenate([part.keys for part in parts])
        order = np.argsort(keys, kind="stable")
        last = np.append(keys[order][1:] != keys[order][:-1], True)
        rows = order[last]
        return Measures(
            **{f.name: np.concatenate([getattr(part, f.name) for part in parts])[rows] for f in fields(self)}
        )

    def clustered(self, cluster: npt.NDArray[np.int64]) -> "Measures":
        return replace(self, cluster=cluster)


@dataclass(frozen=True)
class Sight:
    """What is kept of a decoded image until it is measured with others: three numbers and a square uint8[32,32,3]."""

    brightness: float
    contrast: float
    sharpness: float
    square: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Flaw:
    """A property that makes an image worth a look: `word` is the filter's, `any_of` its limits.

    Each of `any_of` is a set of comparisons (field, "<" or ">", limit) that all hold.
    """

    word: str
    title: str
    says: str
    any_of: tuple[tuple[tuple[str, str, float], ...], ...]

    @property
    def filter(self) -> str:
        """The same as a filter of numbers."""
        parts = [" ".join(f"{field}{sign}{limit:g}" for field, sign, limit in one) for one in self.any_of]
        return " or ".join(parts)

    def of(self, columns: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.bool_]:
        """Which images have it, by columns (N, nan unknown) of the names brightness, contrast, sharpness, width,
        height and aspect."""
        parts = [
            np.logical_and.reduce(
                [columns[field] < limit if sign == "<" else columns[field] > limit for field, sign, limit in one]
            )
            for one in self.any_of
        ]
        return np.asarray(np.logical_or.reduce(parts), np.bool_)


BLANK = 0.07  # of contrast: noise of a good camera on a white wall stays below, the flattest of 7,000 photos above

FLAWS: tuple[Flaw, ...] = (
    Flaw(
        "blank",
        "Blank",
        "nearly all pixels are within 7 % of one grey",
        ((("contrast", "<", BLANK),),),
    ),
    Flaw(
        "dark",
        "Dark",
        "the mean is below 15 % of white, and nothing is bright",
        ((("brightness", "<", 0.15), ("contrast", "<", 0.35)),),
    ),
    Flaw(
        "bright",
        "Bright",
        "the mean is above 85 % of white, and nothing is dark",
        ((("brightness", ">", 0.85), ("contrast", "<", 0.35)),),
    ),
    Flaw(
        "blurred",
        "Blurred",
        "sharpness is below 0.3, as after a blur of 2 px at 256 px",
        ((("sharpness", "<", 0.3), ("contrast", ">", BLANK)),),
    ),
    Flaw(
        "tiny",
        "Tiny",
        "a side is shorter than 16 px",
        ((("width", "<", 16),), (("height", "<", 16),)),
    ),
    Flaw(
        "odd",
        "Odd aspect",
        "one side is more than three times the other",
        ((("aspect", ">", 3),), (("aspect", "<", 0.333),)),
    ),
)


def keys_of(content_hash: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """The keys of content hashes uint8[M,32], uint64[M]."""
    first: npt.NDArray[Any] = np.ascontiguousarray(content_hash.reshape(-1, 32)[:, :8])
    return first.view(">u8").ravel().astype(np.uint64)


def empty() -> Measures:
    """No rows."""
    none = np.zeros(0, np.float32)
    keys = np.zeros(0, np.uint64)
    return Measures(keys, none, none, none, keys, np.zeros(0, np.int64), np.zeros((0, DIMENSIONS), np.float16))


def see(image: Image.Image) -> Sight:
    """The numbers of an RGB image, and the square that its look is made from."""
    side = min(image.size)
    square = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0), np.uint8)
    if side > READ_SIDE:
        size = [max(1, round(length * READ_SIDE / side)) for length in image.size]
        image = image.resize((size[0], size[1]), Image.Resampling.BILINEAR, reducing_gap=2.0)
    grey = image.convert("L")
    counts = np.array(grey.histogram(), np.int64)
    below = np.cumsum(counts) / counts.sum()
    darkest, brightest = int((below <= _TAIL).sum()), int((below < 1 - _TAIL).sum())
    brightness = float((counts * np.arange(256)).sum() / counts.sum() / 255)
    return Sight(brightness, max(0, brightest - darkest) / 255, sharpness_of(grey), square)


def sharpness_of(grey: Image.Image) -> float:
    """How much of the differences between neighbouring pixels a mean over 9 px takes away, 0 to 1; 0 for even areas.

    One minus the blur of F. Crété-Roffet and others, The Blur Effect (2007), of the direction that is more blurred.
    As differences are compared with themselves, contrast does not matter; nor does size, since larger images are
    measured with a shorter side of 256 px, though what is blurred by less than a pixel there counts as sharp.
    """
    # Imported here because `core list`, which knows the limits of this module, does without it.
    import cv2

    found = 1.0
    values = np.asarray(grey, np.uint8)
    for axis, window in ((0, (1, 2 * _REACH + 1)), (1, (2 * _REACH + 1, 1))):
        if values.shape[axis] < 2:
            return 0.0
        mean = np.asarray(cv2.blur(values, window, borderType=cv2.BORDER_REPLICATE), np.uint8)
        before, after = (cv2.absdiff(*_neighbours(one, axis)) for one in (values, mean))
        total = cv2.sumElems(before)[0]
        found = min(found, cv2.sumElems(cv2.subtract(before, after))[0] / total if total else 0.0)
    return found


def _neighbours(values: npt.NDArray[np.uint8], axis: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    return (values[1:], values[:-1]) if axis == 0 else (values[:, 1:], values[:, :-1])


def measure(image: Image.Image) -> Measures:
    """The one row of an RGB image, with key 0, alone."""
    return measured(np.zeros((1, 32), np.uint8), [see(image)])


def measured(content_hash: npt.NDArray[np.uint8], sights: list[Sight]) -> Measures:
    """The rows of images with `content_hash` uint8[N,32], all different, not compared yet."""
    keys = keys_of(content_hash)
    order = np.argsort(keys, kind="stable")
    return _rows(keys[order], [sights[at] for at in order])


def _rows(keys: npt.NDArray[np.uint64], sights: list[Sight]) -> Measures:
    squares = np.array([sight.square for sight in sights], np.uint8).reshape(-1, SIDE, SIDE, 3)
    return Measures(
        keys,
        np.array([sight.brightness for sight in sights], np.float32),
        np.array([sight.contrast for sight in sights], np.float32),
        np.array([sight.sharpness for sight in sights], np.float32),
        perceptual_hashes(squares),
        np.full(len(keys), NOT_COMPARED, np.int64),
        looks(squares),
    )


def load(path: Path, look: bool = True) -> Measures:
    """What `path` holds; no rows where it is absent, damaged, or of another version.

    Without `look` that column, 256 bytes a row and more than all others, is left out.
    """
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            if file["version"].tolist() != [_VERSION, LOADER_VERSION]:
                return empty()
            names = [field.name for field in fields(Measures) if look or field.name != "look"]
            found = {name: file[name] for name in names}
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile, zlib.error):
        return empty()
    if not look:
        found["look"] = np.zeros((len(found["keys"]), 0), np.float16)
    return Measures(**found) if _sound(found, look) else empty()


def _sound(found: dict[str, npt.NDArray[Any]], look: bool) -> bool:
    """Whether the columns are of the right type and length, and the keys in order."""
    count, none = len(found["keys"]), empty()
    shapes = {"look": (count, DIMENSIONS if look else 0)}
    right = all(
        column.shape == shapes.get(name, (count,)) and column.dtype == getattr(none, name).dtype
        for name, column in found.items()
    )
    return right and bool((found["keys"][1:] > found["keys"][:-1]).all())


def write(path: Path, measures: Measures) -> None:
    """Put `measures` into `path`, in one move, so that a reader finds the old file or the new one. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    columns: dict[str, Any] = {field.name: getattr(measures, field.name) for field in fields(measures)}
    handle, aside = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        # Not flushed to disk: what a power cut damages is measured again.
        with os.fdopen(handle, "wb") as file:
            np.savez(file, version=np.array([_VERSION, LOADER_VERSION]), **columns)
        os.chmod(aside, 0o644)  # mkstemp gives 0600, which would hide it from the owner's colleagues
        os.replace(aside, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(aside)
        raise
