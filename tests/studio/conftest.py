import gc
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from core.project.catalog import NewImage, add_images
from core.project.store import Store
from studio.session import Session

COUNT = 30


def fill(store: Store, folder: Path, count: int = COUNT, classes: int = 3) -> None:
    """`count` small real PNG files: 000.png …, class = number modulo `classes`, two sources, five groups, no split."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for n in range(count):
        file = folder / f"{n:03}.png"
        Image.new("RGB", (32, 24), (n * 7 % 256, n * 31 % 256, n * 53 % 256)).save(file)
        body = file.read_bytes()
        found.append(
            NewImage(
                path=file.name.encode(),
                content_hash=hashlib.sha256(body).digest(),
                width=32,
                height=24,
                byte_size=len(body),
                modified_ns=file.stat().st_mtime_ns,
                label=str(n % classes),
                source=("sign", "meter")[n % 2],
                group=f"g{n % 5}",
            )
        )
    add_images(store, folder, found)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of 30 real pictures, closed."""
    root = tmp_path / "project"
    with Store.create(root) as store:
        fill(store, tmp_path / "photos")
    return root


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    """A session without a project; closed at the end."""
    session = Session()
    yield session
    session.jobs.stop_all()
    qtbot.waitUntil(lambda: not session.jobs.running, timeout=20_000)
    session.close()


@pytest.fixture
def settled(qtbot: QtBot) -> Callable[[Session], None]:
    """Wait until the session's reader has answered everything."""

    def wait(session: Session) -> None:
        qtbot.waitUntil(lambda: not session.is_open or session.reader.idle, timeout=5000)

    return wait


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    yield
    gc.collect()  # a widget that outlives its test would meet the next one's signals
