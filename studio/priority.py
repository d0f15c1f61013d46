"""Processes that the window starts leave it the processor when it wants it."""

import contextlib
import os
from pathlib import Path

_POLITE = 10  # of "nice": about a tenth of the share of a core where both want it, all of it where nobody else does


def give_way(pid: int) -> None:
    """Let a process that has just begun a session of its own, and what it will start, give way to windows.

    Linux weighs sessions against each other and processes only within their session, so its session is told too. Not
    on Windows, which favours the window that is in front by itself.
    """
    if not hasattr(os, "setpriority"):
        return
    with contextlib.suppress(OSError):  # it has ended already
        os.setpriority(os.PRIO_PROCESS, pid, max(_POLITE, os.getpriority(os.PRIO_PROCESS, pid)))
        session = Path(f"/proc/{pid}/autogroup")
        if session.exists():
            session.write_text(str(_POLITE))
