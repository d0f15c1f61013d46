"""The learning rate over a run: linear warm-up from 0, then a cosine down to the floor (MNIST-W, equation 2)."""

import math

from core.recipe import Optim, Schedule


def learning_rate(optim: Optim, schedule: Schedule, epochs_done: float) -> float:
    """The rate of a step before which `epochs_done` epochs were done, a fraction such as 2.5 in the middle of one.

    During warm-up rate = base · epochs_done / warm-up; then rate = floor + (base − floor) · (1 + cos πp) / 2, with p
    the fraction done of the epochs after warm-up.
    """
    base, warmup = optim.learning_rate, schedule.warmup_epochs
    if epochs_done < warmup:
        return base * epochs_done / warmup
    p = min(1.0, (epochs_done - warmup) / (schedule.epochs - warmup))
    return schedule.floor + (base - schedule.floor) * 0.5 * (1 + math.cos(math.pi * p))
