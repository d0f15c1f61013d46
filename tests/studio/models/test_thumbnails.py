import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from studio.models import thumbnails
from studio.models.thumbnails import ThumbnailLoader


@pytest.fixture
def loader(tmp_path: Path) -> Iterator[ThumbnailLoader]:
    loader = ThumbnailLoader(tmp_path / "cache" / "thumbnails.db")
    yield loader
    loader.close()


def picture(folder: Path, number: int) -> tuple[bytes, Path]:
    file = folder / f"{number}.png"
    Image.new("RGB", (64, 48), (number, 0, 0)).save(file)
    return hashlib.sha256(file.read_bytes()).digest(), file


def test_pictures_arrive_with_their_pixels(loader: ThumbnailLoader, tmp_path: Path, qtbot: QtBot) -> None:
    key, file = picture(tmp_path, 200)
    with qtbot.waitSignal(loader.arrived, timeout=5000) as arrived:
        loader.want([(key, file)])
    assert arrived.args == [[key]]
    image = loader.image(key)
    assert image is not None
    assert (image.width(), image.height()) == (64, 48)
    assert abs(image.pixelColor(5, 5).red() - 200) < 8


def test_many_arrive_all_and_each_once(loader: ThumbnailLoader, tmp_path: Path, qtbot: QtBot) -> None:
    wanted = [picture(tmp_path, n) for n in range(60)]
    heard: list[bytes] = []
    loader.arrived.connect(heard.extend)
    loader.want(wanted)
    loader.want(wanted[:10])
    qtbot.waitUntil(lambda: len(set(heard)) == 60, timeout=10_000)
    qtbot.wait(50)
    assert len(heard) == 60


def test_memory_stays_bounded(
    loader: ThumbnailLoader, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thumbnails, "KEPT_BYTES", 5 * 64 * 48 * 4)
    wanted = [picture(tmp_path, n) for n in range(20)]
    heard: list[bytes] = []
    loader.arrived.connect(heard.extend)
    loader.want(wanted)
    qtbot.waitUntil(lambda: len(heard) == 20, timeout=10_000)
    assert sum(loader.image(key) is not None for key, _ in wanted) == 5


def test_what_cannot_be_read_is_remembered_with_its_reason(
    loader: ThumbnailLoader, tmp_path: Path, qtbot: QtBot
) -> None:
    file = tmp_path / "no.png"
    file.write_text("not a picture")
    key = hashlib.sha256(file.read_bytes()).digest()
    with qtbot.waitSignal(loader.arrived, timeout=5000):
        loader.want([(key, file), (b"\0" * 32, tmp_path / "gone.png")])
    qtbot.waitUntil(lambda: len(loader.unreadable) == 2, timeout=5000)
    assert loader.image(key) is None
    assert loader.unreadable[key]


def test_closing_with_work_waiting_ends_at_once(tmp_path: Path) -> None:
    loader = ThumbnailLoader(tmp_path / "thumbnails.db")
    loader.want([picture(tmp_path, n) for n in range(30)])
    loader.close()
    assert not any(thread.is_alive() for thread in loader._threads)
