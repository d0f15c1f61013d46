"""What `core evaluate` says of predictions: accuracy, the confusion matrix, the surest mistakes."""

from pathlib import Path
from typing import Any

from core import wording
from core.evaluate import metrics, mistakes
from core.images.names import shown
from core.project import records
from core.project.store import Store
from core.runs.folder import RunFolder
from core.runs.predictions import PredictionTable

_LONGEST = 24  # letters of a class name in tables


def summary(store: Store, run: RunFolder, table: PredictionTable, written: list[Path]) -> dict[str, Any]:
    """Everything that is said, as plain values; fractions in [0, 1], None where undefined."""
    predicted = table.logits.argmax(1)
    known = table.label >= 0
    matrix = metrics.confusion(table.label[known], predicted[known], len(table.classes))
    wrong = mistakes.mistakes(table)[:10]
    names = {image.id: image.name for image in records.images(store, [row.id for row in wrong])}
    return {
        "run": run.name,
        "images": len(table.ids),
        "labelled": int(known.sum()),
        "accuracy": metrics.accuracy(matrix),
        "classes": list(table.classes),
        "confusion": matrix.tolist(),
        "mistakes": [
            {
                "id": row.id,
                "name": names.get(row.id, ""),
                "true": table.classes[row.true],
                "predicted": table.classes[row.predicted],
                "confidence": row.confidence,
            }
            for row in wrong
        ],
        "pictures": [str(path) for path in written],
    }


def described(value: dict[str, Any]) -> str:
    """`summary` for people."""
    lines = [
        f"{value['run']}: {wording.percent(value['accuracy'])} of {wording.count(value['labelled'], 'labelled image')}",
        "",
        *_matrix(value["classes"], value["confusion"]),
    ]
    if value["mistakes"]:
        lines += ["", "Surest mistakes"]
    lines += [
        f"  {wording.clipped(row['true'], _LONGEST)} read as {wording.clipped(row['predicted'], _LONGEST)}"
        f"  {row['confidence']:.2f}  {row['id']}  {shown(row['name'])}"
        for row in value["mistakes"]
    ]
    return "\n".join([*lines, "", *value["pictures"]])


def _matrix(classes: list[str], counts: list[list[int]]) -> list[str]:
    classes = [wording.clipped(name, _LONGEST) for name in classes]
    width = max([len(name) for name in classes] + [len(str(max(row))) for row in counts]) + 1
    head = " " * (width + 2) + "".join(name.rjust(width) for name in classes) + "   predicted"
    body = [
        name.rjust(width) + "  " + "".join((str(n) if n else "·").rjust(width) for n in row)
        for name, row in zip(classes, counts, strict=True)
    ]
    return [head, *body]
