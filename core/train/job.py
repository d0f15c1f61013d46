"""What a training needs: the run, its recipe and classes, the images chosen from the project, where to compute."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from core.augment.caution import cautions
from core.augment.planning import make_plan
from core.errors import Error
from core.events import Event, Notice, Stage
from core.models import capacity, registry, transfer
from core.paths import ProjectPaths
from core.project.certificate import Certificate, certify
from core.project.store import Store
from core.recipe import Recipe, change, difference
from core.runs import dynamics, environment, history
from core.runs.folder import RunFolder, create
from core.runs.history import History
from core.synth import stamps
from core.synth.source import choose
from core.train import batches, checkpoint, composites, selection, sizing
from core.train.batches import Images
from core.train.checkpoint import Checkpoint
from core.train.device import Device
from core.train.learner import Learner
from core.train.selection import Chosen
from core.train.settling import settled
from core.train.state import State
from core.train.together import World, world

# What a run's recipe may say otherwise when it goes on: how it computes, how long it trains, where its files lie now.
_FREE = ("name", "compute.", "schedule.epochs", "schedule.patience", "model.weights", "synth.stamps")


@dataclass(frozen=True)
class TrainingJob:
    """Everything `fit` needs; holds no open project. `checkpoint` is where to go on, None to begin.

    `certificate` tells what of the run's images is in more than one split; processes that follow have none.
    """

    run: RunFolder
    recipe: Recipe
    classes: tuple[str, ...]
    device: Device
    paths: ProjectPaths
    train: Chosen
    val: Chosen
    checkpoint: Checkpoint | None = None
    notices: tuple[Notice, ...] = ()
    world: World = field(default_factory=world)
    certificate: Certificate | None = None


@dataclass(frozen=True)
class Prepared:
    """What follows from a project and a recipe before anything is trained; `notices` tell what was chosen."""

    recipe: Recipe
    train: Chosen
    notices: tuple[Notice, ...]


def new_run(store: Store, recipe: Recipe, device: Device) -> TrainingJob:
    """Choose the images and make the run's folder. Only reads the project.

    The run's recipe is the prepared one, which means the same from any working folder and on any machine.
    Raises `Error` as `prepare` does.
    """
    found = prepare(store, recipe, device)
    recipe, train = found.recipe, found.train
    val = selection.validation(store, recipe, train.classes)
    run = create(store.paths.runs, recipe.name, recipe)
    environment.write(run, device.title, torch.get_num_threads())
    facts = certify(store, recipe.data.where)
    notices = found.notices
    return TrainingJob(run, recipe, train.classes, device, store.paths, train, val, notices=notices, certificate=facts)


def prepare(store: Store, recipe: Recipe, device: Device) -> Prepared:
    """Choose the training images, name the recipe's files by absolute paths and choose the batch size if it is 0.

    Raises `Error` when the images do not make a training: none labelled, no split, a single class; see `selection`.
    """
    recipe = settled(recipe)
    classes = selection.class_names(store)
    train = selection.training(store, recipe, classes)
    _refuse_impossible(recipe, classes, train, device)
    if recipe.optim.batch_size:
        return Prepared(recipe, train, ())
    size = sizing.batch_size(recipe, train, device)
    notice = Notice(text=f"Each step takes {size.images} images: {size.reason}.")
    return Prepared(change(recipe, {"optim.batch_size": size.images}), train, (notice,))


def resume(store: Store, run: RunFolder, device: Device, changes: Mapping[str, Any] | None = None) -> TrainingJob:
    """Go on with a run where its last checkpoint was saved; from the start if there is none.

    `changes` may set schedule.epochs and schedule.patience anew, which the run's recipe then says; a run that is over
    goes on if they let it. The learning rate goes on along the curve of the new length. Raises `Error` when nothing is
    left to do, the checkpoint is damaged, its recipe was another one, or the classes are not those of the project.
    """
    past, recipe = history.read(run), run.recipe()
    if past.status == "running":  # its checkpoint would be old once the run is free
        raise run.busy()
    recipe = change(recipe, dict(changes or {}))
    saved = checkpoint.load(run.last) if run.last.exists() else None
    if saved:
        _refuse_other(run, recipe, saved)
    _refuse_finished(run, past, recipe, saved)
    _refuse_precision(recipe, device)
    classes = saved.classes if saved else selection.class_names(store)
    train = selection.training(store, recipe, classes)
    val = selection.validation(store, recipe, classes)
    met = int(np.isin(val.ids, dynamics.trained(run)).sum())
    facts = replace(certify(store, recipe.data.where), trained_before=met)
    return TrainingJob(run, recipe, classes, device, store.paths, train, val, saved, certificate=facts)


def _refuse_other(run: RunFolder, recipe: Recipe, saved: Checkpoint) -> None:
    changed = difference(saved.recipe, recipe)
    for path, (was, now) in changed.items():
        if not path.startswith(_FREE):
            raise Error(
                f"The recipe of run {run.name} was changed since it was trained: {path} is {now} now.",
                f"Set it back to {was} in {run.recipe_file.name}, or start a new run with it.",
            )


def _refuse_finished(run: RunFolder, past: History, recipe: Recipe, saved: Checkpoint | None) -> None:
    done = saved.epoch if saved else 0
    if done > recipe.schedule.epochs:
        raise Error(f"Run {run.name} has trained {done} epochs already.", "Give more to go on: --schedule.epochs.")
    if past.status not in ("completed", "early-stopped"):
        return
    stale = done - (past.best_epoch or 0)
    if done == recipe.schedule.epochs or stale >= recipe.schedule.patience:
        what = "schedule.patience" if stale >= recipe.schedule.patience else "schedule.epochs"
        raise Error(f"Run {run.name} is {past.status}.", f"A larger --{what} lets it go on; or start a new run.")


def images(job: TrainingJob) -> Generator[Event, None, tuple[Images, Images]]:
    """The training images, synthetic ones included, and the validation images, decoded and packed.

    Raises `Error` when too few training images can be read.
    """
    yield from job.notices
    yield from _normalised_apart(job)
    train = yield from training_images(job.paths, job.train, job.recipe)
    val = yield from batches.readable(job.paths, job.val, job.recipe.data.image_size)
    if not len(val):
        text = "There are no validation images: the last epoch counts as the best. `core split` puts some aside."
        yield Notice(text=text, level="warning")
    for caution in cautions(job.recipe.augment, job.classes):
        yield Notice(text=caution.text, level="warning")
    return train.kept_on(job.device.name), val


def _normalised_apart(job: TrainingJob) -> Generator[Event, None, None]:
    if not job.world.several or job.device.kind == "cuda":
        return
    if registry.has_batch_norm(registry.build(job.recipe.model, len(job.classes), job.recipe.seed)):
        text = "On the CPU batch normalisation sees only the images of its own process, and the first one's is kept."
        yield Notice(text=text, level="warning")


def training_images(paths: ProjectPaths, chosen: Chosen, recipe: Recipe) -> Generator[Event, None, Images]:
    """What a training with `recipe` on the images `chosen` learns from: those that can be read, and composites.

    Raises `Error` when too few can be read, or stamps or backgrounds for the composites are missing.
    """
    train = yield from batches.readable(paths, chosen, recipe.data.training_side)
    if len(np.unique(train.chosen.label)) < 2:
        raise Error("Too few training images can be read.", "The list of skipped images says why.")
    if not recipe.synth.count:
        return train
    yield Stage(title="Preparing synthetic images")
    synthesizer = yield from composites.synthesizer(paths, recipe, train.chosen)
    return replace(train, synthesizer=synthesizer, composites=recipe.synth.count)


def begin(job: TrainingJob, train: Images) -> tuple[Learner, State]:
    """What learns, and where the run stands: at the start, or as the checkpoint left them."""
    recipe = job.recipe
    model = registry.build(recipe.model, len(job.classes), recipe.seed)
    if job.checkpoint is None:
        transfer.load_first(model, recipe.model)
        return Learner(recipe, model, train, job.device.name, job.world), State(images=train.digest)
    learner = Learner(recipe, model, train, job.device.name, job.world)
    return learner, checkpoint.restore(job.checkpoint, learner, train.digest)


def _refuse_impossible(recipe: Recipe, classes: tuple[str, ...], train: Chosen, device: Device) -> None:
    # These raise where the network cannot be built here, its first weights do not fit, or nothing would be trained.
    model = registry.build(recipe.model, len(classes), recipe.seed)
    transfer.load_first(model, recipe.model)
    transfer.parts(model, recipe.model)
    capacity.refuse_small(model, recipe.model.name, recipe.data.image_size)
    if recipe.optim.batch_size == 1 and registry.has_batch_norm(model):
        raise Error("Batch normalisation needs at least two images a step.", "Raise optim.batch_size to 2 or more.")
    _refuse_precision(recipe, device)
    none = np.zeros(0, np.int64)
    # Raises where a rule turns a class of the run into one that it lacks.
    make_plan(recipe.augment, recipe.data.image_size, none.reshape(0, 2), none, none, classes, recipe.seed, 1)
    if recipe.synth.count:  # raise where stamps or backgrounds are missing
        stamps.load(recipe.synth.stamps, classes)
        choose(train.ids, train.split, train.shorter_side, recipe.synth.smallest, recipe.seed)


def _refuse_precision(recipe: Recipe, device: Device) -> None:
    if recipe.compute.precision == "float16" and device.kind != "cuda":
        hint = "Set compute.precision to bfloat16 or float32; of a run that goes on in its recipe.yaml."
        raise Error(f"{device.title} does not train in float16.", hint)
