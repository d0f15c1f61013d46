from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.errors import Error
from core.project import edits, split
from core.project.store import Store
from core.recipe import Recipe, change, flat, settings
from core.synth import preview
from core.synth.preview import Origin, Sheet
from core.synth.source import Provenance
from studio.pages.synthesize import knobs, state
from studio.pages.synthesize.state import Ground
from tests.studio.conftest import fill


def recipe(**changes: object) -> Recipe:
    return change(Recipe(), {f"synth.{name}": value for name, value in changes.items()})


DIGITS = tuple("0123456789")


def ground(
    ids: int = 5,
    images: int = 5,
    labelled: int = 5,
    split: int = 5,
    mnist: bool = False,
    classes: tuple[str, ...] = DIGITS,
) -> Ground:
    ones = np.arange(1, ids + 1, dtype=np.int64)
    return Ground(preview.Ground(ones, ones + 40, classes, images, labelled, split), None, mnist)


def provenance(**values: object) -> Provenance:
    facts = {"index": 1203, "label": 1, "stamp": 4, "stamp_name": "MNIST train 40213", "background": 7}
    facts |= {"crop": (0, 0, 40), "padding": 0.1042, "angle": -4.24, "ink": "#40a0b0", "opacity": 1.0}
    return Provenance(**(facts | {"stroke": 0.0, "shadow": 0.0, "blur": 0.0, "grain": 0.0} | values))  # type: ignore[arg-type]


# --- what is missing ---


@pytest.mark.parametrize(
    ("here", "goal", "sentence"),
    [
        (ground(0, 0, 0, 0), "data", "There are no images yet."),
        (ground(0, 9, 0, 0), "data", "No image has a label that training could use."),
        (ground(0, 9, 9, 0), "split", "No images are chosen for training yet."),
        (ground(0, 9, 9, 4), "train", "No labelled image is one for training."),
        (Ground(None, Error("There is no field colour.", "See."), True), "train", "There is no field colour."),
    ],
)
def test_what_is_missing_is_told_with_the_button_that_helps(here: Ground, goal: str, sentence: str) -> None:
    lack = state.empty(True, here, Recipe(), None, False)
    assert lack is not None
    assert (lack.goal, lack.sentence) == (goal, sentence)
    assert lack.button


def test_nothing_is_missing() -> None:
    assert state.empty(True, ground(), Recipe(), None, False) is None
    assert state.empty(True, None, Recipe(), None, False) is None  # not known yet
    assert state.empty(False, None, Recipe(), None, False) is not None


def test_mnist_is_offered_for_download_while_it_is_not_there() -> None:
    wanted = recipe(stamps="mnist")
    lack = state.empty(True, ground(), wanted, None, False)
    assert lack is not None
    assert (lack.goal, lack.button) == ("download", "Download MNIST")
    busy = state.empty(True, ground(), wanted, None, True)
    assert busy is not None
    assert busy.button == ""
    assert state.empty(True, ground(mnist=True), wanted, None, False) is None


@pytest.mark.parametrize(
    ("classes", "sentence"),
    [
        (("cat", "dog"), "scikit-learn has the digits 0 to 9, and this project has none of these classes."),
        (DIGITS[:9], "scikit-learn has the digits 0 to 9, and no class is named 9."),
        (DIGITS[2:], "scikit-learn has the digits 0 to 9, and no class is named 0 or 1."),
    ],
)
def test_classes_that_are_not_digits_need_stamps_of_a_project(classes: tuple[str, ...], sentence: str) -> None:
    lack = state.empty(True, ground(classes=classes), Recipe(), None, False)
    assert lack is not None
    assert (lack.sentence, lack.button, lack.goal) == (sentence, "Choose a project…", "folder")
    assert state.empty(True, ground(classes=classes), recipe(stamps="/symbols"), None, False) is None


def test_what_core_refuses_is_told_in_the_words_of_the_window() -> None:
    problem = Error("No training image has a shorter side of 500 px.", "Set synth.smallest to 40 or less.")
    lack = state.empty(True, ground(), Recipe(), problem, False)
    assert lack is not None
    assert (lack.sentence, lack.goal) == (problem.title, "")
    assert lack.hint == "Set “Smallest background” to 40 or less."  # as the control is called
    folder = state.empty(True, ground(), recipe(stamps="/nowhere"), Error("There is no folder /nowhere."), False)
    assert folder is not None
    assert folder.goal == "scans"


def test_the_survey_tells_a_bad_filter_and_whether_mnist_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WILDSET_CACHE", str(tmp_path / "cache"))
    with Store.create(tmp_path / "project") as store:
        fill(store, tmp_path / "photos")
        found = state.survey(store, "class:2")
        assert found.images is not None
        assert (found.images.labelled, found.images.split, found.mnist) == (10, 0, False)
        bad = state.survey(store, "colour:red")
        assert bad.images is None
        assert bad.refusal is not None
        split.assign(store)
        edits.reject(store, [1])
        assert state.survey(store, "").images.labelled == 29  # type: ignore[union-attr]


# --- which composites ---


@pytest.mark.parametrize(
    ("count", "first", "words", "shown", "last"),
    [
        (9000, 0, "0 – 24 of 9,000", 25, 8975),
        (9000, 8975, "8,975 – 8,999 of 9,000", 25, 8975),
        (30, 25, "25 – 29 of 30", 5, 25),
        (1, 0, "0 – 0 of 1", 1, 0),
        (0, 25, "25 – 49", 25, 999_975),
    ],
)
def test_pages_end_with_the_number_of_images(count: int, first: int, words: str, shown: int, last: int) -> None:
    wanted = recipe(count=count)
    assert state.range_words(wanted, first) == words
    assert (state.shown(wanted, first), state.last_first(wanted)) == (shown, last)


def test_what_no_synthetic_images_mean() -> None:
    assert "while this is 0" in state.count_words(Recipe())
    assert state.count_words(recipe(count=5)).startswith("Added")
    assert state.export_refusal(Recipe(), None)
    assert state.export_refusal(recipe(count=5), None) == ""
    assert state.export_refusal(recipe(count=5), state.Empty("There are no images yet.")) == "There are no images yet."


def test_backgrounds_that_cannot_be_read_are_counted() -> None:
    from core.images.decode import Unreadable

    bad = Unreadable("a.png", "it is empty")
    pixels = np.zeros((2, 8, 8, 3), np.uint8)
    assert state.skipped_words(Sheet(0, pixels, ("0", "1"), 0.0003, ())) == ""
    two = Sheet(0, pixels, ("0", "1"), 0.0003, (bad, bad))
    assert state.skipped_words(two) == "2 backgrounds could not be read and are left out."
    assert state.speed_words(two) == "2 in 1 ms"


# --- one composite ---


def test_where_a_composite_comes_from() -> None:
    rows = dict(state.facts(Origin(provenance(), "1", "sign/004.jpg")))
    assert rows == {
        "Number": "1,203",
        "Class": "1",
        "Digit": "MNIST train 40213",
        "Background": "sign/004.jpg",
        "Angle": "−4.2°",
        "Ink": "#40a0b0",
        "Padding": "10.4 %",
    }
    more = dict(
        state.facts(Origin(provenance(opacity=0.5, stroke=-0.25, shadow=0.4, blur=1.234, grain=3.21), "1", "a"))
    )
    assert [more[name] for name in ("Opacity", "Stroke", "Shadow", "Blur", "Grain")] == [
        "50.0 %",
        "−25.0 %",
        "40.0 %",
        "1.23 px",
        "3.2 levels",
    ]


def test_the_tooltip_of_a_tile() -> None:
    assert state.tooltip(Origin(provenance(), "1", "sign/004.jpg")).splitlines() == [
        "1 · synthetic 1,203",
        "Digit: MNIST train 40213",
        "Background: sign/004.jpg",
        "Turned by −4.2°, ink #40a0b0",
    ]
    assert state.augmentation((("Rotation", "+9.7°"),), 3) == "Augmentation in epoch 3:\nRotation: +9.7°"
    assert "nothing" in state.augmentation((), 3)


def test_stamps_on_offer() -> None:
    values = [value for _, value in state.stamp_choices(Recipe(), ground())]
    assert values == ["scikit-learn", "mnist"]
    titles = [title for title, _ in state.stamp_choices(recipe(stamps="~/my digits"), ground())]
    assert titles[1].endswith("to download")
    assert titles[2] == "my digits"
    assert not state.stamp_choices(Recipe(), ground(mnist=True))[1][0].endswith("download")


# --- how far from real ---


def test_a_comparison_is_read_and_grows_old() -> None:
    result = {"accuracy": 0.783, "points": [{"id": 4, "x": 1.0, "y": 2.0}, {"id": -1, "x": 0.0, "y": 0.5}]}
    found = state.compared(result, Recipe())
    assert found.group.tolist() == [0, 1]
    assert found.points.tolist() == [[1.0, 2.0], [0.0, 0.5]]
    assert (state.figure(found), state.figure(None)) == ("78.3 %", "–")
    assert state.verdict(found, Recipe()) == state.verdict(None, Recipe()) == "50 % would be perfect"
    assert state.verdict(found, recipe(rotation=(0, 5))) == "50 % would be perfect; changed since"
    assert state.verdict(found, change(Recipe(), {"optim.batch_size": 3})) == "50 % would be perfect"
    assert state.verdict(found, recipe(count=77)) == "50 % would be perfect"  # how many are trained on


def test_the_folder_of_an_export_is_never_mixed_with_others(tmp_path: Path) -> None:
    assert state.free_folder(tmp_path / "new", Recipe()) == tmp_path / "new"
    assert state.free_folder(tmp_path, Recipe()) == tmp_path
    (tmp_path / "synthetic-run").mkdir()
    assert state.free_folder(tmp_path, Recipe()) == tmp_path / "synthetic-run-2"


# --- controls ---


def test_every_setting_of_synthesis_has_a_control() -> None:
    paths = {knob.path for knob in knobs.knobs()} | {knobs.COUNT, knobs.STAMPS}
    assert paths == {s.path for s in settings() if s.path.startswith("synth.")}
    for knob in knobs.knobs():
        value = flat(Recipe())[knob.path]
        assert bool(knob.words(value)) == (knob.scale is not None)
        assert knob.setting.help in knob.tip


def test_values_are_said_with_their_unit() -> None:
    words: dict[str, Callable[..., str]] = {knob.path: knob.words for knob in knobs.knobs()}
    assert words["synth.rotation"]((-10.0, 10.0)) == "−10° – 10°"
    assert words["synth.rotation"]((5.0, 5.0)) == "5°"
    assert words["synth.padding"]((0.08, 0.23)) == "0.08 – 0.23"
    assert words["synth.smallest"](1200) == "1,200 px"


def test_what_is_changed_and_what_does_nothing() -> None:
    assert knobs.changed(Recipe()) == frozenset()
    assert knobs.changed(recipe(ink="contrast", count=3)) == {"synth.ink", "synth.count"}
    assert list(knobs.idle(Recipe())) == ["synth.contrast"]
    assert knobs.idle(recipe(ink="contrast")) == {}
