from pathlib import Path

import numpy as np

from core.events import Step
from core.recipe import Recipe
from core.runs import folder
from core.runs.folder import RunFolder
from studio.pages.train import steps as stepping
from studio.pages.train.steps import MOST, Steps
from tests.studio.pages.conftest import epoch_ended, run_started


def step(epoch: int, number: int, loss: float | None = 1.0) -> Step:
    return Step(epoch=epoch, step=number, loss=loss, learning_rate=1e-3, images_per_second=100.0)


def test_positions_count_epochs_and_a_loss_that_is_none_leaves_a_gap() -> None:
    steps = Steps()
    assert not steps.hear(step(1, 1)), "the length of an epoch is not known yet"
    steps.hear(run_started())  # five steps an epoch
    assert steps.hear(step(1, 5))
    assert steps.hear(step(3, 1, None))
    assert not steps.hear(epoch_ended(1, 0.5))
    positions, losses, rates, speeds = steps.arrays()
    assert positions.tolist() == [1.0, 2.2]
    assert losses[0] == 1.0
    assert np.isnan(losses[1])
    assert (rates[0], speeds[0]) == (1e-3, 100.0)
    assert steps.progress() == (2, 1)


def test_what_is_done_again_replaces_the_older_steps() -> None:
    steps = Steps()
    steps.hear(run_started())
    for number in range(1, 6):
        steps.hear(step(1, number, 1.0))
    for number in range(1, 4):
        steps.hear(step(2, number, 2.0))
    drawn = steps.arrays()
    steps.hear(run_started(epoch=1))  # the kill came before the second epoch was saved
    steps.hear(step(2, 1, 3.0))
    assert steps.arrays()[0].tolist() == [0.2, 0.4, 0.6, 0.8, 1.0, 1.2]
    assert steps.arrays()[1].tolist() == [1.0] * 5 + [3.0]
    assert drawn[1].tolist() == [1.0] * 5 + [2.0] * 3, "somebody may still draw these"


def test_a_long_run_is_thinned_evenly() -> None:
    steps = Steps()
    steps.hear(run_started())
    count = 5 * MOST
    for number in range(count):
        steps.hear(step(1 + number // 5, 1 + number % 5, float(number)))
    positions, losses, *_ = steps.arrays()
    assert MOST / 2 <= len(steps) <= MOST
    assert np.all(np.diff(positions) > 0)
    assert set(np.diff(losses).tolist()) <= {4.0, 6.0, 8.0}
    assert positions[-1] > 0.99 * count / 5


def test_reading_a_run_gives_what_hearing_it_gave(tmp_path: Path) -> None:
    run = folder.create(tmp_path, "run", Recipe())
    heard = Steps()
    for event in (run_started(), step(1, 1), step(1, 3, None), epoch_ended(1, 0.5), step(2, 1), run_started(epoch=1)):
        heard.hear(run.append(event, durable=False))
    for number in range(1, 4):
        heard.hear(run.append(step(2, number), durable=False))
    with run.events_file.open("ab") as file:
        file.write(b'{"event": "Step", "epo')
    read = stepping.read(run)
    for left, right in zip(read.arrays(), heard.arrays(), strict=True):
        np.testing.assert_array_equal(left, right)
    assert len(stepping.read(RunFolder(run.root / "none"))) == 0
