"""What a window shows of augmentation: the pixels that training stores and the samples that it makes of them.

Everything goes through the functions that training itself calls (`core.images.packed`, `core.augment.sample`), so
what is shown is what the network gets; `Prints` lets that be checked. Knows no window and no thread.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.augment import caution, cpu, draws, mix
from core.augment.mix import Mixing
from core.augment.normalize import shown
from core.augment.plan import Plan
from core.augment.planning import make_plan
from core.augment.sample import digest, samples
from core.augment.told import told
from core.images.decode import Unreadable, load_at_least, open_regular
from core.images.packed import square
from core.project import query, records
from core.project.store import Store
from core.recipe import Augment, Recipe

Pixels = npt.NDArray[np.uint8]
Ids = npt.NDArray[np.int64]

KEPT_BYTES = 256 << 20
CROWD = 1000  # samples by which it is judged how much of the images is lost
_STEPS_SEARCHED = 200
_HIDING = ("crop", "padded_crop", "rotation", "perspective", "affine", "erasing")


# --- which images ---


@dataclass(frozen=True)
class Picture:
    """An image that can be shown; `label` counts in the project's classes, -1 where it has none."""

    id: int
    path: Path
    content_hash: bytes
    name: str
    label: int


@dataclass(frozen=True, eq=False)
class Candidates:
    """What training would use: `ids` and `labels` (N) of labelled training images; names of classes and targets."""

    ids: Ids
    labels: Ids
    classes: tuple[str, ...]
    targets: tuple[str, ...] = ()


def candidates(store: Store, where: str = "") -> Candidates:
    """The training images of a filter's text; all labelled ones while nothing is split. Raises `Error`."""
    known = records.columns(store, query.parse(where))
    usable = known.usable
    if (known.split[usable] > 0).any():
        usable &= known.split == records.TRAIN
    targets = records.targets(store, known.ids[:0]).names
    return Candidates(known.ids[usable], known.class_index[usable].astype(np.int64), known.classes, targets)


def one_of_each(among: Candidates, draw: int, count: int) -> list[int]:
    """Ids of `count` images of classes in a row, as many as there are; each `draw` goes on with the next classes."""
    present = np.unique(among.labels)
    found: list[int] = []
    for place in range(draw * count, draw * count + min(count, len(present))):
        turn, at = divmod(place, len(present))
        of_class = among.ids[among.labels == present[at]]
        found.append(int(of_class[draws.order(turn // len(of_class), 0, of_class)[turn % len(of_class)]]))
    return found


def at_random(among: Candidates, draw: int, count: int) -> list[int]:
    """Ids of `count` images, others for each `draw`."""
    return [int(id) for id in among.ids[draws.order(draw, 0, among.ids)[:count]]]


def crowd(among: Candidates) -> Candidates:
    """At most `CROWD` of them, for what is told of all."""
    rows = draws.order(0, 0, among.ids)[:CROWD]
    return replace(among, ids=among.ids[rows], labels=among.labels[rows])


def pictures(store: Store, ids: Sequence[int]) -> list[Picture]:
    """The images of these ids in their order; ids that are gone are left out."""
    place = {known.id: position for position, known in enumerate(records.classes(store))}
    return [
        Picture(found.id, found.path, found.content_hash, found.name, place.get(found.class_id or -1, -1))
        for found in records.images(store, ids)
    ]


class Shelf:
    """Stored squares by content and side, kept in memory; beyond `most` bytes the longest unused are forgotten."""

    def __init__(self, most: int = KEPT_BYTES) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[bytes, int], Pixels] = OrderedDict()
        self._bytes = 0
        self._unreadable: dict[Path, Unreadable] = {}

    def square(self, picture: Picture, side: int) -> Pixels:
        """uint8[side,side,3], the same as in training's packed file. Raises `Unreadable`."""
        key = (picture.content_hash, side)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        if picture.path in self._unreadable:
            raise self._unreadable[picture.path]
        try:
            found = _loaded(picture, side)
        except Unreadable as problem:
            self._unreadable[picture.path] = problem
            raise
        self._kept[key] = found
        self._bytes += found.nbytes
        while self._bytes > self._most and len(self._kept) > 1:
            self._bytes -= self._kept.popitem(last=False)[1].nbytes
        return found

    def try_again(self) -> None:
        """Read files again that could not be read: they may have been mended."""
        self._unreadable.clear()


def _loaded(picture: Picture, side: int) -> Pixels:
    with open_regular(picture.path) as file:
        if hashlib.file_digest(file, "sha256").digest() != picture.content_hash:
            raise Unreadable(picture.name, "it has changed since it was imported; import it again")
        return square(load_at_least(file, 2 * side, picture.name), side)


# --- what they become ---


@dataclass(frozen=True, eq=False)
class Scene:
    """What to show: a line for each picture, in it for each of `recipes` (one, or two beside each other) each epoch.

    The recipes agree in all but their augmentation. `chosen` is the tile that is shown step by step, -1 for none.
    With `pairs` the pictures are taken for a batch, of a step at which training mixes. `crowd` are training images;
    the outlook is for them and the recipe `judged`.
    """

    recipes: tuple[Recipe, ...]
    pictures: tuple[Picture, ...]
    crowd: Candidates
    epochs: tuple[int, ...]
    chosen: int = -1
    pairs: bool = False
    judged: int = 0


@dataclass(frozen=True)
class Tile:
    """Where a sample comes from; `label` is its class after the rules. Of a mixed one the partner's label is known."""

    picture: Picture
    which: int  # of the recipes
    epoch: int
    label: int
    mixing: Mixing | None = None
    partner: int = -1


@dataclass(frozen=True, eq=False)
class Sheet:
    """The samples, uint8[K,S,S,3], line by line; `seconds` is what rendering took without decoding."""

    pixels: Pixels
    columns: int
    tiles: tuple[Tile, ...]
    seconds: float
    skipped: tuple[Unreadable, ...]


@dataclass(frozen=True, eq=False)
class Steps:
    """What became of one sample step by step (title and uint8[S,S,3]), and what happened in words."""

    tile: int
    stages: tuple[tuple[str, Pixels], ...]
    told: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Prints:
    """The digest of each sample before mixing, in the order of the sheet's tiles."""

    digests: tuple[str, ...]


@dataclass(frozen=True)
class Outlook:
    """Of `samples` training samples the share that lose over half of the visible area; the operation that takes most.

    `clipped` is the share of the shown pixels that changes of colour make quite black or white.
    """

    samples: int
    lost: float
    cause: str
    clipped: float


Part = Sheet | Steps | Prints | Outlook


def parts(scene: Scene, shelf: Shelf) -> Iterator[Part]:
    """What there is to show, the most urgent first; whoever has no more use for it stops asking. Raises `Error`."""
    side = scene.recipes[0].data.training_side
    readable, squares, skipped = [], [], []
    for picture in scene.pictures:
        try:
            squares.append(shelf.square(picture, side))
            readable.append(picture)
        except Unreadable as problem:
            skipped.append(problem)
    stored = np.stack(squares) if squares else np.zeros((0, side, side, 3), np.uint8)
    batches = _Batches(replace(scene, pictures=tuple(readable)), stored)
    yield batches.sheet(tuple(skipped))
    if not readable:
        return
    if 0 <= scene.chosen < len(batches.tiles):
        yield batches.steps(scene.chosen)
    yield batches.prints()
    yield _outlook(scene.recipes[scene.judged], scene.crowd, scene.epochs[0], batches.clipped())


class _Batches:
    """The samples of a scene: a batch for each recipe and epoch, as training would make them."""

    def __init__(self, scene: Scene, stored: Pixels) -> None:
        started = time.perf_counter()
        self._scene, self._stored = scene, stored
        self.columns = len(scene.recipes) * len(scene.epochs)
        self._made: list[npt.NDArray[np.float32]] = []
        self._plans: list[Plan] = []
        self._mixings: list[Mixing | None] = []
        ids = np.array([picture.id for picture in scene.pictures], np.int64)
        labels = np.array([picture.label for picture in scene.pictures], np.int64)
        for recipe in scene.recipes:
            for epoch in scene.epochs:
                made, plan = samples(stored, ids, labels, scene.crowd.classes, recipe, epoch)
                self._made.append(made)
                self._plans.append(plan)
                self._mixings.append(_mixing(recipe, epoch) if scene.pairs else None)
        self.tiles = tuple(self._tiles())
        self._shown = self._pixels()
        self._seconds = time.perf_counter() - started

    def sheet(self, skipped: tuple[Unreadable, ...]) -> Sheet:
        return Sheet(self._shown, self.columns, self.tiles, self._seconds, skipped)

    def steps(self, tile: int) -> Steps:
        line, column = divmod(tile, self.columns)
        plan = self._plans[column].rows(slice(line, line + 1))
        stages = cpu.stages(self._stored[line], plan, self._scene.recipes[0].data.normalize)
        return Steps(tile, tuple(stages), tuple(told(plan, 0)))

    def prints(self) -> Prints:
        lines = range(len(self._scene.pictures))
        return Prints(tuple(digest(made[line]) for line in lines for made in self._made))

    def clipped(self) -> float:
        """The share of pixels that the changes of colour clip in the first epoch of the recipe that is judged."""
        plan = self._plans[self._scene.judged * len(self._scene.epochs)]
        normalize = self._scene.recipes[0].data.normalize
        before, after = (
            caution.clipped(shown(cpu.render(self._stored, plan.without(*steps), normalize), normalize))
            for steps in (("colour", "grain", "erase"), ("grain", "erase"))
        )
        return float(np.maximum(0, after - before).mean())

    def _pixels(self) -> Pixels:
        side = self._scene.recipes[0].data.image_size
        found = np.zeros((len(self._scene.pictures), self.columns, side, side, 3), np.uint8)
        for column, (made, mixing) in enumerate(zip(self._made, self._mixings, strict=True)):
            found[:, column] = shown(mix.mixed(made, mixing) if mixing else made, self._scene.recipes[0].data.normalize)
        return found.reshape(-1, side, side, 3)

    def _tiles(self) -> Iterator[Tile]:
        epochs = self._scene.epochs
        for line, picture in enumerate(self._scene.pictures):
            for column, (plan, mixing) in enumerate(zip(self._plans, self._mixings, strict=True)):
                which, epoch = divmod(column, len(epochs))
                partner = int(plan.label[line - 1]) if mixing else -1
                yield Tile(picture, which, epochs[epoch], int(plan.label[line]), mixing, partner)


def _mixing(recipe: Recipe, epoch: int) -> Mixing | None:
    """That of the first step of an epoch at which a batch is mixed."""
    for step in range(1, _STEPS_SEARCHED + 1):
        found = mix.draw_mixing(recipe.augment, recipe.seed, epoch, step, recipe.data.image_size)
        if found is not None:
            return found
    return None


def _outlook(recipe: Recipe, crowd: Candidates, epoch: int, clipped: float) -> Outlook:
    sizes = np.full((len(crowd.ids), 2), recipe.data.training_side, np.int64)

    def lost(augment: Augment) -> float:
        ids, labels, side = crowd.ids, crowd.labels, recipe.data.image_size
        plan = make_plan(augment, side, sizes, ids, labels, crowd.classes, recipe.seed, epoch)
        return float((caution.visible(plan, sizes) < caution.HALF).mean())

    share, cause = lost(recipe.augment) if len(sizes) else 0.0, ""
    if share > 0:
        used = [name for name in _HIDING if getattr(recipe.augment, name).used]
        cause = min(used, key=lambda name: lost(without(recipe.augment, name)), default="")
    return Outlook(len(sizes), share, cause, clipped)


def without(augment: Augment, name: str) -> Augment:
    """`augment` with one operation turned off."""
    return augment.model_copy(update={name: getattr(augment, name).model_copy(update={"enabled": False})})


def only(augment: Augment, name: str) -> Augment:
    """`augment` with all other operations turned off."""
    for other, _ in augment.operations():
        augment = augment if other == name else without(augment, other)
    return augment
