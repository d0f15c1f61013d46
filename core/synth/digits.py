"""Real handwritten digits as stamps: the 1,797 scans of 8 x 8 px that scikit-learn ships, upscaled smoothly."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from core.errors import Error

SIDE = 64  # px of a stamp; a margin of one scanned pixel keeps strokes away from its edge


@lru_cache(maxsize=1)
def digits() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Stamps uint8[1797, SIDE, SIDE] with ink 255 on 0, and their labels int64[1797] from 0 to 9; read-only."""
    # Reading the file takes 0.1 s, importing sklearn.datasets several seconds.
    table = np.loadtxt(installed("data/digits.csv.gz"), delimiter=",", dtype=np.float32)
    scans = np.pad(table[:, :64].reshape(-1, 8, 8) / 16, ((0, 0), (1, 1), (1, 1)))  # scans hold 0 to 16
    stamps = np.stack([_upscale(scan) for scan in scans])
    labels = table[:, 64].astype(np.int64)
    stamps.setflags(write=False)
    labels.setflags(write=False)
    return stamps, labels


def installed(name: str) -> Path:
    """A file of scikit-learn's package of sample data. Raises `Error` when the package lacks it."""
    spec = find_spec("sklearn")
    folders = (spec.submodule_search_locations if spec else None) or []
    for folder in folders:
        path = Path(folder) / "datasets" / name
        if path.is_file():
            return path
    raise Error(f"scikit-learn's sample data {name} is missing.", "Install scikit-learn again.")


def _upscale(scan: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    large = cv2.resize(scan, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    return np.clip(np.rint(cv2.GaussianBlur(large, (0, 0), SIDE / 40) * 255), 0, 255).astype(np.uint8)
