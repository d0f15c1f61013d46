"""What runs tell of images: numbers by hand, and run folders that are as runs leave them."""

import time
from pathlib import Path

import numpy as np
import pytest

from core.curate.learnt import Learnt, doubt_of, effort_of, learnt
from core.events import RunStarted
from core.jobs import run
from core.project import classes, edits
from core.project.records import columns
from core.project.store import Store
from core.recipe import Recipe
from core.runs import dynamics, predictions
from core.runs.dynamics import Dynamics
from core.runs.folder import RunFolder, create
from core.runs.predictions import PredictionTable

CLASSES = ("bar", "disc", "stripes")
NAN = np.nan


def told(margins: list[list[float]]) -> Dynamics:
    """The course of two-class images, one column each, by their margins in each epoch."""
    margin = np.array(margins, np.float16)
    ids = np.arange(margin.shape[1], dtype=np.int64)
    loss = np.log1p(np.exp(-margin.astype(np.float64))).astype(np.float16)
    return Dynamics(ids, np.arange(1, len(margin) + 1), loss, margin)


def asked(store: Store) -> Learnt:
    found = run(learnt(store, columns(store)), lambda event: None)
    assert isinstance(found, Learnt)
    return found


def begun(store: Store, ids: np.ndarray, margins: list[float]) -> RunFolder:
    """A run that was trained for an epoch a margin on `ids`, all answered alike."""
    folder = create(store.paths.runs, "run", Recipe())
    folder.append(RunStarted(run=folder.name, epochs=9, steps_per_epoch=1, train_images=9, val_images=1, device="cpu"))
    for epoch, margin in enumerate(margins, start=1):
        values = np.full(len(ids), margin, np.float16)
        dynamics.write_epoch(folder, epoch, ids, np.abs(values), values)
    time.sleep(0.002)  # the journal counts milliseconds
    return folder


def predicted(folder: RunFolder, ids: np.ndarray, logits: list[float], names: tuple[str, ...] = CLASSES) -> None:
    count = len(ids)
    table = PredictionTable(
        ids,
        np.tile(np.array(logits, np.float32), (count, 1)),
        np.full(count, -1, np.int16),
        np.zeros(count, np.uint8),
        np.full(count, -1, np.int32),
        names,
        (),
    )
    predictions.save(table, folder.predictions_file)


def test_doubt_is_one_half_between_two_answers_and_the_first_epoch_is_left_out() -> None:
    found = doubt_of(told([[-9, 9, 0], [9, -9, 0], [9, -9, 0]]))
    np.testing.assert_allclose(found, [0, 1, 0.5], atol=1e-3)
    assert np.isnan(doubt_of(told([[3.0]]))).all()
    np.testing.assert_allclose(doubt_of(told([[NAN, 1], [0, NAN]])), [0.5, NAN])


def test_effort_grows_from_learnt_at_once_over_late_and_forgotten_to_never() -> None:
    at_once, late, forgotten, never = effort_of(
        told([[9, -9, 9, -9], [9, -9, -9, -9], [9, 9, 9, -9], [9, 9, -9, -9], [9, 9, 9, -9]])
    )
    assert at_once == pytest.approx(0, abs=1e-3)
    assert late == pytest.approx((2 / 5 + 2 / 5) / 3, abs=1e-3)
    assert forgotten == pytest.approx((2 / 5 + 4 / 5 + 1) / 3, abs=1e-3)
    assert never == pytest.approx((1 + 1 + 0) / 3, abs=1e-3)
    assert np.isnan(effort_of(told([[9.0]]))).all()


def test_without_runs_nothing_is_known(shapes: Store) -> None:
    found = asked(shapes)
    for values in (found.doubt, found.effort, found.disagreement):
        assert np.isnan(values).all()
    assert found.unseen == {}


def test_training_counts_where_the_label_is_still_the_same(shapes: Store) -> None:
    ids = columns(shapes).ids
    begun(shapes, ids[:10], [0, 0, 0])
    edits.set_labels(shapes, {int(ids[3]): "stripes"}, "hand", "Label")
    known = asked(shapes)
    assert np.flatnonzero(np.isfinite(known.doubt)).tolist() == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    np.testing.assert_allclose(known.doubt[:3], 0.5)


def test_the_latest_run_that_was_trained_on_an_image_tells_of_it(shapes: Store) -> None:
    ids = columns(shapes).ids
    begun(shapes, ids[:10], [-9, -9])
    begun(shapes, np.append([-5], ids[5:20]), [9, 9])  # with a composite
    begun(shapes, ids[:3], [9])  # a single epoch says nothing
    doubt = asked(shapes).doubt
    np.testing.assert_allclose(doubt[:20], [1] * 5 + [0] * 15, atol=1e-3)
    assert np.isnan(doubt[20:]).all()


def test_a_run_judges_only_what_it_was_not_trained_on(shapes: Store) -> None:
    ids = columns(shapes).ids
    folder = begun(shapes, ids[:10], [1, 1])
    predicted(folder, ids[5:15], [2, 0, 0])
    found = asked(shapes)
    (said,) = found.unseen.values()
    assert np.flatnonzero(np.isfinite(said[:, 0])).tolist() == [10, 11, 12, 13, 14]
    np.testing.assert_allclose(said[10].sum(), 1, rtol=1e-6)
    assert said[10].argmax() == 0
    assert np.flatnonzero(np.isfinite(found.disagreement)).tolist() == list(range(5, 15))


def test_runs_that_agree_and_runs_that_do_not(shapes: Store) -> None:
    ids = columns(shapes).ids
    for logits in ([9, 0, 0], [0, 9, 0], [0, 0, 9]):
        predicted(create(shapes.paths.runs, "run", Recipe()), ids[:5], logits)  # type: ignore[arg-type]
        predicted(create(shapes.paths.runs, "run", Recipe()), ids[5:9], [0, 0, 20])
    shown = asked(shapes).disagreement
    assert (shown[:5] > 0.6).all()
    assert (shown[5:9] < 0.01).all()


def test_classes_that_were_renamed_merged_or_deleted_since(shapes: Store) -> None:
    ids = columns(shapes).ids
    folder = create(shapes.paths.runs, "run", Recipe())
    predicted(folder, ids[:5], [1, 1, 0, 0], ("bar", "disc", "stripes", "gone"))
    classes.merge(shapes, ["disc"], "bar")
    classes.rename(shapes, "stripes", "lines")
    (said,) = asked(shapes).unseen.values()
    e = np.exp(1.0)
    np.testing.assert_allclose(said[0], [2 * e / (2 * e + 2), 1 / (2 * e + 2)], rtol=1e-5)


def test_damaged_files_are_passed_over(shapes: Store) -> None:
    ids = columns(shapes).ids
    folder = begun(shapes, ids[:10], [1, 1])
    folder.predictions_file.write_bytes(b"no predictions")
    for file in folder.dynamics.glob("*.npy"):
        file.write_bytes(b"torn")
    found = asked(shapes)
    assert np.isnan(found.doubt).all()
    assert found.unseen == {}


def test_a_copied_run_without_a_beginning_says_nothing_of_training(shapes: Store, tmp_path: Path) -> None:
    folder = begun(shapes, columns(shapes).ids[:10], [1, 1])
    folder.events_file.unlink()
    assert np.isnan(asked(shapes).doubt).all()
