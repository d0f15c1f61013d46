"""Timing side by side on a machine that does other things too: turns are interleaved and medians are quoted.

What a processor computes is timed in seconds of its own, which other programs lengthen far less than those of a clock.
"""

import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_TURN = 0.05  # seconds: shorter work is repeated within a turn
_ROUNDS = 3  # at least
LIBRARIES = ("numpy", "opencv-python-headless", "pillow", "torch", "torchvision", "albumentations", "kornia")


@dataclass(frozen=True)
class Task:
    """Work that makes `images` images at each call."""

    images: int
    run: Callable[[], object]


def side_by_side(tasks: Mapping[str, Task], seconds: float) -> dict[str, float]:
    """Milliseconds of processor per image of each task: the median of rounds in which each has its turn.

    Rounds begin until `seconds` of the clock are over, after one turn that warms up and is not counted.
    """
    end = time.perf_counter() + seconds
    calls = {}
    for name, task in tasks.items():
        task.run()  # loads, compiles and caches what is made once
        calls[name] = max(1, round(_TURN / max(_timed(task, 1), 1e-6)))
    found: dict[str, list[float]] = {name: [] for name in tasks}
    while len(next(iter(found.values()))) < _ROUNDS or time.perf_counter() < end:
        for name, task in tasks.items():
            found[name].append(1000 * _timed(task, calls[name]) / (calls[name] * task.images))
    return {name: statistics.median(times) for name, times in found.items()}


def _timed(task: Task, calls: int) -> float:
    began = time.process_time()
    for _ in range(calls):
        task.run()
    return time.process_time() - began


def share(times: Sequence[float], part: float) -> float:
    """The time within which so large a part of `times` stays: nearest rank."""
    ranked = sorted(times)
    return ranked[min(len(ranked) - 1, int(part * len(ranked)))]


def use_one_core() -> None:
    """Keep this process on one core, and the libraries that it loads from making threads of their own."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    import cv2
    import torch

    cv2.setNumThreads(1)
    torch.set_num_threads(1)


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    versions: dict[str, str | None] = {}
    for name in LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = None
    return {
        "cpu": _processor(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "system": platform.platform(),
        "python": sys.version.split()[0],
        "versions": versions,
    }


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    if facts.is_file():
        for line in facts.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
