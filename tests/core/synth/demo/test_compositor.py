import numpy as np
import pytest

from core.synth.demo import compositor
from core.synth.demo.compositor import CONTRAST, D, Look, compose, crop, draw
from core.synth.demo.places import PLACES
from core.synth.digits import digits

LUMA = np.array([0.299, 0.587, 0.114])
PLAIN = Look(
    exposure=(1, 1),
    warmth=(0, 0),
    light=(0, 0),
    blur=(0, 0),
    noise=(0, 0),
    opacity=(1, 1),
    texture=0,
    weight=(0.4, 0.4),
)


def flat(level: int, size: int = 96) -> np.ndarray:
    return np.full((size, size, 3), level, np.uint8)


def test_same_draws_same_picture_and_others_another() -> None:
    stamp, draws = digits()[0][3], draw(7, np.arange(2))
    first = compose(stamp, flat(120), Look(), draws[0])
    assert np.array_equal(first, compose(stamp, flat(120), Look(), draws[0]))
    assert not np.array_equal(first, compose(stamp, flat(120), Look(), draws[1]))


def test_draws_do_not_depend_on_their_neighbours() -> None:
    assert np.array_equal(draw(3, np.arange(10))[7], draw(3, np.array([7]))[0])


@pytest.mark.parametrize("level", [0, 60, 127, 128, 200, 255])
def test_ink_stands_off_its_background(level: int) -> None:
    for i, draws in enumerate(draw(1, np.arange(20))):
        picture = compose(digits()[0][i], flat(level), PLAIN, draws).astype(float) @ LUMA
        assert np.abs(picture - level).max() >= CONTRAST - 2, i


def test_digit_stays_inside_at_every_padding_and_angle() -> None:
    draws = draw(0, np.arange(1))[0]
    for padding in (0.0, 0.999):
        for angle in (0.0, 0.999):
            draws[[D.PADDING, D.ANGLE]] = padding, angle
            drawn = np.abs(compose(digits()[0][0], flat(128), PLAIN, draws).astype(int) - 128).max(axis=2) > 20
            assert drawn.any()
            assert not drawn[[0, -1]].any()
            assert not drawn[:, [0, -1]].any()


def test_padding_sets_the_size() -> None:
    draws = draw(0, np.arange(1))[0]
    heights = []
    for padding in (0.0, 0.999):
        draws[[D.PADDING, D.ANGLE]] = padding, 0.5
        drawn = np.abs(compose(digits()[0][0], flat(128, 128), PLAIN, draws).astype(int) - 128).max(axis=2) > 60
        heights.append(int(drawn.any(axis=1).sum()))
    assert heights[0] / heights[1] == pytest.approx((128 - 20) / (128 - 60), rel=0.1)


def test_faint_ink_is_not_drawn() -> None:
    faint = np.full((64, 64), int(compositor.THRESHOLD * 255), np.uint8)
    sharp = Look(**(vars(PLAIN) | {"weight": (0.5, 0.5), "edge": 0.5}))
    draws = draw(0, np.arange(1))[0]
    assert np.array_equal(compose(faint, flat(90), sharp, draws), flat(90))


@pytest.mark.parametrize("name", PLACES)
def test_every_look_works_at_any_size(name: str) -> None:
    for size in (16, 64, 300):
        picture = compose(digits()[0][5], flat(100, size), PLACES[name].look, draw(0, np.arange(1))[0])
        assert picture.shape == (size, size, 3)
        assert picture.dtype == np.uint8
        assert picture.std() > 5


def test_crop_stays_in_the_photo_even_when_it_is_small() -> None:
    photo = np.arange(20 * 30 * 3, dtype=np.uint32).reshape(20, 30, 3).astype(np.uint8)
    for draws in draw(0, np.arange(30)):
        assert crop(photo, (10, 90), 48, draws).shape == (48, 48, 3)
