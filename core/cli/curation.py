"""Commands on the quality of a data set: check, suspects."""

from typing import Any

import click

from core import wording
from core.cli.output import drive, output_options, result
from core.cli.place import opened, project_option
from core.curate.cues import ADVICE
from core.curate.quality import Finding, Findings, Group
from core.curate.quality import check as found_by
from core.curate.suspects import Suspects, find
from core.images.names import shown
from core.project import query, records
from core.project.scores import SUSPECTS
from core.project.store import Store


@click.command("check")
@project_option
@output_options
def check(project: str | None, json: bool, events: bool) -> None:
    """Look for duplicates, poor images, and properties that tell the class.

    Images are measured once; what was measured is kept, also when this is stopped. The filter in the last column shows
    what was found: `core list --where SUSPECTS`.
    """
    with opened(project) as store:
        findings = drive(found_by(store), json=json, events=events)
        result({"project": str(store.root), **findings.as_dict()}, _told(findings), json=json, events=events)


def _told(found: Findings) -> str:
    unread = found.images - found.measured
    head = wording.count(found.images, "image") + (f", {unread:,} of them could not be read" if unread else "")
    groups = {"equal": found.duplicates, "near": found.near}
    rows = [
        (one.title, f"{len(one.ids):,}", _says(one, groups.get(one.word, ())), one.filter) for one in found.findings
    ]
    wide = [max(len(row[at]) for row in rows) for at in range(3)]
    lines = [
        f"{title:{wide[0]}}  {count:>{wide[1]}}  {says:{wide[2]}}  {filter}" for title, count, says, filter in rows
    ]
    cues = [cue.sentence for cue in found.cues if cue.spurious]
    if cues:
        cues.append(ADVICE)
    elif found.cues:
        cues = [f"No property of the images tells their class: tried {', '.join(cue.name for cue in found.cues)}."]
    return "\n".join([head, "", *lines, *([""] if cues else []), *cues])


def _says(finding: Finding, groups: tuple[Group, ...]) -> str:
    return f"{finding.says} ({wording.count(len(groups), 'group')})" if groups else finding.says


@click.command("suspects")
@project_option
@click.option("--top", type=click.IntRange(0), default=20, show_default=True, help="How many to show.")
@output_options
def suspects(project: str | None, top: int, json: bool, events: bool) -> None:
    """Look for labels that are probably wrong, and score how difficult images are.

    Each label is judged by images that are no copies of it, by its neighbours, and by the latest runs. Those marked as
    checked are not shown again. Scores are kept for filters, until a label changes.
    """
    with opened(project) as store:
        found = drive(find(store), json=json, events=events)
        value = _facts(store, found, top)
    result({"project": str(store.root), **value}, _listed(value), json=json, events=events)


def _facts(store: Store, found: Suspects, top: int) -> dict[str, Any]:
    rows = found.top(top, query.ids(store, query.parse("checked")))
    names = (*found.classes, None)
    images = [
        {
            "id": int(found.ids[row]),
            "name": image.name,
            "label": names[found.labels[row]],
            "suggested": names[found.suggested[row]],
            "suspect": float(found.suspect[row]),
            "difficulty": float(found.difficulty[row]),
            "why": found.why(row),
        }
        for row, image in zip(rows.tolist(), records.images(store, found.ids[rows].tolist()), strict=True)
    ]
    return {
        "images": len(found.ids),
        "judged": found.judged,
        "errors": found.errors,
        "signals": list(found.doubts),
        "filter": SUSPECTS,
        "top": images,
    }


def _listed(value: dict[str, Any]) -> str:
    share = wording.percent(value["errors"] / value["judged"])
    head = f"{wording.count(value['judged'], 'label')} compared; about {value['errors']:,} ({share}) may be wrong."
    rows = [
        (
            f"{one['suspect']:.2f}",
            str(one["id"]),
            shown(one["name"]),
            f"{one['label']} → {one['suggested']}" if one["suggested"] else one["label"],
            ", ".join(f"{name} {doubt:.2f}" for name, doubt in one["why"].items()),
        )
        for one in value["top"]
    ]
    wide = [max((len(row[at]) for row in rows), default=0) for at in range(4)]
    lines = [
        f"{score}  {id:>{wide[1]}}  {name:{wide[2]}}  {label:{wide[3]}}  {why}".rstrip()
        for score, id, name, label, why in rows
    ]
    return "\n".join([head, "", *lines, "", f'All of them: core list --where "{SUSPECTS}"'])


COMMANDS = {"check": check, "suspects": suspects}
