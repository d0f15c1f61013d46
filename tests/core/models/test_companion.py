import json
from collections.abc import Iterator

import pytest

from core.cli.main import run
from core.events import Measured
from core.jobs import Control, Stopped
from core.models.companion import accompany
from core.recipe import Recipe, change

LENET = change(Recipe(), {"model.name": "lenet5", "data.image_size": 32})


def answers(*asked: dict[str, object]) -> Iterator[Measured]:
    control = Control()
    job = accompany(control.requests)
    for request in asked:
        control.requests.put(request)
        answer = next(job)
        assert isinstance(answer, Measured)
        yield answer
    control.stop()
    with pytest.raises(Stopped):
        next(job)


def request(recipe: Recipe = LENET, **others: object) -> dict[str, object]:
    return {"number": 1, "recipe": recipe.model_dump(mode="json"), "classes": 10, "batch_size": 32, **others}


def test_a_network_is_measured_for_the_classes_of_the_project() -> None:
    ten, two = answers(request(), request(number=2, classes=2))
    assert (ten.number, two.number) == (1, 2)
    assert ten.capacity["parameters"] - two.capacity["parameters"] == 8 * 85
    assert ten.capacity["rows"][0]["module"]
    kinds = ten.capacity["gradient_bytes"], ten.capacity["moment_bytes"]
    assert kinds == (4 * 62_006, 2 * 4 * 62_006)
    assert json.dumps(ten.capacity)


def test_what_cannot_be_is_told_and_the_next_question_answered() -> None:
    none = change(LENET, {"model.name": "torchvision:resnet19"})
    absent, small, bad, good = answers(
        request(none),
        request(change(LENET, {"model.name": "torchvision:vgg11", "data.image_size": 16})),
        {"number": 7, "recipe": {}, "classes": 0, "batch_size": 1},
        request(number=4),
    )
    assert "Near it are resnet18" in f"{absent.problem} {absent.hint}"
    assert "cannot take images of 16 px" in small.problem
    assert (bad.number, bad.problem.startswith("The request is not understood: classes")) == (7, True)
    assert good.capacity["network"] == "lenet5"


def test_the_companion_speaks_to_programs_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "--companion"]) == 2
    assert "it needs --events" in capsys.readouterr().err
