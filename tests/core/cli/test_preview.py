"""`core augment preview` by its exit code, output and files."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core import recipe as recipes
from core.cli.main import run as command_line
from core.project import edits
from core.project.records import columns
from core.project.store import Store
from core.recipe import Recipe


@pytest.fixture
def said(shapes: Store, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a preview of the shapes and returns what it says as JSON."""

    def ask(*arguments: str, code: int = 0) -> dict[str, Any]:
        ended = command_line(["augment", "preview", "-p", str(shapes.root), "--json", *arguments])
        assert ended == code
        answer: dict[str, Any] = json.loads(capsys.readouterr().out)
        return answer

    return ask


@pytest.fixture
def trained(shapes: Store, quick: Recipe, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Recipe:
    """The recipe of a run with composites and mixed batches."""
    train = columns(shapes).ids[columns(shapes).split == 1]
    for digit in range(10):
        edits.add_class(shapes, str(digit))
        edits.label(shapes, train[digit : digit + 1], str(digit))
    changes = {"synth.count": 20, "synth.smallest": 16, "augment.mixup.enabled": True, "augment.jpeg.enabled": True}
    made = recipes.change(quick, changes)
    (tmp_path / "recipe.yaml").write_text(recipes.dump(made))
    arguments = ["-p", str(shapes.root), "--recipe", str(tmp_path / "recipe.yaml"), "--device", "cpu"]
    assert command_line(["train", *arguments]) == 0
    capsys.readouterr()
    return made


def test_a_preview_tells_what_happens_and_draws_it(shapes: Store, said: Any, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    answer = said("--epochs", "2-3", "--augment.rotation.degrees", "5,6", "-o", str(sheet))
    assert (answer["images"], answer["epochs"], answer["file"]) == (8, [2, 3], str(sheet))
    assert len(answer["samples"]) == 16
    assert all(5 <= float(sample["told"]["Rotation"].rstrip("°")) <= 6 for sample in answer["samples"])
    train = columns(shapes).ids[columns(shapes).split == 1]
    assert {sample["id"] for sample in answer["samples"]} <= set(train.tolist())
    with Image.open(sheet) as drawn:
        assert (np.asarray(drawn) != 255).any()


def test_what_rules_turn_is_told(shapes: Store, said: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with shapes.transaction() as db:
        db.execute("INSERT INTO target (name) VALUES ('bar'), ('disc')")
        db.execute("INSERT INTO image_target VALUES (1, 1, 3)")
    rules = "horizontal_flip turns bar into disc, disc into bar"
    flip = ["--augment.horizontal_flip.enabled", "true", "--augment.horizontal_flip.probability", "1"]
    arguments = ["--images", "1", "--epochs", "1", "--augment.rules", rules, *flip]
    (sample,) = said(*arguments)["samples"]
    assert (sample["label"], sample["targets"]) == ("disc", {"bar": None, "disc": 3})
    assert sample["turned"] == ["label bar → disc", "bar 3 → none", "disc none → 3"]
    assert command_line(["augment", "preview", "-p", str(shapes.root), *arguments]) == 0
    assert "; label bar → disc; bar 3 → none; disc none → 3" in capsys.readouterr().out


def test_chosen_images_are_shown_in_their_order(said: Any) -> None:
    answer = said("--images", "9,4", "--epochs", "1")
    assert [sample["id"] for sample in answer["samples"]] == [9, 4]
    again = said("--images", "4", "--epochs", "1")
    assert again["samples"][0] == answer["samples"][1]


def test_a_filter_chooses_images(shapes: Store, said: Any) -> None:
    answer = said("--where", "class:disc", "--epochs", "1")
    known = columns(shapes)
    of = {known.classes[known.class_index[known.ids == sample["id"]][0]] for sample in answer["samples"]}
    assert of == {"disc"}


@pytest.mark.usefixtures("trained")
def test_what_a_gpu_rendered_is_not_compared_bit_by_bit(shapes: Store, capsys: pytest.CaptureFixture[str]) -> None:
    events = shapes.paths.runs / "00-run" / "events.jsonl"
    events.write_text(events.read_text().replace('"renderer": "opencv"', '"renderer": "torch"'))
    assert command_line(["augment", "preview", "-p", str(shapes.root), "--run", "last", "--epochs", "1"]) == 0
    assert "not compared: 00-run" in capsys.readouterr().out


@pytest.mark.usefixtures("trained")
def test_a_run_is_replayed_and_equals_its_training(said: Any, tmp_path: Path) -> None:
    answer = said("--run", "last", "--epochs", "1-3", "-o", str(tmp_path / "sheet.png"))
    assert (answer["run"], answer["equal"], answer["compared"], answer["other"]) == ("00-run", 48, 48, [])
    ids = [sample["id"] for sample in answer["samples"]]
    assert answer["images"] == 16
    assert min(ids) < 0 < max(ids)


@pytest.mark.usefixtures("trained")
def test_a_run_told_of_other_samples_is_noticed(shapes: Store, said: Any, capsys: pytest.CaptureFixture[str]) -> None:
    file = shapes.paths.runs / "00-run" / "events.jsonl"
    lines = file.read_text().splitlines()
    at = next(n for n, line in enumerate(lines) if '"Sampled"' in line)
    event = json.loads(lines[at])
    event["digests"][3] = "0" * 16
    file.write_text("\n".join([*lines[:at], json.dumps(event), *lines[at + 1 :]]) + "\n")
    assert said("--run", "last", "--epochs", "1", code=1)["other"] == [[1, event["ids"][3]]]
    assert command_line(["augment", "preview", "-p", str(shapes.root), "--run", "00-run", "--epochs", "1"]) == 1
    told = f"equal to training: 15 of 16 samples of 00-run; not image {event['ids'][3]} in epoch 1\n"
    said_twice = capsys.readouterr()
    assert told in said_twice.out
    assert "1 of 16 samples are not those that 00-run saw." in said_twice.err


@pytest.mark.usefixtures("trained")
def test_samples_of_images_that_are_gone_are_counted(
    shapes: Store, said: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = [sample["id"] for sample in said("--run", "last", "--epochs", "1")["samples"] if sample["id"] > 0]
    edits.set_split(shapes, {ids[0]: "val"})
    answer = said("--run", "last", "--epochs", "1", code=1)  # composites lie on other images now
    assert (answer["compared"], answer["gone"]) == (15, 1)
    assert all(id < 0 for _, id in answer["other"])
    assert command_line(["augment", "preview", "-p", str(shapes.root), "--run", "last", "--epochs", "1"]) == 1
    assert "; the images of 1 more are gone" in capsys.readouterr().out
    chosen = f"{ids[1]},{ids[0]}"
    assert command_line(["augment", "preview", "-p", str(shapes.root), "--run", "last", "--images", chosen]) == 1
    assert f"Image {ids[0]} is not among those that 00-run trains on." in capsys.readouterr().err


def test_composites_are_shown_by_their_numbers(trained: Recipe, said: Any, tmp_path: Path) -> None:
    (tmp_path / "again.yaml").write_text(recipes.dump(trained))
    answer = said("--recipe", str(tmp_path / "again.yaml"), "--images", "-3,-20", "--epochs", "1")
    assert [sample["id"] for sample in answer["samples"]] == [-3, -20]


def test_settings_of_what_is_off_are_told(shapes: Store, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["-p", str(shapes.root), "--augment.blur.sigma", "1,2"]
    assert command_line(["augment", "preview", *where, "--epochs", "1"]) == 0
    told = "--augment.blur.sigma changes nothing, because blur is off; --augment.blur.enabled true turns it on."
    assert told in capsys.readouterr().err
    assert command_line(["augment", "preview", *where, "--augment.blur.enabled", "true", "--epochs", "1"]) == 0
    assert "changes nothing" not in capsys.readouterr().err
    edits.set_split(shapes, {int(id): "val" for id in columns(shapes).ids})  # nothing to train on
    assert command_line(["train", *where[:2], "--synth.stamps", "mnist"]) == 1
    assert "--synth.stamps changes nothing without synthetic images" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--epochs", "0"], 2, "no epoch"),
        (["--epochs", "3-1"], 2, "no epoch"),
        (["--epochs", "1-500"], 2, "more than 100 epochs"),
        (["--images", "a"], 2, "no list of numbers"),
        (["--images", "99"], 1, "There is no image 99 to show."),
        (["--images", "-1"], 1, "There is no image -1 to show.\nThe recipe makes 0 synthetic images"),
        (["-o", "sheet.jpg"], 2, "the sheet is a PNG file"),
        (["--where", "class:none"], 1, "There are no images to show."),
        (["--run", "last", "--augment.rotation.enabled", "false"], 2, "the run's own recipe"),
        (["--run", "last"], 1, "run"),
        (["-o", "/nowhere/at/all.png"], 1, "nothing at"),
    ],
)
def test_what_cannot_be_shown_is_told(
    shapes: Store, arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line(["augment", "preview", "-p", str(shapes.root), *arguments]) == code
    assert words in capsys.readouterr().err
