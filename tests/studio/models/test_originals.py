"""Whole images for the large view: quick first, ahead, kept within bounds, and never a wait of the window."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from studio.models import originals
from studio.models.originals import Originals, decoded


@pytest.fixture
def loader(qtbot: QtBot) -> Iterator[Originals]:
    loader = Originals()
    yield loader
    loader.close()


def image(path: Path, width: int = 40, height: int = 30, color: str = "red") -> Path:
    Image.new("RGB", (width, height), color).save(path)
    return path


def test_an_image_and_those_that_come_next(loader: Originals, tmp_path: Path, qtbot: QtBot) -> None:
    first, second = image(tmp_path / "a.png"), image(tmp_path / "b.png", color="blue")
    loader.look_at([first], [second])
    qtbot.waitUntil(lambda: loader.levels(first) is not None and loader.levels(second) is not None, timeout=5000)
    levels = loader.levels(second)
    assert levels is not None
    assert levels.images[0].pixelColor(3, 3).name() == "#0000ff"


def test_a_large_jpeg_comes_quickly_and_then_whole(loader: Originals, tmp_path: Path, qtbot: QtBot) -> None:
    path = image(tmp_path / "large.jpg", 2600, 2100)
    widths: list[int] = []

    def arrived(path: Path) -> None:
        levels = loader.levels(path)
        assert levels is not None
        assert (levels.size.width(), levels.size.height()) == (2600, 2100)
        widths.append(levels.images[0].width())

    loader.arrived.connect(arrived)
    loader.look_at([path])
    qtbot.waitUntil(lambda: len(widths) == 2, timeout=10_000)
    assert widths[0] < widths[1] == 2600


def test_the_halves_show_the_same(tmp_path: Path) -> None:
    picture = Image.new("RGB", (2001, 1300), "white")
    picture.paste("black", (0, 0, 1000, 1300))
    picture.save(tmp_path / "half.png")
    levels = decoded(tmp_path / "half.png")
    assert [one.width() for one in levels.images] == [2001, 1001]
    for one in levels.images:
        assert one.pixelColor(one.width() // 4, 5).name() == "#000000"
        assert one.pixelColor(one.width() * 3 // 4, 5).name() == "#ffffff"


def test_why_an_image_cannot_be_read(loader: Originals, tmp_path: Path, qtbot: QtBot) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"")
    loader.look_at([broken])
    qtbot.waitUntil(lambda: loader.failure(broken) is not None, timeout=5000)
    assert "empty" in str(loader.failure(broken))
    image(broken)
    loader.look_at([broken])
    qtbot.waitUntil(lambda: loader.levels(broken) is not None, timeout=5000)
    assert loader.failure(broken) is None


def test_two_hundred_million_pixels_are_refused_from_the_header(
    loader: Originals, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "huge.png"
    Image.new("1", (20_000, 10_000)).save(path, compress_level=1)
    loader.look_at([path])
    qtbot.waitUntil(lambda: loader.failure(path) is not None, timeout=2000)
    assert "million pixels" in str(loader.failure(path))


def test_what_is_kept_has_a_bound(
    loader: Originals, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(originals, "KEPT_BYTES", 8000)
    paths = [image(tmp_path / f"{n}.png") for n in range(4)]  # 3,600 bytes each
    for path in paths:
        loader.look_at([path])
        qtbot.waitUntil(lambda path=path: loader.levels(path) is not None, timeout=5000)
    assert [loader.levels(path) is not None for path in paths] == [False, False, True, True]


def test_large_ones_wait_until_somebody_looks(
    loader: Originals, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(originals, "AHEAD_PX", 1000)
    first, large = image(tmp_path / "a.png", 10, 10), image(tmp_path / "large.png", 100, 100)
    loader.look_at([first], [large])
    qtbot.waitUntil(lambda: loader.levels(first) is not None and not loader._busy and not loader._wanted, timeout=5000)
    assert loader.levels(large) is None
    loader.look_at([large])
    qtbot.waitUntil(lambda: loader.levels(large) is not None, timeout=5000)


def test_closing_ends_the_threads(qtbot: QtBot) -> None:
    loader = Originals()
    loader.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("originals")]
