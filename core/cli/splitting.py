"""`core split`: divide the images, show what a plan would do, lock the test set, show the leak certificate."""

from collections.abc import Generator
from typing import Any

import click
from click.core import ParameterSource

from core import wording
from core.cli.output import drive, output_options, result
from core.cli.place import opened, project_option
from core.events import Event, Stage
from core.project import certificate, split
from core.project.certificate import Certificate
from core.project.plan import GROUPINGS, HELD_AS, SplitPlan
from core.project.split import Proposal
from core.project.store import Store

_LISTED = 20  # classes of a table
_WORDS = {"train": "training", "val": "validation", "test": "test", "none": "without split"}


@click.command("split")
@project_option
@click.option("--val", type=float, default=0.15, show_default=True, help="Share of the images for validation.")
@click.option("--test", type=float, default=0.0, show_default=True, help="Share of the images for a new test set.")
@click.option("--folds", type=click.IntRange(0), default=0, metavar="K", help="Divide into K folds instead of shares.")
@click.option("--fold", type=click.IntRange(1), default=1, show_default=True, help="The fold that validates, from 1.")
@click.option(
    "--by",
    "group_by",
    type=click.Choice(GROUPINGS),
    default="auto",
    show_default=True,
    help="What keeps images together; auto is the group, else the source; any is group, source and folder at once.",
)
@click.option(
    "--hold-out", multiple=True, metavar="SOURCE", help="All images of this source validate; may be given repeatedly."
)
@click.option(
    "--as", "held_as", type=click.Choice(HELD_AS), default="val", show_default=True, help="What is held out becomes."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Another seed, another split.")
@click.option(
    "--lock-test/--unlock-test",
    default=None,
    help="Let no image enter or leave the test set from now on, or allow it again. Alone, nothing is divided.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
@click.option("--certificate", "certified", is_flag=True, help="Show what is in more than one split; changes nothing.")
@output_options
def split_(project: str | None, dry_run: bool, certified: bool, json: bool, events: bool, **plan: Any) -> None:
    """Divide the labelled images, stratified by class; images of one group and duplicates stay together.

    Without --test, the images of a test set stay in it. `core split --folds 5 --fold 2` lets the second of five fifths
    validate; the other four numbers give the other folds of the same division. `core split --lock-test` locks the test
    set as it is.
    """
    wanted = SplitPlan(**plan)
    with opened(project, write=not (dry_run or certified)) as store:
        if certified:
            _certify(store, json, events)
        elif wanted.lock_test is not None and not dry_run and not _divides():
            _lock(store, wanted.lock_test, json, events)
        else:
            _split(store, wanted, dry_run, json, events)


def _divides() -> bool:
    """Whether anything was said of the division itself."""
    of_plan = ("val", "test", "folds", "fold", "group_by", "hold_out", "held_as", "seed")
    context = click.get_current_context()
    return any(context.get_parameter_source(name) is ParameterSource.COMMANDLINE for name in of_plan)


def _certify(store: Store, json: bool, events: bool) -> None:
    found = certificate.certify(store)
    result(found.as_dict(), "\n".join(certificate.lines(found)), json=json, events=events)


def _lock(store: Store, locked: bool, json: bool, events: bool) -> None:
    split.lock_test(store, locked)
    number = split.health(store).test
    text = f"The test set of {wording.count(number, 'image')} is {'locked' if locked else 'not locked any more'}."
    result({"test": number, "test_locked": locked}, text, json=json, events=events)


def _split(store: Store, wanted: SplitPlan, dry_run: bool, json: bool, events: bool) -> None:
    proposal, found = drive(_work(store, wanted, dry_run), json=json, events=events)
    value = {
        **proposal.counts,
        "classes": proposal.classes,
        "units": proposal.units,
        "notes": list(proposal.notes),
        "plan": wanted.as_dict(),
        "dry_run": dry_run,
    }
    if found is None:
        lines = [_counts(proposal.counts), *_classes(proposal), *proposal.notes, "Nothing was changed."]
    else:
        value |= {"torn_groups": found.groups.count, "test_locked": found.test_locked, "verdict": found.verdict}
        lines = [_counts(proposal.counts), *proposal.notes, found.verdict]
    result(value, "\n".join(lines), json=json, events=events)


def _work(
    store: Store, wanted: SplitPlan, dry_run: bool
) -> Generator[Event, None, tuple[Proposal, Certificate | None]]:
    proposal = yield from split.proposing(store, wanted)
    if dry_run:
        return proposal, None
    yield from split.applying(store, proposal)
    yield Stage(title="Looking for leaks")
    return proposal, certificate.certify(store)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {_WORDS[name]}" for name, number in counts.items() if number)


def _classes(proposal: Proposal) -> list[str]:
    """A table of the classes."""
    rows = list(proposal.classes.items())[:_LISTED]
    width = max((len(name) for name, _ in rows), default=0)
    lines = [f"  {name:{width}}" + "".join(f"{row[part]:>10,} {part}" for part in row) for name, row in rows]
    if len(proposal.classes) > _LISTED:
        lines.append(f"  … {len(proposal.classes) - _LISTED:,} more")
    return lines


COMMANDS = {"split": split_}
