"""Wrong labels are found among real digits, and what there is too little to tell of stays unknown."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from core.curate import judges
from core.curate.suspects import NEIGHBOURS, Suspects, find
from core.errors import Error
from core.events import Event, Notice, Progress, Stage
from core.importers import import_path
from core.jobs import run
from core.project import edits, query, table
from core.project.records import columns
from core.project.scores import SUSPECTS
from core.project.store import Store
from tests.core.curate.test_learnt import begun, predicted

PER_CLASS = 30


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 handwritten digits in ten class folders."""
    folder = tmp_path_factory.mktemp("digits")
    images, labels = load_digits(return_X_y=True)
    for digit in range(10):
        (folder / str(digit)).mkdir()
        for n, pixels in enumerate(images[labels == digit][:PER_CLASS]):
            image = Image.fromarray((pixels.reshape(8, 8) * 15.9).astype(np.uint8))
            image.resize((32, 32), Image.Resampling.BICUBIC).save(folder / str(digit) / f"{n:02}.png")
    return folder


@pytest.fixture
def digits(folder: Path, tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "digits") as store:
        run(import_path(store, folder), lambda event: None)
        yield store


def found(store: Store, sink: Callable[[Event], None] = lambda event: None) -> Suspects:
    told = run(find(store), sink)
    assert isinstance(told, Suspects)
    return told


def label(store: Store, labels: dict[int, str | None]) -> None:
    edits.set_labels(store, labels, "hand", "Label")


def flipped(store: Store, count: int, seed: int = 0) -> list[int]:
    """Give `count` images the next digit's label; their ids."""
    known = columns(store)
    rows = np.random.default_rng(seed).choice(len(known.ids), count, replace=False)
    label(store, {int(known.ids[row]): str((known.class_index[row] + 1) % 10) for row in rows})
    return sorted(int(known.ids[row]) for row in rows)


def test_wrong_labels_are_found_and_the_right_class_is_suggested(digits: Store) -> None:
    truth = columns(digits).class_index
    wrong = np.isin(columns(digits).ids, flipped(digits, 15))
    events: list[Event] = []
    told = found(digits, events.append)
    top = told.top(15, np.zeros(0, np.int64))
    assert wrong[top].mean() > 0.8  # 0.05 by chance
    marked = told.suspect >= 0.5
    assert marked.sum() == told.errors <= 20
    assert wrong[marked].mean() > 0.8
    assert (told.suggested == truth)[marked & wrong].mean() > 0.9
    assert (told.suggested != told.labels)[told.suggested >= 0].all()
    assert told.why(int(top[0]))
    assert told.judged == 300
    assert {event.title for event in events if isinstance(event, Stage)} >= {"Measuring images"}
    assert Progress(done=300, total=300) in events


def test_filters_know_the_scores_until_a_label_is_another(digits: Store) -> None:
    flipped(digits, 15)
    told = found(digits)
    marked = told.ids[told.suspect >= 0.5]
    assert query.ids(digits, query.parse(SUSPECTS)).tolist() == marked.tolist()
    first, second = (int(id) for id in marked[:2])
    edits.tag(digits, [first], "checked")
    label(digits, {second: str(told.classes[told.suggested[told.ids == second][0]])})
    assert query.ids(digits, query.parse(SUSPECTS)).tolist() == marked[2:].tolist()
    scores = table.of(digits).scores
    np.testing.assert_array_equal(np.isnan(scores.suspect), told.ids == second)
    np.testing.assert_array_equal(np.isnan(scores.difficulty), told.ids == second)
    assert first not in told.ids[told.top(15, np.array([first]))]


def test_clean_labels_are_hardly_suspect_and_the_same_every_time(digits: Store) -> None:
    first, again = found(digits), found(digits)
    assert first.errors <= 6
    np.testing.assert_array_equal(first.suspect, again.suspect)
    assert (first.suspect >= 0).all()
    assert (first.suspect <= 1).all()
    assert (first.difficulty >= 0).all()
    assert (first.difficulty <= 1).all()


def test_unlabelled_and_rejected_images_are_left_out(digits: Store) -> None:
    ids = columns(digits).ids
    label(digits, {int(ids[4]): None})
    edits.reject(digits, [int(ids[7])])
    told = found(digits)
    assert np.flatnonzero(np.isnan(told.suspect)).tolist() == [4, 7]
    assert told.judged == 298
    assert np.flatnonzero(np.isnan(table.of(digits).scores.suspect)).tolist() == [4, 7]


def test_classes_too_small_to_learn_are_not_judged(digits: Store) -> None:
    ids = columns(digits).ids
    for name, few in (("single", ids[:1]), ("pair", ids[1:3])):
        with digits.transaction() as db:
            db.execute("INSERT INTO class (name, position) VALUES (?, 99)", (name,))
        label(digits, dict.fromkeys(few.tolist(), name))
    told = found(digits)
    assert np.flatnonzero(np.isnan(told.suspect)).tolist() == [0, 1, 2]
    assert (told.suggested[:3] == -1).all()


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_too_few_labels_are_told_and_the_old_scores_stay(digits: Store, kept: int) -> None:
    found(digits)
    before = digits.paths.scores.read_bytes()
    known = columns(digits)
    few = [known.ids[0], known.ids[-1]][:kept]
    label(digits, {int(id): None for id in known.ids if id not in few})
    with pytest.raises(Error, match="too few labelled images"):
        found(digits)
    assert digits.paths.scores.read_bytes() == before


def test_one_class_and_an_empty_project(digits: Store, tmp_path: Path) -> None:
    label(digits, {int(id): "3" for id in columns(digits).ids})
    with pytest.raises(Error, match="too few labelled images"):
        found(digits)
    with Store.create(tmp_path / "empty") as empty, pytest.raises(Error, match="too few labelled images"):
        found(empty)


def test_damaged_caches_are_made_anew(digits: Store) -> None:
    first = found(digits)
    for path in (digits.paths.scores, digits.paths.measures):
        path.write_bytes(path.read_bytes()[:100])
    assert not table.of(digits).scores.known
    np.testing.assert_array_equal(found(digits).suspect, first.suspect)
    assert table.of(digits).scores.known


def test_stopped_at_any_point_it_leaves_the_old_scores(digits: Store) -> None:
    found(digits)
    before = digits.paths.scores.read_bytes()
    flipped(digits, 15)
    events, step = sum(1 for _ in find(digits)), 0
    digits.paths.scores.write_bytes(before)
    for step in range(1, events + 1):
        job = find(digits)
        for _ in range(step):
            next(job)
        job.close()
        assert digits.paths.scores.read_bytes() == before
    assert step > 5
    assert [file.name for file in digits.paths.cache.glob("*.part")] == []


def test_copies_do_not_testify_for_each_other(digits: Store, folder: Path, tmp_path: Path) -> None:
    known = columns(digits)
    victim = folder / "4" / "00.png"
    (tmp_path / "copies" / "7").mkdir(parents=True)
    for n in range(12):  # the same four as sevens, all wrong
        Image.open(victim).resize((32 + n, 32 + n)).save(tmp_path / "copies" / "7" / f"{n}.png")
    run(import_path(digits, tmp_path / "copies"), lambda event: None)
    told = found(digits)
    copies = ~np.isin(told.ids, known.ids)
    assert copies.sum() == 12
    assert (told.doubts[NEIGHBOURS][copies] > 0.5).mean() > 0.8
    assert (told.suggested[copies] == told.classes.index("4")).mean() > 0.8


def test_groups_are_kept_whole_where_that_leaves_enough_to_learn(digits: Store) -> None:
    ids = columns(digits).ids
    with digits.transaction() as db:  # ten groups across all classes, then one a class
        db.executemany("UPDATE image SET group_name = ? WHERE id = ?", [(f"g{id % 10}", int(id)) for id in ids])
    assert found(digits).judged == 300
    with digits.transaction() as db:
        db.execute("UPDATE image SET group_name = class_id")
    assert found(digits).judged == 300


def test_runs_have_their_say(digits: Store) -> None:
    wrong = flipped(digits, 15)
    known = columns(digits)
    names = tuple(str(digit) for digit in range(10))
    plain = found(digits)
    folder = begun(digits, known.ids[:200], [-1, 9, 9])
    predicted(folder, known.ids[250:], [9.0] + [0.0] * 9, names)  # always nought: no better than chance
    told = found(digits)
    assert set(told.doubts) == {*plain.doubts, "training", folder.name}
    assert 0 <= (told.suspect >= 0.5).sum() - told.errors <= 3  # equal doubts are not told apart
    assert np.isin(told.ids[told.top(10, np.zeros(0, np.int64))], wrong).mean() > 0.7
    assert (told.difficulty[:200] < 0.5).all()
    np.testing.assert_array_equal(told.difficulty[200:250], plain.difficulty[200:250])
    assert (told.difficulty[250:] < 0.01).all()  # the only run is sure


def test_scores_that_cannot_be_kept_are_a_failure_that_is_told(digits: Store) -> None:
    found(digits)
    digits.paths.scores.unlink()
    digits.paths.scores.mkdir()
    notices: list[Event] = []
    with pytest.raises(OSError, match="scores"):
        found(digits, notices.append)
    assert not any(isinstance(event, Notice) for event in notices)


def test_neighbours_of_many_images_are_looked_for_among_some_of_each_class(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    labels = np.concatenate([np.zeros(900), np.ones(90), np.full(10, 2)]).astype(np.int16)
    centres = random.normal(size=(3, 16))
    looks = centres[labels] + 0.1 * random.normal(size=(1000, 16))
    looks = (looks / np.linalg.norm(looks, axis=1, keepdims=True)).astype(np.float16)
    monkeypatch.setattr(judges, "_COMPARED", 100)
    monkeypatch.setattr(judges, "_OF_CLASS", 8)
    said = run(judges.neighbours(looks, labels, np.arange(1000), 3), lambda event: None)
    assert (said[labels < 2].argmax(1) == labels[labels < 2]).all()
    assert (said[labels == 2][:, 2] > 0.5).all()
    np.testing.assert_allclose(said.sum(1), 1, rtol=1e-5)


def test_the_discriminant_of_sums_equals_scikit_learns(folder: Path) -> None:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    random = np.random.default_rng(1)
    labels = random.integers(0, 3, 300).astype(np.int16)
    looks = (random.normal(size=(3, 8))[labels] + random.normal(size=(300, 8))).astype(np.float16)
    folds = random.integers(0, judges.FOLDS, 300).astype(np.uint8)
    said = run(judges.discriminant(looks, labels, folds, 4), lambda event: None)
    assert (said[:, 3] == 0).all()
    for fold in range(judges.FOLDS):
        model = LinearDiscriminantAnalysis(solver="lsqr").fit(looks[folds != fold].astype(float), labels[folds != fold])
        peer = model.predict_proba(looks[folds == fold].astype(float))
        np.testing.assert_allclose(said[folds == fold][:, :3], peer, atol=0.05)
