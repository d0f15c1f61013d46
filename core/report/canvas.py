"""Drawing figures with Pillow alone: fonts, colours, text that fits."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

from core.paths import RESOURCES

Colour = tuple[int, int, int]
Point = tuple[float, float]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

PAPER, INK, QUIET, GRID = (255, 255, 255), (24, 28, 34), (104, 112, 122), (226, 230, 235)
TRAIN, VAL, WRONG = (152, 160, 170), (38, 104, 176), (190, 60, 48)


@lru_cache
def font(size: int, weight: Literal["Regular", "SemiBold"] = "Regular") -> Font:
    """IBM Plex Sans of `size` px; Pillow's own font where ours are not installed."""
    file = RESOURCES / "fonts" / f"IBMPlexSans-{weight}.ttf"
    return ImageFont.truetype(file, size) if file.is_file() else ImageFont.load_default(size)


@dataclass
class Canvas:
    """A white picture to draw on; positions and sizes in px."""

    width: int
    height: int

    def __post_init__(self) -> None:
        self.image = Image.new("RGB", (self.width, self.height), PAPER)
        self.draw = ImageDraw.Draw(self.image)

    def text(self, at: Point, words: str, size: int = 15, colour: Colour = INK, anchor: str = "la") -> None:
        """Write `words`; `anchor` as Pillow has it: l, m, r and a, m, s."""
        self.draw.text(at, words, colour, font(size), anchor=anchor)

    def title(self, words: str, below: str) -> None:
        """A head at the top left with a quiet line below it."""
        self.draw.text((32, 24), words, INK, font(22, "SemiBold"), anchor="la")
        self.text((32, 56), below, 15, QUIET)

    def fitted(self, words: str, width: float, size: int) -> str:
        """`words`, shortened with an ellipsis where they are wider than `width`."""
        if self.draw.textlength(words, font(size)) <= width:
            return words
        while words and self.draw.textlength(words + "…", font(size)) > width:
            words = words[:-1]
        return words + "…"


def mix(low: Colour, high: Colour, share: float) -> Colour:
    """The colour that lies `share` in [0, 1] of the way."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(low, high, strict=True))
    return red, green, blue
