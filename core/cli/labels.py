"""Commands that hand labels round: labels export, labels import."""

from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import click

from core import wording
from core.cli.output import drive, output_options, result
from core.cli.place import opened, project_option
from core.curate import exchange
from core.errors import Error
from core.project import query
from core.project.query import And, Filter, IdIn

_LISTED = 1000  # of conflicts and unused rows with --json


@click.group("labels")
def labels() -> None:
    """Hand labels round: write them for other programs and people, and join theirs with yours."""


@labels.command("export", short_help="Write labels to a file or a folder.")
@click.argument("place", metavar="FILE|FOLDER", type=click.Path(path_type=Path))
@project_option
@click.option(
    "--format",
    "format",
    type=click.Choice(list(exchange.FORMATS)),
    help="; ".join(f"{name}: {format.words}" for name, format in exchange.FORMATS.items())
    + ". Else by the name: .csv, .jsonl, .json (Label Studio), a folder (imagefolder).",
)
@click.option("--where", default="", metavar="FILTER", help="Only images of a filter, such as split:train.")
@click.option(
    "--ids",
    type=click.File(),
    metavar="FILE",
    help="Only images whose numbers FILE has, one a line, as `core list --json` tells them; - is stdin.",
)
@click.option("--replace", is_flag=True, help="Replace a file of this name.")
@output_options
def export_(
    place: Path,
    project: str | None,
    format: str | None,
    where: str,
    ids: IO[str] | None,
    replace: bool,
    json: bool,
    events: bool,
) -> None:
    """Write the labels of images, for some formats with the images, to a new file or an empty folder."""
    filter = query.parse(where)
    if ids is not None:
        filter = And((filter, _listed(ids)))
    kind = format or exchange.format_for(place)
    with opened(project) as store:
        report = drive(exchange.export(store, place, kind, filter, replace), json=json, events=events)
    result(_exported(report), _wrote(report), json=json, events=events)


@labels.command("import", short_help="Join the labels of a file or a folder with yours.")
@click.argument("path", type=click.Path(path_type=Path))
@project_option
@click.option(
    "--conflicts",
    type=click.Choice(exchange.CONFLICTS),
    default="ours",
    show_default=True,
    help="Where a person gave another label here: keep ours, take theirs, or with any conflict change nothing.",
)
@click.option("--dry-run", is_flag=True, help="Tell what would change; write nothing.")
@click.option(
    "--csv", "table", type=click.Path(path_type=Path), metavar="FILE", help="Write all conflicts and unused rows here."
)
@output_options
def import_(
    path: Path, project: str | None, conflicts: str, dry_run: bool, table: Path | None, json: bool, events: bool
) -> None:
    """Join the labels, tags and notes at PATH with the project's, in one edit that can be undone.

    PATH is a CSV, JSON lines, the JSON of Label Studio, or a folder of class folders or of Hugging Face's layout.
    Images are known by their content, or by name where PATH tells neither a hash nor has the images. What PATH does
    not say takes nothing away.
    """
    if table:
        exchange.refuse(table.absolute(), folder=False, replace=False)  # before anything is changed
    with opened(project, write=not dry_run) as store:
        report = drive(exchange.merge(store, path, conflicts, dry_run), json=json, events=events)
    if table:
        exchange.write_csv(report, table)
    result(_joined(report), exchange.described(report), json=json, events=events)


def _listed(file: IO[str]) -> Filter:
    """The images whose numbers are the lines of `file`."""
    try:
        return IdIn(tuple(int(line) for line in file))
    except ValueError as problem:
        raise Error(f"{file.name} is no list of numbers of images.", "Each line has one number.") from problem


def _joined(report: exchange.MergeReport) -> dict[str, Any]:
    """The report with how long its lists are and their first items: programs read it as one line."""
    value = asdict(report)
    lists = ("conflicts", "unknown", "unusable")
    counts = {f"{name}_count": len(value[name]) for name in lists}
    return value | counts | {name: value[name][:_LISTED] for name in lists}


def _exported(report: exchange.ExportReport) -> dict[str, Any]:
    value = asdict(report) | {"place": str(report.place)}
    return value | {"skipped": [{"name": name, "reason": reason} for name, reason in report.skipped]}


def _wrote(report: exchange.ExportReport) -> str:
    skipped = f", {len(report.skipped):,} skipped" if report.skipped else ""
    count = wording.count(report.images, "image")
    return f"{count}{skipped} in {wording.duration(report.seconds)}; {report.place} is written"


COMMANDS = {"labels": labels}
