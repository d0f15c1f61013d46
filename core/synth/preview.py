"""What a window shows of synthesis: composites as training makes them, where each comes from, how it comes about.

Everything goes through the functions that training itself calls (`core.synth.source`, `core.augment.sample`). Of the
backgrounds only those are decoded that the asked composites lie on. Knows no window and no thread.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.augment.normalize import shown
from core.augment.preview import Picture, Shelf, pictures
from core.augment.sample import samples
from core.augment.told import told
from core.errors import Error
from core.images.decode import Unreadable
from core.project import query, records
from core.project.store import Store
from core.recipe import Recipe
from core.synth import stamps
from core.synth.source import Backgrounds, Provenance, Synthesizer, backgrounds

Pixels = npt.NDArray[np.uint8]
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Ground:
    """What composites could lie on: labelled training images, `ids` and `shorter_side` in px (N); the classes.

    `images`, `labelled` and `split` count all images, the labelled ones of the filter, and those of them in a split.
    """

    ids: Ids
    shorter_side: Ids
    classes: tuple[str, ...]
    images: int
    labelled: int
    split: int


def survey(store: Store, where: str = "") -> Ground:
    """What a recipe's filter `where` leaves of the project's training images. Raises `Error` for a bad filter."""
    known = records.columns(store, query.parse(where))
    usable = known.usable
    ids = known.ids[usable & (known.split == records.TRAIN)]
    return Ground(
        ids=ids,
        shorter_side=records.sizes(store, ids).min(axis=1).astype(np.int64) if len(ids) else np.zeros(0, np.int64),
        classes=known.classes,
        images=int(store.read("SELECT count(*) FROM image")[0][0]),
        labelled=int(usable.sum()),
        split=int((usable & (known.split > 0)).sum()),
    )


@dataclass(frozen=True, eq=False)
class Scene:
    """What to show: `count` composites from `first` on; that of the number `chosen` step by step, at `epoch`."""

    ground: Ground
    recipe: Recipe
    first: int
    count: int
    chosen: int
    epoch: int


@dataclass(frozen=True, eq=False)
class Glance:
    """One image to show alone: a training image by its id, or composite i as -1-i."""

    ground: Ground
    recipe: Recipe
    id: int


@dataclass(frozen=True, eq=False)
class Sheet:
    """Composites uint8[K,S,S,3] as they are stored, and the names of their classes; `seconds` without decoding."""

    first: int
    pixels: Pixels
    labels: tuple[str, ...]
    seconds: float
    skipped: tuple[Unreadable, ...]


@dataclass(frozen=True)
class Origin:
    """Where a composite comes from: `label` names its class, `background` the image behind it."""

    made: Provenance
    label: str
    background: str


@dataclass(frozen=True, eq=False)
class Steps:
    """How one composite comes about (title and uint8[S,S,3]), and what augmentation did to it in words."""

    origin: Origin
    stages: tuple[tuple[str, Pixels], ...]
    told: tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class Origins:
    """Those of a sheet, in its order."""

    first: int
    origins: tuple[Origin, ...]


@dataclass(frozen=True, eq=False)
class Glimpse:
    """One image alone: uint8[S,S,3] and what it is in words."""

    id: int
    pixels: Pixels
    words: str


Part = Sheet | Steps | Origins | Glimpse
_Key = tuple[Ground, int, int, int, int]


class Bench:
    """Makes what is asked for, and keeps what is dear: decoded backgrounds, and what `core.synth.stamps` keeps."""

    def __init__(self) -> None:
        self._shelf = Shelf()
        self._bad: dict[int, Unreadable] = {}
        self._key: _Key | None = None
        self._ground = Backgrounds.of(np.zeros(0, np.int64), np.zeros((0, 1, 1, 3), np.uint8))
        self._row: dict[int, int] = {}  # of an image id in the backgrounds
        self._known: dict[int, Picture] = {}  # the backgrounds whose pixels are there
        self._ready: set[int] = set()  # composites whose backgrounds are

    def parts(self, store: Store, scene: Scene | Glance) -> Iterator[Part]:
        """What there is to show, the most urgent first. Raises `Error`, as training would."""
        if isinstance(scene, Glance):
            yield self._glimpse(store, scene)
            return
        indices = np.arange(scene.first, scene.first + scene.count, dtype=np.int64)
        synthesizer = self._synthesizer(store, scene.ground, scene.recipe, indices)
        started = time.perf_counter()
        pixels = synthesizer.pixels(indices)
        seconds = time.perf_counter() - started
        names = tuple(scene.ground.classes[label] for label in synthesizer.labels(indices))
        yield Sheet(scene.first, pixels, names, seconds, tuple(self._bad.values()))
        yield self._steps(store, scene)
        yield Origins(scene.first, tuple(self._origin(scene.ground, synthesizer, int(i)) for i in indices))

    def _steps(self, store: Store, scene: Scene) -> Steps:
        ground, recipe, index = scene.ground, scene.recipe, scene.chosen
        synthesizer = self._synthesizer(store, ground, recipe, np.array([index], np.int64))
        origin, stages = self._origin(ground, synthesizer, index), synthesizer.stages(index)
        ids, labels = np.array([-1 - index], np.int64), np.array([origin.made.label], np.int64)
        made, plan = samples(stages[-1][1][None], ids, labels, ground.classes, recipe, scene.epoch)
        augmented = shown(made, recipe.data.normalize)[0]
        return Steps(origin, (*stages, (f"Epoch {scene.epoch}", augmented)), tuple(told(plan, 0)))

    def _glimpse(self, store: Store, glance: Glance) -> Glimpse:
        ground, recipe = glance.ground, glance.recipe
        if glance.id > 0:
            found = pictures(store, [glance.id])
            if not found:
                raise Error(f"There is no image {glance.id} in this project any more.")
            label = ground.classes[found[0].label] if found[0].label >= 0 else "no class"
            pixels = self._shelf.square(found[0], recipe.data.training_side)
            return Glimpse(glance.id, pixels, f"{label} · {found[0].name}")
        index = np.array([-1 - glance.id], np.int64)
        synthesizer = self._synthesizer(store, ground, recipe, index)
        label = ground.classes[int(synthesizer.labels(index)[0])]
        return Glimpse(glance.id, synthesizer.pixels(index)[0], f"{label} · synthetic {index[0]:,}")

    def _origin(self, ground: Ground, synthesizer: Synthesizer, index: int) -> Origin:
        made = synthesizer.provenance(index)
        return Origin(made, ground.classes[made.label], self._known[made.background].name)

    def _synthesizer(self, store: Store, ground: Ground, recipe: Recipe, indices: Ids) -> Synthesizer:
        """One whose backgrounds for `indices` are decoded; the others are black, which nobody sees."""
        found = stamps.load(recipe.synth.stamps, ground.classes)
        while True:
            self._choose(ground, recipe)
            made = Synthesizer(recipe.synth, recipe.seed, recipe.data.training_side, found, self._ground)
            lacking = set(indices.tolist()) - self._ready
            behind = {made.provenance(index).background for index in lacking}
            if self._decode(store, sorted(behind - self._known.keys())):
                self._ready |= lacking
                return made

    def _choose(self, ground: Ground, recipe: Recipe) -> None:
        """Choose the backgrounds as training does, among those that are not known to be unreadable."""
        if self._key is not None and self._key[0] is not ground:  # files may have been mended meanwhile
            self._bad.clear()
            self._shelf.try_again()
        key = (ground, recipe.seed, recipe.synth.smallest, recipe.data.training_side, len(self._bad))
        if key == self._key:
            return
        good = ~np.isin(ground.ids, list(self._bad))
        side, split = recipe.data.training_side, np.full(good.sum(), records.TRAIN, np.uint8)
        self._ground = backgrounds(
            ground.ids[good],
            split,
            ground.shorter_side[good],
            lambda chosen: np.zeros((len(chosen), side, side, 3), np.uint8),  # memory is taken when rows are filled
            recipe.synth.smallest,
            recipe.seed,
        )
        self._key = key
        self._row = {int(id): row for row, id in enumerate(self._ground.ids)}
        self._known, self._ready = {}, set()

    def _decode(self, store: Store, ids: Sequence[int]) -> bool:
        """Fill in the pixels of backgrounds; False where some cannot be read and others have to be chosen."""
        found = {picture.id: picture for picture in pictures(store, ids)}
        for id in ids:
            try:
                if id not in found:
                    raise Unreadable(f"image {id}", "it was removed")
                square = self._shelf.square(found[id], self._ground.pixels.shape[1])
            except Unreadable as problem:
                self._bad[id] = problem
                continue
            self._ground.pixels[self._row[id]] = square
            self._known[id] = found[id]
        return not self._bad.keys() & set(ids)
