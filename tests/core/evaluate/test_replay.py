"""What an epoch makes of images whose labels and targets have a direction."""

import csv
import itertools
import math
import zipfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw

from core import recipe as recipes
from core.augment.normalize import shown
from core.augment.sample import digest
from core.errors import Error
from core.evaluate import replay
from core.importers import import_path
from core.project.records import columns
from core.project.store import Store
from core.recipe import Recipe
from core.train import batches

KINDS = ("squares", "circles", "up", "right", "down", "left")
TOWARDS = {"up": (0, 1), "right": (1, 2), "down": (2, 1), "left": (1, 0)}  # where an arrow's tip is in 3 × 3 cells
CORNERS = {
    "squares": [(0, 0), (6, 0), (6, 6), (0, 6)],
    "up": [(0, 6), (6, 6), (3, 0)],
    "right": [(0, 0), (0, 6), (6, 3)],
    "down": [(0, 0), (6, 0), (3, 6)],
    "left": [(6, 0), (6, 6), (0, 3)],
}
ONLY_TURNS = {f"augment.{name}.enabled": False for name in ("jitter", "noise", "erasing")}
EPOCHS = range(1, 5)
Counts = dict[str, float]
Turn = Callable[[npt.NDArray[Any]], npt.NDArray[Any]]


def _drawn(counts: Counts, random: np.random.Generator) -> Image.Image:
    """Shapes of each kind as often as `counts` says, white on black, in a grid of 3 × 3."""
    image = Image.new("L", (28, 28))
    pen = ImageDraw.Draw(image)
    places = random.permutation(9)
    for place, kind in zip(places, itertools.chain(*([kind] * int(counts[kind]) for kind in KINDS)), strict=False):
        left, top = 9 * (int(place) % 3) + 1, 9 * (int(place) // 3) + 1
        if kind == "circles":
            pen.ellipse((left, top, left + 6, top + 6), fill=255)
        else:
            pen.polygon([(left + x, top + y) for x, y in CORNERS[kind]], fill=255)
    return image


def _draw(folder: Path) -> list[tuple[str, Counts]]:
    """Sixty drawn images of two kinds of shapes."""
    random, rows = np.random.default_rng(0), []
    for n, (one, other) in zip(range(60), itertools.cycle(itertools.combinations(KINDS, 2)), strict=False):
        counts = dict.fromkeys(KINDS, 0.0) | {one: float(1 + n % 4), other: float(5 - n % 4)}
        _drawn(counts, random).save(folder / f"{n:02d}.png")
        rows.append((f"{n:02d}.png", counts))
    return rows


def _unpack(data: Path, folder: Path) -> list[tuple[str, Counts]]:
    """The first 200 images of the real data."""
    if not (data / "data_gsn.zip").exists():
        pytest.skip("the shapes beside the repository (../shared/data/gsn-shapes) are absent")
    with (data / "labels.csv").open(newline="") as file:
        rows = list(itertools.islice(csv.DictReader(file), 200))
    with zipfile.ZipFile(data / "data_gsn.zip") as archive:
        for row in rows:
            (folder / row["name"]).write_bytes(archive.read(f"data/{row['name']}"))
    return [(row["name"], {kind: float(row[kind]) for kind in KINDS}) for row in rows]


@pytest.fixture(params=["drawn", "real"])
def counted(
    request: pytest.FixtureRequest, tmp_path: Path, finish: Any
) -> Generator[tuple[Store, dict[str, Counts]], None, None]:
    """A project of images of shapes, and how many of which kind each has. Its class is the kind that it has most of."""
    folder = tmp_path / "images"
    folder.mkdir()
    if request.param == "drawn":
        rows = _draw(folder)
    else:
        rows = _unpack(request.getfixturevalue("shared_data") / "gsn-shapes", folder)
    lines = [",".join(["file", "label", *(f"target:{kind}" for kind in KINDS)])]
    for name, counts in rows:
        lines.append(",".join([name, _most(counts) or "", *(f"{counts[kind]:g}" for kind in KINDS)]))
    (folder / "manifest.csv").write_text("\n".join(lines))
    with Store.create(tmp_path / "project") as store:
        finish(import_path(store, folder))
        yield store, dict(rows)


def _most(counts: Counts) -> str | None:
    """The kind of which there are most, none where there is a tie."""
    first = max(counts, key=lambda kind: counts[kind])
    return first if [*counts.values()].count(counts[first]) == 1 else None


def _turns() -> list[Turn]:
    """The eight ways in which flips and quarter turns can change an array."""

    def turn(across: bool, times: int) -> Turn:
        return lambda array: np.rot90(array[:, ::-1] if across else array, times)

    return [turn(across, times) for across in (False, True) for times in range(4)]


def _after(counts: Counts, turn: Turn) -> Counts:
    """What `turn` makes of counts, found by turning each arrow's tip."""
    found = dict(counts)
    for kind, tip in TOWARDS.items():
        arrow = np.zeros((3, 3), np.bool_)
        arrow[tip] = True
        (now,) = (other for other, place in TOWARDS.items() if turn(arrow)[place])
        found[now] = counts[kind]
    return found


def test_labels_and_targets_follow_the_pixels(counted: tuple[Store, dict[str, Counts]], finish: Any) -> None:
    store, of_file = counted
    recipe = recipes.change(recipes.find("shapes"), ONLY_TURNS)
    ids = columns(store).ids
    names = dict(store.read("SELECT id, name FROM image"))
    images, at = finish(replay.named(store, recipe, ids.tolist()))
    stored = images.gather(at)
    turned = set()
    samples = iter(replay.describe(store, images, at, recipe, EPOCHS))
    for epoch in EPOCHS:
        made = batches.prepare(images, at, recipe, epoch).x.numpy()
        for n, (pixels, sample) in enumerate(zip(shown(made, recipe.data.normalize), samples, strict=False)):
            before = of_file[names[sample.id]]
            fitting = [turn for turn in _turns() if (turn(stored[n]) == pixels).all()]
            assert (sample.id, sample.epoch, sample.digest) == (ids[n], epoch, digest(made[n]))
            assert sample.targets in [_after(before, turn) for turn in fitting]
            assert sample.label == _most(sample.targets)
            assert bool(sample.turned) == (sample.targets != before)
            turned |= {tuple(sample.targets[kind] for kind in TOWARDS)} if sample.turned else set()
    assert len(turned) > 10


def test_an_arrow_up_points_left_after_a_quarter_turn() -> None:
    up = dict.fromkeys(KINDS, 0.0) | {"up": 1.0}
    assert _after(up, np.rot90) == dict.fromkeys(KINDS, 0.0) | {"left": 1.0}


@pytest.fixture
def arrows(tmp_path: Path, finish: Any) -> Generator[tuple[Store, Any], None, None]:
    """Two images of the classes left and right, each with one of two targets; and what an epoch makes of them."""
    folder = tmp_path / "images"
    folder.mkdir()
    for kind in ("left", "right"):
        _drawn(dict.fromkeys(KINDS, 0.0) | {kind: 1.0}, np.random.default_rng(0)).save(folder / f"{kind}.png")
    lines = ["file,label,target:left,target:right", "left.png,left,1,", "right.png,right,,3"]
    (folder / "manifest.csv").write_text("\n".join(lines))
    with Store.create(tmp_path / "project") as store:
        finish(import_path(store, folder))

        def described(recipe: Recipe) -> list[replay.Sample]:
            images, at = finish(replay.named(store, recipe, [1, 2]))
            return replay.describe(store, images, at, recipe, [1])

        yield store, described


def _flipping(rules: str) -> Recipe:
    changes = {f"augment.horizontal_flip.{name}": value for name, value in (("enabled", True), ("probability", 1.0))}
    off = {f"augment.{name}.enabled": False for name in ("rotation", "affine", "jitter")}
    return recipes.change(Recipe(), {**changes, **off, "augment.rules": rules, "data.image_size": 28})


def test_what_is_not_known_moves_and_stays_unknown(arrows: tuple[Store, Any]) -> None:
    _, described = arrows
    first, second = described(_flipping("horizontal_flip turns left into right, right into left"))
    assert (first.label, second.label) == ("right", "left")
    assert math.isnan(first.targets["left"])
    assert first.targets["right"] == 1
    assert first.turned == ("label left → right", "left 1 → none", "right none → 1")
    assert second.turned == ("label right → left", "left none → 3", "right 3 → none")


def test_a_rule_may_name_a_class_that_is_no_target(arrows: tuple[Store, Any]) -> None:
    store, described = arrows
    assert described(_flipping("horizontal_flip turns up into down"))[0].turned == ()
    with pytest.raises(Error, match="turns left into up by horizontal_flip, and there is no class up"):
        described(_flipping("horizontal_flip turns left into up"))
    with store.transaction() as db:
        db.execute("INSERT INTO class (name, position) VALUES ('up', 2)")
    with pytest.raises(Error, match="turns left into up by horizontal_flip, and there is no target up"):
        described(_flipping("horizontal_flip turns left into up"))
