from pathlib import Path

import numpy as np
import pytest

from core.evaluate.index import copying, outdated, sync
from core.project import classes, edits, predictions, query
from core.project.catalog import NewImage, add_images
from core.project.records import columns
from core.project.store import Store
from core.recipe import Recipe
from core.runs.folder import RunFolder, create
from core.runs.predictions import PredictionTable, save


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store.create(tmp_path / "project")
    found = [NewImage(f"{n}.png".encode(), bytes([n]) * 32, 8, 8, 10, 0, label=("cat", "dog")[n % 2]) for n in range(6)]
    add_images(store, tmp_path, found)
    return store


def predict_dog(store: Store, run: RunFolder, sure: float, classes: tuple[str, ...] = ("dog", "cat")) -> None:
    ids = columns(store).ids
    zeros = np.zeros(len(ids), np.int16)
    logits = np.stack([np.full(len(ids), sure), zeros], axis=1).astype(np.float32)
    save(PredictionTable(ids, logits, zeros, zeros.astype(np.uint8), zeros, classes, ("s",)), run.predictions_file)


def test_filters_know_the_latest_predictions_by_class_name(store: Store) -> None:
    run = create(store.paths.runs, "a", Recipe())
    assert sync(store) == []
    predict_dog(store, run, sure=5)
    assert sync(store) == ["00-a"]
    assert sync(store) == []
    wrong = query.ids(store, query.parse("wrong conf>0.9 pred:dog"))
    cats = query.ids(store, query.parse("class:cat"))
    assert sorted(wrong.tolist()) == sorted(cats.tolist())
    predict_dog(store, run, sure=0.5)
    assert sync(store) == ["00-a"]
    assert len(query.ids(store, query.parse("wrong conf>0.9"))) == 0
    store.close()


def test_runs_that_are_gone_or_damaged_and_classes_that_are_gone(store: Store) -> None:
    first, second = create(store.paths.runs, "a", Recipe()), create(store.paths.runs, "b", Recipe())
    predict_dog(store, first, sure=5)
    second.predictions_file.write_bytes(b"torn")
    assert sync(store) == ["00-a"]
    predict_dog(store, first, sure=5, classes=("unicorn", "cat"))
    assert sync(store) == ["00-a"]
    assert len(query.ids(store, query.parse("predicted"))) == 0
    first.root.rename(store.root / "elsewhere")
    assert sync(store) == []
    assert edits.undo(store) is None
    store.close()


def test_filters_use_a_run_when_all_of_it_is_copied(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predictions, "PORTION", 2)
    for name in ("a", "b"):
        predict_dog(store, create(store.paths.runs, name, Recipe()), sure=5)
        if name == "a":
            assert sync(store) == ["00-a"]
    steps = copying(store, outdated(store))
    next(steps)
    next(steps)
    assert predictions.latest(store, np.array([1]))[1].run == "00-a"
    assert [guess.run for guess in predictions.of_image(store, 1)] == ["00-a"]
    del steps  # cut short, as by a program that ends
    assert sync(store) == ["01-b"]
    assert predictions.latest(store, np.array([1]))[1].run == "01-b"
    store.close()


def test_a_class_that_goes_while_copying_is_left_out(store: Store) -> None:
    edits.add_class(store, "bird")
    predict_dog(store, create(store.paths.runs, "a", Recipe()), sure=5, classes=("bird", "cat"))
    found = outdated(store)
    edits.undo(store)
    for _ in copying(store, found):
        pass
    assert len(query.ids(store, query.parse("predicted"))) == 0
    store.close()


def test_a_run_is_understood_when_its_classes_are_renamed_merged_deleted_and_brought_back(store: Store) -> None:
    run = create(store.paths.runs, "a", Recipe())
    predict_dog(store, run, sure=5)
    sync(store)
    classes.rename(store, "dog", "hound")
    sync(store)
    assert len(query.ids(store, query.parse("pred:hound right"))) == 3
    edits.add_class(store, "pet")
    classes.merge(store, ["hound", "cat"], "pet")
    sync(store)
    assert len(query.ids(store, query.parse("pred:pet right"))) == 6
    edits.undo(store)
    sync(store)
    assert len(query.ids(store, query.parse("pred:hound wrong"))) == 3
    classes.delete(store, ["hound"])
    sync(store)
    assert len(query.ids(store, query.parse("predicted"))) == 0
    edits.undo(store)
    sync(store)
    assert len(query.ids(store, query.parse("pred:hound"))) == 6
    store.close()
