"""Reports of our own faults, for the user to pass on."""

import time
import traceback
from pathlib import Path

from core import paths, versions


def write_report(problem: BaseException) -> Path | None:
    """Write the traceback and the versions to a new file; None when even that fails, as on a full disk."""
    file = paths.reports() / f"{time.strftime('%Y%m%d-%H%M%S')}-{time.monotonic_ns() % 1_000_000:06d}.txt"
    facts = [f"{name} {version}" for name, version in versions.table().items()]
    text = "\n".join([*facts, versions.system(), "", *traceback.format_exception(problem)])
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", errors="replace")
    except OSError:
        return None
    return file
