"""What files say of themselves; nothing in EXIF can crash or overwhelm whoever reads it."""

import os
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from core.images import about
from core.images.decode import Unreadable

Base, GPS, IFD = ExifTags.Base, ExifTags.GPS, ExifTags.IFD


def photo(path: Path) -> Path:
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Model], exif[Base.Orientation] = "Canon", "Canon EOS R5", 6
    exif[Base.Software] = "x" * 500
    more = exif.get_ifd(IFD.Exif)
    more[Base.ExposureTime], more[Base.FNumber], more[Base.ISOSpeedRatings] = (1 / 125, 2.8, 400)
    more[Base.FocalLength], more[Base.LensModel] = 35.0, "RF 35 mm\0junk"
    more[Base.DateTimeOriginal] = "2024:05:01 12:30:59"
    place = exif.get_ifd(IFD.GPSInfo)
    place[GPS.GPSLatitude], place[GPS.GPSLongitude] = (48.0, 8.0, 1.0), (11.0, 34.0, 2.0)
    Image.new("RGB", (40, 30), "red").save(path, exif=exif, dpi=(72, 72))
    return path


def test_what_a_camera_wrote(tmp_path: Path) -> None:
    found = about.read(photo(tmp_path / "a.jpg"))
    assert (found.format, found.depth, found.color) == ("JPEG", 8, "RGB")
    assert found.byte_size == (tmp_path / "a.jpg").stat().st_size
    camera = found.camera
    assert camera.camera == "Canon EOS R5"
    assert camera.lens == "RF 35 mm"
    assert camera.exposure == "1/125 s, f/2.8, ISO 400"
    assert camera.taken == "2024-05-01 12:30"
    assert camera.turn == "turned by 90°"
    assert camera.has_place
    assert len(camera.software) <= 80
    assert "48" not in repr(camera).replace("EOS", "")


@pytest.mark.parametrize(
    ("mode", "suffix", "depth", "color"),
    [
        ("L", ".png", 8, "grey"),
        ("1", ".png", 1, "black and white"),
        ("I;16", ".png", 16, "grey"),
        ("RGBA", ".png", 8, "RGB with transparency"),
        ("P", ".gif", 8, "palette"),
        ("F", ".tif", 32, "grey, decimal numbers"),
        ("CMYK", ".jpg", 8, "CMYK"),
    ],
)
def test_depth_and_colour(tmp_path: Path, mode: str, suffix: str, depth: int, color: str) -> None:
    path = tmp_path / f"a{suffix}"
    Image.new(mode, (8, 8)).save(path)
    found = about.read(path)
    assert (found.depth, found.color) == (depth, color)
    assert found.camera == about.Camera()


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    with pytest.raises(Unreadable, match="empty"):
        about.read(tmp_path / "a.jpg")


def test_damaged_bytes_never_crash(tmp_path: Path) -> None:
    whole = photo(tmp_path / "a.jpg").read_bytes()
    start, end = whole.index(b"Exif"), whole.index(b"\xff\xdb")
    draw, read = random.Random(5), 0
    for _ in range(400):
        body = bytearray(whole)
        for _ in range(draw.randint(1, 12)):
            body[draw.randrange(start, end)] = draw.randrange(256)
        (tmp_path / "b.jpg").write_bytes(bytes(body))
        try:
            found = about.read(tmp_path / "b.jpg")
        except Unreadable:  # the frame of the file was hit
            continue
        read += 1
        assert all(len(text) < 200 for text in vars(found.camera).values() if isinstance(text, str))
    assert read > 100


_values = st.one_of(
    st.text(max_size=200), st.binary(max_size=200), st.integers(0, 2**32 - 1), st.floats(allow_nan=True, width=32)
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=_values, other=_values, pair=st.tuples(_values, _values))
def test_values_of_any_kind_are_only_texts_or_nothing(value: object, other: object, pair: object) -> None:
    image = Image.new("RGB", (4, 4))
    exif = image.getexif()
    for tag in (Base.Make, Base.Model, Base.Orientation, Base.DateTime, Base.Software):
        exif[tag] = value
    for tag in (Base.ExposureTime, Base.FNumber, Base.FocalLength, Base.LensModel):
        exif.get_ifd(IFD.Exif)[tag] = other
    exif.get_ifd(IFD.Exif)[Base.ISOSpeedRatings] = pair
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = pair
    found = about.camera(image)
    assert all(text.isprintable() and len(text) <= 200 for text in vars(found).values() if isinstance(text, str))


@pytest.mark.skipif(os.name == "nt", reason="no named pipes here")
def test_a_named_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(Unreadable):
        about.read(tmp_path / "pipe.jpg")
