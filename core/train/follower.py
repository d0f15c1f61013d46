"""What the other processes of a training do: their share of each step, whenever the first one says so."""

from collections.abc import Generator, Iterator
from functools import partial
from typing import Any

from core.augment.mix import mixes
from core.errors import Error
from core.events import Event
from core.paths import ProjectPaths
from core.runs.folder import find
from core.train import batches, checkpoint
from core.train.batches import Batch, Images
from core.train.device import Device
from core.train.failures import recorded
from core.train.job import TrainingJob, begin, training_images
from core.train.learner import Learner
from core.train.together import Word, world


def follow(paths: ProjectPaths, device: Device) -> None:
    """Learn with the first process until it is done. Writes nothing.

    Raises `Error` where the training fails here, or this process does not find what the first one found.
    """
    around = world()
    if around.hear()[0] is Word.END:
        return
    name, chosen, digest = around.begin()
    run = find(paths.runs, name)
    saved = checkpoint.load(run.last) if run.last.exists() else None
    job = TrainingJob(run, run.recipe(), chosen.classes, device, paths, chosen, chosen, saved)
    with recorded(None, job.recipe.optim.batch_size):
        train = _silently(training_images(paths, chosen, job.recipe))
        if train.digest != digest:
            hint = "The project's folder must be on a disk that all machines share."
            raise Error("A process of this training does not find the images that the first one found.", hint)
        learner, _ = begin(job, train)
        learner.tally.reset()  # the first process keeps what was counted before
        _follow(learner, train)


def _follow(learner: Learner, train: Images) -> None:
    recipe, around = learner.recipe, learner.world
    cut = partial(around.cut, mixes=mixes(recipe.augment))
    ahead: Iterator[Batch] = iter(())
    due = 0, 0
    while (heard := around.hear())[0] is not Word.END:
        word, epoch, step = heard
        if word is Word.ANSWERS:
            learner.tally.collect(around)
            continue
        if (epoch, step) != due:
            learner.train_mode()
            ahead = batches.training(train, recipe, epoch, step - 1, learner.device, cut)
        learner.learn(next(ahead), epoch, step)
        due = epoch, step + 1


def _silently(job: Generator[Event, None, Any]) -> Any:
    """The result of a job whose events the first process has told already."""
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value
