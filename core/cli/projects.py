"""Commands on a project's images: new, list, label, split."""

from typing import Any

import click

from core import wording
from core.cli.output import output_options, result
from core.cli.place import new_root, opened, project_option
from core.errors import Error
from core.images.names import shown
from core.project import edits, order, query, records, split
from core.project.store import Store


@click.command("new")
@click.argument("name", metavar="NAME|FOLDER")
@output_options
def new(name: str, json: bool, events: bool) -> None:
    """Make an empty project: a NAME under the projects folder, or any new FOLDER."""
    with Store.create(new_root(name)) as store:
        result({"project": str(store.root)}, f"Made {store.root}", json=json, events=events)


@click.command("list")
@project_option
@click.option("--where", default="", metavar="FILTER", help='Such as "class:3 split:val wrong conf>0.9 -source:meter".')
@click.option("--sort", type=click.Choice(list(order.SORTS)), default="name", help="Order of the images.")
@click.option("--descending", is_flag=True, help="Largest first.")
@click.option(
    "--limit", type=click.IntRange(0), default=20, show_default=True, help="How many images to show; 0 for all."
)
@output_options
def list_(project: str | None, where: str, sort: str, descending: bool, limit: int, json: bool, events: bool) -> None:
    """Show the images of a filter with their number, class, split and source, and the counts."""
    filter = query.parse(where)
    with opened(project) as store:
        found = query.ids(store, filter, sort, descending)
        listed = records.images(store, found[: limit or None])
        counts = records.counts(store, filter)
        value = {
            "total": counts.total,
            "unlabelled": counts.unlabelled,
            "classes": counts.classes,
            "splits": counts.splits,
            "sources": counts.sources,
            "images": [_facts(image) for image in listed],
        }
        result(value, _table(listed, counts), json=json, events=events)


def _facts(image: records.ImageRecord) -> dict[str, Any]:
    return {
        "id": image.id,
        "name": image.name,
        "path": str(image.path),
        "class": image.class_name,
        "by": image.labelled_by,
        "split": image.split,
        "source": image.source,
        "group": image.group,
        "width": image.width,
        "height": image.height,
        "rejected": image.rejected,
        "tags": list(image.tags),
    }


def _table(images: list[records.ImageRecord], counts: records.Counts) -> str:
    rows = [
        (str(i.id), i.class_name or "-", i.split or "-", i.source or "-", f"{i.width}x{i.height}", shown(i.name))
        for i in images
    ]
    head = ("id", "class", "split", "source", "size", "name")
    widths = [max(len(row[k]) for row in [head, *rows]) for k in range(5)]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[5]])
        for row in [head, *rows]
    ]
    if len(images) < counts.total:
        lines.append(f"… {counts.total - len(images):,} more (--limit 0 shows all)")
    classes = "  ".join(f"{name} {number:,}" for name, number in counts.classes.items() if number)
    splits = "  ".join(f"{name or 'no split'} {number:,}" for name, number in counts.splits.items() if number)
    sources = "  ".join(f"{name or 'no source'} {number:,}" for name, number in counts.sources.items() if number)
    lines += ["", wording.count(counts.total, "image")]
    lines += [
        f"{word:9}{text}" for word, text in (("classes", classes), ("splits", splits), ("sources", sources)) if text
    ]
    if counts.unlabelled:
        lines.append(f"{'':9}{counts.unlabelled:,} unlabelled")
    return "\n".join(lines)


@click.command("label")
@click.argument("ids", nargs=-1, type=int)
@project_option
@click.option("--class", "class_name", metavar="NAME", help="The class to set.")
@click.option("--none", "nothing", is_flag=True, help="Take the label away.")
@click.option("--new", is_flag=True, help="Add the class if the project does not have it.")
@click.option("--where", metavar="FILTER", help="Label all images of a filter instead of numbers.")
@click.option("--undo", is_flag=True, help="Take back the last edit.")
@click.option("--redo", is_flag=True, help="Do again what was undone.")
@output_options
def label(
    ids: tuple[int, ...],
    project: str | None,
    class_name: str | None,
    nothing: bool,
    new: bool,
    where: str | None,
    undo: bool,
    redo: bool,
    json: bool,
    events: bool,
) -> None:
    """Set the class of the images with these IDS (see `core list`), or of a filter; --undo takes it back."""
    asked = [class_name is not None, nothing, undo, redo]
    if sum(asked) != 1:
        raise click.UsageError("Give one of --class NAME, --none, --undo and --redo.")
    if not (undo or redo) and bool(ids) == (where is not None):
        raise click.UsageError("Give image numbers or --where FILTER.")
    with opened(project, write=True) as store:
        change = (
            edits.undo(store) if undo else edits.redo(store) if redo else _label(store, ids, where, class_name, new)
        )
        if change is None:
            raise Error(f"There is nothing to {'undo' if undo else 'redo'}.", "")
        value = {"title": change.title, "images": change.image_ids.tolist()}
        result(
            value, f"{change.title} ({wording.count(len(change.image_ids), 'image')} changed)", json=json, events=events
        )


def _label(store: Store, ids: tuple[int, ...], where: str | None, class_name: str | None, new: bool) -> edits.Change:
    wanted = list(ids) if where is None else query.ids(store, query.parse(where)).tolist()
    if new and class_name is not None and class_name not in {known.name for known in records.classes(store)}:
        edits.add_class(store, class_name)
    return edits.label(store, wanted, class_name, by="hand" if len(wanted) == 1 else "bulk")


@click.command("split")
@project_option
@click.option("--val", type=float, default=0.15, show_default=True, help="Share of the images for validation.")
@click.option("--test", type=float, default=0.0, show_default=True, help="Share of the images for a new test set.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Another seed, another split.")
@output_options
def split_(project: str | None, val: float, test: float, seed: int, json: bool, events: bool) -> None:
    """Divide the labelled images, stratified by class; images of one group stay together.

    Without --test, the images of a test set stay in it.
    """
    with opened(project, write=True) as store:
        split.assign(store, val, test, seed)
        health = split.health(store)
        leak = "no group is torn" if not health.torn_groups else f"{health.torn_groups} groups are torn"
        parts = {"training": health.train, "validation": health.val, "test": health.test, "without split": health.none}
        text = ", ".join(f"{number:,} {word}" for word, number in parts.items() if number)
        result(dict(vars(health)), f"{text}; {leak}", json=json, events=events)


COMMANDS = {"new": new, "list": list_, "label": label, "split": split_}
