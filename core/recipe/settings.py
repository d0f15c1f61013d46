"""Recipes as lists of settings with dotted paths: for forms, command lines, messages and differences."""

import difflib
import functools
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

from core import wording
from core.errors import Error
from core.recipe.recipe import Recipe
from core.recipe.section import Section

Kind = Literal["int", "float", "text", "choice", "bool", "span"]
_KINDS: dict[Any, Kind] = {int: "int", float: "float", str: "text", bool: "bool"}


class Setting(BaseModel):
    """One field of a recipe as forms and command lines see it; `path` is dotted, such as "augment.rotation.degrees".

    The value of a span is a pair of numbers, both within `low` and `high`; `whole` if they are integers. A text may be
    one of the `suggested` or another. `needs` is the path of another setting, and values of it with which this matters.
    """

    model_config = ConfigDict(frozen=True)

    path: str
    group: str
    title: str
    help: str
    unit: str
    kind: Kind
    choices: tuple[str, ...]
    default: Any
    low: float | None
    high: float | None
    whole: bool
    suggested: tuple[str, ...] = ()
    needs: tuple[str, tuple[str, ...]] | None = None


def settings() -> tuple[Setting, ...]:
    """Every setting of a recipe in declaration order, the recipe's own fields (group "Run") first."""
    return _all_settings()


@functools.lru_cache(maxsize=1)
def _all_settings() -> tuple[Setting, ...]:
    found = list(_settings(Recipe(), ""))
    return tuple(sorted(found, key=lambda setting: "." in setting.path))


def _settings(section: Section, prefix: str) -> Iterator[Setting]:
    group = (type(section).__doc__ or "").strip()
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, Section):
            yield from _settings(value, f"{prefix}{name}.")
        else:
            yield _setting(prefix, name, group, field, value)


def _setting(prefix: str, name: str, group: str, field: FieldInfo, default: Any) -> Setting:
    path = prefix + name
    extra: dict[str, Any] = dict(field.json_schema_extra) if isinstance(field.json_schema_extra, dict) else {}
    bounds = {type(m).__name__: m for m in field.metadata}
    low = getattr(bounds.get("Ge"), "ge", getattr(bounds.get("Gt"), "gt", extra.get("low")))
    high = getattr(bounds.get("Le"), "le", getattr(bounds.get("Lt"), "lt", extra.get("high")))
    choices = tuple(str(choice) for choice in get_args(field.annotation)) if _is_choice(field) else ()
    return Setting(
        path=path,
        group=group,
        title=field.title or path,
        help=field.description or "",
        unit=str(extra.get("unit", "")),
        kind="span" if "low" in extra else "choice" if choices else _KINDS[field.annotation],
        choices=choices,
        default=default,
        low=low,
        high=high,
        whole=bool(extra.get("whole", field.annotation is int)),
        suggested=extra.get("suggested", ()),
        needs=(prefix + needs[0], needs[1]) if (needs := extra.get("needs")) else None,
    )


def _is_choice(field: FieldInfo) -> bool:
    return get_origin(field.annotation) is Literal


def make(values: dict[str, Any], where: str = "recipe") -> Recipe:
    """A recipe from nested values. Raises `Error` naming the field, its bound and, for a typo, the nearest field."""
    try:
        return Recipe.model_validate(values)
    except ValidationError as problem:
        raise _explain(problem, where) from None


def change(recipe: Recipe, changes: dict[str, Any]) -> Recipe:
    """`recipe` with dotted paths set to new values, checked as a whole."""
    values = recipe.model_dump()
    for path, value in changes.items():
        *section, name = path.split(".")
        inner = values
        for part in section:
            inner = inner.setdefault(part, {})
        inner[name] = value
    return make(values)


def matters(setting: Setting, recipe: Recipe) -> bool:
    """Whether `recipe` makes use of a setting: whether the one that it needs has one of the values it needs."""
    if setting.needs is None:
        return True
    path, values = setting.needs
    value: Any = recipe
    for name in path.split("."):
        value = getattr(value, name)
    return value in values


def difference(old: Recipe, new: Recipe) -> dict[str, tuple[Any, Any]]:
    """The dotted paths whose values differ, with both values."""
    a, b = flat(old), flat(new)
    return {path: (a[path], b[path]) for path in a if a[path] != b[path]}


def flat(recipe: Recipe) -> dict[str, Any]:
    """Dotted path to value, of all settings."""
    return dict(_flat(recipe.model_dump(), ""))


def _flat(values: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _explain(problem: ValidationError, where: str) -> Error:
    first = problem.errors()[0]
    path = ".".join(str(part) for part in first["loc"] if not isinstance(part, int))
    if first["type"] == "extra_forbidden":
        return Error(f"{where}: there is no setting {path}.", _nearest(path))
    if first["type"] == "invalid_key":
        return Error(f"{where}: there is no setting {first['input']}.", "`core train --help` lists all settings.")
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "string_pattern_mismatch":
        message = "it has other characters or is too long"
    if first["type"] == "model_type":
        message = "it should be a section of settings"
    known = {s.path: s for s in settings()}.get(path)
    if known and known.kind == "span" and first["type"] != "value_error":
        message = "it should be two numbers, from and to"
    value = wording.clipped(repr(first["input"]), 60)
    subject = f"{path} is {value}: {message[0].lower()}{message[1:]}" if path else message
    if path and known is None and first["type"] == "value_error":
        subject = f"{path}: {message}"
    hint = "`core train --help` lists all settings." if path else "Change one of the two."
    if first["type"] == "model_type":
        inner = dict.fromkeys(
            s.path.removeprefix(f"{path}.").split(".")[0] for s in settings() if s.path.startswith(f"{path}.")
        )
        hint = f"It holds {', '.join(inner)}."
    return Error(f"{where}: {subject}.", known.help if known else hint)


def _nearest(path: str) -> str:
    known = [s.path for s in settings()]
    sections = {known_path.rpartition(".")[0] for known_path in known} - {""}
    near = difflib.get_close_matches(path, [*known, *sorted(sections)], n=1, cutoff=0.5)
    return f"Did you mean {near[0]}?" if near else "`core train --help` lists all settings."
