"""What makes a run's composites, for training and for whoever looks at them without training. Needs no torch."""

from collections.abc import Generator

import numpy as np
import numpy.typing as npt

from core.augment import draws
from core.events import Event
from core.images.packed import pack
from core.paths import ProjectPaths
from core.recipe import Recipe
from core.synth import stamps
from core.synth.source import Backgrounds, Synthesizer, choose
from core.train.selection import Chosen

Ids = npt.NDArray[np.int64]


def synthesizer(paths: ProjectPaths, recipe: Recipe, train: Chosen) -> Generator[Event, None, Synthesizer]:
    """What a training with `recipe` on the images `train` composes with.

    Decodes no more backgrounds than are used: those that cannot be read make room for others, until they are those
    that training chooses among all it could read. Raises `Error` where stamps or backgrounds are missing.
    """
    found = yield from stamps.reading(recipe.synth.stamps, train.classes)
    side = recipe.data.training_side
    while True:
        chosen = choose(train.ids, train.split, train.shorter_side, recipe.synth.smallest, recipe.seed)
        files = [train.files[row] for row in chosen]
        packed = yield from pack(paths, train.content_hash[chosen], files, side)
        unread = chosen[packed.rows < 0]
        if not len(unread):
            behind = Backgrounds(train.ids[chosen], packed.pixels, packed.rows)
            return Synthesizer(recipe.synth, recipe.seed, side, found, behind)
        train = train.where(~np.isin(np.arange(len(train)), unread))


def real(
    paths: ProjectPaths, recipe: Recipe, train: Chosen, count: int
) -> Generator[Event, None, tuple[Ids, npt.NDArray[np.uint8]]]:
    """`count` of the images `train` in a drawn order, or as many as can be read: ids int64[n], uint8[n,T,T,3]."""
    chosen = draws.order(recipe.seed, 0, train.ids)[:count]
    files = [train.files[row] for row in chosen]
    packed = yield from pack(paths, train.content_hash[chosen], files, recipe.data.training_side)
    read = packed.rows >= 0
    return train.ids[chosen[read]], packed.pixels[packed.rows[read]]
