"""One training step and all that it changes: network, optimizer, averaged weights, the epoch's tally."""

import contextlib
import copy
import itertools
import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from core.errors import Error
from core.models import registry, transfer
from core.recipe import Recipe
from core.train.batches import Batch, Ids, Images
from core.train.failures import Divergence, out_of_memory
from core.train.objective import Objective
from core.train.tally import Tally

_LOSSES = 64  # looked at together on a GPU, which would have to be waited for at each step otherwise
_PRECISIONS = {"bfloat16": torch.bfloat16, "float16": torch.float16}


class Learner:
    """A network that learns by steps.

    `model` has the weights that train, `judged` those that are validated and kept as the best: the same network, or
    its moving average. `parts` is how many pieces a batch is cut into; it grows where memory does not suffice.
    """

    def __init__(self, recipe: Recipe, model: nn.Module, images: Images, device: str) -> None:
        self.recipe, self.device = recipe, device
        self.model = model.to(device)
        if recipe.compute.channels_last:
            self.model.to(memory_format=torch.channels_last)
        trained = transfer.parts(self.model, recipe.model)
        self.names = [name for part in trained for name in part.names]
        self.shares = [part.rate for part in trained]
        self.optimizer = optimizer(recipe, trained)
        self.judged = copy.deepcopy(self.model) if recipe.optim.ema else self.model
        self.scaler = torch.amp.GradScaler(device, enabled=recipe.compute.precision == "float16")
        self.tally = Tally(images, recipe.optim.label_smoothing)
        self.parts = 1
        self.steps = 0
        self._run = torch.compile(self.model) if recipe.compute.compile else self.model
        self._objective = Objective(recipe, images.labels, len(images.chosen.classes), device)
        self._weights = [weight for group in self.optimizer.param_groups for weight in group["params"]]
        self._generator = torch.default_generator if device == "cpu" else None
        self._unchecked: list[tuple[torch.Tensor, Ids, int, int, float]] = []
        self._least = 2 if registry.has_batch_norm(model) else 1

    def train_mode(self) -> None:
        """Before the steps of an epoch."""
        transfer.train_mode(self.model, self.recipe.model)

    def step(self, batch: Batch, rate: float, seed: int, epoch: int, step: int) -> torch.Tensor:
        """Learn from one batch with learning rate `rate`; returns its mean loss. `seed` is for dropout.

        Raises `Divergence`, on a GPU up to some steps later, and what torch raises where memory does not suffice for
        the smallest pieces.
        """
        for group, share in zip(self.optimizer.param_groups, self.shares, strict=True):
            group["lr"] = rate * share
        while True:
            self._seed(seed)
            try:
                loss, logits = self._gradients(batch)
                break
            except (RuntimeError, MemoryError) as problem:
                if not out_of_memory(problem) or not self._halve(len(batch)):
                    raise
        self._check(loss, batch.ids, epoch, step, rate)
        self._update()
        self.tally.add(batch, logits)
        self.steps += 1
        if self.recipe.optim.ema:
            self._average()
        return loss

    def check(self) -> None:
        """Look at the losses that a GPU has not been asked for yet. Raises `Divergence`."""
        unchecked, self._unchecked = self._unchecked, []
        if not unchecked:
            return
        for loss, (_, ids, epoch, step, rate) in zip(
            torch.stack([entry[0] for entry in unchecked]).tolist(), unchecked, strict=True
        ):
            if not math.isfinite(loss):
                raise Divergence(epoch, step, ids, rate)

    @property
    def gpu_memory(self) -> int | None:
        """The most bytes that tensors held on the GPU so far."""
        if self.device.startswith("cuda"):
            return torch.cuda.max_memory_allocated(self.device)
        return torch.mps.driver_allocated_memory() if self.device == "mps" else None

    def _gradients(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """The mean loss and the logits of a batch; the gradients of the loss are in the weights."""
        self.optimizer.zero_grad()
        weight = self._objective.weight(batch)
        if self.parts == 1:
            with self._precision():
                logits = self._run(batch.x)
                loss = self._objective.total(logits, batch) / weight
            torch.autograd.backward(self.scaler.scale(loss))
            return loss.detach(), logits
        losses, answers = [], []
        for piece in pieces(batch, self.parts):
            with self._precision():
                answer = self._run(piece.x)
                loss = self._objective.total(answer, piece) / weight
            torch.autograd.backward(self.scaler.scale(loss))
            losses.append(loss.detach())
            answers.append(answer.detach())
        return torch.stack(losses).sum(), torch.cat(answers)

    def _update(self) -> None:
        if self.recipe.optim.clip:
            self.scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_(self._weights, self.recipe.optim.clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()

    def _check(self, loss: torch.Tensor, ids: Ids, epoch: int, step: int, rate: float) -> None:
        self._unchecked.append((loss, ids, epoch, step, rate))
        if self.device == "cpu" or len(self._unchecked) >= _LOSSES:
            self.check()

    def _seed(self, seed: int) -> None:
        if self._generator is not None:
            self._generator.manual_seed(seed)
        else:
            torch.manual_seed(seed)

    def _halve(self, images: int) -> bool:
        """Cut batches into twice as many pieces; False where they are as small as they can be."""
        if images // (2 * self.parts) < self._least:
            return False
        self.parts *= 2
        self.optimizer.zero_grad()
        if self.device.startswith("cuda"):
            torch.cuda.empty_cache()
        return True

    @contextlib.contextmanager
    def _precision(self) -> Iterator[None]:
        short = _PRECISIONS.get(self.recipe.compute.precision)
        if short is None:
            yield
            return
        with torch.autocast(self.device.partition(":")[0], short):
            yield

    @torch.no_grad()
    def _average(self) -> None:
        """Move the averaged weights on; in the first steps, which change much, they follow faster."""
        decay = min(self.recipe.optim.ema, (1 + self.steps) / (10 + self.steps))
        averaged: list[torch.Tensor] = list(self.judged.parameters())
        now: list[torch.Tensor] = list(self.model.parameters())
        torch._foreach_lerp_(averaged, now, 1 - decay)
        for old, new in zip(self.judged.buffers(), self.model.buffers(), strict=True):
            old.copy_(new)


def pieces(batch: Batch, parts: int) -> list[Batch]:
    """`batch` in so many pieces of nearly equal size."""
    bounds = np.linspace(0, len(batch), parts + 1).round().astype(int).tolist()
    return [
        replace(
            batch,
            x=batch.x[a:b],
            y=batch.y[a:b],
            ids=batch.ids[a:b],
            at=batch.at[a:b],
            soft=None if batch.soft is None else batch.soft[a:b],
        )
        for a, b in itertools.pairwise(bounds)
    ]


def optimizer(recipe: Recipe, trained: list[transfer.Part]) -> torch.optim.Optimizer:
    """The optimizer of a recipe, with a group for each part. All weights are updated by one fused kernel."""
    optim = recipe.optim
    groups = [{"params": part.parameters} for part in trained]
    if not any(part.parameters for part in trained):
        raise Error("There is nothing to train in this network.", "Set model.transfer to everything.")
    decay = optim.weight_decay
    if optim.method == "sgd":
        return torch.optim.SGD(
            groups, optim.learning_rate, optim.momentum, weight_decay=decay, nesterov=optim.nesterov, fused=True
        )
    kind = torch.optim.AdamW if optim.method == "adamw" else torch.optim.Adam
    return kind(groups, optim.learning_rate, weight_decay=decay, fused=True)
