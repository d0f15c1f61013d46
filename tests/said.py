"""Predictions for tests that care for class and confidence only."""

from collections.abc import Sequence

import numpy as np

from core.project.predictions import Said


def said(ids: Sequence[int], class_ids: Sequence[int], confidence: Sequence[float]) -> Said:
    """What a run said of images without labels."""
    sure = np.asarray(confidence, np.float64)
    nothing = np.full(len(sure), -1, np.int64)
    return Said(np.asarray(ids), np.asarray(class_ids), sure, sure, nothing, np.full(len(sure), np.nan))
