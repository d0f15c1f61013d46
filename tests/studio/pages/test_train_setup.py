"""The left column of the Train page: its recipe and what belongs to that."""

import math
import shlex
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QPushButton, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from core import recipe as recipes
from core.cli.choices import chosen_recipe
from core.cli.main import core
from core.errors import Error
from core.events import Measured, Progress, RatePoint, Stage
from core.project import split
from core.recipe import change
from studio.pages.train.finder import FinderDialog
from studio.pages.train.ground import survey
from studio.pages.train.measuring import Measurer
from studio.pages.train.network import CapacityDialog
from studio.pages.train.recipes import Recipes
from studio.pages.train.setup import SetupColumn
from studio.widgets.two_lines import NOTE
from tests.studio.pages.conftest import Script, ScriptedSession, add_run
from tests.studio.pages.test_train_setup_state import found


class Column:
    """The column with what keeps it, in a window."""

    def __init__(self, qtbot: QtBot, session: ScriptedSession) -> None:
        self.qtbot, self.session, self.setup = qtbot, session, SetupColumn()
        self.window = QMainWindow()
        self.window.setCentralWidget(self.setup)
        self.recipes = Recipes(session, self.setup, self.window)
        self.notices: list[str] = []
        session.notice.connect(self.notices.append)
        self.window.resize(320, 760)
        self.window.show()
        qtbot.addWidget(self.window)

    def offer(self) -> None:
        self.recipes.offer(survey(self.session.store))

    def choose(self, key: str) -> None:
        self.setup.recipes.setCurrentIndex(self.setup.recipes.findData(key))
        self.setup.recipes.activated.emit(self.setup.recipes.currentIndex())
        self.qtbot.waitUntil(lambda: self.session.reader.idle, timeout=5000)

    def measure(self, number: int, problem: str = "", **figures: object) -> None:
        """What the companion would say."""
        capacity = {} if problem else found(**figures)
        self.recipes.measurer._heard([Measured(number=number, capacity=capacity, problem=problem)])

    def button(self, text: str) -> QPushButton:
        (one,) = [b for b in self.setup.findChildren(QPushButton) if b.text() == text and not b.isHidden()]
        return one

    def changed(self) -> list[str]:
        return [
            label.text().removesuffix(" •")
            for label in self.setup.findChildren(QLabel)
            if label.property("role") == "changed"
        ]


@pytest.fixture
def column(qtbot: QtBot, scripted: ScriptedSession, monkeypatch: pytest.MonkeyPatch) -> Column:
    monkeypatch.setattr(Recipes, "_check_devices", lambda self: None)
    monkeypatch.setattr(Measurer, "_send", lambda self: None)
    return Column(qtbot, scripted)


# --- the recipe ---


def test_what_differs_from_the_chosen_recipe_is_marked_and_reset(column: Column) -> None:
    column.choose("mnist-lenet5")
    assert column.changed() == []
    batch = column.setup.form.field("optim.batch_size")
    assert isinstance(batch, QSpinBox)
    batch.setValue(48)
    assert column.changed() == ["Batch size"]
    QTest.mouseClick(column.button("Reset"), Qt.MouseButton.LeftButton)
    assert column.changed() == []
    assert column.session.recipe == recipes.find("mnist-lenet5")


def test_a_change_on_another_page_is_a_change_against_the_chosen_recipe(
    qtbot: QtBot, scripted: ScriptedSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Measurer, "_send", lambda self: None)
    scripted.set_recipe(recipes.find("light"), "light")
    scripted.set_recipe(change(scripted.recipe, {"augment.invert.enabled": True}))  # on Augment, before Train is shown
    column = Column(qtbot, scripted)
    column.offer()
    assert column.setup.recipes.currentData() == "light"
    assert column.button("Reset").isEnabled()
    column.button("Reset").click()
    assert scripted.recipe == recipes.find("light")


def test_presets_say_what_they_are_for(column: Column) -> None:
    add_run(column.session.root, "demo")
    column.offer()
    picker = column.setup.recipes
    at = picker.findData("light")
    about = picker.itemData(at, Qt.ItemDataRole.ToolTipRole)
    assert about.startswith("Light augmentation that suits most photos")
    assert about.endswith("changes of light.")
    column.choose("light")
    assert picker.toolTip().startswith(about)
    assert picker.itemData(picker.findData("run:00-demo"), Qt.ItemDataRole.ToolTipRole) == (
        "What 00-demo was trained with."
    )


def test_folded_groups_stay_folded_in_the_next_window(qtbot: QtBot, column: Column, scripted: ScriptedSession) -> None:
    (head,) = [h for h in column.setup.findChildren(QWidget) if h.accessibleName() == "Schedule, unfolded"]
    QTest.mouseClick(head, Qt.MouseButton.LeftButton)
    again = Column(qtbot, scripted)
    assert again.setup.form.folded() == ["Schedule"]


def test_a_batch_size_of_0_is_automatic(column: Column) -> None:
    batch = column.setup.form.field("optim.batch_size")
    assert isinstance(batch, QSpinBox)
    batch.setFocus()
    batch.selectAll()
    QTest.keyClicks(batch, "0")
    QTest.keyClick(batch, Qt.Key.Key_Return)
    assert batch.text() == "automatic"
    assert column.session.recipe.optim.batch_size == 0
    assert column.setup.recipe() is not None
    QTest.keyClick(batch, Qt.Key.Key_Up)
    assert (batch.text(), column.session.recipe.optim.batch_size) == ("1 images", 1)
    batch.selectAll()
    QTest.keyClicks(batch, "automatic")
    assert column.session.recipe.optim.batch_size == 0


def test_a_run_whose_recipe_is_gone_is_told_and_the_choice_stays(column: Column) -> None:
    told: list[Exception] = []
    column.session.problem.connect(told.append)
    run = add_run(column.session.root, "demo")
    column.offer()
    before = column.setup.recipes.currentData()
    run.recipe_file.unlink()
    column.choose("run:00-demo")
    assert "There is no recipe" in str(told[0])
    assert column.setup.recipes.currentData() == before


# --- the command ---


def test_the_command_trains_the_same(column: Column) -> None:
    add_run(column.session.root, "demo")
    column.offer()
    column.choose("run:00-demo")
    column.setup.form.put("optim.batch_size", 16)
    QTest.mouseClick(column.button("Copy as command"), Qt.MouseButton.LeftButton)
    words = shlex.split(QGuiApplication.clipboard().text())
    file = column.session.root / "runs" / "00-demo" / "recipe.yaml"
    assert words == ["core", "train", "-p", str(column.session.root), "--recipe", str(file), *words[6:]]
    assert words[6:] == ["--optim.batch_size", "16"]
    assert column.notices == ["Copied."]
    assert shlex.join(words) in column.button("Copy as command").toolTip().replace("\n", " ")
    command = core.get_command(None, "train")  # type: ignore[arg-type]
    with command.make_context("train", words[2:], resilient_parsing=True) as context:
        values = {name: value for name, value in context.params.items() if "__" in name or name in ("name", "seed")}
    assert chosen_recipe(str(file), values) == column.session.recipe


def test_a_recipe_that_is_not_valid_has_no_command(column: Column) -> None:
    rate = column.setup.form.field("optim.learning_rate")
    rate.setFocus()
    rate.selectAll()  # type: ignore[attr-defined]
    QTest.keyClicks(rate, "99")
    assert not column.button("Copy as command").isEnabled()
    assert column.button("Copy as command").toolTip() == "A setting is not valid; see the message below it."


# --- devices ---


def test_the_list_of_devices_says_why_one_is_not_offered(column: Column) -> None:
    column.recipes._found_devices(
        {
            "devices": [
                {"name": "cuda", "title": "NVIDIA GPU", "offered": False, "reason": "the driver is too old."},
                {"name": "cpu", "title": "CPU, 2 threads", "offered": True, "reason": ""},
            ]
        }
    )
    devices = column.setup.devices
    at = devices.findData("cuda")
    assert devices.itemData(at, NOTE) == "Not offered: the driver is too old."
    assert not devices.model().flags(devices.model().index(at, 0)) & Qt.ItemFlag.ItemIsEnabled
    short, tall = (devices.view().sizeHintForRow(devices.findData(name)) for name in ("cpu", "cuda"))
    assert tall > 1.5 * short
    devices.showPopup()
    assert not devices.view().grab().isNull()
    devices.hidePopup()
    devices.setCurrentIndex(devices.findData("cpu"))
    devices.activated.emit(devices.currentIndex())
    assert "--device cpu" in column.button("Copy as command").toolTip()


# --- start and queue ---


def test_start_becomes_add_to_queue_while_a_training_runs(column: Column) -> None:
    said: list[str] = []
    column.setup.started.connect(lambda: (said.append("start"), column.setup.set_job("running")))
    column.setup.queued.connect(lambda: said.append("queue"))
    column.setup.set_start("")
    start = column.button("Start")
    where = start.rect().center()
    QTest.mouseClick(start, Qt.MouseButton.LeftButton, pos=where)
    QTest.mouseDClick(start, Qt.MouseButton.LeftButton, pos=where)
    assert said == ["start"]  # the second half of a double click is no second click
    assert start.text() == "Add to queue"
    QTest.mouseClick(start, Qt.MouseButton.LeftButton, pos=where)
    assert said == ["start", "queue"]
    assert column.button("Pause").isEnabled()
    column.setup.set_job("none")
    assert start.text() == "Start"


# --- what the network costs ---


def test_the_line_below_the_network_follows_the_recipe(column: Column) -> None:
    column.offer()
    column.recipes.activate()
    number = column.recipes.measurer._number
    column.measure(number)
    assert column.setup.form.cost.text() == "11,181,642 parameters · 1.2 GFLOP · 2.1 GB at batch 64"
    column.setup.form.put("model.name", "resnet18")
    assert column.recipes.measurer.stale
    column.measure(number)  # an answer to what was asked before
    assert column.recipes.measurer.stale
    column.measure(number + 1, problem="torchvision has no network resnet19.")
    assert column.setup.form.cost.text() == "torchvision has no network resnet19."
    assert not column.button("Capacity…").isEnabled()


def test_the_capacity_is_a_table_that_can_be_copied(qtbot: QtBot, column: Column) -> None:
    column.recipes.activate()
    column.measure(column.recipes.measurer._number)
    QTest.mouseClick(column.button("Capacity…"), Qt.MouseButton.LeftButton)
    (dialog,) = column.window.findChildren(CapacityDialog)
    qtbot.waitUntil(dialog.isVisible)
    cells = [[dialog.table.item(r, c).text() for c in range(4)] for r in range(dialog.table.rowCount())]  # type: ignore[union-attr]
    assert cells[0] == ["stem", "3 × 64 × 3²", "1,728", "25.0 %"]
    assert cells[-1] == ["together", "", "11,181,642", "100.0 %"]
    assert dialog.memory.value("Activations") == "2.0 GB"
    (copy,) = [b for b in dialog.findChildren(QPushButton) if b.text() == "Copy"]
    copy.click()
    assert "fc\t512 × 10 + 10\t5130\t75.0 %" in QGuiApplication.clipboard().text()
    column.setup.form.put("model.dropout", 0.5)
    column.measure(column.recipes.measurer._number, parameters=7)
    assert dialog.table.item(2, 2).text() == "7"  # type: ignore[union-attr]
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


# --- the learning rate ---


def search(go: threading.Event | None = None) -> Script:
    yield Stage(title="Trying learning rates", total=50, unit="steps")
    for step in range(40):
        rate = 1e-7 * 10 ** (step / 5)
        yield RatePoint(rate=rate, loss=2.3 - 1.5 / (1 + math.exp(-3 * (math.log10(rate) + 3))))
        yield Progress(done=step + 1, total=50)
    while go is not None and not go.wait(0.01):
        yield Progress(done=40, total=50)
    return {"rate": 0.00243, "reason": "A third of 0.0073."}


def finder(column: Column) -> FinderDialog:
    column.session.do(split.assign)
    column.offer()
    QTest.mouseClick(column.button("Find…"), Qt.MouseButton.LeftButton)
    (dialog,) = column.window.findChildren(FinderDialog)
    return dialog


def test_a_rate_that_is_found_goes_into_the_recipe(qtbot: QtBot, column: Column) -> None:
    column.session.scripts.script = search
    dialog = finder(column)
    (asked,) = column.session.scripts.asked
    file = column.session.root / "cache" / "find-rate-recipe.yaml"
    assert asked == ["find-rate", "--recipe", str(file), "-p", str(column.session.root), "--device", "auto"]
    assert recipes.load(file) == column.session.recipe
    qtbot.waitUntil(lambda: dialog.search().chosen == 0.0024, timeout=5000)
    assert dialog.line() == "Suggested: 0.0024. A third of 0.0073."
    (use,) = [b for b in dialog.findChildren(QPushButton) if b.text() == "Use 0.0024"]
    QTest.keyClick(dialog.plot, Qt.Key.Key_Right)
    assert use.text() == "Use 0.0027"
    QTest.mouseClick(use, Qt.MouseButton.LeftButton)
    assert column.session.recipe.optim.learning_rate == 0.0027
    assert column.changed() == ["Learning rate"]
    QApplication.processEvents()


def test_cancel_stops_the_search_and_keeps_the_rate(qtbot: QtBot, column: Column) -> None:
    before = column.session.recipe.optim.learning_rate
    column.session.scripts.script = lambda: search(threading.Event())
    dialog = finder(column)
    qtbot.waitUntil(lambda: len(dialog.search().rates) == 40, timeout=5000)
    assert dialog.line().startswith("Trying learning rates, 80 %")
    assert not column.button("Find…").isEnabled()
    QTest.mouseClick(dialog.plot, Qt.MouseButton.LeftButton, pos=QPoint(200, 60))  # need not wait for the end
    assert dialog.search().chosen is not None
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not column.session.jobs.running, timeout=5000)
    assert column.session.recipe.optim.learning_rate == before
    assert column.button("Find…").isEnabled()


def test_why_no_rate_was_found_is_said_in_the_dialog(qtbot: QtBot, column: Column) -> None:
    def script() -> Script:
        yield Stage(title="Reading images")
        raise Error("The loss falls at no learning rate.", "Check the labels.")

    column.session.scripts.script = script
    dialog = finder(column)
    qtbot.waitUntil(lambda: dialog.line() == "The loss falls at no learning rate. Check the labels.", timeout=5000)
    assert not column.session.jobs.running
    dialog.reject()


def test_no_rate_can_be_sought_without_a_split(column: Column) -> None:
    column.offer()
    assert not column.button("Find…").isEnabled()
    assert "No images are chosen for training yet." in column.button("Find…").toolTip()


# --- everywhere ---


def test_every_control_says_what_it_is_for(column: Column) -> None:
    column.offer()
    for button in column.setup.findChildren(QPushButton):
        assert button.toolTip(), button.text()


def test_the_keyboard_goes_from_top_to_bottom(column: Column, project: Path) -> None:
    column.session.do(split.assign)
    column.offer()
    column.setup.set_job("running")
    column.setup.set_start("")
    order: list[QWidget] = []
    widget: QWidget = column.setup.recipes
    while True:
        widget = widget.nextInFocusChain()
        if widget is column.setup.recipes:
            break
        order.append(widget)
    rate = column.setup.form.field("optim.learning_rate")
    wanted = [
        rate,
        column.button("Find…"),
        column.setup.form.field("optim.weight_decay"),
        column.setup.devices,
        *map(column.button, ("Pause", "Stop and keep", "Add to queue", "Copy as command")),
    ]
    places = [order.index(widget) for widget in wanted]
    assert places == sorted(places)
