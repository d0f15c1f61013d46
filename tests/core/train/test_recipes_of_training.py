"""Every way to learn that a recipe can name: it goes on exactly after a stop, and does what its name says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from core import recipe as recipes
from core.errors import Error
from core.events import EpochEnded, RunEnded, RunStarted, Step
from core.project import edits
from core.project.records import columns
from core.project.store import Store
from core.recipe import Recipe
from core.runs import dynamics, history
from core.runs.folder import list_runs
from core.train import batches, checkpoint, loop
from core.train.job import begin, images
from core.train.objective import balanced_weights
from tests.core.train.test_loop import CPU, assert_same_end, curves, every_step, stopped_and_resumed, trained

__all__ = ["every_step"]  # a fixture


WAYS: dict[str, dict[str, Any]] = {
    "sgd": {"optim.method": "sgd", "optim.learning_rate": 0.05, "optim.nesterov": True},
    "sgd without momentum": {"optim.method": "sgd", "optim.learning_rate": 0.1, "optim.momentum": 0},
    "adam": {"optim.method": "adam"},
    "averaged": {"optim.ema": 0.9},
    "clipped": {"optim.clip": 0.5},
    "balanced": {"optim.sampling": "balanced", "optim.class_weights": "balanced"},
    "bfloat16": {"compute.precision": "bfloat16"},
    "one cycle": {"schedule.shape": "one_cycle"},
    "channels first": {"compute.channels_last": False},
}


@pytest.mark.usefixtures("every_step")
@pytest.mark.parametrize("changes", WAYS.values(), ids=WAYS)
def test_every_way_to_learn_goes_on_as_if_it_had_not_stopped(
    shapes: Store, quick: Recipe, changes: dict[str, Any]
) -> None:
    recipe = recipes.change(quick, changes)
    whole, events = trained(shapes, recipe)
    assert_same_end(whole, stopped_and_resumed(shapes, recipe, after=6))
    epochs = [event for event in events if isinstance(event, EpochEnded)]
    assert epochs[-1].train_loss is not None
    assert epochs[0].train_loss is not None
    assert epochs[-1].train_loss < epochs[0].train_loss
    plain, _ = trained(shapes, quick)
    assert curves(plain) != curves(whole) or "compute.channels_last" in changes


def test_averaged_weights_are_what_is_judged_and_kept(shapes: Store, quick: Recipe) -> None:
    run, _ = trained(shapes, recipes.change(quick, {"optim.ema": 0.95}))
    last, best = checkpoint.load(run.last), checkpoint.load(run.best)
    assert best.epoch == history.read(run).best_epoch
    assert any(not torch.equal(last.weights[name], last.judged[name]) for name in last.judged)
    if best.epoch == last.epoch:
        assert all(torch.equal(best.weights[name], last.judged[name]) for name in best.weights)


def test_balanced_sampling_shows_as_many_of_each_class_with_draws_of_their_own(
    shapes: Store, quick: Recipe, finish: Callable[..., Any]
) -> None:
    bars = columns(shapes).ids[(columns(shapes).split == 1) & (columns(shapes).class_index == 0)]
    edits.reject(shapes, bars[:-3], True)
    recipe = recipes.change(quick, {"optim.sampling": "balanced", "augment.rotation.probability": 1.0})
    train, _ = finish(images(loop.new_run(shapes, recipe, CPU)))
    found = list(batches.training(train, recipe, 1, 0))
    labels = torch.cat([batch.y for batch in found]).numpy()
    counts = np.bincount(labels)
    assert counts.sum() == len(train)
    assert counts.max() - counts.min() <= 1
    ids, x = np.concatenate([batch.ids for batch in found]), torch.cat([batch.x for batch in found])
    one = ids == bars[-1]
    assert one.sum() > 3
    assert len(torch.unique(x[torch.from_numpy(one)].flatten(1), dim=0)) == one.sum()  # no sample twice
    again = np.concatenate([batch.ids for batch in batches.training(train, recipe, 1, 1)])
    assert again.tolist() == ids[recipe.optim.batch_size :].tolist()


def test_class_weights_are_those_of_scikit_learn() -> None:
    from sklearn.utils.class_weight import compute_class_weight

    labels = np.array([0, 0, 0, 0, 1, 3, 3])
    told = compute_class_weight("balanced", classes=np.array([0, 1, 3]), y=labels)
    weights = balanced_weights(labels, 4)
    assert weights[[0, 1, 3]] == pytest.approx(told)
    assert weights[2] == 0
    assert weights[labels].mean() == pytest.approx(1)


@pytest.mark.parametrize("metric", ["loss", "balanced_accuracy", "worst_class", "worst_source"])
def test_the_best_epoch_is_the_best_by_the_metric(shapes: Store, quick: Recipe, metric: str) -> None:
    run, events = trained(shapes, recipes.change(quick, {"schedule.metric": metric, "schedule.epochs": 4}))
    epochs = [event for event in events if isinstance(event, EpochEnded)]
    values = [epoch.metric for epoch in epochs]
    told = {
        "loss": [epoch.val_loss for epoch in epochs],
        "balanced_accuracy": [np.mean(list(epoch.by_class.values())) for epoch in epochs],
        "worst_class": [min(epoch.by_class.values()) for epoch in epochs],
        "worst_source": [min(epoch.by_source.values(), default=epoch.val_accuracy) for epoch in epochs],
    }
    assert values == pytest.approx(told[metric])
    best = np.argmin(values) if metric == "loss" else np.argmax(values)
    assert history.read(run).best_epoch == epochs[best].epoch
    assert checkpoint.load(run.best).epoch == epochs[best].epoch


def test_an_epoch_tells_of_every_class_and_source(shapes: Store, quick: Recipe) -> None:
    run, events = trained(shapes, quick)
    for epoch in (event for event in events if isinstance(event, EpochEnded)):
        assert set(epoch.train_by_class) == set(epoch.train_loss_by_class) == {"bar", "disc", "stripes"}
        assert epoch.train_by_origin == {}  # nothing is synthetic
        assert epoch.images_per_second is not None
        assert epoch.images_per_second > 0
    past = history.read(run)
    assert set(past.classes.train_loss) == set(past.classes.val_accuracy) == {"bar", "disc", "stripes"}
    assert len(past.classes.val_loss["bar"]) == len(past.epochs) == 3


def test_dynamics_are_those_of_each_sample_in_the_forward_pass(
    shapes: Store, quick: Recipe, finish: Callable[..., Any]
) -> None:
    recipe = recipes.change(quick, {"schedule.epochs": 1, "model.dropout": 0})
    job = loop.new_run(shapes, recipe, CPU)
    train, _ = finish(images(job))
    learner, _ = begin(job, train)
    learner.train_mode()
    batch = next(batches.training(train, recipe, 1, 0))
    with torch.no_grad():
        logits = learner.model(batch.x)  # what the first step of the run answers
    list(loop.fit(job))
    kept = dynamics.read(job.run)
    assert kept.ids.tolist() == sorted(train.ids.tolist())
    assert kept.epochs.tolist() == [1]
    assert kept.seen.all()
    at = np.searchsorted(kept.ids, batch.ids)
    losses = F.cross_entropy(logits, batch.y, reduction="none")
    assert kept.loss[0, at] == pytest.approx(losses.numpy(), rel=2e-3, abs=2e-3)
    assert kept.right[0, at].tolist() == (logits.argmax(1) == batch.y).tolist()
    told = next(event for event in job.run.events() if isinstance(event, EpochEnded))
    assert told.train_accuracy == pytest.approx(kept.right[0].mean())


def test_mixed_batches_leave_no_dynamics(shapes: Store, quick: Recipe) -> None:
    changes = {"augment.mixup.enabled": True, "augment.mixup.probability": 1.0, "schedule.epochs": 1}
    run, _ = trained(shapes, recipes.change(quick, changes))
    assert not dynamics.read(run).seen.any()


@pytest.mark.usefixtures("every_step")
def test_sending_save_keeps_the_place_without_stopping(shapes: Store, quick: Recipe) -> None:
    whole, _ = trained(shapes, quick)
    job = loop.new_run(shapes, quick, CPU)
    fit = loop.fit(job)
    while not isinstance(next(fit), Step):
        pass
    fit.send("save")
    assert checkpoint.load(job.run.last).state["step"] == 1
    kept = job.run.last.read_bytes()
    fit.close()
    job.run.last.write_bytes(kept)  # as a kill would have left it
    events = list(loop.fit(loop.resume(shapes, job.run, CPU)))
    assert next(event for event in events if isinstance(event, RunStarted)).step == 1
    assert_same_end(whole, job.run)


@pytest.mark.usefixtures("every_step")
def test_long_epochs_are_kept_now_and_then(shapes: Store, quick: Recipe) -> None:
    job = loop.new_run(shapes, quick, CPU)
    fit = loop.fit(job)
    steps = []
    for event in fit:  # with the fixture, the minutes of a save are over at each step too
        if isinstance(event, Step):
            steps.append(job.run.last.exists() and checkpoint.load(job.run.last).state["step"])
    assert steps[1:4] == [1, 2, 3]


def test_more_epochs_extend_a_finished_run(shapes: Store, quick: Recipe) -> None:
    constant = recipes.change(quick, {"schedule.shape": "constant"})
    whole, _ = trained(shapes, recipes.change(constant, {"schedule.epochs": 5}))
    run, _ = trained(shapes, constant)
    with pytest.raises(Error, match="is completed"):
        loop.resume(shapes, run, CPU)
    events = list(loop.fit(loop.resume(shapes, run, CPU, {"schedule.epochs": 5})))
    assert isinstance(events[-1], RunEnded)
    assert run.recipe().schedule.epochs == 5
    assert history.read(run).planned_epochs == 5
    assert_same_end(whole, run)
    with pytest.raises(Error, match="has trained 5 epochs already"):
        loop.resume(shapes, run, CPU, {"schedule.epochs": 4})


def test_patience_lets_an_early_stopped_run_go_on(shapes: Store, quick: Recipe) -> None:
    recipe = recipes.change(quick, {"optim.learning_rate": 1e-12, "schedule.epochs": 9, "schedule.patience": 2})
    run, _ = trained(shapes, recipe)
    stopped_at = history.read(run).epochs[-1]
    with pytest.raises(Error, match="is early-stopped"):
        loop.resume(shapes, run, CPU, {"schedule.epochs": 20})
    list(loop.fit(loop.resume(shapes, run, CPU, {"schedule.patience": 4})))
    assert history.read(run).epochs[-1] == stopped_at + 2


def test_a_run_stopped_by_another_version_is_told(shapes: Store, quick: Recipe, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    run, _ = trained(shapes, quick)
    saved = checkpoint.load(run.last)
    tensors = load_file(run.last)
    facts = {
        "version": checkpoint.VERSION,
        "recipe": saved.recipe.model_dump(),
        "classes": saved.classes,
        "preprocessing": saved.preprocessing,
        "epoch": 3,
        "step": 0,
        "accuracy": None,
        "parameters": 1,
        "state": {"epoch": 3, "loss_sum": 1.0},
        "scaler": {},
    }
    import json

    save_file(tensors, run.last, {checkpoint.FORMAT: json.dumps(facts)})
    fit = loop.fit(loop.resume(shapes, run, CPU, {"schedule.epochs": 4}))
    with pytest.raises(Error, match="stopped by another version"):
        list(fit)


def test_half_precision_of_a_gpu_is_refused_on_the_cpu(shapes: Store, quick: Recipe) -> None:
    with pytest.raises(Error, match="does not train in float16"):
        loop.new_run(shapes, recipes.change(quick, {"compute.precision": "float16"}), CPU)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model.name": "torchvision:vgg11"}, "16 px"),
        ({"model.weights": "nowhere.pth"}, "nowhere.pth"),
        ({"model.transfer": "head"}, "start from nothing"),
        ({"model.name": "torchvision:resnet19"}, "resnet18"),
    ],
)
def test_a_network_that_cannot_train_is_told_before_there_is_a_run(
    shapes: Store, quick: Recipe, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(Error) as told:
        loop.new_run(shapes, recipes.change(quick, changes), CPU)
    assert words in f"{told.value} {told.value.hint}"
    assert not list_runs(shapes.paths.runs)


def test_only_the_last_layer_learns_from_the_weights_of_another_run(shapes: Store, quick: Recipe) -> None:
    first, _ = trained(shapes, recipes.change(quick, {"schedule.epochs": 2}))
    changes = {"model.weights": str(first.best), "model.transfer": "head", "schedule.epochs": 2}
    run, _ = trained(shapes, recipes.change(quick, changes))
    before, after = checkpoint.load(first.best), checkpoint.load(run.last)
    moved = {name for name in after.weights if not torch.equal(before.weights[name], after.weights[name])}
    assert moved == {"fc.weight", "fc.bias"}
