"""Commands that make and use networks: train, evaluate, export; and the recipe's options."""

import contextlib
import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core import wording
from core.cli.choices import RecipeCommand, recipe_options, training_recipe
from core.cli.output import drive, output_options, result
from core.cli.place import opened, project_option
from core.cli.runs import run_facts
from core.errors import Error
from core.events import Event, Stage
from core.jobs import Control
from core.project import query
from core.project.store import Store
from core.recipe import Recipe
from core.runs.folder import RunFolder, find
from core.runs.follow import Words

if TYPE_CHECKING:
    from core.train.loop import TrainingJob

CHANGEABLE = ("schedule.epochs", "schedule.patience")  # of a run that goes on


@click.command("train", cls=RecipeCommand)
@project_option
@click.option("--recipe", "start", metavar="NAME|FILE", help="A preset or a recipe.yaml to start from.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--resume", metavar="RUN", help="Go on with a stopped or interrupted run; `last` is the latest.")
@recipe_options
@output_options
def train(
    project: str | None, start: str | None, device: str, resume: str | None, json: bool, events: bool, **values: Any
) -> None:
    """Train a model on the labelled images of the training split, then score it on the validation split.

    Ctrl-C stops and keeps: the run can be resumed exactly where it was, also with more epochs. `core runs pause` and
    `core runs stop` do so from another terminal. Labels can be edited meanwhile.

    `torchrun --nproc-per-node 2 -m core train …` trains the same with several processes, each on a GPU of its own, on
    one machine or more.
    """
    with _processes() as leads, opened(project) as store:
        control = Control(hasty=not _several())  # what a terminal says to all, torchrun says again
        if not leads:
            return _follow(store, device, control)
        changes = _changes(start, values) if resume else {}
        recipe = Recipe() if resume else training_recipe(start, values)
        if resume:
            work = _resumed(store, find(store.paths.runs, resume), device, changes, control)
        else:
            work = training(store, recipe, device, control)
        run = drive(work, json=json, events=events, control=control)
        index_predictions(store.root)
        value = run_facts(run)
        result(value, _trained(value), json=json, events=events)


def _several() -> bool:
    """Whether torchrun started this process along with others."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


@contextlib.contextmanager
def _processes() -> Iterator[bool]:
    """Within the block this process trains with those that were started with it; says whether it is the first."""
    if not _several():
        yield True
        return
    from core.train.together import joined

    # As soon as one has failed torchrun ends the others, which may have to say why. It does not wait for long.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with joined() as world:
        yield world.leads


def _follow(store: Store, device: str, control: Control) -> None:
    from core.train import together
    from core.train.follower import follow

    with control.obeying_signals():  # by doing nothing: the first process says when to stop
        follow(store.paths, together.choose_device(device))


def _changes(start: str | None, values: dict[str, Any]) -> dict[str, Any]:
    """What a run that goes on shall have otherwise than its recipe, by path."""
    given = {path.replace("__", "."): value for path, value in values.items() if value is not None}
    refused = ["--recipe"] * bool(start) + [f"--{path}" for path in given if path not in CHANGEABLE]
    if refused:
        may = " and ".join(f"--{path}" for path in CHANGEABLE)
        hint = f"Leave out {', '.join(refused)}; only {may} may change."
        raise click.UsageError(f"--resume goes on with the run's own recipe. {hint}")
    return given


def training(
    store: Store, recipe: Recipe, device: str, control: Control | None = None
) -> Generator[Event, Any, RunFolder]:
    """Train a new run to its end, score it and draw its pictures. See `fitted` for `control`."""
    job = yield from begun(store, recipe, device)
    return (yield from fitted(store, job, control))


def _resumed(
    store: Store, run: RunFolder, device: str, changes: dict[str, Any], control: Control
) -> Generator[Event, Any, RunFolder]:
    from core.train import loop, together

    job = loop.resume(store, run, together.choose_device(device), changes)
    return (yield from fitted(store, job, control))


def begun(store: Store, recipe: Recipe, device: str) -> Generator[Event, Any, "TrainingJob"]:
    """A new run with its folder, not trained yet."""
    from core.synth import stamps
    from core.train import loop, selection, together

    where = together.choose_device(device)
    if not recipe.optim.batch_size:
        yield Stage(title="Looking for the batch size")
    if recipe.synth.count:
        yield Stage(title="Reading stamps")
        yield from stamps.reading(recipe.synth.stamps, selection.class_names(store))
    return loop.new_run(store, recipe, where)


def fitted(store: Store, job: "TrainingJob", control: Control | None = None) -> Generator[Event, Any, RunFolder]:
    """Train the run of `job` to its end, score it and draw its pictures.

    `control` heeds the words that others leave in the run's folder.
    """
    from core.report import pictures, sheets
    from core.train import loop

    if control:
        control.heed(Words(job.run))
    run = yield from loop.fit(job, lambda train: sheets.write(job.run, job.recipe, train))
    if len(job.val):
        yield from _evaluate(store, run, job.device.name, None)
        pictures.write(store, run)
    return run


def _evaluate(store: Store, run: RunFolder, device: str, where: str | None) -> Generator[Event, None, Any]:
    from core.evaluate.predict import evaluate
    from core.train import device as devices

    filter = query.parse(where) if where is not None else None
    return (yield from evaluate(store, run, filter, devices.choose(device)))


def index_predictions(root: Path) -> None:
    """Bring the project's index of predictions up to date, unless the window has the project: then it does so."""
    from core.evaluate import index

    try:
        store = Store.open(root)
    except Error:
        return
    with store:
        index.sync(store)


def _trained(value: dict[str, Any]) -> str:
    sources = "  ".join(f"{name} {wording.percent(share)}" for name, share in value["by_source"].items())
    score = f"{wording.percent(value['val_accuracy'])} of the validation images are right"
    lines = [f"{value['run']}: {score if value['val_accuracy'] is not None else 'no validation images to score it on'}"]
    lines += [f"by source  {sources}"] if sources else []
    return "\n".join([*lines, f"In {value['folder']}"])


@click.command("evaluate")
@click.argument("run", default="last")
@project_option
@click.option("--where", metavar="FILTER", help="Which images; the validation images unless told otherwise.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@output_options
def evaluate(run: str, project: str | None, where: str | None, device: str, json: bool, events: bool) -> None:
    """Let the best checkpoint of RUN predict images; shows accuracy, the confusion matrix and the surest mistakes."""
    from core.cli.review import described, summary
    from core.report import pictures

    with opened(project) as store:
        folder = find(store.paths.runs, run)
        table = drive(_evaluate(store, folder, device, where), json=json, events=events)
        written = pictures.write(store, folder)
        index_predictions(store.root)
        value = summary(store, folder, table, written)
        result(value, described(value), json=json, events=events)


@click.command("export")
@click.argument("run")
@click.argument("destination", type=click.Path(path_type=Path))
@project_option
@click.option("--checkpoint", type=click.Choice(["best", "last"]), default="best", show_default=True)
@output_options
def export(run: str, destination: Path, project: str | None, checkpoint: str, json: bool, events: bool) -> None:
    """Write a checkpoint of RUN to the folder DESTINATION with its recipe, classes and preprocessing."""
    from core.export.checkpoint import export as write

    with opened(project) as store:
        folder = write(find(store.paths.runs, run), checkpoint, destination)
        result({"folder": str(folder)}, f"Exported to {folder}", json=json, events=events)


COMMANDS = {"train": train, "evaluate": evaluate, "export": export}
