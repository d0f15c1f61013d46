"""One loader for every kind of file: its pixels, its refusals, and no warnings (the test run makes them errors)."""

import contextlib
import io
import os
import random
import struct
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from core.images.decode import Header, Unreadable, check, inspect, load, load_alpha, load_at_least


def pixel(path: Path, at: tuple[int, int] = (0, 0)) -> tuple[int, ...]:
    image = load(path)
    assert image.mode == "RGB"
    value = image.getpixel(at)
    assert isinstance(value, tuple)
    return value


def corner(width: int = 40, height: int = 20) -> Image.Image:
    """White with a red mark in the upper left corner."""
    image = Image.new("RGB", (width, height), "white")
    image.paste((255, 0, 0), (0, 0, 8, 8))
    return image


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb_png(width: int, height: int) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("deep", [np.uint16, np.int32, np.float32])
def test_deep_grey_is_scaled_not_clipped(tmp_path: Path, deep: type) -> None:
    path = tmp_path / "deep.tif"
    values = np.array([[0, 30000, 65535]], dtype=deep)
    Image.fromarray(values).save(path)
    assert [pixel(path, (x, 0))[0] for x in range(3)] == [0, 117, 255]


def test_16_bit_grey_png(tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    Image.fromarray(np.full((4, 4), 30000, dtype=np.uint16)).save(path)
    assert pixel(path) == (117, 117, 117)
    assert check(path) == Header(4, 4, "PNG")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.0, 128.0, 255.0], [0, 128, 255]),
        ([-1.0, 0.0, 1.0], [0, 128, 255]),
        ([float("nan"), 1.0, float("inf")], [0, 255, 0]),
        ([7.0, 7.0, 7.0], [7, 7, 7]),
        ([-7.0, -7.0, -7.0], [0, 0, 0]),
        ([-3e38, 0.0, 3e38], [0, 128, 255]),
    ],
)
def test_float_tiff_is_scaled(tmp_path: Path, values: list[float], expected: list[int]) -> None:
    path = tmp_path / "float.tif"
    Image.fromarray(np.array([values], dtype=np.float32)).save(path)
    assert [pixel(path, (x, 0))[0] for x in range(3)] == expected


def test_transparency_is_laid_on_white(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    clear.putpixel((1, 0), (255, 0, 0, 255))
    clear.putpixel((2, 0), (0, 0, 0, 128))
    clear.save(tmp_path / "rgba.png")
    assert [pixel(tmp_path / "rgba.png", (x, 0)) for x in range(3)] == [(255,) * 3, (255, 0, 0), (127,) * 3]

    palette = Image.new("P", (4, 4), 1)
    palette.putpalette([0, 0, 0, 0, 0, 255])
    palette.putpixel((1, 0), 0)
    palette.save(tmp_path / "palette.png", transparency=b"\x00\xff")
    assert [pixel(tmp_path / "palette.png", (x, 0)) for x in range(2)] == [(0, 0, 255), (255, 255, 255)]

    grey = Image.new("LA", (4, 4), (0, 0))
    grey.save(tmp_path / "grey.png")
    assert pixel(tmp_path / "grey.png") == (255, 255, 255)

    keyed = Image.new("RGB", (4, 4), (9, 9, 9))
    keyed.save(tmp_path / "keyed.png", transparency=(9, 9, 9))
    assert pixel(tmp_path / "keyed.png") == (255, 255, 255)


def test_opacity_is_turned_and_absent_where_there_is_none(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    half = Image.new("RGBA", (4, 2), (9, 9, 9, 255))
    half.putpixel((0, 0), (9, 9, 9, 100))
    half.save(tmp_path / "turned.png", exif=exif)
    alpha = load_alpha(tmp_path / "turned.png")
    assert alpha is not None
    assert (alpha.mode, alpha.size) == ("L", load(tmp_path / "turned.png").size)
    assert np.argwhere(np.asarray(alpha) == 100).tolist() == [[0, 1]]
    palette = Image.new("P", (3, 1))
    palette.putdata([0, 1, 1])
    palette.save(tmp_path / "palette.gif", transparency=1)
    clear = load_alpha(tmp_path / "palette.gif")
    assert clear is not None
    assert np.asarray(clear).tolist() == [[255, 0, 0]]
    Image.new("RGB", (3, 3)).save(tmp_path / "opaque.png")
    assert load_alpha(tmp_path / "opaque.png") is None
    Image.fromarray(np.zeros((3, 3), np.uint16)).save(tmp_path / "deep.png", transparency=0)
    assert load_alpha(tmp_path / "deep.png") is None
    with pytest.raises(Unreadable):
        load_alpha(tmp_path / "nowhere.png")


def test_one_bit_and_grey_and_palette(tmp_path: Path) -> None:
    Image.new("1", (9, 9), 1).save(tmp_path / "bit.png")
    Image.new("L", (9, 9), 77).save(tmp_path / "grey.jpg", quality=100)
    Image.new("P", (9, 9), 0).save(tmp_path / "palette.gif")
    assert pixel(tmp_path / "bit.png") == (255, 255, 255)
    assert pixel(tmp_path / "grey.jpg") == (77, 77, 77)
    assert load(tmp_path / "palette.gif").mode == "RGB"


def test_cmyk_jpeg(tmp_path: Path) -> None:
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(tmp_path / "ink.jpg", quality=100)
    red, green, blue = pixel(tmp_path / "ink.jpg")
    assert red > 240
    assert green < 15
    assert blue < 15


def test_lab_tiff(tmp_path: Path) -> None:
    Image.new("LAB", (8, 8), (255, 128, 128)).save(tmp_path / "lab.tif")
    assert min(pixel(tmp_path / "lab.tif")) > 250


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_exif_turns_are_applied_once(tmp_path: Path, orientation: int, suffix: str) -> None:
    path = tmp_path / f"turned.{suffix}"
    exif = Image.Exif()
    exif[0x0112] = orientation
    corner().save(path, exif=exif, quality=95, lossless=True)
    image = load(path)
    size = (20, 40) if orientation >= 5 else (40, 20)
    assert image.size == size
    assert inspect(path) == Header(*size, {"jpg": "JPEG", "tif": "TIFF"}.get(suffix, suffix.upper()))
    assert check(path) == inspect(path)
    corners = {"left top": (2, 2), "right top": (-3, 2), "right bottom": (-3, -3), "left bottom": (2, -3)}
    marks = [
        "left top",
        "right top",
        "right bottom",
        "left bottom",
        "left top",
        "right top",
        "right bottom",
        "left bottom",
    ]
    for name, (x, y) in corners.items():
        red, green, _ = pixel(path, (x % size[0], y % size[1]))
        assert (red - green > 100) == (name == marks[orientation - 1]), name


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "tif"])
def test_animated_pictures_give_their_first_frame(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"moving.{suffix}"
    frames = [Image.new("RGB", (12, 8), colour) for colour in ("red", "blue", "lime")]
    frames[0].save(path, save_all=True, append_images=frames[1:], lossless=True)
    red, green, blue = pixel(path)
    assert red > 240
    assert green + blue < 20
    assert check(path).width == 12


def test_embedded_profile_becomes_srgb(tmp_path: Path) -> None:
    colour = (200, 60, 60)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("RGB", (8, 8), colour).save(tmp_path / "srgb.png", icc_profile=srgb)
    Image.new("RGB", (8, 8), colour).save(tmp_path / "broken.png", icc_profile=b"no profile" * 20)
    Image.new("RGB", (8, 8), colour).save(tmp_path / "swapped.png", icc_profile=_with_red_and_blue_swapped(srgb))
    assert pixel(tmp_path / "srgb.png") == colour
    assert pixel(tmp_path / "broken.png") == colour
    swapped = pixel(tmp_path / "swapped.png")
    assert swapped[2] > 190
    assert swapped[0] < 70


def _with_red_and_blue_swapped(profile: bytes) -> bytes:
    swap = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}
    tags = bytearray(profile)
    for index in range(struct.unpack(">I", tags[128:132])[0]):
        at = 132 + 12 * index
        tags[at : at + 4] = swap.get(bytes(tags[at : at + 4]), bytes(tags[at : at + 4]))
    # Another description, because a profile that calls itself sRGB is taken at its word.
    return (
        bytes(tags)
        .replace("sRGB".encode("utf-16-be"), "mRGB".encode("utf-16-be"))
        .replace(b"sRGB built", b"mRGB built")
    )


def test_bomb_is_refused_from_its_header(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(bomb_png(20_000, 20_000))
    for read in (load, check, inspect):
        with pytest.raises(Unreadable, match=r"^bomb\.png could not be read: it has more than 100 million pixels\."):
            read(tmp_path / "bomb.png")


def test_large_but_allowed_picture_gives_no_warning(tmp_path: Path) -> None:
    (tmp_path / "large.png").write_bytes(bomb_png(9_000, 9_000))
    assert inspect(tmp_path / "large.png") == Header(9_000, 9_000, "PNG")


def jpeg() -> bytes:
    stream = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    Image.fromarray(noise).save(stream, "JPEG")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is empty (0 bytes)"),
        (jpeg()[:5000], "it is cut off before its end"),
        (jpeg()[:12], "it is cut off before its end"),
        (b"GIF89", "it is cut off or damaged at its start"),
        (b"<!DOCTYPE html><html>Not found", "it is a web page, not a picture"),
        (b"\n <HTML>", "it is a web page, not a picture"),
        (b"%PDF-1.7", "it is a PDF document, not a picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "it is a PostScript document, which is never opened"),
        (b"\0\0\0\x18ftypheic", "it is a HEIC, AVIF or video file, which is not supported; save it as JPEG"),
        (b"\0" * 5000, "it holds nothing but zeros"),
        (b"hello", "it is not a JPEG, PNG, WebP, BMP, GIF or TIFF picture"),
    ],
)
def test_what_is_not_a_picture_says_why(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    for read in (load, check):
        with pytest.raises(Unreadable) as caught:
            read(path)
        assert caught.value.reason == reason
        assert caught.value.title == f"photo.jpg could not be read: {reason}."
        assert caught.value.hint


@pytest.mark.parametrize("suffix", ["png", "webp", "gif", "bmp", "tif"])
def test_truncated_file_of_each_format_is_noticed(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"half.{suffix}"
    Image.open(io.BytesIO(jpeg())).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(Unreadable, match=r"^half\."):
        check(path)
    with pytest.raises(Unreadable, match=r"^half\."):
        load(path)


def test_what_is_not_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    os.symlink("circle.jpg", tmp_path / "circle.jpg")
    (tmp_path / "folder.jpg").mkdir()
    reasons = {
        "pipe.jpg": "it is not a regular file",
        "circle.jpg": "it is a link that leads in a circle",
        "folder.jpg": "it is not a regular file",
        "gone.jpg": "it is not there",
    }
    for name, reason in reasons.items():
        with pytest.raises(Unreadable) as caught:
            load(tmp_path / name)
        assert caught.value.reason == reason


def test_names_that_are_no_text(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\n.png"))
    corner().save(tmp_path / "plain.png")
    (tmp_path / "plain.png").rename(odd)
    assert pixel(odd) == (255, 0, 0)
    odd.write_bytes(b"")
    with pytest.raises(Unreadable) as caught:
        load(odd)
    caught.value.title.encode("utf-8")
    assert caught.value.name == "caf\ufffd\ufffd.png"


def test_large_jpeg_comes_smaller_but_large_enough(tmp_path: Path) -> None:
    path = tmp_path / "big.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    corner(1600, 800).save(path, exif=exif)
    image = load_at_least(path, 128)
    assert image.size == (200, 400)
    assert load_at_least(path, 5000).size == (800, 1600)


def test_odd_metadata_warns_nobody(tmp_path: Path) -> None:
    path = tmp_path / "odd.jpg"
    corner().save(path, exif=b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12\x01\x03\0\xff\xff\xff\x7f\x01\0")
    assert load(path).size == (40, 20)
    text = PngImagePlugin.PngInfo()
    text.add(b"acTL", struct.pack(">II", 0, 0))
    corner().save(tmp_path / "odd.png", pnginfo=text)
    assert load(tmp_path / "odd.png").size == (40, 20)


def test_damaged_bytes_raise_nothing_else(tmp_path: Path) -> None:
    chance = random.Random(0)
    for suffix in ("jpg", "png", "webp", "gif", "bmp", "tif"):
        stream = io.BytesIO()
        corner().save(stream, {"jpg": "JPEG", "tif": "TIFF"}.get(suffix, suffix.upper()))
        for _ in range(150):
            data = bytearray(stream.getvalue())
            for _ in range(chance.randint(1, 6)):
                data[chance.randrange(min(len(data), 400))] = chance.randrange(256)
            _survive(io.BytesIO(bytes(data)), load)


def _survive(file: io.BytesIO, read: Callable[[io.BytesIO, str], Image.Image]) -> None:
    with contextlib.suppress(Unreadable):
        assert read(file, "broken").mode == "RGB"


def test_threads_see_the_same_pixels(tmp_path: Path) -> None:
    path = tmp_path / "shared.jpg"
    path.write_bytes(jpeg())
    expected = load(path).tobytes()
    results: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: results.extend(load(path).tobytes() for _ in range(5))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 20
