"""What a run got wrong, the surest first: there wrong labels gather, and blind spots of the network."""

from dataclasses import dataclass

import numpy as np

from core.runs.predictions import PredictionTable


@dataclass(frozen=True)
class Mistake:
    """`true` and `predicted` count in the table's classes; `confidence` is the predicted class's, in [0, 1]."""

    id: int
    true: int
    predicted: int
    confidence: float


def mistakes(table: PredictionTable) -> list[Mistake]:
    """All labelled images whose prediction differs from the label, by confidence, then id."""
    wrong = table.where((table.label >= 0) & ~table.right)
    confidence = wrong.confidence
    order = np.lexsort((wrong.ids, -confidence))
    columns = (wrong.ids, wrong.label, wrong.predicted, confidence)
    return [Mistake(*row) for row in zip(*(column[order].tolist() for column in columns), strict=True)]
