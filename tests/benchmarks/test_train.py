"""What the training benchmark compares trains the same network on the same images. No timing is tested."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import costs, plain, projects, turns
from core.recipe import Recipe, change, find


@pytest.fixture
def recipe() -> Recipe:
    return change(find("mnist-lenet5"), {"optim.batch_size": 8, "schedule.epochs": 3})


@pytest.fixture
def digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of 40 digits, of noise as where MNIST is absent."""
    monkeypatch.setattr(projects, "MNIST", tmp_path / "absent")
    return projects.digits_project(tmp_path, 40)


def test_the_ways_take_turns(digits: Path, recipe: Recipe) -> None:
    job = turns.job(digits, recipe)
    pixels, labels = projects.digits(24)
    seen = plain.Images(pixels, labels, plain.digits_chain(32))
    ways = {
        "constant": turns.constant(job, 2),
        "loop": turns.real(turns.job(digits, change(recipe, {"schedule.epochs": 99, "schedule.patience": 99}))),
        "plain": turns.plain(plain.Plain(recipe, seen, 0), 2),
    }
    rounds = turns.interleaved(ways, 3)
    assert [len(found) for found in rounds.values()] == [3, 3, 3]
    assert all(speed > 0 for found in rounds.values() for speed in found)
    assert list(turns.medians(rounds)) == list(ways)


def test_a_ratio_is_taken_within_each_round() -> None:
    assert turns.ratio({"a": [1.0, 10.0, 4.0], "b": [1.0, 5.0, 2.0]}, "a", "b") == 2.0


def test_the_plain_way_sees_what_training_sees(digits: Path, recipe: Recipe) -> None:
    pixels, labels = projects.digits(40)
    seen = plain.Images(pixels, labels, plain.digits_chain(32))
    sample, label = seen[3]
    assert sample.shape == (3, 32, 32)
    assert label == labels[3]
    assert len(list(plain.Plain(recipe, seen, 0).epoch())) == 5


def test_photos_are_imported_in_classes(tmp_path: Path) -> None:
    job = turns.job(projects.photos_project(tmp_path, 20), change(Recipe(), {"data.image_size": 16}))
    assert np.bincount(job.train.label).tolist() == [1, *[2] * 9]


def test_the_tally_and_the_arithmetic_have_a_cost(digits: Path, recipe: Recipe) -> None:
    assert costs.tally(turns.job(digits, recipe), 3) > 0
    assert costs.arithmetic_ms(recipe, 1) > 0
