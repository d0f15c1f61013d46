"""On what a run was trained: versions and device, without names of the computer or its folders."""

import json
import platform
from typing import Any

from core import versions
from core.images.decode import LOADER_VERSION
from core.runs.durable import write_durably
from core.runs.folder import RunFolder

_PACKAGES = ("torch", "torchvision", "numpy", "opencv-python-headless", "pillow", "safetensors", "scikit-learn")


def describe(device: str, threads: int) -> dict[str, Any]:
    """The facts that can change a run's numbers. `device` is a title for people, `threads` those of the CPU."""
    return {
        "wildset": versions.wildset(),
        "python": platform.python_version(),
        "platform": versions.system(),
        "packages": {name: versions.of(name) for name in _PACKAGES},
        "device": device,
        "threads": threads,
        "loader_version": LOADER_VERSION,
    }


def write(run: RunFolder, device: str, threads: int) -> None:
    """Put the facts into the run's folder. Raises OSError."""
    text = json.dumps(describe(device, threads), indent=2, ensure_ascii=False)
    write_durably(run.environment_file, f"{text}\n".encode())
