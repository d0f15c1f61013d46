import numpy as np

from core.synth.digits import digits
from core.synth.source import synthetic

BACKGROUNDS = np.stack([np.full((64, 64, 3), level, np.uint8) for level in (20, 128, 230)])


def test_parts_fit_together() -> None:
    pixels, labels = synthetic(BACKGROUNDS, 12, 48, seed=5)
    more_pixels, more_labels = synthetic(BACKGROUNDS, 5, 48, seed=5, start=7)
    assert pixels.shape == (12, 48, 48, 3)
    assert np.array_equal(pixels[7:], more_pixels)
    assert np.array_equal(labels[7:], more_labels)


def test_digits_and_backgrounds_are_mixed() -> None:
    pixels, labels = synthetic(BACKGROUNDS, 200, 32, seed=0)
    assert set(labels.tolist()) == set(range(10))
    corners = pixels[:, 0, 0].mean(axis=1)
    assert (corners < 60).any()
    assert (corners > 160).any()


def test_none_is_none() -> None:
    pixels, labels = synthetic(BACKGROUNDS, 0, 32, seed=0)
    assert pixels.shape == (0, 32, 32, 3)
    assert labels.shape == (0,)
    assert len(digits()[1]) == 1797
