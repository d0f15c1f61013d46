"""What may be wrong with an augmentation: labels that would no longer be true, objects that leave the image."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.augment.plan import Plan
from core.augment.rules import Rules
from core.recipe import Augment, parse_rules
from core.recipe.operations import operations

Numbers = npt.NDArray[np.float64]

FARTHEST = 30.0  # degrees by which a 6 may be turned before it could be a 9
HALF = 0.5  # of what should be seen of a sample
_OBJECT = 0.7  # share of the side that the object of an image usually fills
_POINTS = 16  # a side
_NO_DIGIT = {"horizontal_flip": "2345679", "vertical_flip": "245679"}
_OPPOSITE = {
    "horizontal_flip": (("left", "right"),),
    "vertical_flip": (("up", "down"), ("top", "bottom")),
    "quarter_turn": (("left", "right"), ("up", "down"), ("top", "bottom")),
}


@dataclass(frozen=True)
class Caution:
    """A sentence about an operation of the recipe."""

    operation: str
    text: str


def cautions(augment: Augment, classes: Sequence[str], targets: Sequence[str] = ()) -> list[Caution]:
    """What the recipe would do to the meaning of `classes` and `targets`, as far as their names tell."""
    found: list[Caution] = []
    rules = Rules(augment, np.arange(len(classes)), classes)
    digits = {"6", "9"} <= set(classes)
    for name in ("horizontal_flip", "vertical_flip"):
        if digits and getattr(augment, name).used:
            allowed = rules.allowed(name)
            spoiled = [c for c, free in zip(classes, allowed, strict=True) if free and c in _NO_DIGIT[name]]
            if spoiled:
                title = _title(name)
                found.append(Caution(name, f"{title} makes shapes that are no digits of {_listed(spoiled)}."))
    if digits:
        found += _turned(augment, rules, classes)
    found += _undirected(augment, rules, classes, "label")
    of_none = Rules(augment, np.full(len(targets), -1), classes)  # what spares some classes spares no target
    return found + _undirected(augment, of_none, targets, "target") + _misspelt(augment, classes)


def visible(plan: Plan, sizes: npt.NDArray[np.int64]) -> Numbers:
    """How much of the middle of each stored image (of `sizes` N,2) can be seen in its sample, N in [0, 1].

    The middle is 70 % of the side, where the object mostly is; what is erased or out of the frame is not seen.
    """
    line = 0.5 + _OBJECT * ((np.arange(_POINTS) + 0.5) / _POINTS - 0.5)
    x, y = np.meshgrid(line, line)
    points = np.stack([x.ravel(), y.ravel(), np.ones(x.size)])  # 3,P in units of the side
    scale = np.concatenate([sizes.astype(np.float64), np.ones((len(sizes), 1))], axis=1)
    stored = points[None] * scale[:, :, None] - np.array([0.5, 0.5, 0.0])[:, None]
    seen = np.linalg.solve(plan.homography, stored)
    place = seen[:, :2] / seen[:, 2:]
    inside = ((place >= -0.5) & (place < plan.side - 0.5)).all(axis=1)
    corner, size = plan.erase[:, :2, None], plan.erase[:, 2:, None]
    covered = ((place >= corner - 0.5) & (place < corner + size - 0.5)).all(axis=1)
    return np.asarray((inside & ~covered).mean(axis=1))


def clipped(pixels: npt.NDArray[np.uint8]) -> Numbers:
    """Which share of the pixels of images uint8[N,S,S,3] is black or white in some channel, N in [0, 1]."""
    return np.asarray(((pixels == 0) | (pixels == 255)).any(axis=3).mean(axis=(1, 2)))


def _turned(augment: Augment, rules: Rules, classes: Sequence[str]) -> list[Caution]:
    of_both = np.array([name in ("6", "9") for name in classes])
    found = []
    farthest = max(abs(end) for end in augment.rotation.degrees)
    free = of_both & rules.allowed("rotation")
    if augment.rotation.used and (np.minimum(rules.most("rotation"), farthest)[free] > FARTHEST).any():
        text = f"Rotation beyond {FARTHEST:.0f}° can make a 9 of a 6: limit it for 6, 9."
        found.append(Caution("rotation", text))
    if augment.quarter_turn.used and (of_both & rules.allowed("quarter_turn")).any():
        found.append(Caution("quarter_turn", "Quarter turns make a 9 of a 6: leave them out for 6, 9."))
    return found


def _undirected(augment: Augment, rules: Rules, names: Sequence[str], what: str) -> list[Caution]:
    stated = {(rule.operation, pair[0]) for rule in parse_rules(augment.rules, operations()) for pair in rule.pairs}
    found = []
    for name, pairs in _OPPOSITE.items():
        free = {c for c, allowed in zip(names, rules.allowed(name), strict=True) if allowed}
        for pair in pairs:
            wrong = [c for c in pair if c in free and (name, c) not in stated]
            if getattr(augment, name).used and wrong and set(pair) <= set(names):
                title = _title(name)
                after = pair[1 - pair.index(wrong[0])]
                found.append(Caution(name, f"{title} can make {wrong[0]} {after}, and no rule changes the {what}."))
    return found


def _misspelt(augment: Augment, classes: Sequence[str]) -> list[Caution]:
    """Rules whose classes are known but for some; rules that know none come from a recipe for other projects."""
    found = []
    for rule in parse_rules(augment.rules, operations()):
        unknown = [name for name in rule.classes if name not in (*classes, "*")]
        if unknown and set(rule.classes) & set(classes):
            names = "which is no class" if len(unknown) == 1 else "which are no classes"
            text = f"A rule for {_title(rule.operation).lower()} names {_listed(unknown)}, {names}."
            found.append(Caution(rule.operation, text))
    return found


def _title(operation: str) -> str:
    return (operations()[operation].__doc__ or operation).strip()


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
