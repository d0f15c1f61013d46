import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from core import recipe as recipes
from core.cli.main import run as command_line
from core.errors import Error
from core.events import Diverged, EpochEnded, Event, Notice, RunEnded, RunStarted, Sampled, Skipped, Step, Validating
from core.models.lenet import LeNet5
from core.project import edits
from core.project.records import columns, files
from core.project.store import Store
from core.recipe import Recipe
from core.recipe.operations import operations
from core.runs import dynamics, history, predictions
from core.runs.folder import RunFolder, find, list_runs
from core.synth import stamps
from core.synth.digits import digits
from core.synth.stamps import settled
from core.train import batches, cadence, checkpoint, loop
from core.train.batches import Batch
from core.train.device import choose
from core.train.job import images
from core.train.objective import Objective

CPU = choose("cpu")


@pytest.fixture
def every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training tells of each step, not only of one each 0.2 s."""
    monkeypatch.setattr(cadence.Every, "due", lambda self: setattr(self, "elapsed", 1.0) or True)


def trained(store: Store, recipe: Recipe) -> tuple[RunFolder, list[Event]]:
    job = loop.new_run(store, recipe, CPU)
    return job.run, list(loop.fit(job))


def curves(run: RunFolder) -> tuple[Any, ...]:
    past = history.read(run)
    return past.epochs, past.train_loss, past.val_loss, past.train_accuracy, past.val_accuracy, past.best_epoch


def assert_same_end(one: RunFolder, other: RunFolder) -> None:
    """Weights, optimizer, sums and curves are equal to the last bit."""
    assert curves(one) == curves(other)
    mine, others = dynamics.read(one), dynamics.read(other)
    for name in ("ids", "epochs", "loss", "margin"):
        assert np.array_equal(getattr(mine, name), getattr(others, name), equal_nan=True)
    for name in ("best", "last"):
        a, b = checkpoint.load(getattr(one, name)), checkpoint.load(getattr(other, name))
        assert a.state == b.state
        assert a.weights.keys() == b.weights.keys()
        assert a.optimizer.keys() == b.optimizer.keys()
        for mine, others in ((a.weights, b.weights), (a.optimizer, b.optimizer)):
            assert all(torch.equal(mine[key], others[key]) for key in mine)


def stopped_and_resumed(store: Store, recipe: Recipe, after: int) -> RunFolder:
    """A run that is stopped `after` so many steps and then goes on to its end."""
    job = loop.new_run(store, recipe, CPU)
    fit, seen, steps = loop.fit(job), 0, 0
    while seen < after:
        event = next(fit)
        seen += isinstance(event, Step)
        steps = event.steps_per_epoch if isinstance(event, RunStarted) else steps
    fit.close()
    assert history.read(job.run).status == "stopped"
    events = list(loop.fit(loop.resume(store, job.run, CPU)))
    started = next(event for event in events if isinstance(event, RunStarted))
    assert steps * started.epoch + started.step == after
    assert history.read(job.run).status == "completed"
    return job.run


def test_a_run_learns_and_tells_of_it(shapes: Store, quick: Recipe) -> None:
    run, events = trained(shapes, quick)
    assert isinstance(events[-1], RunEnded)
    assert events[-1].status == "completed"
    started = next(event for event in events if isinstance(event, RunStarted))
    assert (started.train_images, started.val_images, started.steps_per_epoch) == (56, 19, 4)
    epochs = [event for event in events if isinstance(event, EpochEnded)]
    assert [event.epoch for event in epochs] == [1, 2, 3]
    assert epochs[-1].train_accuracy > 0.7
    assert set(epochs[-1].by_class) == {"bar", "disc", "stripes"}
    assert run.recipe() == quick
    past = history.read(run)
    assert past.status == "completed"
    best = checkpoint.load(run.best)
    assert (best.epoch, best.accuracy) == (past.best_epoch, past.best_accuracy)
    assert best.classes == ("bar", "disc", "stripes")
    assert run.environment_file.is_file()


@pytest.mark.usefixtures("every_step")
@pytest.mark.parametrize("steps_before_stop", [1, 4, 6], ids=["first step", "last step of an epoch", "mid-epoch"])
def test_a_stopped_run_goes_on_as_if_it_had_not(shapes: Store, quick: Recipe, steps_before_stop: int) -> None:
    whole, _ = trained(shapes, quick)
    assert_same_end(whole, stopped_and_resumed(shapes, quick, steps_before_stop))


@pytest.mark.usefixtures("every_step")
@pytest.mark.parametrize("kind", ["mixup", "cutmix"])
def test_a_run_of_mixed_batches_goes_on_as_if_it_had_not_stopped(shapes: Store, quick: Recipe, kind: str) -> None:
    recipe = recipes.change(quick, {f"augment.{kind}.enabled": True, f"augment.{kind}.probability": 0.7})
    whole, events = trained(shapes, recipe)
    assert_same_end(whole, stopped_and_resumed(shapes, recipe, after=6))
    plain, _ = trained(shapes, quick)
    assert curves(plain) != curves(whole)
    assert [event for event in events if isinstance(event, EpochEnded)][-1].train_accuracy > 0.5


def test_an_epoch_tells_which_samples_it_began_with(shapes: Store, quick: Recipe, finish: Callable[..., Any]) -> None:
    recipe = recipes.change(quick, {"augment.mixup.enabled": True, "augment.mixup.probability": 1.0})
    run, events = trained(shapes, recipe)
    told = [event for event in run.events() if isinstance(event, Sampled)]
    assert told == [event for event in events if isinstance(event, Sampled)]
    assert [event.epoch for event in told] == [1, 2, 3]
    train, _ = finish(images(loop.new_run(shapes, recipe, CPU)))
    for event in told:
        at = np.searchsorted(train.ids, event.ids)
        before_mixing = batches.prepare(train, at, recipe, event.epoch)
        assert batches.sampled(before_mixing, event.epoch, "cpu").digests == event.digests
        assert len(set(event.digests)) == len(event.ids) == 16


def test_mixed_batches_are_judged_by_the_shares_of_their_classes() -> None:
    logits, x = torch.tensor([[2.0, 0.0, -1.0]]), torch.zeros(1, 3, 1, 1)
    soft = torch.tensor([[0.3, 0.7, 0.0]])
    batch = Batch(x, torch.tensor([1]), np.array([1]), np.array([0]), soft)
    chances = logits.softmax(1)[0].log()
    objective = Objective(Recipe(), np.array([0, 1, 2]), 3, "cpu")
    assert objective.total(logits, batch).item() == pytest.approx(-(0.3 * chances[0] + 0.7 * chances[1]).item())
    hard = replace(batch, soft=None)  # smoothed by 0.05
    expected = -(0.95 * chances[1] + 0.05 * chances.mean()).item()
    assert objective.total(logits, hard).item() == pytest.approx(expected)


@pytest.mark.usefixtures("every_step")
def test_each_step_draws_its_own_dropout(shapes: Store, quick: Recipe) -> None:
    seeds = []
    for event in loop.fit(loop.new_run(shapes, quick, CPU)):
        if isinstance(event, Step):
            seeds.append(torch.initial_seed())
    assert len(set(seeds)) == len(seeds) == 12


@pytest.mark.usefixtures("every_step")
def test_a_run_stopped_while_it_validates_goes_on(shapes: Store, quick: Recipe) -> None:
    whole, _ = trained(shapes, quick)
    job = loop.new_run(shapes, quick, CPU)
    fit = loop.fit(job)
    while not isinstance(next(fit), Validating):
        pass
    fit.close()
    list(loop.fit(loop.resume(shapes, job.run, CPU)))
    assert_same_end(whole, job.run)


def test_a_run_stopped_between_epochs_goes_on(shapes: Store, quick: Recipe) -> None:
    whole, _ = trained(shapes, quick)
    job = loop.new_run(shapes, quick, CPU)
    fit = loop.fit(job)
    while not isinstance(next(fit), EpochEnded):
        pass
    fit.close()
    list(loop.fit(loop.resume(shapes, job.run, CPU)))
    assert_same_end(whole, job.run)


DRIVER = """
import sys, pathlib
from core.project.store import Store
from core.runs.folder import find
from core.train import cadence, loop
from core.train.device import choose
from core.recipe import load
cadence.Every.due = lambda self: setattr(self, "elapsed", 1.0) or True
with Store.open(pathlib.Path(sys.argv[1]), write=False) as store:
    job = loop.new_run(store, load(pathlib.Path(sys.argv[2])), choose("cpu"))
for event in loop.fit(job):
    print(type(event).__name__, flush=True)
"""


def test_a_killed_run_reads_as_interrupted_and_goes_on(shapes: Store, quick: Recipe, tmp_path: Path) -> None:
    whole, _ = trained(shapes, quick)
    (tmp_path / "recipe.yaml").write_text(recipes.dump(quick))
    arguments = [sys.executable, "-c", DRIVER, str(shapes.root), str(tmp_path / "recipe.yaml")]
    child = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    lines = []
    while lines.count("EpochEnded") < 1 or lines[-1] != "Step":  # in the middle of the second epoch
        lines.append(child.stdout.readline().strip())
    run = find(shapes.paths.runs, "last")
    assert history.read(run).status == "running"
    child.kill()
    child.wait()
    child.stdout.close()
    assert history.read(run).status == "interrupted"
    list(loop.fit(loop.resume(shapes, run, CPU)))
    assert history.read(run).status == "completed"
    assert_same_end(whole, run)


def test_a_run_killed_between_its_two_checkpoints_goes_on(
    shapes: Store, quick: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = trained(shapes, quick)
    job = loop.new_run(shapes, quick, CPU)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save_best", killed)
    with pytest.raises(KeyboardInterrupt):
        list(loop.fit(job))
    monkeypatch.undo()
    assert job.run.last.exists()
    assert not job.run.best.exists()
    fit = loop.fit(loop.resume(shapes, job.run, CPU))
    while not isinstance(next(fit), RunStarted):
        pass
    assert checkpoint.load(job.run.best).epoch == 1
    fit.close()
    list(loop.fit(loop.resume(shapes, job.run, CPU)))
    assert_same_end(whole, job.run)


@pytest.mark.usefixtures("every_step")
def test_a_pause_does_not_count_as_training(shapes: Store, quick: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    away = 0.0
    monkeypatch.setattr(cadence.time, "monotonic", lambda clock=cadence.time.monotonic: clock() + away)
    fit = loop.fit(loop.new_run(shapes, quick, CPU))
    events = []
    for event in fit:
        events.append(event)
        away += 1000 * isinstance(event, Step | Validating)
    epochs = [event for event in events if isinstance(event, EpochEnded)]
    assert all(0 < epoch.seconds < 500 and epoch.seconds_left < 1500 for epoch in epochs)


def test_a_run_killed_before_its_first_checkpoint_starts_over(shapes: Store, quick: Recipe) -> None:
    whole, _ = trained(shapes, quick)
    job = loop.new_run(shapes, quick, CPU)
    assert history.read(job.run).status == "interrupted"
    list(loop.fit(loop.resume(shapes, job.run, CPU)))
    assert_same_end(whole, job.run)


def test_a_finished_run_is_not_resumed(shapes: Store, quick: Recipe) -> None:
    run, _ = trained(shapes, quick)
    with pytest.raises(Error, match="is completed"):
        loop.resume(shapes, run, CPU)


def test_early_stopping_restores_the_best(shapes: Store, quick: Recipe) -> None:
    # A learning rate of nearly nothing: no epoch improves on the first.
    recipe = recipes.change(quick, {"optim.learning_rate": 1e-12, "schedule.epochs": 9, "schedule.patience": 2})
    run, events = trained(shapes, recipe)
    assert isinstance(events[-1], RunEnded)
    assert events[-1].status == "early-stopped"
    past = history.read(run)
    assert past.best_epoch is not None
    assert past.epochs[-1] == past.best_epoch + 2
    assert checkpoint.load(run.best).epoch == past.best_epoch


def test_divergence_is_told_and_the_last_good_checkpoint_stays(shapes: Store, quick: Recipe) -> None:
    job = loop.new_run(shapes, recipes.change(quick, {"schedule.warmup_epochs": 2.5}), CPU)
    fit = loop.fit(job)
    while not isinstance(next(fit), EpochEnded):
        pass
    before = job.run.last.read_bytes()
    fit.gi_frame.f_locals["learner"].model.fc.bias.data.fill_(float("nan"))
    with pytest.raises(Error, match=r"diverged.*epoch 2, step 1 on images \d+, .* and 8 more"):
        list(fit)
    told = [event for event in job.run.events() if isinstance(event, Diverged)]
    assert [(event.epoch, event.step, len(set(event.ids))) for event in told] == [(2, 1, 16)]
    assert job.run.last.read_bytes() == before
    past = history.read(job.run)
    assert past.status == "interrupted"
    assert past.problem.startswith("Training diverged")


def test_too_little_memory_is_told(shapes: Store, quick: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    monkeypatch.setattr(torch.autograd, "backward", full)
    with pytest.raises(Error, match="memory does not suffice, though steps of 16 images were cut"):
        trained(shapes, quick)


def test_batches_too_large_for_the_memory_are_cut_and_learn_the_same(
    shapes: Store, quick: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = recipes.change(quick, {"model.name": "lenet5", "model.dropout": 0, "schedule.epochs": 2})
    whole, _ = trained(shapes, recipe)
    forward = LeNet5.forward

    def narrow(self: LeNet5, x: torch.Tensor) -> torch.Tensor:
        if self.training and len(x) > 6:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(self, x)

    monkeypatch.setattr(LeNet5, "forward", narrow)
    cut, events = trained(shapes, recipe)
    told = [event.text for event in events if isinstance(event, Notice)]
    assert told[-1] == "The memory does not hold 16 images at once; each step now adds up 4 parts of them."
    a, b = checkpoint.load(whole.last), checkpoint.load(cut.last)
    assert b.state["parts"] == 4
    assert all(torch.allclose(a.weights[name], b.weights[name], atol=2e-4) for name in a.weights)
    assert not all(torch.equal(a.weights[name], b.weights[name]) for name in a.weights)


def test_without_validation_images_the_last_epoch_is_the_best(shapes: Store, quick: Recipe) -> None:
    edits.set_split(shapes, dict.fromkeys(columns(shapes).ids.tolist(), "train"))
    run, events = trained(shapes, quick)
    assert any(isinstance(event, Notice) and "no validation images" in event.text for event in events)
    assert isinstance(events[-1], RunEnded)
    assert (events[-1].best_epoch, events[-1].best_accuracy) == (3, None)
    best, last = checkpoint.load(run.best), checkpoint.load(run.last)
    assert all(torch.equal(best.weights[key], last.weights[key]) for key in best.weights)


def test_an_augmentation_that_spoils_labels_is_told(shapes: Store, quick: Recipe) -> None:
    for name in ("left", "right"):  # of which there need be no images: the names alone say what a flip does
        edits.add_class(shapes, name)
    _, events = trained(shapes, recipes.change(quick, {"augment.horizontal_flip.enabled": True}))
    told = [event.text for event in events if isinstance(event, Notice) and event.level == "warning"]
    assert told == ["Horizontal flip can make left right, and no rule changes the label."]


def test_a_training_without_validation_images_ends_well(
    shapes: Store, quick: Recipe, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edits.set_split(shapes, dict.fromkeys(columns(shapes).ids.tolist(), "train"))
    (tmp_path / "recipe.yaml").write_text(recipes.dump(quick))
    recipe = str(tmp_path / "recipe.yaml")
    assert command_line(["train", "-p", str(shapes.root), "--recipe", recipe, "--device", "cpu"]) == 0
    assert "no validation images to score it on" in capsys.readouterr().out


def test_a_lone_last_image_crashes_no_batch_normalisation(shapes: Store, quick: Recipe) -> None:
    edits.reject(shapes, columns(shapes).ids[columns(shapes).split == 1][:7], True)  # 49 = 3 · 16 + 1
    _, events = trained(shapes, recipes.change(quick, {"model.name": "resnet18", "schedule.epochs": 2}))
    started = next(event for event in events if isinstance(event, RunStarted))
    assert (started.train_images, started.steps_per_epoch) == (49, 3)


def test_unreadable_images_are_left_out_and_told(
    shapes: Store, quick: Recipe, tmp_path: Path, finish: Callable[..., Any]
) -> None:
    from core.importers import import_path

    extra = tmp_path / "more" / "bar"
    extra.mkdir(parents=True)
    Image.fromarray(np.full((20, 20, 3), 99, np.uint8)).save(extra / "later-gone.png")
    finish(import_path(shapes, extra.parent))
    known = columns(shapes)
    edits.set_split(shapes, {int(known.ids[-1]): "train"})
    files(shapes, known.ids[-1:])[0].unlink()
    _, events = trained(shapes, quick)
    assert any(isinstance(event, Skipped) and "later-gone.png" in event.name for event in events)
    started = next(event for event in events if isinstance(event, RunStarted))
    assert started.train_images == 56


def test_labels_changed_in_mid_epoch_start_the_epoch_over(shapes: Store, quick: Recipe) -> None:
    job = loop.new_run(shapes, quick, CPU)
    fit = loop.fit(job)
    while not isinstance(next(fit), RunStarted):
        pass
    state = fit.gi_frame.f_locals["state"]
    state.step = 2
    fit.close()
    train = columns(shapes).ids[columns(shapes).split == 1]
    edits.label(shapes, train[:1], "stripes")
    events = list(loop.fit(loop.resume(shapes, job.run, CPU)))
    assert any(isinstance(event, Notice) and "starts over" in event.text for event in events)
    assert isinstance(events[-1], RunEnded)


def test_the_images_of_a_run_are_told_apart_by_content(
    shapes: Store, quick: Recipe, finish: Callable[..., Any]
) -> None:
    train, _ = finish(images(loop.new_run(shapes, quick, CPU)))
    other = train.chosen.content_hash.copy()
    other[3, 0] ^= 1
    assert replace(train, chosen=replace(train.chosen, content_hash=other)).digest != train.digest


def test_a_runs_own_recipe_run_again_gives_the_same_bits(
    shapes: Store, quick: Recipe, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "recipe.yaml").write_text(recipes.dump(quick))
    first = tmp_path / "recipe.yaml"
    again = shapes.paths.runs / "00-run" / "recipe.yaml"
    for file in (first, again):
        assert command_line(["train", "-p", str(shapes.root), "--recipe", str(file), "--device", "cpu"]) == 0
    capsys.readouterr()
    one, other = list_runs(shapes.paths.runs)
    assert one.recipe_file.read_bytes() == other.recipe_file.read_bytes()
    assert one.best.read_bytes() == other.best.read_bytes()
    assert_same_end(one, other)
    said, said_again = predictions.load(one.predictions_file), predictions.load(other.predictions_file)
    assert (said.logits == said_again.logits).all()


def test_a_rule_that_turns_a_class_into_an_unknown_one_is_told(shapes: Store, quick: Recipe) -> None:
    rules = "horizontal_flip turns bar into rod, rod into bar"
    with pytest.raises(Error, match="rod"):
        loop.new_run(shapes, recipes.change(quick, {"augment.rules": rules}), CPU)
    assert not list_runs(shapes.paths.runs)


def test_a_recipe_of_old_form_is_told(shapes: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "old.yaml").write_text("name: old\naugment: {rotation: 12.0, translate: 0.08}\n")
    assert command_line(["train", "-p", str(shapes.root), "--recipe", str(tmp_path / "old.yaml")]) == 1
    assert "augment.rotation is 12.0: it should be a section of settings." in capsys.readouterr().err
    assert not list_runs(shapes.paths.runs)


def test_two_trainings_of_one_run_at_once_are_refused(shapes: Store, quick: Recipe) -> None:
    job = loop.new_run(shapes, quick, CPU)
    fit = loop.fit(job)
    next(fit)
    with pytest.raises(Error, match="being trained already"):
        loop.resume(shapes, job.run, CPU)
    with pytest.raises(Error, match="being trained already"):
        next(loop.fit(job))
    fit.close()


@pytest.fixture
def digit_shapes(shapes: Store) -> Store:
    """The shapes, with the digits as further classes of an image each."""
    train = columns(shapes).ids[columns(shapes).split == 1]
    for digit in range(10):
        edits.add_class(shapes, str(digit))
        edits.label(shapes, train[digit : digit + 1], str(digit))
    return shapes


def with_composites(recipe: Recipe, **changes: object) -> Recipe:
    settings = {"count": 30, "smallest": 16, **changes}
    return recipes.change(recipe, {f"synth.{name}": value for name, value in settings.items()})


def test_synthetic_digits_join_training_only(digit_shapes: Store, quick: Recipe) -> None:
    run, events = trained(digit_shapes, with_composites(quick))
    started = next(event for event in events if isinstance(event, RunStarted))
    assert (started.train_images, started.val_images) == (86, 19)
    seen = {id for event in run.events() if isinstance(event, Sampled) for id in event.ids}
    assert min(seen) < 0 < max(seen)
    again, _ = trained(digit_shapes, with_composites(quick))
    assert_same_end(run, again)


def test_no_validation_image_is_behind_a_digit(digit_shapes: Store, quick: Recipe, finish: Callable[..., Any]) -> None:
    train, val = finish(images(loop.new_run(digit_shapes, with_composites(quick, count=500), CPU)))
    assert train.synthesizer is not None
    behind = {train.synthesizer.provenance(index).background for index in range(500)}
    assert behind <= set(train.chosen.ids.tolist())
    assert len(behind) > 50
    assert not behind & set(val.ids.tolist())
    assert val.composites == 0
    assert (val.ids > 0).all()


def test_training_keeps_more_pixels_where_asked_and_validation_does_not(
    shapes: Store, quick: Recipe, finish: Callable[..., Any]
) -> None:
    train, val = finish(images(loop.new_run(shapes, recipes.change(quick, {"data.stored_size": 24}), CPU)))
    assert (train.pixels.shape[1:], val.pixels.shape[1:]) == ((24, 24, 3), (16, 16, 3))
    for batch in (next(batches.training(train, quick, 1, 0)), next(batches.evaluation(val, "none"))):
        assert batch.x.shape[1:] == (3, 16, 16)


def test_composites_of_one_gathering_are_those_of_another(
    digit_shapes: Store, quick: Recipe, finish: Callable[..., Any]
) -> None:
    train, _ = finish(images(loop.new_run(digit_shapes, with_composites(quick), CPU)))
    whole = train.gather(np.arange(len(train)))
    assert all((train.gather(np.array([n, 3]))[0] == whole[n]).all() for n in range(len(train)))
    real = len(train.chosen)
    assert train.ids[real:].tolist() == list(range(-1, -31, -1))
    assert {train.chosen.classes[label] for label in train.labels[real:]} <= {str(digit) for digit in range(10)}


@pytest.mark.usefixtures("every_step")
def test_a_run_with_everything_on_goes_on_as_if_it_had_not_stopped(digit_shapes: Store, quick: Recipe) -> None:
    on = {f"augment.{name}.enabled": True for name in operations()}
    more = {"augment.mixup.probability": 0.7, "augment.jitter.hue": (-0.1, 0.1), "data.stored_size": 20}
    varied = {"perspective": 0.3, "ink": "contrast", "opacity": (0.5, 1), "stroke": (-0.3, 0.3), "shadow": (0, 0.5)}
    recipe = with_composites(recipes.change(quick, on | more), match_blur=True, match_noise=True, **varied)
    whole, _ = trained(digit_shapes, recipe)
    assert_same_end(whole, stopped_and_resumed(digit_shapes, recipe, after=8))


def test_composites_of_other_settings_are_other_images(
    digit_shapes: Store, quick: Recipe, finish: Callable[..., Any]
) -> None:
    def digest(recipe: Recipe) -> str:
        train, _ = finish(images(loop.new_run(digit_shapes, recipe, CPU)))
        return str(train.digest)

    assert digest(with_composites(quick)) == digest(with_composites(quick))
    assert digest(with_composites(quick)) != digest(with_composites(quick, rotation=[-30, 30]))
    assert digest(with_composites(quick)) != digest(quick)


def test_a_stamp_that_changed_is_noticed_wherever_it_is(
    digit_shapes: Store, quick: Recipe, finish: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def digest() -> str:
        train, _ = finish(images(loop.new_run(digit_shapes, with_composites(quick, count=3), CPU)))
        return str(train.digest)

    before = digest()
    pixels, labels = digits()
    drawn_anew = pixels.copy()
    drawn_anew[::2] = 255 - drawn_anew[::2]
    shown = finish(images(loop.new_run(digit_shapes, with_composites(quick, count=3), CPU)))[0].synthesizer
    seen = [shown.provenance(index).stamp for index in range(3)]
    drawn_anew[seen] = pixels[seen]
    monkeypatch.setattr(stamps, "digits", lambda: (drawn_anew, labels))
    assert digest() != before


def test_a_run_finds_its_stamps_again_from_another_folder(
    digit_shapes: Store, quick: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(digit_shapes.root.parent)
    job = loop.new_run(digit_shapes, with_composites(quick, stamps=digit_shapes.root.name), CPU)
    monkeypatch.chdir(tmp_path)
    assert job.run.recipe().synth.stamps == str(digit_shapes.root)
    assert loop.resume(digit_shapes, job.run, CPU).recipe == job.recipe
    for text in ("scikit-learn", "mnist", "~/digits", str(tmp_path)):
        assert settled(text) == text


def test_a_run_without_classes_for_its_stamps_is_refused(shapes: Store, quick: Recipe) -> None:
    with pytest.raises(Error, match="no class 0, 1"):
        loop.new_run(shapes, with_composites(quick), CPU)
    assert not list_runs(shapes.paths.runs)


def test_a_run_without_backgrounds_is_refused(digit_shapes: Store, quick: Recipe) -> None:
    with pytest.raises(Error, match="shorter side of 32 px"):
        loop.new_run(digit_shapes, with_composites(quick, smallest=32), CPU)
    assert not list_runs(digit_shapes.paths.runs)


def test_a_stopwatch_stands_still_while_its_events_are_away() -> None:
    now = [0.0]
    watch = cadence.Stopwatch(before=10.0, clock=lambda: now[0])
    now[0] = 1.0
    for _ in watch.telling(Notice(text="")):
        now[0] = 500.0
    now[0] += 2.0
    assert watch.seconds() == pytest.approx(13.0)


def test_events_of_steps_come_by_the_clock() -> None:
    now = [0.0]
    tick = cadence.Every(0.2, clock=lambda: now[0])
    due = []
    for now[0] in (0.1, 0.25, 0.3, 0.5):
        due.append(tick.due())
    assert due == [False, True, False, True]
    assert tick.elapsed == pytest.approx(0.25)
