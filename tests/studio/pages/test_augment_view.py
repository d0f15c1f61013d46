import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QPlainTextEdit,
    QSpinBox,
)
from pytestqt.qtbot import QtBot

from core import recipe as recipes
from core.augment.preview import Prints, Sheet
from core.augment.sample import digest, samples
from core.errors import Error
from core.events import Judged, Progress, Sampled, StrengthPoint
from core.images.packed import load_square
from core.project import records
from core.project.store import Store
from core.recipe import Augment, change
from studio.jobs import ScanWork
from studio.pages.augment import checking
from studio.pages.augment.checking import Checker
from studio.pages.augment.view import AugmentPage
from studio.widgets.slider import RangeSlider
from tests.studio.pages.conftest import Script, ScriptedSession, add_run, focus_when_shown


@pytest.fixture(autouse=True)
def _no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """The companion needs torch and seconds; these tests answer in its place. `test_companion_…` has the real one."""
    monkeypatch.setattr(Checker, "_ask", lambda self: None)


@pytest.fixture
def page(qtbot: QtBot, scripted: ScriptedSession) -> Iterator[AugmentPage]:
    scripted.set_recipe(change(recipes.find("wild-digits"), {"data.image_size": 32, "schedule.epochs": 40}))
    page = AugmentPage(scripted)
    qtbot.addWidget(page)
    page.resize(1036, 640)
    page.show()
    page.activate()
    yield page
    page.release()


def shown(qtbot: QtBot, page: AugmentPage) -> Sheet:
    """The sheet of the latest scene, with all that comes after it."""
    with qtbot.waitSignal(
        page._worker.arrived,  # type: ignore[union-attr]
        timeout=5000,
        check_params_cb=lambda _, part: isinstance(part, Prints),
    ):
        page._render()
    assert page._sheet is not None
    return page._sheet


def settle(qtbot: QtBot, page: AugmentPage) -> Sheet:
    qtbot.waitUntil(lambda: page._session.reader.idle and bool(page._pictures), timeout=5000)
    return shown(qtbot, page)


def answer(page: AugmentPage, digests: list[str] | None = None, **said: Any) -> None:
    """As if the companion had answered the request at hand."""
    checker = page._checker
    assert checker is not None
    tiles, request = checker._waiting[0]
    ours = checker.check.ours[len(checker.check.theirs)]
    assert len(request["ids"]) == len(tiles)
    checker._heard([Judged(number=request["number"], digests=list(ours) if digests is None else digests, **said)])


def test_it_shows_one_image_of_each_class_at_several_epochs(qtbot: QtBot, page: AugmentPage) -> None:
    sheet = settle(qtbot, page)
    assert [tile.label for tile in sheet.tiles[:: sheet.columns]] == [0, 1, 2]
    assert [tile.epoch for tile in sheet.tiles[: sheet.columns]] == list(range(1, sheet.columns + 1))
    assert page.samples.samples.sheet.count() == len(sheet.tiles)
    assert page.samples.speed.text().startswith(f"{len(sheet.tiles)} samples in ")
    assert next(iter(page.samples.strip.labels())) == "Original"
    assert page.findings.sample_head.text() == f"Image {sheet.tiles[0].picture.id}, epoch 1"


def test_moving_a_slider_changes_the_recipe_of_the_session_and_the_samples(qtbot: QtBot, page: AugmentPage) -> None:
    settle(qtbot, page)
    before = page.findings.happened.texts()
    slider = page.controls.rows["rotation"].knob("augment.rotation.degrees")
    assert isinstance(slider, RangeSlider)
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_PageDown)
    assert page._session.recipe.augment.rotation.degrees == (-20, 10)
    assert page.controls.rows["rotation"].words() == "−20° – 10°"
    shown(qtbot, page)
    assert before[0] == page.findings.happened.texts()[0] == "Rotation"
    assert before[1] != page.findings.happened.texts()[1]
    assert page.findings.strength_head.text() == "Accuracy against rotation"


def test_another_page_may_change_the_recipe_too(qtbot: QtBot, page: AugmentPage) -> None:
    settle(qtbot, page)
    page._session.set_recipe(change(page._session.recipe, {"augment.jitter.enabled": False, "seed": 7}))
    assert not page.controls.rows["jitter"].switch.isChecked()
    assert page.samples.seed.value() == 7
    assert page.controls.rows["jitter"].words() == "off"


def test_the_tab_key_goes_from_an_operation_to_its_settings_and_on_to_the_next(qtbot: QtBot, page: AugmentPage) -> None:
    settle(qtbot, page)
    page.edit("augment.blur.enabled", True)
    page.controls.rows["blur"].more.click()
    widget, met = page.controls.rows["blur"].only, list[str]()
    while widget is not page.controls.rows["motion"].switch:
        widget = widget.nextInFocusChain()
        if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            met.append(widget.accessibleName())
    settings = ["Gaussian blur: sigma", "Gaussian blur: kernel", "Gaussian blur: probability"]
    assert [name for name in met if name in settings] == settings


def test_the_seed_of_the_recipe_can_be_chosen_here(qtbot: QtBot, page: AugmentPage) -> None:
    settle(qtbot, page)
    before = page.findings.happened.texts()
    page.samples.seed.setValue(123_456)
    assert page._session.recipe.seed == 123_456
    shown(qtbot, page)
    assert page.samples.seed.value() == 123_456
    assert page.findings.happened.texts() != before


@pytest.mark.parametrize("most", [9, 10_000])
def test_the_last_epoch_fits_its_field(qtbot: QtBot, page: AugmentPage, most: int) -> None:
    settle(qtbot, page)
    page._session.set_recipe(change(page._session.recipe, {"schedule.epochs": most}))
    page.samples.epoch.setValue(most)
    line = page.samples.epoch.lineEdit()
    assert line.fontMetrics().horizontalAdvance(line.text()) <= line.width()


def test_pairs_are_not_said_to_show_where_nothing_mixes(qtbot: QtBot, page: AugmentPage) -> None:
    settle(qtbot, page)
    page.edit("augment.mixup.enabled", True)
    page.samples.pairs.click()
    assert page.samples.pairs.isChecked()
    page.edit("augment.mixup.enabled", False)
    assert not page.samples.pairs.isChecked()
    assert not page.samples.pairs.isEnabled()


def test_a_double_click_on_a_title_gives_an_operation_back(qtbot: QtBot, page: AugmentPage) -> None:
    settle(qtbot, page)
    page.controls.preset_chosen.emit("wild-digits")
    page.edit("augment.rotation.degrees", (-90, 90))
    page.edit("augment.rotation.probability", 0.5)
    title = page.controls.rows["rotation"]._title
    assert title.text() == "Rotation •"
    QTest.mouseDClick(title, Qt.MouseButton.LeftButton)
    assert page._session.recipe.augment == recipes.find("wild-digits").augment
    assert title.text() == "Rotation"


def test_reset_all_goes_back_to_where_it_started(qtbot: QtBot, page: AugmentPage) -> None:
    settle(qtbot, page)
    page.controls.preset_chosen.emit("mnist-w-resnet18")
    assert page._session.recipe.augment == recipes.find("mnist-w-resnet18").augment
    page.edit("augment.blur.enabled", False)
    changed = page._session.recipe.augment
    assert page.controls.undo_all.text() == "Reset all"
    page.controls.undo_all.click()
    assert page._session.recipe.augment == recipes.find("mnist-w-resnet18").augment
    assert page._session.recipe.data.image_size == 32
    assert page.controls.undo_all.text() == "Undo"
    page.controls.undo_all.click()
    assert page._session.recipe.augment == changed
    assert page.controls.undo_all.text() == "Reset all"


def test_choosing_another_start_can_be_undone_until_the_next_edit(qtbot: QtBot, page: AugmentPage) -> None:
    settle(qtbot, page)
    page.edit("augment.rotation.degrees", (-3, 3))
    page.controls.preset_chosen.emit("mnist-w-resnet18")
    page.controls.undo_all.click()
    assert page._session.recipe.augment.rotation.degrees == (-3, 3)
    assert page.controls.presets.currentData() == "wild-digits"
    page.controls.preset_chosen.emit("mnist-w-resnet18")
    page.edit("augment.rotation.degrees", (-5, 5))
    assert page.controls.undo_all.text() == "Reset all"


def test_a_refused_value_is_explained_and_changes_nothing(qtbot: QtBot, page: AugmentPage) -> None:
    settle(qtbot, page)
    before = page._session.recipe
    page.controls.rules.setPlainText("no horizontal flip for 1")
    assert page._session.recipe == before
    assert page.controls.refusal("augment.rules").startswith("The rule “no horizontal flip for 1” is of none")
    page.controls.rules.setPlainText("no horizontal_flip for 1")
    assert page.controls.refusal("augment.rules") == ""
    assert page._session.recipe.augment.rules == "no horizontal_flip for 1"
    page.edit("augment.padded_crop.window", 3.0)
    assert page.controls.refusal("augment.padded_crop.window").startswith("The window should be at most 1.25")


def test_one_operation_alone(qtbot: QtBot, page: AugmentPage) -> None:
    settle(qtbot, page)
    page.controls.rows["invert"].only.click()
    assert [recipe.augment for recipe in page._recipes()] != [page._session.recipe.augment]
    assert page._session.recipe.augment.rotation.used
    shown(qtbot, page)
    page.controls.rows["invert"].only.click()
    assert [recipe.augment for recipe in page._recipes()] == [page._session.recipe.augment]


def test_a_and_b_side_by_side(qtbot: QtBot, page: AugmentPage) -> None:
    settle(qtbot, page)
    page.controls.letters["B"].click()
    page.edit("augment.noise.enabled", True)
    page.controls.both.click()
    sheet = shown(qtbot, page)
    assert sheet.columns == 6
    assert list(page.samples.samples.labels()) == ["A 1", "A 2", "A 3", "B 1", "B 2", "B 3"]
    page.controls.letters["A"].click()
    assert not page._session.recipe.augment.noise.enabled
    page.controls.letters["B"].click()
    assert page._session.recipe.augment.noise.enabled


def test_equal_to_training_needs_an_answer(qtbot: QtBot, page: AugmentPage) -> None:
    sheet = settle(qtbot, page)
    assert page.samples.badge.text() == "Checking…"
    answer(page)
    assert page.samples.badge.text() == "✓ Equal to training"
    page.edit("augment.noise.enabled", True)
    assert page.samples.badge.text() != "Not equal"
    shown(qtbot, page)
    assert page.samples.badge.text() == "Checking…"
    answer(page, ["0" * 16] * len(sheet.tiles))
    assert page.samples.badge.text() == "Not equal"
    page.edit("augment.noise.enabled", False)
    shown(qtbot, page)
    answer(page, [], problem="There is no image 3 in this project.")
    assert page.samples.badge.text() == "Not checked"
    assert page.samples.badge.toolTip() == "There is no image 3 in this project."


def test_both_halves_are_compared(qtbot: QtBot, page: AugmentPage) -> None:
    settle(qtbot, page)
    page.controls.both.click()
    shown(qtbot, page)
    answer(page)
    assert page.samples.badge.text() == "Checking…"
    answer(page)
    assert page.samples.badge.text() == "✓ Equal to training"


def test_choosing_a_tile_keeps_the_comparison(qtbot: QtBot, page: AugmentPage) -> None:
    settle(qtbot, page)
    answer(page)
    page.samples.samples.sheet.chosen.emit(7)
    shown(qtbot, page)
    assert page.samples.badge.text() == "✓ Equal to training"
    assert page._sheet is not None
    tile = page._sheet.tiles[7]
    assert page.findings.sample_head.text() == f"Image {tile.picture.id}, epoch {tile.epoch}"


def test_a_run_judges_what_is_seen(qtbot: QtBot, page: AugmentPage, project: Path) -> None:
    add_run(project, "good")
    page.activate()
    sheet = settle(qtbot, page)
    page.findings.model_chosen.emit("00-good")
    shown(qtbot, page)
    assert page._checker is not None
    assert page._checker._waiting[0][1]["run"] == "00-good"
    count = len(sheet.tiles)
    right = [n % 2 == 0 for n in range(count)]
    answer(page, classes=["0", "1", "2"], predicted=[2] * count, confidence=[0.5] * count, right=right)
    assert page.findings.facts.value("Correct") == f"{sum(right)} of {count}"
    assert page.findings.facts.value("Mean confidence") == "0.50"
    assert page.samples.samples.sheet._badges[1] == "0→2 0.50"
    assert page.samples.badge.text() == "✓ Equal to training"


def test_a_model_that_cannot_be_asked_does_not_stop_the_comparison(
    qtbot: QtBot, page: AugmentPage, project: Path
) -> None:
    add_run(project, "old")
    page.activate()
    settle(qtbot, page)
    page.findings.model_chosen.emit("00-old")
    shown(qtbot, page)
    answer(page, [], problem="The checkpoint is damaged.")
    answer(page)
    assert page.samples.badge.text() == "✓ Equal to training"
    assert page.findings.model_trouble.text() == "The checkpoint is damaged."


def test_a_replay_shows_what_the_run_saw(qtbot: QtBot, page: AugmentPage, project: Path) -> None:
    run = add_run(project, "past", epochs=2, planned=9)
    with Store.open(project, write=False) as store:
        (image,) = records.images(store, [4])
    recipe = run.recipe()
    stored = load_square(image.path, recipe.data.training_side)[None]
    made, _ = samples(stored, np.array([4]), np.array([0]), ("0", "1", "2"), recipe, 1)
    run.append(Sampled(epoch=1, ids=[4], digests=[digest(made[0])]))
    page.activate()
    settle(qtbot, page)
    page.samples.run_chosen.emit(run.name)
    qtbot.waitUntil(lambda: [picture.id for picture in page._pictures] == [4], timeout=5000)
    sheet = shown(qtbot, page)
    assert [tile.epoch for tile in sheet.tiles] == [1, 2, 3]
    answer(page)
    assert "The run wrote 1 of them down" in page.samples.badge.toolTip()
    assert not page.controls.rows["rotation"].switch.isEnabled()
    assert not page.samples.seed.isEnabled()
    page.samples.run_chosen.emit("")
    settle(qtbot, page)
    assert page.controls.rows["rotation"].switch.isEnabled()
    assert page.samples.which.currentData() == "classes"


def test_mixed_pairs_show_both_labels(qtbot: QtBot, page: AugmentPage) -> None:
    settle(qtbot, page)
    assert not page.samples.pairs.isEnabled()
    page.edit("augment.mixup.enabled", True)
    page.samples.pairs.click()
    sheet = shown(qtbot, page)
    assert all(tile.mixing for tile in sheet.tiles)
    assert " % + " in page.samples.samples.sheet._badges[0]
    assert page.samples.badge.text() == "Not checked"


def test_images_of_the_selection_and_single_ones(qtbot: QtBot, page: AugmentPage) -> None:
    settle(qtbot, page)
    page.samples.which_chosen.emit("selection")
    qtbot.waitUntil(page.samples.is_empty, timeout=5000)
    assert page.samples.empty.accessibleName().startswith("No image is selected.")
    page._session.select([5, 9])
    qtbot.waitUntil(lambda: len(page._pictures) == 2, timeout=5000)
    assert [tile.picture.id for tile in shown(qtbot, page).tiles][:1] == [5]
    page.samples.id_chosen.emit(11)
    qtbot.waitUntil(lambda: len(page._pictures) == 1, timeout=5000)
    sheet = shown(qtbot, page)
    assert {tile.picture.id for tile in sheet.tiles} == {11}
    assert [tile.epoch for tile in sheet.tiles] == list(range(1, len(sheet.tiles) + 1))
    assert len(sheet.tiles) == 5 * page._columns
    page.samples.id_chosen.emit(999)
    qtbot.waitUntil(page.samples.is_empty, timeout=5000)


def test_epochs_can_be_gone_through(qtbot: QtBot, page: AugmentPage) -> None:
    settle(qtbot, page)
    page.samples.scrub.setValue(38)
    sheet = shown(qtbot, page)
    assert [tile.epoch for tile in sheet.tiles[: sheet.columns]] == [38, 39, 40]
    page.samples._before.click()
    assert page.samples.epoch.value() == 37


def test_an_image_that_cannot_be_read_is_named(qtbot: QtBot, page: AugmentPage) -> None:
    settle(qtbot, page)
    page._pictures[0].path.write_bytes(b"")
    page._worker._shelf._kept.clear()  # type: ignore[union-attr]
    sheet = shown(qtbot, page)
    assert len({tile.picture.id for tile in sheet.tiles}) == 2
    assert "could not be read" in page.samples.trouble.text()


def test_a_recipe_that_the_classes_refuse_is_told(qtbot: QtBot, page: AugmentPage) -> None:
    settle(qtbot, page)
    page.edit("augment.horizontal_flip.enabled", True)
    page.edit("augment.rules", "horizontal_flip turns 1 into left")
    qtbot.waitUntil(lambda: "there is no class left" in page.samples.trouble.text(), timeout=5000)
    assert not page.samples.samples.isEnabled()
    assert page.samples.badge.text() == "Not checked"
    page.edit("augment.rules", "")
    shown(qtbot, page)
    assert page.samples.samples.isEnabled()


def test_accuracy_against_strength_is_measured_and_can_be_stopped(
    qtbot: QtBot, page: AugmentPage, scripted: ScriptedSession, project: Path
) -> None:
    add_run(project, "good")
    page.activate()
    settle(qtbot, page)
    assert not page.findings.measure.isEnabled()
    page.findings.model_chosen.emit("00-good")
    go = threading.Event()

    def script() -> Script:
        yield StrengthPoint(operation="rotation", setting="degrees", strength=0, accuracy=0.9, images=50)
        yield StrengthPoint(operation="rotation", setting="degrees", strength=90, accuracy=0.4, images=50)
        while not go.wait(0.01):
            yield Progress(done=100, total=450)
        return None

    scripted.scripts.script = script
    page.findings.measure.click()
    (asked,) = scripted.scripts.asked
    assert asked[:5] == ["augment", "strength", "00-good", "-p", str(project)]
    assert asked[5:9] == ["--operation", "rotation", "--setting", "degrees"]
    assert recipes.load(Path(asked[10])).augment == page._session.recipe.augment
    qtbot.waitUntil(lambda: "Validation images, 50." in page.findings.caption.text(), timeout=5000)
    assert page.findings.caption.text().startswith("Shaded: the range you train on.")
    assert page.findings.measure.text() == "Stop"
    page.findings.measure.click()
    qtbot.waitUntil(lambda: page.findings.measure.text() == "Measure", timeout=5000)
    assert "0.90" in page.findings.plot.accessibleDescription()
    page.edit("augment.noise.enabled", True)
    assert page.findings.plot.accessibleDescription() == "nothing yet"


def test_it_only_reads_so_a_read_only_project_works(qtbot: QtBot, page: AugmentPage, project: Path) -> None:
    session = page._session
    other = session.root
    with Store.open(other, write=False):
        session._store.close()  # type: ignore[union-attr]
        session._store = Store.open(other, write=False)
        session.access_changed.emit()
    assert not session.writable
    settle(qtbot, page)
    page.edit("augment.noise.enabled", True)
    assert len(shown(qtbot, page).tiles) > 0


def test_without_a_project_it_says_what_will_be_here(qtbot: QtBot, page: AugmentPage) -> None:
    settle(qtbot, page)
    page._session.close()
    assert page.samples.is_empty()
    assert page._worker is None
    page.activate()


def test_every_control_has_a_tooltip_and_a_name(qtbot: QtBot, page: AugmentPage) -> None:
    settle(qtbot, page)
    for kind in (QAbstractButton, QComboBox, QSpinBox, QPlainTextEdit):
        for control in page.findChildren(kind):
            if control.isVisibleTo(page):
                assert control.toolTip(), control
                assert control.accessibleName() or control.property("text"), control


def test_release_ends_the_thread(qtbot: QtBot, page: AugmentPage) -> None:
    settle(qtbot, page)
    names = {thread.name for thread in threading.enumerate()}
    assert "preview" in names
    page.release()
    assert "preview" not in {thread.name for thread in threading.enumerate()}


def test_none_is_a_start_too(qtbot: QtBot, page: AugmentPage) -> None:
    settle(qtbot, page)
    page._session.set_recipe(page._session.recipe.model_copy(update={"augment": Augment.none()}))
    shown(qtbot, page)
    assert page.findings.happened.texts() == ["Nothing happens to this sample."]


def test_a_child_that_keeps_failing_is_not_started_for_ever(
    qtbot: QtBot, page: AugmentPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []

    def work(arguments: list[str]) -> ScanWork:
        started.append(arguments)

        def fail() -> Script:
            yield Progress(done=0)
            raise Error("There is no torch.", "Run make setup.")

        return ScanWork(fail)

    monkeypatch.undo()
    monkeypatch.setattr(checking, "ChildWork", work)
    settle(qtbot, page)
    for noise in (0.1, 0.2, 0.3):
        page.edit("augment.noise.sigma", (0.0, noise))
        page.edit("augment.noise.enabled", True)
        shown(qtbot, page)
        qtbot.waitUntil(lambda: page.samples.badge.text() == "Not checked", timeout=5000)
    assert page.samples.badge.toolTip() == "There is no torch. Run make setup."
    assert len(started) == 2
    assert started[0][:2] == ["augment", "companion"]


def test_no_choice_has_the_focus_when_the_page_is_first_shown(qtbot: QtBot, page: AugmentPage) -> None:
    focused = focus_when_shown(qtbot, page)
    assert focused is page or page.isAncestorOf(focused)
    assert not isinstance(focused, QComboBox)
