"""The scripts behind `make check` and the set-up find what they are there to find."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SIZES = runpy.run_path(str(ROOT / "packaging" / "check_sizes.py"))
LIBRARIES = runpy.run_path(str(ROOT / "packaging" / "system_libraries.py"))


def function(name: str, lines: int) -> str:
    return f"def {name}():\n" + "    pass\n" * (lines - 1)


def complaints(folder: Path, **modules: str) -> list[str]:
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text)
    found: list[str] = SIZES["complaints"](sorted(folder.glob("*.py")))
    return found


def test_sizes_within_the_limits_are_not_told(tmp_path: Path) -> None:
    short = "".join(function(f"short{i}", 5) for i in range(19))
    assert complaints(tmp_path, grid=short + function("longer", 80)) == []


def test_a_function_above_the_limit_is_named_with_its_line(tmp_path: Path) -> None:
    short = "".join(function(f"short{i}", 5) for i in range(19))
    (told,) = complaints(tmp_path, grid=short + function("endless", 81))
    assert told == f"{tmp_path / 'grid.py'}:96 endless: 81 lines, at most 80"


def test_too_many_long_functions_are_told_longest_first(tmp_path: Path) -> None:
    (told,) = complaints(tmp_path, grid=function("short", 5) + function("long", 36) + function("longest", 60))
    assert told.startswith("2 of 3 functions exceed 35 lines")
    assert told.index("longest") < told.index("long (36)")


def test_a_long_module_and_a_collecting_name_are_told(tmp_path: Path) -> None:
    told = complaints(tmp_path, grid="x = 1\n" * 401, utils="x = 1\n")
    assert any("grid.py: 401 lines" in line for line in told)
    assert any("name it after what it holds, not 'utils'" in line for line in told)


def test_missing_libraries_are_read_from_ldd() -> None:
    output = (
        "file.so:\n\tlibxcb-cursor.so.0 => not found\n\tlibc.so.6 => /lib/libc.so.6 (0x0)\n\tlibEGL.so.1 => not found\n"
    )
    found = LIBRARIES["missing"](output)
    assert found == {"libxcb-cursor.so.0", "libEGL.so.1"}
    assert {LIBRARIES["PACKAGES"][name] for name in found} == {"libxcb-cursor0", "libegl1"}


@pytest.mark.skipif(sys.platform != "linux", reason="Debian's packages matter on Linux only")
def test_nothing_unknown_is_missing_here() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "packaging" / "system_libraries.py"], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""


def test_ten_thousand_signals_do_not_abort_this_python() -> None:
    """PySide6 6.12 loses a reference of None with each call on Python 3.11; pyproject.toml keeps it away."""
    emit = (
        "from PySide6.QtCore import QObject, Signal\n"
        "class Sender(QObject):\n    told = Signal(int)\n"
        "sender, heard = Sender(), []\n"
        "sender.told.connect(heard.append)\n"
        "for number in range(10_000):\n    sender.told.emit(number)\n"
        "print(len(heard))\n"
    )
    done = subprocess.run([sys.executable, "-c", emit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "10000"), done.stderr
