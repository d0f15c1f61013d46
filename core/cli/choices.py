"""The settings of a recipe as options: how they are named, listed and read, and which of them change nothing."""

from collections.abc import Callable
from typing import Any

import click

from core import recipe as recipes
from core.recipe import Recipe, Setting


class _SpanType(click.ParamType[tuple[float, float]]):
    """Two numbers with a comma between, such as -20,20."""

    name = "from,to"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        try:
            low, high = (float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not two numbers with a comma between, such as -20,20", parameter, context)
        return low, high


_KINDS: dict[str, click.ParamType[Any]] = {
    "int": click.INT,
    "float": click.FLOAT,
    "text": click.STRING,
    "bool": click.BOOL,
    "span": _SpanType(),
}


class SettingOption(click.Option):
    """An option for a setting of the recipe; `group` is the heading it is listed under."""

    def __init__(self, *names: Any, group: str, **facts: Any) -> None:
        super().__init__(*names, **facts)
        self.group = group


class RecipeCommand(click.Command):
    """A command whose help lists the settings of the recipe by groups, after its own options."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        groups: dict[str, list[tuple[str, str]]] = {"Options": []}
        for option in self.get_params(ctx):
            record = option.get_help_record(ctx)
            if record:
                heading = option.group if isinstance(option, SettingOption) else "Options"
                groups.setdefault(heading, []).append(record)
        for heading, records in groups.items():
            with formatter.section(heading):
                formatter.write_dl(records)


def setting_options(*beginnings: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An option for each setting whose path begins so, named by the path: --optim.batch_size 32."""

    def with_options(function: Callable[..., Any]) -> Callable[..., Any]:
        for setting in reversed([setting for setting in recipes.settings() if setting.path.startswith(beginnings)]):
            function = click.option(
                f"--{setting.path}",
                setting.path.replace(".", "__"),
                cls=SettingOption,
                group=setting.group,
                type=click.Choice(setting.choices) if setting.choices else _KINDS[setting.kind],
                help=_explained(setting),
            )(function)
        return function

    return with_options


recipe_options = setting_options("")  # all of them


def _explained(setting: Setting) -> str:
    unit = f" {setting.unit}" if setting.unit else ""
    value = setting.default
    if setting.kind == "span":
        value = f"{value[0]:g},{value[1]:g}"
    if setting.kind == "bool":
        value = "true" if value else "false"
    only = f" Only {_need(setting)}." if setting.needs else ""
    return setting.help + only + (f" [{value}{unit}]" if value != "" else "")


def _need(setting: Setting) -> str:
    path, (*others, last) = setting.needs or ("", ("",))
    return f"with {path} {', '.join(others)}{' or ' if others else ''}{last}"


def chosen_recipe(start: str | None, values: dict[str, Any]) -> Recipe:
    """The recipe of a preset or file (or the defaults) with the options given on the command line.

    Says which of these options change nothing.
    """
    base = recipes.find(start) if start else Recipe()
    changes = {path.replace("__", "."): value for path, value in values.items() if value is not None}
    recipe = recipes.change(base, changes) if changes else base
    for name, operation in recipe.augment.operations():
        idle = [path for path in changes if path.startswith(f"augment.{name}.") and not path.endswith(".enabled")]
        if idle and not operation.enabled:
            turn_on = f"--augment.{name}.enabled true turns it on"
            click.echo(f"--{idle[0]} changes nothing, because {name} is off; {turn_on}.", err=True)
    for setting in recipes.settings():
        if setting.path in changes and setting.needs and not recipes.matters(setting, recipe):
            has = recipes.flat(recipe)[setting.needs[0]]
            click.echo(f"--{setting.path} matters only {_need(setting)}; here it is {has}.", err=True)
    return recipe


def training_recipe(start: str | None, values: dict[str, Any]) -> Recipe:
    """The chosen recipe of a training; says which options change nothing."""
    recipe = chosen_recipe(start, values)
    idle = [path for path, value in values.items() if path.startswith("synth__") and value is not None]
    if idle and not recipe.synth.count:
        option = idle[0].replace("__", ".")
        click.echo(f"--{option} changes nothing without synthetic images; --synth.count 1000 adds some.", err=True)
    return recipe
