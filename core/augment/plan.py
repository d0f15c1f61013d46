"""What happens to each sample of a batch, decided before any pixel is touched.

A plan holds numbers only. Both renderers, the window's list of parameters and the warnings read the same plan, so they
cannot disagree about what was drawn. The order of events is that of `core.recipe.operations`; all geometry is one
homography.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """N samples of `side` px from stored images of any size.

    Pixel centres have whole coordinates. What is neutral does nothing: 1 for factors, 0 for hue, sigmas, lengths,
    quality and widths.
    """

    side: int
    border: str  # mirror (the edge itself repeated: cba|abc), edge or black
    kernel: int  # px, side of the Gaussian window
    fill: str  # of what is erased: black or grey
    label: Whole  # N, with the label mapping of the rules applied
    homography: Numbers  # N,3,3: output (x, y, 1) to the stored image's px
    geometry: dict[str, Numbers]  # what the homography is made of, N or N,k each, for people: see `geometry`
    reduce: Whole  # N,2: whole factors (across, down) by which box means shrink the stored image before it is sampled
    brightness: Numbers  # N, factor
    contrast: Numbers  # N, factor about the mean grey
    saturation: Numbers  # N, factor about the grey of each pixel
    hue: Numbers  # N, share of the circle
    grayscale: Flags  # N
    invert: Flags  # N
    sharpness: Numbers  # N, factor
    blur: Numbers  # N, sigma in px
    motion: Numbers  # N, length in px; up to 1 does nothing
    motion_angle: Numbers  # N, radians
    jpeg: Whole  # N, quality
    noise: Numbers  # N, sigma where white is 1
    noise_at: Whole  # N,2: x and y in the noise sheet, where the sample's piece begins
    erase: Whole  # N,4: x, y, width, height
    happened: dict[str, Flags]  # for each operation of the recipe that is enabled, to which of the samples

    def __len__(self) -> int:
        return len(self.label)

    def rows(self, rows: npt.NDArray[np.int64] | slice) -> "Plan":
        """The plan of some of the samples."""
        part: dict[str, Any] = {f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name not in _OF_ALL}
        for name in _NAMED:
            part[name] = {key: value[rows] for key, value in getattr(self, name).items()}
        return replace(self, **part)

    def times(self) -> dict[str, Whole]:
        """How often each operation that can turn a label happened, N each; quarter turns count counter-clockwise."""
        none = np.zeros(len(self), np.int64)
        flips = {name: self.happened.get(name, none).astype(np.int64) for name in ("horizontal_flip", "vertical_flip")}
        return flips | {"quarter_turn": self.geometry.get("quarter_turn", none).astype(np.int64)}

    def without(self, *steps: str) -> "Plan":
        """The plan with all of "colour", "grain" (sharpness to noise) or "erase" left out."""
        neutral = {name: value for step in steps for name, value in _NEUTRAL[step].items()}
        changes: dict[str, Any] = {name: np.full_like(getattr(self, name), value) for name, value in neutral.items()}
        return replace(self, **changes)


_NEUTRAL: dict[str, dict[str, float]] = {
    "colour": {"brightness": 1, "contrast": 1, "saturation": 1, "hue": 0, "grayscale": 0, "invert": 0},
    "grain": {"sharpness": 1, "blur": 0, "motion": 0, "jpeg": 0, "noise": 0},
    "erase": {"erase": 0},
}
_NAMED = ("happened", "geometry")
_OF_ALL = {"side", "border", "kernel", "fill", *_NAMED}
