"""`core label`: what a user does to images by their numbers or by a filter."""

from collections.abc import Callable
from typing import Any

import click

from core import wording
from core.cli.output import output_options, result
from core.cli.place import opened, project_option
from core.errors import Error
from core.evaluate import index
from core.project import edits, query, records
from core.project.edits import Change
from core.project.store import Store

_Verb = Callable[[Store, list[int], Any], Change]
_VERBS: dict[str, _Verb] = {
    "class_name": lambda store, ids, name: edits.label(store, ids, name, edits.by_number(ids)),
    "nothing": lambda store, ids, _: edits.label(store, ids, None),
    "tag": lambda store, ids, name: edits.tag(store, ids, name),
    "untag": lambda store, ids, name: edits.tag(store, ids, name, on=False),
    "note": edits.write_note,
    "reject": lambda store, ids, _: edits.reject(store, ids),
    "take_back": lambda store, ids, _: edits.reject(store, ids, rejected=False),
}
_USAGE = "Give one of --class, --none, --tag, --untag, --note, --reject, --take-back, --undo and --redo."


@click.command("label")
@click.argument("ids", nargs=-1, type=int)
@project_option
@click.option("--where", metavar="FILTER", help="All images of a filter instead of numbers.")
@click.option("--class", "class_name", metavar="NAME", help="Set the class.")
@click.option("--new", is_flag=True, help="Add the class if the project does not have it.")
@click.option("--none", "nothing", is_flag=True, help="Take the label away.")
@click.option("--tag", metavar="NAME", help="Put a tag on.")
@click.option("--untag", metavar="NAME", help="Take a tag off.")
@click.option("--note", metavar="TEXT", help="Write a note; an empty one takes it away.")
@click.option("--reject", is_flag=True, help="Keep out of training; nothing is deleted.")
@click.option("--take-back", is_flag=True, help="Take back in what was rejected.")
@click.option("--undo", is_flag=True, help="Take back the last edit, whatever it was.")
@click.option("--redo", is_flag=True, help="Do again what was undone.")
@output_options
def label(
    ids: tuple[int, ...], project: str | None, where: str | None, new: bool, json: bool, events: bool, **verbs: Any
) -> None:
    """Label, tag, note or reject the images with these IDS (see `core list`), or those of a filter.

    Each call is one edit, which --undo takes back.
    """
    asked = {verb: value for verb, value in verbs.items() if value is not None and value is not False}
    if len(asked) != 1:
        raise click.UsageError(_USAGE)
    ((verb, value),) = asked.items()
    if verb not in ("undo", "redo") and bool(ids) == (where is not None):
        raise click.UsageError("Give image numbers or --where FILTER.")
    with opened(project, write=True) as store:
        change = _walk(store, verb) if verb in ("undo", "redo") else _edit(store, ids, where, new, verb, value)
        told = {"title": change.title, "images": change.image_ids.tolist()}
        count = wording.count(len(change.image_ids), "image")
        text = change.title if change.kind == "class" else f"{change.title} ({count} changed)"
        result(told, text, json=json, events=events)


def _walk(store: Store, verb: str) -> Change:
    change = edits.undo(store) if verb == "undo" else edits.redo(store)
    if change is None:
        raise Error(f"There is nothing to {verb}.", "")
    if change.kind == "class":
        index.sync(store)  # which class a prediction means may be another one
    return change


def _edit(store: Store, ids: tuple[int, ...], where: str | None, new: bool, verb: str, value: Any) -> Change:
    wanted = edits.distinct(ids) if where is None else query.ids(store, query.parse(where)).tolist()
    if new and verb == "class_name" and value not in {known.name for known in records.classes(store)}:
        edits.add_class(store, value)
    return _VERBS[verb](store, wanted, value)


COMMANDS = {"label": label}
