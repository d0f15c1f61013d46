"""Composites come from a thread: the newest scene soon, never an older one after it, and what went wrong."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from core.errors import Error
from core.project import split
from core.project.plan import SplitPlan
from core.project.store import Store
from core.recipe import Recipe, change
from core.synth import preview
from core.synth.preview import Glance, Glimpse, Ground, Origins, Scene, Sheet, Steps
from studio.models.composer import Composer
from tests.studio.conftest import fill

RECIPE = change(Recipe(), {"data.image_size": 16, "synth.smallest": 16})


@pytest.fixture
def composer(qtbot: QtBot) -> Iterator[Composer]:
    composer = Composer()
    yield composer
    composer.close()


def digits(root: Path) -> tuple[Path, Ground]:
    with Store.create(root) as store:
        fill(store, root.parent / f"{root.name}-photos", 40, 10)
        split.assign(store, SplitPlan(group_by="none"))  # each class is in one group of one source
        return root, preview.survey(store)


def scene(ground: Ground, first: int = 0, recipe: Recipe = RECIPE) -> Scene:
    return Scene(ground, recipe, first, 5, first, 1)


def test_a_scene_comes_in_parts(qtbot: QtBot, composer: Composer, tmp_path: Path) -> None:
    root, ground = digits(tmp_path / "one")
    parts: list[object] = []
    composer.arrived.connect(parts.append)
    composer.ask(root, scene(ground))
    qtbot.waitUntil(lambda: len(parts) == 3, timeout=10_000)
    assert [type(part) for part in parts] == [Sheet, Steps, Origins]


def test_the_newest_scene_comes_last(qtbot: QtBot, composer: Composer, tmp_path: Path) -> None:
    root, ground = digits(tmp_path / "one")
    sheets: list[int] = []
    composer.arrived.connect(lambda part: sheets.append(part.first) if isinstance(part, Sheet) else None)
    for first in range(40):
        composer.ask(root, scene(ground, first))
    qtbot.waitUntil(lambda: bool(sheets) and sheets[-1] == 39, timeout=10_000)
    assert sheets == sorted(sheets)
    assert len(sheets) < 40  # most were overtaken before they were begun


def test_a_glance_is_not_overtaken_by_a_scene(qtbot: QtBot, composer: Composer, tmp_path: Path) -> None:
    root, ground = digits(tmp_path / "one")
    parts: list[object] = []
    composer.arrived.connect(parts.append)
    composer.ask(root, Glance(ground, RECIPE, -3))
    composer.ask(root, scene(ground))
    qtbot.waitUntil(lambda: len(parts) == 4, timeout=10_000)
    assert {type(part) for part in parts} == {Sheet, Steps, Origins, Glimpse}


def test_problems_are_handed_over_and_the_thread_goes_on(qtbot: QtBot, composer: Composer, tmp_path: Path) -> None:
    root, ground = digits(tmp_path / "one")
    problems, parts = [], []
    composer.problem.connect(problems.append)
    composer.arrived.connect(parts.append)
    composer.ask(root, scene(ground, recipe=change(RECIPE, {"synth.smallest": 600})))
    qtbot.waitUntil(lambda: bool(problems), timeout=10_000)
    assert isinstance(problems[0], Error)
    composer.ask(root, scene(ground))
    qtbot.waitUntil(lambda: bool(parts), timeout=10_000)


def test_forgotten_scenes_are_not_delivered_and_another_project_is_another(
    qtbot: QtBot, composer: Composer, tmp_path: Path
) -> None:
    (one, first), (two, second) = digits(tmp_path / "one"), digits(tmp_path / "two")
    sheets: list[Sheet] = []
    composer.arrived.connect(lambda part: sheets.append(part) if isinstance(part, Sheet) else None)
    composer.ask(one, scene(first, 7))
    composer.forget()
    composer.ask(two, scene(second, 9))
    qtbot.waitUntil(lambda: bool(sheets), timeout=10_000)
    qtbot.wait(100)
    assert [sheet.first for sheet in sheets] == [9]
    assert sheets[0].pixels.dtype == np.uint8
