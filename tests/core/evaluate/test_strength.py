import json
from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from core import recipe as recipes
from core.cli.main import core
from core.errors import Error
from core.evaluate.strength import AXES, Curve, measurable, strength
from core.events import Event, Finished, Progress, Stage, StrengthPoint
from core.jobs import Child
from core.project import edits
from core.project.store import Store
from core.recipe import Recipe
from core.recipe.operations import operations
from core.runs import history
from core.runs.folder import RunFolder
from core.train import loop
from core.train.device import choose

CPU = choose("cpu")


@pytest.fixture
def trained(shapes: Store, quick: Recipe, finish: Callable[..., Any]) -> RunFolder:
    recipe = recipes.change(quick, {"augment.rotation.degrees": (-5, 12), "augment.blur.enabled": True})
    return finish(loop.fit(loop.new_run(shapes, recipe, CPU)))


def _measured(job: Generator[Event, None, tuple[Curve, ...]]) -> tuple[tuple[Curve, ...], list[Event]]:
    seen: list[Event] = []
    try:
        while True:
            seen.append(next(job))
    except StopIteration as end:
        return end.value, seen


def test_no_strength_repeats_the_validation_accuracy_and_much_of_it_harms(shapes: Store, trained: RunFolder) -> None:
    past, recipe = history.read(trained), trained.recipe()
    curves, seen = _measured(strength(shapes, trained, "noise", recipe, CPU, points=3))
    assert [curve.setting for curve in curves] == ["sigma"]
    curve = curves[0]
    assert [point.strength for point in curve.points] == [0, 0.2, 0.4]
    assert curve.points[0].accuracy == past.best_accuracy
    assert curve.points[-1].accuracy < past.best_accuracy
    assert {point.images for point in curve.points} == {past.val_images}
    assert curve.trained is None
    told = [event for event in seen if not isinstance(event, Progress)]
    assert told == [Stage(title="Measuring accuracy: Gaussian noise", total=3 * past.val_images), *curve.points]
    assert [event.done for event in seen if isinstance(event, Progress)][-1] == 3 * past.val_images


def test_every_operation_has_points_from_none_to_strong(shapes: Store, trained: RunFolder) -> None:
    past, recipe = history.read(trained), trained.recipe()
    strengths = {f"{name}.{setting}" for name, kind in operations().items() for setting in kind.NEUTRAL}
    assert strengths == set(AXES)
    for name in measurable():
        curves, _ = _measured(strength(shapes, trained, name, recipe, CPU, points=3, limit=8))
        assert [curve.setting for curve in curves] == (list(operations()[name].NEUTRAL) or ["enabled"])
        for curve in curves:
            at = [point.strength for point in curve.points]
            assert curve.neutral in at, curve
            assert len(at) == (2 if curve.setting == "enabled" else 3)
            assert all(isinstance(point, StrengthPoint) and point.images == 8 for point in curve.points)
    assert past.val_images > 8


def test_the_trained_range_is_that_of_the_run(shapes: Store, trained: RunFolder) -> None:
    def range_of(operation: str, setting: str = "") -> tuple[float, float] | None:
        job = strength(shapes, trained, operation, Recipe(), CPU, setting=setting, points=2, limit=2)
        return _measured(job)[0][0].trained

    assert range_of("rotation") == (0, 12)
    assert range_of("affine", "scale") == (0.9, 1.1)
    assert range_of("affine", "shift") == (0, 0.08)
    assert range_of("blur") == (0.1, 1)
    assert range_of("invert") is None


def test_strength_has_a_drawn_sign_and_other_settings_of_the_operation_are_neutral(
    shapes: Store, trained: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.evaluate import strength as module

    plans = []

    def noting(*arguments: Any, **options: Any) -> Any:
        made, plan = samples(*arguments, **options)
        plans.append(plan)
        return made, plan

    samples = module.samples
    monkeypatch.setattr(module, "samples", noting)
    recipe = recipes.change(trained.recipe(), {"augment.rules": "no rotation for bar; rotation at most 5 for disc"})
    _measured(strength(shapes, trained, "rotation", recipe, CPU, points=2))
    angles = np.concatenate([plan.geometry["rotation"] for plan in plans if "rotation" in plan.geometry])
    assert sorted(set(angles.tolist())) == [-90, 90]
    plans.clear()
    _measured(strength(shapes, trained, "jitter", recipe, CPU, setting="contrast", points=2))
    assert {round(float(value), 3) for plan in plans for value in plan.contrast} == {0.333, 3}
    assert {float(value) for plan in plans for value in plan.brightness} == {1}


def test_labels_turn_with_the_images(shapes: Store, trained: RunFolder) -> None:
    cycle = "horizontal_flip turns bar into disc, disc into stripes, stripes into bar"
    recipe = recipes.change(trained.recipe(), {"augment.rules": f"no horizontal_flip for bar; {cycle}"})
    plain = _measured(strength(shapes, trained, "horizontal_flip", trained.recipe(), CPU))[0][0]
    turned = _measured(strength(shapes, trained, "horizontal_flip", recipe, CPU))[0][0]
    assert plain.points[0].accuracy == turned.points[0].accuracy > 0.5
    assert plain.points[1].accuracy > 0.5 > turned.points[1].accuracy


def test_closing_it_mid_way_is_fine(shapes: Store, trained: RunFolder) -> None:
    job = strength(shapes, trained, "rotation", trained.recipe(), CPU)
    while not isinstance(next(job), StrengthPoint):
        pass
    job.close()


def test_what_cannot_be_measured_is_told(
    shapes: Store, trained: RunFolder, quick: Recipe, finish: Callable[..., Any]
) -> None:
    def measure(run: RunFolder, operation: str, setting: str = "") -> None:
        finish(strength(shapes, run, operation, quick, CPU, setting=setting))

    for operation in ("mixup", "cutmix", "wobble"):
        with pytest.raises(Error, match=f"strength of {operation} cannot be measured"):
            measure(trained, operation)
    with pytest.raises(Error, match="angle is no strength of rotation"):
        measure(trained, "rotation", "angle")
    with pytest.raises(Error, match="There is no checkpoint"):
        measure(loop.new_run(shapes, quick, CPU).run, "rotation")
    edits.set_split(shapes, dict.fromkeys(range(1, 76), "train"))
    with pytest.raises(Error, match="no validation images"):
        measure(trained, "rotation")


def test_the_command_prints_a_table_or_json(shapes: Store, trained: RunFolder) -> None:
    base = ["augment", "strength", "last", "-p", str(shapes.root), "--operation", "rotation", "--points", "3"]
    text = CliRunner().invoke(core, base, catch_exceptions=False).stdout
    assert text.startswith("Rotation, angle: 00-run on 19 validation images\ntrained from 0 to 12 °\n")
    assert len(text.splitlines()) == 5
    value = json.loads(CliRunner().invoke(core, [*base, "--json"], catch_exceptions=False).stdout)
    assert value["run"] == "00-run"
    assert [point[0] for point in value["curves"][0]["points"]] == [0, 45, 90]
    events = list(Child(base).events())
    points = [event.strength for event in events if isinstance(event, StrengthPoint)]
    assert points == [0, 45, 90]
    assert isinstance(events[-1], Finished)
    assert events[-1].result == value
