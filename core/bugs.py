"""Reports of our own faults, for the user to pass on."""

import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from core import paths, versions


def report(what: str, said: Sequence[str] = ()) -> str:
    """The versions and the system, `what` happened, and what the program `said` before, as lines."""
    facts = [f"{name} {version}" for name, version in versions.table().items()]
    before = ["", "Before that:", *said] if said else []
    return "\n".join([*facts, versions.system(), "", what.strip(), *before, ""])


def traced(problem: BaseException) -> str:
    """The traceback of a fault."""
    return "".join(traceback.format_exception(problem))


def write_report(problem: BaseException, said: Sequence[str] = ()) -> Path | None:
    """Write the traceback and the versions to a new file; None when even that fails, as on a full disk."""
    file = paths.reports() / f"{time.strftime('%Y%m%d-%H%M%S')}-{time.monotonic_ns() % 1_000_000:06d}.txt"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(report(traced(problem), said), encoding="utf-8", errors="replace")
    except OSError:
        return None
    return file
