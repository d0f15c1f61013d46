"""Confident learning on tables small enough to follow by hand, and on drawn ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.curate import confident
from core.curate.confident import Probabilities

NOTHING = [np.nan, np.nan, np.nan]


def table(*rows: list[float]) -> Probabilities:
    return np.array(rows, np.float32)


def drawn(seed: int, images: int, right: float, classes: int = 4) -> tuple[Probabilities, np.ndarray, np.ndarray]:
    """A judge that is right about this share of the images, their labels with a tenth of them wrong, and which are."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, classes, images)
    wrong = random.random(images) < 0.1
    labels = np.where(wrong, (truth + random.integers(1, classes, images)) % classes, truth)
    said = np.where(random.random(images) < right, truth, random.integers(0, classes, images))
    rows = random.dirichlet(np.ones(classes), images) * 0.4
    rows[np.arange(images), said] += 0.6
    return rows.astype(np.float32), labels, wrong


def test_an_image_counts_as_the_class_that_is_as_likely_as_it_is_for_images_labelled_so() -> None:
    judge = table([0.9, 0.1], [0.7, 0.3], [0.2, 0.8], [0.85, 0.15])
    labels = np.array([0, 0, 1, 1])
    # Thresholds: 0.8 for class 0, (0.8 + 0.15) / 2 = 0.475 for class 1.
    assert confident.counted_as(judge, labels).tolist() == [0, -1, 1, 0]
    assert confident.errors([judge], labels) == 1


def test_a_class_without_images_is_nobodys() -> None:
    judge = table([0.1, 0.1, 0.8], [0.2, 0.7, 0.1])
    assert confident.counted_as(judge, np.array([0, 1])).tolist() == [0, 1]


def test_two_judges_must_be_sure_of_the_same_class() -> None:
    labels = np.array([0, 0, 0, 1, 1, 2, 2])
    ones = [[0.9, 0.05, 0.05]] * 2, [[0.05, 0.9, 0.05]] * 2, [[0.05, 0.05, 0.9]] * 2
    sound = [*ones[1], *ones[2]]
    first = table(*ones[0], [0.0, 1.0, 0.0], *sound)
    same, other = table(*ones[0], [0.0, 1.0, 0.0], *sound), table(*ones[0], [0.0, 0.0, 1.0], *sound)
    silent = table(*ones[0], NOTHING, *sound)
    assert confident.errors([first, same], labels) == 1
    assert confident.errors([first, other], labels) == 0
    assert confident.errors([first, silent], labels) == 0
    assert confident.errors([first, other, same], labels) == 1


def test_errors_are_about_as_many_as_there_are() -> None:
    first, labels, wrong = drawn(0, 4000, right=0.97)
    second = first[:, [0, 1, 2, 3]] * 0.5 + 0.5 * np.eye(4, dtype=np.float32)[first.argmax(1)]
    assert 0.8 * wrong.sum() < confident.errors([first, second], labels) < 1.4 * wrong.sum()


def test_what_a_judge_counts() -> None:
    assert confident.weight(0.5, 2) == 0
    assert confident.weight(0.1, 10) == pytest.approx(0, abs=1e-9)
    assert confident.weight(0.05, 10) == 0
    assert confident.weight(0.0, 10) == 0
    assert confident.weight(1.0, 10) == confident.weight(0.999, 10) > confident.weight(0.9, 10) > 0


def test_the_better_judge_counts_more_and_only_where_it_says_something() -> None:
    labels = np.array([0, 1, 2, 0, 1, 2])
    good = table(*(np.eye(3)[labels] * 0.9 + 0.1 / 3).tolist())
    poor = table(*np.roll(good, 1, axis=1)[:3].tolist(), *good[3:].tolist())
    good[5] = np.nan
    found = confident.pooled([good, poor], labels)
    assert found[:, :].sum(1) == pytest.approx(np.ones(6), abs=1e-5)
    assert found.argmax(1).tolist() == labels.tolist()
    assert found[0, 0] > 0.6
    np.testing.assert_allclose(found[5], poor[5], rtol=1e-6)


def test_where_no_judge_says_anything_nothing_is_known() -> None:
    judge = table([0.9, 0.05, 0.05], NOTHING)
    found = confident.pooled([judge], np.array([0, 1]))
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1]).all()
    assert np.isnan(confident.pooled([judge], np.array([1, 1]))).all()  # worse than chance


@given(st.integers(0, 1000), st.integers(1, 60))
def test_any_judges_give_probabilities_and_a_possible_number(seed: int, images: int) -> None:
    first, labels, _ = drawn(seed, images, right=0.8)
    second, _, _ = drawn(seed + 1, images, right=0.5)
    second[np.random.default_rng(seed).random(images) < 0.3] = np.nan
    assert 0 <= confident.errors([first, second], labels) <= images
    found = confident.pooled([first, second], labels)
    known = np.isfinite(found[:, 0])
    np.testing.assert_allclose(found[known].sum(1), 1, rtol=1e-5)
    assert (found[known] >= 0).all()
