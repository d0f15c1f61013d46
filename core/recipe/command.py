"""The command line that starts the same training: a recipe as options of `core train`."""

import shlex
from typing import Any

from core import wording
from core.recipe.files import find
from core.recipe.recipe import Recipe
from core.recipe.settings import difference


def command(recipe: Recipe, start: str = "", *, base: Recipe | None = None, project: str = "", device: str = "") -> str:
    """One line for a POSIX shell that trains with `recipe`.

    It begins from the preset or file `start` ("" the defaults) and names only what differs from that, which is `base`
    where it has been read already. `project` and `device` are left out where empty. Raises `Error` if there is no
    recipe `start`.
    """
    words = ["core", "train"]
    for option, value in (("-p", project), ("--recipe", start), ("--device", device)):
        words += [option, value] if value else []
    base = base or (find(start) if start else Recipe())
    for path, (_, value) in difference(base, recipe).items():
        words += [f"--{path}", _option(value)]
    return shlex.join(words)


def _option(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ",".join(wording.number(end) for end in value)
    return wording.number(value) if isinstance(value, float) else str(value)
