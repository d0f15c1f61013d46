"""The recipe: every choice of a training run in typed sections.

This one declaration makes the command line's options, the window's form, the checks with their messages, the
`recipe.yaml` of a run and the difference between two runs. A field knows its title, help, unit and bounds; a section
is a group of the form. Formulas and defaults follow the MNIST-W write-up (AdamW, cosine with warm-up, smoothing 0.05).
"""

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo

from core import wording
from core.errors import Error
from core.paths import RESOURCES


def setting(default: Any, title: str, help: str, *, unit: str = "", **bounds: Any) -> Any:
    """A recipe field: `title` labels it, `help` is its tooltip, `unit` follows it; `bounds` as ge, le, gt, lt."""
    return Field(default, title=title, description=help, json_schema_extra={"unit": unit}, **bounds)


class Section(BaseModel):
    """A group of settings. Unknown keys are errors; values are checked and do not change afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Data(Section):
    """Data"""

    image_size: int = setting(
        64, "Image size", "Images are resized to a square of this side.", unit="px", ge=16, le=512
    )
    where: str = setting("", "Only images where", "A filter that limits the images used, such as source:sign,meter.")


class Model(Section):
    """Model"""

    name: Literal["small_cnn", "lenet5", "resnet18"] = setting("small_cnn", "Network", "The architecture to train.")
    dropout: float = setting(0.2, "Dropout", "Share of features dropped before the last layer.", ge=0, lt=1)


class Augment(Section):
    """Augmentation"""

    rotation: float = setting(12.0, "Rotation", "Turn by up to this angle either way.", unit="°", ge=0, le=180)
    translate: float = setting(0.08, "Shift", "Move by up to this share of the side.", ge=0, le=0.5)
    scale: float = setting(0.1, "Scale", "Shrink or enlarge by up to this share.", ge=0, le=0.9)
    brightness: float = setting(0.3, "Brightness", "Multiply brightness by 1 ± this.", ge=0, le=1)
    contrast: float = setting(0.3, "Contrast", "Multiply contrast by 1 ± this.", ge=0, le=1)
    invert: float = setting(0.0, "Invert", "Probability of turning the image into its negative.", ge=0, le=1)


class Synth(Section):
    """Synthetic images"""

    count: int = setting(
        0, "Synthetic images", "Digits composed on crops of training images, added to training.", ge=0, le=1_000_000
    )


class Optim(Section):
    """Optimizer"""

    method: Literal["adamw"] = setting("adamw", "Method", "AdamW with decoupled weight decay.")
    learning_rate: float = setting(1e-3, "Learning rate", "Step size after warm-up.", gt=0, le=10)
    weight_decay: float = setting(1e-4, "Weight decay", "Shrinks weights a little at each step.", ge=0, le=1)
    batch_size: int = setting(64, "Batch size", "Images per step.", unit="images", ge=1, le=4096)
    label_smoothing: float = setting(0.05, "Label smoothing", "Softens the target labels.", ge=0, lt=1)


class Schedule(Section):
    """Schedule"""

    epochs: int = setting(12, "Epochs", "Passes over the training images.", ge=1, le=10_000)
    warmup_epochs: float = setting(1.0, "Warm-up", "Learning rate rises linearly this long.", unit="epochs", ge=0)
    floor: float = setting(1e-6, "Final learning rate", "Where the cosine ends.", ge=0, le=1)
    patience: int = setting(
        50, "Early stop after", "Stop after so many epochs without a better validation accuracy.", unit="epochs", ge=1
    )


class Recipe(Section):
    """A complete, re-runnable description of a training run."""

    name: str = setting(
        "run",
        "Name",
        "A short name for the run: small letters, digits, dots, dashes.",
        pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$",
    )
    seed: int = setting(0, "Seed", "All random decisions follow from it.", ge=0, le=2**31 - 1)
    data: Data = Data()
    model: Model = Model()
    augment: Augment = Augment()
    synth: Synth = Synth()
    optim: Optim = Optim()
    schedule: Schedule = Schedule()

    @model_validator(mode="after")
    def _warmup_fits(self) -> "Recipe":
        if self.schedule.warmup_epochs >= self.schedule.epochs:
            raise ValueError("schedule.warmup_epochs must be less than schedule.epochs")
        return self


class Setting(BaseModel):
    """One field of a recipe as forms and command lines see it; `path` is dotted, such as "optim.batch_size"."""

    model_config = ConfigDict(frozen=True)

    path: str
    group: str
    title: str
    help: str
    unit: str
    kind: Literal["int", "float", "text", "choice"]
    choices: tuple[str, ...]
    default: Any
    low: float | None
    high: float | None


def settings() -> Iterator[Setting]:
    """Every setting of a recipe in declaration order, the recipe's own fields (group "Run") first."""
    for name, field in Recipe.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, Section):
            for inner, inner_field in section.model_fields.items():
                yield _setting(f"{name}.{inner}", (section.__doc__ or name).strip(), inner_field)
        else:
            yield _setting(name, "Run", field)


def _setting(path: str, group: str, field: FieldInfo) -> Setting:
    choices = tuple(str(choice) for choice in get_args(field.annotation))
    kinds: dict[Any, Literal["int", "float", "text"]] = {int: "int", float: "float", str: "text"}
    bounds = {type(m).__name__: m for m in field.metadata}
    low = getattr(bounds.get("Ge"), "ge", getattr(bounds.get("Gt"), "gt", None))
    high = getattr(bounds.get("Le"), "le", getattr(bounds.get("Lt"), "lt", None))
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    return Setting(
        path=path,
        group=group,
        title=field.title or path,
        help=field.description or "",
        unit=str(extra.get("unit", "")),
        kind="choice" if choices else kinds[field.annotation],
        choices=choices,
        default=field.default,
        low=low,
        high=high,
    )


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


def difference(old: Recipe, new: Recipe) -> dict[str, tuple[Any, Any]]:
    """The dotted paths whose values differ, with both values."""
    a, b = flat(old), flat(new)
    return {path: (a[path], b[path]) for path in a if a[path] != b[path]}


def flat(recipe: Recipe) -> dict[str, Any]:
    """Dotted path to value."""
    values: dict[str, Any] = {}
    for name, value in recipe.model_dump().items():
        values |= {f"{name}.{k}": v for k, v in value.items()} if isinstance(value, dict) else {name: value}
    return values


def dump(recipe: Recipe) -> str:
    """The recipe as YAML, all fields, in declaration order."""
    return str(yaml.safe_dump(recipe.model_dump(), sort_keys=False, allow_unicode=True))


def load(path: Path) -> Recipe:
    """The recipe of a YAML file. Raises `Error` for a file that is missing, no YAML or no valid recipe."""
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Error(f"There is no recipe {path}.", "Check the path, or leave it out for the defaults.") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as problem:
        reason = _line(problem)
        raise Error(f"{path} is no readable recipe: {reason}.", "A recipe is a YAML file of sections.") from None
    if not isinstance(values, dict):
        raise Error(f"{path} is no recipe.", "A recipe is a YAML file of sections such as model, optim, schedule.")
    return make(values, str(path))


def _line(problem: Exception) -> str:
    return "its lists are nested too deep" if isinstance(problem, RecursionError) else str(problem).splitlines()[0]


def _explain(problem: ValidationError, where: str) -> Error:
    first = problem.errors()[0]
    path = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(
            path, [s.path for s in settings()] + list(Recipe.model_fields), n=1, cutoff=0.5
        )
        hint = f"Did you mean {near[0]}?" if near else "`core train --help` lists all settings."
        return Error(f"{where}: there is no setting {path}.", hint)
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "string_pattern_mismatch":
        message = "it has other characters or is too long"
    if first["type"] == "model_type":
        message = "it should be a section of settings"
    known = {s.path: s for s in settings()}.get(path)
    value = wording.clipped(repr(first["input"]), 60)
    subject = f"{path} is {value}: {message[0].lower()}{message[1:]}" if path else message
    hint = "`core train --help` lists all settings." if path else "Change one of the two."
    return Error(f"{where}: {subject}.", known.help if known else hint)


def presets() -> dict[str, Path]:
    """The recipes that come with the program, by name."""
    return {path.stem: path for path in sorted((RESOURCES / "recipes").glob("*.yaml"))}


def find(text: str) -> Recipe:
    """The recipe that `text` means: a preset's name or the path of a YAML file."""
    return load(presets().get(text, Path(text)))
