import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from core.errors import Error
from core.events import Progress, Stage
from core.importers import import_path
from core.project import edits
from core.project.records import classes as classes_of
from core.project.records import columns, image
from core.project.store import Store
from core.synth import mnist
from core.synth.digits import SIDE, digits
from core.synth.stamps import LARGE_SIDE, Stamps, load, reading

DIGITS = tuple("0123456789")
Finish = Callable[[Any], Any]


def _digit_files(folder: Path, count: int = 20) -> NDArray[np.uint8]:
    """`count` images of 28 px with a bar that begins at a column of their own, labelled 0 to 9 by turns."""
    folder.mkdir(parents=True)
    images = np.zeros((count, 28, 28), np.uint8)
    for i in range(count):
        images[i, 4:24, 2 + i : 6 + i] = 255
    labels = (np.arange(count) % 10).astype(np.uint8)
    (folder / "train-images-idx3-ubyte").write_bytes(b"\0\0\x08\3" + struct.pack(">3I", *images.shape) + bytes(images))
    (folder / "train-labels-idx1-ubyte").write_bytes(b"\0\0\x08\1" + struct.pack(">I", count) + bytes(labels))
    return images


def _transparent(size: tuple[int, int], box: tuple[int, int, int, int]) -> Image.Image:
    picture = Image.new("RGBA", size, (255, 0, 0, 0))
    ImageDraw.Draw(picture).rectangle(box, fill=(255, 0, 0, 255))
    return picture


def _plain(size: tuple[int, int], box: tuple[int, int, int, int]) -> Image.Image:
    """Dark blue on slightly noisy beige."""
    noise = np.random.default_rng(0).normal(0, 3, (size[1], size[0], 3))
    picture = Image.fromarray(np.clip(np.array([230, 220, 200]) + noise, 0, 255).astype(np.uint8))
    ImageDraw.Draw(picture).ellipse(box, fill=(20, 30, 90))
    return picture


def _photo() -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (40, 40, 3), np.uint8))


@pytest.fixture
def signs(tmp_path: Path, finish: Finish) -> Path:
    """A project of two classes, bar (transparent) and disc (plain), and images that cannot be stamps."""
    folder = tmp_path / "files"
    for name in ("bar", "disc", "star"):
        (folder / name).mkdir(parents=True)
    _transparent((40, 60), (2, 30, 21, 39)).save(folder / "bar" / "a.png")
    _transparent((10, 10), (0, 0, 4, 9)).save(folder / "bar" / "b.png")
    _plain((50, 40), (5, 5, 24, 24)).save(folder / "disc" / "c.jpg", quality=90)
    _photo().save(folder / "disc" / "d.png")
    Image.new("RGB", (30, 30), "white").save(folder / "disc" / "e.png")
    Image.new("RGBA", (31, 31), (0, 0, 0, 0)).save(folder / "bar" / "f.png")
    _plain((44, 44), (9, 9, 30, 30)).save(folder / "star" / "g.png")
    with Store.create(tmp_path / "signs") as store:
        finish(import_path(store, folder))
    return tmp_path / "signs"


def _middle(stamp: NDArray[np.uint8]) -> tuple[float, float]:
    y, x = np.nonzero(stamp > 128)
    return float(y.min() + y.max()) / 2, float(x.min() + x.max()) / 2


def test_scikit_learns_digits() -> None:
    stamps = load("scikit-learn", DIGITS)
    assert stamps.pixels is digits()[0]
    assert np.array_equal(stamps.labels, digits()[1])
    assert stamps.name(812) == "scikit-learn digit 812"


def test_labels_follow_the_order_of_the_classes() -> None:
    classes = ("cat", *reversed(DIGITS))
    stamps = load("scikit-learn", classes)
    assert [classes[label] for label in stamps.labels] == [str(digit) for digit in digits()[1]]


def test_missing_classes_of_digits_are_named() -> None:
    with pytest.raises(Error, match="no class 3, 8"):
        load("scikit-learn", [name for name in DIGITS if name not in "38"])


def test_a_folder_of_mnists_files(tmp_path: Path) -> None:
    scans = _digit_files(tmp_path / "mine")
    stamps = load(str(tmp_path / "mine"), DIGITS)
    assert stamps.pixels.shape == (20, SIDE, SIDE)
    assert stamps.labels.tolist() == [*range(10), *range(10)]
    assert stamps.name(7) == "train 7 of mine"
    # Stretched with a margin of 1 px, so that 30 scanned px become SIDE.
    ink = stamps.pixels.reshape(20, -1).sum(1) / 255
    assert np.allclose(ink, scans.reshape(20, -1).sum(1) / 255 * (SIDE / 30) ** 2, rtol=0.02)
    steps = np.abs(np.diff(stamps.pixels.astype(int), axis=2))
    assert steps.max() < 200  # a jump of the scan is spread over several px


def test_new_files_in_the_folder_are_noticed(tmp_path: Path) -> None:
    _digit_files(tmp_path / "mine")
    before = load(str(tmp_path / "mine"), DIGITS)
    assert load(str(tmp_path / "mine"), DIGITS).pixels is before.pixels
    for file in (tmp_path / "mine").iterdir():
        file.unlink()
    (tmp_path / "mine").rmdir()
    _digit_files(tmp_path / "mine", count=10)
    assert len(load(str(tmp_path / "mine"), DIGITS).pixels) == 10


def test_mnist_is_read_from_the_cache_folder() -> None:
    with pytest.raises(Error, match="not on this computer") as told:
        load("mnist", DIGITS)
    assert "core synth download" in told.value.hint
    _digit_files(mnist.folder())
    stamps = load("mnist", DIGITS)
    assert (stamps.origin, stamps.name(3)) == ("MNIST", "MNIST train 3")


def test_the_real_mnist(shared_data: Path) -> None:
    if not (shared_data / "mnist").is_dir():
        pytest.skip("the real MNIST beside the repository (../shared/data/mnist) is absent")
    stamps = load(str(shared_data / "mnist"), DIGITS)
    assert stamps.pixels.shape == (60000, SIDE, SIDE)
    assert stamps.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert load(str(shared_data / "mnist"), DIGITS).pixels is stamps.pixels


def test_a_project_gives_what_lies_on_transparent_and_plain_ground(signs: Path) -> None:
    stamps = load(str(signs), ("disc", "bar"))
    names = _files(signs, stamps)
    assert sorted(names) == ["bar/a.png", "bar/b.png", "disc/c.jpg"]
    assert [("disc", "bar")[label] for label in stamps.labels] == [name.split("/")[0] for name in names]
    assert stamps.name(0) == f"image {stamps.numbers[0]} of signs"
    assert stamps.pixels.shape == (3, SIDE, SIDE)
    for stamp in stamps.pixels:
        assert stamp.max() > 240
        assert np.concatenate([stamp[0], stamp[-1], stamp[:, 0], stamp[:, -1]]).max() < 10
        assert _middle(stamp) == pytest.approx((SIDE / 2, SIDE / 2), abs=1.5)


def test_shapes_keep_their_proportions(signs: Path) -> None:
    stamps = load(str(signs), ("bar", "disc"))
    by_name = dict(zip(_files(signs, stamps), stamps.pixels, strict=True))
    bar = by_name["bar/a.png"] > 128
    assert bar.any(axis=0).sum() == pytest.approx(0.8 * SIDE, abs=2)  # 20 px wide and 10 high
    assert bar.any(axis=1).sum() == pytest.approx(0.4 * SIDE, abs=2)
    disc = by_name["disc/c.jpg"] > 128
    assert disc.sum() == pytest.approx(np.pi / 4 * (0.8 * SIDE) ** 2, rel=0.08)


def test_large_shapes_give_large_stamps(signs: Path, tmp_path: Path, finish: Finish) -> None:
    (tmp_path / "more" / "bar").mkdir(parents=True)
    _transparent((3000, 900), (100, 100, 2900, 500)).save(tmp_path / "more" / "bar" / "large.png")
    with Store.open(signs) as store:
        finish(import_path(store, tmp_path / "more"))
    stamps = load(str(signs), ("bar", "disc"))
    assert stamps.pixels.shape == (4, LARGE_SIDE, LARGE_SIDE)


def test_rejected_and_held_out_images_are_no_stamps(signs: Path) -> None:
    with Store.open(signs) as store:
        by_name = {image(store, int(id)).name: int(id) for id in columns(store).ids}
        edits.set_split(store, {by_name["bar/a.png"]: "val", by_name["bar/b.png"]: "train"})
        edits.reject(store, [by_name["disc/c.jpg"]])
    assert _files(signs, load(str(signs), ("bar", "disc"))) == ["bar/b.png"]


def test_a_project_without_usable_images_is_told(signs: Path, finish: Finish, tmp_path: Path) -> None:
    with pytest.raises(Error, match="signs has no labelled images of cat, dog"):
        load(str(signs), ("cat", "dog"))
    (tmp_path / "photos" / "cat").mkdir(parents=True)
    _photo().save(tmp_path / "photos" / "cat" / "a.png")
    with Store.create(tmp_path / "wild") as store:
        finish(import_path(store, tmp_path / "photos"))
        assert [known.name for known in classes_of(store)] == ["cat"]
    with pytest.raises(Error, match="None of the 1 labelled images of wild"):
        load(str(tmp_path / "wild"), ("cat",))


def test_many_images_are_thinned_evenly(signs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.synth.stamps.MOST", 2)
    with Store.open(signs, write=False) as store:
        ids = columns(store).ids.tolist()
    assert set(load(str(signs), ("bar", "disc", "star")).numbers.tolist()) <= {ids[0], ids[-1]}


def test_an_image_that_vanished_is_left_out(signs: Path, tmp_path: Path) -> None:
    (tmp_path / "files" / "bar" / "a.png").unlink()
    assert "bar/a.png" not in _files(signs, load(str(signs), ("bar", "disc")))


def test_what_is_neither_is_told(tmp_path: Path) -> None:
    with pytest.raises(Error, match="no folder") as told:
        load(str(tmp_path / "nowhere"), DIGITS)
    assert "scikit-learn, mnist" in told.value.hint
    with pytest.raises(Error, match="no train-images-idx3-ubyte"):
        load(str(tmp_path), DIGITS)


def test_shared_arrays_are_read_only_and_threads_agree(signs: Path, tmp_path: Path) -> None:
    _digit_files(tmp_path / "mine")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: load(str(tmp_path / "mine"), DIGITS), range(8)))
    assert all(stamps.pixels is found[0].pixels for stamps in found)
    for stamps in (found[0], load(str(signs), ("bar", "disc"))):
        assert not any(a.flags.writeable for a in (stamps.pixels, stamps.labels, stamps.numbers))


def test_reading_tells_how_far_it_is_and_may_be_closed(signs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.synth.stamps._TOLD", 1)
    monkeypatch.setattr("core.synth.stamps._cuts", {})
    stopped = reading(str(signs), ("bar", "disc"))
    assert [type(next(stopped)), type(next(stopped))] == [Stage, Progress]
    stopped.close()
    events = list(reading(str(signs), ("bar", "disc")))
    done = [event for event in events if isinstance(event, Progress)]
    assert done[-1].done == done[-1].total == len(done)
    assert not list(reading(str(signs), ("bar", "disc")))  # remembered


def _files(root: Path, stamps: Stamps) -> list[str]:
    with Store.open(root, write=False) as store:
        return [image(store, int(number)).name for number in stamps.numbers]
