"""`core find-rate`: which learning rate suits a recipe."""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import click

from core import recipe as recipes
from core import wording
from core.cli.choices import RecipeCommand, recipe_options, training_recipe
from core.cli.output import drive, output_options, result
from core.cli.place import opened, project_option
from core.events import Event, RatePoint, Stage
from core.project.store import Store
from core.recipe import Recipe

if TYPE_CHECKING:
    from core.train.finder import Suggestion
    from core.train.job import Prepared

_ROWS, _BAR = 25, 40  # of the curve in letters


@click.command("find-rate", cls=RecipeCommand)
@project_option
@click.option("--recipe", "start", metavar="NAME|FILE", help="A preset or a recipe.yaml to start from.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@recipe_options
@output_options
def find_rate(project: str | None, start: str | None, device: str, json: bool, events: bool, **values: Any) -> None:
    """Train a copy of the network for a hundred steps while the learning rate grows, and suggest a rate.

    The rest of the recipe is as given. Nothing is kept: the project has no run more than before.
    """
    recipe = training_recipe(start, values)
    points: list[RatePoint] = []
    with opened(project) as store:
        found, prepared = drive(_found(store, recipe, device, points), json=json, events=events)
    value = {
        "rate": found.rate,
        "lowest": found.lowest,
        "steepest": found.steepest,
        "reason": found.reason,
        "batch_size": prepared.recipe.optim.batch_size,
        "points": [[point.rate, point.loss] for point in points],
    }
    chosen = recipes.change(prepared.recipe, {"optim.learning_rate": found.rate})
    asked = "" if device == "auto" else device
    line = recipes.command(chosen, start or "", project=project or "", device=asked)
    text = f"{_curve(points)}\n\nSuggested learning rate {wording.number(found.rate)}: {line}\n{found.reason}"
    result(value, text, json=json, events=events)


def _found(
    store: Store, recipe: Recipe, device: str, points: list[RatePoint]
) -> "Generator[Event, None, tuple[Suggestion, Prepared]]":
    """The suggestion, and the recipe it is for; puts what was seen into `points`."""
    from core.synth import stamps
    from core.train import device as devices
    from core.train import finder, selection
    from core.train.job import prepare

    where = devices.choose(device)
    if recipe.synth.count:
        yield Stage(title="Reading stamps")
        yield from stamps.reading(recipe.synth.stamps, selection.class_names(store))
    prepared = prepare(store, recipe, where)
    work = finder.find_rate(prepared, store.paths, where)
    while True:
        try:
            event = next(work)
        except StopIteration as end:
            return end.value, prepared
        if isinstance(event, RatePoint):
            points.append(event)
        yield event


def _curve(points: list[RatePoint]) -> str:
    """A line for every few rates: rate, smoothed loss, and a bar that shows it among the others."""
    seen = [(point.rate, point.loss) for point in points if point.loss is not None]
    low, first = min(loss for _, loss in seen), seen[0][1]
    top = low + 2 * (first - low)  # what the loss fell by is half of the width; what is above is cut off
    lines = ["     rate     loss"]
    for rate, loss in seen[:: max(1, len(seen) // _ROWS)]:
        length = round(_BAR * min(1.0, (loss - low) / (top - low)))
        lines.append(f"  {rate:.1e}  {loss:7.3f}  {'#' * length}{'>' if loss > top else ''}".rstrip())
    return "\n".join(lines)


COMMANDS = {"find-rate": find_rate}
