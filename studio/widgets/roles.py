"""The role under which an item model hands the grid all that it paints of a row at once."""

from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

TILE_ROLE = Qt.ItemDataRole.UserRole + 1  # Tile, or None where there is nothing


class Tile(NamedTuple):
    """What one thumbnail shows. One question a tile instead of six: a frame has little time for a screen full."""

    image: QImage | None = None  # None while it is not there; the same one each time
    badge: str = ""  # such as "7" or "1→7 .94"
    bad: bool = False  # the badge tells of a wrong prediction
    ghost: bool = False  # the badge tells what a run says of an image without label
    position: int = -1  # display position of the class, -1 without one
    marks: str = ""  # a few signs at the top right, such as "! #night"
