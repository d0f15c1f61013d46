"""Runs that others train, the queue, notes and longer runs on the Train page."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from core.errors import Error
from core.events import Diverged, Failed, Notice, Paused, Resumed, RunEnded, Step
from core.project import split
from core.recipe import make
from core.runs import queue
from core.runs.folder import RunFolder
from studio.pages.train.longer import LongerDialog
from studio.pages.train.measuring import Measurer
from studio.pages.train.recipes import Recipes
from studio.pages.train.view import TrainPage
from tests.studio.pages.conftest import Script, ScriptedSession, add_run, epoch_ended, run_started


@pytest.fixture
def page(
    qtbot: QtBot, scripted: ScriptedSession, monkeypatch: pytest.MonkeyPatch, settle: Callable[[], None]
) -> TrainPage:
    monkeypatch.setattr(Recipes, "_check_devices", lambda self: None)
    monkeypatch.setattr(Measurer, "_send", lambda self: None)
    scripted.do(split.assign)
    page = TrainPage(scripted)
    page._looking.setInterval(20)
    qtbot.addWidget(page, before_close_func=TrainPage.release)
    page.resize(1036, 900)
    page.show()
    return page


@pytest.fixture
def settle(qtbot: QtBot, scripted: ScriptedSession) -> Callable[[], None]:
    return lambda: qtbot.waitUntil(lambda: scripted.reader.idle, timeout=5000)


def button(page: TrainPage, text: str) -> QPushButton:
    (found,) = [b for b in page.findChildren(QPushButton) if b.text() == text and b.isVisibleTo(page)]
    return found


def step(epoch: int, number: int) -> Step:
    return Step(epoch=epoch, step=number, loss=0.5, learning_rate=1e-3, images_per_second=90.0)


class Trainer:
    """Another process, in a thread: holds the run, obeys the words that are left for it, and tells what it did."""

    def __init__(self, run: RunFolder) -> None:
        self.run, self.words = run, list[str]()
        self._end = threading.Event()
        self._began = threading.Event()
        self._thread = threading.Thread(target=self._train)
        self._thread.start()
        assert self._began.wait(5)

    def end(self) -> None:
        self._end.set()
        self._thread.join()

    def _train(self) -> None:
        with self.run.training():
            self._began.set()
            while not self._end.wait(0.01):
                word = self.run.asked()
                if word and (not self.words or word != self.words[-1]):
                    self.words.append(word)
                    if word == "stop":
                        break
                    self.run.append(Paused() if word == "pause" else Resumed())
            self.run.append(RunEnded(run=self.run.name, status="stopped", best_epoch=1, best_accuracy=0.5))


@pytest.fixture
def trained(project: Path) -> Iterator[Trainer]:
    """A run that another process trains: an epoch and two steps of the next."""
    run = add_run(project, "other", epochs=1, status="", planned=12)
    for number in (1, 2):
        run.append(step(2, number))
    trainer = Trainer(run)
    yield trainer
    trainer.end()


def test_a_run_of_another_process_is_shown_paused_and_stopped(
    qtbot: QtBot, page: TrainPage, trained: Trainer, settle: Callable[[], None]
) -> None:
    page.activate()
    qtbot.waitUntil(lambda: page.course.line().startswith("epoch 2 of 12"), timeout=5000)
    assert page.course.state() == "Running"
    qtbot.waitUntil(lambda: page.training.steps.arrays()[0].tolist() == [1.2, 1.4], timeout=5000)
    trained.run.append(step(2, 3))
    trained.run.append(epoch_ended(2, 0.8))
    qtbot.waitUntil(lambda: page.results.best.accessibleName() == "Best so far: 80.0 %", timeout=5000)
    assert page.training.steps.arrays()[0].tolist() == [1.2, 1.4, pytest.approx(1.6)]
    assert page._refusal() == "00-other is being trained; a run that is added to the queue waits for its turn."
    assert page._session.jobs.running == [], "nobody asks about it when the window is closed"
    button(page, "Pause").click()
    qtbot.waitUntil(lambda: trained.words == ["pause"], timeout=5000)
    assert page.course.state() == "Paused"
    button(page, "Resume").click()
    qtbot.waitUntil(lambda: trained.words[1:] == ["resume"], timeout=5000)
    button(page, "Stop and keep").click()
    qtbot.waitUntil(lambda: page.course.state() == "Stopped", timeout=5000)
    assert trained.words[2:] == ["stop"]
    assert button(page, "Resume").isEnabled()


def test_a_run_that_was_paused_before_it_was_seen_is_shown_so(qtbot: QtBot, page: TrainPage, trained: Trainer) -> None:
    trained.run.append(Paused())
    page.activate()
    qtbot.waitUntil(lambda: page.course.state() == "Paused", timeout=5000)
    assert button(page, "Resume").isEnabled()
    trained.run.append(Resumed())
    qtbot.waitUntil(lambda: page.course.state() == "Running", timeout=5000)


def test_another_project_is_not_told_of_a_run_of_the_one_before(
    qtbot: QtBot, page: TrainPage, scripted: ScriptedSession, trained: Trainer
) -> None:
    page.activate()
    qtbot.waitUntil(lambda: page.course.state() == "Running", timeout=5000)
    scripted.close()
    assert not page.training.running
    assert page.course.is_empty()


class Tasks:
    """Scripts of jobs in the order they are asked for, each with a run of its own."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.go = threading.Event()
        self.problem: Error | None = None
        self.number = 0

    def __call__(self) -> Script:
        name = f"run{self.number}"
        self.number += 1
        run = add_run(self.project, name, epochs=0, status="", planned=2)
        yield run.append(run_started(run.name, 2))
        yield run.append(Notice(text="The memory does not hold 32 images at once.", level="warning"))
        status = "stopped"
        try:
            while not self.go.wait(0.01):
                yield step(1, 1)
            if problem := self.problem:
                self.problem = None
                run.append(Failed(title=problem.title))
                status = ""
                raise problem
            yield run.append(epoch_ended(1, 0.5))
            status = "completed"
        finally:
            if status:
                run.append(RunEnded(run=run.name, status=status, best_epoch=1, best_accuracy=0.5))
        return {"run": run.name}


@pytest.fixture
def training(
    qtbot: QtBot, page: TrainPage, scripted: ScriptedSession, project: Path, settle: Callable[[], None]
) -> Tasks:
    """A run is being trained, and "next" waits in the queue."""
    tasks = Tasks(project)
    scripted.scripts.script = tasks
    page.activate()
    settle()
    page.start()
    qtbot.waitUntil(lambda: page.training.live.run == "00-run0", timeout=5000)
    button(page, "Add to queue").click()
    qtbot.waitUntil(lambda: page.results.queue.names() == [scripted.recipe.name], timeout=5000)
    return tasks


def test_the_next_run_of_the_queue_begins_when_one_ends(
    qtbot: QtBot, page: TrainPage, scripted: ScriptedSession, project: Path, training: Tasks
) -> None:
    assert not page.results.queue.start.isEnabled()
    assert page.results.queue.start.toolTip() == "00-run0 is being trained."
    assert page.course.bar.accessibleName() == "warning: The memory does not hold 32 images at once."
    assert "The memory does not hold" in page.results.remarks()
    training.go.set()
    qtbot.waitUntil(lambda: page.training.of_queue, timeout=5000)
    assert scripted.scripts.asked[-1] == ["queue", "run", "-p", str(project)]
    for entry in queue.entries(project / "queue"):  # as the command does
        queue.leave(entry)
    qtbot.waitUntil(lambda: page.course.state() == "Completed" and page.shown.name == "01-run1", timeout=5000)
    qtbot.waitUntil(lambda: page.results.queue.names() == [], timeout=5000)
    assert len(scripted.scripts.asked) == 2


def test_after_stop_and_keep_the_queue_waits_to_be_started(
    qtbot: QtBot, page: TrainPage, scripted: ScriptedSession, training: Tasks
) -> None:
    button(page, "Stop and keep").click()
    qtbot.waitUntil(lambda: page.course.state() == "Stopped", timeout=5000)
    qtbot.waitUntil(lambda: page.results.queue.start.isEnabled(), timeout=5000)
    assert len(scripted.scripts.asked) == 1
    button(page, "Start next").click()
    assert scripted.scripts.asked[-1][:2] == ["queue", "run"]
    training.go.set()
    qtbot.waitUntil(lambda: page.course.state() == "Completed", timeout=5000)


def test_a_run_that_failed_with_an_error_does_not_hold_up_the_queue(
    qtbot: QtBot, page: TrainPage, scripted: ScriptedSession, project: Path, training: Tasks
) -> None:
    training.problem = Error("The disk is full.")
    training.go.set()
    qtbot.waitUntil(lambda: len(scripted.scripts.asked) == 2, timeout=5000)
    for entry in queue.entries(project / "queue"):
        queue.leave(entry)
    qtbot.waitUntil(lambda: page.course.state() == "Completed", timeout=5000)


def test_closing_tells_what_waits(page: TrainPage, training: Tasks, qtbot: QtBot) -> None:
    job = page.training.job
    assert job is not None
    assert job.parting is not None
    assert job.parting().question == "Training 00-run0 is running."
    assert "The run that waits stays in the queue." in job.parting().go_on
    training.go.set()
    qtbot.waitUntil(lambda: page.training.of_queue, timeout=5000)
    page.training.stop()
    qtbot.waitUntil(lambda: not page.training.running, timeout=5000)


def test_the_queue_is_put_in_order_and_emptied(
    qtbot: QtBot, page: TrainPage, project: Path, settle: Callable[[], None]
) -> None:
    for name in ("first", "second", "third"):
        queue.add(project / "queue", make({"name": name}))
    (project / "queue" / "09-broken.yaml").write_text("model: {neme: lenet5}")
    page.activate()
    waiting = page.results.queue
    qtbot.waitUntil(lambda: waiting.names() == ["first", "second", "third", "09-broken.yaml"], timeout=5000)
    assert waiting.start.isEnabled()
    waiting.list.setCurrentRow(2)
    waiting.up.click()
    qtbot.waitUntil(lambda: waiting.names()[:3] == ["first", "third", "second"], timeout=5000)
    assert waiting.list.currentRow() == 1, "it stays the chosen one"
    qtbot.keyClick(waiting.list, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: waiting.names()[:3] == ["third", "first", "second"], timeout=5000)
    assert not waiting.up.isEnabled()
    qtbot.keyClick(waiting.list, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: waiting.names()[:2] == ["first", "second"], timeout=5000)
    waiting.list.setCurrentRow(2)
    waiting.remove.click()
    qtbot.waitUntil(lambda: waiting.names() == ["first", "second"], timeout=5000)
    assert [entry.recipe.name for entry in queue.entries(project / "queue") if entry.recipe] == ["first", "second"]


def test_notes_are_kept_and_shown_in_the_list(
    qtbot: QtBot, page: TrainPage, project: Path, settle: Callable[[], None]
) -> None:
    first, second = add_run(project, "first"), add_run(project, "second")
    page.activate()
    settle()
    notes = page.results.notes
    qtbot.keyClicks(notes, "Half the rate")
    page.course.run_chosen.emit("00-first")  # before its second is over
    assert notes.toPlainText() == ""
    qtbot.waitUntil(lambda: second.notes == "Half the rate", timeout=5000)
    qtbot.waitUntil(lambda: "Half the rate" in page.course.runs.itemText(0), timeout=5000)
    first.write_notes("From the command line\nand more")
    qtbot.waitUntil(lambda: notes.toPlainText() == "From the command line\nand more", timeout=5000)
    assert page.course.runs.currentText().endswith("completed · From the command line")
    notes.setPlainText("")
    qtbot.waitUntil(lambda: not first.notes_file.exists(), timeout=5000)


def test_notes_of_a_project_that_cannot_be_written_are_only_read(
    page: TrainPage, project: Path, settle: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: not str(path).startswith(str(project)))
    add_run(project, "first").write_notes("Kept")
    page.activate()
    settle()
    assert page.results.notes.toPlainText() == "Kept"
    assert page.results.notes.isReadOnly()
    assert not page.results.queue.up.isEnabled()


def test_notes_that_cannot_be_written_are_told(
    qtbot: QtBot, page: TrainPage, scripted: ScriptedSession, project: Path, settle: Callable[[], None]
) -> None:
    run = add_run(project, "first")
    page.activate()
    settle()
    told: list[Any] = []
    scripted.problem.connect(told.append)
    run.notes_file.mkdir()
    page.results.notes.setPlainText("Lost")
    page.results.notes.save()
    qtbot.waitUntil(lambda: bool(told), timeout=5000)
    assert isinstance(told[0], OSError)
    assert page.results.notes.toPlainText() == "Lost"


def test_a_run_that_is_over_is_trained_longer(
    qtbot: QtBot, page: TrainPage, scripted: ScriptedSession, project: Path, settle: Callable[[], None]
) -> None:
    run = add_run(project, "first", epochs=4)
    tasks = Tasks(project)
    scripted.scripts.script = tasks
    page.activate()
    settle()
    button(page, "Train longer…").click()
    qtbot.waitUntil(lambda: bool(page.findChildren(LongerDialog)), timeout=5000)
    (dialog,) = page.findChildren(LongerDialog)
    assert dialog.epochs.value() == 6
    assert dialog.epochs.minimum() == 5
    dialog.epochs.setValue(9)
    dialog.accept()
    assert scripted.scripts.asked[-1][3:7] == ["--resume", run.name, "--schedule.epochs", "9"]
    tasks.go.set()
    qtbot.waitUntil(lambda: not page.training.running, timeout=5000)


def test_the_images_of_a_divergence_are_shown(
    qtbot: QtBot, page: TrainPage, scripted: ScriptedSession, project: Path, settle: Callable[[], None]
) -> None:
    run = add_run(project, "wild", epochs=1, status="", planned=9)
    run.append(Diverged(epoch=2, step=3, ids=[4, -7, 2, 4], learning_rate=1.0))
    run.append(Failed(title="Training diverged."))
    page.activate()
    settle()
    assert page.course.bar.accessibleName() == "bad: Training diverged."
    assert button(page, "Resume").isEnabled()
    went: list[str] = []
    scripted.go_to.connect(went.append)
    button(page, "Show these images").click()
    assert scripted.filter_text == "id:4,2"
    assert went == ["data"]


def test_earlier_runs_are_drawn_behind_the_shown_one(
    page: TrainPage, project: Path, scripted: ScriptedSession, settle: Callable[[], None]
) -> None:
    for number in range(6):
        add_run(project, f"run{number}", epochs=number + 1)
    page.activate()
    settle()
    actions = page.course.compare.actions_by_name()
    assert "05-run5" not in actions, "it is the shown one"
    for name in ("00-run0", "01-run1", "02-run2", "03-run3"):
        actions[name].trigger()
    assert page.course.compare.chosen() == ["00-run0", "01-run1", "02-run2", "03-run3"]
    assert not page.course.compare.actions_by_name()["04-run4"].isEnabled()
    assert [name for name, _ in page.shown._compared] == page.course.compare.chosen()
    page.course.run_chosen.emit("00-run0")
    assert [name for name, _ in page.shown._compared] == ["01-run1", "02-run2", "03-run3"]
    scripted.close()
    assert page.course.compare.chosen() == []


def test_new_predictions_of_another_process_are_taken_into_the_filters(
    qtbot: QtBot, page: TrainPage, scripted: ScriptedSession, project: Path, settle: Callable[[], None]
) -> None:
    from core.project import query
    from tests.studio.pages.conftest import add_predictions

    run = add_run(project, "other")
    page.activate()
    settle()
    add_predictions(project, run)
    qtbot.waitUntil(lambda: len(query.ids(scripted.store, query.parse("wrong"))) > 0, timeout=5000)


def test_the_plots_that_are_chosen_are_remembered(page: TrainPage, scripted: ScriptedSession, qtbot: QtBot) -> None:
    page.course.curves.set_shown(["loss", "learning_rate"])
    other = TrainPage(scripted)
    qtbot.addWidget(other, before_close_func=TrainPage.release)
    assert set(other.course.curves.shown()) == {"loss", "learning_rate"}
