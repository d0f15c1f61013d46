"""What a training sample costs, beside other libraries: `python -m benchmarks.augment [--quick] [--json]`.

Table 1 of the MNIST-W write-up, from a decoded photo of 320 x 240 px to normalised floats of 128 x 128, all on one
core. The floor is the least that any fused renderer pays: one warp, and one table into floats. Times are the
processor's own, medians of interleaved rounds. Also: what each operation adds, composites per second, and whether
memory grows over a million samples (50,000 with --quick).
"""

import argparse
import itertools
import json
import time
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks import memory, table_one
from benchmarks.photos import origin, photos
from benchmarks.timing import Task, machine, side_by_side, use_one_core
from core.augment import sample
from core.augment.normalize import table
from core.recipe import Recipe, change
from core.synth import stamps
from core.synth.source import Backgrounds, Synthesizer

BATCH = 64
TARGETS = {"ratio_torchvision_v2": 12, "ratio_albumentations": 3, "composites_per_second": 5000}  # at least
FLOOR, OURS, DRAWS = "floor", "wildset", "draws"

Pixels = npt.NDArray[np.uint8]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under 50 s on two busy cores")
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    options = parser.parse_args()
    began = time.perf_counter()
    use_one_core()
    found = measure(options.quick)
    found["seconds"] = round(time.perf_counter() - began, 1)
    for name, target in TARGETS.items():
        if found[name] is not None:
            print(f"{name:26}{found[name]:10,.1f}   {'reaches' if found[name] >= target else 'misses'} {target:,}")
    print(
        f"memory over {found['memory_samples']:,} samples grew by {found['rss_growth_mib']} MiB; {found['seconds']} s"
    )
    if options.json:
        print(json.dumps(found))


def measure(quick: bool) -> dict[str, Any]:
    """All figures by name."""
    pixels = photos(BATCH)
    many = 50_000 if quick else 1_000_000
    print(f"Table 1, {BATCH} photos of 320 x 240 px ({origin()}) to 128 x 128 floats, one core")
    found: dict[str, Any] = {"quick": quick, "photos": origin()} | machine()
    found |= _compared(pixels, 10 if quick else 90)
    found["operation_us"] = _parts(pixels, 4 if quick else 30)
    found["costliest_operation"] = max(found["operation_us"], key=found["operation_us"].__getitem__)
    found["composites_per_second"] = _composites(2 if quick else 10)
    found["memory_samples"] = many
    found["rss_growth_mib"] = memory.growth(pixels, many)
    return found


def _compared(pixels: Pixels, seconds: float) -> dict[str, Any]:
    """Ours, its floor and the peers: milliseconds an image and ratios, None for what is not installed."""
    runs = {OURS: table_one.ours(pixels, table_one.recipe()), FLOOR: _floor(pixels), **table_one.peers(pixels)}
    times: Mapping[str, float | None] = dict.fromkeys(runs) | side_by_side(
        {name: Task(BATCH, run) for name, run in runs.items() if run is not None}, seconds
    )
    own = times[OURS] or 0.0
    for name, one in times.items():
        if one is not None:
            print(f"{name:26}{one:10.3f} ms{1000 / one:10,.0f} images/s{one / own:8.2f} times wildset's time")
    pil, tensors = times["torchvision_v2_pil"], times["torchvision_v2_tensors"]
    return {
        "images_per_second": round(1000 / own),
        "milliseconds": {name: one and round(one, 4) for name, one in times.items()},
        "ratio_torchvision_v2": _ratio(min(pil, tensors) if pil and tensors else None, own),
        "ratio_torchvision_v2_pil": _ratio(pil, own),
        "ratio_torchvision_v2_tensors": _ratio(tensors, own),
        "ratio_albumentations": _ratio(times["albumentations"], own),
        "ratio_kornia": _ratio(times["kornia"], own),
        "ratio_floor": _ratio(own, times[FLOOR] or 0.0),
    }


def _ratio(time: float | None, by: float) -> float | None:
    return None if time is None else round(time / by, 2)


def _floor(pixels: Pixels) -> table_one.Run:
    """One warp, as the renderer calls it, and one table into floats, for each photo."""
    side, levels = table_one.SIDE, table("imagenet")
    height, width = pixels.shape[1:3]
    turn = np.array([[0.97, -0.17, 0.1 * width], [0.17, 0.97, -0.05 * height], [1e-5, 1e-5, 1.0]])
    turn[:2] *= np.array([[width / side], [height / side]])
    out = np.empty((len(pixels), side, side, 3), np.float32)

    def run() -> object:
        for photo, floats in zip(pixels, out, strict=True):
            four = cv2.cvtColor(photo, cv2.COLOR_RGB2RGBA)
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            moved = cv2.warpPerspective(four, turn, (side, side), flags=flags, borderMode=cv2.BORDER_CONSTANT)
            cv2.LUT(cv2.cvtColor(moved, cv2.COLOR_RGBA2RGB), levels, dst=floats)
        return out

    return run


def _parts(pixels: Pixels, seconds: float) -> dict[str, float]:
    """Microseconds an image that each operation adds: the time of all less that of all others; and of the draws."""
    recipe = table_one.recipe()
    used = [name for name, operation in recipe.augment.operations() if operation.used and name != "mixup"]
    tasks = {OURS: Task(BATCH, table_one.ours(pixels, recipe)), DRAWS: Task(BATCH, _draws(pixels, recipe))}
    for name in used:
        others = change(recipe, {f"augment.{name}.enabled": False})
        tasks[name] = Task(BATCH, table_one.ours(pixels, others))
    hueless = change(recipe, {"augment.jitter.hue": (0.0, 0.0)})
    tasks["hue"] = Task(BATCH, table_one.ours(pixels, hueless))
    times = side_by_side(tasks, seconds)
    whole, draws = times.pop(OURS), times.pop(DRAWS)
    found = {DRAWS: draws} | {name: whole - one for name, one in times.items()}
    found = {name: round(1000 * one, 1) for name, one in sorted(found.items(), key=lambda part: -part[1])}
    print("what each adds in us: " + ", ".join(f"{name} {one:g}" for name, one in found.items()))
    return found


def _draws(pixels: Pixels, recipe: Recipe) -> table_one.Run:
    epochs, ids = itertools.count(1), np.arange(1, len(pixels) + 1)
    labels = ids % len(table_one.CLASSES)
    return lambda: sample.plan_samples(pixels, ids, labels, table_one.CLASSES, recipe, next(epochs))


def _composites(seconds: float) -> int:
    """Composites a second with the settings that a recipe begins with, at 128 px on crops of photos."""
    recipe, side = Recipe(), table_one.SIDE
    behind = Backgrounds.of(np.arange(1, BATCH + 1), photos(BATCH, side, side))
    synthesizer = Synthesizer(recipe.synth, recipe.seed, side, stamps.load("scikit-learn", table_one.CLASSES), behind)
    starts = itertools.count(0, BATCH)
    task = Task(BATCH, lambda: synthesizer.pixels(np.arange(BATCH) + next(starts)))
    return round(1000 / side_by_side({"composites": task}, seconds)["composites"])


if __name__ == "__main__":
    main()
