import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import jobs
from core.errors import Error
from core.project import division, edits, records, split
from core.project.catalog import add_images
from core.project.plan import SplitPlan
from core.project.store import Store
from tests.core.project.conftest import new_image


def divided(labels: np.ndarray, units: np.ndarray, shares: Sequence[float], seed: int) -> np.ndarray:
    """Codes as of `Columns.split`."""
    return jobs.run(division.dividing(labels, units, shares, seed), lambda event: None) + 1


def test_groups_stay_together_and_every_labelled_image_gets_a_split(digits: Store) -> None:
    split.assign(digits, SplitPlan(val=0.3))
    health = split.health(digits)
    assert (health.none, health.torn_groups) == (0, 0)
    assert 0 < health.val < health.train


def test_classes_keep_their_shares_when_images_stand_alone(store: Store, tmp_path: Path) -> None:
    add_images(store, tmp_path, [new_image(f"{n}.png", label="rare" if n % 10 == 0 else "often") for n in range(400)])
    split.assign(store, SplitPlan(val=0.2, test=0.1))
    known = records.columns(store)
    for index in range(2):
        of_class = known.split[known.class_index == index]
        shares = np.bincount(of_class, minlength=4) / len(of_class)
        assert shares[1:] == pytest.approx([0.7, 0.2, 0.1], abs=0.03)


def test_the_source_is_the_group_where_nothing_finer_is_known(store: Store, tmp_path: Path) -> None:
    add_images(store, tmp_path, [new_image(f"{n}.png", label=str(n % 2), source=f"s{n % 4}") for n in range(40)])
    split.assign(store, SplitPlan(val=0.25))
    by_source: dict[str | None, set[str | None]] = {}
    for image in records.images(store, range(1, 41)):
        by_source.setdefault(image.source, set()).add(image.split)
    assert sorted(len(splits) for splits in by_source.values()) == [1, 1, 1, 1]
    assert {splits.pop() for splits in by_source.values()} == {"train", "val"}


def test_the_split_is_the_same_for_the_same_seed_and_can_be_undone(digits: Store) -> None:
    split.assign(digits, SplitPlan(val=0.3, seed=1))
    first = records.columns(digits).split
    edits.undo(digits)
    assert records.counts(digits).splits[""] == 30
    split.assign(digits, SplitPlan(val=0.3, seed=1))
    assert (records.columns(digits).split == first).all()


def test_rejected_and_unlabelled_images_get_no_split(digits: Store) -> None:
    edits.reject(digits, [1])
    edits.label(digits, [2], None)
    split.assign(digits, SplitPlan(val=0.3))
    assert [image.split for image in records.images(digits, [1, 2])] == [None, None]
    edits.reject(digits, [3])
    edits.label(digits, [4], None)
    proposal = split.propose(digits, SplitPlan(val=0.3, seed=1))
    split.apply(digits, proposal)
    assert [image.split for image in records.images(digits, [3, 4])] == [None, None]
    none = proposal.counts.pop("none")
    assert records.counts(digits).splits == {**proposal.counts, "": none}


def test_a_test_set_stays_unless_a_new_one_is_asked_for(store: Store, tmp_path: Path) -> None:
    given = [new_image(f"t{n}.png", label=str(n % 2), split="test") for n in range(200)]
    add_images(store, tmp_path, [*given, *(new_image(f"{n}.png", label=str(n % 2), split="train") for n in range(4))])
    split.assign(store, SplitPlan(val=0.25))
    known = records.columns(store)
    assert (known.split[:200] == records.TEST).all()
    assert sorted(known.split[200:]) == [records.TRAIN] * 3 + [records.VAL]
    split.assign(store, SplitPlan(val=0.25, test=0.25))
    assert split.health(store).test == 51


def test_a_torn_group_is_seen(digits: Store) -> None:
    edits.set_split(digits, {1: "train", 11: "val"})  # 0.png and 10.png share source and group
    assert split.health(digits).torn_groups == 1


@pytest.mark.parametrize("fractions", [(0.0, 0.0), (1.0, 0.0), (0.6, 0.4), (-0.1, 0.3)])
def test_fractions_without_sense_are_told(digits: Store, fractions: tuple[float, float]) -> None:
    with pytest.raises(Error, match="Shares of"):
        split.assign(digits, SplitPlan(*fractions))


def test_a_single_group_cannot_be_divided(store: Store, tmp_path: Path) -> None:
    add_images(store, tmp_path, [new_image(f"{n}.png", label="a", source="only", group="g") for n in range(9)])
    with pytest.raises(Error, match="too few"):
        split.assign(store)


def test_nothing_labelled_is_told(store: Store, tmp_path: Path) -> None:
    add_images(store, tmp_path, [new_image("a.png")])
    with pytest.raises(Error, match="no labelled images"):
        split.assign(store)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20)), min_size=1, max_size=80), st.integers(0, 5))
def test_no_unit_is_ever_torn(pairs: list[tuple[int, int]], seed: int) -> None:
    labels = np.array([label for label, _ in pairs], np.int16)
    units = np.unique([unit for _, unit in pairs], return_inverse=True)[1].astype(np.int64)
    codes = divided(labels, units, (0.7, 0.2, 0.1), seed)
    assert set(codes) <= {1, 2, 3}
    for unit in set(units):
        assert len(set(codes[units == unit])) == 1


def test_there_may_be_more_sources_than_16_bits_count(store: Store, tmp_path: Path) -> None:
    add_images(store, tmp_path, [new_image(f"{n}.png", label="a", source=f"{n:05d}") for n in range(33_000)])
    assert records.columns(store).source.tolist() == list(range(33_000))


def test_many_images_of_many_classes_need_little_memory() -> None:
    labels = np.arange(10_000, dtype=np.int16) % 2000
    tracemalloc.start()
    codes = divided(labels, np.arange(10_000), (0.8, 0.2, 0.0), seed=0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert np.bincount(labels[codes == 2]).tolist() == [1] * 2000
    assert peak < 50 * 2**20


def test_a_share_that_is_less_than_one_image_a_class_is_kept_in_all() -> None:
    labels = np.repeat(np.arange(200, dtype=np.int16), 3)
    codes = divided(labels, np.arange(600), (0.75, 0.15, 0.1), seed=0)
    assert 70 <= (codes == 2).sum() <= 100
    assert 45 <= (codes == 3).sum() <= 70
    assert np.bincount(labels[codes == 1], minlength=200).min() >= 1
