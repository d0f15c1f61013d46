"""What is measured of images, and the file that keeps it."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from core.images.decode import load_at_least
from core.images.look import part_of
from core.images.measures import (
    FLAWS,
    READ_SIDE,
    Measures,
    empty,
    keys_of,
    load,
    measure,
    measured,
    see,
    write,
)
from core.project import query


def noise(width: int, height: int, seed: int = 0, low: int = 0, high: int = 256) -> Image.Image:
    chance = np.random.default_rng(seed)
    return Image.fromarray(chance.integers(low, high, (height, width, 3), dtype=np.uint8))


def scene(width: int = 200, height: int = 150, seed: int = 0) -> Image.Image:
    """Rectangles and discs with clear edges, at the same places whatever the size."""
    chance = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width] / np.array([height, width]).reshape(2, 1, 1)
    image = np.full((height, width, 3), chance.integers(60, 200, 3), np.uint8)
    for _ in range(12):
        (cx, cy), size = chance.random(2), chance.uniform(0.05, 0.25)
        inside = (
            np.hypot(x - cx, y - cy) < size if chance.random() < 0.5 else np.maximum(abs(x - cx), abs(y - cy)) < size
        )
        image[inside] = chance.integers(0, 256, 3)
    return Image.fromarray(image)


def some(count: int, seed: int = 0) -> Measures:
    hashes = np.random.default_rng(seed).integers(0, 256, (count, 32), dtype=np.uint8)
    return measured(hashes, [see(noise(20, 20, n)) for n in range(count)])


def same(one: Measures, other: Measures) -> bool:
    return all(np.array_equal(value, getattr(other, name)) for name, value in vars(one).items())


def test_brightness_and_contrast() -> None:
    even = see(Image.new("RGB", (40, 30), (51, 51, 51)))
    assert (even.brightness, even.contrast, even.sharpness) == (pytest.approx(0.2), 0.0, 0.0)
    halves = Image.new("L", (100, 100), 0)
    halves.paste(255, (50, 0, 100, 100))
    found = see(halves.convert("RGB"))
    assert found.brightness == pytest.approx(0.5)
    assert found.contrast == 1.0
    specks = Image.new("L", (100, 100), 128)
    specks.putpixel((3, 3), 255)
    assert see(specks.convert("RGB")).contrast == 0.0


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (2, 2), (5000, 3)])
def test_odd_sizes(size: tuple[int, int]) -> None:
    row = measure(noise(*size))
    assert len(row) == 1
    assert np.isfinite(row.look).all()
    assert 0 <= row.sharpness[0] <= 1


def test_sharpness_falls_with_blur_and_hardly_with_size_or_contrast() -> None:
    sharp = scene(480, 360)
    values = [see(sharp.filter(ImageFilter.GaussianBlur(radius))).sharpness for radius in (0, 1, 2, 4)]
    assert values == sorted(values, reverse=True)
    assert values[0] > 0.6
    assert values[-1] < 0.3
    for size in ((720, 540), (1600, 1200)):
        assert see(scene(*size)).sharpness == pytest.approx(values[0], abs=0.06)
    for size in ((320, 240), (160, 120)):
        smaller = sharp.resize(size, Image.Resampling.BILINEAR)
        assert see(smaller).sharpness == pytest.approx(values[0], abs=0.15)
    pale = sharp.point(lambda value: 100 + value // 4)
    assert see(pale).sharpness == pytest.approx(values[0], abs=0.06)


def test_a_draft_is_measured_like_the_whole(tmp_path: Path) -> None:
    file = tmp_path / "large.jpg"
    scene(1600, 1200).save(file, quality=90)
    draft, whole = load_at_least(file, READ_SIDE), Image.open(file).convert("RGB")
    assert draft.width < whole.width
    one, other = measure(draft), measure(whole)
    assert one.brightness == pytest.approx(other.brightness, abs=0.01)
    assert one.sharpness == pytest.approx(other.sharpness, abs=0.1)
    assert int(np.bitwise_count(one.phash ^ other.phash)[0]) <= 2


def test_rows_are_found_by_content(tmp_path: Path) -> None:
    hashes = np.random.default_rng(0).integers(0, 256, (30, 32), dtype=np.uint8)
    sights = [see(Image.new("RGB", (4, 4), (n, n, n))) for n in range(30)]
    measures = measured(hashes, sights)
    assert (np.diff(measures.keys.astype(object)) > 0).all()
    asked = np.concatenate([hashes[[7, 3, 3]], np.zeros((1, 32), np.uint8)])
    rows = measures.rows_of(asked)
    assert rows[3] == -1
    assert np.allclose(measures.brightness[rows[:3]] * 255, [7, 3, 3])
    assert empty().rows_of(asked).tolist() == [-1] * 4
    assert measures.rows_of(asked[:0]).tolist() == []
    assert int(keys_of(np.arange(32, dtype=np.uint8))[0]) == 0x0001020304050607


def test_joining_keeps_order_and_prefers_the_new() -> None:
    old, new = some(20), some(10, seed=1)
    again = measured(np.random.default_rng(0).integers(0, 256, (20, 32), dtype=np.uint8)[:5], [see(noise(9, 9))] * 5)
    both = old.joined(new).joined(again)
    assert len(both) == 30
    assert (both.keys[1:] > both.keys[:-1]).all()
    rows = np.searchsorted(both.keys, again.keys)
    assert (both.brightness[rows] == again.brightness).all()


def test_the_file_gives_back_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "measures.npz"
    assert same(load(path), empty())
    measures = some(12)
    write(path, measures)
    assert same(load(path), measures)
    assert [file.name for file in path.parent.iterdir()] == ["measures.npz"]
    light = load(path, look=False)
    assert light.look.shape == (12, 0)
    assert (light.keys == measures.keys).all()
    write(path, empty())
    assert len(load(path)) == 0


def test_a_damaged_file_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "measures.npz"
    write(path, some(40))
    whole = path.read_bytes()
    chance = np.random.default_rng(0)
    for _ in range(60):
        kind, at = chance.integers(3), int(chance.integers(len(whole)))
        if kind == 0:
            path.write_bytes(whole[:at])
        elif kind == 1:
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        else:
            path.write_bytes(whole[:at] + bytes(100) + whole[at + 100 :])
        assert len(load(path)) in (0, 40)
    for content in (b"", b"nonsense", b"PK\x03\x04"):
        path.write_bytes(content)
        assert len(load(path)) == 0
    path.unlink()
    path.mkdir()
    assert len(load(path)) == 0


def test_a_file_of_another_version_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "measures.npz"
    write(path, some(4))
    with np.load(path) as file:
        arrays = dict(file)
    np.savez(path, **(arrays | {"version": np.array([999, 1])}))
    assert len(load(path)) == 0
    np.savez(path, **(arrays | {"keys": arrays["keys"][::-1]}))
    assert len(load(path)) == 0
    np.savez(path, **(arrays | {"brightness": arrays["brightness"][:2]}))
    assert len(load(path)) == 0
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("keys.npy", b"no array")
    path.write_bytes(stream.getvalue())
    assert len(load(path)) == 0


def test_flaws_by_their_limits() -> None:
    columns = {
        "brightness": np.array([0.05, 0.95, 0.5, 0.5, 0.05, np.nan]),
        "contrast": np.array([0.3, 0.3, 0.01, 0.9, 0.9, np.nan]),
        "sharpness": np.array([0.7, 0.7, 0.0, 0.1, 0.7, np.nan]),
        "width": np.array([100, 100, 100, 100, 500, 8]),
        "height": np.array([100, 100, 100, 100, 100, 100]),
    }
    columns["aspect"] = columns["width"] / columns["height"]
    found = {flaw.word: np.flatnonzero(flaw.of(columns)).tolist() for flaw in FLAWS}
    assert found == {"blank": [2], "dark": [0], "bright": [1], "blurred": [3], "tiny": [5], "odd": [4, 5]}


def test_looks_have_length_one_and_parts() -> None:
    row = measure(scene())
    assert row.look.dtype == np.float16
    assert np.linalg.norm(row.look.astype(np.float32)) == pytest.approx(1, abs=1e-3)
    assert np.linalg.norm(part_of(row.look, slice(0, 72))) == pytest.approx(1, abs=1e-3)
    assert not measure(Image.new("RGB", (50, 50), "grey")).look[:, :72].any()


def test_limits_are_written_as_the_filter_has_them() -> None:
    known = set(query.NUMBERS)
    for flaw in FLAWS:
        fields = {field for one in flaw.any_of for field, _, _ in one}
        if fields <= known:  # brightness and others may be unknown to this project's filters
            assert str(query.parse(flaw.filter)) == flaw.filter
