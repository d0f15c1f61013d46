import csv
import datetime
from collections.abc import Callable
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from core.errors import Error
from core.project import classes, edits, journal, records, split
from core.project.catalog import add_images
from core.project.journal import ABSENT, UNLABELLED, Difference, Part
from core.project.store import Store
from tests.core.project.conftest import new_image

BEGIN = 1_700_000_000


def turn_back(store: Store) -> None:
    """Let edit n be of second n after BEGIN."""
    with store.transaction() as db:
        db.execute("UPDATE edit SET at_ms = (? + id) * 1000", (BEGIN,))


def labels(store: Store) -> dict[int, str | None]:
    ids = [row[0] for row in store.read("SELECT id FROM image")]
    return {image.id: image.class_name for image in records.images(store, ids)}


def test_entries_tell_who_did_what_to_how_many_images(digits: Store) -> None:
    edits.label(digits, [1, 2], "2", by="bulk")
    edits.accept(digits, {3: "0"})
    edits.tag(digits, [1], "odd")
    edits.undo(digits)
    told = [(entry.title, entry.who, entry.state, entry.images) for entry in journal.entries(digits)]
    assert told == [
        ("Tag image 1 odd", "by hand", "undone", 1),
        ("Accept the label of image 3", "accepted from a run", "done", 1),
        ("Label 2 images as 2", "in bulk", "done", 2),
        ("Import 30 images from photos", "import", "done", 30),
    ]
    edits.reject(digits, [4])
    assert [entry.state for entry in journal.entries(digits, 2)] == ["done", "dropped"]
    edits.set_split(digits, {5: "test"})
    split.lock_test(digits)
    assert [entry.images for entry in journal.entries(digits, 2)] == [0, 1]


def test_entries_come_in_pages_and_by_who(digits: Store) -> None:
    for id in range(1, 6):
        edits.label(digits, [id], None, by="bulk" if id % 2 else "hand")
    first = journal.entries(digits, 4)
    rest = journal.entries(digits, 4, before=first[-1].id)
    assert [entry.id for entry in (*first, *rest)] == [6, 5, 4, 3, 2, 1]
    assert [entry.id for entry in journal.entries(digits, who="bulk")] == [6, 4, 2]
    assert (journal.count(digits), journal.count(digits, "bulk")) == (6, 3)


def test_the_history_of_an_image_names_classes_as_they_were(digits: Store) -> None:
    edits.label(digits, [1], "1")
    classes.rename(digits, "1", "one")
    classes.merge(digits, ["one"], "2")
    edits.tag(digits, [1], "odd")
    edits.write_note(digits, [1], "look again")
    edits.set_split(digits, {1: "val"})
    edits.reject(digits, [1])
    edits.label(digits, [1], "0")
    edits.undo(digits)
    told = [(step.who, step.field, step.before, step.after) for step in journal.history(digits, 1)]
    assert told == [
        ("by hand", "rejected", "no", "yes"),
        ("by hand", "split", "", "val"),
        ("by hand", "note", "", "look again"),
        ("by hand", "tag odd", "no", "yes"),
        ("in bulk", "class", "one", "2"),
        ("by hand", "class", "0", "1"),
        ("import", "class", ABSENT, "0"),
    ]
    with pytest.raises(Error, match="no image 99"):
        journal.history(digits, 99)


def test_a_difference_of_two_times_knows_imports_and_follows_classes(digits: Store, tmp_path: Path) -> None:
    edits.label(digits, [1, 2], None)  # edit 2
    add_images(digits, tmp_path / "more", [new_image("a.png", label="2")])  # 3
    classes.rename(digits, "2", "two")  # 4
    edits.label(digits, [1], "two")  # 5
    turn_back(digits)
    assert journal.difference(digits, BEGIN + 1, BEGIN + 9) == [
        Difference(1, "0", "two"),
        Difference(2, "1", UNLABELLED),
        Difference(31, ABSENT, "two"),
    ]
    assert journal.difference(digits, BEGIN + 3, BEGIN + 4) == []
    assert journal.labels_at(digits, BEGIN) == {}
    assert journal.labels_at(digits, BEGIN + 1)[3] == "2"


def test_an_edit_is_told_part_by_part(digits: Store) -> None:
    edits.label(digits, range(1, 8), "2")
    classes.delete(digits, ["0"])
    classes.set_key(digits, "2", "q")
    key, gone, labelled, *_ = (journal.parts(digits, entry.id) for entry in journal.entries(digits))
    assert key == [Part("key of class 2", "", "q", 1)]
    assert gone[0] == Part("class", "0", UNLABELLED, 7)
    assert Part("name of class 0", "0", "", 1) in gone
    assert Part("place of class 2", "3", "2", 1) in gone
    assert labelled == [Part("class", "0", "2", 3), Part("class", "1", "2", 2)]
    assert journal.parts(digits, 1) == []
    assert journal.images_of(digits, 2, 4) == [1, 2, 3, 4]
    assert journal.images_of(digits, 1, 4) == [1, 2, 3, 4]
    assert len(journal.images_of(digits, 1, 99)) == 30


ACTIONS: list[Callable[[Store, int, str], object]] = [
    lambda store, id, name: edits.label(store, [id], name),
    lambda store, id, name: edits.label(store, [id, id % 30 + 1], None),
    lambda store, id, name: classes.rename(store, name, f"{name}x"),
    lambda store, id, name: classes.merge(store, [known.name for known in records.classes(store)[:2]], name),
    lambda store, id, name: classes.delete(store, [name]),
    lambda store, id, name: edits.add_class(store, f"new{id}"),
    lambda store, id, name: add_images(
        store, store.root.parent / "more", [new_image(f"{id}-{name}.png", label=name, content=(id, name))]
    ),
]


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(1, 30), st.integers(0, 9)), max_size=12))
def test_labels_of_the_past_are_those_that_were(
    tmp_path_factory: pytest.TempPathFactory, actions: list[tuple[Callable[[Store, int, str], object], int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("past")
    with Store.create(folder / "project") as store:
        add_images(store, folder, [new_image(f"{n}.png", label=str(n % 3)) for n in range(30)])
        seen = {1: labels(store)}
        for action, id, at in actions:
            known = records.classes(store)
            try:
                action(store, id, known[at % len(known)].name if known else "7")
            except Error:
                continue
            seen[journal.entries(store, 1)[0].id] = labels(store)
        turn_back(store)
        for edit, known_then in seen.items():
            assert journal.labels_at(store, BEGIN + edit) == known_then


def test_undoing_back_to_an_edit_is_one_transaction_and_can_be_redone(digits: Store) -> None:
    for id in (1, 2, 3):
        edits.label(digits, [id], None)
    assert journal.steps_back(digits, 3) == 2
    change = edits.undo_to(digits, 3)
    assert change is not None
    assert (change.title, change.image_ids.tolist()) == ("Undo: 2 edits", [2, 3])
    assert records.counts(digits).unlabelled == 1
    edits.redo(digits)
    edits.redo(digits)
    assert records.counts(digits).unlabelled == 3
    assert edits.undo_to(digits, 99) is None
    edits.undo_to(digits, 1)
    assert records.counts(digits).unlabelled == 0


def test_journal_and_difference_are_written_as_tables(digits: Store, tmp_path: Path) -> None:
    edits.label(digits, [1], "2")
    classes.rename(digits, "2", "two")
    turn_back(digits)
    assert journal.write_csv(digits, tmp_path / "journal.csv") == 4
    with (tmp_path / "journal.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["who"], row["image"], row["name"], row["field"], row["before"], row["after"]) for row in rows] == [
        ("import", "", "", "", "", ""),
        ("by hand", "1", "0.png", "class", "0", "2"),
        ("by hand", "1", "0.png", "labelled", "import", "by hand"),
        ("by hand", "", "two", "class:name", "2", "two"),
    ]
    found = journal.difference(digits, BEGIN + 1, BEGIN + 9)
    assert journal.write_difference(digits, found, tmp_path / "difference.csv") == 1
    assert (tmp_path / "difference.csv").read_text("utf-8") == "image,name,before,after\n1,0.png,0,two\n"


def test_a_day_means_its_end_and_what_is_no_date_is_told() -> None:
    assert journal.moment("2026-03-01T00:00") < journal.moment("2026-03-01") < journal.moment("2026-03-02 00:00")
    assert journal.moment("2026-03-01 14:30") == datetime.datetime(2026, 3, 1, 14, 30).timestamp()
    assert journal.said_time(journal.moment("2026-03-01 14:30")) == "2026-03-01 14:30:00"
    with pytest.raises(Error, match="yesterday is no date"):
        journal.moment("yesterday")
