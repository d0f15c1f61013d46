"""How long the main job takes from nothing, and how good it gets: `python -m benchmarks.main_job [--quick] [--json]`.

Measures the starts of the command line, the import of the real photos (where they are beside the repository), the
build of the demo and its training; --quick trains the demo for 5 epochs instead of the recipe's 20. There is no peer to
compare with: the figures answer to the limits that the plan sets, and the ratio printed is figure over limit.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PHOTOS = ROOT.parent / "shared" / "data" / "wild-digits" / "wild-digits.zip"
# figure: its limit in seconds
LIMITS = {"help_s": 0.4, "demo_build_s": 15.0, "demo_train_s": 60.0, "import_s": 15.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="train for 5 epochs only; under 50 s")
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), options.quick)
    for name, value in found.items():
        limit = f"   {value / LIMITS[name]:.2f} of the limit, {LIMITS[name]:g} s" if name in LIMITS and value else ""
        print(f"{name:26}{value}{limit}")
    if options.json:
        print(json.dumps(found))


def measure(folder: Path, quick: bool) -> dict[str, Any]:
    """Seconds by figure; medians where a thing is short enough to be repeated. None where the photos are absent."""
    demo = str(folder / "demo")
    found: dict[str, Any] = {"quick": quick, "cpus": os.cpu_count()}
    found["help_s"] = statistics.median(timed("--help") for _ in range(7))
    found["demo_build_s"] = timed("demo", demo, "--no-train")
    found["list_s"] = statistics.median(timed("list", "-p", demo) for _ in range(5))
    found["import_s"] = timed("import", str(PHOTOS), "-p", str(folder / "photos")) if PHOTOS.is_file() else None
    found |= trained(demo, ["--schedule.epochs", "5"] if quick else [])
    return found


def trained(project: str, more: list[str]) -> dict[str, Any]:
    """Train the demo: seconds from the command to its end, seconds in epochs, and the best validation accuracy."""
    began = time.perf_counter()
    core("train", "-p", project, "--recipe", "demo", "--json", *more)
    seconds = time.perf_counter() - began
    events = [json.loads(line) for line in (Path(project) / "runs/00-demo/events.jsonl").read_text().splitlines()]
    epochs = [event for event in events if event["event"] == "EpochEnded"]
    return {
        "demo_train_s": round(seconds, 1),
        "demo_epochs_s": round(sum(epoch["seconds"] for epoch in epochs), 1),
        "demo_val_accuracy": round(max(epoch["val_accuracy"] for epoch in epochs), 4),
    }


def timed(*arguments: str) -> float:
    """Seconds that a command takes."""
    began = time.perf_counter()
    core(*arguments)
    return round(time.perf_counter() - began, 3)


def core(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "core", *arguments], check=True, cwd=ROOT, capture_output=True)


if __name__ == "__main__":
    main()
