"""Training, read from top to bottom.

Every random decision is a function of (seed, epoch, image or step), so a run that goes on from its last checkpoint
equals one that was never interrupted, on the CPU bit for bit.
"""

import contextlib
from collections.abc import Callable, Generator
from functools import partial
from typing import Any

from core.augment.mix import mixes
from core.errors import Error
from core.events import EpochEnded, Event, Notice, RunEnded, RunStarted, Step
from core.runs import certified, dynamics
from core.runs.folder import RunFolder
from core.train import batches, checkpoint
from core.train.batches import Images
from core.train.cadence import Every, Stopwatch
from core.train.failures import recorded
from core.train.job import TrainingJob, begin, images, new_run, resume
from core.train.learner import Learner
from core.train.state import State
from core.train.together import Word
from core.train.validation import validated

__all__ = ["TrainingJob", "fit", "new_run", "resume"]

SAVE_SECONDS = 240.0  # within long epochs: what a kill may cost


def fit(job: TrainingJob, ready: Callable[[Images], object] = lambda train: None) -> Generator[Event, None, RunFolder]:
    """Train to the end or to early stopping; the best weights are in the run's `best` checkpoint.

    Hands the training images to `ready` before the first step. Closing it stops and keeps: `last` is saved in the
    middle of the epoch, and `resume` goes on from there; sending it "save" keeps as much and goes on. Raises `Error` on
    divergence, too little memory, a lost device or a full disk; the checkpoints saved before stay.
    """
    run, plan = job.run, job.recipe.schedule
    with run.training(), recorded(run, job.recipe.optim.batch_size):
        run.write_recipe(job.recipe)
        if job.certificate:
            certified.write(run, job.certificate)
        train, val = yield from images(job)
        ready(train)
        job.world.begin((run.name, job.train, train.digest))
        learner, state = begin(job, train)
        _catch_up(job, learner, state)
        yield from _same_images(learner, state, train)
        watch = Stopwatch(state.seconds)
        try:
            yield run.append(_started(job, state, train, val))
            while state.epoch < plan.epochs and state.epoch - state.best_epoch < plan.patience:
                watch = Stopwatch(state.seconds)
                keep = partial(_keep, job, learner, state, watch)
                ended = yield from _kept(_epoch(job, learner, state, train, val, watch), keep)
                dynamics.write_epoch(run, ended.epoch, train.ids, learner.tally.loss, learner.tally.margin)
                learner.tally.reset()
                state.end_epoch(ended.best, ended.val_accuracy, ended.metric)
                ended = run.append(ended)
                # In this order: a resume can make `best` from `last`, but not the other way round.
                keep()
                if ended.best:
                    checkpoint.save_best(run.best, learner.judged, job.recipe, job.classes, state)
                yield ended
        except GeneratorExit:
            _keep(job, learner, state, watch)
            run.append(_ended(run, state, "stopped"))
            raise
        yield run.append(_ended(run, state, "completed" if state.epoch == plan.epochs else "early-stopped"))
        return run


def _kept(work: Generator[Event, None, EpochEnded], keep: Callable[[], None]) -> Generator[Event, Any, EpochEnded]:
    """The events and the result of `work`, which is kept every few minutes and when "save" is sent.

    What was told is then told again, so that no work is done between saving and a pause.
    """
    save = Every(seconds=SAVE_SECONDS)
    with contextlib.closing(work):
        while True:
            try:
                event = next(work)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            while (yield event) == "save":
                keep()
            if save.due():
                keep()


def _epoch(
    job: TrainingJob, learner: Learner, state: State, train: Images, val: Images, watch: Stopwatch
) -> Generator[Event, None, EpochEnded]:
    yield from _steps(job, learner, state, train, watch)
    return (yield from validated(job, learner, val, state, watch))


def _steps(
    job: TrainingJob, learner: Learner, state: State, train: Images, watch: Stopwatch
) -> Generator[Event, None, None]:
    """The steps that are left of the current epoch."""
    run, recipe, device, epoch = job.run, job.recipe, job.device.name, state.epoch + 1
    tick, seen = Every(seconds=0.2, clock=watch.seconds), state.seen
    learner.train_mode()
    cut = partial(learner.world.cut, mixes=mixes(recipe.augment))
    for batch in batches.training(train, recipe, epoch, state.step, device, cut):
        if not state.step:
            yield from watch.telling(run.append(batches.sampled(batch, epoch, device), durable=False))
        step, parts = state.step + 1, learner.parts
        learner.world.say(Word.STEP, epoch, step)
        loss, rate = learner.learn(batch, epoch, step)
        state.step, state.seen = step, batches.shown(len(train), recipe.optim.batch_size, step)
        if learner.parts != parts:
            yield from watch.telling(run.append(_cut(learner, recipe.optim.batch_size)))
        if tick.due():
            speed, seen = (state.seen - seen) / tick.elapsed, state.seen
            told = Step(
                epoch=epoch,
                step=step,
                loss=loss.item(),
                learning_rate=rate,
                images_per_second=speed,
                gpu_memory=learner.gpu_memory,
            )
            yield from watch.telling(run.append(told, durable=False))


def _keep(job: TrainingJob, learner: Learner, state: State, watch: Stopwatch) -> None:
    """Save where the run stands, so that it can go on from here."""
    state.seconds = watch.seconds() if state.step else 0.0
    state.steps, state.parts = learner.steps, learner.parts
    checkpoint.save_last(job.run.last, learner, job.classes, state)


def _catch_up(job: TrainingJob, learner: Learner, state: State) -> None:
    """A kill after `last` and before `best` leaves the best epoch in `last` alone; write it again."""
    if not state.step and state.best_epoch == state.epoch > 0:
        with contextlib.suppress(Error):  # missing or damaged
            if checkpoint.load(job.run.best).epoch == state.best_epoch:
                return
        checkpoint.save_best(job.run.best, learner.judged, job.recipe, job.classes, state)


def _same_images(learner: Learner, state: State, train: Images) -> Generator[Event, None, None]:
    """After a resume the answers of half an epoch hold only for the same images."""
    if state.images != train.digest:
        if state.step:
            text = f"The training images changed since; epoch {state.epoch + 1} starts over with them."
            yield Notice(text=text, level="warning")
        state.restart_epoch(train.digest)
        learner.tally.reset()


def _cut(learner: Learner, batch_size: int) -> Notice:
    text = f"The memory does not hold {batch_size} images at once; each step now adds up {learner.parts} parts of them."
    return Notice(text=text, level="warning")


def _started(job: TrainingJob, state: State, train: Images, val: Images) -> RunStarted:
    return RunStarted(
        run=job.run.name,
        epochs=job.recipe.schedule.epochs,
        steps_per_epoch=batches.steps_per_epoch(len(train), job.recipe.optim.batch_size),
        train_images=len(train),
        val_images=len(val),
        device=job.device.title,
        epoch=state.epoch,
        step=state.step,
    )


def _ended(run: RunFolder, state: State, status: str) -> RunEnded:
    return RunEnded(run=run.name, status=status, best_epoch=state.best_epoch, best_accuracy=state.best_accuracy)
