import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core import recipe as recipes
from core.errors import Error
from core.recipe import Recipe
from core.runs import queue


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "queue"


def named(folder: Path) -> list[str]:
    return [entry.recipe.name if entry.recipe else "?" for entry in queue.entries(folder)]


def fill(folder: Path, names: str) -> list[queue.Entry]:
    return [queue.add(folder, Recipe(name=name)) for name in names]


def test_what_is_added_waits_in_order_with_its_device(folder: Path) -> None:
    assert queue.entries(folder) == []
    recipe = Recipe(name="demo", seed=7)
    queue.add(folder, recipe, "cuda:1")
    queue.add(folder, recipe)
    first, second = queue.entries(folder)
    assert (first.number, first.device, first.recipe) == (1, "cuda:1", recipe)
    assert (second.number, second.device) == (2, "auto")
    assert queue.find(folder, 2) == second
    with pytest.raises(Error, match="number 3"):
        queue.find(folder, 3)


def test_entries_of_one_name_are_told_apart_by_what_differs(folder: Path) -> None:
    for changes in ({}, {"optim.learning_rate": 0.01, "seed": 2}, {"optim.learning_rate": 0.01}):
        queue.add(folder, recipes.change(Recipe(name="demo"), changes))
    queue.add(folder, Recipe(name="other"))
    (folder / "09-broken.yaml").write_text("name: [")
    assert queue.apart(queue.entries(folder)) == [
        "seed 0, learning_rate 0.001",
        "seed 2, learning_rate 0.01",
        "seed 0, learning_rate 0.01",
        "",
        "",
    ]


def test_files_of_people_count_and_junk_is_told_or_passed_over(folder: Path) -> None:
    folder.mkdir()
    (folder / "7-mine.yaml").write_text(recipes.dump(Recipe(name="mine")))
    (folder / "08-torn.yaml").write_text("model: [")
    (folder / "09-binary.yaml").write_bytes(bytes(range(256)))
    (folder / "10-other@cpu.yaml").write_text("model: {name: nonsense}")
    (folder / "11-folder.yaml").mkdir()
    (folder / ".DS_Store").write_bytes(b"\0")
    (folder / "readme.txt").write_text("hello")
    mine, *broken = queue.entries(folder)
    assert (mine.number, mine.recipe, mine.problem) == (7, Recipe(name="mine"), "")
    assert [entry.number for entry in broken] == [8, 9, 10]
    assert all(entry.problem and entry.recipe is None for entry in broken)
    assert queue.add(folder, Recipe()).number == 11


@pytest.mark.parametrize(
    ("name", "position", "after"),
    [("a", 2, "bcad"), ("a", 99, "bcda"), ("d", 0, "dabc"), ("d", -5, "dabc"), ("c", 1, "acbd"), ("b", 1, "abcd")],
)
def test_an_entry_moves_and_the_others_make_room(folder: Path, name: str, position: int, after: str) -> None:
    made = fill(folder, "abcd")
    queue.move(folder, made["abcd".index(name)], position)
    assert named(folder) == list(after)
    assert [entry.number for entry in queue.entries(folder)] == [1, 2, 3, 4]
    assert {file.name for file in folder.iterdir()} - {entry.file.name for entry in queue.entries(folder)} <= {".lock"}


@pytest.mark.parametrize("steps", range(5))
def test_a_move_that_is_cut_short_loses_none(folder: Path, steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *_ = fill(folder, "abcd")
    done: list[Path] = []

    def some(file: Path, number: int) -> Path:
        if len(done) == steps:
            raise KeyboardInterrupt
        done.append(renumbered(file, number))
        return done[-1]

    renumbered = queue._renumbered
    monkeypatch.setattr(queue, "_renumbered", some)
    with pytest.raises(KeyboardInterrupt):
        queue.move(folder, first, 3)
    monkeypatch.undo()
    assert sorted(named(folder)) == list("abcd")
    assert len({entry.number for entry in queue.entries(folder)}) == 4
    queue.move(folder, queue.entries(folder)[-1], 0)
    assert sorted(named(folder)) == list("abcd")


def test_moving_loses_none_of_two_files_that_people_gave_one_number(folder: Path) -> None:
    folder.mkdir()
    for name, seed in (("3-x.yaml", 1), ("03-x.yaml", 2), ("003-x.yaml", 3)):
        (folder / name).write_text(recipes.dump(Recipe(seed=seed)))
    for position in (2, 0, 1):
        queue.move(folder, queue.entries(folder)[0], position)
        assert {entry.recipe.seed for entry in queue.entries(folder) if entry.recipe} == {1, 2, 3}


def test_what_is_gone_is_told(folder: Path) -> None:
    first, second = fill(folder, "ab")
    queue.remove(folder, first)
    assert named(folder) == ["b"]
    for change in (lambda: queue.remove(folder, first), lambda: queue.move(folder, first, 0)):
        with pytest.raises(Error, match="waits no more"):
            change()
    queue.remove(folder, second)
    assert queue.entries(folder) == []


def test_an_entry_leaves_when_its_run_is_made_and_stays_when_that_fails(folder: Path) -> None:
    first, _ = fill(folder, "ab")
    with pytest.raises(OSError, match="full"), queue.take(folder):
        raise OSError("full")
    assert named(folder) == ["a", "b"]
    with queue.take(folder) as entry:
        assert entry == first
        with pytest.raises(Error, match="about to start"):
            queue.remove(folder, first)
        with queue.take(folder) as other:
            assert other
            assert other.number == 2
            with queue.take(folder) as none:
                assert none is None
            queue.leave(other)
        queue.leave(entry)
    assert named(folder) == []
    assert [file.name for file in folder.iterdir()] in ([".lock"], [])


def test_what_was_tried_in_vain_is_passed(folder: Path) -> None:
    first, second = fill(folder, "ab")
    with queue.take(folder, passed={first.file.name}) as entry:
        assert entry == second


def test_a_broken_file_is_handed_out_and_stays(folder: Path) -> None:
    folder.mkdir()
    (folder / "01-torn.yaml").write_text("[")
    with queue.take(folder) as entry:
        assert entry
        assert entry.problem
        assert entry.recipe is None
    assert len(queue.entries(folder)) == 1


def _take_all(folder: Path, taken: "multiprocessing.Queue[list[int]]") -> None:
    numbers: list[int] = []
    while True:
        with queue.take(folder) as entry:
            if entry is None:
                break
            numbers.append(entry.number)
            queue.leave(entry)
    taken.put(numbers)


def test_of_processes_that_take_at_once_each_entry_goes_to_one(folder: Path) -> None:
    fill(folder, "abcdefghijkl")
    context = multiprocessing.get_context("spawn")
    taken: multiprocessing.Queue[list[int]] = context.Queue()
    processes = [context.Process(target=_take_all, args=(folder, taken)) for _ in range(3)]
    for process in processes:
        process.start()
    numbers = [number for _ in processes for number in taken.get(timeout=60)]
    for process in processes:
        process.join()
    # One who finds the last entries held ends; what was held by then leaves with its holder.
    assert sorted(numbers) == list(range(1, 13))
    assert queue.entries(folder) == []


def test_a_killed_taker_leaves_the_entry(folder: Path) -> None:
    (first,) = fill(folder, "a")
    script = (
        "import sys, time, pathlib; from core.runs import queue\n"
        "with queue.take(pathlib.Path(sys.argv[1])) as entry:\n    print(entry.number, flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "1\n"
    with queue.take(folder) as none:
        assert none is None
    child.kill()
    child.wait()
    child.stdout.close()
    with queue.take(folder) as entry:
        assert entry == first


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere; Windows has other rights")
def test_a_queue_that_may_not_be_written_can_be_read(folder: Path) -> None:
    (first,) = fill(folder, "a")
    folder.chmod(0o500)
    try:
        assert queue.entries(folder) == [first]
        with pytest.raises(OSError, match="denied"):
            queue.remove(folder, first)
    finally:
        folder.chmod(0o700)
