import tempfile
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, rule

from core.errors import Error
from core.project import classes, edits, predictions, query, records
from core.project.catalog import add_images
from core.project.store import Store
from tests.core.project.conftest import new_image
from tests.said import said


def names(store: Store) -> list[str]:
    return [known.name for known in records.classes(store)]


def facts(store: Store) -> list[tuple[object, ...]]:
    return [(known.name, known.position, known.color, known.key) for known in records.classes(store)]


def numbered(store: Store, where: str) -> list[int]:
    return query.ids(store, query.parse(where), "id").tolist()


def test_a_class_is_renamed_and_its_images_with_it(digits: Store) -> None:
    change = classes.rename(digits, "1", "one")
    assert (change.title, len(change.image_ids)) == ("Rename class 1 to one", 0)
    assert records.image(digits, 2).class_name == "one"
    edits.undo(digits)
    assert names(digits) == ["0", "1", "2"]


def test_two_classes_swap_names_and_swap_back(digits: Store) -> None:
    for name, new in (("0", "x"), ("1", "0"), ("x", "1")):
        classes.rename(digits, name, new)
    assert names(digits) == ["1", "0", "2"]
    for _ in range(3):
        edits.undo(digits)
    assert names(digits) == ["0", "1", "2"]


def test_merged_classes_keep_who_labelled_and_come_back_as_they_were(digits: Store) -> None:
    edits.label(digits, [2], "0")
    classes.set_color(digits, "1", "#ABCDEF")
    classes.set_key(digits, "1", "B")
    before, beginning = facts(digits), records.counts(digits).classes
    change = classes.merge(digits, ["1", "0"], "2")
    assert change.title == "Merge 1 and 0 into 2, 20 images"
    assert facts(digits) == [("2", 0, None, None)]
    assert records.counts(digits).classes == {"2": 30}
    assert [records.image(digits, id).labelled_by for id in (1, 2)] == ["import", "hand"]
    digits.close()
    with Store.open(digits.root) as again:
        edits.undo(again)
        assert facts(again) == before
        assert before[1] == ("1", 1, "#abcdef", "b")
        assert records.counts(again).classes == beginning


def test_images_of_a_deleted_class_become_unlabelled(digits: Store) -> None:
    classes.delete(digits, ["1"])
    assert (names(digits), records.counts(digits).unlabelled) == (["0", "2"], 10)
    assert records.image(digits, 2).labelled_by is None
    edits.undo(digits)
    assert (names(digits), records.counts(digits).unlabelled) == (["0", "1", "2"], 0)
    assert records.image(digits, 2).labelled_by == "import"
    edits.redo(digits)
    assert records.counts(digits).unlabelled == 10


def test_a_deleted_class_is_forgotten_by_the_index_of_predictions_which_is_to_be_made_anew(digits: Store) -> None:
    ids = {known.name: known.id for known in records.classes(digits)}
    predictions.replace(digits, "00-run", "stamp", said([1, 2, 3], [ids["1"], ids["1"], ids["2"]], [0.9, 0.8, 0.7]))
    classes.delete(digits, ["1"])
    assert numbered(digits, "predicted") == [3]
    assert predictions.stamps(digits)["00-run"] not in ("", "stamp")
    edits.undo(digits)
    assert predictions.stamps(digits)["00-run"] != "stamp"


def test_the_order_of_classes(digits: Store) -> None:
    classes.reorder(digits, ["2", "0", "1"])
    assert names(digits) == ["2", "0", "1"]
    for wrong in (["2", "0"], ["2", "0", "1", "7"], ["2", "0", "1", "1"]):
        with pytest.raises(Error, match="names each class once"):
            classes.reorder(digits, wrong)
    edits.undo(digits)
    assert names(digits) == ["0", "1", "2"]


def test_a_class_that_is_added_again_has_its_place(digits: Store) -> None:
    edits.add_class(digits, "10")
    edits.add_class(digits, "3")
    edits.undo(digits)
    edits.redo(digits)
    assert names(digits) == ["0", "1", "2", "3", "10"]


def test_what_cannot_be_is_told_and_changes_nothing(digits: Store) -> None:
    classes.set_key(digits, "0", "a")
    before = facts(digits)
    for wrong in (
        lambda: classes.rename(digits, "0", "1"),
        lambda: classes.rename(digits, "7", "8"),
        lambda: classes.rename(digits, "0", "a:b"),
        lambda: classes.merge(digits, ["0"], "0"),
        lambda: classes.merge(digits, ["0"], "7"),
        lambda: classes.delete(digits, ["0", "7"]),
        lambda: classes.set_color(digits, "0", "red"),
        lambda: classes.set_key(digits, "1", "A"),
        lambda: classes.set_key(digits, "1", "ab"),
        lambda: classes.set_key(digits, "1", "-"),
    ):
        with pytest.raises(Error):
            wrong()
    assert facts(digits) == before


def test_keys_that_were_given_come_first() -> None:
    assert classes.class_keys(["cat", "dog"]) == {"1": 0, "2": 1}
    assert classes.class_keys(["cat", "1", "dog"]) == {"1": 1, "2": 0, "3": 2}
    assert classes.class_keys(["cat", "1", "dog"], ["1", None, "d"]) == {"1": 0, "d": 2, "2": 1}
    assert len(classes.class_keys([str(k) for k in range(12)], [None] * 11 + ["k"])) == 11


def test_runs_know_classes_by_names_of_their_time(digits: Store) -> None:
    ids = {known.name: known.id for known in records.classes(digits)}
    classes.rename(digits, "0", "zero")
    classes.merge(digits, ["1"], "2")
    assert classes.run_names(digits) == {"zero": ids["0"], "0": ids["0"], "1": ids["2"], "2": ids["2"]}
    classes.rename(digits, "2", "two")
    classes.delete(digits, ["two"])
    assert classes.run_names(digits) == {"zero": ids["0"], "0": ids["0"]}
    edits.add_class(digits, "0")
    assert classes.run_names(digits)["0"] not in ids.values()


def test_a_name_that_an_import_took_cannot_be_given_back(digits: Store, tmp_path: Path) -> None:
    edits.label(digits, [1], "2")
    classes.delete(digits, ["2"])
    edits.tag(digits, [1], "odd")
    add_images(digits, tmp_path / "more", [new_image("a.png", label="2")])
    undone = edits.undo(digits)
    assert undone is not None
    assert undone.title == "Undo: Tag image 1 odd"
    assert edits.undo(digits) is None
    assert records.counts(digits).classes == {"0": 9, "1": 10, "2": 1}


def test_a_rename_before_an_import_can_be_undone(digits: Store, tmp_path: Path) -> None:
    classes.rename(digits, "2", "two")
    add_images(digits, tmp_path / "more", [new_image("a.png", label="two")])
    edits.undo(digits)
    assert records.counts(digits).classes == {"0": 10, "1": 10, "2": 11}


IDS = st.sets(st.integers(1, 6), min_size=1)
NAMES = st.sampled_from(["0", "1", "2", "3", "seven"])


class Edits(RuleBasedStateMachine):
    """Whatever was done, undoing all of it gives the beginning and redoing all of it the end, also when reopened."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store.create(Path(self.folder.name) / "project")
        found = [new_image(f"{n}.png", label=str(n % 3), split=("train", "val")[n % 2]) for n in range(6)]
        add_images(self.store, Path(self.folder.name), found)
        self.beginning = self.now()

    def now(self) -> object:
        found = records.images(self.store, range(1, 7))
        images = [(i.class_name, i.labelled_by, i.split, i.rejected, i.tags) for i in found]
        notes = self.store.read("SELECT note FROM image ORDER BY id")
        return images, notes, records.classes(self.store)

    def attempt(self, edit: object, *arguments: object) -> None:
        before = self.now()
        try:
            edit(self.store, *arguments)  # type: ignore[operator]
        except Error:
            assert self.now() == before

    @rule(ids=IDS, name=st.none() | NAMES, by=st.sampled_from(["hand", "bulk"]))
    def label(self, ids: set[int], name: str | None, by: str) -> None:
        self.attempt(edits.label, ids, name, by)

    @rule(ids=IDS, name=NAMES)
    def accept(self, ids: set[int], name: str) -> None:
        self.attempt(edits.accept, dict.fromkeys(ids, name))

    @rule(ids=IDS, on=st.booleans())
    def tag(self, ids: set[int], on: bool) -> None:
        self.attempt(edits.tag, ids, "odd", on)

    @rule(ids=IDS, split=st.sampled_from(["train", "test", None]))
    def split(self, ids: set[int], split: str | None) -> None:
        self.attempt(edits.set_split, dict.fromkeys(ids, split))

    @rule(ids=IDS, note=st.sampled_from(["", "look"]), out=st.booleans())
    def remark(self, ids: set[int], note: str, out: bool) -> None:
        self.attempt(edits.write_note, ids, note)
        self.attempt(edits.reject, ids, out)

    @rule(name=NAMES)
    def add(self, name: str) -> None:
        self.attempt(edits.add_class, name)

    @rule(name=NAMES, new=NAMES)
    def rename(self, name: str, new: str) -> None:
        self.attempt(classes.rename, name, new)

    @rule(names=st.lists(NAMES, min_size=1, max_size=3), into=NAMES)
    def merge(self, names: list[str], into: str) -> None:
        self.attempt(classes.merge, names, into)

    @rule(names=st.lists(NAMES, min_size=1, max_size=2))
    def delete(self, names: list[str]) -> None:
        self.attempt(classes.delete, names)

    @rule(random=st.randoms(use_true_random=False))
    def reorder(self, random: object) -> None:
        order = names(self.store)
        random.shuffle(order)  # type: ignore[attr-defined]
        self.attempt(classes.reorder, order)

    @rule(name=NAMES, color=st.sampled_from(["#112233", None]), key=st.sampled_from(["a", "1", None]))
    def look(self, name: str, color: str | None, key: str | None) -> None:
        self.attempt(classes.set_color, name, color)
        self.attempt(classes.set_key, name, key)

    @rule(steps=st.integers(1, 3))
    def back(self, steps: int) -> None:
        for _ in range(steps):
            edits.undo(self.store)

    @rule()
    def there_and_back(self) -> None:
        end = self.now()
        steps = 0
        while edits.undo(self.store) is not None:
            steps += 1
        assert self.now() == self.beginning
        self.store.close()
        self.store = Store.open(self.store.root)
        for _ in range(steps):
            assert edits.redo(self.store) is not None
        assert self.now() == end

    def teardown(self) -> None:
        self.there_and_back()
        assert self.store.read("PRAGMA foreign_key_check") == []
        self.store.close()
        self.folder.cleanup()


TestEdits = Edits.TestCase
TestEdits.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
