"""`core classes`: the classes of a project, and edits on them."""

from collections.abc import Callable, Sequence
from typing import Any

import click

from core.cli.output import output_options, result
from core.cli.place import opened, project_option
from core.evaluate import index
from core.project import classes, edits, records
from core.project.edits import Change
from core.project.records import ClassRecord
from core.project.store import Store


@click.group("classes", invoke_without_command=True)
@project_option
@output_options
@click.pass_context
def classes_(context: click.Context, project: str | None, json: bool, events: bool) -> None:
    """Show the classes with their keys, colours and numbers of images; change them.

    Each change is one edit, which `core label --undo` takes back.
    """
    context.obj = project
    if context.invoked_subcommand:
        return
    with opened(project) as store:
        known, counts = records.classes(store), records.counts(store)
        names = [record.name for record in known]
        given = [record.key for record in known]
        keys = {position: key for key, position in classes.class_keys(names, given).items()}
        facts = [
            {
                "name": record.name,
                "images": counts.classes[record.name],
                "key": keys.get(position),
                "color": record.color,
            }
            for position, record in enumerate(known)
        ]
        text = _table(known, facts) if known else "There are no classes yet; `core classes add NAME` makes one."
        result({"classes": facts, "unlabelled": counts.unlabelled}, text, json=json, events=events)


def _table(known: Sequence[ClassRecord], facts: list[dict[str, Any]]) -> str:
    wide = max(len(record.name) for record in known)
    lines = [f"{'class':{max(wide, 5)}}  {'images':>10}  key  colour"]
    for fact in facts:
        own = fact["color"] or "of its place"
        lines.append(f"{fact['name']:{max(wide, 5)}}  {fact['images']:>10,}  {fact['key'] or '-':3}  {own}")
    return "\n".join(lines)


def _command(name: str, *parameters: Callable[[Any], Any], help: str, runs: str = "") -> Callable[[Any], Any]:
    """A verb on classes as a subcommand. `runs` is said after it where runs know the classes from before."""

    def declare(edit: Callable[..., Change]) -> Callable[..., Change]:
        def command(above: str | None, /, project: str | None, json: bool, events: bool, **values: Any) -> None:
            with opened(project or above, write=True) as store:
                change = edit(store, **values)
                index.sync(store)
                known = bool(runs) and store.paths.runs.is_dir() and any(store.paths.runs.iterdir())
                value = {"title": change.title, "classes": [record.name for record in records.classes(store)]}
                result(value, f"{change.title}.{runs if known else ''}", json=json, events=events)

        decorated: Any = click.pass_obj(command)
        for parameter in (output_options, project_option, *reversed(parameters)):
            decorated = parameter(decorated)
        classes_.command(name, help=help)(decorated)
        return edit

    return declare


@_command("add", click.argument("name"), help="Add a class.")
def _add(store: Store, name: str) -> Change:
    return edits.add_class(store, name)


@_command(
    "rename",
    click.argument("old"),
    click.argument("new"),
    help="Give the class OLD the name NEW.",
    runs=" Runs before this know the class by its old name, and are still understood."
    " Recipes and saved filters that name it are not changed.",
)
def _rename(store: Store, old: str, new: str) -> Change:
    return classes.rename(store, old, new)


@_command(
    "merge",
    click.argument("names", nargs=-1, required=True),
    click.option("--into", required=True, metavar="NAME", help="The class that takes their images; it stays."),
    help="Give all images of the classes NAMES to another class, and take the emptied classes away.",
    runs=" What runs before this said as one of them counts as the class that stayed.",
)
def _merge(store: Store, names: tuple[str, ...], into: str) -> Change:
    return classes.merge(store, names, into)


@_command(
    "delete",
    click.argument("names", nargs=-1, required=True),
    help="Take the classes NAMES away; their images become unlabelled.",
    runs=" What runs before this said as one of them is left out of filters.",
)
def _delete(store: Store, names: tuple[str, ...]) -> Change:
    return classes.delete(store, names)


@_command("order", click.argument("names", nargs=-1, required=True), help="Show the classes in the order of NAMES.")
def _order(store: Store, names: tuple[str, ...]) -> Change:
    return classes.reorder(store, names)


@_command(
    "color",
    click.argument("name"),
    click.argument("color", metavar="#RRGGBB|none"),
    help="Give a class a colour; none is that of its place.",
)
def _color(store: Store, name: str, color: str) -> Change:
    return classes.set_color(store, name, None if color == "none" else color)


@_command(
    "key",
    click.argument("name"),
    click.argument("key", metavar="KEY|none"),
    help="Give a class a key, a letter or digit; none is that of its place.",
)
def _key(store: Store, name: str, key: str) -> Change:
    return classes.set_key(store, name, None if key == "none" else key)


COMMANDS = {"classes": classes_}
