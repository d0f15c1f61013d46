"""An image with its halves, so that painting it costs what the screen holds and not what the file holds."""

from dataclasses import dataclass

from PySide6.QtCore import QSize
from PySide6.QtGui import QImage


@dataclass(frozen=True, eq=False)
class Levels:
    """`images` from large to small, each half of the one before; `size` is that of the original in px.

    The first may be smaller than the original: a thumbnail or a quick decode stands for it at its size.
    """

    images: tuple[QImage, ...]
    size: QSize

    @classmethod
    def of(cls, image: QImage) -> "Levels":
        """One image as it is."""
        return cls((image,), image.size())

    def fitting(self, width: float) -> QImage:
        """The smallest of the images that is still at least `width` px wide; the first where none is."""
        wide_enough = [image for image in self.images if image.width() >= width]
        return wide_enough[-1] if wide_enough else self.images[0]

    @property
    def byte_count(self) -> int:
        return sum(image.sizeInBytes() for image in self.images)
