"""Failures of training that are the user's business: too little memory, divergence, a full disk."""

import contextlib
from collections.abc import Iterator

import torch

from core.errors import Error, told
from core.events import Failed
from core.runs.folder import RunFolder

_MEMORY_WORDS = ("out of memory", "can't allocate memory", "not enough memory")


@contextlib.contextmanager
def recorded(run: RunFolder, batch_size: int) -> Iterator[None]:
    """Turn running out of memory into an `Error`; write every told failure to the run's events before it goes on."""
    try:
        yield
    except (Error, OSError, RuntimeError, MemoryError) as problem:
        failure = _out_of_memory(problem, batch_size) or told(problem)
        if failure is None:
            raise
        with contextlib.suppress(OSError):  # the disk may be what is full
            run.append(Failed(title=failure.title, hint=failure.hint))
        if failure is problem:
            raise
        raise failure from problem


def _out_of_memory(problem: BaseException, batch_size: int) -> Error | None:
    words = str(problem).lower()
    known = isinstance(problem, torch.OutOfMemoryError | MemoryError)
    if not known and not (isinstance(problem, RuntimeError) and any(word in words for word in _MEMORY_WORDS)):
        return None
    return Error(
        f"The memory does not suffice for {batch_size} images a step.",
        f"Halve the batch size to {max(1, batch_size // 2)} or make the images smaller. What was saved is kept.",
    )
