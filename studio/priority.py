"""Processes that the window starts leave it the processor when it wants it."""

import contextlib
import os

_POLITE = 10  # of "nice": about a tenth of the share of a core where both want it, all of it where nobody else does


def give_way(pid: int) -> None:
    """Let a process that has just started, and the threads that it will have, give way to windows.

    Not on Windows, which favours the window that is in front by itself.
    """
    if hasattr(os, "setpriority"):
        with contextlib.suppress(OSError):  # it has ended already
            os.setpriority(os.PRIO_PROCESS, pid, max(_POLITE, os.getpriority(os.PRIO_PROCESS, pid)))
