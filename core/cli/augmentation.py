"""`core augment`: what augmentation does to images, and what it does to a run's accuracy."""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import click

from core import recipe as recipes
from core import wording
from core.cli.output import drive, output_options, result
from core.cli.place import opened, project_option
from core.cli.preview import preview
from core.events import Event
from core.jobs import Control, Requests
from core.project.store import Store
from core.recipe.operations import operations
from core.recipe.rules import OF_BATCHES
from core.runs.folder import RunFolder, find

if TYPE_CHECKING:
    from core.evaluate.strength import Curve


@click.group("augment")
def augment() -> None:
    """Augmentation: see samples, and measure how much of it a run withstands."""


@augment.command("companion", hidden=True)
@project_option
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--events", is_flag=True, help="Print JSON lines of events; obey stdin.")
def companion(project: str | None, device: str, events: bool) -> None:
    """Answer the window's questions about samples: JSON lines on stdin, until its end."""
    if not events:
        raise click.UsageError("The companion answers programs; it needs --events.")
    control = Control()
    with opened(project) as store:
        drive(_accompany(store, control.requests, device), json=False, events=True, control=control)


def _accompany(store: Store, requests: Requests, device: str) -> Generator[Event, None, None]:
    from core.evaluate.companion import accompany
    from core.train import device as devices

    yield from accompany(store, requests, devices.choose(device))


@augment.command("strength")
@click.argument("run", default="last")
@project_option
@click.option(
    "--operation",
    required=True,
    type=click.Choice([name for name in operations() if name not in OF_BATCHES]),
    help="What to measure.",
)
@click.option("--setting", default="", metavar="NAME", help="Such as degrees; all strengths unless told otherwise.")
@click.option("--recipe", "start", metavar="NAME|FILE", help="Its other settings are taken from here, not the run.")
@click.option("--points", default=9, show_default=True, type=click.IntRange(2, 100), help="Strengths of a setting.")
@click.option("--limit", default=512, show_default=True, type=click.IntRange(1), help="Validation images at most.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@output_options
def strength(run: str, project: str | None, start: str | None, json: bool, events: bool, **options: Any) -> None:
    """Measure how accuracy on RUN's validation images falls as one operation gets stronger."""
    with opened(project) as store:
        folder = find(store.paths.runs, run)
        curves = drive(_strength(store, folder, start, **options), json=json, events=events)
        value = {"run": folder.name, "operation": options["operation"], "curves": [_plain(curve) for curve in curves]}
        result(value, _described(value), json=json, events=events)


def _strength(
    store: Store, run: RunFolder, start: str | None, device: str, **options: Any
) -> Generator[Event, None, "tuple[Curve, ...]"]:
    from core.evaluate.strength import strength
    from core.train import device as devices

    recipe = recipes.find(start) if start else run.recipe()
    return (yield from strength(store, run, recipe=recipe, device=devices.choose(device), **options))


def _plain(curve: "Curve") -> dict[str, Any]:
    return {
        "setting": curve.setting,
        "neutral": curve.neutral,
        "trained": curve.trained,
        "images": curve.points[0].images,
        "points": [[point.strength, point.accuracy] for point in curve.points],
    }


def _described(value: dict[str, Any]) -> str:
    known = {setting.path: setting for setting in recipes.settings()}
    lines = []
    for curve in value["curves"]:
        setting = known[f"augment.{value['operation']}.{curve['setting']}"]
        images = wording.count(curve["images"], "validation image")
        lines += ["", f"{setting.group}, {setting.title.lower()}: {value['run']} on {images}"]
        low, high = curve["trained"] or (0, 0)
        unit = f" {setting.unit}" if setting.unit else ""
        lines += [f"trained from {low:g} to {high:g}{unit}" if curve["trained"] else "trained without"]
        lines += [f"  {at:>8.3g}{unit}  {wording.percent(share):>8}" for at, share in curve["points"]]
    return "\n".join(lines[1:])


augment.add_command(preview)

COMMANDS = {"augment": augment}
