"""A recipe as a command line: what the command parses from it is the same recipe."""

import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import recipe as recipes
from core.cli.choices import chosen_recipe
from core.cli.training import train
from core.errors import Error
from core.recipe import Recipe, Setting, change, command

RULES = ("no rotation for 6, 9", "horizontal_flip turns left into right, right into left", "")
TEXTS = {
    "name": st.from_regex(r"[a-z0-9][a-z0-9._-]{0,39}", fullmatch=True),
    "augment.rules": st.sampled_from(RULES),
    "model.expands": st.sampled_from(["1,2,2", "1, 2", "8"]),
    "model.name": st.sampled_from(["lenet5", "resnet_blocks", "torchvision:vit_b_16", "timm:a.b-c_1"]),
    "data.where": st.sampled_from(["", "source:sign,meter", 'class:"it\'s $HOME `x`" -split:val', "-wrong"]),
}


def numbers(setting: Setting) -> st.SearchStrategy[Any]:
    low, high = setting.low or 0, 5000 if setting.high is None else setting.high
    if setting.whole:
        return st.integers(int(low), int(high))
    return st.floats(low, high)


def values(setting: Setting) -> st.SearchStrategy[Any]:
    """Values of a setting; the recipe may refuse some."""
    if setting.kind == "span":
        return st.tuples(numbers(setting), numbers(setting)).map(lambda ends: tuple(map(float, sorted(ends))))
    if setting.kind == "bool":
        return st.booleans()
    if setting.kind == "choice":
        return st.sampled_from(setting.choices)
    return TEXTS.get(setting.path, st.text(max_size=20)) if setting.kind == "text" else numbers(setting)


@st.composite
def reachable(draw: st.DrawFn) -> Recipe:
    """A preset or the defaults with changes that the recipe takes."""
    start = draw(st.sampled_from(["", *recipes.presets()]))
    recipe = recipes.find(start) if start else Recipe()
    for setting in draw(st.lists(st.sampled_from(recipes.settings()), max_size=12, unique_by=lambda s: s.path)):
        try:
            recipe = change(recipe, {setting.path: draw(values(setting))})
        except Error:
            continue
    return recipe


def parsed(line: str) -> Recipe:
    """The recipe that the real command makes of a line."""
    program, name, *arguments = shlex.split(line)
    assert (program, name) == ("core", "train")
    with train.make_context(name, arguments) as context:
        options = {path.replace(".", "__"): context.params[path.replace(".", "__")] for path in recipes.flat(Recipe())}
        return chosen_recipe(context.params["start"], options)


@given(reachable(), st.sampled_from(["", *recipes.presets()]))
def test_the_command_means_the_recipe(recipe: Recipe, start: str) -> None:
    assert parsed(command(recipe, start)) == recipe


def test_names_only_what_differs() -> None:
    preset = recipes.find("mnist-lenet5")
    assert command(preset, "mnist-lenet5") == "core train --recipe mnist-lenet5"
    mine = change(
        preset,
        {
            "optim.batch_size": 128,
            "optim.learning_rate": 5e-5,
            "augment.rotation.degrees": (-20.0, 12.5),
            "compute.compile": not preset.compute.compile,
            "data.where": "source:sign class:3",
        },
    )
    assert command(mine, "mnist-lenet5", project="my digits", device="cpu") == (
        "core train -p 'my digits' --recipe mnist-lenet5 --device cpu --data.where 'source:sign class:3' "
        "--augment.rotation.degrees -20,12.5 --optim.learning_rate 5e-5 --optim.batch_size 128 --compute.compile true"
    )


def test_starts_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "my recipe.yaml"
    mine = change(Recipe(), {"seed": 3})
    file.write_text(recipes.dump(mine), encoding="utf-8")
    line = command(change(mine, {"model.dropout": 0.0}), str(file))
    assert line == f"core train --recipe '{file}' --model.dropout 0"
    assert parsed(line) == change(mine, {"model.dropout": 0.0})


def test_a_start_that_is_none_is_told() -> None:
    with pytest.raises(Error, match="There is no recipe nothing"):
        command(Recipe(), "nothing")
