import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import recipe as recipes
from core.augment.mix import Mixing
from core.augment.preview import Candidates, Outlook, Picture, Sheet, Tile
from core.errors import Error
from core.events import Judged, Sampled, StrengthPoint
from core.images.decode import Unreadable
from core.project.query import parse
from core.project.store import Store
from core.recipe import Augment, Recipe, change, flat
from core.runs.folder import RunFolder
from studio.pages.augment import equality, lines, losses, state
from studio.pages.augment.drafts import Drafts
from studio.pages.augment.equality import Check
from studio.pages.augment.state import Ground, PastRun, Strength, Verdict, Wanted
from tests.studio.pages.conftest import add_run

CLASSES = ("0", "1", "2")
DIGITS = tuple("0123456789")


def picture(id: int, label: int = 0) -> Picture:
    return Picture(id, Path(f"{id}.png"), hashlib.sha256(bytes([id])).digest(), f"{id}.png", label)


def sheet(*tiles: Tile, columns: int = 2) -> Sheet:
    return Sheet(np.zeros((len(tiles), 4, 4, 3), np.uint8), columns, tiles, 0.0214, ())


# --- the lines of the operations ---


def test_every_operation_and_every_setting_of_the_recipe_is_offered_once() -> None:
    offered = [path for one in lines.all_operations() for path in (one.switch, *(knob.path for knob in one.knobs))]
    known = [path for path in flat(Recipe()) if path.startswith("augment.") and path.count(".") == 2]
    assert sorted(offered) == sorted(known)


def test_a_slider_takes_every_value_that_the_recipe_takes() -> None:
    for operation in lines.all_operations():
        for knob in operation.knobs:
            if knob.scale is None:
                continue
            for value in (knob.scale.low, knob.scale.high, knob.scale.stepped(knob.scale.low, 1)):
                wide = {"augment.padded_crop.padding": 1.0} if "window" in knob.path else {}
                given = (value, value) if knob.kind == "range" else value
                change(Recipe(), {**wide, knob.path: given})


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("augment.crop.area", (0.7, 1.0), "0.70 – 1.00"),
        ("augment.rotation.degrees", (-20, 20), "−20° – 20°"),
        ("augment.noise.sigma", (0.05, 0.05), "0.050"),
        ("augment.blur.sigma", (0.1, 2.0), "0.1 – 2.0 px"),
        ("augment.blur.kernel", 5, "5 px"),
        ("augment.erasing.fill", "grey", "grey"),
        ("augment.perspective.distortion", 0.2, "0.20"),
    ],
)
def test_values_are_said_with_their_units(path: str, value: object, words: str) -> None:
    knob = next(knob for one in lines.all_operations() for knob in one.knobs if knob.path == path)
    assert knob.words(value) == words


def test_an_operation_that_is_off_is_one_line() -> None:
    found = lines.lines(Recipe(), Recipe().augment, "", CLASSES, ())
    assert found["crop"].words == "off"
    assert found["crop"].open == frozenset()
    assert found["rotation"].words == "−10° – 10°"
    assert found["rotation"].open == {"augment.rotation.degrees"}
    assert found["jitter"].words == ""
    assert not any(line.changed for line in found.values())


def test_what_differs_from_the_start_is_marked() -> None:
    recipe = change(Recipe(), {"augment.rotation.degrees": (-30, 30), "augment.blur.enabled": True})
    found = lines.lines(recipe, Recipe().augment, "", CLASSES, ())
    assert [name for name, line in found.items() if line.changed] == ["rotation", "blur"]
    assert found["rotation"].altered == {"augment.rotation.degrees"}
    assert not any(line.changed for line in lines.lines(recipe, recipe.augment, "", CLASSES, ()).values())


def test_a_probability_shows_where_it_is_not_1_or_on_demand() -> None:
    recipe = change(Recipe(), {"augment.perspective.enabled": True, "augment.rotation.probability": 0.5})
    found = lines.lines(recipe, recipe.augment, "", CLASSES, ())
    assert "augment.perspective.probability" in found["perspective"].open
    assert "augment.rotation.probability" in found["rotation"].open
    assert "augment.jitter.probability" not in found["jitter"].open
    assert "augment.jitter.probability" in lines.lines(recipe, recipe.augment, "", CLASSES, {"jitter"})["jitter"].open


def test_what_the_rules_forbid_to_all_classes_says_so() -> None:
    rules = "no horizontal_flip for *; no vertical_flip for 0, 1; no vertical_flip for 2; no blur for 0"
    recipe = change(Recipe(), {"augment.rules": rules, "augment.blur.enabled": True})
    found = lines.lines(recipe, recipe.augment, "", CLASSES, ())
    assert found["horizontal_flip"].words == found["vertical_flip"].words == "off by rule"
    assert found["blur"].words == "0.1 – 1.0 px"


def test_alone_leaves_the_others_on_but_idle() -> None:
    found = lines.lines(Recipe(), Recipe().augment, "rotation", CLASSES, ())
    assert found["rotation"].alone
    assert not found["rotation"].idle
    assert found["jitter"].on
    assert found["jitter"].idle


def test_a_refusal_is_said_without_its_path() -> None:
    with pytest.raises(Error) as refused:
        change(Recipe(), {"augment.rules": "no blurr for 1"})
    assert lines.reason(refused.value.title).startswith("The rule “no blurr for 1” names no operation")
    with pytest.raises(Error) as refused:
        change(Recipe(), {"augment.blur.kernel": 4})
    assert lines.reason(refused.value.title) == "It should be an odd number, so that the window has a centre."


# --- A and B ---


def test_b_begins_as_a_is_and_then_goes_its_own_way() -> None:
    drafts = Drafts.begin(Augment()).started("demo", Augment.none()).choose("B")
    assert drafts.augment == Augment()
    assert drafts.start == ("demo", Augment.none())
    drafts = drafts.edited(Augment.none())
    assert drafts.choose("A").augment == Augment()
    assert [recipe.augment for recipe in drafts.compare(True).recipes(Recipe())] == [Augment(), Augment.none()]
    assert [recipe.augment for recipe in drafts.recipes(Recipe())] == [Augment.none()]


def test_one_operation_alone_changes_what_shows_and_not_the_draft() -> None:
    drafts = Drafts.begin(Augment()).toggle_alone("rotation")
    (shown,) = drafts.recipes(Recipe())
    assert [name for name, one in shown.augment.operations() if one.used] == ["rotation"]
    assert drafts.augment == Augment()
    assert drafts.toggle_alone("rotation").recipes(Recipe())[0].augment == Augment()
    assert drafts.toggle_alone("jitter").alone == "jitter"


# --- what there is ---


def test_runs_whose_recipe_cannot_be_read_are_left_out(project: Path) -> None:
    add_run(project, "old").recipe_file.write_text("augment:\n  rotation: 10.0\n")
    good = add_run(project, "new", epochs=2, planned=8)
    good.best.unlink()
    with Store.open(project, write=False) as store:
        ground = state.survey(store, "")
    assert [(run.name, run.epochs, run.trained) for run in ground.runs] == [("01-new", 3, False)]
    assert ground.total == 30
    assert ground.candidates.classes == ("0", "1", "2")
    assert ("As in 01-new", "run:01-new") in state.offered(ground.runs)
    assert state.models(ground.runs) == [("No model", "")]
    assert state.left_out(ground) == "Not offered, as their recipe cannot be read here: 00-old."
    assert state.left_out(None) == state.left_out(replace(ground, unread=())) == ""


def test_a_filter_that_cannot_be_read_is_told_where_nothing_shows(project: Path) -> None:
    with pytest.raises(Error):
        parse("colour:red")
    with Store.open(project, write=False) as store:
        ground = state.survey(store, "colour:red")
    assert ground.refusal is not None


def test_presets_come_with_their_augmentation_alone() -> None:
    for name in recipes.presets():
        assert state.found(name, ()) == recipes.find(name).augment
    past = PastRun("03-x", change(Recipe(), {"augment.blur.enabled": True}), 3, True)
    assert state.found("run:03-x", (past,)) == past.recipe.augment
    assert state.found("run:04-gone", (past,)) is None
    assert state.start_of(past.recipe.augment, (past,)) == ("run:03-x", past.recipe.augment)
    other = change(Recipe(), {"augment.noise.enabled": True}).augment
    assert state.start_of(other, (past,)) == ("", other)


def ground(total: int = 3, refusal: Error | None = None) -> Ground:
    among = Candidates(np.arange(1, 4), np.array([0, 1, 2]), CLASSES)
    return Ground(among, among, total, (), refusal)


def test_what_is_missing_is_said_with_the_way_there() -> None:
    assert state.empty(True, ground(), Wanted(), [picture(1)]) is None
    assert state.empty(True, None, Wanted(), []) is None
    cases = [
        (state.empty(False, None, Wanted(), []), ""),
        (state.empty(True, ground(0), Wanted(), []), "data"),
        (state.empty(True, ground(), Wanted("selection"), []), "data"),
        (state.empty(True, ground(), Wanted("id", 0, (99,)), []), ""),
        (state.empty(True, ground(), Wanted(), []), "data"),
        (state.empty(True, ground(refusal=Error("No such word.", "Try another.")), Wanted(), []), "train"),
    ]
    for found, goal in cases:
        assert found is not None
        assert found.goal == goal
        assert bool(found.button) == bool(goal)
        assert found.sentence.endswith(".")


# --- the grid ---


def test_epochs_fill_the_room_without_making_tiles_smaller() -> None:
    assert state.epochs_beside(786, 600, 5, 1, 8) == 6
    assert state.epochs_beside(424, 380, 5, 1, 8) == 5
    assert state.epochs_beside(3000, 600, 5, 1, 8) == state.MOST
    assert state.epochs_beside(786, 600, 5, 2, 8) == 3


def test_tiles_say_where_they_come_from_and_what_the_model_says() -> None:
    shown = sheet(
        Tile(picture(7, 1), 0, 17, 1),
        Tile(picture(7, 1), 0, 18, 2),
        Tile(picture(8, 0), 0, 17, 0, Mixing("mixup", 0.25), 2),
        Tile(picture(8, 0), 0, 18, 0),
    )
    said = {0: Verdict("2", 0.61, False), 3: Verdict("0", 0.9, True)}
    marks = state.marks(shown, CLASSES, said, "A", 100)
    assert [(mark.badge, mark.bad) for mark in marks] == [
        ("1→2 0.61", True),
        ("2", False),
        ("0 25 % + 2", False),
        ("", False),
    ]
    assert "Image 7, class 1, epoch 17" in marks[0].tip
    assert "The rules make this class 2; the image is 1." in marks[1].tip
    assert "lambda 0.25 with class 2" in marks[2].tip
    assert "The model says 0, confidence 0.90." in marks[3].tip
    assert state.marks(shown, CLASSES, said, "A", 60)[0].badge == "1→2"
    assert state.headings(shown, "A") == ["17", "18"]
    assert state.headings(shown, "AB") == ["A 17", "A 18"]


def test_tiles_of_one_image_say_their_epoch() -> None:
    shown = sheet(*(Tile(picture(7), 0, epoch, 0) for epoch in (1, 2, 3, 4)))
    assert [mark.badge for mark in state.marks(shown, CLASSES, {}, "A", 100)] == ["1", "2", "3", "4"]
    assert state.headings(shown, "A") == []


def test_how_fast_it_was_and_what_was_left_out() -> None:
    tiles = [Tile(picture(n), 0, 1, 0) for n in range(25)]
    assert state.speed(sheet(*tiles)) == "25 samples in 21 ms"
    assert state.skipped_line(sheet(*tiles)) == ""
    broken = Sheet(np.zeros((0, 4, 4, 3), np.uint8), 2, (), 0.0, (Unreadable("a.png", "it is empty"),) * 3)
    assert state.skipped_line(broken) == "a.png could not be read: it is empty. 2 more could not be read either."


# --- is it what training gets? ---


def test_equal_is_said_only_after_all_samples_were_compared() -> None:
    ours = (("a", "b"), ("c",))
    assert equality.badge(Check()).kind == "muted"
    assert equality.badge(Check(ours)).text == "Checking…"
    assert equality.badge(Check(ours, (("a", "b"),))).text == "Checking…"
    good = equality.badge(Check(ours, ours))
    assert (good.text, good.kind) == ("✓ Equal to training", "good")
    assert good.tip.startswith("All 3 samples are equal")
    assert equality.badge(Check(ours, (("a", "x"), ("c",)))).kind == "bad"
    assert "1 of 3" in equality.badge(Check(ours, (("a", "x"), ("c",)))).tip
    assert equality.badge(Check(ours, (("a",), ("b", "c")))).kind == "good"
    assert equality.badge(Check(ours, (("a", "b"), ()))).kind == "bad"
    assert equality.badge(Check(ours, ours, trouble="The process ended.")).text == "Not checked"
    assert equality.badge(Check(ours, ours, pairs=True)).text == "Not checked"


def test_a_replay_is_compared_with_what_the_run_wrote_down() -> None:
    tiles = [Tile(picture(7), 0, 1, 0), Tile(picture(7), 0, 2, 0), Tile(picture(8), 0, 1, 0)]
    run = {(1, 7): "a", (1, 8): "c", (1, 9): "z"}
    assert equality.compared(run, tiles, ("a", "b", "c")) == (2, 2)
    assert equality.compared(run, tiles, ("a", "b", "x")) == (2, 1)
    ours = (("a", "b", "c"),)
    assert "The run wrote 2 of them down" in equality.badge(Check(ours, ours, recorded=(2, 2))).tip
    assert equality.badge(Check(ours, ours, recorded=(2, 1))).kind == "bad"


def test_recorded_samples_are_read_from_the_events_of_a_run(project: Path) -> None:
    run = RunFolder(add_run(project, "x").root)
    run.append(Sampled(epoch=1, ids=[5, -1, 6], digests=["a", "b", "c"]))
    run.append(Sampled(epoch=2, ids=[9], digests=["d"], renderer="torch"))
    written = state.recorded(run)
    assert written == {(1, 5): "a", (1, -1): "b", (1, 6): "c", (2, 9): ""}
    assert equality.gpu_trouble(written).startswith("This run saw what a GPU rendered")
    assert equality.gpu_trouble({(1, 5): "a"}) == equality.gpu_trouble({}) == ""
    assert state.first_of(written, 1, 0) == (5, 6)
    assert state.first_of(written, 3, 0) == ()


# --- model, strength, warnings ---


def test_verdicts_are_counted() -> None:
    judged = Judged(
        number=1, digests=["a", "b"], classes=["x", "y"], predicted=[1, 0], confidence=[0.9, 0.5], right=[True, False]
    )
    said = state.verdicts(judged)
    assert said == (Verdict("y", 0.9, True), Verdict("x", 0.5, False))
    tiles = [Tile(picture(1), 0, 1, 0), Tile(picture(1), 1, 1, 0)]
    by_tile, of_a = dict(enumerate(said)), {0: said[0]}
    one = [tiles[0], tiles[0]]
    assert state.verdict_facts(by_tile, one, "B") == (("Correct", "1 of 2"), ("Mean confidence", "0.70"))
    assert state.verdict_facts({}, one, "A") == (("Correct", "–"), ("Mean confidence", "–"))
    assert state.verdict_facts(by_tile, tiles, "AB") == (
        ("Correct", "A 1 · B 0 of 1"),
        ("Mean confidence", "0.90 · 0.50"),
    )
    assert state.verdict_facts(of_a, tiles, "AB")[1] == ("Mean confidence", "0.90 · –")


def test_the_strength_that_is_measured_is_the_one_touched_last() -> None:
    of = state.strength_of("augment.jitter.hue", Strength("rotation", "degrees"))
    assert of == Strength("jitter", "hue")
    assert of.head == "Accuracy against hue"
    assert state.strength_of("augment.jitter.probability", of) == of
    assert state.strength_of("augment.rotation.enabled", of) == Strength("rotation", "degrees")
    assert Strength("rotation", "degrees").head == "Accuracy against rotation"
    assert Strength("rotation", "degrees").unit == "°"
    assert state.strength_of("augment.invert.probability", of) == Strength("invert", "enabled")
    assert state.strength_of("augment.mixup.alpha", of) == of
    assert state.strength_of("augment.rules", of) == of


def point(strength: float) -> StrengthPoint:
    return StrengthPoint(operation="rotation", setting="degrees", strength=strength, accuracy=0.5, images=742)


def test_the_range_of_training_is_told_as_distance_where_it_has_two_signs() -> None:
    axis = [point(0), point(45), point(90)]
    turned = change(Recipe(), {"augment.rotation.degrees": (-20, 10)}).augment
    assert state.trained_range(turned, Strength("rotation", "degrees"), axis) == (0, 20)
    onesided = change(Recipe(), {"augment.rotation.degrees": (5, 120)}).augment
    assert state.trained_range(onesided, Strength("rotation", "degrees"), axis) == (5, 90)
    assert state.trained_range(Augment.none(), Strength("rotation", "degrees"), axis) is None
    assert state.trained_range(turned, Strength("rotation", "degrees"), []) is None
    scaled = change(Recipe(), {"augment.affine.scale": (0.9, 1.1)}).augment
    assert state.trained_range(scaled, Strength("affine", "scale"), [point(1 / 3), point(3)]) == (0.9, 1.1)
    assert state.strength_caption(axis, "x", True) == "Shaded: the range you train on. Validation images, 742."


def test_warnings_name_what_is_lost_and_clipped() -> None:
    none = np.zeros(0, np.int64)
    digits = Candidates(none, none, DIGITS)
    assert losses.warnings(Augment.none(), digits, None) == [("muted", "None.")]
    flipped = change(Recipe(), {"augment.horizontal_flip.enabled": True}).augment
    assert losses.warnings(flipped, digits, None)[0][1].startswith("Horizontal flip makes shapes that are no digits")
    counted = Candidates(none, none, ("shapes",), ("left", "right"))
    assert losses.warnings(flipped, counted, None)[0][1].startswith("Horizontal flip can make left right")
    told = losses.warnings(Augment.none(), digits, Outlook(1000, 0.031, "crop", 0.2))
    assert told == [
        ("warning", "3.1 % of samples lose over half of the visible area."),
        ("muted", "Widest cause: resized crop."),
        ("warning", "Colour changes cut off 20 % of the pixels to black or white."),
    ]
