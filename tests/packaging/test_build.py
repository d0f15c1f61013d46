"""The wheel and the source archive hold the program and its resources."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = """
import sys
from setuptools import build_meta
folder = sys.argv[1]  # the build rewrites sys.argv
build_meta.build_wheel(folder)
build_meta.build_sdist(folder)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel and a source archive, built from a copy so that the checkout stays clean."""
    pytest.importorskip("setuptools", reason="building needs setuptools in the environment")
    source = tmp_path_factory.mktemp("source")
    for name in ("core", "studio", "resources"):
        for file in (ROOT / name).rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                copy = source / file.relative_to(ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(file.read_bytes())
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        (source / name).write_bytes((ROOT / name).read_bytes())
    made = tmp_path_factory.mktemp("built")
    subprocess.run([sys.executable, "-c", BUILD, str(made)], cwd=source, capture_output=True, text=True, check=True)
    return made


def packed() -> set[str]:
    """What must be inside: our modules and everything in resources."""
    modules = {file for name in ("core", "studio") for file in (ROOT / name).rglob("*.py")}
    resources = {file for file in (ROOT / "resources").rglob("*") if file.is_file() and file.suffix != ".pyc"}
    return {file.relative_to(ROOT).as_posix() for file in modules | resources}


def test_wheel_holds_modules_and_resources(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (entry_points,) = (name for name in names if name.endswith("entry_points.txt"))
        scripts = archive.read(entry_points).decode()
    assert packed() - names == set()
    assert "core = core.cli.main:main" in scripts
    assert "studio = studio.app:main" in scripts
    assert {name.split("/")[0] for name in names} == {
        "core",
        "studio",
        "resources",
        f"{wheel.name.split('-py3')[0]}.dist-info",
    }


def test_source_archive_holds_modules_and_resources(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    assert packed() | {"pyproject.toml", "LICENSE", "README.md"} <= names
