"""One training step and all that it changes: network, optimizer, averaged weights, the epoch's tally."""

import contextlib
import copy
import inspect
import itertools
import math
import sys
from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from core.augment.draws import step_seed
from core.errors import Error
from core.models import registry, transfer
from core.recipe import Recipe
from core.train import allocator, batches, threads
from core.train.batches import Batch, Images
from core.train.failures import Divergence, out_of_memory
from core.train.objective import Objective
from core.train.schedule import learning_rate
from core.train.tally import Tally
from core.train.together import ALONE, Word, World

_LOSSES = 64  # looked at together on a GPU, which would have to be waited for at each step otherwise
_PRECISIONS = {"bfloat16": torch.bfloat16, "float16": torch.float16}


class Learner:
    """A network that learns by steps.

    `model` has the weights that train, `judged` those that are validated and kept as the best: the same network, or
    its moving average. `parts` is how many pieces a batch is cut into; it grows where memory does not suffice.
    """

    def __init__(self, recipe: Recipe, model: nn.Module, images: Images, device: str, world: World = ALONE) -> None:
        self.recipe, self.device, self.world = recipe, device, world
        if device.startswith("cuda"):
            _hurry()
        if device == "cpu":
            allocator.keep_freed()
        if not recipe.compute.compile:
            _spare_compiler()
        self.model = world.prepared(model, device).to(device)
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
        self.threads = threads.of_step(self.model, recipe, device)
        self._parallel = world.parallel(self.model)
        self._run = torch.compile(self._parallel) if recipe.compute.compile else self._parallel
        self._images = images
        self._objective = Objective(recipe, images.labels, len(images.chosen.classes), device)
        self._weights = [weight for group in self.optimizer.param_groups for weight in group["params"]]
        self._adjust = inspect.unwrap(type(self.optimizer).step)  # see _spare_compiler
        self._generator = torch.default_generator if device == "cpu" else None
        self._unchecked: list[tuple[torch.Tensor, int, int, float]] = []
        self._latest: tuple[int, int, float] | None = None  # epoch, step, learning rate
        self._least = 2 if registry.has_batch_norm(model) else 1
        self._rehearsed = not world.several

    def train_mode(self) -> None:
        """Before the steps of an epoch."""
        transfer.train_mode(self.model, self.recipe.model)

    def learn(self, batch: Batch, epoch: int, step: int) -> tuple[torch.Tensor, float]:
        """Learn from what `batches.training` gives for a step; returns the mean loss and the learning rate.

        Of several processes each brings its samples of the batch. Raises as `step` does.
        """
        recipe, images, classes = self.recipe, len(self._images), len(self._images.chosen.classes)
        size = recipe.optim.batch_size
        samples = batches.shown(images, size, step) - batches.shown(images, size, step - 1)
        batch = batches.mix(batch, recipe, classes, epoch, step)
        batch = self.world.own(batch, samples).on(self.device)
        rate = learning_rate(recipe, epoch - 1 + (step - 1) / batches.steps_per_epoch(images, size))
        seed = step_seed(recipe.seed, epoch, step) ^ self.world.rank
        if not self._rehearsed:
            self._rehearse(batch, seed)
        with threads.limited(self.threads):
            return self.step(batch, rate, seed, epoch, step, self.world.counts(samples)), rate

    def step(self, batch: Batch, rate: float, seed: int, epoch: int, step: int, counted: bool = True) -> torch.Tensor:
        """Learn from one batch with learning rate `rate`; returns its mean loss. `seed` is for dropout.

        The answers go to the tally where they are to be `counted`.

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
                # A part of a step cannot be done again where other processes take part in it.
                if self.world.several or not out_of_memory(problem) or not self._halve(len(batch)):
                    raise
        self._check(loss, epoch, step, rate)
        self._update()
        if counted:
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
        losses = torch.stack([entry[0] for entry in unchecked]).tolist()
        for loss, (_, epoch, step, rate) in zip(losses, unchecked, strict=True):
            if not math.isfinite(loss):
                raise self._divergence(epoch, step, rate)

    def settle(self) -> None:
        """Look at all losses and weights and count all answers, those of other processes too. Raises `Divergence`.

        A step whose loss is finite may still leave weights that are not.
        """
        self.check()
        if self._latest and not all(bool(torch.isfinite(value).all()) for value in self.model.state_dict().values()):
            raise self._divergence(*self._latest)
        self.world.say(Word.ANSWERS)
        self.tally.collect(self.world)

    def _divergence(self, epoch: int, step: int, rate: float) -> Divergence:
        visits = batches.stepwise(self._images, self.recipe, epoch)[step - 1]
        return Divergence(epoch, step, self._images.ids[visits[:, 0]], rate)

    @property
    def gpu_memory(self) -> int | None:
        """The most bytes that tensors held on the GPU so far."""
        if self.device.startswith("cuda"):
            return torch.cuda.max_memory_allocated(self.device)
        return torch.mps.driver_allocated_memory() if self.device == "mps" else None

    def _gradients(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """The mean loss and the logits of a batch; the gradients of the loss are in the weights."""
        self.optimizer.zero_grad()
        weight = self.world.mean(self._objective.weight(batch))  # as gradients are
        if self.parts == 1:
            with self._precision():
                logits = self._run(batch.x)
                loss = self._objective.total(logits, batch) / weight
            torch.autograd.backward(self.scaler.scale(loss))
            return self.world.mean(loss.detach()), logits
        losses, answers = [], []
        cut = pieces(batch, self.parts, self._least)
        for number, piece in enumerate(cut, start=1):
            with self.world.summing(self._parallel, number == len(cut)), self._precision():
                answer = self._run(piece.x)
                loss = self._objective.total(answer, piece) / weight
            torch.autograd.backward(self.scaler.scale(loss))
            losses.append(loss.detach())
            answers.append(answer.detach())
        return self.world.mean(torch.stack(losses).sum()), torch.cat(answers)

    def _rehearse(self, batch: Batch, seed: int) -> None:
        """Find the pieces that the memory of every process holds, while no other process takes part.

        Raises MemoryError where the smallest are too large for one.
        """
        for layer in registry.batch_norms(self.model):
            layer.eval()  # keeps its statistics as they are, and asks no other process for theirs
        while not self.world.all(self._holds(batch, seed)):
            if not self.world.all(self._halve(len(batch))):
                raise MemoryError("A process is out of memory.")
        self.optimizer.zero_grad()
        self.train_mode()
        self._rehearsed = True

    def _holds(self, batch: Batch, seed: int) -> bool:
        self._seed(seed)
        try:
            for piece in pieces(batch, self.parts, self._least):
                with self._precision():
                    loss = self._objective.total(self.model(piece.x), piece)
                torch.autograd.backward(loss)
        except (RuntimeError, MemoryError) as problem:
            if not out_of_memory(problem):
                raise
            return False
        return True

    def _update(self) -> None:
        if self.recipe.optim.clip:
            self.scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_(self._weights, self.recipe.optim.clip)
        if self.scaler.is_enabled():
            self.scaler.step(self.optimizer)
            self.scaler.update()
        else:
            with torch.no_grad():
                self._adjust(self.optimizer)

    def _check(self, loss: torch.Tensor, epoch: int, step: int, rate: float) -> None:
        self._latest = epoch, step, rate
        self._unchecked.append((loss, epoch, step, rate))
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


def _hurry() -> None:
    """Let CUDA try which kernels are fastest for shapes that stay, and multiply float32 with shorter mantissas."""
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision("high")


def _spare_compiler() -> None:
    """Keep optimizers from loading torch's compiler, 3 s of imports, only to tell it to leave their functions alone.

    torch wraps these (`torch._compile._disable_dynamo`) and keeps on each what it calls in its place. The wrapper of
    `step` loads it in any case, so that is unwrapped, which spares each step 0.1 ms as well.
    """
    for name in ("add_param_group", "zero_grad", "state_dict", "load_state_dict"):
        function = getattr(getattr(torch.optim.Optimizer, name), "__wrapped__", None)
        if function is not None and "torch._dynamo" not in sys.modules:
            function.__dynamo_disable = function


def pieces(batch: Batch, parts: int, least: int = 1) -> list[Batch]:
    """`batch` in so many pieces of nearly equal size, or fewer where they would have less than `least` samples."""
    parts = max(1, min(parts, len(batch) // least))
    bounds = np.linspace(0, len(batch), parts + 1).round().astype(int).tolist()
    return [batch.part(first, end) for first, end in itertools.pairwise(bounds)]


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
