"""Columns in memory say what the database says, whatever was done to it meanwhile."""

from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.project import edits, predictions, query, records, table
from core.project.catalog import add_images
from core.project.query import parse
from core.project.store import Store
from tests.core.project.conftest import new_image
from tests.said import said

EVERYTHING = "class:1 or split:val or source:meter or group:g1 or by:hand or rejected or tag:x or width>1"
steps = st.tuples(
    st.sampled_from(["label", "none", "split", "reject", "tag", "undo", "redo", "class"]), st.integers(1, 30)
)


def _do(store: Store, verb: str, id: int) -> None:
    match verb:
        case "label":
            edits.label(store, [id, id % 7 + 1], "1")
        case "none":
            edits.label(store, [id], None)
        case "split":
            edits.set_split(store, {id: "val", id % 5 + 1: None})
        case "reject":
            edits.reject(store, [id])
        case "tag":
            edits.tag(store, [id], "x")
        case "undo":
            edits.undo(store)
        case "redo":
            edits.redo(store)
        case "class":
            edits.add_class(store, f"new {len(records.classes(store))}")


def _columns(known: table.Table) -> dict[str, list[object]]:
    names = ("class_id", "split", "by", "source_id", "rejected", "width", "bytes", "modified")
    words = {name: known.words(name) for name in ("group", "folder")}
    return {
        **{name: known.number(name).tolist() for name in names},
        **{name: [w.names[code] if code >= 0 else None for code in w.codes] for name, w in words.items()},
        "class": known.classes.codes.tolist(),
        "tags": [(name, mask.tolist()) for name, mask in known.tags.items()],
    }


@settings(max_examples=25)
@given(st.lists(steps, max_size=8))
def test_a_table_that_catches_up_equals_a_new_one(tmp_path_factory, done: list[tuple[str, int]]) -> None:  # type: ignore[no-untyped-def]
    root: Path = tmp_path_factory.mktemp("table")
    with Store.create(root / "project") as store:
        found = [
            new_image(f"{n % 3}/{n}.png", label=str(n % 3), source="am"[n % 2], group=f"g{n % 4}") for n in range(30)
        ]
        add_images(store, root, found)
        _columns(table.of(store))
        for verb, id in done:
            _do(store, verb, id)
            assert _columns(table.of(store)) == _columns(table.Table(store))


def test_an_import_gives_new_rows(digits: Store, tmp_path: Path) -> None:
    assert len(query.ids(digits, parse(EVERYTHING))) == 30
    add_images(digits, tmp_path / "more", [new_image("z.png", label="9", source="phone")])
    assert len(query.ids(digits)) == 31
    assert records.images(digits, query.ids(digits, parse("source:phone class:9")))[0].name == "z.png"


def test_what_another_process_wrote_is_seen(digits: Store) -> None:
    with Store.open(digits.root, write=False) as other:
        assert len(query.ids(other, parse("tag:seen"))) == 0
        edits.tag(digits, [4, 5], "seen")
        assert query.ids(other, parse("tag:seen")).tolist() == [5, 4] or query.ids(other, parse("tag:seen")).size == 2
        with other.snapshot():
            before = len(query.ids(other, parse("class:1")))
            edits.label(digits, [4], "1")
            assert len(query.ids(other, parse("class:1"))) == before
        assert len(query.ids(other, parse("class:1"))) == before + 1


def test_empty_projects_have_empty_columns(store: Store) -> None:
    assert query.ids(store, parse(EVERYTHING)).tolist() == []
    assert records.counts(store).total == 0
    assert table.of(store).agreement.tolist() == []


def test_agreement_of_runs(digits: Store) -> None:
    classes = [record.id for record in records.classes(digits)]
    for run, guesses in (("00-a", [0, 0]), ("01-b", [0, 1]), ("02-c", [0, 1])):
        predictions.replace(digits, run, "x", said([1, 2], [classes[g] for g in guesses], [0.9, 0.8]))
    assert table.of(digits).agreement[:3].tolist()[:2] == [1.0, np.float32(2 / 3)]
    assert query.ids(digits, parse("agreement<0.7")).tolist() == [2]


def test_loss_is_not_known_once_the_label_is_another(digits: Store) -> None:
    classes = [record.id for record in records.classes(digits)]
    told = said([1, 2], [classes[1], classes[1]], [0.9, 0.9])
    told = predictions.Said(
        told.ids, told.class_ids, told.confidence, told.margin, np.array(classes[:2]), np.array([2.5, 0.1])
    )
    predictions.replace(digits, "00-a", "x", told)
    assert query.ids(digits, parse("loss>2")).tolist() == [1]
    edits.label(digits, [1], "1")
    assert query.ids(digits, parse("loss>2")).tolist() == []


def test_ranges_and_dates(store: Store, tmp_path: Path) -> None:
    day = 86_400 * 10**9
    march_first = 20_513 * day  # 2026-03-01
    add_images(store, tmp_path, [new_image(f"{n}.png", width=n, modified_ns=march_first + n * day) for n in range(40)])

    def names(text: str) -> list[int]:
        return sorted(int(r.name.removesuffix(".png")) for r in records.images(store, query.ids(store, parse(text))))

    assert names("width:3..5") == [3, 4, 5]
    assert names("date:2026-03-02") == [1]
    assert names("date:2026-04") == list(range(31, 40))
    assert names("date:2026-03-30..2026-04-01") == [29, 30, 31]
    assert names("date>2026-04-08") == [39]
    assert names("date<=2026-03-02") == [0, 1]
    assert str(parse("date>2026-03-01")) == "date>=2026-03-02"


def test_orders(digits: Store) -> None:
    edits.label(digits, [3], None)
    by_class = query.ids(digits, sort="class", descending=True)
    assert by_class[-1] == 3  # what has no class comes last either way
    assert query.ids(digits, sort="id").tolist() == list(range(1, 31))
    assert query.ids(digits, sort="group").tolist()[0] in (1, 6, 11, 16, 21, 26)


def test_counts_of_a_filter(digits: Store) -> None:
    counts = records.counts(digits, parse("source:sign"))
    assert (counts.total, counts.classes, counts.sources) == (15, {"0": 5, "1": 5, "2": 5}, {"meter": 0, "sign": 15})
    assert counts.splits == {"train": 0, "val": 0, "test": 0, "": 15}
