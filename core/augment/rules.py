"""The recipe's rules for classes, as they apply to the samples of a batch."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.errors import Error
from core.recipe import Augment, Rule, parse_rules
from core.recipe.operations import operations

Whole = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Rules:
    """What the rules of `augment` mean for samples with `labels` int64[N], indices into `classes`, -1 for none."""

    def __init__(self, augment: Augment, labels: Whole, classes: Sequence[str]) -> None:
        self._rules = parse_rules(augment.rules, operations())
        self._labels, self._classes = labels, classes

    def allowed(self, operation: str) -> Flags:
        """To which of the samples an operation may happen, N."""
        allowed = np.ones(len(self._labels), np.bool_)
        for rule in self._of(operation, "ban"):
            allowed &= ~self._concerned(rule)
        return allowed

    def most(self, operation: str) -> Numbers:
        """The largest strength that an operation may have for each sample, N; infinite where nothing is said."""
        most = np.full(len(self._labels), np.inf)
        for rule in self._of(operation, "cap"):
            most[self._concerned(rule)] = np.minimum(most[self._concerned(rule)], rule.most)
        return most

    def turned(self, labels: Whole, operation: str, times: Whole) -> Whole:
        """`labels` after an operation that happened `times` (N) to each sample. Raises `Error`, see `turned_names`."""
        found = turned_names(self._rules, operation, self._classes, "class")
        if found is None:
            return labels
        for count in range(1, int(times.max(initial=0)) + 1):
            labels = np.where((times >= count) & (labels >= 0), found[labels], labels)
        return labels

    def _of(self, operation: str, kind: str) -> list[Rule]:
        return [rule for rule in self._rules if rule.operation == operation and rule.kind == kind]

    def _concerned(self, rule: Rule) -> Flags:
        concerned = np.array([*(rule.concerns(name) for name in self._classes), rule.of_all], np.bool_)
        return concerned[self._labels]  # the last entry serves -1


def turned_names(rules: Sequence[Rule], operation: str, names: Sequence[str], kind: str) -> Whole | None:
    """Where each of `names` goes, all of a `kind` (class, target), when it happens once; None if all stay.

    Raises `Error` when a known name would turn into an unknown one.
    """
    place = {name: index for index, name in enumerate(names)}
    found = np.arange(len(names), dtype=np.int64)
    for rule in rules:
        for before, after in rule.pairs if rule.operation == operation else ():
            if before in place and after not in place:
                raise Error(
                    f"The recipe turns {before} into {after} by {operation}, and there is no {kind} {after}.",
                    f"Change augment.rules, or add the {kind}.",
                )
            if before in place:
                found[place[before]] = place[after]
    return found if (found != np.arange(len(names))).any() else None


def turned_targets(values: Numbers, names: Sequence[str], augment: Augment, times: dict[str, Whole]) -> Numbers:
    """Targets N,T named `names` after the operations of `times` (operation to N counts), in the recipe's order.

    A target such as the number of shapes that point left moves its value to the one of those that point right.
    What is not known (nan) moves as well. Raises `Error`, see `turned_names`.
    """
    rules = parse_rules(augment.rules, operations())
    for operation in operations():
        goes = turned_names(rules, operation, names, "target")
        if goes is None or operation not in times:
            continue
        for count in range(1, int(times[operation].max(initial=0)) + 1):
            moved = np.zeros_like(values)
            for before, after in enumerate(goes):
                moved[:, after] += values[:, before]
            values = np.where((times[operation] >= count)[:, None], moved, values)
    return values
