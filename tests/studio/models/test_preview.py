import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from core.augment.preview import Candidates, Outlook, Picture, Prints, Scene, Sheet, Steps
from core.errors import Error
from core.recipe import Recipe, change
from studio.models.preview import PreviewWorker


@pytest.fixture
def worker(qtbot: QtBot) -> Iterator[PreviewWorker]:
    worker = PreviewWorker()
    yield worker
    worker.close()


@pytest.fixture
def picture(tmp_path: Path) -> Picture:
    file = tmp_path / "a.png"
    Image.linear_gradient("L").resize((60, 50)).save(file)
    return Picture(1, file, hashlib.sha256(file.read_bytes()).digest(), "a.png", 0)


def scene(picture: Picture, rules: str = "", epoch: int = 1) -> Scene:
    recipe = change(Recipe(), {"data.image_size": 32, "augment.rules": rules, "augment.horizontal_flip.enabled": True})
    return Scene((recipe,), (picture,), Candidates(np.array([1]), np.array([0]), ("0",)), (epoch,), chosen=0)


def test_the_most_urgent_comes_first(qtbot: QtBot, worker: PreviewWorker, picture: Picture) -> None:
    came: list[Any] = []
    worker.arrived.connect(lambda number, part: came.append((number, type(part))))
    number = worker.ask(scene(picture))
    qtbot.waitUntil(lambda: len(came) == 4, timeout=5000)
    assert came == [(number, kind) for kind in (Sheet, Steps, Prints, Outlook)]


def test_the_latest_of_many_scenes_wins(qtbot: QtBot, worker: PreviewWorker, picture: Picture) -> None:
    came: list[int] = []
    worker.arrived.connect(lambda number, part: came.append(number) if isinstance(part, Prints) else None)
    numbers = [worker.ask(scene(picture, epoch=epoch)) for epoch in range(1, 60)]
    qtbot.waitUntil(lambda: bool(came), timeout=5000)
    assert came == numbers[-1:]


def test_what_was_overtaken_is_not_delivered(qtbot: QtBot, worker: PreviewWorker, picture: Picture) -> None:
    came: list[int] = []
    worker.arrived.connect(lambda number, part: came.append(number))
    worker.ask(scene(picture))
    threading.Event().wait(0.1)  # its sheet lies in the window's queue by now
    worker.forget()
    with qtbot.assertNotEmitted(worker.arrived, wait=100):
        pass
    assert came == []


def test_a_refusal_is_handed_on_and_the_next_scene_is_shown(
    qtbot: QtBot, worker: PreviewWorker, picture: Picture
) -> None:
    with qtbot.waitSignal(worker.problem, timeout=5000) as refused:
        worker.ask(scene(picture, "horizontal_flip turns 0 into left"))
    assert isinstance(refused.args[1], Error)
    with qtbot.waitSignal(worker.arrived, timeout=5000):
        worker.ask(scene(picture))


def test_a_file_is_read_again_on_demand(qtbot: QtBot, worker: PreviewWorker, picture: Picture) -> None:
    body = picture.path.read_bytes()
    picture.path.write_bytes(b"")
    with qtbot.waitSignal(worker.arrived, timeout=5000) as first:
        worker.ask(scene(picture))
    assert len(first.args[1].skipped) == 1
    picture.path.write_bytes(body)
    worker.try_again()
    with qtbot.waitSignal(worker.arrived, timeout=5000) as second:
        worker.ask(scene(picture))
    assert len(second.args[1].tiles) == 1
