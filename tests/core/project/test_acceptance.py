"""What is proposed is what a loop over the images finds, and accepting does that and no more."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Error
from core.project import classes, edits, predictions, query, records
from core.project.acceptance import accept, proposal
from core.project.catalog import add_images
from core.project.query import ALL, parse
from core.project.store import Store
from tests.core.project.conftest import new_image
from tests.said import said

CLASSES = ("a", "b", "c")
rows = st.lists(
    st.tuples(
        st.sampled_from([None, *CLASSES]),  # the label
        st.sampled_from(["hand", "bulk", "model", "import"]),
        st.sampled_from([None, *CLASSES]),  # what the run says
        st.sampled_from([0.4, 0.9, 0.95, 0.99]),
        st.booleans(),  # rejected
        st.sampled_from(["train", "val", None]),
    ),
    min_size=1,
    max_size=30,
)


def _project(root: Path, facts: list[tuple[str | None, str, str | None, float, bool, str | None]]) -> Store:
    store = Store.create(root / "project")
    add_images(store, root, [new_image(f"{n:03}.png", source=("sign", "meter")[n % 2]) for n in range(len(facts))])
    for name in CLASSES:
        edits.add_class(store, name)
    ids = {record.name: record.id for record in records.classes(store)}
    read = [(n + 1, ids[guess], sure) for n, (_, _, guess, sure, _, _) in enumerate(facts) if guess]
    predictions.replace(store, "03-net", "x", said(*zip(*read, strict=True)) if read else said([], [], []))
    for by in ("hand", "bulk", "model", "import"):
        labels = {n + 1: fact[0] for n, fact in enumerate(facts) if fact[0] and fact[1] == by}
        edits.set_labels(store, labels, by, "labels")
    edits.reject(store, [n + 1 for n, fact in enumerate(facts) if fact[4]])
    edits.set_split(store, {n + 1: fact[5] for n, fact in enumerate(facts)})
    return store


@settings(max_examples=40)
@given(rows, st.sampled_from([0.0, 0.9, 0.95, 1.0]), st.booleans(), st.sampled_from(["", "source:meter", "unlabelled"]))
def test_a_proposal_is_what_a_loop_finds(tmp_path_factory, facts, confidence, replace, where) -> None:  # type: ignore[no-untyped-def]
    with _project(tmp_path_factory.mktemp("accept"), facts) as store:
        if not any(fact[2] for fact in facts):
            with pytest.raises(Error, match="No run has predicted anything yet"):
                proposal(store, parse(where), confidence, replace)
            return
        found = proposal(store, parse(where), confidence, replace)
        shown = set(query.ids(store, parse(where)).tolist())
        numbered = list(enumerate(facts, 1))
        sure = {n for n, fact in numbered if fact[2] and fact[3] >= confidence and not fact[4]}
        asked = [(n, fact) for n, fact in numbered if n in sure & shown]
        hand = [fact for _, fact in asked if fact[0] and fact[1] in ("hand", "bulk")]
        new = {n: fact[2] for n, fact in asked if not fact[0]}
        otherwise = {n: f[2] for n, f in asked if f[0] and f[1] in ("model", "import") and f[0] != f[2]}
        wanted = new | otherwise if replace else new
        given = {id: found.classes[code] for id, code in zip(found.ids.tolist(), found.codes.tolist(), strict=True)}
        assert given == wanted
        assert sum(found.counts.values()) == len(wanted)
        assert (found.unlabelled, found.by_hand) == (len(new), len(hand))
        assert (found.replaced, found.replaceable) == ((len(otherwise), 0) if replace else (0, len(otherwise)))
        assert found.disagreeing == sum(fact[0] != fact[2] for fact in hand)
        told = [fact for n, fact in numbered if n in sure and fact[0] and fact[1] != "model"]
        outside = [fact for fact in told if fact[5] != "train"]
        judged = outside or told
        assert (found.judged.known, found.judged.right) == (len(judged), sum(f[0] == f[2] for f in judged))
        assert found.judged.outside == bool(outside)
        _accepted_and_taken_back(store, found, wanted)


def _accepted_and_taken_back(store: Store, found, wanted: dict[int, str]) -> None:  # type: ignore[no-untyped-def]
    before = [(i.class_name, i.labelled_by) for i in records.images(store, range(1, 31))]
    change = accept(store, found)
    assert change.image_ids.tolist() == sorted(wanted)
    labels = {i.id: (i.class_name, i.labelled_by) for i in records.images(store, wanted)}
    assert labels == {id: (name, "model") for id, name in wanted.items()}
    if wanted:
        edits.undo(store)
    assert [(i.class_name, i.labelled_by) for i in records.images(store, range(1, 31))] == before


@pytest.fixture
def unread(tmp_path: Path) -> Store:
    """20 images without a label, all read as a by run 03; the first one is labelled by hand, rightly."""
    facts = [(None, "hand", "a", 0.99 if n % 2 else 0.5, False, None) for n in range(20)]
    facts[1] = ("a", "hand", "a", 0.99, False, "val")
    return _project(tmp_path, facts)


def test_what_was_labelled_or_rejected_meanwhile_is_left_alone(unread: Store) -> None:
    found = proposal(unread, ALL, 0.95)
    edits.label(unread, [4], "b")
    edits.label(unread, [6, 8], "c", "bulk")
    edits.reject(unread, [10])
    change = accept(unread, found)
    assert change.title == "Accept 5 labels of run 03 above 0.95"
    assert change.image_ids.tolist() == [12, 14, 16, 18, 20]
    names = [image.class_name for image in records.images(unread, (4, 6, 8, 10, 12))]
    assert names == ["b", "c", "c", None, "a"]
    assert edits.next_undo(unread) == change.title
    unread.close()


def test_it_says_how_often_that_was_right(unread: Store) -> None:
    judged = proposal(unread, ALL, 0.95).judged
    assert str(judged) == "Of 1 labelled image outside training that it read as surely, 100.0 % are right."
    edits.set_split(unread, {2: "train"})
    assert "which it may have been trained on" in str(proposal(unread, ALL, 0.95).judged)
    edits.label(unread, [2], None)
    assert proposal(unread, ALL, 0.95).judged.accuracy is None
    assert "nothing tells" in str(proposal(unread, ALL, 0.95).judged)
    unread.close()


def test_a_confidence_is_compared_as_it_is_written(unread: Store) -> None:
    assert len(proposal(unread, ALL, 0.99).ids) == len(query.ids(unread, parse("conf>=0.99 unlabelled"))) == 9
    assert proposal(unread, ALL, 0.991).counts == {}
    unread.close()


def test_the_labels_of_a_deleted_class_are_refused(unread: Store) -> None:
    found = proposal(unread, ALL, 0.95)
    assert np.unique(found.codes).tolist() == [0]
    classes.rename(unread, "a", "x")
    with pytest.raises(Error, match="no class a"):
        accept(unread, found)
    unread.close()
