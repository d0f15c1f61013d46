"""Samples per second on a GPU, beside other libraries: `python -m benchmarks.augment_gpu [--quick] [--json] [--cpu]`.

Table 1 of the MNIST-W write-up in batches of 64 and 512: from photos of 256 px stored on the device as bytes to
normalised floats of 128 px there. Draws are made on the CPU and count. torchvision draws once per call, so it takes
the images of a batch one by one, 64 of them. Times are those of a clock; on the CPU, where batches stay at 64, those of
one core of the processor.
"""

import argparse
import itertools
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from benchmarks import table_one
from benchmarks.photos import photos
from benchmarks.timing import machine, use_one_core
from core.augment import batched
from core.augment.planning import make_plan

STORED = 256  # px
BATCHES = (64, 512)
_ONE_BY_ONE = 64  # images that torchvision takes at most, of any batch
_TURNS = 3  # at least, after one that warms up

Pixels = table_one.Pixels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under 50 s")
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    parser.add_argument("--cpu", action="store_true", help="measure the same code on one core of the processor")
    options = parser.parse_args()
    if options.cpu:
        use_one_core()
    device = torch.device("cpu") if options.cpu else accelerator()
    found: dict[str, Any] = {"device": None}
    if device is None:
        print("There is no CUDA device and no Apple GPU here, so nothing was measured; --cpu measures on a core.")
    else:
        found = measure(device, 2 if options.quick else 15) | machine()
    if options.json:
        print(json.dumps(found))


def accelerator() -> torch.device | None:
    """The GPU of this machine."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps") if torch.backends.mps.is_available() else None


def measure(device: torch.device, seconds: float) -> dict[str, Any]:
    """Images per second by batch and library, `seconds` for each."""
    name = torch.cuda.get_device_name() if device.type == "cuda" else str(device)
    print(f"Table 1 in batches from {STORED} px on {name}, images per second")
    found: dict[str, Any] = {"device": name}
    for batch in BATCHES[:1] if device.type == "cpu" else BATCHES:
        stored = np.resize(photos(64, STORED, STORED), (batch, STORED, STORED, 3))
        rates: dict[str, float | None] = {}
        for library, run in runs(stored, device).items():
            rates[library] = None if run is None else round(rate(run, device, seconds))
        own = rates["wildset"] or 0.0
        found[f"images_per_second_{batch}"] = rates
        for library, one in rates.items():
            beside = "not installed" if one is None else f"{one:10,.0f}{own / one:8.1f} times slower than wildset"
            print(f"batch {batch:4} {library:16}{beside if library != 'wildset' else format(own, '10,.0f')}")
    return found


def runs(stored: Pixels, device: torch.device) -> dict[str, Callable[[], int] | None]:
    """What each library does with a batch; each returns the number of images."""
    return {
        "wildset": ours(stored, device),
        "torchvision_v2": torchvision(stored, device),
        "kornia": kornia(stored, device),
    }


def ours(stored: Pixels, device: torch.device) -> Callable[[], int]:
    """Draws on the CPU, everything else on the device."""
    recipe, epochs = table_one.recipe(), itertools.count(1)
    on_device, count = torch.from_numpy(stored).to(device), len(stored)
    sizes, ids = np.full((count, 2), STORED, np.int64), np.arange(1, count + 1)
    augment, side, labels, classes = recipe.augment, table_one.SIDE, ids % 10, table_one.CLASSES

    def run() -> int:
        plan = make_plan(augment, side, sizes, ids, labels, classes, recipe.seed, next(epochs))
        batched.render(on_device, plan, recipe.data.normalize)
        return count

    return run


def torchvision(stored: Pixels, device: torch.device) -> Callable[[], int]:
    chain = table_one.torchvision_chain()
    images = torch.from_numpy(stored[:_ONE_BY_ONE]).permute(0, 3, 1, 2).contiguous().to(device)

    def run() -> int:
        for image in images:
            chain(image)
        return len(images)

    return run


def kornia(stored: Pixels, device: torch.device) -> Callable[[], int] | None:
    try:
        run = table_one.kornia(stored, str(device))
    except ModuleNotFoundError:
        return None
    return lambda: (run(), len(stored))[1]


def rate(run: Callable[[], int], device: torch.device, seconds: float) -> float:
    """Images per second: the median turn, after one that warms up."""
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    found: list[float] = []
    end = None
    while end is None or len(found) < _TURNS or time.perf_counter() < end:
        _wait(device)
        began = clock()
        count = run()
        _wait(device)
        if end is not None:
            found.append(count / (clock() - began))
        else:
            end = time.perf_counter() + seconds
    return statistics.median(found)


def _wait(device: torch.device) -> None:
    """Until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    elif device.type == "mps":
        torch.mps.synchronize()


if __name__ == "__main__":
    main()
