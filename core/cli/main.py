"""The `core` command: its table of commands, and what each kind of ending does to the exit code.

0 done, 1 told (the user's business), 2 wrong usage, 3 a bug of ours, 130 stopped. Commands load when they are called,
so that `core --help` and `core list` never wait for torch.
"""

import importlib
import os
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

import click

from core import bugs
from core.errors import told
from core.events import Failed, encode
from core.jobs import INTERRUPTED, Stopped

# name: (module, one line of help). The order is the order of the work.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("core.cli.demo", "Build the demo project, train on it and review it."),
    "new": ("core.cli.projects", "Make an empty project."),
    "import": ("core.cli.importing", "Bring a folder or zip of images into a project."),
    "relink": ("core.cli.importing", "Find images again whose folder has moved."),
    "list": ("core.cli.projects", "Show images, classes, splits and sources."),
    "label": ("core.cli.labelling", "Label, tag, note or reject images; undo and redo."),
    "accept": ("core.cli.acceptance", "Label images as the latest run says, where it is sure."),
    "classes": ("core.cli.classes", "Show, rename, merge, delete, order and colour classes."),
    "journal": ("core.cli.journal", "Show who changed what and when; compare two dates or two runs."),
    "labels": ("core.cli.labels", "Hand labels round: write them for others, join theirs with yours."),
    "balance": ("core.cli.balance", "Show counts and shares of the classes, by split and by source."),
    "split": ("core.cli.splitting", "Divide the images, lock the test set, look for leaks."),
    "check": ("core.cli.curation", "Look for duplicates, poor images and cues that tell the class."),
    "suspects": ("core.cli.curation", "Look for labels that are probably wrong; score difficulty."),
    "find-rate": ("core.cli.finder", "Try learning rates, and suggest one."),
    "train": ("core.cli.training", "Train a model."),
    "queue": ("core.cli.queue", "Let runs wait, and train them one after the other."),
    "runs": ("core.cli.runs", "Show the runs of a project; pause, stop or follow one."),
    "evaluate": ("core.cli.training", "Let a run's model predict images and score it."),
    "export": ("core.cli.training", "Write a run's model to a folder, ready to use elsewhere."),
    "models": ("core.cli.models", "Show the networks there are, and what one costs."),
    "augment": ("core.cli.augmentation", "See augmented samples, and measure what a run withstands."),
    "synth": ("core.cli.synthesis", "Show, measure and write synthetic images; fetch digits."),
    "doctor": ("core.cli.doctor", "Show versions and devices, and check the device."),
}


class Commands(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        command: click.Command = module.COMMANDS[cmd_name]
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wildset", message="Wildset %(version)s")
def core() -> None:
    """Wildset without its window: label images, train classifiers, review them.

    Commands work on the project named by -p, or on the one around the current folder.
    """


def main() -> NoReturn:
    """Entry point of the `core` script."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code; says on stderr (or as an event) why it failed."""
    # Read when torch loads: how long its threads spin before they sleep. With the default, an epoch of the demo takes
    # 1.5 s on two quiet cores and up to 66 s on busy ones; with this 1.5 s and 9 s.
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")
    say: Callable[[Failed], None] = _say_as_event if "--events" in arguments else _say
    try:
        core.main(args=arguments, prog_name="core", standalone_mode=False)
        return 0
    except click.UsageError as problem:
        if "--events" in arguments:
            say(Failed(title=problem.format_message()))
        else:
            problem.show()
        return 2
    except (Stopped, KeyboardInterrupt, click.Abort):
        if "--events" not in arguments:
            print("Stopped; what was done is kept.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone, as in `core list | head`; nothing is left to tell anybody.
        sys.stdout = None
        return 1
    except Exception as problem:  # noqa: BLE001  # the outermost place: each kind gets its words and its exit code
        known = told(problem)
        if known:
            say(Failed(title=known.title, hint=known.hint))
            return 1
        file = bugs.write_report(problem)
        # Where the report cannot be kept, it is said in full.
        hint = f"The report is in {file}." if file else "".join(traceback.format_exception(problem))
        say(Failed(title=f"This is a bug of Wildset: {type(problem).__name__}: {problem}", hint=hint, bug=True))
        return 3


def _say(failure: Failed) -> None:
    print(f"\n{failure.title}", file=sys.stderr)
    if failure.hint:
        print(failure.hint, file=sys.stderr)


def _say_as_event(failure: Failed) -> None:
    print(encode(failure), flush=True)
