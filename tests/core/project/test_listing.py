import numpy as np
import pytest

from core.errors import Error
from core.project import edits, listing, records, views
from core.project.catalog import add_images
from core.project.query import parse
from core.project.store import Store
from core.project.views import View
from tests.core.project.conftest import new_image

DAY = 86_400 * 10**9


def groups(store: Store, group: str, where: str = "", sort: str = "name") -> dict[str, int]:
    found = listing.listing(store, parse(where), sort, group=group)
    sizes = np.diff(np.append(found.starts, len(found.ids)))
    return dict(zip(found.titles, sizes.tolist(), strict=True))


def test_groups_come_in_the_order_of_their_field(digits: Store) -> None:
    edits.label(digits, [1, 2], None)
    assert groups(digits, "class") == {"0": 9, "1": 9, "2": 10, "": 2}
    assert list(groups(digits, "class")) == ["0", "1", "2", ""]
    assert groups(digits, "source", "class:1") == {"meter": 4, "sign": 5}
    assert groups(digits, "split", "class:nothing") == {}


def test_within_a_group_the_order_holds(digits: Store) -> None:
    found = listing.listing(digits, sort="id", descending=True, group="class")
    first = found.ids[: found.starts[1]]
    assert first.tolist() == sorted(first.tolist(), reverse=True)


def test_groups_by_month_begin_with_the_latest(store: Store, tmp_path) -> None:  # type: ignore[no-untyped-def]
    march = 20_513 * DAY
    add_images(store, tmp_path, [new_image(f"{n}.png", modified_ns=march + n * 20 * DAY) for n in range(4)])
    assert groups(store, "date") == {"2026-04": 2, "2026-03": 2}
    assert list(groups(store, "date")) == ["2026-04", "2026-03"]


def test_folders(store: Store, tmp_path) -> None:  # type: ignore[no-untyped-def]
    add_images(store, tmp_path, [new_image(name) for name in ("b/1.png", "a/c/2.png", "a/3.png", "4.png")])
    assert groups(store, "folder") == {"a": 1, "a/c": 1, "b": 1, "": 1}


def test_facets_count_what_another_choice_would_show(digits: Store) -> None:
    edits.tag(digits, [1, 2], "blurry")
    edits.reject(digits, [1])
    found = listing.facets(digits, parse("class:1 source:meter"))
    assert (found.total, found.shown) == (30, 5)
    assert found.words["class"] == {"0": 5, "1": 5, "2": 5, "": 0}  # of the meter
    assert found.words["source"] == {"meter": 5, "sign": 5, "": 0}  # of class 1
    assert found.words["tag"] == {"blurry": 1}
    assert found.flags["unlabelled"] == 0
    for field, value in (("class", "2"), ("source", "sign")):
        other = {"class": "source:meter", "source": "class:1"}[field]
        assert found.words[field][value] == records.counts(digits, parse(f"{field}:{value} {other}")).total


def test_facets_of_nothing(store: Store) -> None:
    assert listing.facets(store).total == 0


def test_histogram(digits: Store) -> None:
    counts, low, high = listing.histogram(digits, parse("class:1"), "width", 4)
    assert (counts.sum(), low, high) == (10, 32.0, 32.0)
    assert listing.histogram(digits, parse(""), "conf")[0].sum() == 0


def test_views_are_kept(digits: Store) -> None:
    views.save(digits, View("wrong ones", "wrong", "confidence", True, "class"))
    views.save(digits, View("a", "class:1"))
    assert [view.name for view in views.saved(digits)] == ["a", "wrong ones"]
    views.save(digits, View("a", "class:2"))
    assert views.saved(digits)[0].filter == "class:2"
    views.remove(digits, "a")
    with pytest.raises(Error, match="no view a"):
        views.remove(digits, "a")
    with pytest.raises(Error, match="needs a name"):
        views.save(digits, View(" ", ""))


def test_what_shows_the_same_is_grouped_with_several_labels_first(store: Store, tmp_path) -> None:  # type: ignore[no-untyped-def]
    shown = [("a", "x", "1"), ("b", "x", "1"), ("c", "y", "1"), ("d", "y", "2"), ("e", "z", "2"), ("f", "w", None)]
    add_images(
        store, tmp_path, [new_image(f"{name}.png", content=content, label=label) for name, content, label in shown]
    )
    assert groups(store, "same") == {"1, 2": 2, "1": 2, "": 2}
    assert list(groups(store, "same")) == ["1, 2", "1", ""]
    ids = {record.name[0]: record.id for record in records.images(store, range(1, 7))}
    assert listing.same_as(store, ids["a"]) == [ids["b"]]
    assert listing.same_as(store, ids["e"]) == []
    edits.reject(store, [ids["b"]])
    assert listing.same_as(store, ids["a"]) == []
