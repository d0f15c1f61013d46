"""How much of one operation a run withstands: accuracy on its validation images against the operation's strength.

Each strength setting of the operation is measured alone, at fixed values from none to far more than anybody trains
with; all other operations are off and it happens to every image. Where the setting is a range about 0 its strength is
the distance from 0 and the sign is drawn for each image; where it is a bound (shift, distortion) it has this value.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from core.augment import draws
from core.augment.sample import samples
from core.errors import Error
from core.evaluate.judge import Judge
from core.events import Event, Progress, Stage, StrengthPoint
from core.project.store import Store
from core.recipe import Augment, Operation, Recipe, parse_rules
from core.recipe.operations import operations
from core.recipe.rules import OF_BATCHES
from core.runs.folder import RunFolder
from core.train import batches, selection
from core.train.batches import EVALUATION_BATCH, Images
from core.train.device import Device

_SIGN = 1900  # number of the draw, see `core.augment.draws.Parameter`


@dataclass(frozen=True)
class Axis:
    """The strengths at which a setting is measured, from `first` to `last`.

    By equal factors where `factors`. `mirrored` ones are distances from 0.
    """

    first: float
    last: float
    factors: bool = False
    mirrored: bool = False
    whole: bool = False

    def strengths(self, points: int) -> list[float]:
        space = np.geomspace if self.factors else np.linspace
        drawn = [float(value) for value in space(self.first, self.last, points)]
        return list(dict.fromkeys(float(round(value)) if self.whole else round(value, 6) for value in drawn))


AXES = {
    "rotation.degrees": Axis(0, 90, mirrored=True),
    "perspective.distortion": Axis(0, 0.65),
    "affine.shift": Axis(0, 0.5),
    "affine.scale": Axis(1 / 3, 3, factors=True),
    "affine.shear": Axis(0, 60, mirrored=True),
    "jitter.brightness": Axis(1 / 3, 3, factors=True),
    "jitter.contrast": Axis(1 / 3, 3, factors=True),
    "jitter.saturation": Axis(1 / 3, 3, factors=True),
    "jitter.hue": Axis(0, 0.5, mirrored=True),
    "sharpness.factor": Axis(1 / 5, 5, factors=True),
    "blur.sigma": Axis(0, 4),
    "motion.length": Axis(1, 17),
    "noise.sigma": Axis(0, 0.4),
    "jpeg.quality": Axis(100, 4, whole=True),
    "erasing.area": Axis(0, 0.64),
}
_SWITCH = Axis(0, 1, whole=True)  # of an operation that only happens or not


@dataclass(frozen=True)
class Curve:
    """Accuracy against one setting of an operation, "enabled" (0 and 1) where it only happens or not.

    `neutral` is the strength at which nothing happens. `trained` are the strengths with which the run was trained,
    from and to; None where it was trained without.
    """

    operation: str
    setting: str
    neutral: float
    trained: tuple[float, float] | None
    points: tuple[StrengthPoint, ...]


def strength(
    store: Store,
    run: RunFolder,
    operation: str,
    recipe: Recipe,
    device: Device,
    setting: str = "",
    points: int = 9,
    limit: int = 512,
) -> Generator[Event, None, tuple[Curve, ...]]:
    """Measure `setting` of `operation`, or all of its strength settings, with the best checkpoint of `run`.

    `recipe` says what else the operation is about (its kernel, fill, border, which labels it turns). At most `limit`
    of the run's validation images are used, always the same ones. Each point is told as a `StrengthPoint`. Raises
    `Error` when there is no such operation, no sound checkpoint or no validation image.
    """
    measured = _settings(operation, setting)
    judge = Judge(run, device)
    images = yield from _images(store, judge, limit)
    steps = [
        (name, value, _variants(operation, name, value, judge.recipe, recipe.augment))
        for name in measured
        for value in _axis(operation, name).strengths(points)
    ]
    total = len(images) * len(steps)
    yield Stage(title=f"Measuring accuracy: {_title(operation)}", total=total)
    found: dict[str, list[StrengthPoint]] = {name: [] for name in measured}
    for number, (name, value, variants) in enumerate(steps):
        right = seen = 0
        for hits, count in _judged(images, judge, variants):
            right, seen = right + hits, seen + count
            yield Progress(done=number * len(images) + seen, total=total)
        point = StrengthPoint(operation=operation, setting=name, strength=value, accuracy=right / seen, images=seen)
        found[name].append(point)
        yield point
    return tuple(_curve(operation, name, judge.recipe.augment, found[name]) for name in measured)


def measurable() -> tuple[str, ...]:
    """The operations whose strength can be measured: all but those that mix whole batches."""
    return tuple(name for name in operations() if name not in OF_BATCHES)


def _settings(operation: str, setting: str) -> tuple[str, ...]:
    if operation not in measurable():
        raise Error(f"The strength of {operation} cannot be measured.", f"Choose one of {', '.join(measurable())}.")
    known = tuple(operations()[operation].NEUTRAL) or ("enabled",)
    if setting and setting not in known:
        raise Error(f"{setting} is no strength of {operation}.", f"It has {', '.join(known)}.")
    return (setting,) if setting else known


def _axis(operation: str, setting: str) -> Axis:
    return AXES.get(f"{operation}.{setting}", _SWITCH)


def _neutral(operation: str, setting: str) -> float:
    return operations()[operation].NEUTRAL.get(setting, 0.0)


def _title(operation: str) -> str:
    return (operations()[operation].__doc__ or "").strip()


def _images(store: Store, judge: Judge, limit: int) -> Generator[Event, None, Images]:
    """The validation images, packed as the run's own validation packs them, so that strength 0 repeats its accuracy."""
    chosen = selection.validation(store, judge.recipe, judge.classes)
    if not len(chosen):
        raise Error("There are no validation images to measure with.", "`core split` puts some aside.")
    picked = np.zeros(len(chosen), np.bool_)
    picked[draws.order(judge.recipe.seed, 0, chosen.ids)[:limit]] = True
    images = yield from batches.readable(store.paths, chosen.where(picked), judge.recipe.data.image_size)
    if not len(images):
        raise Error("None of the validation images can be read.", "The list of skipped images says why.")
    return images


def _variants(operation: str, setting: str, value: float, run: Recipe, augment: Augment) -> tuple[Recipe, ...]:
    """The run's recipe with this alone; two for a strength that has a sign."""
    mirrored = _axis(operation, setting).mirrored and value != 0
    values = (value, -value) if mirrored else (value,)
    return tuple(run.model_copy(update={"augment": _alone(operation, setting, one, augment)}) for one in values)


def _alone(operation: str, setting: str, value: float, augment: Augment) -> Augment:
    """Nothing but this operation with `setting` at `value`, for all samples of all classes."""
    kind, own = operations()[operation], getattr(augment, operation).model_dump()
    sections: dict[str, Any] = {name: {"enabled": False} for name in operations()}
    if value != _neutral(operation, setting):
        strengths = {**kind.NEUTRAL, setting: value} if kind.NEUTRAL else {}
        ends = {name: (at, at) if isinstance(own[name], tuple) else at for name, at in strengths.items()}
        sections[operation] = own | ends | {"enabled": True, "probability": 1.0}
    return Augment.model_validate({**sections, "border": augment.border, "rules": _turning(augment.rules)})


def _turning(rules: str) -> str:
    """Those rules that say what becomes of labels; bans and limits would hide what the network does not withstand."""
    statements = [statement for statement in rules.split(";") if statement.strip()]
    kinds = [rule.kind for rule in parse_rules(rules, operations())]
    return ";".join(text for text, kind in zip(statements, kinds, strict=True) if kind == "turn")


def _judged(images: Images, judge: Judge, variants: tuple[Recipe, ...]) -> Iterator[tuple[int, int]]:
    """How many are right, and how many there were, batch by batch. Two variants share the images by drawn signs."""
    ids, labels = images.ids, images.labels
    heads = draws.uniform(judge.recipe.seed, 0, ids, _SIGN) < 0.5
    side = heads.astype(np.int64) if len(variants) == 2 else np.zeros(len(ids), np.int64)
    for start in range(0, len(ids), EVALUATION_BATCH):
        rows = np.arange(start, min(start + EVALUATION_BATCH, len(ids)))
        hits = 0
        for number, recipe in enumerate(variants):
            part = rows[side[rows] == number]
            if len(part):
                hits += _right(images.gather(part), ids[part], labels[part], judge, recipe)
        yield hits, len(rows)


def _right(
    pixels: npt.NDArray[np.uint8],
    ids: npt.NDArray[np.int64],
    labels: npt.NDArray[np.int64],
    judge: Judge,
    recipe: Recipe,
) -> int:
    made, plan = samples(pixels, ids, labels, judge.classes, recipe, epoch=1)
    predicted = judge.probabilities(torch.from_numpy(made)).argmax(1)
    return int((predicted == plan.label).sum())


def _curve(operation: str, setting: str, run: Augment, points: list[StrengthPoint]) -> Curve:
    return Curve(operation, setting, _neutral(operation, setting), _trained(run, operation, setting), tuple(points))


def _trained(augment: Augment, operation: str, setting: str) -> tuple[float, float] | None:
    own: Operation = getattr(augment, operation)
    if not own.used:
        return None
    if setting == "enabled":
        return 0.0, 1.0
    value = getattr(own, setting)
    low, high = value if isinstance(value, tuple) else (0.0, value)
    if not _axis(operation, setting).mirrored:
        return float(low), float(high)
    return max(0.0, low, -high), max(abs(low), abs(high))
