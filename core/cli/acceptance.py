"""`core accept`: take what the latest run is sure of as labels."""

from typing import Any

import click

from core import wording
from core.cli.output import output_options, result
from core.cli.place import opened, project_option
from core.project import acceptance, query
from core.project.acceptance import Proposal


@click.command("accept")
@click.argument("confidence", type=click.FloatRange(0, 1))
@project_option
@click.option("--where", default="", metavar="FILTER", help='Only these images, such as "source:meter".')
@click.option("--replace-imported", is_flag=True, help="Also change labels that an import or a model gave.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
@output_options
def accept(
    confidence: float, project: str | None, where: str, replace_imported: bool, dry_run: bool, json: bool, events: bool
) -> None:
    """Label images as the latest run says, where it is sure: its CONFIDENCE, 0 to 1, is at least this.

    Labels given by hand are never changed, rejected images never labelled. It is one edit, which
    `core label --undo` takes back.
    """
    filter = query.parse(where)
    with opened(project, write=not dry_run) as store:
        found = acceptance.proposal(store, filter, confidence, replace_imported)
        change = None if dry_run else acceptance.accept(store, found)
    done = change.image_ids.tolist() if change else []
    verb = (
        f"{change.title}."
        if change
        else f"Would label {wording.count(len(found.ids), 'image')} as run {found.run} says."
    )
    result(_facts(found) | {"changed": done}, "\n".join([verb, *_lines(found)]), json=json, events=events)


def _facts(found: Proposal) -> dict[str, Any]:
    return {
        "run": found.run,
        "confidence": found.confidence,
        "images": found.ids.tolist(),
        "classes": found.counts,
        "unlabelled": found.unlabelled,
        "replaced": found.replaced,
        "replaceable": found.replaceable,
        "by_hand": found.by_hand,
        "disagreeing": found.disagreeing,
        "known": found.judged.known,
        "right": found.judged.right,
    }


def _lines(found: Proposal) -> list[str]:
    counts = found.counts
    widest = max((len(name) for name in counts), default=0)
    digits = max((len(f"{number:,}") for number in counts.values()), default=0)
    lines = [f"  {name.ljust(widest)}  {number:>{digits},}" for name, number in counts.items()]
    lines.append(f"{found.unlabelled:,} without a label, {found.replaced:,} imported or by a model that say otherwise.")
    if found.replaceable:
        kept = wording.count(found.replaceable, "imported or model label")
        lines.append(f"{kept} would change with --replace-imported.")
    if found.by_hand:
        lines.append(
            f"{wording.count(found.by_hand, 'label')} given by hand left alone, {found.disagreeing:,} say otherwise."
        )
    return [*lines, str(found.judged)]


COMMANDS = {"accept": accept}
