"""How good the recipes get on real data: `python -m benchmarks.quality ROW [--quick] [--json]`.

Imports the data of a row (from ../shared/data beside the repository), splits it, and trains each of its recipes once a
seed by the command line, as anyone would. Where the data has a test set, validation images are taken from its training
images, and the best checkpoint by them is scored on the test set once. --quick only shows that the row runs: one seed
of its first recipe, two epochs of few images, under 50 s. What the figures answer to, the recipes tell.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"


@dataclass(frozen=True)
class Row:
    """`variants` is recipe and settings by name; `val` is the share taken for validation, None where it has its own."""

    data: str
    variants: dict[str, tuple[str, ...]]
    few: str  # a filter of the images of --quick
    seeds: int = 3
    val: float | None = 0.1
    test: bool = True


def _off(*operations: str) -> tuple[str, ...]:
    return tuple(word for name in operations for word in (f"--augment.{name}.enabled", "false"))


_UNCHANGED = _off("rotation", "affine", "jitter", "invert")
_LEAST = ("--model.name", "lenet5", "--schedule.epochs", "20")
_SYNTHETIC = ("--synth.count", "3000", "--synth.stamps", str(DATA / "mnist"))
# A third of the write-up's blocks on a fifth of its images.
_SHORT = ("--model.expands", "1,1,1,2,1,1,2,1,1,4,1,1", "--data.where", "name:/0", "--schedule.epochs", "10")
_SHORT_STEPS = ("--schedule.step_epochs", "4")
_WILD = "wild-digits/wild-digits.zip"
_LENET = "imagenette-lenet-rgb"
_FEW_PHOTOS = "name:3.jpeg,1.jpeg"
_PHOTOS = "imagenette/imagenette-2000.zip"
_CIFAR = "cifar10/CIFAR-10-images.zip"


def _ablation(*more: str) -> dict[str, tuple[str, ...]]:
    """Augmentation and synthesis on or off, as table 3 of the MNIST-W write-up."""
    recipe = ("wild-digits", *more)
    return {
        "augmented": recipe,
        "augmented, synthetic": (*recipe, *_SYNTHETIC),
        "plain": (*recipe, *_UNCHANGED),
        "plain, synthetic": (*recipe, *_UNCHANGED, *_SYNTHETIC),
    }


ROWS = {
    "mnist": Row("mnist", {"augmented": ("mnist-lenet5",), "plain": ("mnist-lenet5-plain",)}, "name:/00"),
    "wild-digits": Row(_WILD, _ablation(), "source:sudoku", seeds=2, val=0.15, test=False),
    "wild-digits-short": Row(_WILD, _ablation(*_LEAST), "source:sudoku", seeds=2, val=0.15, test=False),
    "imagenette": Row(
        _PHOTOS,
        {
            "all on": (_LENET,),
            "none": (f"{_LENET}-plain",),
            "batch norm": (f"{_LENET}-batchnorm",),
            "dropout": (f"{_LENET}-dropout",),
            "augmentation": (f"{_LENET}-augment",),
        },
        _FEW_PHOTOS,
        val=None,
        test=False,
    ),
    "imagenette-resnet18": Row(_PHOTOS, {"resnet18": ("imagenette",)}, _FEW_PHOTOS, seeds=1, val=None, test=False),
    "imagenette-transfer": Row(
        _PHOTOS,
        {"head": ("imagenette-transfer",), "head and norms": ("imagenette-transfer-norms",)},
        _FEW_PHOTOS,
        seeds=1,
        val=None,
        test=False,
    ),
    "cifar10-short": Row(_CIFAR, {"short": ("cifar10-resnet-blocks", *_SHORT, *_SHORT_STEPS)}, "name:/000", seeds=1),
    "cifar10": Row(_CIFAR, {"blocks": ("cifar10-resnet-blocks",), "wide": ("cifar10",)}, "name:/000", seeds=1),
}


@dataclass
class Found:
    """Accuracies of a variant, one a seed: of validation images at the best and the last epoch, and of the test set."""

    best: list[float] = field(default_factory=list)
    last: list[float] = field(default_factory=list)
    test: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("row", choices=ROWS)
    parser.add_argument("--seeds", type=int, help="how many, from 0 on; else the row's number")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    parser.add_argument("--folder", type=Path, help="where the project goes and stays; else a temporary folder")
    parser.add_argument("--quick", action="store_true", help="few images and two epochs; under 50 s")
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    options = parser.parse_args()
    row = ROWS[options.row]
    if not (DATA / row.data).exists():
        sys.exit(f"The row needs {DATA / row.data}, which is not there.")
    with tempfile.TemporaryDirectory() as temporary:
        project = (options.folder or Path(temporary)) / options.row
        found = measure(row, project, options.device, options.seeds or row.seeds, options.quick)
    for name, each in found.items():
        print("   ".join([f"{name:22}", *summary(each)]))
    if options.json:
        told = {name: vars(each) for name, each in found.items()}
        print(json.dumps({"row": options.row, "quick": options.quick, "variants": told}))


def measure(row: Row, project: Path, device: str, seeds: int, quick: bool) -> dict[str, Found]:
    """What each variant reaches."""
    core(project, "import", str(DATA / row.data))
    if row.val is not None:
        core(project, "split", "--val", str(row.val))
    found: dict[str, Found] = {}
    # Seed by seed, so that a measurement that is cut short has all variants.
    for seed in range(1 if quick else seeds):
        for name in list(row.variants)[: 1 if quick else None]:
            more = ("--data.where", row.few, "--schedule.epochs", "2") if quick else ()
            each = found.setdefault(name, Found())
            _train(project, (*row.variants[name], *more, "--seed", str(seed), "--device", device), each)
            if row.test:
                where = f"split:test {row.few}" if quick else "split:test"
                each.test.append(core(project, "evaluate", "last", "--where", where, "--device", device)["accuracy"])
            print(f"seed {seed}  {name:22}  {'   '.join(summary(each))}", file=sys.stderr)
    return found


def _train(project: Path, arguments: tuple[str, ...], found: Found) -> None:
    began = time.perf_counter()
    run = core(project, "train", "--recipe", *arguments)
    found.seconds.append(round(time.perf_counter() - began, 1))
    lines = Path(run["folder"], "events.jsonl").read_text(encoding="utf-8").splitlines()
    epochs = [event for event in map(json.loads, lines) if event["event"] == "EpochEnded"]
    found.best.append(run["val_accuracy"])
    found.last.append(epochs[-1]["val_accuracy"])


def summary(found: Found) -> Iterator[str]:
    for what, values in (("test", found.test), ("validation, best", found.best), ("last epoch", found.last)):
        if values:
            spread = f" ± {100 * statistics.stdev(values):.2f}" if len(values) > 1 else ""
            yield f"{what} {100 * statistics.mean(values):.2f}{spread} % (n={len(values)})"
    yield f"{statistics.median(found.seconds):.0f} s a run"


def core(project: Path, verb: str, *arguments: str) -> dict[str, Any]:
    """What a command says as JSON."""
    command = [sys.executable, "-m", "core", verb, *arguments, "-p", str(project), "--json"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.returncode)
    value: dict[str, Any] = json.loads(done.stdout)
    return value


if __name__ == "__main__":
    main()
