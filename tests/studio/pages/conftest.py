"""Runs made by hand and jobs whose child process is replaced by a script of events."""

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QLineEdit, QStackedWidget, QWidget
from pytestqt.qtbot import QtBot

from core.events import EpochEnded, Event, RunEnded, RunStarted
from core.project import records
from core.project.store import Store
from core.recipe import Recipe, make
from core.runs import folder, predictions
from core.runs.folder import RunFolder
from core.runs.predictions import PredictionTable
from studio.jobs import Jobs, JobSupervisor, ScanWork, Work
from studio.session import Session

Script = Generator[Event, None, dict[str, Any] | None]


def run_started(run: str = "00-run", epochs: int = 12, epoch: int = 0) -> RunStarted:
    return RunStarted(
        at=100.0,
        run=run,
        epochs=epochs,
        steps_per_epoch=5,
        train_images=80,
        val_images=100,
        device="cpu",
        epoch=epoch,
    )


def epoch_ended(epoch: int, accuracy: float) -> EpochEnded:
    return EpochEnded(
        at=100.0 + epoch,
        epoch=epoch,
        train_loss=1 / epoch,
        train_accuracy=accuracy,
        val_loss=1.1 / epoch,
        val_accuracy=accuracy,
        by_source={"sign": accuracy, "meter": accuracy / 2},
        learning_rate=1e-3,
        seconds=3.0,
        seconds_left=30.0,
        best=True,
    )


def add_run(
    project: Path, name: str = "run", epochs: int = 3, status: str = "completed", planned: int = 0
) -> RunFolder:
    """A run of some epochs as training leaves it, without its network; no `status` means that it was killed."""
    planned = planned or epochs
    recipe = make({"name": name, "schedule": {"epochs": max(2, planned)}})
    run = folder.create(project / "runs", name, recipe)
    run.append(run_started(run.name, planned))
    for epoch in range(1, epochs + 1):
        run.append(epoch_ended(epoch, 1 - 1 / (epoch + 1)))
    if status:
        best = 1 - 1 / (epochs + 1)
        run.append(RunEnded(run=run.name, status=status, best_epoch=epochs, best_accuracy=best))
    run.last.write_bytes(b"weights")
    run.best.write_bytes(b"weights")
    return run


def add_predictions(project: Path, run: RunFolder) -> PredictionTable:
    """What a network might say of all images: the label, but every fifth image as the next class, less surely."""
    with Store.open(project, write=False) as store:
        known = records.columns(store)
    classes = len(known.classes)
    said = known.class_index.astype(np.int64)
    wrong = np.arange(len(said)) % 5 == 0
    said[wrong] = (said[wrong] + 1) % classes
    logits = np.zeros((len(said), classes), np.float32)
    logits[np.arange(len(said)), said] = 1 + np.arange(len(said)) / 10
    table = PredictionTable(
        known.ids,
        logits,
        known.class_index,
        np.full(len(said), 2, np.uint8),
        known.source,
        known.classes,
        known.sources,
    )
    predictions.save(table, run.predictions_file)
    return table


class ScriptedJobs(Jobs):
    """Runs a script of events where a child process is asked for; the arguments are kept in `asked`."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.asked: list[list[str]] = []
        self.script: Callable[[], Script] | None = None

    def start(self, title: str, work: Work | list[str]) -> JobSupervisor:
        assert self.script is not None
        assert isinstance(work, list)
        self.asked.append(work)
        return super().start(title, ScanWork(self.script))


class ScriptedSession(Session):
    """A session whose jobs are scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts = ScriptedJobs(self)
        self.jobs = self.scripts


@pytest.fixture
def scripted(qtbot: QtBot, project: Path) -> Iterator[ScriptedSession]:
    """A session with the project of 30 pictures open."""
    session = ScriptedSession()
    session.open(project)
    yield session
    session.jobs.stop_all()
    qtbot.waitUntil(lambda: not session.jobs.running, timeout=20_000)
    session.close()


def recipe_of(project: Path) -> Recipe:
    """The recipe that the Train page wrote for its child."""
    from core import recipe

    return recipe.load(project / "cache" / "train-recipe.yaml")


def focus_when_shown(qtbot: QtBot, page: QWidget) -> QWidget | None:
    """What has the focus right after `page` took the place of another page that had it."""
    other, stack = QLineEdit(), QStackedWidget()
    qtbot.addWidget(stack)
    stack.addWidget(other)
    stack.addWidget(page)
    stack.show()
    stack.activateWindow()
    other.setFocus()
    qtbot.waitUntil(other.hasFocus)
    stack.setCurrentWidget(page)
    focused = QApplication.focusWidget()
    page.setParent(None)  # whoever made it ends it
    return focused
