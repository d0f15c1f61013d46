"""Runs that go on though something happened to them: images, files, numbers, kills at odd moments."""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from core import recipe as recipes
from core.errors import Error
from core.events import Event, Notice, RunStarted, Sampled, Step, Validating
from core.importers import import_path
from core.models.small_cnn import SmallCNN
from core.project import edits
from core.project.records import columns
from core.project.store import Store
from core.recipe import Recipe
from core.runs import history
from core.runs.durable import write_durably
from core.runs.folder import RunFolder
from core.train import batches, cadence, checkpoint, loop
from core.train.job import begin, images
from core.train.learner import Learner, pieces
from core.train.state import State
from tests.core.train.test_loop import CPU, assert_same_end, every_step, trained
from tests.faults import as_ordinary_user

__all__ = ["every_step"]  # a fixture


def stopped(store: Store, recipe: Recipe, after: int) -> RunFolder:
    """A run that is stopped after so many steps."""
    job = loop.new_run(store, recipe, CPU)
    fit, seen = loop.fit(job), 0
    while seen < after:
        seen += isinstance(next(fit), Step)
    fit.close()
    return job.run


def resumed(store: Store, run: RunFolder) -> list[Event]:
    return list(loop.fit(loop.resume(store, run, CPU)))


@pytest.mark.usefixtures("every_step")
def test_images_rejected_in_mid_epoch_start_the_epoch_over(shapes: Store, quick: Recipe) -> None:
    run = stopped(shapes, quick, after=6)
    edits.reject(shapes, columns(shapes).ids[1:3], True)
    events = resumed(shapes, run)
    assert any(isinstance(event, Notice) and "changed since" in event.text for event in events)
    started = next(event for event in events if isinstance(event, RunStarted))
    assert (started.epoch, started.step, started.train_images) == (1, 0, 54)
    assert history.read(run).epochs == (1, 2, 3)


@pytest.mark.usefixtures("every_step")
def test_a_source_that_came_meanwhile_changes_nothing(
    shapes: Store, quick: Recipe, tmp_path: Path, finish: Callable[..., Any]
) -> None:
    whole, _ = trained(shapes, quick)
    run = stopped(shapes, quick, after=6)
    (tmp_path / "phone").mkdir()
    Image.new("RGB", (20, 20), "red").save(tmp_path / "phone" / "one.png")
    table = tmp_path / "more.csv"
    table.write_text("path,source\nphone/one.png,a source of its own\n")
    finish(import_path(shapes, table))
    assert len(columns(shapes).sources) == 1
    resumed(shapes, run)
    assert_same_end(whole, run)


@pytest.mark.usefixtures("every_step")
def test_a_recipe_that_was_changed_by_hand_is_told(shapes: Store, quick: Recipe) -> None:
    run = stopped(shapes, quick, after=6)
    run.recipe_file.write_text(recipes.dump(recipes.change(quick, {"model.name": "resnet18"})))
    with pytest.raises(Error, match=r"model\.name") as told:
        loop.resume(shapes, run, CPU)
    assert "small_cnn" in told.value.hint
    run.recipe_file.write_text(recipes.dump(recipes.change(quick, {"compute.channels_last": False})))
    resumed(shapes, run)
    assert history.read(run).status == "completed"


@pytest.mark.usefixtures("every_step")
def test_weights_alone_are_nothing_to_go_on_from(shapes: Store, quick: Recipe) -> None:
    run = stopped(shapes, quick, after=6)
    run.last.write_bytes(run.best.read_bytes())  # as somebody may do whose `last` is damaged
    with pytest.raises(Error, match="holds weights only"):
        resumed(shapes, run)


def test_weights_that_are_no_numbers_are_never_kept(
    shapes: Store, quick: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = loop.new_run(shapes, quick, CPU)
    update, steps = Learner._update, []

    def spoilt(self: Learner) -> None:
        update(self)
        steps.append(1)
        if len(steps) == 8:  # the last of the second epoch: no further loss tells
            self._weights[0].data[0] = torch.inf

    monkeypatch.setattr(Learner, "_update", spoilt)
    with pytest.raises(Error, match=r"diverged.*epoch 2, step 4 on images \d+"):
        list(loop.fit(job))
    kept = checkpoint.load(job.run.last)
    assert kept.epoch == 1
    assert all(torch.isfinite(weight).all() for weight in kept.weights.values())


def test_a_short_last_batch_is_cut_into_fewer_pieces(shapes: Store, quick: Recipe, finish: Callable[..., Any]) -> None:
    recipe = recipes.change(quick, {"optim.batch_size": 53})  # and 3
    job = loop.new_run(shapes, recipe, CPU)
    train, _ = finish(images(job))
    learner, _ = begin(job, train)
    learner.parts = 16
    learner.train_mode()
    short = list(batches.training(train, recipe, 1, 0))[-1]
    assert len(short) == 3
    loss = learner.step(short, 1e-3, 0, 1, 2)
    assert torch.isfinite(loss)
    assert [len(piece) for piece in pieces(short, 16, 2)] == [3]
    assert [len(piece) for piece in pieces(short, 16)] == [1, 1, 1]
    assert all(torch.isfinite(value).all() for value in learner.model.state_dict().values())


def test_a_loss_that_was_no_number_is_not_the_best_for_ever() -> None:
    state = State()
    state.end_epoch(True, 0.1, float("nan"))
    assert state.improved_by("loss", 2.0)
    state.end_epoch(True, 0.2, 2.0)
    assert not state.improved_by("loss", float("nan"))


@pytest.mark.usefixtures("every_step")
@pytest.mark.parametrize("kind", [Step, Validating, Sampled])
def test_nothing_is_learned_between_a_save_and_the_pause(shapes: Store, quick: Recipe, kind: type[Event]) -> None:
    job = loop.new_run(shapes, quick, CPU)
    fit = loop.fit(job)
    event = next(event for event in fit if isinstance(event, kind))
    assert fit.send("save") == event
    kept = checkpoint.load(job.run.last)
    assert kept.state["step"] == {Step: 1, Validating: 4, Sampled: 0}[kind]
    fit.close()
    after = checkpoint.load(job.run.last)
    assert (after.step, after.state["steps"]) == (kept.step, kept.state["steps"])


def test_a_long_validation_is_kept_too(shapes: Store, quick: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    time_is_over = False

    def due(self: cadence.Every) -> bool:
        self.elapsed = self.seconds
        return self.seconds < 1 or time_is_over

    monkeypatch.setattr(cadence.Every, "due", due)
    kept: list[int] = []
    fit = loop.fit(loop.new_run(shapes, quick, CPU))
    while not isinstance(next(fit), Validating):
        pass
    time_is_over = True
    monkeypatch.setattr(checkpoint, "save_last", lambda *arguments: kept.append(arguments[-1].step))
    next(fit)
    assert kept == [4, 0]  # in the middle of validating, and at the epoch's end
    fit.close()


@pytest.mark.usefixtures("every_step")
def test_a_damaged_best_is_written_again_where_last_has_it(shapes: Store, quick: Recipe) -> None:
    run, _ = trained(shapes, recipes.change(quick, {"schedule.metric": "loss"}))
    assert history.read(run).best_epoch == 3
    run.best.write_bytes(run.best.read_bytes()[:100])
    list(loop.fit(loop.resume(shapes, run, CPU, {"schedule.epochs": 4})))
    assert checkpoint.load(run.best).epoch in (3, 4)


def test_a_checkpoint_that_may_not_be_read_is_not_called_missing(shapes: Store, quick: Recipe) -> None:
    run, _ = trained(shapes, recipes.change(quick, {"schedule.epochs": 1}))
    run.last.chmod(0)
    code = """
import sys
from pathlib import Path
from core.errors import Error
from core.train import checkpoint
try:
    checkpoint.load(Path(sys.argv[1]))
except Error as told:
    print(told.title)
"""
    assert as_ordinary_user(code, str(run.last)).stdout.startswith("Not allowed to read or write at ")


def test_validation_takes_smaller_batches_where_the_memory_needs_them(
    shapes: Store, quick: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = trained(shapes, quick)
    forward = SmallCNN.forward

    def small(self: SmallCNN, x: torch.Tensor) -> torch.Tensor:
        if not self.training and len(x) > 5:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return forward(self, x)

    monkeypatch.setattr(SmallCNN, "forward", small)
    run, _ = trained(shapes, quick)
    assert history.read(run).val_accuracy == history.read(whole).val_accuracy
    assert history.read(run).val_loss == pytest.approx(history.read(whole).val_loss)


@pytest.mark.usefixtures("every_step")
@pytest.mark.parametrize("damage", ["deleted", "cut", "overwritten"])
def test_a_run_goes_on_without_its_events(shapes: Store, quick: Recipe, damage: str) -> None:
    whole, _ = trained(shapes, quick)
    run = stopped(shapes, quick, after=6)
    said = run.events_file.read_bytes()
    if damage == "deleted":
        run.events_file.unlink()
    else:
        run.events_file.write_bytes(said[: len(said) // 2] if damage == "cut" else said[:300] + bytes(300) + said[600:])
    resumed(shapes, run)
    one, other = checkpoint.load(whole.last), checkpoint.load(run.last)
    assert all(torch.equal(one.weights[name], other.weights[name]) for name in one.weights)
    assert history.read(run).status == "completed"
    assert history.read(run).epochs[-1] == 3


@pytest.mark.usefixtures("every_step")
def test_a_run_that_met_a_full_disk_goes_on_to_the_same_end(
    shapes: Store, quick: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = trained(shapes, quick)
    job = loop.new_run(shapes, quick, CPU)
    written = 0

    def full(path: Path, data: bytes) -> None:
        nonlocal written
        written += 1
        if written == 7:
            raise OSError(errno.ENOSPC, "No space left on device", str(path.parent))
        write_durably(path, data)

    with monkeypatch.context() as patched:
        patched.setattr(checkpoint, "write_durably", full)
        with pytest.raises(Error, match="disk is full"):
            list(loop.fit(job))
    assert history.read(job.run).problem.startswith("The disk is full")
    resumed(shapes, job.run)
    assert_same_end(whole, job.run)


def test_a_resume_that_comes_too_late_leaves_the_recipe_alone(shapes: Store, quick: Recipe) -> None:
    run, _ = trained(shapes, quick)
    first, second = (loop.resume(shapes, run, CPU, {"schedule.epochs": epochs}) for epochs in (5, 7))
    fit = loop.fit(first)
    next(fit)
    with pytest.raises(Error, match="being trained already"):
        next(loop.fit(second))
    list(fit)
    assert run.recipe().schedule.epochs == history.read(run).planned_epochs == 5
    with pytest.raises(Error, match="has trained 5 epochs already"):
        loop.resume(shapes, run, CPU, {"schedule.epochs": 3})


@pytest.mark.usefixtures("every_step")
def test_the_scale_of_short_numbers_goes_on(shapes: Store, quick: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the CPU, which can do it, though too slowly to be offered."""
    monkeypatch.setattr("core.train.job._refuse_precision", lambda recipe, device: None)
    recipe = recipes.change(quick, {"compute.precision": "float16", "optim.clip": 1.0, "optim.ema": 0.9})
    whole, _ = trained(shapes, recipe)
    run = stopped(shapes, recipe, after=6)
    assert checkpoint.load(run.last).scaler["_growth_tracker"] == 6
    resumed(shapes, run)
    assert_same_end(whole, run)
    one, other = checkpoint.load(whole.last), checkpoint.load(run.last)
    assert one.scaler == other.scaler
    assert all(torch.equal(one.judged[name], other.judged[name]) for name in one.judged)
