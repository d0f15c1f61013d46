"""A contact sheet: many small images in a grid, with words below and beside them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.report.canvas import INK, QUIET, Canvas

_LEAST = 96  # px: smaller tiles are enlarged by whole factors, so that captions fit and pixels stay pixels
_MARGIN, _GAP = 16, 8
_CAPTION = 18  # px of a line of words
_TITLE_SIDE = 120  # px that titles of rows take at the left


def contact_sheet(
    tiles: Sequence[npt.NDArray[np.uint8]],
    columns: int,
    captions: Sequence[str] = (),
    row_titles: Sequence[str] = (),
) -> Image.Image:
    """`tiles` uint8[h,w,3] RGB row by row on white, `columns` (at least 1) in a row; cells are as large as the largest.

    `captions` stand below their tiles, `row_titles` at the left of their rows; both may be shorter than what they
    describe. Raises `ValueError` where there is no tile.
    """
    if not tiles or columns < 1:
        raise ValueError(f"no contact sheet of {len(tiles)} tiles in {columns} columns")
    shown = [_enlarged(tile) for tile in tiles]
    width, height = max(tile.width for tile in shown), max(tile.height for tile in shown)
    columns = min(columns, len(shown))
    left = _MARGIN + (_TITLE_SIDE if row_titles else 0)
    across, down = width + _GAP, height + _GAP + (_CAPTION if captions else 0)
    rows = -(-len(shown) // columns)
    canvas = Canvas(left + columns * across - _GAP + _MARGIN, _MARGIN + rows * down - _GAP + _MARGIN)
    for place, tile in enumerate(shown):
        x, y = left + place % columns * across, _MARGIN + place // columns * down
        canvas.image.paste(tile, (x + (width - tile.width) // 2, y + (height - tile.height) // 2))
        if place < len(captions):
            canvas.text((x, y + height + 2), canvas.fitted(captions[place], width, 12), 12, QUIET)
    for row, title in enumerate(row_titles[:rows]):
        words = canvas.fitted(title, _TITLE_SIDE - _GAP, 14)
        canvas.text((_MARGIN, _MARGIN + row * down + height / 2), words, 14, INK, "lm")
    return canvas.image


def _enlarged(tile: npt.NDArray[np.uint8]) -> Image.Image:
    image = Image.fromarray(np.ascontiguousarray(tile))
    factor = -(-_LEAST // max(image.size))
    if factor == 1:
        return image
    return image.resize((factor * image.width, factor * image.height), Image.Resampling.NEAREST)
