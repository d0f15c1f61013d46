"""`core` in one of several processes, with what may go wrong in the second: `processes.py MISHAP ARGUMENTS…`."""

import os
import sys
from collections.abc import Callable
from typing import Any

import torch

from core.cli.main import run
from core.errors import Error
from core.train.objective import Objective

total = Objective.total
calls = 0


def too_large(objective: Objective, logits: torch.Tensor, batch: Any) -> torch.Tensor:
    if len(logits) > 4:
        raise torch.OutOfMemoryError("out of memory: tried to allocate everything")
    return total(objective, logits, batch)


def later(mishap: Callable[[torch.Tensor], torch.Tensor]) -> Callable[..., torch.Tensor]:
    """Goes wrong at the fourth call, which is in the third step: the first is tried before it is taken."""

    def patched(objective: Objective, logits: torch.Tensor, batch: Any) -> torch.Tensor:
        global calls
        calls += 1
        found = total(objective, logits, batch)
        return mishap(found) if calls == 4 else found

    return patched


def broken(loss: torch.Tensor) -> torch.Tensor:
    raise Error("A wheel has come off.", "Put it on again.")


MISHAPS: dict[str, Callable[..., torch.Tensor]] = {
    "memory": too_large,
    "error": later(broken),
    "infinite": later(lambda loss: loss * torch.inf),
    "death": later(lambda loss: os._exit(9)),
}

if __name__ == "__main__":
    if os.environ["RANK"] == "1" and sys.argv[1] in MISHAPS:
        Objective.total = MISHAPS[sys.argv[1]]  # type: ignore[method-assign]
    sys.exit(run(sys.argv[2:]))
