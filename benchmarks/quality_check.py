"""How long `core check` takes: `python -m benchmarks.quality_check [--quick] [--json]`.

10,000 JPEG files of 320 x 240 px in a project: 500 photos of `photos.py`, each shifted and mirrored in twenty ways that
are no near duplicates of each other, and every twentieth file is a copy of the one before with more compression.
`check_s` is the time of the first `core check` as a person waits for it, its start included, `again_s` that of the
next, which measures nothing new; `…_cpu_s` are seconds of processors, which other programs lengthen less. `found` is
the share of the copies that is told as near duplicates, and `wrong` the number of images told that have no copy.
--quick takes 2,500 files and tells `check_s` times four as `scaled_s`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.main_job import core
from benchmarks.photos import Pixels, origin, photos
from benchmarks.timing import machine

ROOT = Path(__file__).resolve().parents[1]
FILES, QUICK_FILES, VARIED, CLASSES = 10_000, 2_500, 500, 10
EVERY = 20  # one file of so many is a copy
LIMIT = 30.0  # seconds, of 10,000 files on two cores
AIM = 20.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer files; under 50 s")
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    options = parser.parse_args()
    count = QUICK_FILES if options.quick else FILES
    found: dict[str, Any] = {"quick": options.quick, "photos": origin()} | machine()
    with tempfile.TemporaryDirectory() as folder:
        found |= measure(Path(folder), count)
    for name, value in found.items():
        print(f"{name:20}{value}")
    seconds = found["scaled_s"]
    print("reaches" if seconds < LIMIT else "misses", f"{LIMIT:g} s,", "and" if seconds < AIM else "not", f"{AIM:g} s")
    if options.json:
        print(json.dumps(found))


def measure(folder: Path, count: int) -> dict[str, Any]:
    """The figures of `count` files."""
    os.environ["WILDSET_CACHE"] = str(folder / "cache")  # what was read before must not count
    written(folder / "photos", count)
    project = folder / "project"
    core("import", str(folder / "photos"), "-p", str(project))
    found: dict[str, Any] = {"files": count}
    told: dict[str, Any] = {}
    for name in ("check", "again"):
        seconds, processor, told = timed(project)
        found |= {f"{name}_s": round(seconds, 2), f"{name}_cpu_s": round(processor, 2)}
    found["scaled_s"] = round(found["check_s"] * FILES / count, 2)
    found["images_per_s"] = round(count / found["check_s"])
    copies = set(range(EVERY - 1, count, EVERY))
    pairs = copies | {number - 1 for number in copies}
    near = {id - 1 for group in told["near"] for id in group["ids"]}  # ids count from 1 in the order of names
    found["found"] = round(len(near & pairs) / max(1, len(pairs)), 4)
    found["wrong"] = len(near - pairs)
    return found


def timed(project: Path) -> tuple[float, float, dict[str, Any]]:
    """Seconds of the clock and of processors of one check, and what it tells."""
    before, began = _used(), time.perf_counter()
    command = [sys.executable, "-m", "core", "check", "-p", str(project), "--json"]
    done = subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    return time.perf_counter() - began, _used() - before, json.loads(done.stdout)


def _used() -> float:
    times = os.times()
    return times.children_user + times.children_system


def written(folder: Path, count: int) -> None:
    """`count` files in class folders, of which every `EVERY`th is a copy of the one before."""
    known = photos(VARIED)
    for number in range(count):
        copy = number % EVERY == EVERY - 1
        photo = _varied(known, number - copy)
        # Names in the order of numbers whatever their class, so that ids are in that order too.
        place = folder / f"{number // CLASSES:04}" / f"{number:05}.jpg"
        place.parent.mkdir(parents=True, exist_ok=True)
        quality = 60 if copy else 90
        place.write_bytes(cv2.imencode(".jpg", photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes())


def _varied(known: Pixels, number: int) -> Pixels:
    photo, way = known[number % len(known)], number // len(known)
    shifted = np.roll(photo, (way * 12, way * 16), axis=(0, 1))
    return np.asarray(shifted[:, ::-1] if way % 2 else shifted)


if __name__ == "__main__":
    main()
