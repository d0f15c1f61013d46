from typing import Any

import numpy as np
import pytest

from core.augment.caution import cautions, clipped, visible
from core.recipe import Augment

from .conftest import SIDE, Planner

DIGITS = tuple("0123456789")


def texts(classes: tuple[str, ...], **changes: Any) -> list[str]:
    augment = Augment.none().model_dump()
    for name, settings in changes.items():
        augment[name] = settings if isinstance(settings, str) else augment[name] | {"enabled": True} | settings
    return [caution.text for caution in cautions(Augment.model_validate(augment), classes)]


def test_what_spoils_digits_is_said() -> None:
    assert texts(DIGITS, horizontal_flip={}) == [
        "Horizontal flip makes shapes that are no digits of 2, 3, 4, 5, 6, 7 and 9."
    ]
    assert texts(DIGITS, rotation={"degrees": (-10, 31)}) == [
        "Rotation beyond 30° can make a 9 of a 6: limit it for 6, 9."
    ]
    assert texts(DIGITS, quarter_turn={})
    assert texts(DIGITS, rotation={"degrees": (-30, 30)}, crop={}, invert={}) == []


def test_rules_and_other_classes_silence_it() -> None:
    assert texts(DIGITS, horizontal_flip={}, rules="no horizontal_flip for *") == []
    assert texts(DIGITS, rotation={"degrees": (-90, 90)}, rules="rotation at most 30 for 6, 9") == []
    assert texts(("cat", "dog"), horizontal_flip={}, rotation={"degrees": (-90, 90)}) == []


def test_directions_want_a_rule_for_their_labels() -> None:
    sides = ("left", "right")
    both = "horizontal_flip turns left into right, right into left"
    told = ["Horizontal flip can make left right, and no rule changes the label."]
    assert texts(sides, horizontal_flip={}) == told
    assert texts(sides, horizontal_flip={}, rules=both) == []
    assert texts(sides, horizontal_flip={}, rules="no horizontal_flip for *") == []
    assert texts(sides, horizontal_flip={}, rules="no horizontal_flip for right") == told
    assert texts(sides, horizontal_flip={}, rules="horizontal_flip turns left into right") == [
        "Horizontal flip can make right left, and no rule changes the label."
    ]
    assert texts(sides, quarter_turn={}) == ["Quarter turns can make left right, and no rule changes the label."]
    assert texts(("left", "cat"), horizontal_flip={}) == []


def test_directions_want_a_rule_for_targets_too() -> None:
    flip = Augment.model_validate(Augment.none().model_dump() | {"horizontal_flip": {"enabled": True}})

    def told(rules: str) -> list[str]:
        changed = flip.model_copy(update={"rules": rules})
        return [caution.text for caution in cautions(changed, ("a", "b"), ("squares", "left", "right"))]

    assert told("") == told("no horizontal_flip for a") != []
    assert told("") == ["Horizontal flip can make left right, and no rule changes the target."]
    assert told("horizontal_flip turns left into right, right into left") == told("no horizontal_flip for *") == []


def test_a_misspelt_class_in_a_rule_is_noticed_but_not_a_rule_for_other_projects() -> None:
    said = texts(DIGITS, rules="rotation at most 30 for 6, nine; no blur for *; no invert for 3, x, y")
    assert said == [
        "A rule for rotation names nine, which is no class.",
        "A rule for negative names x and y, which are no classes.",
    ]
    assert texts(("cat", "dog"), rules="rotation at most 30 for 6, 9") == []


def test_visible_is_what_frame_and_erasing_leave(planned: Planner) -> None:
    sizes = np.array([(SIDE, SIDE)])
    assert visible(planned(), sizes)[0] == 1
    assert visible(planned(rotation={"degrees": (45, 45)}), sizes)[0] == pytest.approx(1, abs=0.05)
    away = planned(affine={"shift": 0, "scale": (4, 4)})
    assert visible(away, sizes)[0] == pytest.approx((1 / 4 / 0.7) ** 2, abs=0.03)
    plan = planned(*[(SIDE, SIDE)] * 200, erasing={"area": (0.4, 0.4), "ratio": (1, 1)})
    seen = visible(plan, np.array([(SIDE, SIDE)] * 200))
    assert 0.17 < seen.min() < 0.5
    assert seen.max() < 0.95


def test_no_perspective_hides_what_is_in_the_frame(planned: Planner) -> None:
    sizes = [(SIDE, SIDE)] * 2000
    wild = planned(*sizes, perspective={"distortion": 0.65}, affine={"shift": 0, "scale": (0.3, 0.5)})
    behind = wild.homography[:, 2] @ [SIDE / 2, SIDE / 2, 1] < 0  # the horizon parts the corner and the middle
    assert behind.any()
    assert visible(wild, np.array(sizes)).min() > 0.9


def test_clipped_counts_pixels_at_the_ends() -> None:
    pixels = np.full((2, 4, 4, 3), 128, np.uint8)
    pixels[1, 0, :, 1] = 255
    pixels[1, 1, 0] = 0
    assert clipped(pixels).tolist() == [0, 5 / 16]
