"""The numbers of a slider: steps, bounds, no float noise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.widgets.scale import Scale

SCALES = [
    Scale(0, 1, 0.1),
    Scale(-0.5, 0.5, 0.01),
    Scale(0.08, 1, 0.05),
    Scale(1, 1024, 1, whole=True, log=True),
    Scale(1e-6, 1, 1e-7, log=True),
    Scale(-90, 90, 1, whole=True),
]


def test_steps_come_out_free_of_float_noise() -> None:
    assert [Scale(0, 1, 0.1).snapped(k * 0.1) for k in range(11)] == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]
    assert Scale(0, 1, 0.1).bounded(0.1 + 0.2) == 0.3
    assert str(Scale(-0.3, 0.3, 0.1).snapped(-0.01)) == "0.0"


def test_a_number_between_steps_goes_to_the_next_step_each_way() -> None:
    scale = Scale(0, 1, 0.05)
    assert scale.bounded(0.733) == 0.733
    assert scale.stepped(0.733, 1) == 0.75
    assert scale.stepped(0.733, -1) == 0.7


def test_both_bounds_can_be_reached_from_a_step_that_does_not_divide_the_span() -> None:
    scale = Scale(0, 1, 0.3)
    assert scale.stepped(0.9, 1) == 1
    assert scale.stepped(1, -1) == 0.9
    assert scale.snapped(0.97) == 1


def test_a_logarithmic_scale_has_two_digits_at_every_size() -> None:
    scale = Scale(1e-5, 1, 1e-6, log=True)
    assert scale.at(0.5) == pytest.approx(10**-2.5)
    assert scale.snapped(10**-2.5) == 0.0032
    assert scale.stepped(0.1, -1) < 0.1 < scale.stepped(0.1, 1)
    assert Scale(0, 1, 0.1, log=True).at(0.5) == 0.5


def test_words_have_the_digits_of_the_step() -> None:
    assert Scale(0, 1, 0.01).words(0.7) == "0.70"
    assert Scale(0, 1, 0.05).words(0.733) == "0.733"
    assert Scale(0, 5000, 10, whole=True).words(1200) == "1,200"
    assert Scale(1e-5, 1, 1e-6, log=True).words(3e-5) == "3e-05"


@pytest.mark.parametrize("scale", SCALES, ids=str)
@given(share=st.floats(0, 1), steps=st.integers(-30, 30).filter(bool))
def test_every_place_of_the_track_and_every_step_stays_in_bounds(scale: Scale, share: float, steps: int) -> None:
    value = scale.snapped(scale.at(share))
    assert scale.low <= value <= scale.high
    assert scale.snapped(value) == value
    moved = scale.stepped(value, steps)
    assert scale.low <= moved <= scale.high
    assert moved > value if steps > 0 and value < scale.high else moved <= value or steps > 0
    assert isinstance(value, int) == scale.whole
