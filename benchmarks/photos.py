"""Photos to measure with: those beside the repository where they are, else crops of scikit-learn's two."""

import zipfile
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

PHOTOS = Path(__file__).resolve().parents[2] / "shared" / "data" / "imagenette" / "imagenette-2000.zip"

Pixels = npt.NDArray[np.uint8]


def photos(count: int, width: int = 320, height: int = 240) -> Pixels:
    """Decoded photos uint8[count,height,width,3] RGB."""
    found = _of_archive(count) if PHOTOS.is_file() else _of_samples(count)
    size = (width, height)
    return np.stack([cv2.resize(photo, size, interpolation=cv2.INTER_AREA) for photo in found])


def origin() -> str:
    """Where they come from, in words."""
    return "imagenette" if PHOTOS.is_file() else "crops of scikit-learn's two photos"


def _of_archive(count: int) -> list[Pixels]:
    with zipfile.ZipFile(PHOTOS) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".JPEG"))
        chosen = names[:: max(1, len(names) // count)][:count]
        found = [cv2.imdecode(np.frombuffer(archive.read(name), np.uint8), cv2.IMREAD_COLOR_RGB) for name in chosen]
    return [np.asarray(photo, np.uint8) for photo in found]


def _of_samples(count: int) -> list[Pixels]:
    from sklearn.datasets import load_sample_images

    whole, drawn = load_sample_images().images, np.random.default_rng(0)
    found = []
    for n in range(count):
        photo = whole[n % len(whole)]
        y, x = (int(drawn.integers(length - part)) for length, part in zip(photo.shape, (240, 320), strict=False))
        found.append(np.ascontiguousarray(photo[y : y + 240, x : x + 320]))
    return found
