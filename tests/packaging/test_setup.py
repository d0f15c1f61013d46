"""The set-up script tells what is missing and how to get it, and changes nothing when all is there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="the set-up script is for Linux and macOS")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with nothing but what the set-up reads."""
    shutil.copytree(ROOT / "packaging", tmp_path / "packaging", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("constraints.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def script(file: Path, text: str) -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


def environment(checkout: Path, case: str) -> None:
    """A finished .venv whose interpreter is this one, except where its arguments match `case`."""
    (checkout / ".venv").mkdir()
    cases = f'*"pip --version"*) exit 0;; {case};; *) exec {sys.executable} "$@"'
    script(checkout / ".venv" / "bin" / "python", f'case "$*" in {cases};; esac')
    (checkout / ".venv" / "folder").write_text(f"{checkout.resolve()}\n")


def set_up(checkout: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "packaging/setup.sh"],
        cwd=checkout,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_python_is_one_sentence_and_a_line_to_type(checkout: Path) -> None:
    done = set_up(checkout, PYTHON="python-that-is-not-there")
    assert done.returncode == 1
    assert "no Python 3.11, 3.12 or 3.13 was found" in done.stderr
    assert "sudo apt-get install -y python3 python3-venv" in done.stderr
    assert not (checkout / ".venv").exists()


def test_an_old_python_is_not_taken(checkout: Path) -> None:
    old = script(checkout / "bin" / "python3.9", "exit 1")  # answers "no" to "are you 3.11 to 3.13?"
    assert set_up(checkout, PYTHON=str(old)).returncode == 1


def test_debian_python_without_venv_names_its_package(checkout: Path) -> None:
    python = script(
        checkout / "bin" / "python-without-venv",
        f'case "$2" in *ensurepip*) exit 1;; *sys.executable*) echo "$0";; *) exec {sys.executable} "$@";; esac',
    )
    script(checkout / "bin" / "id", "echo 1000")  # not root: nothing may be installed
    done = set_up(checkout, PYTHON=str(python), PATH=f"{checkout / 'bin'}:{os.environ['PATH']}")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert done.returncode == 1
    assert f"Type: sudo apt-get install -y python{version}-venv" in done.stderr
    assert not (checkout / ".venv").exists()


def test_offline_says_so_and_leaves_no_stamp(checkout: Path) -> None:
    environment(checkout, "*install*) exit 1")
    done = set_up(checkout)
    assert done.returncode == 1
    assert "Check the network" in done.stderr
    assert list((checkout / ".venv").glob("made-from-*")) == []


def test_second_run_is_silent(checkout: Path) -> None:
    environment(checkout, "*install*|*system_libraries*) exit 0")
    first = set_up(checkout)
    assert first.returncode == 0, first.stderr
    assert "Ready" in first.stdout
    assert set_up(checkout).stdout == ""
    (checkout / "constraints.txt").write_text("click==8.5.1\n")
    assert "Ready" in set_up(checkout).stdout


@pytest.mark.skipif(sys.platform != "linux", reason="system libraries come from apt on Linux only")
@pytest.mark.parametrize(
    ("user", "apt_ends", "told"),
    [
        ("1000", 0, "Type: sudo apt-get install -y libegl1"),
        ("0", 0, "Installing system libraries: libegl1"),
        ("0", 1, "type this when it can: apt-get install -y libegl1"),
    ],
)
def test_missing_system_libraries_never_stop_the_set_up(checkout: Path, user: str, apt_ends: int, told: str) -> None:
    environment(checkout, "*install*) exit 0;; *system_libraries*) echo libegl1")
    script(checkout / "bin" / "id", f"echo {user}")
    script(checkout / "bin" / "apt-get", f"exit {apt_ends}")
    done = set_up(checkout, PATH=f"{checkout / 'bin'}:{os.environ['PATH']}")
    assert done.returncode == 0, done.stderr
    assert told in done.stdout
    assert "Ready" in done.stdout
    again = set_up(checkout, PATH=f"{checkout / 'bin'}:{os.environ['PATH']}")
    assert told in again.stdout
    assert "Ready" not in again.stdout
