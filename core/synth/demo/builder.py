"""The "Wild digits demo": 2,000 pictures of real handwriting in twelve capture settings, made in place.

A stamp is used in one source only, and sources do not share background: what validation shows was never in training.
"""

import csv
import io
import shutil
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.augment.draws import uniform
from core.events import Event, Progress, Stage
from core.importers import import_path
from core.project.records import holds_images
from core.project.store import Store
from core.synth.demo.compositor import compose, crop, draw
from core.synth.demo.places import PLACES
from core.synth.digits import digits, installed

SIZE = 96
COUNT = 2000
FOLDER = "demo"  # below the project's images
_ORDER = 1200  # parameter of the draw that puts the stamps in order
_REPORT_EVERY = 50


@dataclass(frozen=True)
class Plan:
    """One picture to make: which stamp in which place, and the name of its file."""

    file: str
    label: str
    place: str
    stamp: int


def plan(seed: int, count: int) -> list[Plan]:
    """What to make: classes in equal numbers, each class spread evenly over the places, a stamp in one place only."""
    _, labels = digits()
    luck = uniform(seed, 0, np.arange(len(labels)), _ORDER)
    by_class = [np.flatnonzero(labels == c)[np.argsort(luck[labels == c], kind="stable")] for c in range(10)]
    places = list(PLACES)
    plans = []
    for i in range(count):
        turn, c = divmod(i, 10)
        use = turn % len(by_class[c])  # a class with too few stamps starts again, in the same places
        place = places[(use + c) % len(places)]
        plans.append(Plan(f"{c}/{place}_{i:04d}.jpg", str(c), place, int(by_class[c][use])))
    return plans


def build(folder: Path, seed: int = 0, count: int = COUNT) -> Generator[Event, None, list[Plan]]:
    """Write `count` JPEG files and their `manifest.csv` to `folder`; the same bytes for the same seed and versions."""
    yield Stage(title="Making demo images", total=count)
    stamps, _ = digits()
    grounds = {name: _ground(place.photo, place.box) for name, place in PLACES.items()}
    draws = draw(seed, np.arange(count))
    plans = plan(seed, count)
    for label in sorted({p.label for p in plans}):
        (folder / label).mkdir(parents=True, exist_ok=True)
    for i, picture in enumerate(plans):
        place = PLACES[picture.place]
        background = crop(grounds[picture.place], place.crop, SIZE, draws[i])
        pixels = compose(stamps[picture.stamp], background, place.look, draws[i])
        Image.fromarray(pixels).save(folder / picture.file, quality=place.quality)
        if (i + 1) % _REPORT_EVERY == 0 or i + 1 == count:
            yield Progress(done=i + 1, total=count)
    (folder / "manifest.csv").write_bytes(_manifest(plans))
    return plans


def project(root: Path, seed: int = 0) -> Generator[Event, None, int]:
    """Make the demo project in `root`, an absent or empty folder or a project without images; returns how many it made.

    Stopped half way, it leaves nothing behind. Raises `Error` when there is something else in `root` already.
    """
    fresh = holds_images(root) or not (root / "project.db").is_file()
    store = Store.create(root) if fresh else Store.open(root)
    done = not fresh
    try:
        folder = store.paths.images / FOLDER
        yield from build(folder, seed, COUNT)
        report = yield from import_path(store, folder)
        done = True
        return report.added
    finally:
        store.close()
        if not done:
            shutil.rmtree(root)  # it was empty: all in it is ours


def _ground(photo: str, box: tuple[int, int, int, int]) -> npt.NDArray[np.uint8]:
    with Image.open(installed(f"images/{photo}")) as image:
        return np.asarray(image.convert("RGB").crop(box))


def _manifest(plans: list[Plan]) -> bytes:
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(["file", "label", "source", "group", "split"])
    for p in plans:
        lines.writerow([p.file, p.label, p.place, f"digit-{p.stamp:04d}", PLACES[p.place].split])
    return text.getvalue().encode()
