"""Contact sheets: what the samples of a run look like, made by the code that makes its batches."""

import io
from collections.abc import Sequence
from itertools import chain

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from core.augment import draws
from core.augment.normalize import shown
from core.recipe import Recipe
from core.report.sheet import contact_sheet
from core.runs.durable import write_durably
from core.runs.folder import RunFolder
from core.synth.source import Synthesizer
from core.train import batches
from core.train.batches import Ids, Images

Pixels = npt.NDArray[np.uint8]

AUGMENTATION, SYNTHESIS = "augmentation.png", "synthesis.png"
IMAGES, EPOCHS = 8, 7
_COMPOSITES, _COLUMNS = 32, 8
_LARGEST = 160  # px of a tile
_READABLE = 240  # px of a composite, below which its origin fits


def write(run: RunFolder, recipe: Recipe, train: Images) -> None:
    """Draw the sheets of a run that begins; those of one that goes on stay as they are."""
    if (run.report / AUGMENTATION).exists():
        return
    run.report.mkdir(exist_ok=True)
    if train.synthesizer is not None:
        classes = train.chosen.classes
        _save(synthesis(train.synthesizer, min(_COMPOSITES, train.composites), classes), run, SYNTHESIS)
    _save(augmentation(train, first(train, recipe, 1), recipe, range(1, EPOCHS + 1)), run, AUGMENTATION)


def first(train: Images, recipe: Recipe, epoch: int) -> Ids:
    """The positions of the images, not composites, with which `epoch` begins."""
    order = draws.order(recipe.seed, epoch, train.ids)
    return order[order < len(train.chosen)][:IMAGES]


def augmentation(images: Images, positions: Ids, recipe: Recipe, epochs: Sequence[int]) -> Image.Image:
    """A row for each of `positions`: the image as it is stored, then its sample of each epoch."""
    rows: list[list[Pixels]] = [[_fitted(stored, recipe.data.image_size)] for stored in images.gather(positions)]
    captions = [["stored"] for _ in rows]
    classes, labels = images.chosen.classes, images.labels[positions]
    for epoch in epochs:
        batch = batches.prepare(images, positions, recipe, epoch)
        for row, sample in enumerate(shown(batch.x.numpy(), recipe.data.normalize)):
            label = int(batch.y[row])
            rows[row].append(_fitted(sample, recipe.data.image_size))
            captions[row].append(f"epoch {epoch}" + (f": {classes[label]}" if label != labels[row] else ""))
    titles = [classes[label] if label >= 0 else "no class" for label in labels]
    return contact_sheet([*chain(*rows)], 1 + len(epochs), [*chain(*captions)], titles)


def synthesis(synthesizer: Synthesizer, count: int, classes: Sequence[str]) -> Image.Image:
    """The first `count` composites, each with its class and the stamp and the image that it was made of."""
    captions = []
    for index in range(count):
        made = synthesizer.provenance(index)
        captions.append(f"{classes[made.label]}: {made.stamp_name} on image {made.background}")
    return contact_sheet([_enlarged(tile) for tile in synthesizer.pixels(np.arange(count))], _COLUMNS, captions)


def _fitted(tile: Pixels, side: int) -> Pixels:
    side = min(side, _LARGEST)
    return np.asarray(cv2.resize(tile, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _enlarged(tile: Pixels) -> Pixels:
    times = -(-_READABLE // len(tile))
    return tile.repeat(times, 0).repeat(times, 1)


def _save(sheet: Image.Image, run: RunFolder, name: str) -> None:
    data = io.BytesIO()
    sheet.save(data, "PNG")
    write_durably(run.report / name, data.getvalue())
