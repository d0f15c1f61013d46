"""`core runs`, `core queue` and `core train --resume` by their exit code, output and files."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from core import recipe as recipes
from core.cli.main import run as command_line
from core.jobs import INTERRUPTED
from core.project.store import Store
from core.recipe import Recipe
from core.runs import history, queue
from core.runs.folder import RunFolder, create, list_runs
from tests.core.train.test_loop import trained
from tests.faults import ROOT

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")


@pytest.fixture
def say(shapes: Store, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a command on the shapes and returns its exit code, what it says and what it says on stderr."""

    def ask(*arguments: str) -> tuple[int, str, str]:
        ended = command_line([*arguments, "-p", str(shapes.root)])
        said = capsys.readouterr()
        return ended, said.out, said.err

    return ask


@pytest.fixture
def start(shapes: Store, quick: Recipe, tmp_path: Path) -> Generator[Callable[..., Any], None, None]:
    """Starts `core` on the shapes in a process of its own."""
    processes: list[subprocess.Popen[str]] = []

    def begin(*arguments: str) -> subprocess.Popen[str]:
        at = [sys.executable, "-m", "core", *arguments, "-p", str(shapes.root)]
        pipe = subprocess.PIPE
        process = subprocess.Popen(at, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        processes.append(process)
        return process

    (tmp_path / "quick.yaml").write_text(recipes.dump(quick))
    yield begin
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def long(start: Callable[..., Any], shapes: Store, tmp_path: Path) -> Any:
    """A training in a process of its own that goes on until somebody stops it."""
    long = ["--schedule.epochs", "5000", "--schedule.patience", "5000"]
    process = start("train", "--recipe", str(tmp_path / "quick.yaml"), "--device", "cpu", *long)
    until(lambda: bool(list_runs(shapes.paths.runs)) and list_runs(shapes.paths.runs)[0].last.exists())
    return process


def only(store: Store) -> RunFolder:
    (run,) = list_runs(store.paths.runs)
    return run


def test_a_run_is_paused_continued_and_stopped_from_another_terminal(shapes: Store, say: Any, long: Any) -> None:
    run = only(shapes)
    assert say("runs", "pause")[:2] == (0, f"{run.name} pauses.\n")
    until(lambda: history.read(run).paused)
    assert json.loads(say("runs", "--json")[1])["runs"][0]["status"] == "paused"
    size = run.events_file.stat().st_size
    time.sleep(0.3)
    assert run.events_file.stat().st_size == size
    assert say("runs", "continue", run.name)[0] == 0
    until(lambda: not history.read(run).paused)
    assert say("runs", "stop", "last")[0] == 0
    assert long.wait(60) == INTERRUPTED
    assert history.read(run).status == "stopped"
    assert "Stopped; what was done is kept." in long.communicate()[1]


def test_a_paused_run_that_is_killed_goes_on_and_no_old_word_stops_it(shapes: Store, say: Any, long: Any) -> None:
    run = only(shapes)
    say("runs", "pause")
    until(lambda: history.read(run).paused)
    run.ask("stop")
    run.control_file.write_text("stop 1\n")
    long.kill()
    long.wait()
    assert history.read(run).status in ("interrupted", "stopped")
    done = len(history.read(run).epochs)
    code, _, error = say("train", "--resume", "last", "--device", "cpu", "--schedule.epochs", str(done + 2))
    assert (code, history.read(run).status) == (0, "completed"), error
    assert len(history.read(run).epochs) == done + 2


@posix
def test_following_shows_the_epochs_and_its_end_leaves_the_run_alone(shapes: Store, long: Any, start: Any) -> None:
    run = only(shapes)
    follower = start("runs", "follow")
    lines = [follower.stderr.readline() for _ in range(3)]
    assert lines[0].startswith(f"Training {run.name} on CPU")
    assert lines[1].startswith("  epoch    1 of 5000  training loss ")
    follower.send_signal(signal.SIGINT)
    out, _ = follower.communicate(timeout=30)
    assert (follower.returncode, out) == (0, f"{run.name} goes on; `core runs stop {run.name}` would stop it.\n")
    assert run.alive
    watching = start("runs", "follow", "--events")
    assert json.loads(watching.stdout.readline())["event"] == "RunStarted"
    os.kill(long.pid, signal.SIGKILL)
    *_, last = watching.stdout.read().splitlines()  # with its stdin open, whose end would end it
    assert json.loads(last)["result"]["status"] == "interrupted"


def test_what_is_not_being_trained_is_told(shapes: Store, say: Any) -> None:
    for word in ("pause", "continue", "stop", "follow"):
        code, _, error = say("runs", word)
        assert (code, "No run is being trained." in error) == (1, True)
    run = create(shapes.paths.runs, "demo", Recipe())
    code, _, error = say("runs", "stop", "0")
    assert code == 1
    assert f"Run {run.name} is not being trained." in error
    assert say("runs", "follow", "0")[1] == f"{run.name} is interrupted.\n"


def test_notes_are_kept_shown_and_removed(shapes: Store, say: Any) -> None:
    run = create(shapes.paths.runs, "demo", Recipe())
    assert say("runs", "note", "0")[1] == f"Nothing was written about {run.name} yet.\n"
    text = "größer war nicht besser, " + "x" * 60 + "\nzweite Zeile"
    assert say("runs", "note", "0", text)[0] == 0
    assert run.notes_file.read_bytes() == f"{text}\n".encode()
    assert say("runs", "note", "0")[1] == f"{text}\n"
    assert say("runs")[1].rstrip().endswith("  größer war nicht besser, xxxxxxxxxxxxxx…")
    say("runs", "note", "0", "")
    assert not run.notes_file.exists()


def test_a_project_named_before_the_verb_counts(shapes: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(["runs", "-p", str(shapes.root), "stop"]) == 1
    assert "No run is being trained." in capsys.readouterr().err
    assert command_line(["queue", "-p", str(shapes.root), "remove", "3"]) == 1
    assert "number 3" in capsys.readouterr().err


def test_a_run_goes_on_with_its_own_recipe_but_for_its_length(shapes: Store, say: Any) -> None:
    code, _, error = say("train", "--resume", "last", "--seed", "3", "--recipe", "demo", "--schedule.epochs", "9")
    assert code == 2
    assert "Leave out --recipe, --seed; only --schedule.epochs and --schedule.patience may change." in error


def test_runs_in_json_tell_the_device_and_what_the_best_epoch_is_the_best_by(
    shapes: Store, quick: Recipe, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = recipes.change(quick, {"schedule.metric": "loss", "schedule.epochs": 2})
    run, _ = trained(shapes, recipe)
    assert command_line(["runs", "-p", str(shapes.root), "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["runs"]
    losses = history.read(run).val_loss
    assert told["device"].startswith("CPU")
    assert told["metric"] == {"name": "loss", "value": pytest.approx(min(losses))}


def test_a_queue_is_trained_in_order_and_what_fails_does_not_hold_up_the_rest(
    shapes: Store, quick: Recipe, say: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "quick.yaml").write_text(recipes.dump(recipes.change(quick, {"schedule.epochs": 1})))
    add = ["queue", "add", "--recipe", str(tmp_path / "quick.yaml"), "--device", "cpu"]
    assert say(*add, "--name", "first")[1] == "first waits as number 1.\n"
    say(*add, "--name", "nowhere", "--data.where", "class=nonsense")
    say(*add, "--name", "last")
    (shapes.paths.queue / "04-torn.yaml").write_text("[")
    say("queue", "move", "3", "2")
    lines = say("queue")[1].splitlines()
    assert [line.split()[1] for line in lines] == ["first", "last", "nowhere", "04-torn.yaml:"]
    code, out, error = say("queue", "run")
    assert code == 1
    assert [run.name for run in list_runs(shapes.paths.runs)] == ["00-first", "01-last"]
    assert [line.split(":")[0] for line in out.splitlines()] == ["00-first", "01-last"]
    assert all(run.predictions_file.is_file() for run in list_runs(shapes.paths.runs))
    assert "03-nowhere@cpu.yaml stays in the queue." in error
    assert "2 runs of the queue could not be trained." in error
    assert [entry.number for entry in queue.entries(shapes.paths.queue)] == [3, 4]
    for number in ("3", "4"):
        assert say("queue", "remove", number)[0] == 0
    assert say("queue", "run")[:2] == (0, "Nothing waits; `core queue add` puts a run here.\n")


def test_files_named_by_a_recipe_that_waits_are_found_from_anywhere(
    shapes: Store, say: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = say(
        "queue", "add", "--synth.count", "5", "--synth.stamps", "my/stamps", "--model.weights", "a.pth", "--json"
    )
    recipe = json.loads(said[1])["recipe"]
    assert recipe["synth"]["stamps"] == str(tmp_path / "my" / "stamps")
    assert recipe["model"]["weights"] == str(tmp_path / "a.pth")


@posix
def test_an_interrupted_queue_keeps_its_run_and_the_rest(shapes: Store, quick: Recipe, start: Any) -> None:
    endless = recipes.change(quick, {"schedule.epochs": 5000, "schedule.patience": 5000})
    for _ in range(2):
        queue.add(shapes.paths.queue, endless, "cpu")
    process = start("queue", "run")
    until(lambda: bool(list_runs(shapes.paths.runs)) and list_runs(shapes.paths.runs)[0].last.exists())
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == INTERRUPTED
    assert history.read(only(shapes)).status == "stopped"
    assert [entry.number for entry in queue.entries(shapes.paths.queue)] == [2]


@posix
def test_two_that_train_a_queue_train_each_run_once(shapes: Store, quick: Recipe, start: Any) -> None:
    for number in range(3):
        queue.add(shapes.paths.queue, recipes.change(quick, {"schedule.epochs": 1, "name": f"run{number}"}), "cpu")
    both = [start("queue", "run"), start("queue", "run")]
    assert [process.wait(120) for process in both] == [0, 0]
    assert sorted(run.name[3:] for run in list_runs(shapes.paths.runs)) == [f"run{number}" for number in range(3)]
    assert {history.read(run).status for run in list_runs(shapes.paths.runs)} == {"completed"}
    assert queue.entries(shapes.paths.queue) == []


def until(true: Callable[[], bool]) -> None:
    for _ in range(1500):
        if true():
            return
        time.sleep(0.02)
    pytest.fail("it did not come true in 30 s")
