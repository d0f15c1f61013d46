from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from core.errors import Error
from core.project import edits, records
from core.project.catalog import add_images
from core.project.store import Store
from tests.core.project.conftest import new_image


def names(store: Store) -> list[str | None]:
    return [image.class_name for image in records.images(store, range(1, 31))]


def test_a_label_is_written_with_who_and_can_be_undone_and_redone(digits: Store) -> None:
    change = edits.label(digits, [1], "2")
    assert (change.title, change.image_ids.tolist()) == ("Label image 1 as 2", [1])
    assert (records.image(digits, 1).class_name, records.image(digits, 1).labelled_by) == ("2", "hand")
    undone = edits.undo(digits)
    assert undone is not None
    assert undone.image_ids.tolist() == [1]
    assert (records.image(digits, 1).class_name, records.image(digits, 1).labelled_by) == ("0", "import")
    edits.redo(digits)
    assert records.image(digits, 1).class_name == "2"


def test_undo_survives_a_restart_and_covers_bulk_edits(digits: Store) -> None:
    before = names(digits)
    edits.label(digits, range(1, 31), "1", by="bulk")
    edits.label(digits, range(1, 11), None)
    digits.close()
    with Store.open(digits.root) as again:
        assert edits.next_undo(again) == "Label 10 images as nothing"
        edits.undo(again)
        assert names(again) == ["1"] * 30
        edits.undo(again)
        assert names(again) == before
        assert edits.undo(again) is None


def test_a_new_edit_drops_what_was_undone(digits: Store) -> None:
    edits.label(digits, [1], "2")
    edits.undo(digits)
    edits.label(digits, [2], "2")
    assert edits.redo(digits) is None
    assert edits.next_redo(digits) is None


def test_unknown_classes_images_and_splits_change_nothing(digits: Store) -> None:
    before = names(digits)
    for wrong in (
        lambda: edits.label(digits, [1], "seven"),
        lambda: edits.label(digits, [1, 999], "2"),
        lambda: edits.set_split(digits, {1: "training"}),
        lambda: edits.tag(digits, [1], "a,b"),
        lambda: edits.add_class(digits, "1"),
        lambda: edits.add_class(digits, " "),
    ):
        with pytest.raises(Error):
            wrong()
    assert names(digits) == before
    assert edits.next_undo(digits) is None


def test_an_edit_that_changes_nothing_leaves_no_journal_entry(digits: Store) -> None:
    edits.reject(digits, [1], False)
    assert edits.next_undo(digits) is None


def test_classes_keep_the_order_of_numbers(digits: Store) -> None:
    edits.add_class(digits, "10")
    edits.add_class(digits, "3")
    assert [known.name for known in records.classes(digits)] == ["0", "1", "2", "3", "10"]
    edits.undo(digits)
    assert [known.name for known in records.classes(digits)] == ["0", "1", "2", "10"]


def test_a_bulk_edit_of_many_images_is_one_step(digits: Store) -> None:
    edits.set_split(digits, dict.fromkeys(range(1, 31), "val"))
    assert records.counts(digits).splits["val"] == 30
    edits.undo(digits)
    assert records.counts(digits).splits == {"train": 0, "val": 0, "test": 0, "": 30}


class Journal(RuleBasedStateMachine):
    """Any sequence of edits, undos and redos agrees with a list of states."""

    def __init__(self) -> None:
        super().__init__()
        import tempfile
        from pathlib import Path

        from core.project.catalog import add_images

        self.folder = tempfile.TemporaryDirectory()
        self.store = Store.create(Path(self.folder.name) / "project")
        add_images(self.store, Path(self.folder.name), [new_image(f"{n}.png", label=str(n % 3)) for n in range(4)])
        self.states = [self.now()]
        self.at = 0

    def now(self) -> list[tuple[object, ...]]:
        found = records.images(self.store, range(1, 5))
        return [(i.class_name, i.labelled_by, i.split, i.rejected, i.tags) for i in found]

    def done(self) -> None:
        if (now := self.now()) != self.states[self.at]:
            self.states = [*self.states[: self.at + 1], now]
            self.at += 1

    @rule(ids=st.sets(st.integers(1, 4), min_size=1), name=st.sampled_from(["0", "1", "2", None]))
    def label(self, ids: set[int], name: str | None) -> None:
        edits.label(self.store, ids, name)
        self.done()

    @rule(ids=st.sets(st.integers(1, 4), min_size=1), on=st.booleans())
    def tag(self, ids: set[int], on: bool) -> None:
        edits.tag(self.store, ids, "odd", on)
        self.done()

    @rule(ids=st.sets(st.integers(1, 4), min_size=1), split=st.sampled_from(["train", "val", None]))
    def split(self, ids: set[int], split: str | None) -> None:
        edits.set_split(self.store, dict.fromkeys(ids, split))
        self.done()

    @rule()
    def undo(self) -> None:
        assert (edits.undo(self.store) is None) == (self.at == 0)
        self.at = max(0, self.at - 1)

    @rule()
    def redo(self) -> None:
        assert (edits.redo(self.store) is None) == (self.at == len(self.states) - 1)
        self.at = min(len(self.states) - 1, self.at + 1)

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = Store.open(self.store.root)

    @invariant()
    def agrees(self) -> None:
        assert self.now() == self.states[self.at]

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


TestJournal = Journal.TestCase
TestJournal.settings = settings(
    max_examples=15, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("id", [31, 2**63, -(2**70)])
def test_an_image_that_is_not_there_is_told_whatever_its_number(digits: Store, id: int) -> None:
    with pytest.raises(Error, match=f"no image {id} "):
        edits.label(digits, [1, id], "2")
    assert records.image(digits, 1).class_name == "0"


def test_an_import_ends_redoing_and_keeps_the_classes_it_uses(digits: Store, tmp_path: Path) -> None:
    edits.label(digits, [1], "2")
    edits.add_class(digits, "seven")
    add_images(digits, tmp_path / "more", [new_image("a.png", label="seven")])
    undone = edits.undo(digits)
    assert undone is not None
    assert undone.title == "Undo: Label image 1 as 2"
    add_images(digits, tmp_path / "more", [new_image("b.png")])
    assert edits.redo(digits) is None


def test_a_class_that_an_import_brought_after_its_undoing_stays(digits: Store, tmp_path: Path) -> None:
    edits.add_class(digits, "seven")
    edits.undo(digits)
    add_images(digits, tmp_path / "more", [new_image("a.png", label="seven")])
    assert edits.redo(digits) is None
    assert [known.name for known in records.classes(digits)] == ["0", "1", "2", "seven"]
