"""What this computer offers: versions, processor, memory, and which devices can train and why others cannot."""

import ctypes
import dataclasses
import os
import sys
from typing import Any

from core import versions
from core.train.device import available


def facts() -> dict[str, Any]:
    """`versions` (name to version), `computer` (system, cpus, memory_gib) and `devices`, ready for JSON."""
    computer = {"system": versions.system(), "cpus": cpus(), "memory_gib": round(memory() / 2**30, 1)}
    return {"versions": versions.table(), "computer": computer, "devices": devices()}


def devices() -> list[dict[str, Any]]:
    """Name, kind, title, offered and reason of each device; `reason` says why one that is not offered is not used."""
    return [dataclasses.asdict(device) for device in available()]


def cpus() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def memory() -> int:
    """The computer's memory in bytes."""
    if sys.platform == "win32":
        status = (ctypes.c_uint64 * 8)(64)  # MEMORYSTATUSEX: its own length first, the total second
        ctypes.windll.kernel32.GlobalMemoryStatusEx(status)
        return int(status[1])
    else:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
