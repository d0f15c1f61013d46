"""The jobs of the Synthesize page in real child processes."""

import csv
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core.project import split
from core.project.plan import SplitPlan
from core.project.store import Store
from core.recipe import Recipe, change
from studio.pages.synthesize.view import SynthesizePage
from studio.session import Session
from tests.studio.conftest import fill


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    with Store.create(root) as store:
        fill(store, tmp_path / "photos", 60, 10)
        split.assign(store, SplitPlan(group_by="none"))  # each class is in one group of one source
    return root


def test_comparing_and_exporting(qtbot: QtBot, session: Session, project: Path, tmp_path: Path) -> None:
    session.open(project)
    session.set_recipe(change(Recipe(), {"data.image_size": 16, "synth.smallest": 16, "synth.count": 12}))
    page = SynthesizePage(session)
    qtbot.addWidget(page)
    page.show()
    page.activate()
    qtbot.waitUntil(lambda: page._sheet is not None, timeout=20_000)
    page.compare()
    qtbot.waitUntil(lambda: page._compared is not None, timeout=60_000)
    assert page._compared is not None
    assert 0 <= page._compared.accuracy <= 1
    assert {int(id) for id in page._compared.ids if id < 0} == {-1 - index for index in range(300)}
    qtbot.waitUntil(lambda: page.centre.as_plot.isChecked() and page._comparing is None, timeout=5000)
    page.export(tmp_path / "out")
    qtbot.waitUntil(page.centre.bar.isVisible, timeout=60_000)
    with (tmp_path / "out" / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12
    made = page._sheet
    assert made is not None
    assert [row["label"] for row in sorted(rows, key=lambda row: int(row["index"]))] == list(made.labels)
    page.release()
