"""From packed pixels to batches: gather, augment, hand over. A background thread prepares the batch after the current.

What a batch holds follows from the recipe, the epoch and the ids alone; the thread only changes when it is made.
"""

import hashlib
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from core.augment import cpu, draws
from core.events import Event
from core.images.packed import pack
from core.paths import ProjectPaths
from core.recipe import Recipe
from core.train.selection import Chosen

Pixels = npt.NDArray[np.uint8]
Batch = tuple[torch.Tensor, torch.Tensor]  # float32 N,3,S,S and int64 N

EVALUATION_BATCH = 256  # part of the last bits of logits, therefore the same in training and evaluation


@dataclass(frozen=True)
class Images:
    """Readable images in memory order: rows of memory-mapped `pixels`, then those of `extra`, with ids and labels."""

    chosen: Chosen
    pixels: Pixels  # M,S,S,3
    rows: npt.NDArray[np.int64]  # N
    extra: Pixels  # K,S,S,3: synthetic images, whose ids are -1 … -K
    extra_labels: npt.NDArray[np.int64]  # K

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def ids(self) -> npt.NDArray[np.int64]:
        return np.concatenate([self.chosen.ids, -1 - np.arange(len(self.extra), dtype=np.int64)])

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        return np.concatenate([self.chosen.label.astype(np.int64), self.extra_labels])

    @property
    def digest(self) -> str:
        """Differs when images, their content or their labels differ."""
        facts = (self.ids, self.labels, self.chosen.content_hash)
        return hashlib.sha256(b"".join(column.tobytes() for column in facts)).hexdigest()[:16]

    def gather(self, positions: npt.NDArray[np.int64]) -> Pixels:
        """The pixels of some images, n,S,S,3, in memory."""
        count = len(self.chosen)
        found = np.empty((len(positions), *self.pixels.shape[1:]), np.uint8)
        real = positions < count
        found[real] = self.pixels[self.rows[positions[real]]]
        found[~real] = self.extra[positions[~real] - count]
        return found


def readable(paths: ProjectPaths, chosen: Chosen, size: int) -> Generator[Event, None, Images]:
    """Pack what is not packed yet; images that cannot be read are told as `Skipped` and left out."""
    packed = yield from pack(paths, chosen.content_hash, chosen.files, size)
    good = packed.rows >= 0
    none = np.zeros((0, size, size, 3), np.uint8)
    return Images(chosen.where(good), packed.pixels, packed.rows[good], none, np.zeros(0, np.int64))


def steps_per_epoch(images: int, batch_size: int) -> int:
    """A lone last image joins the batch before it: batch normalisation needs two."""
    whole, rest = divmod(images, batch_size)
    return max(1, whole + (rest > 1 or (rest == 1 and batch_size == 1)))


def training(images: Images, recipe: Recipe, epoch: int, first_step: int) -> Iterator[Batch]:
    """The batches of `epoch` (from 1) after the first `first_step`, augmented, in the epoch's order."""
    ids, labels = images.ids, images.labels
    order = draws.order(recipe.seed, epoch, ids)
    size = recipe.optim.batch_size
    steps = steps_per_epoch(len(ids), size)
    parts = np.split(order, [size * step for step in range(1, steps)])[first_step:]

    def prepare(part: npt.NDArray[np.int64]) -> Batch:
        sample = cpu.render(images.gather(part), ids[part], recipe.augment, recipe.seed, epoch)
        return torch.from_numpy(sample), torch.from_numpy(labels[part])

    return _ahead(prepare, parts)


def evaluation(images: Images) -> Iterator[Batch]:
    """All images in their order, not augmented; labels may be -1."""
    labels = images.labels
    parts = np.split(np.arange(len(labels)), range(EVALUATION_BATCH, len(labels), EVALUATION_BATCH))

    def prepare(part: npt.NDArray[np.int64]) -> Batch:
        return torch.from_numpy(cpu.evaluation(images.gather(part))), torch.from_numpy(labels[part])

    return _ahead(prepare, parts if len(labels) else [])


def _ahead(
    prepare: Callable[[npt.NDArray[np.int64]], Batch], parts: Sequence[npt.NDArray[np.int64]]
) -> Iterator[Batch]:
    with ThreadPoolExecutor(1, "batches") as pool:
        coming = [pool.submit(prepare, part) for part in parts[:1]]
        for part in [*parts[1:], None]:
            if coming:
                ready = coming.pop().result()
                if part is not None:
                    coming.append(pool.submit(prepare, part))
                yield ready
