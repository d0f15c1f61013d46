"""The Data page on projects of 10,000 to 1,000,000 images: `python -m benchmarks.catalog [--quick] [--json]`.

Each size is a project of its own, in the real window drawn offscreen by a process of its own: time to the first
painted images, from a filter to its images, of frames while scrolling, of labels by key and in bulk, and memory. The
peer in the same run is Qt's own QListView in icon mode: both views alone, on the same model, until they paint.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.timing import machine

SIZES = (10_000, 100_000, 1_000_000)
LIMITS: dict[str, tuple[float, ...]] = {
    "first_paint_ms": (300, 600, 1500),
    "filter_p95_ms": (20, 100, 500),
    "frame_p99_ms": (16, 16, 16),
    "bulk_label_ms": (1000, 1000, 1000),
    "bulk_undo_ms": (1000, 1000, 1000),
    "label_key_p95_ms": (30, 30, 30),
    "label_durable_p95_ms": (20, 20, 20),
    "rss_mb": (600, 600, 600),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10,000 and 100,000 images; under 50 s")
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    parser.add_argument("--project", type=Path, help=argparse.SUPPRESS)  # one project, as the child process has it
    options = parser.parse_args()
    if options.project:
        from benchmarks.sitting import measured

        print(json.dumps(measured(options.project, options.quick)))
        return
    found: dict[str, Any] = {"quick": options.quick} | machine()
    sizes = SIZES[:2] if options.quick else SIZES
    for size in sizes:
        found[str(size)] = _of_size(size, options.quick)
        _tell(size, found[str(size)])
    for name in ("label_key_p95_ms", "label_durable_p95_ms"):
        found[name] = max(found[str(size)][name] for size in sizes)
    if options.json:
        print(json.dumps(found))


def _of_size(size: int, quick: bool) -> dict[str, float]:
    from benchmarks.many import many_images

    with tempfile.TemporaryDirectory() as folder:
        root = many_images(Path(folder) / "many", size)
        surroundings = os.environ | {"QT_QPA_PLATFORM": "offscreen", "WILDSET_CONFIG": str(Path(folder) / "settings")}
        command = [sys.executable, "-m", "benchmarks.catalog", "--project", str(root), *(["--quick"] if quick else [])]
        said = subprocess.run(command, env=surroundings, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: dict[str, float] = json.loads(said.splitlines()[-1])
    found["stock_ratio"] = round(found["stock_grid_alone_ms"] / found["grid_alone_ms"], 1)
    return found


def _tell(size: int, found: dict[str, float]) -> None:
    print(f"{size:,} images")
    for name, value in found.items():
        limit = LIMITS.get(name, (0.0, 0.0, 0.0))[SIZES.index(size)]
        verdict = f"{'reaches' if value < limit else 'misses'} {limit:g}" if limit else ""
        print(f"  {name:24}{value:10.1f}   {verdict}".rstrip())


if __name__ == "__main__":
    main()
