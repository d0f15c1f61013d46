"""`core queue`: recipes that wait to be trained one after the other."""

import sqlite3
from collections.abc import Generator
from typing import Any

import click

from core import wording
from core.cli.choices import RecipeCommand, recipe_options, training_recipe
from core.cli.output import drive, output_options, result
from core.cli.place import opened, project_option
from core.cli.runs import run_facts
from core.cli.training import begun, fitted, index_predictions
from core.errors import Error, told
from core.events import Event, Notice
from core.jobs import Control
from core.project.store import Store
from core.recipe import Recipe
from core.runs import queue as waiting
from core.runs.queue import Entry

_KNOWN = (Error, OSError, sqlite3.DatabaseError)


@click.group("queue", invoke_without_command=True)
@project_option
@output_options
@click.pass_context
def queue(context: click.Context, project: str | None, json: bool, events: bool) -> None:
    """Show the runs that wait to be trained; add to them, and train them one after the other."""
    context.obj = project
    if context.invoked_subcommand:
        return
    with opened(project) as store:
        entries = waiting.entries(store.paths.queue)
    text = _lines(entries) or "Nothing waits; `core queue add` puts a run here."
    result({"queue": [_facts(entry) for entry in entries]}, text, json=json, events=events)


@queue.command("add", cls=RecipeCommand)
@project_option
@click.option("--recipe", "start", metavar="NAME|FILE", help="A preset or a recipe.yaml to start from.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@recipe_options
@output_options
@click.pass_obj
def add(
    above: str | None, /, project: str | None, start: str | None, device: str, json: bool, events: bool, **values: Any
) -> None:
    """Put a run at the end of the queue.

    The options are those of `core train`.
    """
    from core.train.settling import settled  # it brings OpenCV

    recipe = settled(training_recipe(start, values))
    with opened(project or above) as store:
        entry = waiting.add(store.paths.queue, recipe, device)
    result(_facts(entry), f"{recipe.name} waits as number {entry.number}.", json=json, events=events)


@queue.command("remove")
@click.argument("number", type=click.IntRange(0))
@project_option
@output_options
@click.pass_obj
def remove(above: str | None, number: int, project: str | None, json: bool, events: bool) -> None:
    """Take the entry NUMBER out of the queue."""
    with opened(project or above) as store:
        entry = waiting.find(store.paths.queue, number)
        waiting.remove(store.paths.queue, entry)
    result(_facts(entry), f"Number {number} waits no more.", json=json, events=events)


@queue.command("move")
@click.argument("number", type=click.IntRange(0))
@click.argument("place", type=click.IntRange(1))
@project_option
@output_options
@click.pass_obj
def move(above: str | None, number: int, place: int, project: str | None, json: bool, events: bool) -> None:
    """Let another entry be the next, or a later one.

    The entry NUMBER comes to the PLACE in the order, 1 the next; the numbers follow.
    """
    with opened(project or above) as store:
        waiting.move(store.paths.queue, waiting.find(store.paths.queue, number), place - 1)
        entries = waiting.entries(store.paths.queue)
    text = _lines(entries)
    result({"queue": [_facts(entry) for entry in entries]}, text, json=json, events=events)


@queue.command("run")
@project_option
@output_options
@click.pass_obj
def run(above: str | None, project: str | None, json: bool, events: bool) -> None:
    """Train what waits, one run after the other.

    It ends when nothing waits any more, not even what was added meanwhile. A run that fails is told, and the next one
    begins. Ctrl-C, or `core runs stop`, stops and keeps the current run and all that waits.
    """
    control = Control()
    with opened(project or above) as store:
        value = drive(_trained(store, control), json=json, events=events, control=control)
    result(value, _told(value), json=json, events=events)
    if troubles := len(value["failed"]) + len(value["kept"]):
        raise Error(f"{wording.count(troubles, 'run')} of the queue could not be trained.", "The lines above say why.")


def _trained(store: Store, control: Control) -> Generator[Event, Any, dict[str, Any]]:
    """Train one entry after the other: the facts of the runs, and by name why one failed or could not begin."""
    done: list[dict[str, Any]] = []
    failed: dict[str, str] = {}
    kept: dict[str, str] = {}
    while True:
        with waiting.take(store.paths.queue, kept) as entry:
            if entry is None:
                return {"runs": done, "failed": failed, "kept": kept}
            try:
                job = yield from begun(store, _readable(entry), entry.device)
            except _KNOWN as problem:
                kept[entry.file.name] = _sentence(problem)
                yield Notice(text=f"{entry.file.name} stays in the queue. {_sentence(problem)}", level="warning")
                continue
            waiting.leave(entry)
        try:
            yield from fitted(store, job, control)
        except _KNOWN as problem:
            failed[job.run.name] = _sentence(problem)
            yield Notice(text=f"{job.run.name} failed. {_sentence(problem)}", level="warning")
            continue
        index_predictions(store.root)
        done.append(run_facts(job.run))


def _sentence(problem: BaseException) -> str:
    """What is told of `problem`; raises it where that is a bug."""
    known = told(problem)
    if known is None:
        raise problem
    return str(known)


def _readable(entry: Entry) -> Recipe:
    if entry.recipe is None:
        raise Error(entry.problem, "Mend the file, or take it out with `core queue remove`.")
    return entry.recipe


def _facts(entry: Entry) -> dict[str, Any]:
    recipe = entry.recipe.model_dump() if entry.recipe else None
    return {"number": entry.number, "device": entry.device, "problem": entry.problem, "recipe": recipe}


def _lines(entries: list[Entry]) -> str:
    return "\n".join(_line(entry, what) for entry, what in zip(entries, waiting.apart(entries), strict=True))


def _line(entry: Entry, apart: str) -> str:
    if entry.recipe is None:
        return f"{entry.number:>3}  {entry.file.name}: {entry.problem}"
    recipe = entry.recipe
    epochs = recipe.schedule.epochs
    what = f"{recipe.model.name}, {recipe.data.image_size} px, {epochs} {'epoch' if epochs == 1 else 'epochs'}"
    return f"{entry.number:>3}  {recipe.name:24}  {entry.device:6}  {what}" + (f"; {apart}" if apart else "")


def _told(value: dict[str, Any]) -> str:
    if not (value["runs"] or value["failed"] or value["kept"]):
        return "Nothing waits; `core queue add` puts a run here."
    return "\n".join(
        f"{facts['run']}: {wording.percent(facts['val_accuracy'])} of the validation images are right"
        for facts in value["runs"]
    )


COMMANDS = {"queue": queue}
