import errno
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.errors import Error
from core.events import EpochEnded, Notice, Step
from core.recipe import Recipe
from core.runs import environment, folder
from core.runs.folder import RunFolder, create, find, list_runs


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return create(tmp_path / "runs", "demo", Recipe())


def test_names_count_and_the_recipe_is_complete(tmp_path: Path) -> None:
    recipe = Recipe(name="demo", seed=7)
    made = [create(tmp_path, name, recipe) for name in ("demo", "other", "demo")]
    assert [run.name for run in made] == ["00-demo", "01-other", "02-demo"]
    assert list_runs(tmp_path) == made
    assert made[1].recipe() == recipe
    assert "warmup_epochs" in made[1].recipe_file.read_text()


def test_two_starts_at_once_get_two_numbers(tmp_path: Path) -> None:
    threads = [threading.Thread(target=create, args=(tmp_path, f"r{n}", Recipe())) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [run.number for run in list_runs(tmp_path)] == list(range(8))


def test_a_start_on_a_full_disk_leaves_no_claim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(folder, "write_durably", full)
    with pytest.raises(OSError, match="No space"):
        create(tmp_path, "demo", Recipe())
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    assert create(tmp_path, "demo", Recipe()).name == "00-demo"


def test_what_a_killed_writer_left_is_swept_when_training_goes_on(run: RunFolder) -> None:
    (run.last.parent / ".last.safetensors.x1.part").write_bytes(b"half")
    run.last.write_bytes(b"whole")
    with run.training():
        assert [file.name for file in run.last.parent.iterdir()] == ["last.safetensors"]


def test_find_by_name_number_and_last(tmp_path: Path) -> None:
    with pytest.raises(Error, match="no runs yet"):
        find(tmp_path, "last")
    first, second = create(tmp_path, "a", Recipe()), create(tmp_path, "b", Recipe())
    assert find(tmp_path, "00-a") == find(tmp_path, "0") == find(tmp_path, "00") == first
    assert find(tmp_path, "last") == second
    with pytest.raises(Error, match="no run 7") as told:
        find(tmp_path, "7")
    assert "00-a, 01-b" in told.value.hint


def test_events_come_back_and_a_torn_line_spoils_no_other(run: RunFolder) -> None:
    run.append(Notice(text="one"))
    with run.events_file.open("ab") as file:
        file.write(b'{"event": "Notice", "te')
    assert [event.text for event in run.events() if isinstance(event, Notice)] == ["one"]
    written = run.append(Notice(text="zwei äöü"))
    assert written.at > 0
    assert [event.text for event in run.events() if isinstance(event, Notice)] == ["one", "zwei äöü"]


def test_steps_can_be_passed_over(run: RunFolder) -> None:
    run.append(Step(epoch=1, step=1, loss=1.0, learning_rate=0.0, images_per_second=1.0), durable=False)
    run.append(EpochEnded(epoch=1, train_loss=1.0, train_accuracy=0.5, val_loss=None, val_accuracy=None))
    assert [type(event) for event in run.events()] == [Step, EpochEnded]
    assert [type(event) for event in run.events(steps=False)] == [EpochEnded]


def test_a_run_lives_while_a_process_holds_it(run: RunFolder) -> None:
    assert not run.alive
    with run.training():
        assert run.alive
        with pytest.raises(Error, match="being trained already"), run.training():
            pass
    assert not run.alive


def test_a_killed_process_lets_go(run: RunFolder) -> None:
    script = (
        "import sys, time, pathlib; from core.runs.folder import RunFolder\n"
        "with RunFolder(pathlib.Path(sys.argv[1])).training():\n    print('held', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", script, str(run.root)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    assert run.alive
    child.kill()
    child.wait()
    child.stdout.close()
    assert not run.alive


def test_environment_names_versions_but_no_computer_and_no_folder(run: RunFolder) -> None:
    environment.write(run, "CPU", 2)
    facts = environment.describe("CPU", 2)
    assert facts["packages"]["torch"][0].isdigit()
    text = run.environment_file.read_text()
    assert environment.platform.node() not in text
    assert str(Path.home()) not in text


def test_runs_know_nothing_of_torch() -> None:
    script = (
        "import sys, core.runs.folder, core.runs.history, core.runs.predictions, core.runs.environment;"
        " sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
