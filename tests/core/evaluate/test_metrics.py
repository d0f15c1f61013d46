import numpy as np
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

from core.evaluate import metrics
from core.evaluate.mistakes import mistakes
from core.runs.predictions import PredictionTable


def test_scores_equal_scikit_learns() -> None:
    random = np.random.default_rng(0)
    true = random.integers(0, 5, 400)
    predicted = np.where(random.random(400) < 0.6, true, random.integers(0, 5, 400))
    counts = metrics.confusion(true, predicted, 5)
    np.testing.assert_array_equal(counts, confusion_matrix(true, predicted))
    assert metrics.accuracy(counts) == accuracy_score(true, predicted)
    scores = metrics.per_class(counts)
    precision, recall, f1, _ = precision_recall_fscore_support(true, predicted)
    np.testing.assert_allclose(scores.precision, precision)
    np.testing.assert_allclose(scores.recall, recall)
    np.testing.assert_allclose(scores.f1, f1)


def test_what_is_undefined_is_nan_not_zero() -> None:
    counts = metrics.confusion(np.array([0, 0, -1]), np.array([0, 1, 2]), 4)
    assert counts.sum() == 2
    scores = metrics.per_class(counts)
    np.testing.assert_array_equal(scores.precision, [1, 0, np.nan, np.nan])
    np.testing.assert_array_equal(scores.recall, [0.5, np.nan, np.nan, np.nan])
    assert metrics.accuracy(metrics.confusion(np.array([-1]), np.array([0]), 4)) is None


def test_by_source() -> None:
    right = np.array([True, True, False])
    assert metrics.by_source(right, np.array([1, 1, 0]), ("a", "b", "c")) == {"a": 0.0, "b": 1.0}


def test_mistakes_come_surest_first_without_unlabelled_images() -> None:
    logits = np.array([[3, 0], [9, 0], [0, 1], [5, 0], [9, 0]], np.float32)
    label = np.array([1, 1, 1, -1, 1], np.int16)
    zeros = np.zeros(5, np.int16)
    table = PredictionTable(np.arange(10, 15), logits, label, zeros.astype(np.uint8), zeros, ("a", "b"), ("s",))
    found = mistakes(table)
    assert [(row.id, row.true, row.predicted) for row in found] == [(11, 1, 0), (14, 1, 0), (10, 1, 0)]
    assert found[2].confidence == np.float32(1 / (1 + np.exp(-3)))
