"""Failures of training that are the user's business: too little memory, divergence, a lost device, a full disk."""

import contextlib
from collections.abc import Iterator

import torch

from core.errors import Error, told
from core.events import Diverged, Failed
from core.runs.folder import RunFolder
from core.train.batches import Ids
from core.train.together import failure_elsewhere

_MEMORY_WORDS = ("out of memory", "can't allocate memory", "not enough memory")
_DEVICE_WORDS = (
    "cuda error",
    "device-side assert",
    "unspecified launch failure",
    "cudnn_status",
    "mps backend",
    "nccl",
)
_COMPILER_WORDS = ("inductor", "dynamo", "c++ compiler", "cannot find a working triton")
_NAMED = 8  # images in a sentence


class Divergence(Exception):
    """The loss of a step is no finite number. `step` counts from 1 in its epoch; `ids` are the batch's images."""

    def __init__(self, epoch: int, step: int, ids: Ids, rate: float) -> None:
        super().__init__(epoch, step)
        self.event = Diverged(epoch=epoch, step=step, ids=ids.tolist(), learning_rate=rate)

    def told(self) -> Error:
        """What people are told."""
        event = self.event
        real = [str(number) for number in event.ids if number >= 0]
        more = f" and {len(real) - _NAMED} more" if len(real) > _NAMED else ""
        images = f" on images {', '.join(real[:_NAMED])}{more}" if real else ""
        return Error(
            f"Training diverged: the loss or a weight is no number at epoch {event.epoch}, step {event.step}{images}.",
            f"Lower the learning rate ({event.learning_rate:.1e} here) or clip gradients. What was saved is kept.",
        )


@contextlib.contextmanager
def recorded(run: RunFolder | None, batch_size: int) -> Iterator[None]:
    """Turn failures of training into an `Error`; write every told failure to the run's events before it goes on.

    Without a run nothing is written.
    """
    try:
        yield
    except (Error, Divergence, OSError, RuntimeError, MemoryError) as problem:
        failure = _told(problem, batch_size)
        if failure is None:
            raise
        if run:
            _record(run, problem, failure)
        if failure is problem:
            raise
        raise failure from problem


def _record(run: RunFolder, problem: BaseException, failure: Error) -> None:
    with contextlib.suppress(OSError):  # the disk may be what is full
        if isinstance(problem, Divergence):
            run.append(problem.event)
        run.append(Failed(title=failure.title, hint=failure.hint))


def out_of_memory(problem: BaseException) -> bool:
    """Whether `problem` says that memory, of the computer or of a GPU, does not suffice."""
    if isinstance(problem, torch.OutOfMemoryError | MemoryError):
        return True
    words = str(problem).lower()
    return isinstance(problem, RuntimeError) and any(word in words for word in _MEMORY_WORDS)


def _told(problem: BaseException, batch_size: int) -> Error | None:
    if isinstance(problem, Divergence):
        return problem.told()
    if out_of_memory(problem):
        return Error(
            f"The memory does not suffice, though steps of {batch_size} images were cut into the smallest pieces.",
            "Choose a smaller network or smaller images, or close other programs. What was saved is kept.",
        )
    if elsewhere := failure_elsewhere(problem):
        return elsewhere
    if isinstance(problem, RuntimeError):
        words = f"{type(problem).__module__} {problem}".lower()
        if any(word in words for word in _COMPILER_WORDS):
            return Error(
                "PyTorch cannot compile the network here.",
                "Set compute.compile to false in the run's recipe.yaml and resume.",
            )
        if any(word in words for word in _DEVICE_WORDS):
            first = str(problem).strip().splitlines()[0].rstrip(".")
            return Error(f"The device stopped working: {first}.", "Resume the run, on another device if it comes back.")
    return told(problem)
