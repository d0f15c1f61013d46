from concurrent.futures import ThreadPoolExecutor

import numpy as np

from core.augment import noise


def test_the_sheet_is_normal_and_no_place_tells_of_another() -> None:
    sheet = noise.sheet()
    assert sheet.shape == (noise.SIDE, noise.SIDE, 3)
    assert abs(sheet.mean()) < 0.003
    assert abs(sheet.std() - 1) < 0.003
    for other in (np.roll(sheet, 1, 0), np.roll(sheet, 1, 1), np.roll(sheet, 1, 2), np.roll(sheet, noise.SIDE // 2, 0)):
        assert abs((sheet * other).mean()) < 0.004


def test_threads_that_begin_together_share_one_sheet() -> None:
    noise._sheet.cache_clear()
    with ThreadPoolExecutor(4) as pool:
        sheets = list(pool.map(lambda _: noise.sheet(), range(4)))
    assert all(sheet is sheets[0] for sheet in sheets)
