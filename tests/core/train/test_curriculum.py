"""A curriculum shows the easiest images first, by the scores of the project, and goes on as if it had not stopped."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from core import recipe as recipes
from core.errors import Error
from core.events import EpochEnded, Notice, Step
from core.project.records import columns
from core.project.scores import ScoreFile, pack
from core.project.store import Store
from core.recipe import Recipe
from core.train import batches, loop
from core.train.batches import Images
from core.train.job import images
from tests.core.train.test_loop import CPU, assert_same_end, curves, every_step, stopped_and_resumed, trained

__all__ = ["every_step"]  # a fixture


@pytest.fixture
def easy_first(quick: Recipe) -> Recipe:
    return recipes.change(quick, {"optim.curriculum": "easy_first", "schedule.epochs": 4})


def score(store: Store, difficulty: np.ndarray) -> None:
    known = columns(store)
    labels = tuple(known.classes[at] for at in known.class_index)
    nothing = np.zeros(len(known.ids), np.float32)
    found = ScoreFile(known.ids, labels, nothing, difficulty.astype(np.float32), labels)
    store.paths.scores.parent.mkdir(parents=True, exist_ok=True)
    store.paths.scores.write_bytes(pack(found))


@pytest.fixture
def scored(shapes: Store) -> np.ndarray:
    """The difficulty of all images: drawn evenly, a few of them not known."""
    drawn = np.random.default_rng(3)
    difficulty = drawn.random(len(columns(shapes).ids))
    difficulty[:4] = np.nan
    score(shapes, difficulty)
    return difficulty


def shown(store: Store, recipe: Recipe, finish: Callable[..., Any]) -> Images:
    train: Images = finish(images(loop.new_run(store, recipe, CPU)))[0]
    return train


@pytest.mark.parametrize("sampling", ["each_once", "balanced"])
def test_the_easiest_third_of_each_class_comes_first_and_all_from_the_middle_on(
    shapes: Store, easy_first: Recipe, scored: np.ndarray, finish: Callable[..., Any], sampling: str
) -> None:
    recipe = recipes.change(easy_first, {"optim.sampling": sampling})
    train = shown(shapes, recipe, finish)
    known = np.nan_to_num(scored[np.searchsorted(columns(shapes).ids, train.ids)], nan=0.5)
    for epoch, share in ((1, 1 / 3), (2, 2 / 3), (3, 1), (4, 1)):
        visits = batches.visited(train, recipe, epoch)
        assert len(visits) == len(train)
        assert len(np.unique(visits, axis=0)) == len(visits)  # each visit of an image has its number
        seen = np.unique(visits[:, 0])
        for label in np.unique(train.labels):
            of_class = np.flatnonzero(train.labels == label)
            inside = np.isin(of_class, seen)
            assert inside.sum() == round(share * len(of_class))
            assert known[of_class[inside]].max() <= known[of_class[~inside]].min(initial=1)


def test_from_the_middle_on_epochs_are_those_without_a_curriculum(
    shapes: Store, quick: Recipe, easy_first: Recipe, scored: np.ndarray, finish: Callable[..., Any]
) -> None:
    train, plain = shown(shapes, easy_first, finish), shown(shapes, quick, finish)
    np.testing.assert_array_equal(batches.visited(train, easy_first, 3), batches.visited(plain, quick, 3))
    assert plain.chosen.difficulty is None
    assert plain.digest != train.digest


def test_a_single_epoch_shows_all(
    shapes: Store, easy_first: Recipe, scored: np.ndarray, finish: Callable[..., Any]
) -> None:
    recipe = recipes.change(easy_first, {"schedule.epochs": 1})
    train = shown(shapes, recipe, finish)
    assert sorted(batches.visited(train, recipe, 1)[:, 0]) == list(range(len(train)))


@pytest.mark.usefixtures("every_step", "scored")
@pytest.mark.parametrize("after", [2, 6])
def test_it_goes_on_as_if_it_had_not_stopped(shapes: Store, easy_first: Recipe, after: int) -> None:
    whole, events = trained(shapes, easy_first)
    assert_same_end(whole, stopped_and_resumed(shapes, easy_first, after=after))
    assert len([event for event in events if isinstance(event, EpochEnded)]) == 4
    plain, _ = trained(shapes, recipes.change(easy_first, {"optim.curriculum": "none"}))
    assert curves(plain) != curves(whole)


@pytest.mark.usefixtures("every_step")
def test_other_scores_begin_the_epoch_anew(shapes: Store, easy_first: Recipe, scored: np.ndarray) -> None:
    job = loop.new_run(shapes, easy_first, CPU)
    fit = loop.fit(job)
    while not isinstance(next(fit), Step):
        pass
    fit.close()
    score(shapes, 1 - scored)
    events = list(loop.fit(loop.resume(shapes, job.run, CPU)))
    assert any(isinstance(event, Notice) and "starts over" in event.text for event in events)


def test_without_scores_it_is_told_what_to_do(shapes: Store, easy_first: Recipe) -> None:
    with pytest.raises(Error, match="not known yet") as problem:
        loop.new_run(shapes, easy_first, CPU)
    assert "core suspects" in problem.value.hint
    score(shapes, np.full(len(columns(shapes).ids), np.nan))
    with pytest.raises(Error, match="not known yet"):
        loop.new_run(shapes, easy_first, CPU)
