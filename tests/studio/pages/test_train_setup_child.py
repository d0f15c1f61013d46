"""The companion that measures networks, as a real process, which imports torch: a few seconds."""

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from core.recipe import Recipe, change
from studio.jobs import JobSupervisor
from studio.pages.train import capacity
from studio.pages.train.measuring import Measurer


@pytest.fixture
def measurer(qtbot: QtBot) -> Iterator[Measurer]:
    measurer = Measurer()
    yield measurer
    measurer.close()


def test_networks_are_measured_by_a_process_that_stays(qtbot: QtBot, measurer: Measurer) -> None:
    lenet = change(Recipe(), {"model.name": "lenet5", "data.image_size": 32, "optim.batch_size": 32})
    measurer.ask(lenet, 10)
    qtbot.waitUntil(lambda: not measurer.stale, timeout=60_000)
    assert measurer.found is not None
    assert capacity.line(measurer.found).startswith("62,006 parameters · ")
    job = measurer._job
    assert job is not None
    measurer.ask(change(lenet, {"model.name": "torchvision:resnet19"}), 10)
    qtbot.waitUntil(lambda: "Near it are resnet18" in measurer.problem, timeout=60_000)
    measurer.ask(change(lenet, {"model.name": "torchvision:vgg11", "data.image_size": 16}), 10)
    qtbot.waitUntil(lambda: "cannot take images of 16 px" in measurer.problem, timeout=60_000)
    assert measurer._job is job
    job.kill()
    qtbot.waitUntil(lambda: "ended from outside" in measurer.problem, timeout=60_000)
    measurer.ask(lenet, 3)
    qtbot.waitUntil(lambda: measurer.found is not None, timeout=60_000)
    measurer._rest.timeout.emit()  # nothing was asked for long
    assert measurer._job is None
    measurer.close()
    assert all(job._thread.isFinished() for job in measurer.findChildren(JobSupervisor))  # it waits for their ends


def test_a_companion_that_dies_twice_is_not_started_again(qtbot: QtBot, measurer: Measurer) -> None:
    for classes in (3, 4):
        measurer.ask(Recipe(), classes)
        qtbot.waitUntil(lambda: measurer._job is not None, timeout=60_000)
        job = measurer._job
        assert job is not None
        job.kill()
        qtbot.waitUntil(lambda: not measurer.stale, timeout=60_000)
    measurer.ask(Recipe(), 5)
    assert measurer.stale
    qtbot.waitUntil(lambda: not measurer.stale, timeout=60_000)
    assert measurer._job is None
    assert "ended from outside" in measurer.problem
