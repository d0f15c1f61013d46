"""The learning rate over a run: linear warm-up from 0, then the shape that the recipe names."""

import math

from core.recipe import Recipe

_FIRST, _LAST = 25.0, 1e4  # one cycle starts at peak / 25 and ends at a ten thousandth of that, as torch's does


def learning_rate(recipe: Recipe, epochs_done: float) -> float:
    """The rate of a step before which `epochs_done` epochs were done, a fraction such as 2.5 in the middle of one.

    During warm-up rate = base · epochs_done / warm-up. With e the epochs done after it and p = e / all epochs after it:

    - cosine: floor + (base − floor) · (1 + cos πp) / 2 (MNIST-W, equation 2)
    - step: base · gamma^⌊e / step⌋, exponential: base · gamma^⌊e⌋ (torch's StepLR and ExponentialLR)
    - one cycle: by half cosines from base / 25 up to base and down to base / 250,000 (Smith and Topin 2018; torch's
      OneCycleLR without its change of momentum), without warm-up
    """
    base, plan = recipe.optim.learning_rate, recipe.schedule
    if plan.shape == "one_cycle":
        return _cycle(base, min(1.0, epochs_done / plan.epochs), plan.rise)
    if epochs_done < plan.warmup_epochs:
        return base * epochs_done / plan.warmup_epochs
    e = epochs_done - plan.warmup_epochs
    match plan.shape:
        case "constant":
            return base
        case "step":
            return float(base * plan.gamma ** math.floor(e / plan.step_epochs))
        case "exponential":
            return float(base * plan.gamma ** math.floor(e))
        case "cosine":
            p = min(1.0, e / max(plan.epochs - plan.warmup_epochs, 1e-9))
            return plan.floor + (base - plan.floor) * 0.5 * (1 + math.cos(math.pi * p))


def _cycle(peak: float, p: float, rise: float) -> float:
    first = peak / _FIRST
    if p < rise:
        return _between(first, peak, p / rise)
    return _between(peak, first / _LAST, (p - rise) / (1 - rise))


def _between(start: float, end: float, p: float) -> float:
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * p))
