"""The order is greedy: each image is the farthest from those before it."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Error
from core.images import measures
from core.project import diversity, edits, query, table
from core.project.diversity import farthest_first
from core.project.query import parse
from core.project.store import Store


def _looks(count: int, groups: int, seed: int) -> np.ndarray:
    """Vectors of length 1 around some directions, among them equal ones and some that are 0."""
    rng = np.random.default_rng(seed)
    found = rng.normal(size=(groups, 12))[rng.integers(0, groups, count)] + rng.normal(size=(count, 12)) * 0.2
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    found[rng.random(count) < 0.1] = found[0]
    found[rng.random(count) < 0.1] = 0
    return found.astype(np.float16)


@settings(max_examples=60)
@given(st.integers(1, 60), st.integers(1, 8), st.integers(0, 100), st.integers(1, 40), st.integers(2, 16))
def test_each_is_the_farthest_from_those_before(count: int, groups: int, seed: int, centres: int, pool: int) -> None:
    looks = _looks(count, groups, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(diversity, "_POOL", pool)
        patch.setattr(diversity, "_BLOCK", 7)
        order = farthest_first(looks, centres)
    assert sorted(order.tolist()) == list(range(count))
    wide = looks.astype(np.float64)
    apart = ((wide[:, None] - wide[None]) ** 2).sum(2)
    for at in range(1, min(centres, count)):
        before, left = order[:at], order[at:]
        nearest = apart[left][:, before].min(1)
        assert nearest[0] >= nearest.max() - 1e-4
    rest = order[min(centres, count) :]
    if len(rest):
        nearest = apart[rest][:, order[:centres]].min(1)
        assert (np.diff(nearest) <= 1e-4).all()


def test_one_of_each_kind_comes_first() -> None:
    rng = np.random.default_rng(0)
    kinds = np.eye(8)[np.arange(400) % 8] + rng.normal(size=(400, 8)) * 0.01
    order = farthest_first((kinds / np.linalg.norm(kinds, axis=1, keepdims=True)).astype(np.float16))
    assert sorted(int(place) % 8 for place in order[:8]) == list(range(8))
    assert farthest_first(np.zeros((0, 8), np.float16)).tolist() == []


@pytest.fixture
def measured(digits: Store) -> Store:
    """30 images of which 28 look like one of six things."""
    known = table.of(digits)
    content = known.content[:28]
    rows = np.argsort(measures.keys_of(content))
    none = np.zeros(28, np.float32)
    look = np.zeros((28, measures.DIMENSIONS), np.float16)
    look[np.arange(28), rows % 6] = 1
    look[np.arange(28), 6 + rows] = 0.1
    keys = measures.keys_of(content)[rows]
    alone = np.full(28, -1, np.int64)
    digits.paths.measures.parent.mkdir(parents=True, exist_ok=True)
    measures.write(digits.paths.measures, measures.Measures(keys, none, none, none, keys, alone, look))
    return digits


def test_images_that_were_not_measured_come_last(measured: Store) -> None:
    ids = query.ids(measured, sort="diversity")
    assert sorted((ids[:6] - 1) % 6) == list(range(6))
    assert sorted(ids[-2:].tolist()) == [29, 30]
    back = query.ids(measured, sort="diversity", descending=True)
    assert back[:28].tolist() == ids[:28][::-1].tolist()
    assert sorted(back[-2:].tolist()) == [29, 30]


def test_what_leaves_does_not_stir_what_stays(measured: Store) -> None:
    edits.label(measured, range(1, 31), None)
    before = query.ids(measured, parse("unlabelled"), "diversity")
    edits.label(measured, before[:3].tolist(), "1")
    assert query.ids(measured, parse("unlabelled"), "diversity").tolist() == before[3:].tolist()
    edits.undo(measured)
    assert query.ids(measured, parse("unlabelled"), "diversity").tolist() == before.tolist()


def test_another_filter_has_an_order_of_its_own(measured: Store) -> None:
    query.ids(measured, sort="diversity")
    few = query.ids(measured, parse("class:0"), "diversity")  # less than half
    with Store.open(measured.root, write=False) as fresh:
        assert query.ids(fresh, parse("class:0"), "diversity").tolist() == few.tolist()


def test_of_very_many_only_some_are_ordered(measured: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diversity, "MOST", 7)
    ids = query.ids(measured, sort="diversity")
    assert sorted(ids.tolist()) == list(range(1, 31))
    names = table.of(measured).by_name
    rest = [id for id in (names + 1).tolist() if id in ids[7:28]]
    assert ids[7:28].tolist() == rest


def test_without_a_check(digits: Store, tmp_path: Path) -> None:
    with pytest.raises(Error, match="not measured yet") as told:
        query.ids(digits, sort="diversity")
    assert told.value.hint == "Run a check first."
