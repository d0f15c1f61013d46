"""Samples made again: what an epoch does to images, in words, and whether it is what a run saw."""

import math
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.augment import draws
from core.augment.rules import turned_targets
from core.augment.sample import digest, plan_samples
from core.augment.told import told
from core.errors import Error
from core.events import Event, Sampled
from core.project import records
from core.project.query import Filter, IdIn
from core.project.store import Store
from core.recipe import Recipe
from core.runs.folder import RunFolder
from core.train import batches, checkpoint, selection
from core.train.batches import Ids, Images
from core.train.job import training_images


@dataclass(frozen=True)
class Sample:
    """What `epoch` makes of image `id`: the sample's digest, and what happened, as title and value in words.

    `label` and `targets` (nan where unknown) are those after the recipe's rules; `turned` says what these changed.
    """

    id: int
    epoch: int
    digest: str
    told: tuple[tuple[str, str], ...]
    label: str | None
    targets: dict[str, float]
    turned: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """How many of the samples that a run told of are the same when made again; `other` has epoch and id of the rest.

    `gone` are those that cannot be made again, because the run would not train on their images any more.
    """

    compared: int
    other: tuple[tuple[int, int], ...]
    gone: int

    @property
    def equal(self) -> int:
        return self.compared - len(self.other)


def some(
    store: Store, recipe: Recipe, epoch: int, count: int, where: Filter | None
) -> Generator[Event, None, tuple[Images, Ids]]:
    """`count` images and their positions: of `where`, or those with which `epoch` of a training begins.

    Raises `Error` when there are none that can be read.
    """
    classes = selection.class_names(store)
    if where is None:
        chosen = selection.training(store, recipe, classes)
    else:
        chosen = selection.matching(store, where, classes)
    wanted = chosen.ids[draws.order(recipe.seed, epoch, chosen.ids)[:count]]
    found = yield from batches.readable(
        store.paths, chosen.where(np.isin(chosen.ids, wanted)), recipe.data.training_side
    )
    if not len(found):
        raise Error("There are no images to show.", "Check the filter; skipped images are listed with their reasons.")
    return found, positions(found, wanted[np.isin(wanted, found.ids)].tolist())


def named(store: Store, recipe: Recipe, ids: Sequence[int]) -> Generator[Event, None, tuple[Images, Ids]]:
    """The images of `ids` and their positions; negative ones are composites, as the recipe makes them.

    Raises `Error` for an id that is gone or cannot be read; beside composites only training images are known.
    """
    classes = selection.class_names(store)
    if min(ids) < 0:
        found = yield from training_images(store.paths, selection.training(store, recipe, classes), recipe)
    else:
        chosen = selection.matching(store, IdIn(tuple(ids)), classes)
        found = yield from batches.readable(store.paths, chosen, recipe.data.training_side)
    lacking = [id for id in ids if id not in found.ids]
    if lacking:
        where = "`core list` tells which images there are."
        if lacking[0] < 0:
            where = f"The recipe makes {recipe.synth.count:,} synthetic images; synth.count says so."
        raise Error(f"There is no image {lacking[0]} to show.", where)
    return found, positions(found, ids)


def of_run(store: Store, run: RunFolder) -> Generator[Event, None, Images]:
    """What `run` trains on, as far as it is still in the project."""
    recipe = run.recipe()
    classes = checkpoint.load(run.last).classes if run.last.exists() else selection.class_names(store)
    return (yield from training_images(store.paths, selection.training(store, recipe, classes), recipe))


def positions(images: Images, ids: Sequence[int]) -> Ids:
    """Where `ids` are in `images`; those that are not there are left out."""
    place = {int(id): position for position, id in enumerate(images.ids)}
    return np.array([place[id] for id in ids if id in place], np.int64)


def describe(store: Store, images: Images, at: Ids, recipe: Recipe, epochs: Iterable[int]) -> list[Sample]:
    """What each of `epochs` does to the images at the positions `at`. Raises `Error`, see `turned_targets`."""
    found = []
    before = records.targets(store, images.ids[at])
    names = [*images.chosen.classes, None]  # the last entry serves -1
    ids, labels, stored = images.ids[at], images.labels[at], images.gather(at)
    for epoch in epochs:
        plan = plan_samples(stored, ids, labels, images.chosen.classes, recipe, epoch)
        made = batches.prepare(images, at, recipe, epoch).x.numpy()
        after = turned_targets(before.values, before.names, recipe.augment, plan.times())
        for n, id in enumerate(ids.tolist()):
            label, was = names[plan.label[n]], names[labels[n]]
            turned = [f"label {was} → {label}"] if label != was else []
            turned += _changes(before.names, before.values[n].tolist(), after[n].tolist())
            targets = dict(zip(before.names, after[n].tolist(), strict=True))
            found.append(Sample(id, epoch, digest(made[n]), tuple(told(plan, n)), label, targets, tuple(turned)))
    return found


def _changes(names: Sequence[str], before: Sequence[float], after: Sequence[float]) -> list[str]:
    """The targets that are others than before in words, such as "left 2 → 0"."""
    was, now = (["none" if math.isnan(value) else f"{value:.15g}" for value in values] for values in (before, after))
    return [f"{name} {old} → {new}" for name, old, new in zip(names, was, now, strict=True) if old != new]


def seen(run: RunFolder, epochs: Iterable[int]) -> list[Sampled]:
    """What the run told of the samples of `epochs`; of an epoch that began twice, the last time counts."""
    found = {event.epoch: event for event in run.events(steps=False) if isinstance(event, Sampled)}
    return [found[epoch] for epoch in epochs if epoch in found]


def compare(images: Images, recipe: Recipe, told_of: Sequence[Sampled]) -> Comparison:
    """Make the samples that a run told of again, as far as their images are still there and OpenCV rendered them."""
    compared, gone, other = 0, 0, []
    for event in (event for event in told_of if event.renderer == "opencv"):
        digests = dict(zip(event.ids, event.digests, strict=True))
        at = positions(images, event.ids)
        gone += len(event.ids) - len(at)
        again = batches.prepare(images, at, recipe, event.epoch)
        for id, sample in zip(again.ids.tolist(), again.x.numpy(), strict=True):
            compared += 1
            if digest(sample) != digests[id]:
                other.append((event.epoch, id))
    return Comparison(compared, tuple(other), gone)
