"""A folder that is watched: what comes into it comes into the project."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.cli import watching
from core.cli.main import run
from core.errors import Error
from core.project import edits, records
from core.project.store import Store

ROOT = Path(__file__).parents[3]


def draw(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (12, 10, 3), np.uint8)).save(path)
    return path


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "it did not happen within a minute"
        time.sleep(0.1)


def total(project: Path) -> int:
    with Store.open(project, write=False) as store:
        return records.counts(store).total


@pytest.mark.skipif(os.name == "nt", reason="a child cannot be sent Ctrl+C there without its console")
def test_what_comes_into_the_folder_comes_into_the_project(tmp_path: Path) -> None:
    folder, project = tmp_path / "photos", tmp_path / "project"
    draw(folder / "cat" / "1.png", 1)
    script = (
        "import sys; from core.cli import watching; watching.PAUSE_SECONDS = 0.2;"
        "from core.cli.main import run; sys.exit(run(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", script, "import", str(folder), "-p", str(project), "--watch"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            until(lambda: (project / "project.db").is_file() and total(project) == 1)
            draw(folder / "dog" / "2.png", 2)
            half = draw(tmp_path / "3.png", 3).read_bytes()
            (folder / "dog" / "3.png").write_bytes(half[:100])
            until(lambda: total(project) == 2)
            (folder / "dog" / "3.png").write_bytes(half)
            until(lambda: total(project) == 3)
            with _open(project) as store:  # it leaves the project to others in between
                edits.label(store, [1], None)
            draw(folder / "dog" / "4.png", 4)
            until(lambda: total(project) == 4)
        finally:
            child.send_signal(signal.SIGINT)
            _, said = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "Traceback" not in said
    assert said.count("1 image new") == 3
    assert said.count("left out dog/3.png") == 1
    with Store.open(project, write=False) as store:
        assert records.image(store, 1).class_name is None


def _open(project: Path) -> Store:
    for _ in range(200):
        try:
            return Store.open(project)
        except Error:  # the watcher has it just now
            time.sleep(0.02)
    raise AssertionError("the project was never free")


def test_a_folder_that_is_away_and_a_project_in_use_are_waited_for(tmp_path: Path) -> None:
    folder = draw(tmp_path / "photos" / "cat" / "1.png", 1).parents[1]
    with Store.create(tmp_path / "p"):
        came, trouble = watching._look(tmp_path / "p", [folder])
        assert (came, len(trouble)) == ([], 1)
        assert "is open for writing" in trouble[0]
    away = folder.rename(tmp_path / "away")
    assert watching._look(tmp_path / "p", [folder])[1][0].startswith("There is nothing at")
    away.rename(folder)
    assert watching._look(tmp_path / "p", [folder]) == (["1 image new"], [])
    assert watching._look(tmp_path / "p", [folder]) == ([], [])


def test_it_goes_with_no_output_for_programs(tmp_path: Path) -> None:
    assert run(["import", str(tmp_path), "-p", str(tmp_path / "p"), "--watch", "--json"]) == 2
