"""Rows of the quality benchmark name recipes and settings that there are, and tell mean and spread."""

from itertools import combinations

import pytest

from benchmarks.quality import ROWS, Found, summary
from core import recipe
from core.project import query


@pytest.mark.parametrize("row", ROWS)
def test_each_variant_of_a_row_is_a_valid_recipe(row: str) -> None:
    variants = ROWS[row].variants.values()
    recipes = [recipe.change(recipe.find(start), pairs(options)) for start, *options in variants]
    assert all(one != other for one, other in combinations(recipes, 2))
    for one in recipes:
        query.parse(one.data.where)
    query.parse(ROWS[row].few)


def test_accuracies_are_told_in_percent_with_the_deviation_over_seeds() -> None:
    found = Found(best=[0.9, 0.92], last=[0.9, 0.9], seconds=[3.0, 5.0])
    assert list(summary(found)) == [
        "validation, best 91.00 ± 1.41 % (n=2)",
        "last epoch 90.00 ± 0.00 % (n=2)",
        "4 s a run",
    ]
    assert next(summary(Found(best=[0.9], last=[0.9], test=[0.875], seconds=[1.0]))) == "test 87.50 % (n=1)"


def pairs(options: list[str]) -> dict[str, str]:
    return {path.removeprefix("--"): value for path, value in zip(options[::2], options[1::2], strict=True)}
