"""The networks there are, and what one costs before it is trained."""

import dataclasses
from typing import TYPE_CHECKING, Any

import click

from core import wording
from core.cli.choices import chosen_recipe, setting_options
from core.cli.output import drive, output_options, result
from core.jobs import Control
from core.recipe import Model, Recipe

if TYPE_CHECKING:
    from core.models.capacity import Capacity

_WIDEST = 64  # characters of a formula; --json has all of it


@click.command("models")
@click.argument("name", required=False)
@click.option("--image", type=click.IntRange(1, 4096), help="Side of the images in px; else the recipe's.")
@click.option("--classes", type=click.IntRange(1), default=10, show_default=True, help="How many classes.")
@click.option("--batch", type=click.IntRange(1), help="Images per step; else the recipe's.")
@click.option("--recipe", "start", metavar="NAME|FILE", help="A preset or a recipe.yaml to start from.")
@setting_options("model.", "optim.method", "compute.precision")
@click.option("--companion", is_flag=True, hidden=True)  # answer the window's questions: JSON lines on stdin
@output_options
def models(
    name: str | None,
    image: int | None,
    classes: int,
    batch: int | None,
    start: str | None,
    companion: bool,
    json: bool,
    events: bool,
    **values: Any,
) -> None:
    """Show the networks there are; or of NAME the parameters by module, the arithmetic and the memory of training.

    NAME may also be torchvision:… or timm:…, such as torchvision:resnet50. A recipe names one, too.
    """
    if companion:
        return _accompany(events)
    values["model__name"] = name or values["model__name"]
    if not start and all(value is None for value in values.values()):
        value = _listed(classes)
        return result(value, _list(value), json=json, events=events)
    from core.models.capacity import capacity  # it brings torch

    recipe = chosen_recipe(start, values)
    batch = batch or recipe.optim.batch_size or Recipe().optim.batch_size
    side = image or recipe.data.image_size
    found = capacity(recipe.model, classes, side, batch, recipe.optim.method, recipe.compute.precision)
    value = dataclasses.asdict(found) | {"memory_bytes": found.memory_bytes}
    result(value, _table(found, recipe), json=json, events=events)


def _accompany(events: bool) -> None:
    if not events:
        raise click.UsageError("The companion answers programs; it needs --events.")
    from core.models.companion import accompany

    control = Control()
    drive(accompany(control.requests), json=False, events=True, control=control)


def _listed(classes: int) -> dict[str, Any]:
    import torch

    from core.models.registry import MODELS, build, libraries, parameters

    with torch.device("meta"):  # nothing is computed: only the shapes matter
        counts = {name: parameters(build(Model(name=name), classes, seed=0)) for name in MODELS}
    own = [{"name": name, "parameters": counts[name], "about": family.about} for name, family in MODELS.items()]
    return {"classes": classes, "models": own, "libraries": libraries()}


def _list(value: dict[str, Any]) -> str:
    lines = [f"{'name':16}  {'parameters':>12}  what it is"]
    lines += [f"{row['name']:16}  {row['parameters']:>12,}  {row['about']}" for row in value["models"]]
    for library, names in value["libraries"].items():
        some = (
            f"{len(names)} networks with published weights, such as {', '.join(names[:: max(len(names) // 4, 1)][:4])}"
        )
        lines.append(f"{library + ':NAME':16}  {'':12}  {some if names else 'not installed; an extra'}.")
    lines.append(f"Parameters are for {wording.count(value['classes'], 'class')}; `core models NAME` shows more.")
    return "\n".join(lines)


def _table(found: "Capacity", recipe: Recipe) -> str:
    rows = [(row.module, wording.clipped(row.formula, _WIDEST), row.parameters, row.share) for row in found.rows]
    rows.append(("total", "", found.parameters, 1.0))
    names, formulas = max(len(row[0]) for row in rows), max(len(row[1]) for row in rows)
    table = [
        f"{module:{names}}  {text:{formulas}}  {count:>13,}  {wording.percent(share):>7}"
        for module, text, count, share in rows
    ]
    field = "any" if found.receptive_field is None else f"{found.receptive_field:,} px"
    how = f"batches of {found.batch_size} images, {recipe.optim.method}, {recipe.compute.precision}"
    facts = {
        "Adjusted": f"{found.adjusted:,} parameters",
        "Arithmetic": f"{found.multiply_adds:,} multiply-adds an image",
        "Receptive field": field,
        "Activations": f"{_megabytes(found.activation_bytes)} ({how})",
        "Weights": f"{_megabytes(found.weight_bytes)} with gradients and the optimizer's state",
        "Memory": f"about {_megabytes(found.memory_bytes)} to train",
    }
    head = f"{found.network}: {wording.count(found.classes, 'class')}, images of {found.image_size} px"
    return "\n".join([head, "", *table, "", *(f"{title:16} {text}" for title, text in facts.items())])


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"


COMMANDS = {"models": models}
