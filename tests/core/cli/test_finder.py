"""`core find-rate` by its exit code and what it says."""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from core import recipe as recipes
from core.cli.main import run
from core.project.store import Store
from core.recipe import Recipe
from tests.faults import ROOT


def test_it_suggests_a_rate_as_text_and_as_json(
    shapes: Store, quick: Recipe, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "quick.yaml"
    file.write_text(recipes.dump(quick))
    asked = ["find-rate", "-p", str(shapes.root), "--recipe", str(file), "--device", "cpu"]
    assert run([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert run(asked) == 0
    said = capsys.readouterr().out
    assert len(told["points"]) > 60
    assert told["points"][0][0] == pytest.approx(1e-7)
    assert told["batch_size"] == 16
    line = next(line for line in said.splitlines() if line.startswith("Suggested learning rate"))
    words = shlex.split(line.partition(": ")[2])
    assert words[:2] == ["core", "train"]
    assert float(words[words.index("--optim.learning_rate") + 1]) == told["rate"]
    assert told["reason"] in said


def test_stopping_it_leaves_nothing(shapes: Store) -> None:
    asked = [sys.executable, "-m", "core", "find-rate", "-p", str(shapes.root), "--device", "cpu", "--events"]
    pipe = subprocess.PIPE
    with subprocess.Popen(asked, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout
        assert process.stdin
        for line in process.stdout:
            if '"RatePoint"' in line:
                break
        process.stdin.close()
        process.stdout.read()
        assert process.wait(60) == 130
    assert not shapes.paths.runs.exists() or not list(shapes.paths.runs.iterdir())


def test_help_does_not_wait_for_torch() -> None:
    code = "import sys; from core.cli.main import run; run(['find-rate', '--help']); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
