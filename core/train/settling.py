"""What a recipe names, said so that it means the same from any working folder. Needs no torch."""

from pathlib import Path

from core.recipe import Recipe, change
from core.synth import stamps


def settled(recipe: Recipe) -> Recipe:
    """`recipe` with the files that it uses, stamps and first weights, named by absolute paths."""
    changes = {}
    if recipe.synth.count:
        changes["synth.stamps"] = stamps.settled(recipe.synth.stamps)
    if recipe.model.weights not in ("", "default"):
        changes["model.weights"] = str(Path(recipe.model.weights).expanduser().absolute())
    return change(recipe, changes) if changes else recipe
