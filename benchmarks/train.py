"""What training wastes: `python -m benchmarks.train [--quick] [--json]`.

Pipeline efficiency: images a second of `core.train.loop.fit` (augmentation, synthesis, tally and events included,
validation not) over those of the same network stepping on one batch that stays. The plain way is that of the
write-ups: Pillow images, torchvision's transforms, a DataLoader with no or two workers. Turns are interleaved, each
ratio is taken within a round, and medians of the rounds are quoted; times are of the clock, for all cores count.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("GOMP_SPINCOUNT", "10000")  # as `core` has it; read when torch loads

import numpy as np
import torch

from benchmarks import costs, plain, projects, turns
from benchmarks.photos import origin, photos
from benchmarks.timing import machine
from core.recipe import change, find

TARGETS = {  # at least
    "pipeline_efficiency_lenet5": 0.9,
    "pipeline_efficiency_resnet18": 0.95,
    "ratio_plain_workers0": 8.0,
    "ratio_plain_workers2": 3.0,
    "ratio_plain_resnet18": 1.3,
}
LIMITS = {"start_to_first_step_s": 2.0, "dynamics_cost": 0.02}  # at most
_LONG = {"schedule.epochs": 10_000, "schedule.patience": 10_000}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under 50 s")
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    options = parser.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        found = {"quick": options.quick} | machine() | measure(Path(folder), options.quick)
    found["seconds"] = round(time.perf_counter() - began, 1)
    for name, limit in (TARGETS | LIMITS).items():
        reached = found[name] <= limit if name in LIMITS else found[name] >= limit
        print(f"{name:32}{found[name]:9.3f}   {'reaches' if reached else 'misses'} {limit:g}")
    print(f"{found['seconds']} s")
    if options.json:
        print(json.dumps(found))


def measure(folder: Path, quick: bool) -> dict[str, Any]:
    """All figures by name."""
    written = projects.digits_project(folder, 4_000 if quick else 60_000)
    wild = projects.photos_project(folder, 40 if quick else 700)
    digits = "MNIST" if projects.MNIST.is_dir() else "noise of MNIST's size, which is not here"
    print(f"digits: {digits}; photos: {origin()}; {torch.get_num_threads()} threads")
    found: dict[str, Any] = {"digits": digits, "photos": origin()}
    found |= small(written, 3 if quick else 11)
    print(f"LeNet-5, images a second: {found['images_per_second_lenet5']}", flush=True)
    found |= large(wild, 32, 32, 2) if quick else large(wild, 64, 600, 7)
    print(f"ResNet-18, images a second: {found['images_per_second_resnet18']}", flush=True)
    found["start_events_s"] = {name: round(at, 2) for name, at in costs.start(written, "mnist-lenet5").items()}
    found["start_to_first_step_s"] = found["start_events_s"]["Step"]
    if not quick:
        found |= costs.growth(wild, _grown(), 50)
    return found


def small(root: Path, rounds: int) -> dict[str, Any]:
    """LeNet-5 on digits in batches of 32, with and without augmentation."""
    augmented = change(find("mnist-lenet5"), _LONG)
    recipe = change(augmented, {f"augment.{name}.enabled": False for name, _ in augmented.augment.operations()})
    pixels, labels = projects.digits(10_000)
    seen = plain.Images(pixels, labels, plain.digits_chain(recipe.data.image_size))
    job = turns.job(root, recipe)
    rounds = turns.interleaved(
        {
            "constant": turns.constant(job, 100),
            "constant_all_threads": turns.constant(job, 100, all_threads=True),
            "loop": turns.real(job),
            "loop_augmented": turns.real(turns.job(root, augmented)),
            "plain_workers0": turns.plain(plain.Plain(recipe, seen, 0), 15),
            "plain_workers2": turns.plain(plain.Plain(recipe, seen, 2), 30),
        },
        rounds,
    )
    speeds = turns.medians(rounds)
    return {
        "pipeline_efficiency_lenet5": turns.ratio(rounds, "loop", "constant"),
        "pipeline_efficiency_lenet5_augmented": turns.ratio(rounds, "loop_augmented", "constant"),
        # Training takes one thread for so small a network, see core.train.threads; an idle machine could lend more.
        "pipeline_efficiency_lenet5_all_threads": turns.ratio(rounds, "loop", "constant_all_threads"),
        "ratio_plain_workers0": turns.ratio(rounds, "loop", "plain_workers0"),
        "ratio_plain_workers2": turns.ratio(rounds, "loop", "plain_workers2"),
        "dynamics_cost": costs.tally(job, 200),
        "images_per_second_lenet5": {name: round(speed) for name, speed in speeds.items()},
        "step_ms_lenet5": round(1000 * recipe.optim.batch_size / speeds["constant"], 3),
        "arithmetic_ms_lenet5": costs.arithmetic_ms(recipe, 1),
    }


def large(root: Path, batch_size: int, synthetic: int, rounds: int) -> dict[str, Any]:
    """ResNet-18 at 128 px with table 1, and nearly as many synthetic as real images, as in the MNIST-W write-up."""
    changes = {"optim.batch_size": batch_size, "synth.count": synthetic, "synth.stamps": "scikit-learn"}
    recipe = change(find("mnist-w-resnet18"), {**_LONG, **changes})
    pixels = photos(4 * batch_size)
    seen = plain.Images(pixels, np.arange(len(pixels)) % 10, plain.photos_chain())
    job = turns.job(root, recipe)
    rounds = turns.interleaved(
        {
            "constant": turns.constant(job, 2),
            "loop": turns.real(job),
            "plain": turns.plain(plain.Plain(recipe, seen, 0), 2),
        },
        rounds,
    )
    speeds = turns.medians(rounds)
    return {
        "pipeline_efficiency_resnet18": turns.ratio(rounds, "loop", "constant"),
        "ratio_plain_resnet18": turns.ratio(rounds, "loop", "plain"),
        "images_per_second_resnet18": {name: round(speed, 1) for name, speed in speeds.items()},
        "step_ms_resnet18": round(1000 * recipe.optim.batch_size / speeds["constant"], 1),
        "arithmetic_ms_resnet18": costs.arithmetic_ms(recipe, torch.get_num_threads()),
    }


def _grown() -> Any:
    """A recipe with everything that may hold on to memory, and little arithmetic."""
    changes = {"data.image_size": 32, "data.stored_size": 64, "model.name": "small_cnn", "synth.stamps": "scikit-learn"}
    return change(find("mnist-w-resnet18"), {**_LONG, **changes, "synth.count": 600})


if __name__ == "__main__":
    main()
