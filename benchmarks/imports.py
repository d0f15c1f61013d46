"""How long bringing images in takes: `python -m benchmarks.imports [--quick] [--json]`.

Each figure is the time of a command as a person waits for it, its start included: the 60,000 training images of MNIST
from its IDX files, and 10,000 JPEG files of 320 x 240 px, 500 photos of `photos.py` with a number after their end, so
that no two files are alike. `…_cpu_s` are seconds of processors, which other programs lengthen less. Of the JPEG files
also: the look before the import with its first example drawn (`first_image_s`), the same import again, one that is
stopped and done again, and the folder found again after a move. --quick measures once, else medians of three are told.
There is no peer to compare with; the ratio printed is figure over limit.
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2

from benchmarks.photos import origin, photos
from benchmarks.projects import MNIST
from benchmarks.timing import machine
from core.images.thumbnails import make

ROOT = Path(__file__).resolve().parents[1]
JPEGS, VARIED, CLASSES = 10_000, 500, 10
_SAMPLES = 3
# figure: its limit in seconds
LIMITS = {"idx_s": 8.0, "jpeg_s": 20.0, "first_image_s": 2.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="measure once; under 50 s")
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    options = parser.parse_args()
    found: dict[str, Any] = {"quick": options.quick, "photos": origin()} | machine()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["WILDSET_CACHE"] = str(Path(folder) / "cache")  # what was read before must not count
        found |= measure(Path(folder), 1 if options.quick else _SAMPLES)
    for name, value in found.items():
        limit = f"   {value / LIMITS[name]:.2f} of the limit, {LIMITS[name]:g} s" if name in LIMITS and value else ""
        print(f"{name:26}{value}{limit}")
    if options.json:
        print(json.dumps(found))


def measure(folder: Path, samples: int) -> dict[str, Any]:
    """Seconds by figure; None and the reason where MNIST is absent."""
    found: dict[str, Any] = {"idx_images": None, "idx_s": None, "idx_absent": f"{MNIST} is absent"}
    if MNIST.is_dir():
        digits = folder / "digits"
        digits.mkdir()
        for file in MNIST.glob("train-*"):
            shutil.copy(file, digits)
        found = {"idx_images": 60_000} | measured("idx", lambda: fresh_import(digits, folder), samples)
    jpegs = written(folder / "photos")
    found |= {"jpeg_images": JPEGS} | measured("first_image", lambda: first_image(jpegs), samples)
    found |= measured("jpeg", lambda: fresh_import(jpegs, folder), samples)
    found["jpeg_per_s"] = round(JPEGS / found["jpeg_s"])
    found |= stopped(jpegs, folder)
    project = folder / "kept"
    found |= measured("jpeg_again", lambda: timed("import", jpegs, "-p", project), samples)
    moved = jpegs.rename(folder / "moved")
    found["relink_s"] = timed("relink", moved, "-p", project)
    return found


def written(folder: Path) -> Path:
    """`JPEGS` files in class folders: `VARIED` photos, and after the end of each its number."""
    encoded = [cv2.imencode(".jpg", photo[..., ::-1])[1].tobytes() for photo in photos(VARIED)]
    for number in range(JPEGS):
        place = folder / f"class {number % CLASSES}"
        place.mkdir(parents=True, exist_ok=True)
        file = place / f"{number:05}.jpg"
        file.write_bytes(encoded[number % VARIED] + number.to_bytes(4, "big"))
        os.utime(file, (1e9 + number, 1e9 + number))  # photos are older than the import of them
    return folder


def fresh_import(source: Path, folder: Path) -> float:
    """Into a new project, with nothing remembered of the files."""
    forget()
    project = folder / "new"
    try:
        return timed("import", source, "-p", project)
    finally:
        shutil.rmtree(project, ignore_errors=True)


def first_image(source: Path) -> float:
    """From the choice of a folder until what was understood and the first example can be shown, as in the window."""
    began = time.perf_counter()
    told = json.loads(core("import", source, "--preview", "--json").stdout)
    (preview,) = told["previews"]
    make(Path(preview["folder"]) / preview["examples"][0])
    return time.perf_counter() - began


def stopped(source: Path, folder: Path) -> dict[str, Any]:
    """An import that is stopped once it has read for a second, and the time of the one after it."""
    forget()
    command = [sys.executable, "-m", "core", "import", str(source), "-p", str(folder / "kept")]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr is not None
        next(line for line in child.stderr if line.startswith("Reading images"))
        time.sleep(1.0)
        child.send_signal(signal.SIGINT)
    left = (folder / "kept").exists()
    return {"stopped_leaves_nothing": not left, "jpeg_after_stop_s": timed("import", source, "-p", folder / "kept")}


def forget() -> None:
    shutil.rmtree(os.environ["WILDSET_CACHE"], ignore_errors=True)


def measured(name: str, measure: Callable[[], float], samples: int) -> dict[str, float]:
    """The medians of seconds of the clock and of processors, and the spread of the former where there are several."""
    clock, processors = [], []
    for _ in range(samples):
        before = _processors()
        clock.append(measure())
        processors.append(_processors() - before)
    found = {f"{name}_s": statistics.median(clock), f"{name}_cpu_s": statistics.median(processors)}
    if samples > 1:
        found[f"{name}_spread_s"] = max(clock) - min(clock)
    return {key: round(value, 2) for key, value in found.items()}


def _processors() -> float:
    """Seconds of processors that ended child processes and this one have used."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def timed(*arguments: str | Path) -> float:
    """Seconds that a command takes."""
    began = time.perf_counter()
    core(*arguments)
    return round(time.perf_counter() - began, 2)


def core(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "core", *map(str, arguments)]
    return subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True)


if __name__ == "__main__":
    main()
