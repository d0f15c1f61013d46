import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.augment import mix, preview
from core.augment.normalize import shown
from core.augment.preview import Candidates, Outlook, Picture, Prints, Scene, Sheet, Shelf, Steps
from core.augment.sample import digest, samples
from core.images.decode import Unreadable
from core.images.packed import pack
from core.project import edits
from core.project.catalog import NewImage, add_images
from core.project.store import Store
from core.recipe import Augment, Recipe, make

CLASSES = ("0", "1", "2")
SIDE = 32


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Twelve photos of three classes in odd sizes, all for training but the last three."""
    folder = tmp_path / "photos"
    folder.mkdir()
    draw = np.random.default_rng(0)
    found = []
    for n in range(12):
        file = folder / f"{n:02}.{'jpg' if n % 2 else 'png'}"
        coarse = Image.fromarray(draw.integers(0, 256, (7, 9, 3), np.uint8))
        coarse.resize((90 + n, 70 + 3 * n), Image.Resampling.BICUBIC).save(file)
        body = file.read_bytes()
        found.append(
            NewImage(
                path=file.name.encode(),
                content_hash=hashlib.sha256(body).digest(),
                width=90 + n,
                height=70 + 3 * n,
                byte_size=len(body),
                modified_ns=file.stat().st_mtime_ns,
                label=CLASSES[n % 3],
                split="val" if n >= 9 else "train",
            )
        )
    with Store.create(tmp_path / "project") as store:
        add_images(store, folder, found)
        yield store


def recipe(**augment: object) -> Recipe:
    off = {name: {"enabled": False} for name, _ in Augment().operations()}
    return make({"data": {"image_size": SIDE, "stored_size": 48}, "augment": {**off, **augment}})


BUSY = {
    "rotation": {"enabled": True, "degrees": (-40, 40)},
    "jitter": {"enabled": True},
    "noise": {"enabled": True},
    "erasing": {"enabled": True, "probability": 0.5},
}


def scene(store: Store, *recipes: Recipe, ids: list[int] | None = None, **more: object) -> Scene:
    among = preview.candidates(store)
    chosen = preview.pictures(store, ids or preview.one_of_each(among, 0, 3))
    return Scene(recipes, tuple(chosen), preview.crowd(among), (3, 4), **more)  # type: ignore[arg-type]


def found(scene: Scene, shelf: Shelf | None = None) -> dict[type, object]:
    return {type(part): part for part in preview.parts(scene, shelf or Shelf())}


def test_the_stored_pixels_are_those_of_the_packed_file(store: Store) -> None:
    pictures = preview.pictures(store, range(1, 13))
    hashes = np.stack([np.frombuffer(picture.content_hash, np.uint8) for picture in pictures])
    job = pack(store.paths, hashes, [picture.path for picture in pictures], 48)
    try:
        while True:
            next(job)
    except StopIteration as end:
        packed = end.value
    shelf = Shelf()
    for picture, row in zip(pictures, packed.rows, strict=True):
        assert (shelf.square(picture, 48) == packed.pixels[row]).all()


def test_a_file_that_changed_since_its_import_is_told_and_read_again_on_demand(store: Store) -> None:
    (picture,) = preview.pictures(store, [1])
    body, shelf = picture.path.read_bytes(), Shelf()
    picture.path.write_bytes(body + b" ")
    with pytest.raises(Unreadable, match="changed since it was imported"):
        shelf.square(picture, 48)
    picture.path.write_bytes(body)
    with pytest.raises(Unreadable):
        shelf.square(picture, 48)
    shelf.try_again()
    assert shelf.square(picture, 48).shape == (48, 48, 3)


def test_the_shelf_forgets_what_was_not_used_for_longest(store: Store) -> None:
    one, two, three = preview.pictures(store, [1, 2, 3])
    shelf = Shelf(most=2 * 48 * 48 * 3)
    first = shelf.square(one, 48)
    second = shelf.square(two, 48)
    assert shelf.square(one, 48) is first
    shelf.square(three, 48)
    assert shelf.square(one, 48) is first
    assert shelf.square(two, 48) is not second


def test_candidates_are_labelled_training_images(store: Store) -> None:
    among = preview.candidates(store)
    assert among.ids.tolist() == list(range(1, 10))
    assert among.classes == CLASSES
    assert preview.candidates(store, "class:2").labels.tolist() == [2, 2, 2]
    edits.reject(store, [1], True)
    assert 1 not in preview.candidates(store).ids


def test_one_of_each_class_goes_through_the_classes_and_then_to_other_images() -> None:
    among = Candidates(np.arange(1, 9), np.array([0, 0, 1, 1, 1, 3, 3, 3]), ("a", "b", "none of it", "c"))
    label = dict(zip(among.ids.tolist(), among.labels.tolist(), strict=True))
    draws = [preview.one_of_each(among, draw, 2) for draw in range(3)]
    assert [[label[id] for id in ids] for ids in draws] == [[0, 1], [3, 0], [1, 3]]
    assert draws[1][1] != draws[0][0]
    assert preview.one_of_each(among, 0, 2) == draws[0]
    assert len(preview.one_of_each(among, 0, 5)) == 3


def test_random_images_differ_from_draw_to_draw() -> None:
    among = Candidates(np.arange(1, 101), np.zeros(100, np.int64), ("a",))
    first, second = preview.at_random(among, 0, 5), preview.at_random(among, 1, 5)
    assert first != second
    assert len(set(first)) == 5
    assert preview.at_random(among, 0, 5) == first


def test_the_sheet_shows_the_samples_of_training(store: Store) -> None:
    busy = recipe(**BUSY)
    asked = scene(store, busy)
    parts = found(asked)
    sheet, prints = parts[Sheet], parts[Prints]
    assert isinstance(sheet, Sheet)
    assert isinstance(prints, Prints)
    assert [(tile.picture.id, tile.epoch) for tile in sheet.tiles] == [
        (picture.id, epoch) for picture in asked.pictures for epoch in (3, 4)
    ]
    shelf = Shelf()
    for at, tile in enumerate(sheet.tiles):
        stored = shelf.square(tile.picture, 48)[None]
        alone, _ = samples(
            stored, np.array([tile.picture.id]), np.array([tile.picture.label]), CLASSES, busy, tile.epoch
        )
        assert prints.digests[at] == digest(alone[0])
        assert (sheet.pixels[at] == shown(alone, "imagenet")[0]).all()


def test_two_recipes_lie_side_by_side(store: Store) -> None:
    still, busy = recipe(), recipe(**BUSY)
    parts = found(scene(store, still, busy))
    sheet, prints = parts[Sheet], parts[Prints]
    assert isinstance(sheet, Sheet)
    assert isinstance(prints, Prints)
    assert [(tile.which, tile.epoch) for tile in sheet.tiles[: sheet.columns]] == [(0, 3), (0, 4), (1, 3), (1, 4)]
    assert prints.digests[0] == prints.digests[1]  # nothing happens in any epoch
    assert len({prints.digests[at] for at in range(1, 4)}) == 3


def test_one_sample_comes_step_by_step_and_in_words(store: Store) -> None:
    parts = found(scene(store, recipe(**BUSY), chosen=3))
    steps = parts[Steps]
    sheet = parts[Sheet]
    assert isinstance(steps, Steps)
    assert isinstance(sheet, Sheet)
    assert [title for title, _ in steps.stages] == [
        "Original",
        "Geometry",
        "Colour",
        "Blur and noise",
        "Erased",
        "Normalised",
    ]
    assert (steps.stages[4][1] == sheet.pixels[3]).all()
    assert "Rotation" in dict(steps.told)


def test_pairs_are_mixed_as_training_mixes_a_batch(store: Store) -> None:
    mixing = recipe(mixup={"enabled": True, "probability": 0.2, "alpha": 1.0})
    asked = scene(store, mixing, pairs=True)
    plain, mixed = found(scene(store, mixing))[Sheet], found(asked)[Sheet]
    assert isinstance(plain, Sheet)
    assert isinstance(mixed, Sheet)
    assert {tile.mixing for tile in plain.tiles} == {None}
    tile = mixed.tiles[2]
    assert tile.mixing is not None
    assert (tile.label, tile.partner) == (asked.pictures[1].label, asked.pictures[0].label)
    own, partner = (plain.pixels[at].astype(float) for at in (2, 0))
    expected = own * tile.mixing.share + partner * (1 - tile.mixing.share)
    assert np.abs(mixed.pixels[2] - expected).max() <= 1
    steps = range(1, 200)
    drawn = [mix.draw_mixing(mixing.augment, mixing.seed, 3, step, SIDE) for step in steps]
    assert tile.mixing == next(one for one in drawn if one is not None)


def test_the_outlook_names_what_hides_most(store: Store) -> None:
    crop = {"enabled": True, "area": (0.05, 0.2)}
    outlook = found(scene(store, recipe(crop=crop, rotation={"enabled": True})))[Outlook]
    assert isinstance(outlook, Outlook)
    assert outlook.samples == 9
    assert outlook.lost > 0.5
    assert outlook.cause == "crop"
    calm = found(scene(store, recipe()))[Outlook]
    assert calm == Outlook(9, 0.0, "", 0.0)
    harsh = found(scene(store, recipe(jitter={"enabled": True, "brightness": (3, 3)})))[Outlook]
    assert isinstance(harsh, Outlook)
    assert harsh.clipped > 0.2


def test_an_image_that_cannot_be_read_is_left_out_and_told(store: Store) -> None:
    broken = preview.pictures(store, [2])[0]
    broken.path.write_bytes(b"")
    sheet = found(scene(store, recipe(), ids=[1, 2, 3]))[Sheet]
    assert isinstance(sheet, Sheet)
    assert [tile.picture.id for tile in sheet.tiles] == [1, 1, 3, 3]
    assert [problem.name for problem in sheet.skipped] == [broken.name]
    none = found(scene(store, recipe(), ids=[2]))
    assert list(none) == [Sheet]


def test_only_leaves_one_operation() -> None:
    left = preview.only(Augment(), "jitter")
    assert [name for name, operation in left.operations() if operation.used] == ["jitter"]


def test_an_image_without_a_label_can_be_shown(store: Store) -> None:
    edits.label(store, [4], None)
    (picture,) = preview.pictures(store, [4])
    assert isinstance(picture, Picture)
    assert picture.label == -1
    assert len(found(scene(store, recipe(**BUSY), ids=[4]))) == 3
