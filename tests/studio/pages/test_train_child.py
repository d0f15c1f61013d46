"""The Train page with the real trainer in a real process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core import recipe
from core.project import split
from core.project.plan import SplitPlan
from core.runs import folder, history
from studio.jobs import ChildWork
from studio.pages.train.view import TrainPage
from studio.session import Session


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9")
def test_a_trainer_killed_outright_is_told_and_resumed(qtbot: QtBot, session: Session, project: Path) -> None:
    session.open(project)
    session.do(split.assign, SplitPlan(0.3))
    page = TrainPage(session)
    qtbot.addWidget(page)
    page.show()
    session.set_recipe(
        recipe.make(
            {
                "name": "tiny",
                "data": {"image_size": 16},
                "model": {"name": "lenet5"},
                "optim": {"batch_size": 2},
                "schedule": {"epochs": 400, "patience": 400},
            }
        )
    )
    page.activate()
    qtbot.waitUntil(lambda: not page._refusal(), timeout=20_000)
    page.start()
    qtbot.waitUntil(lambda: page.training.live.done >= 2, timeout=90_000)
    job = page.training.job
    assert job is not None
    assert isinstance(job.work, ChildWork)
    assert job.work.pid is not None
    os.kill(job.work.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: page.course.state() == "Interrupted", timeout=20_000)
    assert page.course.bar.accessibleName().startswith("bad: The work process was ended from outside.")
    (run,) = folder.list_runs(project / "runs")
    saved = len(history.read(run).epochs)
    assert saved >= 2
    page.resume()
    qtbot.waitUntil(lambda: page.training.live.done > saved, timeout=90_000)
    page.training.stop()
    qtbot.waitUntil(lambda: page.course.state() == "Stopped", timeout=60_000)
    past = history.read(run)
    assert past.epochs == tuple(range(1, len(past.epochs) + 1))
    assert len(past.epochs) > saved
    page.release()


def test_the_pages_never_load_torch() -> None:
    words = "import sys, studio.pages.train.view, studio.pages.review.view, studio.pages.export.view"
    check = f"{words}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
