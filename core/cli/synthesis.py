"""`core synth`: what synthetic images are made of, what they look like, and whether they pass for real ones."""

import dataclasses
import io
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core import wording
from core.cli.choices import chosen_recipe, recipe_options
from core.cli.output import drive, output_options, result
from core.cli.place import opened, project_option
from core.errors import Error
from core.events import Event, Stage
from core.project.store import Store
from core.recipe import Recipe

if TYPE_CHECKING:
    from core.synth.realism import Realism
    from core.synth.source import Synthesizer

_COLUMNS = 5  # of a contact sheet with few tiles
_MOST_SHOWN = 400
_LAST = 999_999  # number of the last composite of the largest synth.count


@click.group("synth")
def synth() -> None:
    """Synthetic images: digits composed on photos."""


def _material(function: Any) -> Any:
    """The options that say which project and recipe composites are made for."""
    function = output_options(recipe_options(function))
    function = click.option("--recipe", "start", metavar="NAME|FILE", help="A preset or a recipe.yaml.")(function)
    return project_option(function)


@synth.command("download")
@output_options
def download(json: bool, events: bool) -> None:
    """Fetch MNIST, 60,000 handwritten digits (12 MB), once for all projects."""
    from core.synth import mnist

    folder = drive(mnist.download(mnist.folder()), json=json, events=events)
    result({"folder": str(folder)}, f"MNIST is in {folder}", json=json, events=events)


@synth.command("preview")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default="composites.png",
    show_default=True,
    help="The PNG file to draw; what is there is replaced.",
)
@click.option("--count", type=click.IntRange(1, _MOST_SHOWN), default=25, show_default=True, help="How many to show.")
@click.option(
    "--start", "first", type=click.IntRange(0, _LAST), default=0, show_default=True, help="Number of the first."
)
@_material
def preview(
    output: Path,
    count: int,
    first: int,
    project: str | None,
    start: str | None,
    json: bool,
    events: bool,
    **values: Any,
) -> None:
    """Draw a contact sheet of the composites that training would be given, as a PNG file."""
    if output.suffix.lower() != ".png":
        raise click.BadParameter("the sheet is a PNG file, such as sheet.png", param_hint="-o")
    recipe = chosen_recipe(start, values)
    with opened(project) as store:
        told = drive(_sheet(store, recipe, first, count, output.absolute()), json=json, events=events)
        value = {"sheet": str(output.absolute()), "composites": told}
        text = f"{wording.count(count, 'composite')} in {output.absolute()}"
        result(value, text, json=json, events=events)


@synth.command("export")
@click.argument("destination", type=click.Path(path_type=Path))
@click.option("--count", type=click.IntRange(1, 1_000_000), help="How many; the recipe's synth.count unless told.")
@_material
def export(
    destination: Path,
    count: int | None,
    project: str | None,
    start: str | None,
    json: bool,
    events: bool,
    **values: Any,
) -> None:
    """Write composites to the new folder DESTINATION: PNG files by class, and manifest.csv, which tells how each was
    made. Ctrl-C leaves nothing behind."""
    recipe = chosen_recipe(start, values)
    wanted = count or recipe.synth.count
    if not wanted:
        raise Error("How many composites shall be written?", "Say it with --count, or choose a recipe that uses some.")
    with opened(project) as store:
        folder = drive(_written(store, recipe, wanted, destination), json=json, events=events)
        text = f"{wording.count(wanted, 'composite')} in {folder}"
        result({"folder": str(folder), "count": wanted}, text, json=json, events=events)


@synth.command("realism")
@click.option("--count", type=click.IntRange(1, 10_000), default=300, show_default=True, help="Images of each kind.")
@_material
def realism(count: int, project: str | None, start: str | None, json: bool, events: bool, **values: Any) -> None:
    """Tell how well a plain classifier tells composites from training images; 50 % is chance.

    --json has each image as a point on the two main axes of what the classifier sees.
    """
    recipe = chosen_recipe(start, values)
    with opened(project) as store:
        value = drive(_compared(store, recipe, count), json=json, events=events)
        each = wording.count(value["synthetic"], "composite")
        text = (
            f"A classifier is right about {wording.percent(value['accuracy'])} of {each} and {value['real']:,} "
            f"training images; 50 % would be chance.\nIt sees {value['features']}."
        )
        result(value, text, json=json, events=events)


def _synthesizer(store: Store, recipe: Recipe) -> Generator[Event, None, "tuple[Synthesizer, tuple[str, ...]]"]:
    from core.train import composites, selection

    classes = selection.class_names(store)
    train = selection.training(store, recipe, classes)
    return (yield from composites.synthesizer(store.paths, recipe, train)), classes


def _sheet(
    store: Store, recipe: Recipe, first: int, count: int, output: Path
) -> Generator[Event, None, list[dict[str, Any]]]:
    import numpy as np

    from core.report.sheet import contact_sheet
    from core.runs.durable import write_durably

    made, classes = yield from _synthesizer(store, recipe)
    yield Stage(title="Drawing the sheet")
    told = [made.provenance(index) for index in range(first, first + count)]
    captions = [f"{classes[one.label]} on image {one.background}" for one in told]
    tiles = list(made.pixels(np.arange(first, first + count, dtype=np.int64)))
    data = io.BytesIO()
    contact_sheet(tiles, max(_COLUMNS, round(count**0.5)), captions).save(data, "PNG")
    write_durably(output, data.getvalue())
    return [dataclasses.asdict(one) | {"class": classes[one.label]} for one in told]


def _written(store: Store, recipe: Recipe, count: int, destination: Path) -> Generator[Event, None, Path]:
    from core.synth.export import write

    made, classes = yield from _synthesizer(store, recipe)
    return (yield from write(made, classes, count, destination))


def _compared(store: Store, recipe: Recipe, count: int) -> Generator[Event, None, dict[str, Any]]:
    import numpy as np

    from core.synth.realism import compare
    from core.train import composites, selection

    train = selection.training(store, recipe, selection.class_names(store))
    made = yield from composites.synthesizer(store.paths, recipe, train)
    ids, real = yield from composites.real(store.paths, recipe, train, count)
    indices = np.arange(count, dtype=np.int64)
    synthetic = made.pixels(indices)
    yield Stage(title="Comparing them")
    found = compare(real, synthetic, recipe.seed)
    return {"accuracy": found.accuracy, "real": len(real), "synthetic": count, "features": found.features} | {
        "points": _points(found, [*ids.tolist(), *(-1 - indices).tolist()])
    }


def _points(found: "Realism", ids: list[int]) -> list[dict[str, Any]]:
    """One for each image: its id, below 0 for composites, and where it lies."""
    return [{"id": id, "x": x, "y": y} for id, (x, y) in zip(ids, found.points.tolist(), strict=True)]


COMMANDS = {"synth": synth}
