"""`core import --watch`: what comes into folders comes into the project, until Ctrl+C."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from core import wording
from core.errors import Error
from core.importers import ImportReport, import_several
from core.jobs import run
from core.project.store import Store

PAUSE_SECONDS = 3.0
_SHARE = 0.1  # of the time that looking may take


def watch(root: Path, paths: Sequence[Path]) -> None:
    """Import again and again, which finds only what is new; ends by an exception, such as KeyboardInterrupt.

    The project is open only meanwhile. A file that is being written is left out until it is complete.
    """
    print(f"Watching {', '.join(map(str, paths))}; Ctrl+C ends it.", file=sys.stderr, flush=True)
    said: list[str] = []
    while True:
        began = time.monotonic()
        came, trouble = _look(root, paths)
        for line in came + [line for line in trouble if line not in said]:
            print(line, file=sys.stderr, flush=True)
        said = trouble
        time.sleep(max(PAUSE_SECONDS, (time.monotonic() - began) / _SHARE))


def _look(root: Path, paths: Sequence[Path]) -> tuple[list[str], list[str]]:
    """What came, and what is in the way, which lasts; in sentences."""
    try:
        with Store.open(root) as store:
            report: ImportReport = run(import_several(store, paths), lambda event: None)
    except Error as problem:  # it is open elsewhere, or the folder is away for a while
        return [], [f"{problem.title} {problem.hint}".strip()]
    counts = {"new": report.added, "changed": report.updated, "found again": report.relinked}
    came = [f"{wording.count(count, 'image')} {word}" for word, count in counts.items() if count]
    return came, [f"left out {name}: {reason}" for name, reason in report.skipped]
