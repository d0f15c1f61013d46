"""Composites as functions of their index, and which images may be behind them."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from core.augment.draws import Parameter
from core.errors import Error
from core.recipe.sections import Synth
from core.synth import layout
from core.synth.demo import compositor as demo
from core.synth.source import MOST, Backgrounds, Synthesizer, backgrounds
from core.synth.stamps import Stamps, load

CLASSES = ("9", "8", "7", "6", "5", "4", "3", "2", "1", "0", "none")
EVERYTHING = Synth(
    perspective=0.2, ink="contrast", opacity=(0.6, 1), stroke=(-0.5, 0.7), shadow=(0, 0.8),
    match_blur=True, match_noise=True,
)  # fmt: skip


def photos(count: int = 7, side: int = 48) -> npt.NDArray[np.uint8]:
    """Noisy images whose mean red says which they are."""
    luck = np.random.default_rng(0).integers(0, 30, (count, side, side, 3), np.uint8)
    luck[..., 0] //= 3
    luck[..., 0] += (np.arange(count) * 30).astype(np.uint8)[:, None, None]
    return luck


def synthesizer(synth: Synth = EVERYTHING, seed: int = 3, side: int = 48) -> Synthesizer:
    behind = Backgrounds.of(np.arange(7, dtype=np.int64) + 100, photos())
    return Synthesizer(synth, seed, side, load("scikit-learn", CLASSES), behind)


@pytest.mark.parametrize(("synth", "count"), [(Synth(), 3000), (EVERYTHING, 1200)])
def test_nothing_but_the_index_matters(synth: Synth, count: int) -> None:
    """Thousands of composites: in one batch, in parts, backwards, alone, by four threads, made anew."""
    indices = np.arange(count)
    one = synthesizer(synth)
    whole = one.pixels(indices)
    assert (one.pixels(indices[::-1])[::-1] == whole).all()
    parts = np.split(indices, [1, 2, 5, 500, 513])
    with ThreadPoolExecutor(4) as pool:
        assert (np.concatenate(list(pool.map(one.pixels, parts))) == whole).all()
        assert (np.concatenate(list(pool.map(one.pixels, np.split(indices, 100)))) == whole).all()
    again = synthesizer(synth)
    for index in range(0, count, 7):
        assert (again.pixels(np.array([index]))[0] == whole[index]).all()
    assert (synthesizer(synth, seed=4).pixels(indices[:50]) != whole[:50]).any(axis=(1, 2, 3)).all()


def test_composites_differ() -> None:
    pixels = synthesizer().pixels(np.arange(2000))
    assert len({image.tobytes() for image in pixels}) == 2000


def test_far_indices() -> None:
    pixels = synthesizer().pixels(np.array([0, 999_999, 2**40]))
    assert pixels.shape == (3, 48, 48, 3)


def test_labels_are_those_of_what_is_shown() -> None:
    one, stamps = synthesizer(), load("scikit-learn", CLASSES)
    labels = one.labels(np.arange(2000))
    assert np.bincount(labels, minlength=11).min() == 0  # no composites of the class that has no stamps
    assert np.bincount(labels)[:10].min() > 150
    for index in range(0, 2000, 97):
        told = one.provenance(index)
        assert told.label == labels[index] == stamps.labels[told.stamp]
        assert told.stamp_name == stamps.name(told.stamp)


def test_provenance_tells_what_the_pixels_show() -> None:
    one = synthesizer(Synth(padding=(0.2, 0.2), rotation=(-5, 5)), side=96)
    for index, pixels in enumerate(one.pixels(np.arange(60))):
        told = one.provenance(index)
        assert told.index == index
        assert round((float(pixels[0, 0, 0]) - 5) / 30) == told.background - 100
        assert told.padding == 0.2
        assert -5 <= told.angle <= 5
        ink = np.array(list(bytes.fromhex(told.ink[1:])))
        assert np.abs(pixels.astype(int) - ink).max(axis=2).min() < 40
        assert told.crop[2] in range(24, 49)
        assert (told.opacity, told.stroke, told.shadow, told.blur, told.grain) == (1, 0, 0, 0, 0)


def test_stages_end_in_the_composite() -> None:
    one = synthesizer()
    for index in range(20):
        (behind, first), (alone, second), (composite, third) = one.stages(index)
        assert (behind, alone, composite) == ("Background", "Digit", "Composite")
        assert (third == one.pixels(np.array([index]))[0]).all()
        assert 0 < (first != third).any(axis=2).mean() < 0.9
        assert 0 < (second != second[0, 0]).any(axis=2).mean() < 0.9


def test_all_backgrounds_and_inks_come_up() -> None:
    one = synthesizer(Synth())
    told = [one.provenance(index) for index in range(300)]
    assert {one.background for one in told} == set(range(100, 107))
    assert len({one.ink for one in told}) == 300


def test_empty_batches_and_empty_stamps() -> None:
    assert synthesizer().pixels(np.zeros(0, np.int64)).shape == (0, 48, 48, 3)
    nothing = Stamps(np.zeros((1, 64, 64), np.uint8), np.zeros(1, np.int64), "none", np.zeros(1, np.int64), "{}")
    one = Synthesizer(EVERYTHING, 0, 48, nothing, Backgrounds.of(np.array([1]), photos(1)))
    for index in range(20):
        assert (one.stages(index)[0][1] == one.stages(index)[2][1]).all()


def test_nothing_is_kept() -> None:
    one = synthesizer()
    one.pixels(np.arange(200))
    tracemalloc.start()
    try:
        for start in range(0, 2000, 50):
            one.pixels(np.arange(start, start + 50))
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 50_000


def test_draws_are_apart_from_those_of_others() -> None:
    ours = {*layout.D, *range(layout.D.PERSPECTIVE, layout.D.PERSPECTIVE + 8)}
    assert min(ours) > 1200  # the demo's: 1000 + its D, 1100, 1101, 1200
    assert max(1000 + d for d in demo.D) < 1100
    assert max(Parameter) < 1000


def chosen(**changes: Any) -> Backgrounds:
    facts: dict[str, Any] = {
        "ids": np.arange(1, 8, dtype=np.int64),
        "split": np.ones(7, np.uint8),
        "shorter_side": np.array([10, 31, 32, 33, 64, 500, 20]),
        "gather": lambda positions: photos()[positions],
        "smallest": 32,
        "seed": 0,
    }
    return backgrounds(**{**facts, **changes})


def test_backgrounds_are_large_enough() -> None:
    found = chosen()
    assert sorted(found.ids.tolist()) == [3, 4, 5, 6]
    for id, pixels in zip(found.ids, found.pixels, strict=True):
        assert (pixels == photos()[id - 1]).all()
    assert len(chosen(smallest=1).ids) == 7


def test_the_choice_depends_on_ids_not_on_their_order() -> None:
    turned = chosen(
        ids=np.arange(7, 0, -1), shorter_side=np.array([20, 500, 64, 33, 32, 31, 10]),
        gather=lambda positions: photos()[::-1][positions],
    )  # fmt: skip
    assert turned.ids.tolist() == chosen().ids.tolist()
    assert (turned.pixels == chosen().pixels).all()
    assert chosen(seed=1).ids.tolist() != chosen().ids.tolist()


def test_there_are_never_too_many_to_keep() -> None:
    count = 3 * MOST
    found = chosen(
        ids=np.arange(count), split=np.ones(count, np.uint8), shorter_side=np.full(count, 64),
        gather=lambda positions: np.zeros((len(positions), 2, 2, 3), np.uint8),
    )  # fmt: skip
    assert len(found.ids) == len(found.pixels) == MOST
    assert 0.4 < (found.ids < count / 2).mean() < 0.6


@pytest.mark.parametrize("split", [0, 2, 3])
def test_only_training_images_get_in(split: int) -> None:
    splits = np.ones(7, np.uint8)
    splits[0] = split  # even where it would be too small
    with pytest.raises(ValueError, match="only training images"):
        chosen(split=splits)


def test_none_is_large_enough() -> None:
    with pytest.raises(Error, match="No training image has a shorter side of 1,000 px") as problem:
        chosen(smallest=1000)
    assert "500 or less" in problem.value.hint


def test_no_images_at_all() -> None:
    none = np.zeros(0, np.int64)
    with pytest.raises(Error, match="no training images"):
        chosen(ids=none, split=none.astype(np.uint8), shorter_side=none)
