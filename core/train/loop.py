"""Training, read from top to bottom. AdamW, cosine with warm-up, label smoothing, early stopping: MNIST-W, section 2.

Every random decision is a function of (seed, epoch, image or step), so a run that goes on from its last checkpoint
equals one that was never interrupted, on the CPU bit for bit.
"""

from collections.abc import Callable, Generator

import torch
from torch.nn import functional as F

from core.augment.draws import step_seed
from core.events import EpochEnded, Event, Notice, RunEnded, RunStarted, Step, Validating
from core.recipe import Recipe
from core.runs.folder import RunFolder
from core.runs.predictions import shares
from core.train import batches, checkpoint, inference
from core.train.batches import Batch, Images
from core.train.cadence import Every, Stopwatch
from core.train.failures import recorded
from core.train.job import TrainingJob, begin, images, new_run, resume
from core.train.schedule import learning_rate
from core.train.state import State

__all__ = ["TrainingJob", "fit", "new_run", "resume"]


def fit(job: TrainingJob, ready: Callable[[Images], object] = lambda train: None) -> Generator[Event, None, RunFolder]:
    """Train to the end or to early stopping; the best weights are in the run's `best` checkpoint.

    Hands the training images to `ready` before the first step.
    Closing it stops and keeps: `last` is saved in the middle of the epoch, and `resume` goes on from there. Raises
    `Error` on divergence, too little memory or a full disk; the checkpoints saved before stay.
    """
    run, recipe, device = job.run, job.recipe, job.device.name
    plan, batch_size = recipe.schedule, recipe.optim.batch_size
    with run.training(), recorded(run, batch_size):
        train, val = yield from images(job)
        ready(train)
        model, optimizer, state = begin(job, train)
        _catch_up(job, model, state)
        yield from _same_images(state, train)
        steps = batches.steps_per_epoch(len(train), batch_size)
        watch = Stopwatch(state.seconds)
        try:
            yield run.append(_started(job, state, steps, train, val))
            while state.epoch < plan.epochs and state.epoch - state.best_epoch < plan.patience:
                epoch, seen, watch = state.epoch + 1, state.seen, Stopwatch(state.seconds)
                tick = Every(seconds=0.2, clock=watch.seconds)
                model.train()
                for batch in batches.training(train, recipe, epoch, state.step, device):
                    if not state.step:
                        yield from watch.telling(run.append(batches.sampled(batch, epoch, device), durable=False))
                    batch = batches.mix(batch, recipe, len(job.classes), epoch, state.step + 1).on(device)
                    rate = learning_rate(recipe.optim, plan, state.epoch + state.step / steps)
                    optimizer.param_groups[0]["lr"] = rate
                    torch.manual_seed(step_seed(recipe.seed, epoch, state.step + 1))  # for dropout
                    logits = model(batch.x)
                    loss = _loss(logits, batch, recipe)
                    state.refuse_divergence(loss.item(), epoch, state.step + 1)
                    optimizer.zero_grad()
                    torch.autograd.backward(loss)
                    optimizer.step()
                    state.add(loss.item(), logits, batch.y)
                    if tick.due():
                        speed, seen = (state.seen - seen) / tick.elapsed, state.seen
                        step = Step(
                            epoch=epoch, step=state.step, loss=loss.item(), learning_rate=rate, images_per_second=speed
                        )
                        yield from watch.telling(run.append(step, durable=False))
                ended = yield from _validated(job, model, val, state, watch)
                state.end_epoch(ended.val_accuracy)
                ended = run.append(ended)
                # In this order: a resume can make `best` from `last`, but not the other way round.
                checkpoint.save_last(run.last, model, optimizer, recipe, job.classes, state)
                if ended.best:
                    checkpoint.save_best(run.best, model, recipe, job.classes, state)
                yield ended
        except GeneratorExit:
            state.seconds = watch.seconds() if state.step else 0.0
            checkpoint.save_last(run.last, model, optimizer, recipe, job.classes, state)
            run.append(_ended(run, state, "stopped"))
            raise
        checkpoint.load(run.best).fill(model)
        yield run.append(_ended(run, state, "completed" if state.epoch == plan.epochs else "early-stopped"))
        return run


def _loss(logits: torch.Tensor, batch: Batch, recipe: Recipe) -> torch.Tensor:
    """Cross-entropy. The labels of a mixed batch are soft already and are not smoothed."""
    if batch.soft is not None:
        return F.cross_entropy(logits, batch.soft)
    return F.cross_entropy(logits, batch.y, label_smoothing=recipe.optim.label_smoothing)


def _catch_up(job: TrainingJob, model: torch.nn.Module, state: State) -> None:
    """A kill after `last` and before `best` leaves the best epoch in `last` alone; write it again."""
    if not state.step and state.best_epoch == state.epoch > 0:
        best = job.run.best
        if not best.exists() or checkpoint.load(best).epoch != state.best_epoch:
            checkpoint.save_best(best, model, job.recipe, job.classes, state)


def _same_images(state: State, train: Images) -> Generator[Event, None, None]:
    """After a resume the sums of half an epoch hold only for the same images."""
    if state.images != train.digest:
        if state.step:
            text = f"The training images changed since; epoch {state.epoch + 1} starts over with them."
            yield Notice(text=text, level="warning")
        state.restart_epoch(train.digest)


def _validated(
    job: TrainingJob, model: torch.nn.Module, val: Images, state: State, watch: Stopwatch
) -> Generator[Event, None, EpochEnded]:
    """Validate and say how the current epoch went; losses of training and validation are smoothed alike."""
    tick, said, done = Every(seconds=0.2), [], 0
    for outputs in inference.logits(model, val, job.recipe.data.normalize, job.device.name):
        said.append(outputs)
        done += len(outputs)
        if tick.due():
            yield from watch.telling(Validating(epoch=state.epoch + 1, done=done, total=len(val)))
    table = inference.table(val, said, job.classes)
    loss = accuracy = None
    if len(table):
        labels = torch.from_numpy(val.labels)
        smoothing = job.recipe.optim.label_smoothing
        loss = F.cross_entropy(torch.cat(said), labels, label_smoothing=smoothing).item()
        accuracy = float(table.right.mean())
    return EpochEnded(
        epoch=state.epoch + 1,
        train_loss=state.train_loss,
        train_accuracy=state.train_accuracy,
        val_loss=loss,
        val_accuracy=accuracy,
        by_class=shares(table.right, table.label, table.classes),
        by_source=shares(table.right, table.source, table.sources),
        learning_rate=learning_rate(job.recipe.optim, job.recipe.schedule, state.epoch + 1 - 1 / state.step),
        seconds=watch.seconds(),
        seconds_left=watch.seconds() * (job.recipe.schedule.epochs - state.epoch - 1),
        best=state.improved_by(accuracy),
    )


def _started(job: TrainingJob, state: State, steps: int, train: Images, val: Images) -> RunStarted:
    return RunStarted(
        run=job.run.name,
        epochs=job.recipe.schedule.epochs,
        steps_per_epoch=steps,
        train_images=len(train),
        val_images=len(val),
        device=job.device.title,
        epoch=state.epoch,
        step=state.step,
    )


def _ended(run: RunFolder, state: State, status: str) -> RunEnded:
    return RunEnded(run=run.name, status=status, best_epoch=state.best_epoch, best_accuracy=state.best_accuracy)
