"""Recipes as YAML files, and those that come with the program."""

import functools
import re
from pathlib import Path
from typing import Any

import yaml

from core.errors import Error
from core.paths import RESOURCES
from core.recipe.recipe import Recipe
from core.recipe.settings import make


class _Dumper(yaml.SafeDumper):
    """Writes the two ends of a range on one line."""


_Dumper.add_representer(tuple, lambda dumper, pair: dumper.represent_sequence("tag:yaml.org,2002:seq", pair, True))


def dump(recipe: Recipe) -> str:
    """The recipe as YAML, all fields, in declaration order."""
    return str(yaml.dump(recipe.model_dump(), Dumper=_Dumper, sort_keys=False, allow_unicode=True))


def load(path: Path) -> Recipe:
    """The recipe of a YAML file. Raises `Error` for a file that is missing, a folder, no YAML or no valid recipe."""
    if path.is_dir():
        raise Error(f"{path} is a folder, no recipe.", "A run's recipe is its file recipe.yaml.")
    try:
        values: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Error(f"There is no recipe {path}.", "Check the path, or leave it out for the defaults.") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as problem:
        reason = _line(problem)
        raise Error(f"{path} is no readable recipe: {reason}.", "A recipe is a YAML file of sections.") from None
    if not isinstance(values, dict):
        raise Error(f"{path} is no recipe.", "A recipe is a YAML file of sections such as model, optim, schedule.")
    return make(values, str(path))


def presets() -> dict[str, Path]:
    """The recipes that come with the program, by name."""
    return {path.stem: path for path in sorted((RESOURCES / "recipes").glob("*.yaml"))}


@functools.cache
def described(name: str) -> str:
    """What a preset is for, in the first sentence of the comment that its file begins with; empty if it has none."""
    words: list[str] = []
    for line in presets()[name].read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        words.append(line.removeprefix("#").strip())
    return re.split(r"(?<=\.)\s+(?=[A-Z])", " ".join(words), maxsplit=1)[0]


def find(text: str) -> Recipe:
    """The recipe that `text` means: a preset's name or the path of a YAML file. Raises `Error` as `load` does."""
    known = presets()
    if text not in known and not Path(text).exists():
        hint = f"It is the path of a file, or one of those that come along: {', '.join(known)}."
        raise Error(f"There is no recipe {text}.", hint)
    return load(known.get(text, Path(text)))


def _line(problem: Exception) -> str:
    if isinstance(problem, RecursionError):
        return "its lists are nested too deep"
    if isinstance(problem, UnicodeDecodeError):
        return "it is no text"
    if isinstance(problem, yaml.MarkedYAMLError) and problem.problem and problem.problem_mark:
        return f"line {problem.problem_mark.line + 1}, {problem.problem}"
    return str(problem).splitlines()[0]
