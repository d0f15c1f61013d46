"""Near duplicates: copies are found, digits that resemble each other are none."""

import csv
import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageEnhance

from core.images import alike, look
from core.images.alike import Pairs
from core.images.idx import read_idx
from tests.core.images.test_measures import scene

Squares = npt.NDArray[np.uint8]


def square(image: Image.Image) -> Squares:
    return np.asarray(image.convert("RGB").resize((32, 32), Image.Resampling.BILINEAR), np.uint8)


def pairs_of(squares: Squares, sides: Sequence[int] | None = None) -> Pairs:
    """The pairs of copies among images, as the job finds them."""
    everything = np.ones(len(squares), np.bool_)
    hashes, looks = look.perceptual_hashes(squares), look.looks(squares)
    pairs = np.concatenate(list(alike.candidates(hashes, looks, everything)))
    grey = np.stack([np.asarray(Image.fromarray(one).convert("L")) for one in squares])
    return pairs[alike.same_gradients(pairs, grey, np.array([64] * len(squares) if sides is None else sides))]


def recompressed(image: Image.Image, quality: int = 60) -> Image.Image:
    stream = io.BytesIO()
    image.convert("RGB").save(stream, "JPEG", quality=quality)
    return Image.open(stream)


def scaled(image: Image.Image, factor: float) -> Image.Image:
    return image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.BICUBIC)


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "recompressed": recompressed,
    "larger": lambda image: scaled(image, 1.5),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.15),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.7),
    "flatter": lambda image: ImageEnhance.Contrast(image).enhance(0.7),
    "grey": lambda image: image.convert("L"),
}


@pytest.mark.parametrize("kind", [*COPIES, "smaller"])
def test_copies_of_drawings_are_found_and_nothing_else(kind: str) -> None:
    change = COPIES.get(kind, lambda image: scaled(image, 0.5))
    drawings = [scene(seed=seed) for seed in range(40)]
    squares = np.stack([square(image) for image in [*drawings, *map(change, drawings)]])
    found = set(map(tuple, pairs_of(squares).tolist()))
    right = {(n, n + 40) for n in range(40)}
    assert found <= right
    assert len(found) >= 37


def test_candidates_are_those_of_comparing_all_with_all() -> None:
    chance = np.random.default_rng(0)
    hashes = chance.integers(0, 2**64, 300, dtype=np.uint64)
    for _ in range(3):
        flipped = np.uint64(1) << chance.integers(0, 64, (len(hashes), 2), dtype=np.uint64)
        hashes = np.concatenate([hashes, hashes ^ flipped[:, 0] ^ flipped[:, 1]])
    hashes = np.concatenate([hashes, hashes[:50]])
    among = chance.random(len(hashes)) < 0.9
    looks = np.ones((len(hashes), look.DIMENSIONS), np.float16)
    found = np.concatenate(list(alike.candidates(hashes, looks, among)))
    bits = np.bitwise_count(hashes[:, None] ^ hashes[None])
    expected = np.argwhere(np.triu((bits <= alike.DISTANCE) & among[:, None] & among[None], 1))
    assert len(found) == len(expected) > 2000
    assert set(map(tuple, found.tolist())) == set(map(tuple, expected.tolist()))


def test_there_are_as_many_parts_as_promised() -> None:
    for count in (0, 1, 5):
        looks = np.ones((count, look.DIMENSIONS), np.float16)
        parts = list(alike.candidates(np.zeros(count, np.uint64), looks, np.ones(count, np.bool_)))
        assert len(parts) == alike.TABLES
        assert sum(map(len, parts)) == count * (count - 1) // 2


def test_thousands_of_equal_hashes_are_joined_without_comparing_all() -> None:
    count = 3000
    looks = np.ones((count, look.DIMENSIONS), np.float16)
    pairs = np.concatenate(list(alike.candidates(np.zeros(count, np.uint64), looks, np.ones(count, np.bool_))))
    assert len(pairs) < 100 * count
    assert alike.clusters(pairs, count).tolist() == [0] * count


def test_clusters_by_chains() -> None:
    pairs = np.array([[1, 4], [4, 5], [2, 7]])
    assert alike.clusters(pairs, 9).tolist() == [-1, 0, 1, -1, 0, 0, -1, 1, -1]
    none = np.zeros((0, 2), np.int64)
    assert alike.clusters(none, 2).tolist() == [-1, -1]
    assert alike.clusters(none, 0).tolist() == []


def test_same_content_shared_and_conflicting() -> None:
    content = np.zeros((6, 32), np.uint8)
    content[[1, 3], 31] = 1
    content[4, 0] = 7
    groups = alike.same_content(content)
    assert groups.tolist() == [0, 1, 0, 1, -1, 0]
    everything = np.ones(6, np.bool_)
    assert alike.shared(groups, everything).tolist() == [True, True, True, True, False, True]
    but_one = np.array([True, True, True, False, True, True])
    assert alike.shared(groups, but_one).tolist() == [True, False, True, False, False, True]
    labels = np.array([2, 0, 2, 1, 0, -1])
    assert alike.conflicting(groups, labels, everything).tolist() == [False, True, False, True, False, False]
    assert not alike.conflicting(groups, labels, but_one).any()
    labels[0] = 3
    assert alike.conflicting(groups, labels, everything)[[0, 2, 5]].all()
    alone = np.full(3, -1)
    assert not alike.shared(alone, everything[:3]).any()
    assert not alike.shared(np.array([0, 1, 2]), np.array([True, True, False])).any()
    assert not alike.conflicting(alone, labels[:3], everything[:3]).any()
    assert alike.same_content(content[:0]).tolist() == []


def digits(shared_data: Path, count: int) -> tuple[Squares, npt.NDArray[np.uint8]]:
    if not (shared_data / "mnist").is_dir():
        pytest.skip("MNIST is absent in ../shared/data")
    found = read_idx(shared_data / "mnist" / "train-images-idx3-ubyte.gz")[:count]
    labels = read_idx(shared_data / "mnist" / "train-labels-idx1-ubyte.gz")[:count]
    return np.stack([square(Image.fromarray(one)) for one in found]), labels


def wild(shared_data: Path, step: int) -> tuple[list[Image.Image], npt.NDArray[np.int64], list[str]]:
    """Photos of digits, their labels and groups."""
    archive = shared_data / "wild-digits" / "wild-digits.zip"
    if not archive.is_file():
        pytest.skip("the wild digits are absent in ../shared/data")
    with zipfile.ZipFile(archive) as opened:
        table = csv.DictReader(io.StringIO(opened.read("wild-digits/manifest.csv").decode("utf-8-sig")))
        rows = list(table)[::step]
        images = [Image.open(io.BytesIO(opened.read(f"wild-digits/{row['file']}"))).convert("RGB") for row in rows]
    return images, np.array([int(row["label"]) for row in rows]), [f"{row['source']} {row['group']}" for row in rows]


def test_few_digits_of_mnist_are_taken_for_copies(shared_data: Path) -> None:
    squares, labels = digits(shared_data, 10_000)
    pairs = pairs_of(squares)
    assert (labels[pairs[:, 0]] == labels[pairs[:, 1]]).all()
    assert len(np.unique(pairs)) < 50
    again = np.stack([square(recompressed(Image.fromarray(one), 75)) for one in squares[:300]])
    copies = pairs_of(np.concatenate([squares[:300], again]))
    assert len(set(map(tuple, copies.tolist())) & {(n, n + 300) for n in range(300)}) >= 297


def test_copies_of_photos_of_digits_are_found(shared_data: Path) -> None:
    images, _, _ = wild(shared_data, 16)
    originals = [square(image) for image in images]
    count = len(originals)
    for kind, change in {**COPIES, "smaller": lambda image: scaled(image, 0.7)}.items():
        copies = [change(image) for image in images]
        sides = [min(image.size) for image in (*images, *copies)]
        pairs = pairs_of(np.stack([*originals, *map(square, copies)]), sides)
        found = set(map(tuple, pairs.tolist())) & {(n, n + count) for n in range(count)}
        assert len(found) >= 0.93 * count, f"{kind}: {len(found)} of {count}"


def nearest_right(squares: Squares, labels: npt.NDArray[np.int64], groups: npt.NDArray[np.int64]) -> float:
    """The share of every fourth image whose class most of the five nearest others of other groups have."""
    vectors = look.looks(squares).astype(np.float32)
    asked = np.arange(0, len(vectors), 4)
    likeness = vectors[asked] @ vectors.T
    likeness[groups[asked][:, None] == groups[None]] = -2
    near = labels[np.argpartition(-likeness, 5, axis=1)[:, :5]]
    said = np.array([np.bincount(row).argmax() for row in near])
    return float((said == labels[asked]).mean())


def test_neighbours_by_look_have_the_same_class(shared_data: Path) -> None:
    squares, labels = digits(shared_data, 4000)
    assert nearest_right(squares, labels.astype(np.int64), np.arange(len(labels))) > 0.92
    images, classes, groups = wild(shared_data, 1)
    numbers = np.unique(groups, return_inverse=True)[1]
    assert nearest_right(np.stack([square(image) for image in images]), classes, numbers) > 0.66
