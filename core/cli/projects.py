"""Commands on a project: new, list."""

import dataclasses
from typing import Any

import click

from core import wording
from core.cli.output import output_options, result
from core.cli.place import new_root, opened, project_option
from core.images.names import shown
from core.project import order, query, records, views
from core.project.fields import FLAGS, NUMBERS, TEXTS
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
@click.option("--sort", type=click.Choice(order.SORTS), default="name", help="Order of the images.")
@click.option("--descending", is_flag=True, help="Largest first.")
@click.option("--view", metavar="NAME", help="A view saved in the window, instead of a filter and an order.")
@click.option(
    "--limit", type=click.IntRange(0), default=20, show_default=True, help="How many images to show; 0 for all."
)
@click.option("--fields", is_flag=True, help="Show what a filter can ask of images, and the saved views.")
@output_options
def list_(
    project: str | None,
    where: str,
    sort: str,
    descending: bool,
    view: str | None,
    limit: int,
    fields: bool,
    json: bool,
    events: bool,
) -> None:
    """Show the images of a filter with their number, class, split and source, and the counts.

    Words of a filter that stand beside each other all hold; "or", "-" for not, parentheses, commas for alternatives and
    ".." for ranges work as in the window. --fields shows all words.
    """
    query.parse(where)  # a filter that cannot be read is told before the project is
    with opened(project) as store, store.snapshot():
        if fields:
            result(_words(store), _help(store), json=json, events=events)
            return
        if view is not None:
            chosen = views.named(store, view)
            where, sort, descending = chosen.filter, chosen.sort, chosen.descending
        filter = query.parse(where)
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


def _words(store: Store) -> dict[str, Any]:
    return {
        "texts": {name: field.help for name, field in TEXTS.items()},
        "numbers": {name: field.help for name, field in NUMBERS.items()},
        "flags": {name: field.help for name, field in FLAGS.items()},
        "views": [dataclasses.asdict(view) for view in views.saved(store)],
    }


def _help(store: Store) -> str:
    parts = [
        ("words, as in class:3,5", {name: field.help for name, field in TEXTS.items()}),
        ("", {"tag": "a tag", "name": "part of the name", "note": "part of the note", "id": "the number of the image"}),
        ("numbers, as in conf>0.9 or width:100..200", {name: field.help for name, field in NUMBERS.items()}),
        ("flags, as in wrong or -rejected", {name: field.help for name, field in FLAGS.items()}),
        ("saved views", {view.name: view.filter or "all images" for view in views.saved(store)}),
    ]
    lines = []
    for title, told in parts:
        lines += ([title] if title and told else []) + [f"  {name:14}{help}" for name, help in told.items()]
    return "\n".join(lines)


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


COMMANDS = {"new": new, "list": list_}
