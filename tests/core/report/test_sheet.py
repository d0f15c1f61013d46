"""Contact sheets: where tiles lie, and that words do not run over."""

import numpy as np
import pytest

from core.report.sheet import contact_sheet


def _tiles(count: int, side: int) -> list[np.ndarray]:
    return [np.full((side, side, 3), (10 + i, 200 - i, 60), np.uint8) for i in range(count)]


def test_tiles_lie_row_by_row() -> None:
    tiles = _tiles(5, 100)
    sheet = np.asarray(contact_sheet(tiles, 3))
    assert sheet.shape == (16 + 2 * 100 + 8 + 16, 16 + 3 * 100 + 2 * 8 + 16, 3)
    for i, tile in enumerate(tiles):
        y, x = 16 + i // 3 * 108, 16 + i % 3 * 108
        assert (sheet[y : y + 100, x : x + 100] == tile).all()
    assert (sheet[16 + 108 :, 16 + 2 * 108 :] == 255).all()  # the last place is empty
    assert (sheet[:16] == 255).all()


def test_small_tiles_are_enlarged_by_whole_factors() -> None:
    tile = np.arange(32 * 32 * 3, dtype=np.uint8).reshape(32, 32, 3)
    sheet = np.asarray(contact_sheet([tile], 1))
    assert (sheet[16 : 16 + 96, 16 : 16 + 96] == tile.repeat(3, 0).repeat(3, 1)).all()


def test_tiles_of_any_shape_are_centred_in_their_cell() -> None:
    wide, tall = np.zeros((100, 200, 3), np.uint8), np.zeros((200, 100, 3), np.uint8)
    sheet = np.asarray(contact_sheet([wide, tall], 2))
    assert sheet.shape == (232, 16 + 200 + 8 + 200 + 16, 3)
    assert (sheet[16 + 50 : 16 + 150, 16:216] == 0).all()
    assert (sheet[16:216, 224 + 50 : 224 + 150] == 0).all()


def test_words_take_room_and_stay_in_it() -> None:
    tiles = _tiles(4, 100)
    plain = contact_sheet(tiles, 2)
    told = contact_sheet(tiles, 2, ["a caption far longer than its tile is wide"] * 4, ["First", "Second"])
    assert told.size == (plain.width + 120, plain.height + 2 * 18)
    pixels = np.asarray(told)
    below = pixels[16 + 100 : 16 + 118]
    assert (below[:, 136:236] < 200).any(), "a caption is written"
    assert (below[:, 236:244] == 255).all(), "and ends where its tile does"
    assert (pixels[16:116, :128] < 200).any(), "a title stands at the left"


def test_fewer_captions_than_tiles() -> None:
    assert contact_sheet(_tiles(3, 100), 3, ["one"]).size == contact_sheet(_tiles(3, 100), 3, ["one"] * 3).size


@pytest.mark.parametrize(("count", "columns"), [(0, 3), (2, 0)])
def test_nothing_to_show(count: int, columns: int) -> None:
    with pytest.raises(ValueError, match="no contact sheet"):
        contact_sheet(_tiles(count, 10), columns)
