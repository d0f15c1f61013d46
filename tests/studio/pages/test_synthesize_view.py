import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox, QSpinBox
from pytestqt.qtbot import QtBot

from core.errors import Error
from core.events import Event, Stage
from core.project import records, split
from core.project.store import Store
from core.recipe import Recipe, change, load
from core.synth import preview
from core.synth.preview import Bench, Scene, Sheet
from studio.pages.synthesize.view import SynthesizePage
from studio.widgets.slider import RangeSlider
from tests.studio.conftest import fill
from tests.studio.pages.conftest import Script, ScriptedSession

SMALL = {"data.image_size": 16, "synth.smallest": 16}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of 55 images of all digits and another class, of each in several groups, split."""
    root = tmp_path / "project"
    with Store.create(root) as store:
        fill(store, tmp_path / "photos", 55, 11)
        split.assign(store)
    return root


@pytest.fixture
def page(
    qtbot: QtBot, scripted: ScriptedSession, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[SynthesizePage]:
    monkeypatch.setenv("WILDSET_CACHE", str(tmp_path / "cache"))
    scripted.set_recipe(change(Recipe(), SMALL | {"synth.count": 60}))
    page = SynthesizePage(scripted)
    qtbot.addWidget(page)
    page.resize(1200, 700)
    page.show()
    yield page
    page.release()


def composed(qtbot: QtBot, page: SynthesizePage) -> Sheet:
    """Wait until the page has a sheet of the recipe as it is now."""
    page._sheet = None
    page.activate()
    qtbot.waitUntil(lambda: page._sheet is not None, timeout=10_000)
    assert page._sheet is not None
    return page._sheet


def expected(page: SynthesizePage, first: int = 0, count: int = 25) -> np.ndarray:
    store = page._session.store
    recipe = page._session.recipe
    scene = Scene(preview.survey(store), recipe, first, count, first, 1)
    sheet = next(iter(Bench().parts(store, scene)))
    assert isinstance(sheet, Sheet)
    return sheet.pixels


def test_the_page_shows_what_training_composes(qtbot: QtBot, page: SynthesizePage) -> None:
    sheet = composed(qtbot, page)
    assert np.array_equal(sheet.pixels, expected(page))
    assert page.centre.sheet.count() == 25
    assert page.centre.range() == "0 – 24 of 60"
    assert not page.centre.is_empty()
    qtbot.waitUntil(lambda: "Background" in page.details.stages.accessibleDescription(), timeout=5000)
    assert page.details.stages.accessibleDescription() == "Background, Digit, Composite, Epoch 1"
    assert page.details.facts.value("Number") == "0"
    assert page.details.facts.value("Digit").startswith("scikit-learn digit")
    qtbot.waitUntil(lambda: len(page.centre.sheet._tooltips) == 25, timeout=5000)
    assert "Background:" in page.centre.sheet._tooltips[0]


def test_a_slider_changes_the_recipe_and_the_composites(
    qtbot: QtBot, page: SynthesizePage, scripted: ScriptedSession
) -> None:
    before = composed(qtbot, page).pixels
    slider = page.controls.rows["synth.rotation"].control
    assert isinstance(slider, RangeSlider)
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    assert scripted.recipe.synth.rotation == (-180, 10)
    qtbot.waitUntil(lambda: page._sheet is not None and not np.array_equal(page._sheet.pixels, before), timeout=10_000)
    assert page._sheet is not None
    assert np.array_equal(page._sheet.pixels, expected(page))
    assert page.controls.rows["synth.rotation"].words() == "−180° – 10°"
    assert page.controls.rows["synth.rotation"].title.text() == "Rotation •"
    qtbot.mouseDClick(page.controls.rows["synth.rotation"].title, Qt.MouseButton.LeftButton)
    assert scripted.recipe.synth.rotation == (-10, 10)
    assert page.controls.rows["synth.rotation"].title.text() == "Rotation"


def test_a_recipe_chosen_elsewhere_is_shown(qtbot: QtBot, page: SynthesizePage, scripted: ScriptedSession) -> None:
    composed(qtbot, page)
    scripted.set_recipe(change(scripted.recipe, {"synth.ink": "contrast", "synth.match_blur": True, "synth.count": 7}))
    rows = page.controls.rows
    assert (rows["synth.ink"].control.value(), rows["synth.match_blur"].control.value()) == ("contrast", True)
    assert page.controls.count.field.value() == 7
    qtbot.waitUntil(lambda: page.centre.sheet.count() == 7, timeout=10_000)
    assert page.centre.range() == "0 – 6 of 7"


def test_contrast_counts_for_contrasting_ink_only(page: SynthesizePage, scripted: ScriptedSession) -> None:
    row = page.controls.rows["synth.contrast"]
    assert not row._widget.isEnabled()
    assert row._widget.toolTip() == "Counts only for contrasting ink."
    choice = page.controls.rows["synth.ink"]._widget
    assert isinstance(choice, QComboBox)
    choice.setCurrentText("contrast")
    assert scripted.recipe.synth.ink == "contrast"
    assert row._widget.isEnabled()


def test_the_next_composites_by_number(qtbot: QtBot, page: SynthesizePage, scripted: ScriptedSession) -> None:
    composed(qtbot, page)
    page.centre._next.click()
    qtbot.waitUntil(lambda: page._sheet is not None and page._sheet.first == 25, timeout=10_000)
    page.centre._next.click()
    qtbot.waitUntil(lambda: page.centre.sheet.count() == 10, timeout=10_000)
    assert page.centre.range() == "50 – 59 of 60"
    assert not page.centre._next.isEnabled()
    assert page._sheet is not None
    assert np.array_equal(page._sheet.pixels, expected(page, 50, 10))
    page.centre.sheet.chosen.emit(3)
    qtbot.waitUntil(lambda: page.details.facts.value("Number") == "53", timeout=10_000)
    scripted.set_recipe(change(scripted.recipe, {"synth.count": 30}))
    qtbot.waitUntil(lambda: page.centre.range() == "25 – 29 of 30", timeout=10_000)
    page.centre._back.click()
    assert page.centre.range() == "0 – 24 of 30"


def test_another_epoch_is_augmented_anew(qtbot: QtBot, page: SynthesizePage) -> None:
    composed(qtbot, page)
    page.details.epoch.setValue(3)
    qtbot.waitUntil(lambda: page.details.stages.accessibleDescription().endswith("Epoch 3"), timeout=10_000)
    assert page.details.stages.toolTip().startswith("Augmentation in epoch 3:")


def test_mnist_is_downloaded_when_it_is_not_there(
    qtbot: QtBot, page: SynthesizePage, scripted: ScriptedSession
) -> None:
    composed(qtbot, page)
    page.controls.stamps.chosen.emit("mnist")
    assert scripted.recipe.synth.stamps == "mnist"
    assert page.centre.is_empty()
    assert page.centre.empty.accessibleName().startswith("MNIST is not on this computer yet.")
    assert not page.controls.export.isEnabled()
    go = threading.Event()

    def script() -> Script:
        while not go.wait(0.01):
            yield Stage(title="Downloading", total=4, unit="bytes")
        raise Error("train-images could not be downloaded (no connection).", "Check the connection and try again.")

    told: list[Any] = []
    scripted.problem.connect(told.append)
    scripted.scripts.script = script
    page.centre.empty._button.click()
    assert scripted.scripts.asked == [["synth", "download"]]
    assert page.centre.empty.accessibleName().startswith("MNIST is being downloaded.")
    assert page.controls.stamps.progress.isVisible()
    go.set()
    qtbot.waitUntil(lambda: bool(told), timeout=10_000)
    assert "Check the connection" in told[0].hint
    qtbot.waitUntil(lambda: not page.controls.stamps.progress.isVisible(), timeout=10_000)
    assert page.centre.empty.accessibleName().startswith("MNIST is not on this computer yet.")


def test_no_background_is_large_enough(qtbot: QtBot, page: SynthesizePage, scripted: ScriptedSession) -> None:
    composed(qtbot, page)
    scripted.set_recipe(change(scripted.recipe, {"synth.smallest": 900}))
    qtbot.waitUntil(page.centre.is_empty, timeout=10_000)
    assert "No training image has a shorter side of 900 px" in page.centre.empty.accessibleName()
    assert page.details.stages.accessibleDescription() == ""
    scripted.set_recipe(change(scripted.recipe, {"synth.smallest": 16}))
    qtbot.waitUntil(lambda: not page.centre.is_empty(), timeout=10_000)


def test_a_folder_that_is_gone_gives_way_to_other_digits(
    qtbot: QtBot, page: SynthesizePage, scripted: ScriptedSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    composed(qtbot, page)
    monkeypatch.setattr(page.ask, "folder", lambda title: tmp_path / "digits")
    page.controls.folder_asked.emit()
    qtbot.waitUntil(page.centre.is_empty, timeout=10_000)
    assert page.controls.stamps.names.currentText() == "digits"
    page.centre.empty._button.click()
    assert scripted.recipe.synth.stamps == "scikit-learn"
    qtbot.waitUntil(lambda: not page.centre.is_empty(), timeout=10_000)


def test_a_project_without_a_split_is_split_from_here(
    qtbot: QtBot, page: SynthesizePage, scripted: ScriptedSession
) -> None:
    scripted.undo()
    page.activate()
    qtbot.waitUntil(lambda: page._ground is not None, timeout=10_000)
    assert page.centre.empty.accessibleName().startswith("No images are chosen for training yet.")
    page.centre.empty._button.click()
    assert records.counts(scripted.store).splits["train"]
    qtbot.waitUntil(lambda: not page.centre.is_empty() and page.centre.sheet.count() == 25, timeout=10_000)


def test_without_digit_classes_core_says_so(qtbot: QtBot, page: SynthesizePage, tmp_path: Path) -> None:
    with Store.create(tmp_path / "three") as store:
        fill(store, tmp_path / "more", 12, 3)
        split.assign(store)
    recipe = page._session.recipe
    page._session.open(tmp_path / "three")
    page._session.set_recipe(recipe)
    page.activate()
    qtbot.waitUntil(lambda: page.centre.is_empty(), timeout=10_000)
    qtbot.waitUntil(lambda: "no class" in page.centre.empty.accessibleName(), timeout=10_000)


def test_a_comparison_becomes_a_figure_and_a_plot(
    qtbot: QtBot, page: SynthesizePage, scripted: ScriptedSession
) -> None:
    composed(qtbot, page)
    id = int(records.columns(scripted.store).ids[0])
    points = [{"id": id, "x": 0.0, "y": 1.0}, {"id": -6, "x": 2.0, "y": 0.0}]

    def script() -> Script:
        yield Stage(title="Comparing them")
        return {"accuracy": 0.783, "points": points}

    scripted.scripts.script = script
    assert not page.centre.as_plot.isEnabled()
    page.details.compare.click()
    (asked,) = scripted.scripts.asked
    assert asked[:2] == ["synth", "realism"]
    assert load(Path(asked[asked.index("--recipe") + 1])) == scripted.recipe
    qtbot.waitUntil(
        lambda: page.details.figure.accessibleName() == "Told apart from real images: 78.3 %", timeout=10_000
    )
    assert page.centre.as_plot.isChecked()
    assert page.centre.plot.scatter.accessibleDescription() == "points: real 1, synthetic 1"
    glimpse = page.centre.plot.glimpse
    for point, words in ((0, records.image(scripted.store, id).name), (1, "synthetic 5")):
        page.centre.plot.scatter.hovered.emit(point)
        qtbot.waitUntil(lambda w=words: w in glimpse.accessibleDescription(), timeout=10_000)
    page.centre.plot.scatter.hovered.emit(-1)
    assert glimpse.accessibleDescription() == "Point at a dot to see its image."
    page._edit("synth.rotation", (0.0, 1.0))
    assert "changed since" in page.details.figure.accessibleDescription()


def test_a_comparison_can_be_stopped(qtbot: QtBot, page: SynthesizePage, scripted: ScriptedSession) -> None:
    composed(qtbot, page)

    def script() -> Iterator[Event]:
        while True:
            threading.Event().wait(0.01)
            yield Stage(title="Comparing them")

    scripted.scripts.script = script  # type: ignore[assignment]
    page.details.compare.click()
    assert page.details.compare.text() == "Stop comparing"
    page.details.compare.click()
    qtbot.waitUntil(lambda: page.details.compare.text() == "Compare with real images", timeout=10_000)
    assert page.details.figure.accessibleName().endswith("–")


def test_a_comparison_of_another_project_is_not_shown(
    qtbot: QtBot, page: SynthesizePage, scripted: ScriptedSession
) -> None:
    composed(qtbot, page)
    go = threading.Event()

    def script() -> Script:
        yield Stage(title="Comparing them")
        go.wait(10)
        return {"accuracy": 0.783, "points": []}

    scripted.scripts.script = script
    page.details.compare.click()
    scripted.close()
    go.set()
    qtbot.waitUntil(lambda: not scripted.jobs.running, timeout=10_000)
    assert page.details.figure.accessibleName().endswith("–")
    assert page.details.compare.text() == "Compare with real images"


def test_the_export_is_a_job_into_a_folder_of_its_own(
    qtbot: QtBot, page: SynthesizePage, scripted: ScriptedSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    composed(qtbot, page)
    monkeypatch.setattr(page.ask, "folder", lambda title: tmp_path)

    def script() -> Script:
        yield Stage(title="Writing")
        return {"folder": "", "count": 60}

    scripted.scripts.script = script
    page.controls.export.click()
    (asked,) = scripted.scripts.asked
    assert asked[:3] == ["synth", "export", str(tmp_path / "synthetic-run")]
    qtbot.waitUntil(page.centre.bar.isVisible, timeout=10_000)
    assert page.centre.bar.accessibleName() == "good: 60 synthetic images were written."
    scripted.set_recipe(change(scripted.recipe, {"synth.count": 0}))
    assert not page.controls.export.isEnabled()


def test_a_project_that_is_only_read_is_no_trouble(
    qtbot: QtBot, page: SynthesizePage, scripted: ScriptedSession
) -> None:
    root, recipe = scripted.root, scripted.recipe
    scripted.close()
    assert page.centre.is_empty()
    with Store.open(root):
        scripted.open(root)
        scripted.set_recipe(recipe)
        assert not scripted.writable
        assert len(composed(qtbot, page).pixels) == 25


def test_every_control_has_a_tooltip_and_a_name(qtbot: QtBot, page: SynthesizePage) -> None:
    composed(qtbot, page)
    for part in page.findChildren(QAbstractButton):
        if part.isVisible() and not isinstance(part.parent(), QSpinBox):
            assert part.toolTip(), part.text()
            assert part.accessibleName() or part.text()
    for row in page.controls.rows.values():
        assert row._widget.toolTip()
        assert row._widget.accessibleName()
