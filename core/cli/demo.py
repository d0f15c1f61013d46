"""`core demo`: the main job from nothing to a reviewed model, on images that the program makes itself."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import click

from core import recipe as recipes
from core.cli.output import drive, output_options, result
from core.cli.runs import run_facts
from core.cli.training import index_predictions, training
from core.errors import Error
from core.events import Event
from core.jobs import Control
from core.paths import projects_home
from core.project.records import holds_images
from core.project.store import Store
from core.runs.folder import RunFolder, list_runs
from core.wording import percent


@click.command("demo")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, help="Another seed, other images."
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--no-train", is_flag=True, help="Only make the project.")
@output_options
def demo(folder: Path | None, seed: int, device: str, no_train: bool, json: bool, events: bool) -> None:
    """Make the project "Wild digits demo", train a small model on it and review it.

    2,000 images: scikit-learn's handwritten digits composed on its two photographs. No download.
    """
    root = (folder or projects_home() / "wild-digits-demo").absolute()
    control = Control()
    run = drive(_demo(root, seed, device, no_train, control), json=json, events=events, control=control)
    value = {"project": str(root)} | (_facts(run) if run else {})
    result(value, _said(value), json=json, events=events)


def _demo(
    root: Path, seed: int, device: str, no_train: bool, control: Control
) -> Generator[Event, Any, RunFolder | None]:
    from core.synth import demo

    if not holds_images(root):
        yield from demo.project(root, seed)
    if no_train:
        return None
    with Store.open(root, write=False) as store:
        done = [run for run in list_runs(store.paths.runs) if run.predictions_file.is_file()]
        run = done[-1] if done else (yield from training(store, recipes.find("demo"), device, control))
    index_predictions(root)
    return run


def _facts(run: RunFolder) -> dict[str, Any]:
    pictures = sorted(str(path) for path in run.report.glob("*.png"))
    if not run.best.is_file():
        raise Error(f"{run.name} has no best checkpoint.", "Train again: `core train --recipe demo`.")
    return run_facts(run) | {"checkpoint": str(run.best), "pictures": pictures}


def _said(value: dict[str, Any]) -> str:
    lines = [f"Project     {value['project']}"]
    if "run" in value:
        lines += [
            f"Run         {value['folder']}  ({percent(value['val_accuracy'])} on sources it never trained on)",
            f"Checkpoint  {value['checkpoint']}",
            *(f"Picture     {path}" for path in value["pictures"]),
        ]
    return "\n".join(lines)


COMMANDS = {"demo": demo}
