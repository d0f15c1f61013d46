"""Commands on the quality of a data set: check."""

import click

from core import wording
from core.cli.output import drive, output_options, result
from core.cli.place import opened, project_option
from core.curate.quality import Finding, Findings, Group
from core.curate.quality import check as found_by


@click.command("check")
@project_option
@output_options
def check(project: str | None, json: bool, events: bool) -> None:
    """Look for duplicates, poor images, and properties that tell the class.

    Images are measured once; what was measured is kept, also when this is stopped. The filter in the last column shows
    what was found: `core list --where FILTER`.
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
        cues.append("A model may learn that instead of what you mean: vary it within each class.")
    elif found.cues:
        cues = [f"No property of the images tells their class: tried {', '.join(cue.name for cue in found.cues)}."]
    return "\n".join([head, "", *lines, *([""] if cues else []), *cues])


def _says(finding: Finding, groups: tuple[Group, ...]) -> str:
    return f"{finding.says} ({wording.count(len(groups), 'group')})" if groups else finding.says


COMMANDS = {"check": check}
