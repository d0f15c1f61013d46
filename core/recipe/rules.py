"""Rules for classes: what an operation must not do to some classes, and what it makes of a label.

A line of statements separated by semicolons. `*` means all classes. Three forms:

    no horizontal_flip for 2, 3, 5
    rotation at most 30 for 6, 9
    horizontal_flip turns left into right, right into left

The third is for labels with a direction: the class, or the target, of a sample changes with its image. For quarter
turns it says what one turn counter-clockwise does. A class name with a comma or semicolon cannot be named.
"""

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from core import wording

OF_BATCHES = ("mixup", "cutmix")  # operations that happen to whole batches, not to samples
TURNING = ("horizontal_flip", "vertical_flip", "quarter_turn")  # operations that can change a label
# What a cap limits: the absolute value of these settings.
CAPPED = {
    "rotation": "degrees",
    "perspective": "distortion",
    "affine": "shift",
    "blur": "sigma",
    "motion": "length",
    "noise": "sigma",
    "erasing": "area",
}

_SAID = 80  # letters of a statement that a message repeats

_BAN = re.compile(r"no (?P<operation>\w+) for (?P<classes>.+)")
_CAP = re.compile(r"(?P<operation>\w+) at most (?P<most>[0-9.]+) for (?P<classes>.+)")
_TURN = re.compile(r"(?P<operation>\w+) turns (?P<pairs>.+)")


@dataclass(frozen=True)
class Rule:
    """One statement. `classes` are names, "*" among them means all; `pairs` are (before, after) of names."""

    operation: str
    kind: Literal["ban", "cap", "turn"]
    classes: tuple[str, ...] = ()
    most: float = 0.0
    pairs: tuple[tuple[str, str], ...] = ()

    def concerns(self, name: str) -> bool:
        """Whether it is about the class `name`."""
        return name in self.classes or self.of_all

    @property
    def of_all(self) -> bool:
        """Whether it is about all classes, and about images without one."""
        return "*" in self.classes


def parse_rules(text: str, operations: Collection[str]) -> tuple[Rule, ...]:
    """The statements of `text`. Raises ValueError with the statement that cannot be read and why."""
    statements = [" ".join(part.split()) for part in text.split(";")]
    rules = tuple(_rule(statement, operations) for statement in statements if statement)
    turns = Counter((rule.operation, before) for rule in rules for before, _ in rule.pairs)
    for (operation, before), times in turns.items():
        if times > 1:
            raise ValueError(f"the rules turn {before} into two by {operation}")
    return rules


def _rule(statement: str, operations: Collection[str]) -> Rule:
    said = wording.clipped(statement, _SAID)
    if found := _BAN.fullmatch(statement):
        rule = Rule(found["operation"], "ban", _names(found["classes"]))
    elif found := _CAP.fullmatch(statement):
        rule = Rule(found["operation"], "cap", _names(found["classes"]), most=_number(found["most"], said))
    elif found := _TURN.fullmatch(statement):
        rule = Rule(found["operation"], "turn", pairs=_pairs(found["pairs"], said))
    else:
        raise ValueError(f"the rule “{said}” is of none of the three forms, such as “no horizontal_flip for 6, 9”")
    if rule.kind != "turn" and not rule.classes:
        raise ValueError(f"the rule “{said}” names no class")
    if rule.operation not in operations:
        raise ValueError(f"the rule “{said}” names no operation; there are {', '.join(operations)}")
    if rule.kind == "cap" and rule.operation not in CAPPED:
        raise ValueError(f"the rule “{said}” limits {rule.operation}; only {', '.join(CAPPED)} can be limited")
    if rule.kind == "turn" and rule.operation not in TURNING:
        raise ValueError(f"the rule “{said}” is about {rule.operation}; only {', '.join(TURNING)} turn labels")
    if rule.kind == "ban" and rule.operation in OF_BATCHES:
        raise ValueError(f"the rule “{said}” is about whole batches, which hold many classes")
    return rule


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _number(text: str, said: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"the rule “{said}” has no number after “at most”") from None


def _pairs(text: str, said: str) -> tuple[tuple[str, str], ...]:
    pairs = []
    for part in _names(text):
        before, word, after = part.partition(" into ")
        if not (word and before.strip() and after.strip()):
            raise ValueError(f"the rule “{said}” should read like “left into right, right into left”")
        pairs.append((before.strip(), after.strip()))
    if not pairs:
        raise ValueError(f"the rule “{said}” names no class")
    return tuple(pairs)
