"""`core augment preview`: the samples of some images, and whether they are those that a run saw."""

import io
import math
from collections.abc import Generator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core import wording
from core.cli.choices import chosen_recipe, recipe_options
from core.cli.output import drive, output_options, result
from core.cli.place import opened, project_option
from core.errors import Error
from core.events import Event
from core.project import query
from core.project.store import Store
from core.recipe import Recipe
from core.runs import history
from core.runs.durable import write_durably
from core.runs.folder import find

if TYPE_CHECKING:
    from core.evaluate.replay import Comparison, Sample
    from core.train.batches import Ids, Images

_SHOWN = 8  # images, where nobody says which
_MOST = 100  # epochs
_NAMED = 5  # samples that are other than a run told


class _Epochs(click.ParamType[range]):
    """Epochs from 1, such as 3 or 1-7."""

    name = "N|N-M"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> range:
        first, _, last = str(value).partition("-")
        if not (first.isdecimal() and (last or first).isdecimal() and 1 <= int(first) <= int(last or first)):
            self.fail(f"{value!r} is no epoch, such as 3, and no range of them, such as 1-7", parameter, context)
        if int(last or first) - int(first) >= _MOST:
            self.fail(f"{value!r} are more than {_MOST} epochs", parameter, context)
        return range(int(first), int(last or first) + 1)


class _Ids(click.ParamType[tuple[int, ...]]):
    """Numbers of images, negative ones of composites."""

    name = "ID,ID…"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> tuple[int, ...]:
        try:
            return tuple(dict.fromkeys(int(part) for part in str(value).split(",")))
        except ValueError:
            self.fail(f"{value!r} is no list of numbers such as 12,40", parameter, context)


@click.command("preview")
@project_option
@click.option("--recipe", "start", metavar="NAME|FILE", help="A preset or a recipe.yaml to start from.")
@click.option("--where", metavar="FILTER", help="Of which images; training images unless told otherwise.")
@click.option("--images", "ids", type=_Ids(), help="These images; -1, -2, … are synthetic ones.")
@click.option("--epochs", type=_Epochs(), default="1-7", show_default=True, help="Of these epochs.")
@click.option("--run", "run", metavar="RUN", help="Make the samples of a run again and compare them with what it saw.")
@click.option("-o", "file", type=click.Path(path_type=Path, dir_okay=False), help="Draw a PNG: a row for each image.")
@recipe_options
@output_options
def preview(
    project: str | None,
    start: str | None,
    where: str | None,
    ids: tuple[int, ...] | None,
    epochs: range,
    run: str | None,
    file: Path | None,
    json: bool,
    events: bool,
    **values: Any,
) -> None:
    """Show what epochs of training make of images: the very samples that the network gets, before mixing."""
    if run and (start or any(value is not None for value in values.values())):
        raise click.UsageError("--run shows the run's own recipe; leave the other recipe options out.")
    if where is not None and (ids or run):
        raise click.UsageError("--where chooses other images than --images or --run; leave one of them out.")
    if file and file.suffix.lower() != ".png":
        raise click.BadParameter("the sheet is a PNG file, such as sheet.png", param_hint="-o")
    with opened(project) as store:
        if run:
            job = _of_run(store, run, ids, epochs, file)
        else:
            job = _of_recipe(store, chosen_recipe(start, values), where, ids, epochs, file)
        value = drive(job, json=json, events=events)
        result(value, _described(value), json=json, events=events)
    if value.get("other"):
        raise Error(
            f"{len(value['other'])} of {value['compared']} samples are not those that {value['run']} saw.",
            "Its images changed since, or the libraries that decode and render them.",
        )


def _of_recipe(
    store: Store, recipe: Recipe, where: str | None, ids: tuple[int, ...] | None, epochs: range, file: Path | None
) -> Generator[Event, None, dict[str, Any]]:
    from core.evaluate import replay

    if ids:
        images, at = yield from replay.named(store, recipe, ids)
    else:
        filter = query.parse(where) if where is not None else None
        images, at = yield from replay.some(store, recipe, epochs[0], _SHOWN, filter)
    return _shown(store, images, at, recipe, epochs, file)


def _of_run(
    store: Store, name: str, ids: tuple[int, ...] | None, epochs: range, file: Path | None
) -> Generator[Event, None, dict[str, Any]]:
    from core.evaluate import replay

    run = find(store.paths.runs, name)
    recipe, told_of = run.recipe(), replay.seen(run, epochs)
    wanted = ids or (told_of[0].ids if told_of else ())
    if not wanted:
        raise Error(f"Run {run.name} has not told of samples of these epochs.", "Name epochs that it has begun.")
    images = yield from replay.of_run(store, run)
    at = replay.positions(images, wanted)
    lacking = [id for id in ids or () if id not in images.ids]
    if lacking and len(at):
        raise Error(f"Image {lacking[0]} is not among those that {run.name} trains on.", "Leave it out.")
    if not len(at):
        raise Error(f"None of these images is among those that {run.name} trains on.", "They may have been relabelled.")
    compared = replay.compare(images, recipe, told_of)
    return _shown(store, images, at, recipe, epochs, file) | _compared(compared, run.name, history.read(run).device)


def _shown(
    store: Store, images: "Images", at: "Ids", recipe: Recipe, epochs: range, file: Path | None
) -> dict[str, Any]:
    from core.evaluate import replay
    from core.report import sheets

    if file:
        data = io.BytesIO()
        sheets.augmentation(images, at, recipe, epochs).save(data, "PNG")
        write_durably(file, data.getvalue())
    samples = [_plain(sample) for sample in replay.describe(store, images, at, recipe, epochs)]
    return {"file": str(file) if file else None, "images": len(at), "epochs": [*epochs], "samples": samples}


def _plain(sample: "Sample") -> dict[str, Any]:
    targets = {name: None if math.isnan(value) else value for name, value in sample.targets.items()}
    return asdict(sample) | {"told": dict(sample.told), "targets": targets}


def _compared(found: "Comparison", run: str, device: str) -> dict[str, Any]:
    return {"run": run, "device": device, "compared": found.compared, "equal": found.equal} | {
        "other": found.other,
        "gone": found.gone,
    }


def _described(value: dict[str, Any]) -> str:
    lines = []
    if not value["file"]:
        for sample in value["samples"]:
            told = [*(f"{title.lower()} {what}" for title, what in sample["told"].items()), *sample["turned"]]
            words = "; ".join(told) or "nothing happens"
            lines.append(f"{sample['id']:>8}  epoch {sample['epoch']:<4} {sample['digest']}  {words}")
    else:
        lines.append(f"{wording.count(value['images'], 'image')} in {value['file']}")
    if "run" in value:
        lines.append(_equality(value))
    return "\n".join(lines)


def _equality(value: dict[str, Any]) -> str:
    if not value["compared"]:
        return f"not compared: {value['run']} on {value['device']} wrote down nothing that can be made again bit by bit"
    gone = f"; the images of {value['gone']} more are gone" if value["gone"] else ""
    others = [f"image {id} in epoch {epoch}" for epoch, id in value["other"]]
    more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    other = f"; not {', '.join(others[:_NAMED])}{more}" if others else ""
    return f"equal to training: {value['equal']} of {value['compared']} samples of {value['run']}{other}{gone}"
