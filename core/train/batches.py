"""From packed pixels to batches: gather, augment, mix, hand over. Threads prepare the batches after the current one.

What a batch holds follows from the recipe, the epoch and the ids alone; the threads only change when it is made.
"""

import contextlib
import hashlib
import itertools
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import torch

from core.augment import batched, cpu, draws
from core.augment.mix import draw_mixing, mixed, soft_labels
from core.augment.plan import Plan
from core.augment.planning import make_plan
from core.augment.sample import digest, samples
from core.events import Event, Sampled
from core.images.packed import pack
from core.images.parallel import in_order
from core.paths import ProjectPaths
from core.recipe import Recipe
from core.synth.source import Synthesizer
from core.train import onboard
from core.train.selection import Chosen

Pixels = npt.NDArray[np.uint8]
Ids = npt.NDArray[np.int64]
Part = TypeVar("Part")
T = TypeVar("T")

EVALUATION_BATCH = 256  # part of the last bits of logits, therefore the same in training and evaluation
_THREADS = 8  # at most, so that few batches are in memory at once
_CHUNK_BYTES = 16 << 20
_DIGESTED = 16  # samples of an epoch
_LOOKED_AT = 64  # composites
_FIRST = 1 / 3  # of the images, in the first epoch of a curriculum
_UNKNOWN = 0.5  # difficulty
_VISITS_APART = 1 << 20  # more than the epochs that a recipe may have


@dataclass(frozen=True)
class Batch:
    """n samples: `x` float32[n,3,S,S] normalised, `y` int64[n] their classes, -1 where unknown, and `ids` int64[n].

    `at` int64[n] are their positions among the images. In a mixed batch `soft` float32[n,C] has the share of each
    class, and `y` the class of the larger part.
    """

    x: torch.Tensor
    y: torch.Tensor
    ids: Ids
    at: Ids
    soft: torch.Tensor | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def part(self, first: int, end: int) -> "Batch":
        """The samples from `first` to before `end`."""
        soft = None if self.soft is None else self.soft[first:end]
        at, ids = self.at[first:end], self.ids[first:end]
        return replace(self, x=self.x[first:end], y=self.y[first:end], ids=ids, at=at, soft=soft)

    def on(self, device: str) -> "Batch":
        """The same on `device`."""
        if device == "cpu":
            return self
        soft = None if self.soft is None else self.soft.to(device, non_blocking=True)
        x, y = self.x.to(device, non_blocking=True), self.y.to(device, non_blocking=True)
        return replace(self, x=x, y=y, soft=soft)


@dataclass(frozen=True)
class Images:
    """Readable images in memory order: rows of memory-mapped `pixels`, then composites, made whenever asked for.

    The ids of composites are -1, -2, …
    """

    chosen: Chosen
    pixels: Pixels  # M,T,T,3
    rows: Ids  # N
    synthesizer: Synthesizer | None = None
    composites: int = 0
    onboard: torch.Tensor | None = None  # the pixels of all but the composites on a GPU, N,T,T,3

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def ids(self) -> Ids:
        return np.concatenate([self.chosen.ids, -1 - np.arange(self.composites, dtype=np.int64)])

    @cached_property
    def labels(self) -> Ids:
        real = self.chosen.label.astype(np.int64)
        if self.synthesizer is None:
            return real
        return np.concatenate([real, self.synthesizer.labels(np.arange(self.composites))])

    def kept_on(self, device: str) -> "Images":
        """The same, with the pixels on `device` as well if that is a CUDA GPU where they fit."""
        if not onboard.fits(len(self.chosen) * self.pixels[:1].nbytes, device):
            return self
        return replace(self, onboard=onboard.stored(self.pixels, self.rows, device))

    @cached_property
    def digest(self) -> str:
        """Differs when images, their content, labels, sources or the difficulty that a curriculum goes by differ, or
        what composites are made of.
        """
        facts = [self.ids.tobytes(), self.labels.tobytes(), self.chosen.content_hash.tobytes()]
        facts += [self.chosen.source.tobytes(), repr(self.chosen.sources).encode()]
        if self.chosen.difficulty is not None:
            facts.append(self.chosen.difficulty.tobytes())
        if self.synthesizer is not None:  # a few show the settings of all
            facts.append(self.synthesizer.stamps_digest)
            facts.append(self.synthesizer.pixels(np.arange(min(_LOOKED_AT, self.composites))).tobytes())
        return hashlib.sha256(b"".join(facts)).hexdigest()[:16]

    def gather(self, positions: Ids) -> Pixels:
        """The pixels of some images, n,T,T,3, in memory."""
        count = len(self.chosen)
        real = positions < count
        if self.synthesizer is None or real.all():
            return np.asarray(self.pixels[self.rows[positions]])
        found = np.empty((len(positions), *self.pixels.shape[1:]), np.uint8)
        found[real] = self.pixels[self.rows[positions[real]]]
        found[~real] = self.synthesizer.pixels(positions[~real] - count)
        return found


def readable(paths: ProjectPaths, chosen: Chosen, size: int) -> Generator[Event, None, Images]:
    """Pack at `size` px what is not packed yet; images that cannot be read are told as `Skipped` and left out."""
    packed = yield from pack(paths, chosen.content_hash, chosen.files, size)
    good = packed.rows >= 0
    return Images(chosen.where(good), packed.pixels, packed.rows[good])


def steps_per_epoch(images: int, batch_size: int) -> int:
    """A lone last image joins the batch before it: batch normalisation needs two."""
    whole, rest = divmod(images, batch_size)
    return max(1, whole + (rest > 1 or (rest == 1 and batch_size == 1)))


def shown(images: int, batch_size: int, steps: int) -> int:
    """How many samples the first `steps` steps of an epoch show; the last step shows all that are left."""
    return images if steps == steps_per_epoch(images, batch_size) else steps * batch_size


def stepwise(images: Images, recipe: Recipe, epoch: int) -> list[Ids]:
    """What `visited` says, cut into the steps of the epoch; in each step first visits come before second ones."""
    visits, size = visited(images, recipe, epoch), recipe.optim.batch_size
    parts = np.split(visits, [size * step for step in range(1, steps_per_epoch(len(visits), size))])
    if not visits[:, 1].any():
        return parts
    return [part[np.argsort(part[:, 1], kind="stable")] for part in parts]


def training(
    images: Images,
    recipe: Recipe,
    epoch: int,
    first_step: int,
    device: str = "cpu",
    cut: Callable[[Ids], Ids] = lambda visits: visits,
) -> Iterator[Batch]:
    """The batches of `epoch` (from 1) after the first `first_step`, in the epoch's order, not mixed yet.

    Of each batch only what `cut` leaves of its visits.
    """
    parts = [cut(part) for part in stepwise(images, recipe, epoch)[first_step:]]
    chunks = _chunks(parts, recipe.data.image_size)
    if device == "cpu":
        return _one_by_one(_ahead(lambda chunk: _prepared(images, chunk, recipe, epoch), chunks))
    planned = _ahead(lambda chunk: _planned(images, chunk, recipe, epoch), chunks)
    return _one_by_one(_rendered_on(device, planned, images, recipe))


def visited(images: Images, recipe: Recipe, epoch: int) -> Ids:
    """The positions that an epoch visits and the how-manieth visit each is (from 0): int64[N,2], in its order.

    Balanced sampling visits as many images of each class, so those of rare classes several times. A curriculum lets
    fewer images in at first, and visits them as often as it takes. Every visit of an image has draws of its own.
    """
    inside = _let_in(images, recipe, epoch)
    if recipe.optim.sampling == "each_once":
        if inside.all():
            order = draws.order(recipe.seed, epoch, images.ids)
            return np.stack([order, np.zeros_like(order)], axis=1)
        parts = [np.flatnonzero(inside)]
    else:
        parts = [np.flatnonzero(inside & (images.labels == label)) for label in np.unique(images.labels)]
    found = []
    for place, positions in enumerate(parts):
        wanted = len(images) * (place + 1) // len(parts) - len(images) * place // len(parts)
        order = positions[draws.order(recipe.seed, epoch, images.ids[positions])]
        turns = np.arange(wanted)
        found.append(np.stack([order[turns % len(order)], turns // len(order)], axis=1))
    visits = np.concatenate(found)
    luck = draws.uniform(recipe.seed, epoch, images.ids[visits[:, 0]] + (visits[:, 1] << 40), draws.Parameter.ORDER)
    return visits[np.argsort(luck, kind="stable")]


def _let_in(images: Images, recipe: Recipe, epoch: int) -> npt.NDArray[np.bool_]:
    """Which images a curriculum lets into `epoch`: of each class the easiest, N.

    Their share grows evenly from a third to all: G. Hacohen, D. Weinshall, On the Power of Curriculum Learning in
    Training Deep Networks (2019), with a linear pace. What is not known to be easy or hard, such as composites, counts
    as in between.
    """
    half = recipe.schedule.epochs // 2
    if images.chosen.difficulty is None or epoch > half:
        return np.ones(len(images), np.bool_)
    share = _FIRST + (1 - _FIRST) * (epoch - 1) / half
    hard = np.full(len(images), _UNKNOWN, np.float32)
    hard[: len(images.chosen)] = np.nan_to_num(images.chosen.difficulty, nan=_UNKNOWN)
    inside = np.zeros(len(images), np.bool_)
    for label in np.unique(images.labels):
        of_class = np.flatnonzero(images.labels == label)
        ranked = of_class[np.lexsort((images.ids[of_class], hard[of_class]))]
        inside[ranked[: max(1, round(share * len(ranked)))]] = True
    return inside


def drawn_epoch(epoch: int, visit: int) -> int:
    """The number that stands for the epoch in the draws of an image's `visit` (from 0) in it."""
    return epoch + visit * _VISITS_APART


def prepare(images: Images, positions: Ids, recipe: Recipe, epoch: int, device: str = "cpu") -> Batch:
    """The samples that `epoch` (from 1) makes of the images at `positions`, not mixed; `y` is on the CPU.

    Each depends on its image alone. Other devices than the CPU follow the same plan to within a few grey levels.
    """
    if device != "cpu":
        return _rendered(_plan(images, positions, recipe, epoch), images, recipe, device)
    ids, labels = images.ids[positions], images.labels[positions]
    made, plan = samples(images.gather(positions), ids, labels, images.chosen.classes, recipe, epoch)
    return Batch(torch.from_numpy(made), torch.from_numpy(plan.label), ids, positions)


def _chunks(parts: list[Ids], side: int) -> list[list[Ids]]:
    """Batches that are prepared in one go: handing over small ones one by one would slow the network down.

    The first chunks are short, so that training begins at once.
    """
    chunks, at = [], 0
    while at < len(parts):
        most = max(1, _CHUNK_BYTES // max(1, 12 * side**2 * len(parts[at])))
        chunks.append(parts[at : at + min(most, at + 1)])
        at += len(chunks[-1])
    return chunks


def _one_by_one(chunks: Generator[list[Batch], None, None]) -> Generator[Batch, None, None]:
    with contextlib.closing(chunks):
        for chunk in chunks:
            yield from chunk


def _prepared(images: Images, parts: list[Ids], recipe: Recipe, epoch: int) -> list[Batch]:
    """The batches of a chunk, each of the visits of one of `parts`."""
    turns = _turns(parts)
    made = [prepare(images, positions, recipe, drawn_epoch(epoch, turn)) for turn, positions, _ in turns]
    return _parted(made, [places for _, _, places in turns], [len(part) for part in parts])


def _turns(parts: list[Ids]) -> list[tuple[int, Ids, Ids]]:
    """First visits, second visits and so on apart, with the positions of the images and their places in the chunk."""
    positions, turns = np.concatenate(parts).T
    places = [(int(turn), np.flatnonzero(turns == turn)) for turn in np.unique(turns)]
    return [(turn, positions[those], those) for turn, those in places]


def _parted(made: list[Batch], places: list[Ids], lengths: list[int]) -> list[Batch]:
    """A chunk in batches of `lengths`; the samples of `made` go to `places`."""
    whole = made[0] if len(made) == 1 else _ordered(made, np.argsort(np.concatenate(places)))
    ends = np.cumsum(lengths).tolist()
    return [whole.part(first, end) for first, end in itertools.pairwise([0, *ends])]


def _ordered(batches: list[Batch], order: Ids) -> Batch:
    """One batch of several, in `order` int64[n]."""
    at = torch.from_numpy(order)
    return Batch(
        torch.cat([batch.x for batch in batches])[at.to(batches[0].x.device)],
        torch.cat([batch.y for batch in batches])[at],
        np.concatenate([batch.ids for batch in batches])[order],
        np.concatenate([batch.at for batch in batches])[order],
    )


@dataclass(frozen=True)
class _Planned:
    """Samples that are still to be rendered.

    `stored` uint8[k,T,T,3] are the pixels that the device lacks, `at` int64[n] the positions of all.
    """

    stored: Pixels
    plan: Plan
    at: Ids


@dataclass(frozen=True)
class _PlannedChunk:
    turns: list[_Planned]
    places: list[Ids]  # of each turn's samples in the chunk
    lengths: list[int]  # of its batches


def _plan(images: Images, positions: Ids, recipe: Recipe, epoch: int) -> _Planned:
    sizes = np.full((len(positions), 2), images.pixels.shape[1])
    ids, labels = images.ids[positions], images.labels[positions]
    size, seed = recipe.data.image_size, recipe.seed
    plan = make_plan(recipe.augment, size, sizes, ids, labels, images.chosen.classes, seed, epoch)
    lacking = positions if images.onboard is None else positions[positions >= len(images.chosen)]
    return _Planned(images.gather(lacking), plan, positions)


def _planned(images: Images, parts: list[Ids], recipe: Recipe, epoch: int) -> _PlannedChunk:
    turns = _turns(parts)
    plans = [_plan(images, positions, recipe, drawn_epoch(epoch, turn)) for turn, positions, _ in turns]
    return _PlannedChunk(plans, [places for _, _, places in turns], [len(part) for part in parts])


def _rendered_on(
    device: str, planned: Generator[_PlannedChunk, None, None], images: Images, recipe: Recipe
) -> Generator[list[Batch], None, None]:
    """On the caller's thread: a device does not get faster by several threads, and Metal may crash."""
    with contextlib.closing(planned):
        for chunk in planned:
            made = [_rendered(turn, images, recipe, device) for turn in chunk.turns]
            yield _parted(made, chunk.places, chunk.lengths)


def _rendered(planned: _Planned, images: Images, recipe: Recipe, device: str) -> Batch:
    if images.onboard is None:
        stored = onboard.moved(planned.stored, device)
    else:
        stored = onboard.gathered(images.onboard, planned.at, planned.stored)
    x = batched.render(stored, planned.plan, recipe.data.normalize)
    return Batch(x, torch.from_numpy(planned.plan.label), images.ids[planned.at], planned.at)


def mix(batch: Batch, recipe: Recipe, classes: int, epoch: int, step: int) -> Batch:
    """`batch` as the recipe mixes it at `step` (from 1) of `epoch`; most recipes leave it as it is."""
    mixing = draw_mixing(recipe.augment, recipe.seed, epoch, step, recipe.data.image_size)
    if mixing is None:
        return batch
    soft = torch.from_numpy(soft_labels(batch.y.numpy(), classes, mixing))
    return replace(batch, x=mixed(batch.x, mixing), y=soft.argmax(1), soft=soft)


def sampled(batch: Batch, epoch: int, device: str) -> Sampled:
    """What to tell of the first batch of `epoch`, before it is mixed."""
    renderer = "opencv" if device == "cpu" else "torch"
    first = batch.x[:_DIGESTED].cpu().numpy()
    digests = [digest(sample) for sample in first]
    return Sampled(epoch=epoch, ids=batch.ids[:_DIGESTED].tolist(), digests=digests, renderer=renderer)


def evaluation(images: Images, normalize: str) -> Iterator[Batch]:
    """All images in their order, not augmented; labels may be -1."""
    ids, labels = images.ids, images.labels
    parts = np.split(np.arange(len(labels)), range(EVALUATION_BATCH, len(labels), EVALUATION_BATCH))

    def prepare(part: Ids) -> Batch:
        sample = cpu.evaluation(images.gather(part), normalize)
        return Batch(torch.from_numpy(sample), torch.from_numpy(labels[part]), ids[part], part)

    return _ahead(prepare, parts if len(labels) else [])


def _ahead(prepare: Callable[[Part], T], parts: Sequence[Part]) -> Generator[T, None, None]:
    """What `prepare` makes of `parts`, in order. One core is left to the network, and one result a thread waits."""
    threads = min(_THREADS, max(1, torch.get_num_threads() - 1))
    with in_order(prepare, parts, threads, threads) as ready:
        yield from ready
