"""What synthetic images show: stamps, which are shapes without colour, from wherever the recipe names.

Scans of digits keep their frame. What is cut out of a project's images is centred and fills the same share of its
stamp, because how much of an image it filled says nothing.
"""

import os
import threading
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from core.errors import Error
from core.events import Event, Progress, Stage
from core.images import idx
from core.images.decode import Unreadable, load_alpha, load_at_least
from core.images.parallel import in_order
from core.project import records
from core.project.store import Store
from core.synth import mnist
from core.synth.digits import SIDE, digits

LARGE_SIDE = 2 * SIDE  # px of stamps from images in which there is more to see than SIDE px
MOST = 20_000  # stamps from a project, so that they fit into memory

_Pixels = npt.NDArray[np.uint8]
_Number = TypeVar("_Number", bound=np.generic)
_Facts = tuple[tuple[Path, int, int], ...]
_Cut = tuple[npt.NDArray[np.int64], _Pixels]

_NAMED = ("scikit-learn", "mnist")
_SHARE = 0.8  # of a stamp's side that a cut-out fills, as in scikit-learn's scans with their margin
_LOOKED_AT = 512  # px, the longer side of an image in which a stamp is searched
_CLEAR, _SOLID = 16, 128  # opacity below which a pixel is background, and which something must have
_INK = 64  # opacity from which a pixel counts for what a stamp is cut out to
_CLEAR_PART = 0.05  # of an image, so that rounded corners are no background
_NEAR = 24  # grey levels from the border's colour that a plain background may have, for noise and JPEG
_NEAR_PART = 0.95  # of the border's pixels; the rest may be ink
_CONTRAST = 48  # least grey levels between background and ink
_TOLD = 20  # images between two events

_reading = threading.Lock()  # two threads that ask for the same stamps would both read them
_cuts: dict[tuple[tuple[Path, ...], bytes], _Cut] = {}  # the last one


@dataclass(frozen=True, eq=False)
class Stamps:
    """Shapes to compose: `pixels` uint8[N,h,h] is their opacity, `labels` int64[N] their classes. Read-only.

    `origin` names them all, `name` each. `numbers` int64[N] is what the origin calls them.
    """

    pixels: _Pixels
    labels: npt.NDArray[np.int64]
    origin: str
    numbers: npt.NDArray[np.int64]
    wording: str  # of a name, with {} for its number

    def name(self, i: int) -> str:
        """Where stamp `i` comes from, such as "MNIST train 40213"."""
        return self.wording.replace("{}", str(self.numbers[i]), 1)


def load(text: str, classes: Sequence[str]) -> Stamps:
    """The stamps that `text` names, labelled with indices into `classes`; quick when asked again, from any thread.

    `text` is "scikit-learn", "mnist" (downloaded before), a folder with MNIST's files, or a project's folder. Digits
    need all classes 0 to 9. Of a project serve the labelled images of `classes` on a transparent or plain background,
    at most `MOST` of them, evenly chosen. Left out are rejected images and those of the splits val and test, which
    would otherwise be trained on where a project stamps itself. Raises `Error` where there are none.
    """
    with _reading:
        steps = reading(text, classes)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                found: Stamps = end.value
                return found


def reading(text: str, classes: Sequence[str]) -> Generator[Event, None, Stamps]:
    """What `load` does, as a job that tells how far it is and may be closed: a large project takes a minute."""
    if text == "scikit-learn":
        return _of_digits(*digits(), "scikit-learn", "scikit-learn digit {}", classes)
    if text == "mnist":
        return _of_digits(*_mnist(), "MNIST", "MNIST train {}", classes)
    folder = Path(os.path.expanduser(text)).absolute()
    if (folder / "project.db").is_file():
        return (yield from _of_project(folder, classes))
    if not folder.is_dir():
        raise Error(f"There is no folder {folder}.", "synth.stamps is scikit-learn, mnist, or a folder.")
    pixels, labels = _scans(*_files(folder))
    return _of_digits(pixels, labels, folder.name, f"train {{}} of {folder.name}", classes)


def settled(text: str) -> str:
    """What `text` means from any working folder: a relative path made absolute, anything else as it is."""
    relative = text not in _NAMED and not Path(os.path.expanduser(text)).is_absolute()
    return str(Path(text).absolute()) if relative else text


def _of_digits(
    pixels: _Pixels, labels: npt.NDArray[np.int64], origin: str, wording: str, classes: Sequence[str]
) -> Stamps:
    lacking = [str(digit) for digit in range(10) if str(digit) not in classes]
    if lacking:
        raise Error(
            f"The stamps of {origin} are the digits 0 to 9, and this project has no class {', '.join(lacking)}.",
            "Add the classes, choose other stamps with synth.stamps, or make no synthetic images.",
        )
    of_digit = np.array([list(classes).index(str(digit)) for digit in range(10)], np.int64)
    return Stamps(pixels, _fixed(of_digit[labels]), origin, _fixed(np.arange(len(labels))), wording)


def _mnist() -> tuple[_Pixels, npt.NDArray[np.int64]]:
    folder = mnist.folder()
    try:
        return _scans(*_files(folder))
    except idx.Missing as problem:
        raise Error(
            "MNIST is not on this computer yet.", f"`core synth download` fetches it to {folder}, once."
        ) from problem


def _files(folder: Path) -> tuple[Path, _Facts]:
    facts = [(path, path.stat()) for path in idx.digit_files(folder)]
    return folder, tuple((path, fact.st_mtime_ns, fact.st_size) for path, fact in facts)


@lru_cache(maxsize=1)
def _scans(folder: Path, facts: _Facts) -> tuple[_Pixels, npt.NDArray[np.int64]]:
    """The digits in `folder` as stamps; `facts` change when its files do."""
    scans, labels = idx.find_digits(folder)
    stamps = np.empty((len(scans), SIDE, SIDE), np.uint8)
    scale = SIDE / (idx.SIDE + 2)  # a margin of one scanned pixel, as scikit-learn's digits have
    for stamp, scan in zip(stamps, np.pad(scans, ((0, 0), (1, 1), (1, 1))), strict=True):
        stamp[:] = _softened(_scaled(scan, scale), scale)
    return _fixed(stamps), _fixed(labels.astype(np.int64))


def _of_project(root: Path, classes: Sequence[str]) -> Generator[Event, None, Stamps]:
    with Store.open(root, write=False) as store:
        known = records.columns(store)
        place = {name: index for index, name in enumerate(classes)}
        label_of = np.array([*(place.get(name, -1) for name in known.classes), -1], np.int64)  # the last: unlabelled
        labels = label_of[known.class_index]
        usable = np.flatnonzero((labels >= 0) & ~known.rejected & (known.split < records.VAL))
        if not len(usable):
            raise Error(
                f"The project {root.name} has no labelled images of {', '.join(classes) or 'any class'} for stamps.",
                "Label some there; those kept for validation and test do not count.",
            )
        if len(usable) > MOST:
            usable = usable[np.linspace(0, len(usable) - 1, MOST).astype(np.int64)]
        files = tuple(records.files(store, known.ids[usable]))
    kept, pixels = yield from _kept(files, known.content_hash[usable].tobytes())
    if not len(kept):
        raise Error(
            f"None of the {len(files):,} labelled images of {root.name} can serve as a stamp.",
            "A stamp's image has a background that is transparent or of one plain colour.",
        )
    chosen = usable[kept]
    wording = f"image {{}} of {root.name}"
    return Stamps(pixels, _fixed(labels[chosen]), root.name, _fixed(known.ids[chosen]), wording)


def _kept(files: tuple[Path, ...], hashes: bytes) -> Generator[Event, None, _Cut]:
    """What `_cut_out` makes of `files`, remembered; `hashes` of their content tell new files."""
    key = (files, hashes)
    cut = _cuts.get(key)
    if cut is None:
        cut = yield from _cut_out(files)
        _cuts.clear()
        _cuts[key] = cut
    return cut


def _cut_out(files: tuple[Path, ...]) -> Generator[Event, None, _Cut]:
    """Which of `files` can serve, int64[M], and their stamps uint8[M,h,h]."""
    yield Stage(title="Cutting out stamps", total=len(files), unit="images")
    shapes: dict[int, _Pixels] = {}
    with in_order(_shape, files) as found:
        for i, shape in enumerate(found):
            if shape is not None:
                shapes[i] = shape
            if (i + 1) % _TOLD == 0:
                yield Progress(done=i + 1, total=len(files))
    side = LARGE_SIDE if any(max(shape.shape) > SIDE for shape in shapes.values()) else SIDE
    stamps = np.empty((len(shapes), side, side), np.uint8)
    for stamp, shape in zip(stamps, shapes.values(), strict=True):
        stamp[:] = _centred(shape, side)
    return _fixed(np.array(list(shapes), np.int64)), _fixed(stamps)


def _shape(path: Path) -> _Pixels | None:
    """The opacity of what the image at `path` shows, without the empty space around it; None where it cannot serve."""
    try:
        opacity = _opacity(path)
    except Unreadable:
        return None
    if opacity is None:
        return None
    y, x = (np.flatnonzero((opacity >= _INK).any(axis=axis)) for axis in (1, 0))
    shape: _Pixels = opacity[y[0] : y[-1] + 1, x[0] : x[-1] + 1]
    return _scaled(shape, min(1.0, _SHARE * LARGE_SIDE / max(shape.shape)))


def _opacity(path: Path) -> _Pixels | None:
    alpha = load_alpha(path)
    if alpha is not None:
        opacity = _reduced(alpha)
        if np.mean(opacity < _CLEAR) >= _CLEAR_PART:
            return opacity if opacity.max() >= _SOLID else None
    return _off_plain(_reduced(load_at_least(path, _LOOKED_AT)))


def _off_plain(pixels: _Pixels) -> _Pixels | None:
    """The distance of `pixels` uint8[h,w,3] from the colour of their border, the largest being 255: uint8[h,w].

    None where the border has several colours, or nothing stands off it.
    """
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    colour = np.median(border, axis=0)
    distance = np.abs(pixels - colour).max(axis=2)
    rim = np.abs(border - colour).max(axis=1)
    noise = np.percentile(rim, 100 * _NEAR_PART)
    reach = distance.max() - noise
    if noise > _NEAR or reach < _CONTRAST:
        return None
    return np.asarray(np.clip(np.rint((distance - noise) * (255 / reach)), 0, 255), np.uint8)


def _reduced(image: Image.Image) -> _Pixels:
    image.thumbnail((_LOOKED_AT, _LOOKED_AT), Image.Resampling.BILINEAR)
    return np.asarray(image, np.uint8)


def _centred(shape: _Pixels, side: int) -> _Pixels:
    """`shape` uint8[h,w] in the middle of an empty stamp, of which its longer side fills `_SHARE`."""
    scale = _SHARE * side / max(shape.shape)
    scaled = _scaled(shape, scale)
    (height, width), stamp = scaled.shape, np.zeros((side, side), np.uint8)
    y, x = (side - height) // 2, (side - width) // 2
    stamp[y : y + height, x : x + width] = scaled
    return _softened(stamp, scale)


def _scaled(shape: _Pixels, scale: float) -> _Pixels:
    height, width = (max(1, round(scale * length)) for length in shape.shape)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(shape, (width, height), interpolation=method), np.uint8)


def _softened(shape: _Pixels, scale: float) -> _Pixels:
    """What was enlarged by `scale`, blurred by half a scanned pixel: with less, edges show the steps of the scan."""
    return shape if scale <= 1 else np.asarray(cv2.GaussianBlur(shape, (0, 0), scale / 2), np.uint8)


def _fixed(array: npt.NDArray[_Number]) -> npt.NDArray[_Number]:
    """`array` made read-only, because all who load the same stamps share it."""
    array.setflags(write=False)
    return array
