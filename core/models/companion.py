"""Answers the window's questions about what networks cost, so that the window never loads torch."""

import dataclasses
from collections.abc import Generator
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core import recipe as recipes
from core.errors import Error, told
from core.events import Event, Measured
from core.jobs import Requests
from core.models.capacity import capacity


class Request(BaseModel):
    """What is asked: the capacity of a recipe's network for some classes, at a batch of so many images."""

    model_config = ConfigDict(strict=True, frozen=True)

    number: int
    recipe: dict[str, Any]
    classes: Annotated[int, Field(ge=1, le=1_000_000)]
    batch_size: Annotated[int, Field(ge=1, le=1_000_000)]


def accompany(requests: Requests) -> Generator[Event, None, None]:
    """Answer each request, see `Request`, with a `Measured` of its number, until the job is stopped.

    What is the user's business (a network that there is none of, images too small for it) is told in the answer.
    """
    while True:
        asked = requests.take()
        try:
            answer = _answer(_understood(asked))
        except Exception as problem:
            known = told(problem)
            if known is None:
                raise
            number = asked.get("number")
            answer = Measured(number=number if isinstance(number, int) else 0, problem=known.title, hint=known.hint)
        yield answer


def _answer(request: Request) -> Measured:
    recipe = recipes.make(request.recipe)
    found = capacity(
        recipe.model,
        request.classes,
        recipe.data.image_size,
        request.batch_size,
        recipe.optim.method,
        recipe.compute.precision,
    )
    return Measured(number=request.number, capacity=dataclasses.asdict(found))


def _understood(asked: dict[str, Any]) -> Request:
    try:
        return Request.model_validate(asked)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Error(f"The request is not understood: {where} {first['msg']}.".replace("  ", " ")) from None
