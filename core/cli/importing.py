"""Commands that bring images into a project and find those again that moved: import, relink."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from core import wording
from core.cli.output import drive, output_options, result
from core.cli.place import new_root, opened, project_option, root
from core.cli.watching import watch
from core.errors import Error
from core.importers import copies, import_several
from core.importers import relink as relinking
from core.importers.preview import Preview
from core.importers.registry import imported
from core.importers.several import look_at
from core.paths import projects_home
from core.project import records
from core.project.store import Store


@click.command("import")
@click.argument("paths", metavar="PATH…", type=click.Path(path_type=Path), nargs=-1)
@click.option(
    "--list", "listed", type=click.Path(path_type=Path), help="A file of further paths, as find -print0 writes it."
)
@project_option
@click.option("--preview", "only_preview", is_flag=True, help="Tell what would be imported; write nothing.")
@click.option("--into", metavar="NAME", help="Copy image files into the project, to images/NAME.")
@click.option("--watch", "watching", is_flag=True, help="Go on importing what is new there, until Ctrl+C.")
@output_options
def import_(
    paths: tuple[Path, ...],
    listed: Path | None,
    project: str | None,
    only_preview: bool,
    into: str | None,
    watching: bool,
    json: bool,
    events: bool,
) -> None:
    """Bring the images of each PATH into a project.

    A PATH is a folder, an image, a zip or tar of images, a table, or the files of MNIST (IDX) or CIFAR (python
    version). Class folders become labels, folders train, val and test splits. A table beside the images (CSV, TSV or
    JSON lines; columns file, label, source, group, split, target:NAME) says more. Without -p outside of a project, a
    new project with the name of the first PATH is made. Importing again finds what is new or has moved.
    """
    paths += tuple(Path(os.fsdecode(name)) for name in listed.read_bytes().split(b"\0") if name) if listed else ()
    if not paths:
        raise click.UsageError("Say what to import.")
    if only_preview:
        _tell(paths, project, json, events)
        return
    if watching and (json or events or into is not None):
        raise click.UsageError("--watch goes with neither --json nor --events nor --into.")
    where = _target(paths[0], project)
    _bring(where, paths, into, json, events)
    if watching:
        watch(where, paths)


def _tell(paths: tuple[Path, ...], project: str | None, json: bool, events: bool) -> None:
    """What importing would bring, into the project that is named."""
    with contextlib.ExitStack() as end:
        found = look_at(paths, end.enter_context(opened(project)) if project else None)
    text = "\n".join([*map(_understood, found.previews), *found.problems])
    result(asdict(found), text, json=json, events=events)


def _bring(where: Path, paths: tuple[Path, ...], into: str | None, json: bool, events: bool) -> None:
    """Import into the project at `where`, which is made where there is none."""
    fresh = not (where / "project.db").is_file()
    if missing := next((path for path in paths if fresh and not path.exists()), None):
        raise Error(f"There is nothing at {missing}.", "Check the path.")
    with _created(where) if fresh else Store.open(where) as store:
        job = imported(store, copies.bring_in(store, paths, into)) if into is not None else import_several(store, paths)
        report = drive(job, json=json, events=events)
        total = records.counts(store).total
        if fresh and not total:
            raise Error(
                f"No image in {paths[0]} can be used.", "Each is listed above with its reason. No project was made."
            )
        value = {
            "project": str(store.root),
            **{key: getattr(report, key) for key in ("added", "updated", "relinked", "unchanged", "seconds")},
            "skipped": [{"name": name, "reason": reason} for name, reason in report.skipped],
            "classes": list(report.classes),
            "total": total,
        }
        result(value, _imported(value), json=json, events=events)


@contextmanager
def _created(root: Path) -> Iterator[Store]:
    """A new project that is taken away again when its first import fails or is stopped."""
    with Store.create(root) as store:
        try:
            yield store
        except BaseException:
            store.close()
            shutil.rmtree(root)
            raise


def _target(path: Path, project: str | None) -> Path:
    try:
        return root(project)
    except Error:
        return new_root(project) if project else projects_home() / _named_after(path)


def _named_after(path: Path) -> str:
    place = path.absolute()
    if not path.is_file():
        return place.name
    table = place.suffix.lower() in (".csv", ".tsv", ".jsonl", ".ndjson")
    return place.parent.name if table else place.name.removesuffix(place.suffix).removesuffix(".tar")


def _imported(value: dict[str, Any]) -> str:
    kinds = {"added": "new", "updated": "changed", "relinked": "found again", "unchanged": "as before"}
    parts = [f"{value[key]:,} {word}" for key, word in kinds.items() if value[key]] or ["nothing new"]
    if value["skipped"]:
        parts.append(f"{len(value['skipped']):,} skipped")
    total = wording.count(value["total"], "image")
    return f"{', '.join(parts)} in {wording.duration(value['seconds'])}; {value['project']} has {total}"


@click.command("relink")
@click.argument("folder", type=click.Path(path_type=Path))
@project_option
@output_options
def relink(folder: Path, project: str | None, json: bool, events: bool) -> None:
    """Find images again whose files have moved to below FOLDER.

    They are known by their content. Labels, splits and all else stay as they are.
    """
    with opened(project, write=True) as store:
        found = drive(relinking.relink(store, folder), json=json, events=events)
        text = f"{wording.count(found.relinked, 'image')} found again"
        text = f"{text}, {found.missing:,} still missing" if found.missing else text
        result(
            asdict(found), text if found.relinked or found.missing else "No image is missing", json=json, events=events
        )


def _understood(found: Preview) -> str:
    """A preview in lines."""
    number = f"{'' if found.complete else 'at least '}{wording.count(found.images, 'image')}"
    lines = [f"{found.name}: {', '.join(part for part in (number, found.layout) if part)}"]
    if found.known:
        lines.append(f"  {found.known:,} of them are in the project already")
    if found.class_count:
        named = ", ".join(f"{name} {count:,}" for name, count in found.classes.items())
        more = f" and {found.class_count - len(found.classes):,} more" if found.class_count > len(found.classes) else ""
        lines.append(f"  {wording.count(found.class_count, 'class')}: {named}{more}")
    if found.class_count and found.unlabelled:
        lines.append(f"  unlabelled: {found.unlabelled:,}")
    for title, counts in (("sources", found.sources), ("splits", found.splits)):
        if counts:
            lines.append(f"  {title}: " + ", ".join(f"{name or 'none'} {count:,}" for name, count in counts.items()))
    if found.targets:
        lines.append(f"  targets: {', '.join(found.targets)}")
    lines += [f"  {text}" for text in found.notices]
    lines += [f"  left out: {left.count:,} ({', '.join(left.names)}): {left.reason}" for left in found.left_out]
    return "\n".join([*lines, f"  such as {', '.join(found.examples)}"] if found.examples else lines)


COMMANDS = {"import": import_, "relink": relink}
