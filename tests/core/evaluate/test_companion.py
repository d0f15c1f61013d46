import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import recipe as recipes
from core.augment.sample import digest, samples
from core.evaluate.companion import accompany
from core.evaluate.predict import evaluate
from core.events import Judged, Sampled
from core.images.packed import load_square
from core.jobs import INTERRUPTED, Child, Control, Stopped, run
from core.project import edits, records
from core.project.store import Store
from core.recipe import Augment, Recipe
from core.runs.folder import RunFolder
from core.train import loop
from core.train.device import choose

CPU = choose("cpu")
Ask = Callable[..., Judged]


@pytest.fixture
def trained(shapes: Store, quick: Recipe, finish: Callable[..., Any]) -> RunFolder:
    return finish(loop.fit(loop.new_run(shapes, quick, CPU)))


@pytest.fixture
def ask(shapes: Store) -> Iterator[Ask]:
    """Puts a request to a companion of the shapes and waits for the answer."""
    control = Control()
    job = accompany(shapes, control.requests, CPU)

    def put(recipe: Recipe, ids: Any, epoch: Any = 1, /, run: str = "", **other: Any) -> Judged:
        ids = [int(id) for id in ids]
        epochs = epoch if isinstance(epoch, list) else [epoch] * len(ids)
        request = {"number": 7, "recipe": recipe.model_dump(), "ids": ids, "epoch": epochs, "run": run}
        control.requests.put(request | other)
        while not isinstance(event := next(job), Judged):
            pass
        assert event.number == 7
        return event

    yield put
    job.close()


def _plain(recipe: Recipe) -> Recipe:
    return recipe.model_copy(update={"augment": Augment.none()})


def test_its_digests_are_those_that_the_training_wrote_down(trained: RunFolder, quick: Recipe, ask: Ask) -> None:
    seen = [event for event in trained.events() if isinstance(event, Sampled)]
    assert len(seen) == quick.schedule.epochs
    for event in seen:
        assert ask(quick, event.ids, event.epoch).digests == event.digests
    other = recipes.change(quick, {"augment.rotation.degrees": (-11, 10)})
    assert not set(ask(other, seen[0].ids).digests) & set(seen[0].digests)


def test_a_preview_has_the_same_digests(shapes: Store, quick: Recipe, ask: Ask) -> None:
    changes = {"data.stored_size": 20, "data.normalize": "centre", "augment.crop.enabled": True, "seed": 5}
    recipe = recipes.change(quick, changes)
    known = records.columns(shapes)
    wanted = known.ids[[3, 70, 5, 3]]
    epochs = [1, 4, 2, 2]
    answer = ask(recipe, wanted, epochs)
    labels = known.class_index[[3, 70, 5, 3]].astype(np.int64)
    for n, image in enumerate(records.images(shapes, wanted.tolist())):
        stored = load_square(image.path, 20)[None]
        made, _ = samples(stored, wanted[n : n + 1], labels[n : n + 1], known.classes, recipe, epochs[n])
        assert answer.digests[n] == digest(made[0])


def test_it_says_of_plain_images_what_evaluate_says(
    shapes: Store, trained: RunFolder, quick: Recipe, ask: Ask, finish: Callable[..., Any]
) -> None:
    table = finish(evaluate(shapes, trained, None, CPU))
    answer = ask(_plain(quick), table.ids, run="last")
    assert answer.classes == list(table.classes)
    assert answer.predicted == table.predicted.tolist()
    np.testing.assert_allclose(answer.confidence, table.confidence, atol=1e-5)
    assert answer.right == table.right.tolist()
    assert any(answer.right)


def test_the_run_gets_samples_of_its_own_size(shapes: Store, trained: RunFolder, quick: Recipe, ask: Ask) -> None:
    ids = records.columns(shapes).ids[:30]
    larger = recipes.change(quick, {"data.image_size": 20, "data.normalize": "none"})
    own, other = ask(quick, ids, run=trained.name), ask(larger, ids, run=trained.name)
    assert not set(own.digests) & set(other.digests)
    assert (own.predicted, own.confidence, own.right) == (other.predicted, other.confidence, other.right)


def test_right_is_by_name_after_the_labels_turned_with_the_image(
    shapes: Store, trained: RunFolder, quick: Recipe, ask: Ask
) -> None:
    known = records.columns(shapes)
    ids, names = known.ids, np.array(known.classes)[known.class_index]
    edits.label(shapes, ids[:1], None)
    edits.add_class(shapes, "arrow")  # comes first in the project, and the run does not know it
    rules = "horizontal_flip turns bar into disc, disc into bar"
    augment = Augment.model_validate(
        Augment.none().model_dump() | {"horizontal_flip": {"enabled": True, "probability": 1.0}, "rules": rules}
    )
    answer = ask(quick.model_copy(update={"augment": augment}), ids, run="last")
    predicted = [answer.classes[index] for index in answer.predicted]
    turned = [{"bar": "disc", "disc": "bar"}.get(name, name) for name in names]
    assert answer.right == [False, *(a == b for a, b in zip(predicted[1:], turned[1:], strict=True))]
    assert 5 < sum(answer.right) < 60  # stripes are recognised, flipped bars are no discs


def test_what_cannot_be_answered_is_told_and_the_next_is_answered(
    shapes: Store, trained: RunFolder, quick: Recipe, ask: Ask
) -> None:
    ids = records.columns(shapes).ids[:2].tolist()
    loop.new_run(shapes, quick, CPU)
    wrong = quick.model_dump() | {"seed": -1}
    for changes, words in (
        ({"ids": [ids[0], 4711]}, "There is no image 4711"),
        ({"recipe": wrong}, "seed is -1"),
        ({"recipe": {"sed": 1}}, "there is no setting sed"),
        ({"run": "last"}, "There is no checkpoint 01-run"),
        ({"run": "09"}, "There is no run 09"),
        ({"epoch": [1]}, "there are 2 ids and 1 epochs"),
        ({"epoch": [0, 1]}, "not understood: epoch.0"),
        ({"ids": ["1", "2"]}, "not understood: ids.0"),
        ({"ids": [10**30, 1]}, "not understood: ids.0"),
        ({"ids": [1] * 257, "epoch": [1] * 257}, "not understood: ids"),
        ({"recipe": None}, "not understood: recipe"),
    ):
        answer = ask(quick, ids, **changes)
        assert words in answer.problem, answer.problem
        assert not answer.digests
    assert ask(quick, [], run="00-run").digests == []
    good = ask(quick, ids, run="00-run")
    assert (len(good.digests), len(good.predicted), good.problem) == (2, 2, "")


def test_an_image_that_is_gone_is_named(shapes: Store, quick: Recipe, ask: Ask, tmp_path: Path) -> None:
    with shapes.transaction() as db:
        db.execute("UPDATE image SET path = CAST('bar/lost.png' AS BLOB) WHERE id = 1")
    answer = ask(quick, [1, 2])
    assert "lost.png cannot be read" in answer.problem
    assert len(ask(quick, [2, 3]).digests) == 2


def test_a_stop_ends_it_and_a_request_without_number_is_number_0(shapes: Store) -> None:
    control = Control()
    seen: list[Any] = []

    def sink(event: Any) -> None:
        seen.append(event)
        control.stop()

    control.requests.put({"number": "seven"})
    with pytest.raises(Stopped):
        run(accompany(shapes, control.requests, CPU), sink, control)
    assert [(event.number, bool(event.problem)) for event in seen] == [(0, True)]


@pytest.fixture
def child(shapes: Store) -> Generator[Child, None, None]:
    child = Child(["augment", "companion", "--project", str(shapes.root), "--device", "cpu"])
    yield child
    if child.exit_code is None:  # a test that was cut short
        child.kill()
        list(child.events())


def _judged(child: Child) -> Iterator[Judged]:
    for event in child.events():
        if isinstance(event, Judged):
            yield event
        else:
            assert type(event).__name__ in ("Stage", "Progress"), event


def test_a_child_answers_the_last_of_a_flood_and_ends_on_the_word(
    shapes: Store, trained: RunFolder, quick: Recipe, child: Child
) -> None:
    answers = _judged(child)
    request = {"recipe": quick.model_dump(), "ids": [1, 2, 3], "epoch": [1, 1, 2], "run": "last"}
    for number in range(1000):
        child.ask(request | {"number": number})
    numbers = []
    for answer in answers:
        numbers.append(answer.number)
        if answer.number == 999:
            break
    assert len(numbers) < 20
    assert (len(answer.digests), len(answer.confidence)) == (3, 3)
    child.ask({"number": 1000, "nonsense": True})
    assert "not understood" in next(answers).problem
    child.stop()
    assert list(answers) == []
    assert child.exit_code == INTERRUPTED


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_a_child_ends_on_a_signal(quick: Recipe, child: Child) -> None:
    answers = _judged(child)
    child.ask({"number": 1, "recipe": quick.model_dump(), "ids": [1], "epoch": [1]})
    assert len(next(answers).digests) == 1
    os.kill(child.pid, signal.SIGTERM)
    assert list(answers) == []
    assert child.exit_code == INTERRUPTED


def test_a_child_ends_with_its_stdin(shapes: Store, quick: Recipe) -> None:
    command = ["-m", "core", "augment", "companion", "-p", str(shapes.root), "--events"]
    request = {"number": 1, "recipe": quick.model_dump(), "ids": [1], "epoch": [1]}
    ended = subprocess.run(
        [sys.executable, *command], input=json.dumps(request) + "\n", capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (INTERRUPTED, "")
