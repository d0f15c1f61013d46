"""What plans of a split promise, whatever the images: see core/project/plan.py."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import jobs
from core.errors import Error
from core.events import Progress
from core.project import division, edits, plan, records, split
from core.project.catalog import add_images
from core.project.plan import SplitPlan
from core.project.records import TEST, TRAIN, VAL
from core.project.store import Store
from core.project.units import joined
from tests.core.project.conftest import new_image

Image = tuple[int, int, int, int]  # class, content, group, source; -1 is none

images = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 60), st.integers(-1, 8), st.integers(-1, 2)), min_size=4, max_size=60
)


Fill = Callable[..., Store]


@pytest.fixture(scope="module")  # hypothesis calls it many times a test
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fill]:
    """Makes a project of images, in the place of the one made before."""
    opened: list[Store] = []

    def fill(found: list[Image], splits: list[str | None] | None = None) -> Store:
        if opened:
            opened.pop().close()
        folder = tmp_path_factory.mktemp("plans")
        opened.append(Store.create(folder / "project"))
        rows = [
            new_image(
                f"{n % 4}/{n}.png",
                label=str(label),
                content=content,
                group=None if group < 0 else f"g{group}",
                source=None if source < 0 else f"s{source}",
                split=splits[n] if splits else None,
            )
            for n, (label, content, group, source) in enumerate(found)
        ]
        add_images(opened[0], folder, rows)
        return opened[0]

    yield fill
    opened.pop().close()


def refusal(store: Store, wanted: SplitPlan) -> Error | None:
    """Why the plan cannot be followed; None where it was."""
    try:
        split.assign(store, wanted)
    except Error as problem:
        return problem
    return None


hurried = settings(max_examples=25, deadline=None)
plans = st.builds(
    SplitPlan,
    val=st.sampled_from([0.15, 0.3, 0.5]),
    test=st.sampled_from([0.0, 0.2]),
    group_by=st.sampled_from(plan.GROUPINGS),
    seed=st.integers(0, 3),
)


def units_by_hand(found: list[Image], group_by: str) -> list[set[int]]:
    """Sets of images that belong together, joined until nothing changes."""
    units = [{n} for n in range(len(found))]

    def tied(a: int, b: int) -> bool:
        one, other = found[a], found[b]
        group = one[2] >= 0 and one[2:] == other[2:]  # groups of two sources are two
        source = one[3] >= 0 and one[3] == other[3]
        auto = group if one[2] >= 0 and other[2] >= 0 else source and one[2] < 0 and other[2] < 0
        folder = a % 4 == b % 4
        by = {"auto": auto, "group": group, "source": source, "folder": folder, "none": False}
        return one[1] == other[1] or (group or source or folder if group_by == "any" else by[group_by])

    for a in range(len(found)):
        for b in range(a):
            if tied(a, b):
                one, other = (next(unit for unit in units if n in unit) for n in (a, b))
                if one is not other:
                    units.remove(other)
                    one |= other
    return units


@hurried
@given(found=images, wanted=plans)
def test_no_unit_is_torn_and_every_image_is_placed(filled: Fill, found: list[Image], wanted: SplitPlan) -> None:
    store = filled(found)
    units = units_by_hand(found, wanted.group_by)
    if problem := refusal(store, wanted):
        assert problem.title.startswith("No leak-free split exists")
        assert "The largest: " in problem.hint
        return
    codes = records.columns(store).split
    assert all(len({codes[n] for n in unit}) == 1 for unit in units)
    assert set(codes) == {TRAIN, VAL, TEST} - ({TEST} if not wanted.test else set())
    health = split.health(store)
    assert health.exact == 0
    assert wanted.group_by == "none" or health.torn_groups == 0


@hurried
@given(found=images, seed=st.integers(0, 3), folds=st.integers(2, 4))
def test_folds_are_disjoint_and_cover_all(filled: Fill, found: list[Image], seed: int, folds: int) -> None:
    store = filled(found)
    validated = np.zeros(len(found), np.int64)
    for fold in range(1, folds + 1):
        if problem := refusal(store, SplitPlan(folds=folds, fold=fold, seed=seed)):
            assert problem.title.startswith("No leak-free split exists")
            return
        validated += records.columns(store).split == VAL
    assert (validated == 1).all()


def test_folds_of_images_that_stand_alone_are_of_equal_size(filled: Fill) -> None:
    store = filled([(n % 3, n, -1, -1) for n in range(100)])
    sizes = []
    for fold in range(1, 7):
        split.assign(store, SplitPlan(folds=6, fold=fold))
        known = records.columns(store)
        sizes.append((known.split == VAL).sum())
        assert set(np.bincount(known.class_index[known.split == VAL])) <= {5, 6}
    assert set(sizes) == {16, 17}


@hurried
@given(found=images, wanted=plans, data=st.data())
def test_a_locked_test_set_stays_as_it_is(
    filled: Fill, found: list[Image], wanted: SplitPlan, data: st.DataObject
) -> None:
    chosen = data.draw(st.sets(st.integers(0, len(found) - 1), min_size=1, max_size=3))
    tested = [n in chosen for n in range(len(found))]
    store = filled(found, ["test" if one else None for one in tested])
    split.lock_test(store)
    if problem := refusal(store, wanted):
        assert problem.title.startswith(("No leak-free", "The test set is locked", "There are no labelled"))
        assert wanted.test or "No leak-free" in problem.title or all(tested)
    codes = records.columns(store).split
    assert ((codes == TEST) == tested).all()
    for unit in units_by_hand(found, wanted.group_by):  # what is tied to the test set is in no other split
        if any(tested[n] for n in unit):
            assert {int(codes[n]) for n in unit} <= {0, TEST}


@hurried
@given(found=images, held=st.integers(0, 2), held_as=st.sampled_from(plan.HELD_AS))
def test_what_is_held_out_is_in_one_split_only(filled: Fill, found: list[Image], held: int, held_as: str) -> None:
    store = filled([*found, (0, 100, -1, held)])
    if problem := refusal(store, SplitPlan(hold_out=(f"s{held}",), held_as=held_as, val=0.2)):
        assert problem.title.startswith("No leak-free split exists")
        return
    known = records.columns(store)
    inside = known.source == known.sources.index(f"s{held}")
    assert set(known.split[inside]) == {VAL if held_as == "val" else TEST}
    if held_as == "val":  # others are among them only because they are tied to one
        along = set(np.flatnonzero(~inside & (known.split == VAL)))
        units = units_by_hand([*found, (0, 100, -1, held)], "auto")
        assert all(any(inside[n] for n in unit) for unit in units if unit & along)


@given(st.lists(st.integers(0, 4), min_size=200, max_size=400), st.integers(0, 3))
@settings(max_examples=20, deadline=None)
def test_shares_hold_in_each_class_within_one_image(labels: list[int], seed: int) -> None:
    held, shares = np.array(labels, np.int16), (0.7, 0.2, 0.1)
    parts = jobs.run(division.dividing(held, np.arange(len(held)), shares, seed), lambda event: None)
    for label in set(labels):
        got = np.bincount(parts[held == label], minlength=3)
        assert np.abs(got - np.array(shares) * got.sum()).max() < 2
    assert np.abs(np.bincount(parts, minlength=3) - np.array(shares) * len(held)).max() <= 2


def test_units_are_joined_by_way_of_others() -> None:
    group, content = np.array([0, 0, 1, 1, -1, -1, 2]), np.array([5, 6, 6, 7, 8, 8, 9])
    units = joined([group, content])
    assert [units[n] == units[0] for n in range(7)] == [True, True, True, True, False, False, False]
    assert (units[4] == units[5], len(set(units))) == (True, 3)


def test_what_is_tied_to_a_kept_test_set_gets_no_split_and_is_told(filled: Fill) -> None:
    found = [(n % 2, n, 0 if n < 4 else -1, -1) for n in range(40)]
    store = filled(found, ["test" if n < 2 else None for n in range(40)])
    proposal = split.propose(store, SplitPlan(val=0.25))
    assert proposal.counts == {"train": 27, "val": 9, "test": 2, "none": 2}
    assert proposal.notes[0] == (
        "2 images would leak into the test set, and get no split: group g0 (4 images of 0, 1)."
    )


def test_what_prevents_a_split_is_named(filled: Fill) -> None:
    store = filled([(n % 2, n, n % 2, -1) for n in range(8)])
    with pytest.raises(Error, match="no class would be both in training and in validation") as told:
        split.assign(store, SplitPlan(val=0.5))
    assert "group g0 (4 images of 0); group g1 (4 images of 1)" in told.value.hint
    split.assign(store, SplitPlan(val=0.5, group_by="none"))
    assert split.health(store).torn_groups == 2  # groups count although the plan did not heed them


def test_where_only_duplicates_tie_images_the_remedy_is_another(filled: Fill) -> None:
    store = filled([(0, 1, -1, -1), (0, 1, -1, -1), (1, 2, -1, -1), (1, 2, -1, -1)])
    with pytest.raises(Error, match="no class would be both") as told:
        split.assign(store, SplitPlan(val=0.5, group_by="none"))
    assert told.value.hint.startswith("The largest: images like 0/0.png (2 images of 0); images like 2/2.png")
    assert "Only duplicates tie them: reject copies, or add" in told.value.hint


def test_a_class_that_cannot_be_validated_is_told(filled: Fill) -> None:
    found = [(n % 2, n, -1, -1) for n in range(20)] + [(2, n, 3, -1) for n in range(100, 104)]
    store = filled(found)
    notes = split.propose(store, SplitPlan(val=0.2)).notes
    assert notes == ("No image in validation has the class 2: all of 2 is in group g3 (4 images of 2).",)


def test_a_plan_and_a_lock_are_undone_with_their_edits(filled: Fill) -> None:
    store = filled([(n % 2, n, -1, -1) for n in range(20)])
    with pytest.raises(Error, match="There is no test set to lock"):
        split.lock_test(store)
    first = SplitPlan(val=0.2, test=0.2, lock_test=True)
    split.assign(store, first)
    assert (plan.current(store), plan.test_is_locked(store)) == (SplitPlan(val=0.2, test=0.2), True)
    tested = records.columns(store).ids[records.columns(store).split == TEST].tolist()
    with pytest.raises(Error, match="1 of these images would enter or leave it"):
        edits.set_split(store, {tested[0]: "train"})
    with pytest.raises(Error, match="The test set is locked"):
        split.assign(store, SplitPlan(test=0.1))
    split.assign(store, SplitPlan(val=0.5, seed=1))
    assert plan.current(store) == SplitPlan(val=0.5, seed=1)
    edits.undo(store)
    assert plan.current(store) == SplitPlan(val=0.2, test=0.2)
    split.assign(store, SplitPlan(test=0.1, lock_test=False))
    assert not plan.test_is_locked(store)
    edits.undo(store)
    edits.undo(store)
    assert (plan.current(store), plan.test_is_locked(store)) == (None, False)
    edits.redo(store)
    assert plan.test_is_locked(store)


def test_an_import_does_not_enter_a_locked_test_set(filled: Fill, tmp_path: Path) -> None:
    store = filled([(n % 2, n, -1, -1) for n in range(20)])
    split.assign(store, SplitPlan(test=0.2, lock_test=True))
    for part in ("train", None):
        add_images(store, tmp_path, [new_image(f"{part}.png", label="0", split=part)])
    with pytest.raises(Error, match="new images would enter it"):
        add_images(store, tmp_path, [new_image("a.png", split="train"), new_image("b.png", split="test")])
    assert len(records.columns(store).ids) == 22
    split.lock_test(store, False)
    add_images(store, tmp_path, [new_image("b.png", split="test")])


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (SplitPlan(folds=1), "There is no fold 1 of 1"),
        (SplitPlan(folds=5, fold=6), "There is no fold 6 of 5"),
        (SplitPlan(fold=2), "There is no fold 2 of 0"),
        (SplitPlan(held_as="test"), "No source is held out"),
        (SplitPlan(folds=5, test=0.1), "Folds divide what is outside"),
        (SplitPlan(hold_out=("moon",)), "There is no source moon"),
        (SplitPlan(val=1.0, hold_out=("s0",), held_as="test"), "Shares of 1"),
    ],
)
def test_plans_without_sense_are_told(filled: Fill, wanted: SplitPlan, words: str) -> None:
    store = filled([(n % 2, n, -1, n % 2) for n in range(20)])
    with pytest.raises(Error, match=words):
        split.assign(store, wanted)


def test_stopping_while_it_writes_leaves_all_as_it_was(filled: Fill) -> None:
    store = filled([(n % 2, n, -1, -1) for n in range(20)])
    job = split.applying(store, split.propose(store, SplitPlan()))
    assert any(isinstance(next(job), Progress) for _ in range(2))
    job.close()
    assert (records.columns(store).split == 0).all()
    assert edits.next_undo(store) is None


def test_a_plan_is_read_back_whatever_a_later_version_knows_beside() -> None:
    wanted = SplitPlan(hold_out=("a", "b"), held_as="test", seed=3)
    assert plan.from_dict({**wanted.as_dict(), "hold_out": ["a", "b"], "newer": 1}) == wanted
