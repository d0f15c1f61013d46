"""The figures of a run, as PNG files in its report folder: confusion matrix, curves, surest mistakes."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image

from core import wording
from core.evaluate import metrics
from core.evaluate.mistakes import Mistake, mistakes
from core.images.decode import Unreadable, load_at_least
from core.project.records import ImageRecord, images
from core.project.store import Store
from core.report.canvas import GRID, INK, PAPER, QUIET, TRAIN, VAL, WRONG, Canvas, mix
from core.runs import history, predictions
from core.runs.durable import write_durably
from core.runs.folder import RunFolder
from core.runs.history import Curve, History
from core.runs.predictions import PredictionTable

VALIDATION = 2  # code of `PredictionTable.split`
_SHOWN = 24  # mistakes
_READABLE = 34  # px of a matrix cell from which there is room for words


def write(store: Store, run: RunFolder) -> list[Path]:
    """Draw the figures of `run` anew from its events and predictions; returns their paths.

    Shows its validation images, or all predicted ones where it has none. Raises `Error` when the run was not
    evaluated yet.
    """
    table = predictions.load(run.predictions_file)
    validated = table.where(table.split == VALIDATION)
    table = validated if len(validated) else table
    run.report.mkdir(exist_ok=True)
    figures: dict[str, Callable[[], Image.Image]] = {
        "confusion.png": lambda: confusion(run.name, table),
        "curves.png": lambda: curves(run.name, history.read(run)),
        "misclassified.png": lambda: misclassified(store, run.name, table),
    }
    written = []
    for name, picture in figures.items():
        data = io.BytesIO()
        picture().save(data, "PNG")
        write_durably(run.report / name, data.getvalue())
        written.append(run.report / name)
    return written


def confusion(name: str, table: PredictionTable) -> Image.Image:
    """The matrix of counts; a cell's colour is its share of its true class, errors in another hue."""
    counts = metrics.confusion(table.label, table.predicted, len(table.classes))
    cell, left, top = _cell(len(counts)), 150, 140
    side = cell * len(counts)
    canvas = Canvas(max(left + side + 40, 520), top + side + 70)
    score = wording.percent(metrics.accuracy(counts))
    canvas.title(name, f"{score} of {wording.count(int(counts.sum()), 'image')}; rows are true, columns predicted")
    totals = counts.sum(1)
    for row, true in enumerate(table.classes):
        middle = top + cell * (row + 0.5)
        if cell >= _READABLE:
            canvas.text((left - 10, middle), canvas.fitted(true, left - 50, 15), anchor="rm")
            canvas.text((left + cell * (row + 0.5), top - 12), canvas.fitted(true, cell - 4, 15), anchor="ms")
        for column in range(len(counts)):
            share = counts[row, column] / max(1, totals[row])
            strength = share if row == column else min(1.0, 4 * share)  # errors are few: a quarter is full colour
            colour = mix(PAPER, VAL if row == column else WRONG, strength)
            x, y = left + cell * column, top + cell * row
            canvas.draw.rectangle((x, y, x + cell, y + cell), colour, GRID if cell >= _READABLE else None)
            if counts[row, column] and cell >= _READABLE:
                ink = PAPER if strength > 0.55 else INK
                canvas.text((x + cell / 2, middle), str(counts[row, column]), 14, ink, "mm")
    canvas.text((left + side / 2, top + side + 34), "predicted", 15, QUIET, "mm")
    return canvas.image


def _cell(classes: int) -> int:
    """Side of a matrix cell in px: readable up to 117 classes, then small enough for a picture of 4,000 px."""
    return max(1, min(64, max(_READABLE, 900 // max(1, classes)), 4000 // max(1, classes)))


def curves(name: str, past: History) -> Image.Image:
    """Accuracy above, loss below, over epochs; the best epoch is marked."""
    canvas = Canvas(920, 780)
    best = f", best {wording.percent(past.best_accuracy)} at epoch {past.best_epoch}" if past.best_epoch else ""
    canvas.title(
        name, f"{len(past.epochs)} of {past.planned_epochs} epochs on {past.device or 'an unknown device'}{best}"
    )
    for x, words, colour in ((690, "training", TRAIN), (790, "validation", VAL)):
        canvas.draw.line((x - 26, 68, x - 6, 68), colour, 3)
        canvas.text((x, 68), words, 15, anchor="lm")
    losses = [loss for loss in (*past.train_loss, *past.val_loss) if loss is not None]
    _plot(canvas, (136, 410), "accuracy", past, (past.train_accuracy, past.val_accuracy), 1.0)
    _plot(canvas, (484, 732), "loss", past, (past.train_loss, past.val_loss), 1.05 * max(losses, default=1.0))
    return canvas.image


def _plot(
    canvas: Canvas, rows: tuple[int, int], title: str, past: History, lines: tuple[Curve, Curve], highest: float
) -> None:
    left, right, (top, bottom) = 96, canvas.width - 40, rows
    last = max(past.epochs, default=1)

    def at(epoch: float, value: float) -> tuple[float, float]:
        return left + (right - left) * epoch / last, bottom - (bottom - top) * value / (highest or 1.0)

    canvas.text((32, top - 34), title, 15)
    for step in range(5):
        value = highest * step / 4
        _, y = at(0, value)
        canvas.draw.line((left, y, right, y), GRID)
        canvas.text((left - 8, y), f"{value:.2f}", 13, QUIET, "rm")
    for epoch in range(0, last + 1, max(1, -(-last // 10))):
        canvas.text((at(epoch, 0)[0], bottom + 8), str(epoch), 13, QUIET, "ma")
    if past.best_epoch:
        x, _ = at(past.best_epoch, 0)
        for y in range(top, bottom, 8):
            canvas.draw.line((x, y, x, y + 4), QUIET)
    for values, colour in zip(lines, (TRAIN, VAL), strict=True):
        points = [at(epoch, value) for epoch, value in zip(past.epochs, values, strict=True) if value is not None]
        canvas.draw.line(points, colour, 3, joint="curve")
        if len(points) < 30:
            for x, y in points:
                canvas.draw.ellipse((x - 3, y - 3, x + 3, y + 3), colour)


def misclassified(store: Store, name: str, table: PredictionTable) -> Image.Image:
    """The surest mistakes as pictures: true class, predicted class, confidence, file."""
    found = mistakes(table)
    shown = found[:_SHOWN]
    records = {record.id: record for record in images(store, [row.id for row in shown])}
    shown = [row for row in shown if row.id in records]
    tile, gap, columns = 132, 20, 6
    canvas = Canvas(32 * 2 + columns * (tile + gap) - gap, 110 + max(1, -(-len(shown) // columns)) * (tile + 68))
    canvas.title(name, _misclassified_line(len(found), len(shown), len(table)))
    for place, row in enumerate(shown):
        x, y = 32 + place % columns * (tile + gap), 100 + place // columns * (tile + 68)
        canvas.image.paste(_thumbnail(records[row.id], tile), (x, y))
        _caption(canvas, (x, y + tile + 6), tile, row, table.classes, records[row.id])
    return canvas.image


def _misclassified_line(wrong: int, shown: int, total: int) -> str:
    if not wrong:
        return f"None of {wording.count(total, 'image')} is predicted wrong"
    part = f"the {shown} surest of {wrong:,} mistakes" if shown < wrong else wording.count(wrong, "mistake")
    return f"{part} on {wording.count(total, 'image')}: true → predicted, confidence"


def _thumbnail(record: ImageRecord, side: int) -> Image.Image:
    square = Image.new("RGB", (side, side), GRID)
    try:
        image = load_at_least(record.path, side)
    except Unreadable:
        return square
    scale = side / max(image.size)
    image = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square


def _caption(
    canvas: Canvas, at: tuple[float, float], width: float, row: Mistake, classes: Sequence[str], record: ImageRecord
) -> None:
    x, y = at
    sure = f"{row.confidence:.2f}"
    words = f"{classes[row.true]} → {classes[row.predicted]}"
    canvas.text((x, y), canvas.fitted(words, width - 40, 15), 15, WRONG)
    canvas.text((x + width, y), sure, 15, QUIET, "ra")
    canvas.text((x, y + 21), canvas.fitted(record.name.rpartition("/")[2], width, 12), 12, QUIET)
