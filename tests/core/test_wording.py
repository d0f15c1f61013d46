import math

import pytest

from core import wording


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (9.96, "10 s"), (59.6, "1 min 0 s"), (64, "1 min 4 s"), (7500, "2 h 5 min")]
)
def test_duration(seconds: float, text: str) -> None:
    assert wording.duration(seconds) == text


def test_time_left_promises_no_fractions() -> None:
    assert wording.time_left(0.2) == "1 s left"
    assert wording.time_left(64) == "1 min 4 s left"


def test_percent_of_nothing_is_not_zero() -> None:
    assert [wording.percent(share) for share in (0.9487, 1.0, None, math.nan)] == ["94.9 %", "100.0 %", "n/a", "n/a"]


def test_count_knows_its_plural() -> None:
    assert [wording.count(n, noun) for n, noun in ((1, "image"), (4943, "image"), (2, "class"), (5, "epoch"))] == [
        "1 image",
        "4,943 images",
        "2 classes",
        "5 epochs",
    ]


def test_clipped_says_that_it_is() -> None:
    assert [wording.clipped(text, 4) for text in ("cats", "catfish")] == ["cats", "cat…"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(12.0, "12"), (64, "64"), (0.05, "0.05"), (1e-4, "0.0001"), (1e-5, "1e-5"), (2.5e-6, "2.5e-6"), (0, "0")],
)
def test_a_number_is_short_and_reads_back_equal(value: float, text: str) -> None:
    assert wording.number(value) == text
    assert float(text) == value
    assert float(wording.number(value / 3)) == value / 3
