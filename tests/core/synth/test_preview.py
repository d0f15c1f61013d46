"""What a window shows of synthesis is what training makes, and only the images that are seen are read."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.augment.normalize import shown
from core.augment.sample import samples
from core.errors import Error
from core.images.packed import load_square
from core.project import edits, records, split
from core.project.catalog import NewImage, add_images
from core.project.plan import SplitPlan
from core.project.store import Store
from core.recipe import Recipe, change, make
from core.synth import stamps
from core.synth.preview import Bench, Glance, Glimpse, Ground, Origins, Scene, Sheet, Steps, survey
from core.synth.source import Synthesizer, backgrounds

COUNT = 40


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A project of noisy images of all digits, some of 24 px, split."""
    folder, rng, found = tmp_path / "photos", np.random.default_rng(3), []
    folder.mkdir()
    for n in range(COUNT):
        file, side = folder / f"{n:03}.png", 24 if n % 8 == 7 else 40
        Image.fromarray(rng.integers(0, 256, (side, side + 3, 3), np.uint8)).save(file)
        body = file.read_bytes()
        facts = {"byte_size": len(body), "modified_ns": 1, "width": side + 3, "height": side}
        key = hashlib.sha256(body).digest()
        found.append(NewImage(path=file.name.encode(), content_hash=key, label=str(n % 10), group=str(n), **facts))
    with Store.create(tmp_path / "project") as store:
        add_images(store, folder, found)
        split.assign(store, SplitPlan(0.2))
        yield store


def recipe(**changes: object) -> Recipe:
    start = make({"data": {"image_size": 24}, "synth": {"count": 60, "ink": "contrast", "match_noise": True}})
    return change(start, changes)


def scene(ground: Ground, recipe: Recipe, first: int = 0, chosen: int = 0, epoch: int = 1) -> Scene:
    return Scene(ground, recipe, first, 10, chosen, epoch)


def training(store: Store, recipe: Recipe, without: int = 0) -> Synthesizer:
    """As training makes it: with all backgrounds decoded, `without` one image."""
    known = records.columns(store)
    rows = np.flatnonzero((known.split == 1) & (known.ids != without))
    ids = known.ids[rows]
    files, side = records.files(store, ids), recipe.data.training_side

    def gather(chosen: np.ndarray) -> np.ndarray:
        return np.stack([load_square(files[row], side) for row in chosen])

    shorter = records.sizes(store, ids).min(axis=1).astype(np.int64)
    behind = backgrounds(ids, known.split[rows], shorter, gather, recipe.synth.smallest, recipe.seed)
    return Synthesizer(recipe.synth, recipe.seed, side, stamps.load(recipe.synth.stamps, known.classes), behind)


def test_the_survey_counts_what_composites_could_lie_on(store: Store) -> None:
    ground = survey(store)
    assert (ground.images, ground.labelled, ground.split) == (COUNT, COUNT, COUNT)
    assert len(ground.ids) == records.counts(store).splits["train"]
    assert set(ground.shorter_side.tolist()) == {24, 40}
    assert survey(store, "class:3").labelled == 4
    edits.reject(store, ground.ids[:3].tolist())
    assert len(survey(store).ids) == len(ground.ids) - 3
    with pytest.raises(Error, match="colour"):
        survey(store, "colour:red")


def test_a_sheet_is_what_training_composes(store: Store) -> None:
    ground, wanted, indices = survey(store), recipe(**{"data.stored_size": 32}), np.arange(20, 30)
    sheet, steps, origins = Bench().parts(store, scene(ground, wanted, 20, 23, 2))
    made = training(store, wanted)
    assert isinstance(sheet, Sheet)
    assert np.array_equal(sheet.pixels, made.pixels(indices))
    assert sheet.labels == tuple(str(label) for label in made.labels(indices))
    assert sheet.skipped == ()
    assert isinstance(origins, Origins)
    assert [origin.made for origin in origins.origins] == [made.provenance(int(index)) for index in indices]
    assert origins.origins[0].background == records.image(store, made.provenance(20).background).name
    assert isinstance(steps, Steps)
    assert steps.origin == origins.origins[3]
    assert [title for title, _ in steps.stages] == ["Background", "Digit", "Composite", "Epoch 2"]
    assert np.array_equal(steps.stages[2][1], sheet.pixels[3])
    x, _ = samples(made.pixels(np.array([23])), np.array([-24]), made.labels(np.array([23])), ground.classes, wanted, 2)
    assert np.array_equal(steps.stages[3][1], shown(x, "imagenet")[0])


def test_other_settings_do_not_disturb_what_is_kept(store: Store) -> None:
    ground, bench = survey(store), Bench()
    others = ({}, {"synth.rotation": (20, 40)}, {"seed": 5}, {}, {"data.image_size": 16})
    for wanted in (recipe(**changes) for changes in others):
        sheet = next(iter(bench.parts(store, scene(ground, wanted))))
        assert isinstance(sheet, Sheet)
        assert np.array_equal(sheet.pixels, training(store, wanted).pixels(np.arange(10)))


def test_an_unreadable_background_is_left_out_as_in_training(store: Store) -> None:
    ground, bench = survey(store), Bench()
    gone = training(store, recipe()).provenance(0).background
    (file,) = records.files(store, np.array([gone]))
    body = file.read_bytes()
    file.write_bytes(b"no image")
    sheet = next(iter(bench.parts(store, scene(ground, recipe()))))
    assert isinstance(sheet, Sheet)
    assert [problem.name for problem in sheet.skipped] == [records.image(store, gone).name]
    file.write_bytes(body)
    assert np.array_equal(sheet.pixels, training(store, recipe(), gone).pixels(np.arange(10)))
    again = next(iter(bench.parts(store, scene(survey(store), recipe()))))
    assert isinstance(again, Sheet)
    assert again.skipped == ()
    assert np.array_equal(again.pixels, training(store, recipe()).pixels(np.arange(10)))


def test_one_image_alone(store: Store) -> None:
    ground, bench = survey(store), Bench()
    id = int(ground.ids[4])
    (real,) = bench.parts(store, Glance(ground, recipe(), id))
    assert isinstance(real, Glimpse)
    assert np.array_equal(real.pixels, load_square(records.image(store, id).path, 24))
    assert real.words == f"{records.image(store, id).class_name} · {records.image(store, id).name}"
    (made,) = bench.parts(store, Glance(ground, recipe(), -8))
    assert isinstance(made, Glimpse)
    assert np.array_equal(made.pixels, training(store, recipe()).pixels(np.array([7]))[0])
    assert made.words.endswith("synthetic 7")
    with pytest.raises(Error, match="no image 999"):
        next(iter(bench.parts(store, Glance(ground, recipe(), 999))))


def test_nothing_large_enough_is_said(store: Store) -> None:
    with pytest.raises(Error, match="No training image has a shorter side of 500 px"):
        next(iter(Bench().parts(store, scene(survey(store), recipe(**{"synth.smallest": 500})))))
