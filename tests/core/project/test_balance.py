"""Balance in columns says what a loop over the images says."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.project import balance as balances
from core.project import edits, query, records
from core.project.balance import Balance, balance
from core.project.catalog import add_images
from core.project.query import parse
from core.project.store import Store
from tests.core.project.conftest import new_image

images = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", None]),
        st.sampled_from(["train", "val", "test", None]),
        st.sampled_from(["sign", "meter", None]),
        st.booleans(),
    ),
    max_size=40,
)


def _project(root: Path, rows: list[tuple[str | None, str | None, str | None, bool]]) -> Store:
    store = Store.create(root / "project")
    found = [new_image(f"{n:03}.png", label=label, source=source) for n, (label, _, source, _) in enumerate(rows)]
    add_images(store, root, found)
    edits.set_split(store, {n + 1: split for n, (_, split, _, _) in enumerate(rows)})
    edits.reject(store, [n + 1 for n, row in enumerate(rows) if row[3]])
    return store


def _cells(found: Balance, part: str) -> Counter[tuple[str, str]]:
    """The images that are counted, by class ("" unlabelled) and part."""
    tab, cells = found.parts[part], Counter[tuple[str, str]]()
    for k, name in enumerate(tab.names):
        cells["", name] += int(tab.unlabelled[k])
        for c, label in enumerate(found.classes):
            cells[label, name] += int(tab.counts[c, k])
    return +cells


@settings(max_examples=30)
@given(images, st.sampled_from(["", "source:meter", "-rejected", "class:a,none", "split:train or split:val"]))
def test_counts_are_those_of_a_loop(tmp_path_factory, rows, where: str) -> None:  # type: ignore[no-untyped-def]
    with _project(tmp_path_factory.mktemp("balance"), rows) as store:
        found = balance(store, parse(where))
        shown = records.images(store, query.ids(store, parse(where)))
        assert found.rejected == sum(image.rejected for image in shown)
        assert found.unlabelled == sum(image.class_name is None for image in shown)
        assert found.labelled == len(shown) - found.unlabelled
        wanted = {
            "all": Counter((i.class_name or "", "all") for i in shown),
            "split": Counter((i.class_name or "", i.split or "") for i in shown),
            "source": Counter((i.class_name or "", i.source or "") for i in shown),
        }
        for part, cells in wanted.items():
            assert _cells(found, part) == cells
            assert found.parts[part].left_out == 0
            sums = found.parts[part].shares.sum(0)
            assert np.allclose(sums, found.parts[part].labelled > 0)


@settings(max_examples=30)
@given(images)
def test_largest_differences_are_those_of_a_loop(tmp_path_factory, rows) -> None:  # type: ignore[no-untyped-def]
    with _project(tmp_path_factory.mktemp("balance"), rows) as store:
        found = balance(store)
        sizes = [sum(row[0] == name for row in rows) for name in found.classes]
        if len(sizes) > 1 and any(sizes):
            assert found.spread is not None
            assert (found.spread.most_count, found.spread.least_count) == (max(sizes), min(sizes))
            assert found.spread.relative == pytest.approx((max(sizes) - min(sizes)) / (sum(sizes) / len(sizes)))
        else:
            assert found.spread is None
        parts = {split: [row[0] for row in rows if row[0] and row[1] == split] for split in ("train", "val")}
        gap = found.between["split"]
        if all(parts.values()):
            points = [
                100
                * abs(parts["train"].count(name) / len(parts["train"]) - parts["val"].count(name) / len(parts["val"]))
                for name in found.classes
            ]
            assert gap is not None
            assert gap.points == pytest.approx(max(points))
        else:
            assert gap is None


def test_the_seed_that_says_873_plus_minus_16(store: Store, tmp_path: Path) -> None:
    sizes = [889, 857, *[873] * 8]
    add_images(store, tmp_path, [new_image(f"{c}/{n}.png", label=str(c)) for c in range(10) for n in range(sizes[c])])
    found = balance(store)
    assert found.said("all") == (
        "Largest difference between classes: class 0 has 889 images, class 1 has 857; 3.7 % of an average class."
    )
    assert found.said("split") == found.said("source") == ""


def test_equal_classes_are_said_so(digits: Store) -> None:
    assert balance(digits).said("all") == "Each class has 10 images."


def test_a_few_images_are_no_source_to_compare(digits: Store, tmp_path: Path) -> None:
    add_images(digits, tmp_path / "more", [new_image(f"m{n}.png", label=str(n % 2), source="phone") for n in range(20)])
    assert balance(digits).between["source"] is None
    with_many = [new_image(f"k{n}.png", label="0", source="sign") for n in range(15)]
    add_images(digits, tmp_path / "many", with_many)
    gap = balance(digits).between["source"]
    assert gap is not None
    assert (gap.class_name, gap.high, gap.high_share, gap.low) == ("1", "phone", 0.5, "sign")


def test_of_very_many_sources_the_largest_are_shown(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(balances, "MOST", 3)
    found = [new_image(f"{n}.png", label="x", source=f"s{n % 6}") for n in range(20)]  # s0 and s1 have 4, others 3
    add_images(store, tmp_path, found)
    tab = balance(store).parts["source"]
    assert (tab.names, tab.counts.tolist(), tab.left_out) == (("s0", "s1", "s2"), [[4, 4, 3]], 3)


def test_no_images(store: Store) -> None:
    found = balance(store)
    assert (found.labelled, found.unlabelled, found.parts["source"].names) == (0, 0, ())
    assert [found.said(part) for part in balances.PARTS] == ["", "", ""]
