"""`core runs`: what runs there are, how they went, and a word to those that other processes train."""

import contextlib
from typing import Any

import click

from core import wording
from core.cli.output import drive, output_options, result
from core.cli.place import opened, project_option
from core.errors import Error
from core.jobs import Control, Stopped
from core.project.certificate import lines
from core.project.store import Store
from core.runs import certified, history
from core.runs.folder import RunFolder, find, list_runs
from core.runs.follow import following
from core.runs.history import History

_NOTE = 40  # letters of a note in the list


@click.group("runs", invoke_without_command=True)
@project_option
@output_options
@click.pass_context
def runs(context: click.Context, project: str | None, json: bool, events: bool) -> None:
    """Show the runs of a project, oldest first, or one of them; pause, stop or follow one that is being trained."""
    context.obj = project
    if context.invoked_subcommand:
        return
    with opened(project) as store:
        found = [run_facts(run) for run in list_runs(store.paths.runs)]
    text = "\n".join(_line(facts) for facts in found) or "No runs yet; `core train` makes the first."
    result({"runs": found}, text, json=json, events=events)


def run_facts(run: RunFolder) -> dict[str, Any]:
    """What a table of runs shows of one run."""
    past = history.read(run)
    return {
        "run": run.name,
        "folder": str(run.root),
        "status": "paused" if past.paused else past.status,
        "epochs": len(past.epochs),
        "device": past.device,
        "best_epoch": past.best_epoch,
        "metric": {"name": _metric(run), "value": _at_best(past)},
        "val_accuracy": past.best_accuracy,
        "by_source": past.by_source,
        "notes": run.notes,
    }


def _metric(run: RunFolder) -> str | None:
    """What says which epoch of `run` is the best; None of a recipe that cannot be read."""
    try:
        return run.recipe().schedule.metric
    except Error:
        return None


def _at_best(past: History) -> float | None:
    values = dict(zip(past.epochs, past.metric, strict=True))
    return values.get(past.best_epoch or 0)


def _line(facts: dict[str, Any]) -> str:
    note = wording.clipped(facts["notes"].partition("\n")[0], _NOTE)
    return (
        f"{facts['run']:24}  {facts['status']:13}  {facts['epochs']:>4} epochs  "
        f"{wording.percent(facts['val_accuracy']):>7} at epoch {facts['best_epoch'] or '-':<4}  {note}"
    ).rstrip()


def _asking(name: str, word: str, help: str, answer: str) -> click.Command:
    """The command that leaves `word` for whoever trains a run."""

    @click.command(name, help=help)
    @click.argument("run", required=False)
    @project_option
    @output_options
    @click.pass_obj
    def command(above: str | None, run: str | None, project: str | None, json: bool, events: bool) -> None:
        with opened(project or above) as store:
            folder = _meant(store, run)
        folder.ask(word)
        result({"run": folder.name}, f"{folder.name} {answer}", json=json, events=events)

    return command


def _meant(store: Store, text: str | None) -> RunFolder:
    """The run that `text` means, or without one the run that is being trained."""
    if text:
        return find(store.paths.runs, text)
    living = [run for run in list_runs(store.paths.runs) if run.alive]
    if len(living) == 1:
        return living[0]
    if living:
        raise Error("Several runs are being trained.", f"Say which: {', '.join(run.name for run in living)}.")
    raise Error("No run is being trained.", "`core runs` shows the runs there are.")


@runs.command("follow")
@click.argument("run", required=False)
@project_option
@output_options
@click.pass_obj
def follow(above: str | None, run: str | None, project: str | None, json: bool, events: bool) -> None:
    """Show live how a run goes.

    From its start until it ends, whoever trains it; Ctrl-C ends only the showing. Without RUN it is the one that is
    being trained.
    """
    with opened(project or above) as store:
        folder = _meant(store, run)
    control = Control()
    with contextlib.suppress(Stopped):
        drive(following(folder, control, steps=events), json=json, events=events, control=control)
    value = run_facts(folder)
    text = f"{folder.name} goes on; `core runs stop {folder.name}` would stop it." if folder.alive else ""
    result(value, text or f"{folder.name} is {value['status']}.", json=json, events=events)


@runs.command("note")
@click.argument("run")
@click.argument("text", required=False)
@project_option
@output_options
@click.pass_obj
def note(above: str | None, run: str, text: str | None, project: str | None, json: bool, events: bool) -> None:
    """Write down a note, or show it.

    TEXT takes the place of what was written about RUN before; an empty one removes it.
    """
    with opened(project or above) as store:
        folder = find(store.paths.runs, run)
    if text is not None:
        folder.write_notes(text)
    shown = folder.notes if text is None else ""
    missing = f"Nothing was written about {folder.name} yet." if text is None else ""
    result({"run": folder.name, "notes": folder.notes}, shown or missing, json=json, events=events)


@runs.command("show")
@click.argument("run", default="last")
@project_option
@output_options
@click.pass_obj
def show(above: str | None, run: str, project: str | None, json: bool, events: bool) -> None:
    """Show one run: how it went, and its leak certificate.

    The certificate says what of its images was in more than one split when it began.
    """
    with opened(project or above) as store:
        folder = find(store.paths.runs, run)
    facts, certificate = run_facts(folder), certified.read(folder)
    told = lines(certificate) if certificate else ["It was begun before leak certificates were kept: there is none."]
    value = {**facts, "certificate": certificate.as_dict() if certificate else None}
    result(value, "\n".join([_line(facts), *told]), json=json, events=events)


runs.add_command(_asking("pause", "pause", "Let a run wait after its current step.", "pauses."))
runs.add_command(_asking("continue", "resume", "Let a paused run go on.", "goes on."))
runs.add_command(_asking("stop", "stop", "Stop a run and keep it.", "stops."))

COMMANDS = {"runs": runs}
