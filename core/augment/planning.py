"""From recipe and draws to a plan: every random decision about samples, made here and nowhere else."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core.augment import boxes, geometry, noise
from core.augment.boxes import Luck
from core.augment.draws import Parameter
from core.augment.plan import Plan
from core.augment.rules import Rules
from core.recipe import Augment
from core.recipe.operations import operations
from core.recipe.rules import OF_BATCHES

Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_PLACE = {name: place for place, name in enumerate(operations())}


def make_plan(
    augment: Augment,
    side: int,
    sizes: Whole,
    ids: npt.NDArray[np.int64],
    labels: Whole,
    classes: Sequence[str],
    seed: int,
    epoch: int,
) -> Plan:
    """What epoch `epoch` (from 1) does to the samples of `ids` (N), stored at `sizes` N,2 (width, height).

    Depends on nothing else: not on the other samples, their order or number. `labels` are indices into `classes`, -1
    for none. Raises `Error` where a rule turns a label into an unknown one.
    """
    drawer = _Drawer(augment, Luck(seed, epoch, ids), Rules(augment, labels, classes))
    maps, parts = _geometry(drawer, side, sizes)
    homography = geometry.in_pixels(maps, side, sizes)
    # Powers of two: what is left lies within 0.75 and 1.5, and OpenCV halves five times as fast as it takes thirds.
    covered = 2 ** np.floor(np.log2(geometry.shrink(homography, side) / 0.75))
    plan = Plan(
        side=side,
        border=augment.border,
        kernel=augment.blur.kernel,
        fill=augment.erasing.fill,
        label=labels,
        homography=homography,
        geometry=parts,
        reduce=np.clip(covered, 1, sizes).astype(np.int64),
        **_levels(drawer),
        **_grain(drawer, side),
        happened=drawer.happened,
    )
    for operation, times in plan.times().items():
        labels = drawer.rules.turned(labels, operation, times)
    return replace(plan, label=labels)


class _Drawer:
    """Draws for the samples of a batch, with probability, rules and ranges applied."""

    def __init__(self, augment: Augment, luck: Luck, rules: Rules) -> None:
        self.augment, self.luck, self.rules = augment, luck, rules
        self.count = len(luck.ids)
        self.happened = self._chances()

    def happens(self, operation: str) -> Flags:
        """To which samples an operation happens."""
        return self.happened.get(operation, np.zeros(self.count, np.bool_))

    def within(
        self, operation: str, ends: tuple[float, float], parameter: int, neutral: float, limited: bool = False
    ) -> Numbers:
        """A number within `ends` for each sample, `neutral` where the operation does not happen.

        `limited` numbers keep to the rules' largest absolute value.
        """
        if operation not in self.happened:
            return np.full(self.count, neutral)
        low, high = np.full(self.count, ends[0]), np.full(self.count, ends[1])
        if limited:
            most = self.rules.most(operation)
            low, high = np.clip(low, -most, most), np.clip(high, -most, most)
        drawn = low + (high - low) * self.luck(parameter)[0]
        return np.where(self.happened[operation], drawn, neutral)

    def _chances(self) -> dict[str, Flags]:
        used = {
            name: operation
            for name, operation in self.augment.operations()
            if operation.used and name not in OF_BATCHES
        }
        if not used:
            return {}
        chances = self.luck(*(Parameter.CHANCE + _PLACE[name] for name in used))
        return {
            name: (chances[row] < operation.probability) & self.rules.allowed(name)
            for row, (name, operation) in enumerate(used.items())
        }


def _geometry(draw: _Drawer, side: int, sizes: Whole) -> tuple[geometry.Maps, dict[str, Numbers]]:
    """All of a sample's geometry as one map in units of the side, and its parts in numbers."""
    maps, parts = geometry.identity(draw.count), {}
    if "crop" in draw.happened:
        whole = np.concatenate([np.zeros_like(sizes), sizes], axis=1)
        box = np.where(draw.happens("crop")[:, None], boxes.cropped(draw.augment, sizes, draw.luck), whole)
        parts["crop"] = share = box / np.concatenate([sizes, sizes], axis=1)
        maps = maps @ geometry.window(*share.T)
    if "padded_crop" in draw.happened:
        parts["padded_crop"] = corner = _padded(draw, side)
        size = np.where(draw.happens("padded_crop"), draw.augment.padded_crop.window, 1.0)
        maps = maps @ geometry.window(corner[:, 0], corner[:, 1], size, size)
    across, down = draw.happens("horizontal_flip"), draw.happens("vertical_flip")
    turns = _turns(draw)
    if across.any() or down.any():
        maps = maps @ geometry.flips(across, down)
    if turns.any():
        parts["quarter_turn"] = turns.astype(np.float64)
        maps = maps @ geometry.quarter_turns(turns)
    return maps @ _slanted(draw, parts), parts


def _slanted(draw: _Drawer, parts: dict[str, Numbers]) -> geometry.Maps:
    """Rotation, perspective and the affine map, in this order; adds their numbers to `parts`."""
    augment, maps = draw.augment, geometry.identity(draw.count)
    if "rotation" in draw.happened:
        degrees = draw.within("rotation", augment.rotation.degrees, Parameter.ROTATION, 0, limited=True)
        parts["rotation"] = degrees
        maps = maps @ geometry.rotation(degrees)
    if "perspective" in draw.happened:
        reach = np.minimum(augment.perspective.distortion, draw.rules.most("perspective")) / 2
        corners = draw.luck(*range(Parameter.PERSPECTIVE, Parameter.PERSPECTIVE + 8)) * reach
        parts["perspective"] = np.where(draw.happens("perspective"), corners, 0.0).T
        maps = maps @ geometry.perspective(parts["perspective"])
    if "affine" in draw.happened:
        ends = (-augment.affine.shift, augment.affine.shift)
        numbers = [
            draw.within("affine", ends, Parameter.SHIFT_X, 0, limited=True),
            draw.within("affine", ends, Parameter.SHIFT_Y, 0, limited=True),
            draw.within("affine", augment.affine.scale, Parameter.SCALE, 1),
            draw.within("affine", augment.affine.shear, Parameter.SHEAR, 0),
        ]
        parts["affine"] = np.stack(numbers, axis=1)
        maps = maps @ geometry.affine(*numbers)
    return maps


def _padded(draw: _Drawer, side: int) -> Numbers:
    """The corner of the cut in units of the side, N,2, at whole px so that a mere shift blurs nothing."""
    operation = draw.augment.padded_crop
    padding = round(operation.padding * side)
    room = max(0, side + 2 * padding - round(operation.window * side))
    corner = np.floor(draw.luck(Parameter.PADDED_X, Parameter.PADDED_Y) * (room + 1)) - padding
    return np.where(draw.happens("padded_crop"), corner / side, 0.0).T


def _turns(draw: _Drawer) -> Whole:
    if "quarter_turn" not in draw.happened:
        return np.zeros(draw.count, np.int64)
    turns = 1 + np.floor(3 * draw.luck(Parameter.TURNS)[0]).astype(np.int64)
    return np.where(draw.happens("quarter_turn"), turns, 0)


def _levels(draw: _Drawer) -> dict[str, Any]:
    """What happens to brightness and colour."""
    jitter = draw.augment.jitter
    return {
        "brightness": draw.within("jitter", jitter.brightness, Parameter.BRIGHTNESS, 1),
        "contrast": draw.within("jitter", jitter.contrast, Parameter.CONTRAST, 1),
        "saturation": draw.within("jitter", jitter.saturation, Parameter.SATURATION, 1),
        "hue": draw.within("jitter", jitter.hue, Parameter.HUE, 0),
        "grayscale": draw.happens("grayscale"),
        "invert": draw.happens("invert"),
    }


def _grain(draw: _Drawer, side: int) -> dict[str, Any]:
    """What happens to sharpness and detail."""
    augment = draw.augment
    worst, best = augment.jpeg.quality
    quality = draw.within("jpeg", (worst, best + 1), Parameter.JPEG, 0)  # whole numbers, each as often
    corner = np.zeros((2, draw.count))
    if "noise" in draw.happened:
        corner = np.floor(draw.luck(Parameter.NOISE_X, Parameter.NOISE_Y) * (noise.SIDE - side + 1))
    patch = np.zeros((draw.count, 4), np.int64)
    if "erasing" in draw.happened:
        drawn = boxes.erased(augment, side, draw.rules.most("erasing"), draw.luck)
        patch = np.where(draw.happens("erasing")[:, None], drawn, 0)
    return {
        "sharpness": draw.within("sharpness", augment.sharpness.factor, Parameter.SHARPNESS, 1),
        "blur": draw.within("blur", augment.blur.sigma, Parameter.BLUR, 0, limited=True),
        "motion": draw.within("motion", augment.motion.length, Parameter.MOTION, 0, limited=True),
        "motion_angle": np.pi * draw.luck(Parameter.MOTION_ANGLE)[0],
        "jpeg": np.minimum(np.floor(quality), best).astype(np.int64),
        "noise": draw.within("noise", augment.noise.sigma, Parameter.NOISE, 0, limited=True),
        "noise_at": corner.T.astype(np.int64),
        "erase": patch,
    }
