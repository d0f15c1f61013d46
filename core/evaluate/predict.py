"""Let a run's best network predict images of its project and keep what it said in the run's folder."""

from collections.abc import Generator

import torch

from core.errors import Error
from core.events import Event, Progress, Stage
from core.project.query import Filter
from core.project.store import Store
from core.runs import predictions
from core.runs.folder import RunFolder
from core.runs.predictions import PredictionTable
from core.train import batches, checkpoint, inference, selection
from core.train.cadence import Every
from core.train.device import Device
from core.train.selection import Chosen


def evaluate(
    store: Store, run: RunFolder, where: Filter | None, device: Device
) -> Generator[Event, None, PredictionTable]:
    """Predict the images of `where`, or the validation images of the run's recipe, with its best checkpoint.

    Classes of project and run are matched by name; an image of a class that the run does not know has label -1.
    Adds to the run's predictions, new ones replacing older ones of the same image, and returns the new ones. On the
    device of the training, the accuracy on the validation images equals that of the best epoch. Only reads the
    project. Raises `Error` when there is no sound checkpoint or nothing to predict, or when none of it can be read.
    """
    saved = checkpoint.load(run.best)
    chosen = _chosen(store, run, where, saved.classes)
    if not len(chosen):
        raise Error("There are no images to predict.", "Check the filter, or run `core split` for validation images.")
    images = yield from batches.readable(store.paths, chosen, saved.recipe.data.image_size)
    if not len(images):
        raise Error("None of the images to predict can be read.", "The list of skipped images says why.")
    yield Stage(title="Predicting", total=len(images))
    model = saved.model().to(device.name)
    model.to(memory_format=torch.channels_last)
    said: list[torch.Tensor] = []
    tick, done = Every(seconds=0.2), 0
    for outputs in inference.logits(model, images, saved.recipe.data.normalize, device.name):
        said.append(outputs)
        done += len(outputs)
        if tick.due() or done == len(images):
            yield Progress(done=done, total=len(images))
    table = inference.table(images, said, saved.classes)
    predictions.save(_with_earlier(run, table), run.predictions_file)
    return table


def _chosen(store: Store, run: RunFolder, where: Filter | None, classes: tuple[str, ...]) -> Chosen:
    if where is None:
        return selection.validation(store, run.recipe(), classes)
    return selection.matching(store, where, classes)


def _with_earlier(run: RunFolder, table: PredictionTable) -> PredictionTable:
    """Earlier predictions stay beside new ones, unless the checkpoint is newer than they are or they are damaged."""
    file = run.predictions_file
    if not file.is_file() or file.stat().st_mtime_ns < run.best.stat().st_mtime_ns:
        return table
    try:
        return predictions.merge(predictions.load(file), table)
    except Error:
        return table
