import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.images import look as look_of
from core.images import measures
from core.images.measures import Measures
from core.project import certificate, edits, records, split
from core.project.catalog import add_images
from core.project.certificate import Certificate, Leaks, certify
from core.project.plan import SplitPlan
from core.project.store import Store
from tests.core.project.conftest import new_image


def planted(store: Store, folder: Path) -> None:
    """Ten images of two classes in train and val; 0 and 1 are equal files, 2 and 3 share a group."""
    facts = [
        {"content": "same" if n < 2 else str(n), "group": "yard" if n in (2, 3) else None, "label": str(n // 5)}
        for n in range(10)
    ]
    add_images(
        store, folder, [new_image(f"{n}.png", split=("train", "val")[n % 2], **fact) for n, fact in enumerate(facts)]
    )


def measure(store: Store, rows: range, clusters: dict[int, int]) -> None:
    """Measure the images of these rows; those of one cluster look alike."""
    keys = measures.keys_of(records.columns(store).content_hash[list(rows)])
    keys, first = np.unique(keys, return_index=True)
    number = np.array([clusters.get(rows[row], -1) for row in first], np.int64)
    none = np.zeros(len(keys), np.float32)
    look = np.zeros((len(keys), look_of.DIMENSIONS), np.float16)
    measures.write(store.paths.measures, Measures(keys, none, none, none, np.zeros(len(keys), np.uint64), number, look))


def test_planted_leaks_are_caught_and_named(store: Store, tmp_path: Path) -> None:
    planted(store, tmp_path)
    found = certify(store)
    assert (found.groups, found.exact) == (Leaks(1, ("group yard",)), Leaks(1, ("0.png in train, 1.png in val",)))
    assert (found.clean, found.near.count, found.measured) == (False, None, 0)
    assert found.verdict.startswith("Leak: 1 group, 1 exact duplicate in more than one split.")
    assert split.health(store).exact == split.health(store).torn_groups == 1


def test_a_split_heals_what_was_planted(store: Store, tmp_path: Path) -> None:
    planted(store, tmp_path)
    split.assign(store, SplitPlan(val=0.4))
    found = certify(store)
    assert (found.groups.count, found.exact.count, found.clean) == (0, 0, None)
    assert "Near duplicates are not known: 0 of 10 images measured." in found.verdict


def test_near_duplicates_are_known_once_all_are_measured(store: Store, tmp_path: Path) -> None:
    planted(store, tmp_path)
    split.assign(store, SplitPlan(val=0.4))
    measure(store, range(10), {4: 0, 7: 0})
    placed = records.columns(store).split
    edits.set_split(store, {5: "train", 8: "val"})  # 4.png and 7.png, which look alike
    found = certify(store)
    assert (found.near.count, found.measured, found.clean) == (1, 10, False)
    assert found.near.named == ("4.png in train, 7.png in val",)
    assert split.health(store).near == 1
    split.assign(store, SplitPlan(val=0.4))
    assert (certify(store).clean, certify(store).verdict[:23]) == (True, "No leak between splits:")
    assert records.columns(store).split[4] == records.columns(store).split[7]
    measure(store, range(9), {})
    assert (certify(store).near.count, certify(store).measured) == (None, 9)
    assert placed.all()


def test_only_what_is_used_counts(store: Store, tmp_path: Path) -> None:
    planted(store, tmp_path)
    assert certify(store, "name:2.png or name:4.png").groups.count == 0
    edits.reject(store, [2])  # 1.png
    edits.label(store, [3], None)  # 2.png
    found = certify(store)
    assert (found.exact.count, found.groups.count, found.images) == (0, 0, 8)
    assert found.splits == {"train": 4, "val": 4, "test": 0}
    assert found.classes == {"0": {"train": 2, "val": 1, "test": 0}, "1": {"train": 2, "val": 3, "test": 0}}


def test_the_digest_follows_files_labels_and_splits_alone(store: Store, tmp_path: Path) -> None:
    planted(store, tmp_path)
    before = certify(store).labels
    edits.tag(store, [1], "odd")
    assert certify(store).labels == before
    for edit in (lambda: edits.label(store, [4], "1"), lambda: edits.set_split(store, {4: "test"})):
        edit()
        assert certify(store).labels != before
        edits.undo(store)
        assert certify(store).labels == before


def test_it_goes_through_json_and_says_what_was_planned(digits: Store) -> None:
    split.assign(digits, SplitPlan(folds=3, fold=2, group_by="source", seed=7, hold_out=()))
    found = certify(digits)
    again = certificate.from_dict(json.loads(json.dumps(found.as_dict())))
    assert again == Certificate(**{**vars(found), "plan": json.loads(json.dumps(found.plan))})
    assert again.plan == {**SplitPlan(folds=3, fold=2, group_by="source", seed=7).as_dict(), "hold_out": []}
    assert found.groups_by == "source"


def test_people_are_told_line_by_line(store: Store, tmp_path: Path) -> None:
    planted(store, tmp_path)
    told = list(certificate.lines(certify(store)))
    assert any(line.split() == ["0", "3", "2", "0"] for line in told)
    assert told[told.index("groups   1") + 1] == "         group yard"
    assert "near     not known; `core check` measures images" in told


def test_a_group_is_what_the_plan_says(store: Store, tmp_path: Path) -> None:
    add_images(store, tmp_path, [new_image(f"{n % 3}/{n}.png", label=str(n % 2), source="one") for n in range(12)])
    with pytest.raises(Exception, match="only 1 group"):
        split.assign(store, SplitPlan(val=0.3))
    split.assign(store, SplitPlan(val=0.3, group_by="folder"))
    assert (certify(store).groups.count, certify(store).groups_by) == (0, "folder")
    edits.set_split(store, {1: "test"})
    assert certify(store).groups == Leaks(1, ("folder 0",))


facts = st.tuples(
    st.integers(0, 2), st.integers(0, 3), st.integers(-1, 3), st.sampled_from([None, "train", "val", "test"])
)


@settings(max_examples=25, deadline=None)
@given(st.lists(facts, min_size=1, max_size=25))
def test_its_counts_are_those_of_counting_by_hand(
    tmp_path_factory: pytest.TempPathFactory, images: list[tuple[int, int, int, str | None]]
) -> None:
    folder = tmp_path_factory.mktemp("counted")
    with Store.create(folder / "project") as store:
        found = [
            new_image(
                f"{n}.png", label=str(label), content=content, group=None if group < 0 else f"g{group}", split=part
            )
            for n, (label, content, group, part) in enumerate(images)
        ]
        add_images(store, folder, found)
        told = certify(store)
        known = records.columns(store)
    used = [image for image in images if image[3]]

    def torn(key: int) -> int:
        names = {image[key] for image in used if image[key] != -1}
        return sum(len({image[3] for image in used if image[key] == name}) > 1 for name in names)

    assert (told.exact.count, told.groups.count) == (torn(1), torn(2))
    assert told.splits == {part: sum(image[3] == part for image in used) for part in records.SPLITS}
    assert sum(sum(row.values()) for row in told.classes.values()) == len(used) == int(np.sum(known.split > 0))
