"""`core balance`: how many images each class has, by split and by source, and what differs most."""

from typing import Any

import click

from core import wording
from core.cli.output import output_options, result
from core.cli.place import opened, project_option
from core.project import query
from core.project.balance import MOST, PARTS, Balance, Crosstab, balance

_COLUMNS = 8  # sources that the table has room for


@click.command("balance")
@project_option
@click.option("--where", default="", metavar="FILTER", help='Only these images, such as "-rejected split:train".')
@output_options
def balance_(project: str | None, where: str, json: bool, events: bool) -> None:
    """Show counts and shares of the classes, by split and by source, with the largest differences.

    A share is one of the labelled images of its column.
    """
    filter = query.parse(where)
    with opened(project) as store:
        found = balance(store, filter)
    result(_facts(found), _text(found), json=json, events=events)


def _facts(found: Balance) -> dict[str, Any]:
    spread = found.spread
    return {
        "labelled": found.labelled,
        "unlabelled": found.unlabelled,
        "rejected": found.rejected,
        "all": _columns(found, found.parts["all"])["all"] if found.parts["all"].names else None,
        "by_split": _columns(found, found.parts["split"]),
        "by_source": _columns(found, found.parts["source"]),
        "between_classes": spread and {"most": spread.most, "least": spread.least, "relative": spread.relative},
        **{f"between_{part}s": gap and vars(gap) for part, gap in found.between.items()},
    }


def _columns(found: Balance, part: Crosstab) -> dict[str, Any]:
    """By part: its counts and shares by class, and how many images of it have no label."""
    shares = part.shares
    return {
        name: {
            "counts": dict(zip(found.classes, part.counts[:, k].tolist(), strict=True)),
            "shares": dict(zip(found.classes, shares[:, k].round(6).tolist(), strict=True)),
            "unlabelled": int(part.unlabelled[k]),
        }
        for k, name in enumerate(part.names)
    }


def _text(found: Balance) -> str:
    if not found.labelled + found.unlabelled:
        return "There are no such images."
    whole, splits, sources = (found.parts[part] for part in PARTS)
    lines = _table(found, [*_told(whole, ""), *_told(splits, "no split")])
    if any(sources.names):
        lines += ["", *_table(found, _told(sources, "no source")[:_COLUMNS])]
        more = max(0, len(sources.names) - _COLUMNS) + sources.left_out
        if more:
            lines.append(f"… {wording.count(more, 'more source')}; --json shows up to {MOST}")
    lines.append("")
    lines += [sentence for part in PARTS if (sentence := found.said(part))]
    if found.rejected:
        lines.append(f"{wording.count(found.rejected, 'image')} of these rejected, so kept out of training.")
    return "\n".join(lines)


def _told(part: Crosstab, none: str) -> list[tuple[str, ...]]:
    """The cells of each of its columns: its name, what each class has, and how many images have no label."""
    shares = part.shares
    return [
        (
            name or none,
            *(
                f"{count:,} {wording.percent(share):>7}"
                for count, share in zip(part.counts[:, k], shares[:, k], strict=True)
            ),
            f"{part.unlabelled[k]:,} {'':7}",
        )
        for k, name in enumerate(part.names)
    ]


def _table(found: Balance, columns: list[tuple[str, ...]]) -> list[str]:
    """Lines of the columns beside the classes, the numbers aligned right."""
    heads = ("class", *found.classes, "unlabelled")
    rows = zip(heads, *columns, strict=True)
    first = max(map(len, heads))
    widths = [max(map(len, column)) for column in columns]
    lines = [
        "   ".join(
            [head.ljust(first), *(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))]
        ).rstrip()
        for head, *cells in rows
    ]
    return lines if found.unlabelled else lines[:-1]


COMMANDS = {"balance": balance_}
