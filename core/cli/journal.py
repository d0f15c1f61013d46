"""`core journal`: who changed what and when, and what is different between two times or two runs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from core import wording
from core.cli.output import output_options, result
from core.cli.place import opened, project_option
from core.curate import run_labels
from core.project import journal
from core.project.journal import Difference
from core.project.store import Store
from core.runs import folder

_SHOWN = 50  # images of a difference


@click.command("journal")
@project_option
@click.option("--image", type=int, metavar="ID", help="The history of one image.")
@click.option("--who", type=click.Choice(list(journal.WHO)), help="Only what was done by hand, in bulk, by a model …")
@click.option("--limit", type=click.IntRange(1), default=30, show_default=True, help="How many edits to show.")
@click.option("--between", nargs=2, metavar="DATE DATE", help="Labels that differ; a day means its end.")
@click.option("--between-runs", nargs=2, metavar="RUN RUN", help="Labels that two runs knew differently.")
@click.option("--csv", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write all of it to a table.")
@output_options
def journal_(
    project: str | None, file: Path | None, json: bool, events: bool, who: str | None, limit: int, **question: Any
) -> None:
    """Show the latest edits, who made them and when.

    Undone edits stay in it. With --between or --between-runs: the images whose label differs.
    """
    asked = {name: value for name, value in question.items() if value is not None}
    if len(asked) > 1:
        raise click.UsageError("Give one of --image, --between and --between-runs.")
    if file and "image" in asked:
        raise click.UsageError("--csv goes with the whole journal or with a difference.")
    with opened(project) as store:
        if "image" in asked:
            value, text = _history(store, asked["image"])
        elif asked:
            value, text = _difference(store, asked, file)
        else:
            value, text = _edits(store, limit, who, file)
        result(value, text, json=json, events=events)


def _edits(store: Store, limit: int, who: str | None, file: Path | None) -> tuple[dict[str, Any], str]:
    if file:
        lines = journal.write_csv(store, file)
        return {"csv": str(file), "lines": lines}, f"Wrote {wording.count(lines, 'line')} to {file}"
    found = journal.entries(store, limit, who=who)
    rows = [
        (str(one.id), journal.said_time(one.at), one.who, "" if one.state == "done" else one.state, one.title)
        for one in found
    ]
    more = journal.count(store, who) - len(found)
    text = _table(("edit", "when", "who", "state", "what"), rows) if rows else "Nothing was done yet."
    return {"edits": [vars(one) for one in found]}, text + (f"\n… {more:,} before" if more else "")


def _history(store: Store, id: int) -> tuple[dict[str, Any], str]:
    found = journal.history(store, id)
    rows = [
        (journal.said_time(one.at), one.who, one.field, f"{one.before or '-'} → {one.after or '-'}") for one in found
    ]
    text = _table(("when", "who", "field", "change"), rows) if rows else "Nothing was done to it yet."
    return {"image": id, "history": [vars(one) for one in found]}, text


def _difference(store: Store, asked: dict[str, Any], file: Path | None) -> tuple[dict[str, Any], str]:
    value: dict[str, Any] = {}
    if "between" in asked:
        before, after = sorted(journal.moment(text) for text in asked["between"])
        found = journal.difference(store, before, after)
        head = f"Between {journal.said_time(before)} and {journal.said_time(after)}"
    else:
        first, second = (folder.find(store.paths.runs, text) for text in asked["between_runs"])
        compared = run_labels.compare(store, first, second)
        found, value["images"] = compared.different, compared.images
        head = f"Of {wording.count(compared.images, 'image')} that {first.name} and {second.name} both know"
    text = f"{head}: {wording.count(len(found), 'label')} {'is' if len(found) == 1 else 'are'} different."
    if file:
        journal.write_difference(store, found, file)
        return value | {"csv": str(file), "lines": len(found)}, f"{text} Wrote them to {file}"
    value["different"] = [vars(one) for one in found]
    return value, text + _images(found)


def _images(found: list[Difference]) -> str:
    rows = [(str(one.image_id), f"{one.before} → {one.after}") for one in found[:_SHOWN]]
    more = f"\n… {len(found) - _SHOWN:,} more; --csv FILE writes all" if len(found) > _SHOWN else ""
    return f"\n{_table(('image', 'label'), rows)}{more}" if found else ""


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head) - 1)]
    lines = ["  ".join([*(c.ljust(w) for c, w in zip(row, widths, strict=False)), row[-1]]) for row in [head, *rows]]
    return "\n".join(line.rstrip() for line in lines)


COMMANDS = {"journal": journal_}
