"""What of training is not images a second: its start, its tally, its memory, and the arithmetic that it is about."""

import contextlib
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch

from benchmarks import memory, turns
from core.events import EpochEnded
from core.models.capacity import capacity
from core.recipe import Recipe
from core.runs import dynamics
from core.train import loop, threads
from core.train.job import TrainingJob

ROOT = Path(__file__).resolve().parents[1]
_BACKWARD = 2  # times the arithmetic of the forward pass
_MATRIX = 1024

_CHILD = """
import sys, time, torch
began = time.perf_counter()
from pathlib import Path
from core.events import RunStarted, Step
from core.project.store import Store
from core.recipe import find
from core.train import loop
from core.train.device import choose
with Store.open(Path(sys.argv[1]), write=False) as store:
    job = loop.new_run(store, find(sys.argv[2]), choose("cpu"))
times = {}
for event in loop.fit(job):
    times.setdefault(type(event).__name__, time.perf_counter() - began)
    if isinstance(event, Step):
        break
import json
print(json.dumps(times))
"""


def start(root: Path, recipe: str) -> dict[str, float]:
    """Seconds from torch being imported to the first events of each kind of a training, in a process of its own."""
    command = [sys.executable, "-c", _CHILD, str(root), recipe]
    said = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True).stdout
    found: dict[str, float] = json.loads(said.splitlines()[-1])
    return found


def tally(training: TrainingJob, steps: int) -> float:
    """The share of a step's time that it takes to keep each sample's answer, and to write an epoch of them."""
    own, batch = turns.learner(training)
    logits = torch.randn(len(batch), len(training.classes))
    began = time.process_time()
    for _ in range(steps):
        own.tally.add(batch, logits)
    own.tally.flush()
    kept = time.process_time() - began
    images = len(own.tally.ids)
    began = time.perf_counter()
    dynamics.write_epoch(training.run, 1, own.tally.ids, own.tally.loss, own.tally.margin)
    written = (time.perf_counter() - began) * steps * len(batch) / images
    began = time.process_time()
    with threads.limited(own.threads):
        for step in range(steps):
            own.step(batch, 1e-3, step, 1, step)
    whole = time.process_time() - began
    return round((kept + written) / (whole - kept), 4)


def arithmetic_ms(recipe: Recipe, count: int) -> float:
    """Milliseconds that a step would take at the speed at which `count` threads multiply large matrices."""
    cost = capacity(recipe.model, 10, recipe.data.image_size, recipe.optim.batch_size)
    work = (1 + _BACKWARD) * cost.multiply_adds * recipe.optim.batch_size
    return round(1000 * work / _peak(count), 3)


def _peak(count: int) -> float:
    """Multiply-adds a second."""
    a, b = torch.randn(2, _MATRIX, _MATRIX)
    times = []
    with threads.limited(count):
        for _ in range(12):
            began = time.perf_counter()
            torch.mm(a, b)
            times.append(time.perf_counter() - began)
    return _MATRIX**3 / statistics.median(times[2:])


def growth(root: Path, recipe: Recipe, epochs: int) -> dict[str, Any]:
    """MiB of memory after a tenth of so many epochs, and by how much more at their end; None off Linux."""
    found: list[float] = []
    with contextlib.closing(loop.fit(turns.job(root, recipe))) as events:
        for event in events:
            if isinstance(event, EpochEnded):
                found.append(memory.resident())
                if event.epoch == epochs:
                    break
    return {"rss_mib": round(found[-1]), "rss_growth_mib": round(found[-1] - found[epochs // 10 - 1], 1)}
