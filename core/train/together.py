"""Several processes, on one machine or more, that train one network: torchrun starts them.

The first process leads: it alone writes, validates and decides, and before each thing that all take part in it says a
word. The others follow these words (`core.train.follower`), which travel by gloo. Gradients are summed by
DistributedDataParallel: through gloo on the CPU, through NCCL on GPUs.
"""

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from core.errors import Error, told
from core.jobs import Stopped
from core.models import registry
from core.train import device as devices
from core.train.batches import Batch, Ids
from core.train.device import Device

if TYPE_CHECKING:
    from torch.distributed.distributed_c10d import Store  # some builds of PyTorch lack it

_PATIENCE = timedelta(days=30)  # a pause may be long; a process that ends is noticed at once
_LEAST = 2  # samples of a process, for batch normalisation
_FAILURE, _FAILURES = "wildset/failure", "wildset/failures"
_LOST_WORDS = ("gloo", "nccl", "connection closed by peer", "connection reset by peer", "broken pipe")


class Word(IntEnum):
    """What the first process says; with `STEP` go the epoch and the step, both from 1."""

    BEGIN = 1
    STEP = 2
    ANSWERS = 3
    END = 4


@dataclass(frozen=True)
class World:
    """The processes that train together, and which of them this is; alone unless told otherwise."""

    rank: int = 0
    size: int = 1

    @property
    def several(self) -> bool:
        return self.size > 1

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def say(self, word: Word, epoch: int = 0, step: int = 0) -> None:
        """Said by the first process while the others hear; one that is alone says nothing."""
        if self.several and self.leads:
            dist.broadcast(torch.tensor([word, epoch, step]), 0)

    def hear(self) -> tuple[Word, int, int]:
        """Wait for the next word of the first process."""
        said = torch.zeros(3, dtype=torch.int64)
        dist.broadcast(said, 0)
        word, epoch, step = said.tolist()
        return Word(word), epoch, step

    def begin(self, value: Any = None) -> Any:
        """The first process lets the others, which have heard `BEGIN`, know `value`; all return it."""
        if not self.several:
            return value
        self.say(Word.BEGIN)
        said = [value]
        dist.broadcast_object_list(said, 0)
        return said[0]

    def gather(self, value: Any) -> list[Any]:
        """The values of all processes, for the first; none for the others."""
        found: list[Any] | None = [None] * self.size if self.leads else None
        dist.gather_object(value, found, 0)
        return found or []

    def all(self, true: bool) -> bool:
        """Whether it is true in every process."""
        if not self.several:
            return true
        least = torch.tensor([int(true)])
        dist.all_reduce(least, dist.ReduceOp.MIN)
        return bool(least)

    def mean(self, value: torch.Tensor | float) -> Any:
        """The mean of a number over all processes: a tensor, or as it came where one is alone."""
        if not self.several:
            return value
        total = torch.as_tensor(value, dtype=torch.float32).clone()
        dist.all_reduce(total)
        return total / self.size

    def cut(self, visits: Ids, mixes: bool) -> Ids:
        """This process's rows of those of a batch; where it `mixes`, also the row that its first is mixed with."""
        if self.whole(len(visits)):
            return visits
        first, end = self._bounds(len(visits))
        if mixes and self.leads:
            return np.concatenate([visits[:end], visits[-1:]])  # the partner of the first sample is the last
        return visits[first - mixes : end]

    def own(self, batch: Batch, samples: int) -> Batch:
        """What `cut` left of a batch of so many `samples`, mixed where it is to be, without the partner."""
        if self.whole(samples):
            return batch
        first, end = self._bounds(samples)
        mine = end - first
        return batch.part(0, mine) if self.leads else batch.part(len(batch) - mine, len(batch))

    def whole(self, samples: int) -> bool:
        """Whether every process learns all of a batch: it is too small to cut, or one is alone."""
        return not self.several or samples < _LEAST * self.size

    def counts(self, samples: int) -> bool:
        """Whether this process counts the answers to its part of a batch: what all learn counts once."""
        return self.leads or not self.whole(samples)

    def prepared(self, model: nn.Module, device: str) -> nn.Module:
        """`model` with batch normalisation over the samples of all processes, where the device can do it: CUDA."""
        if not self.several or not device.startswith("cuda"):
            return model
        if any(type(layer).__module__.startswith("timm.") for layer in registry.batch_norms(model)):
            from timm.layers import convert_sync_batchnorm

            return cast(nn.Module, convert_sync_batchnorm(model))
        return cast(nn.Module, nn.SyncBatchNorm.convert_sync_batchnorm(model))  # type: ignore[no-untyped-call]

    def parallel(self, model: nn.Module) -> nn.Module:
        """What runs `model` so that gradients are the mean over all processes; they begin with the first's weights."""
        return DistributedDataParallel(model) if self.several else model

    def summing(self, network: nn.Module, now: bool) -> contextlib.AbstractContextManager[None]:
        """Run what `parallel` gave within it: only gradients of passes with `now` go out to the other processes."""
        if now or not isinstance(network, DistributedDataParallel):
            return contextlib.nullcontext()
        return network.no_sync()

    def _bounds(self, samples: int) -> tuple[int, int]:
        return samples * self.rank // self.size, samples * (self.rank + 1) // self.size


ALONE = World()


def world() -> World:
    """The processes that train with this one, within `joined`; else it is alone."""
    return World(dist.get_rank(), dist.get_world_size()) if _joined() else ALONE


def _joined() -> bool:
    return dist.is_available() and dist.is_initialized()


@contextlib.contextmanager
def joined() -> Iterator[World]:
    """Within the block this process is one of those that torchrun started with it, as its environment says.

    When one fails all end. The first to fail raises its exception, the others `SystemExit`, so that it is said once.
    """
    if not dist.is_available() or not dist.is_gloo_available():
        raise Error("This PyTorch trains in one process only.", "Install one that has gloo, or start without torchrun.")
    cuda = torch.cuda.is_available() and dist.is_nccl_available()
    from torch.distributed.rendezvous import rendezvous

    store, rank, size = next(rendezvous("env://"))
    backend = "cpu:gloo,cuda:nccl" if cuda else "gloo"
    dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=_PATIENCE)
    try:
        with _said_once(), _ended(World(rank, size)):
            yield World(rank, size)
    finally:
        dist.destroy_process_group()


def choose_device(text: str) -> Device:
    """The device for "auto", a kind or a name, as `core.train.device.choose`; of several GPUs each process has its own.

    Raises `Error` where there are fewer GPUs than processes, and for devices that cannot train together.
    """
    around = world()
    if not around.several:
        if int(os.environ.get("WORLD_SIZE", "1")) > 1:
            raise Error("Only `core train` works with several processes.", "Start this command without torchrun.")
        return devices.choose(text)
    kind = text
    if text == "auto":
        kind = "cuda" if any(device.kind == "cuda" and device.offered for device in devices.available()) else "cpu"
    if kind not in ("cuda", "cpu"):
        raise Error(f"Several processes do not train together on {text}.", "Choose --device cuda or cpu.")
    number = int(os.environ.get("LOCAL_RANK", around.rank))
    found = devices.choose(f"cuda:{number}" if kind == "cuda" and number else kind)
    if kind == "cuda":
        torch.cuda.set_device(found.name)
    return replace(found, title=f"{around.size} processes, each on {found.title}")


def failure_elsewhere(problem: BaseException) -> Error | None:
    """What ended another process, where `problem` is that this one cannot reach it any more."""
    if not _joined() or not isinstance(problem, RuntimeError):
        return None
    words = str(problem).lower()
    if not isinstance(problem, dist.DistError) and not any(word in words for word in _LOST_WORDS):
        return None
    store = _store()
    if store.check([_FAILURE]):
        return Error(*json.loads(store.get(_FAILURE)))
    return Error("Another process of this training has ended.", "What was saved is kept. Resume the run.")


def _store() -> "Store":
    """Where the processes leave each other words, also when they cannot be reached any more."""
    return dist.distributed_c10d._get_default_store()


@contextlib.contextmanager
def _said_once() -> Iterator[None]:
    try:
        yield
    except Exception as problem:
        store = _store()
        if store.add(_FAILURES, 1) > 1:
            raise SystemExit(1) from problem
        known = told(problem) or failure_elsewhere(problem) or Error(f"{type(problem).__name__}: {problem}")
        store.set(_FAILURE, json.dumps([known.title, known.hint]))
        raise


@contextlib.contextmanager
def _ended(around: World) -> Iterator[None]:
    """At the end, and when it was asked to stop, the first process lets the others go; they hear in both cases."""
    try:
        yield
    except Stopped:
        around.say(Word.END)
        raise
    around.say(Word.END)
