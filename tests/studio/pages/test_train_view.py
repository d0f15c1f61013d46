import threading
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from core.errors import Error
from core.events import RunEnded, Stage, Step
from core.project import records, split
from core.recipe import change, find
from studio.pages.train.measuring import Measurer
from studio.pages.train.recipes import Recipes
from studio.pages.train.view import TrainPage
from tests.studio.pages.conftest import (
    Script,
    ScriptedSession,
    add_run,
    epoch_ended,
    focus_when_shown,
    recipe_of,
    run_started,
)


@pytest.fixture
def page(qtbot: QtBot, scripted: ScriptedSession, monkeypatch: pytest.MonkeyPatch) -> TrainPage:
    monkeypatch.setattr(Recipes, "_check_devices", lambda self: None)
    monkeypatch.setattr(Measurer, "_send", lambda self: None)
    page = TrainPage(scripted)
    qtbot.addWidget(page, before_close_func=TrainPage.release)
    page.resize(1036, 640)
    page.show()
    return page


def settle(qtbot: QtBot, page: TrainPage) -> None:
    qtbot.waitUntil(lambda: page._session.reader.idle, timeout=5000)


def button(page: TrainPage, text: str) -> QPushButton:
    (found,) = [b for b in page.findChildren(QPushButton) if b.text() == text and b.isVisibleTo(page)]
    return found


def test_without_a_split_the_page_offers_to_make_one(qtbot: QtBot, page: TrainPage, scripted: ScriptedSession) -> None:
    page.activate()
    settle(qtbot, page)
    assert page.course.is_empty()
    assert not button(page, "Start").isEnabled()
    assert "No images are chosen for training yet." in button(page, "Start").toolTip()
    button(page, "Split now").click()
    settle(qtbot, page)
    counts = records.counts(scripted.store)
    assert counts.splits["train"] + counts.splits["val"] == 30
    assert len([b for b in page.findChildren(QPushButton) if b.text() == "Start" and b.isEnabled()]) == 1
    scripted.undo()
    settle(qtbot, page)
    assert page.course.empty.accessibleName().startswith("No images are chosen for training yet.")


def test_a_run_is_followed_from_start_to_end(
    qtbot: QtBot, page: TrainPage, scripted: ScriptedSession, project: Path
) -> None:
    go = threading.Event()

    def script() -> Script:
        run = add_run(project, "demo", epochs=0, status="")
        yield run.append(run_started(run.name))
        yield run.append(epoch_ended(1, 0.5))
        yield Step(epoch=2, step=1, loss=0.1, learning_rate=5e-4, images_per_second=1900)
        while not go.wait(0.01):
            yield Step(epoch=2, step=1, loss=0.1, learning_rate=5e-4, images_per_second=1900)
        yield run.append(epoch_ended(2, 0.8))
        yield run.append(RunEnded(run=run.name, status="completed", best_epoch=2, best_accuracy=0.8))
        return {"run": run.name}

    scripted.do(split.assign)
    scripted.scripts.script = script
    page.activate()
    settle(qtbot, page)
    scripted.set_recipe(change(scripted.recipe, {"name": "demo"}))
    page.start()
    qtbot.waitUntil(lambda: page.results.best.accessibleName() == "Best so far: 50.0 %", timeout=5000)
    qtbot.waitUntil(lambda: "images/s" in page.course.line(), timeout=5000)
    assert page.course.state() == "Running"
    assert page.course.line().startswith("epoch 2 of 12 · 1,900 images/s · ")
    assert page.results.facts.value("Learning rate") == "5.0e-4"
    assert page.results.sources.worst() == "meter"
    assert page.course.runs.currentData() == "00-demo"
    assert not [b for b in page.findChildren(QPushButton) if b.text() == "Start" and b.isVisibleTo(page)]
    (asked,) = scripted.scripts.asked
    assert asked[:3] == ["train", "-p", str(project)]
    assert recipe_of(project).name == "demo"
    button(page, "Pause").click()
    assert page.course.state() == "Paused"
    button(page, "Resume").click()
    go.set()
    qtbot.waitUntil(lambda: page.course.state() == "Completed", timeout=5000)
    assert page.results.best.accessibleName() == "Best so far: 80.0 %"
    assert button(page, "Start").isEnabled()


def test_stop_and_keep_leaves_a_run_that_can_be_resumed(
    qtbot: QtBot, page: TrainPage, scripted: ScriptedSession, project: Path
) -> None:
    def script() -> Script:
        run = add_run(project, "demo", epochs=0, status="", planned=12)
        try:
            yield run.append(run_started(run.name))
            yield run.append(epoch_ended(1, 0.5))
            while True:
                yield Step(epoch=2, step=1, loss=0.1, learning_rate=5e-4, images_per_second=1900)
                threading.Event().wait(0.01)
        finally:
            run.append(RunEnded(run=run.name, status="stopped", best_epoch=1, best_accuracy=0.5))

    scripted.do(split.assign)
    scripted.scripts.script = script
    page.activate()
    settle(qtbot, page)
    page.start()
    qtbot.waitUntil(lambda: page.results.best.accessibleName() == "Best so far: 50.0 %", timeout=5000)
    button(page, "Stop and keep").click()
    qtbot.waitUntil(lambda: page.course.state() == "Stopped", timeout=5000)
    assert page.course.line().startswith("1 of 12 epochs")
    button(page, "Resume").click()
    assert scripted.scripts.asked[-1][3:5] == ["--resume", "00-demo"]
    assert page.course.state() == "Running"
    page.training.stop()
    qtbot.waitUntil(lambda: not scripted.jobs.running, timeout=5000)


def test_a_killed_run_says_so_and_offers_to_resume(
    qtbot: QtBot, page: TrainPage, scripted: ScriptedSession, project: Path
) -> None:
    def script() -> Script:
        run = add_run(project, "demo", epochs=0, status="", planned=12)
        yield run.append(run_started(run.name))
        yield run.append(epoch_ended(1, 0.5))
        raise Error("The work process was ended from outside.", "What it saved is safe.")

    told: list[Any] = []
    scripted.problem.connect(told.append)
    scripted.do(split.assign)
    scripted.scripts.script = script
    page.activate()
    settle(qtbot, page)
    page.start()
    qtbot.waitUntil(lambda: page.course.state() == "Interrupted", timeout=5000)
    assert page.course.bar.isVisible()
    assert page.course.bar.accessibleName() == "bad: The work process was ended from outside."
    assert "Resume goes on where it was" in page.course.bar.accessibleDescription()
    assert told == []  # said once, where Resume is
    assert button(page, "Resume").isEnabled()
    page.course.bar.dismiss()
    assert button(page, "Resume").isEnabled()


def test_earlier_runs_show_their_curves(
    qtbot: QtBot, page: TrainPage, scripted: ScriptedSession, project: Path
) -> None:
    add_run(project, "first", epochs=3)
    add_run(project, "second", epochs=2, status="early-stopped", planned=9)
    page.activate()
    settle(qtbot, page)
    assert page.course.runs.currentText() == "01-second · 66.7 % · stopped early"
    assert page.course.state() == "Stopped early"
    page.course.runs.setCurrentIndex(1)
    page.course.runs.activated.emit(1)
    assert page.course.state() == "Completed"
    assert page.results.best.accessibleName() == "Best so far: 75.0 %"
    assert "epoch 3" in page.course.curves.readout()


def test_the_form_begins_with_the_recipe_of_the_last_run(
    qtbot: QtBot, page: TrainPage, scripted: ScriptedSession, project: Path
) -> None:
    add_run(project, "first", epochs=3)
    add_run(project, "second", epochs=2, planned=9)
    scripted.close()
    scripted.open(project)
    settle(qtbot, page)
    assert page.setup.recipes.currentText() == "As in 01-second"
    assert page.setup.form.value().schedule.epochs == 9
    page.setup.recipe_chosen.emit("demo")
    page.activate()
    settle(qtbot, page)
    assert page.setup.recipes.currentText() == "demo"


def test_start_waits_for_other_jobs(qtbot: QtBot, page: TrainPage, scripted: ScriptedSession) -> None:
    stop = threading.Event()

    def script() -> Script:
        while not stop.wait(0.01):
            yield run_started()
        return None

    scripted.do(split.assign)
    page.activate()
    settle(qtbot, page)
    scripted.scripts.script = script
    scripted.start("Exporting 00-run", [])
    assert page._refusal() == "Wait until this is done: Exporting 00-run."
    assert not button(page, "Start").isEnabled()
    assert button(page, "Start").toolTip() == "Wait until this is done: Exporting 00-run."
    stop.set()
    qtbot.waitUntil(lambda: page._refusal() == "", timeout=5000)


def test_devices_that_are_not_offered_cannot_be_chosen(page: TrainPage) -> None:
    assert page.setup.devices.currentText() == "Checking devices…"
    page._recipes._found_devices(
        {
            "devices": [
                {"name": "cpu", "title": "CPU", "offered": True, "reason": ""},
                {"name": "cuda", "title": "NVIDIA GPU", "offered": False, "reason": "The driver is too old."},
            ]
        }
    )
    model = page.setup.devices.model()
    assert [model.flags(model.index(row, 0)).value & 32 > 0 for row in range(3)] == [True, True, False]
    assert page.setup.devices.itemData(2, 3) == "Not offered: The driver is too old."
    assert page.setup.device() == "auto"


def test_a_damaged_recipe_of_a_run_is_told(
    qtbot: QtBot, page: TrainPage, scripted: ScriptedSession, project: Path
) -> None:
    add_run(project, "first").recipe_file.write_text("model: {neme: lenet5}")
    told: list[Any] = []
    scripted.problem.connect(told.append)
    page._recipes._choose("run:00-first")
    settle(qtbot, page)
    assert "neme" in str(told[0])


def test_without_a_project_nothing_breaks(page: TrainPage, scripted: ScriptedSession) -> None:
    scripted.close()
    page.activate()
    assert page.course.is_empty()


def test_every_control_has_a_tooltip_and_a_name(page: TrainPage) -> None:
    page.setup.set_devices([], known=True)
    buttons = [b for b in page.findChildren(QPushButton) if b.isVisibleTo(page)]
    for control in [*buttons, page.setup.recipes, page.setup.devices, page.course.runs]:
        assert control.toolTip()
        assert control.accessibleName() or control.property("text")


def test_a_training_that_fails_before_it_has_a_run_is_told(
    qtbot: QtBot, page: TrainPage, scripted: ScriptedSession
) -> None:
    def script() -> Script:
        yield Stage(title="Preparing images")
        raise Error("The disk is full.", "Free some space.")

    told: list[Any] = []
    scripted.problem.connect(told.append)
    scripted.do(split.assign)
    scripted.scripts.script = script
    page.activate()
    settle(qtbot, page)
    page.start()
    qtbot.waitUntil(lambda: bool(told) and page.course.is_empty(), timeout=5000)
    assert [problem.title for problem in told] == ["The disk is full."]
    assert len([b for b in page.findChildren(QPushButton) if b.text() == "Start" and b.isVisibleTo(page)]) == 1


def test_a_run_trained_elsewhere_is_followed(
    qtbot: QtBot, page: TrainPage, scripted: ScriptedSession, project: Path
) -> None:
    page._looking.setInterval(20)
    scripted.do(split.assign)
    run = add_run(project, "other", epochs=1, status="", planned=12)
    with run.training():
        page.activate()
        qtbot.waitUntil(lambda: page.course.state() == "Running", timeout=5000)
        qtbot.waitUntil(lambda: page.results.best.accessibleName() == "Best so far: 50.0 %", timeout=5000)
        run.append(epoch_ended(2, 0.8))
        qtbot.waitUntil(lambda: page.results.best.accessibleName() == "Best so far: 80.0 %", timeout=5000)
    qtbot.waitUntil(lambda: page.course.state() == "Interrupted", timeout=5000)
    assert button(page, "Resume").isEnabled()


def test_nothing_is_started_or_resumed_where_no_run_can_be_written(
    qtbot: QtBot, page: TrainPage, scripted: ScriptedSession, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: not str(path).startswith(str(project)))
    scripted.do(split.assign)
    add_run(project, "cut", epochs=1, status="", planned=12)
    page.activate()
    qtbot.waitUntil(lambda: page.course.state() == "Interrupted", timeout=5000)
    for name in ("Start", "Resume"):
        assert not button(page, name).isEnabled()
        assert "read-only" in button(page, name).toolTip()


def test_the_recipe_is_shared_with_other_pages(qtbot: QtBot, page: TrainPage, scripted: ScriptedSession) -> None:
    page.setup.recipe_chosen.emit("mnist-w-resnet18")
    settle(qtbot, page)
    assert scripted.recipe == find("mnist-w-resnet18")
    assert page.setup.form.synthesis.text() == "9,000 digits from MNIST"
    assert page.setup.form.augmentation.text() == "Resized crop, rotation, perspective, shift, scale, shear and 5 more"
    epochs = page.setup.form.field("schedule.epochs")
    assert isinstance(epochs, QSpinBox)
    epochs.setValue(30)
    assert scripted.recipe.schedule.epochs == 30
    scripted.set_recipe(change(scripted.recipe, {"synth.count": 0, "model.dropout": 0.5}), "demo")
    assert page.setup.form.synthesis.text() == "None"
    assert page.setup.form.value() == scripted.recipe
    assert page.setup.recipes.currentText() == "demo"
    went: list[str] = []
    scripted.go_to.connect(went.append)
    for line in (page.setup.form.augmentation, page.setup.form.synthesis):
        line.findChild(QPushButton).click()
    assert went == ["augment", "synthesize"]


def test_a_setting_that_is_not_valid_stays_in_its_field(
    qtbot: QtBot, page: TrainPage, scripted: ScriptedSession
) -> None:
    rate = page.setup.form.field("optim.learning_rate")
    assert isinstance(rate, QLineEdit)
    rate.selectAll()
    qtbot.keyClicks(rate, "1e")
    assert rate.text() == "1e"
    assert page.setup.recipe() is None
    scripted.close()
    assert page.setup.recipe() == scripted.recipe


def test_no_choice_has_the_focus_when_the_page_is_first_shown(qtbot: QtBot, page: TrainPage) -> None:
    focused = focus_when_shown(qtbot, page)
    assert focused is page or page.isAncestorOf(focused)
    assert not isinstance(focused, QComboBox)
