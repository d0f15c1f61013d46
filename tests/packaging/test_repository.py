"""The repository itself: exact versions, a reason for every dependency, no index address, no path of one machine."""

import itertools
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PYTHONS = ("3.11", "3.12", "3.13")

# Written in pieces, so that this file does not hold what it looks for.
ADDRESSES = re.compile(
    "|".join(("py" + r"pi\.org", "python" + "hosted", r"index[-_]url[\s='\"]+\w+:/", r"find[-_]links[\s='\"]+\S*/")),
    re.IGNORECASE,
)
MACHINE_PATHS = re.compile(r"(?<![\w./~-])/(" + "|".join(("wo" + "rk/", r"tmp/w\b")) + ")")


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """Every file that git tracks."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("needs git and a clone: it looks at tracked files")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def texts(files: list[Path]) -> dict[str, str]:
    """Relative name -> text, for the files that are text."""
    found = {}
    for file in files:
        data = file.read_bytes()
        if b"\0" not in data:
            found[file.relative_to(ROOT).as_posix()] = data.decode("utf-8", errors="replace")
    return found


def direct() -> list[Requirement]:
    extras = PROJECT["project"]["optional-dependencies"]
    return [Requirement(line) for line in (*PROJECT["project"]["dependencies"], *itertools.chain(*extras.values()))]


def constraints() -> list[Requirement]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def on(python: str) -> dict[str, str]:
    return {**default_environment(), "python_version": python, "python_full_version": f"{python}.0"}


def holds(requirement: Requirement, python: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate(on(python))


def test_no_file_names_an_index(tracked: list[Path]) -> None:
    assert {name: found[0] for name, text in texts(tracked).items() if (found := ADDRESSES.search(text))} == {}


def test_the_search_finds_what_it_is_for() -> None:
    for text in (
        "--index-" + "url https://index.example/simple",
        "PIP_INDEX_" + "URL=http://x",
        "files.python" + "hosted.org",
    ):
        assert ADDRESSES.search(text)
    assert not ADDRESSES.search("uv pip compile --no-emit-index-url --no-emit-find-links pyproject.toml")
    assert MACHINE_PATHS.search('open("/' + 'work/main")')
    assert not MACHINE_PATHS.search("see ../framework/work/notes")


def test_no_file_names_a_path_of_one_machine(tracked: list[Path]) -> None:
    assert {name: found[0] for name, text in texts(tracked).items() if (found := MACHINE_PATHS.search(text))} == {}


def test_what_must_stay_out_is_not_tracked(tracked: list[Path]) -> None:
    names = {file.relative_to(ROOT).as_posix() for file in tracked}
    assert "uv.lock" not in names
    assert {name for name in names if name.startswith("projects/")} == {"projects/.gitkeep"}
    assert [name for name in names if "__pycache__" in name or ".egg-info" in name] == []


def test_constraints_are_exact_and_unambiguous() -> None:
    for python in PYTHONS:
        names = [canonicalize_name(line.name) for line in constraints() if holds(line, python)]
        assert len(names) == len(set(names))
    for line in constraints():
        assert re.fullmatch(r"==[\w.]+", str(line.specifier)), line
        assert line.url is None


@pytest.mark.parametrize("python", PYTHONS)
def test_every_direct_dependency_has_an_exact_version_that_fits(python: str) -> None:
    exact = {canonicalize_name(line.name): line.specifier for line in constraints() if holds(line, python)}
    for wanted in direct():
        if holds(wanted, python):
            version = str(exact[canonicalize_name(wanted.name)]).removeprefix("==")
            assert wanted.specifier.contains(version), f"{wanted} on {python}: {version}"


def test_the_build_uses_the_version_of_constraints() -> None:
    (build,) = (Requirement(line) for line in PROJECT["build-system"]["requires"])
    assert build.specifier in [line.specifier for line in constraints() if line.name == build.name]


def test_every_dependency_has_its_reason() -> None:
    text = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "docs" / "decisions").glob("*.md"))
    reasons = dict(re.findall(r"^- \*\*([\w.-]+)\*\*: (.+)$", text, re.MULTILINE))
    assert {wanted.name for wanted in direct()} - reasons.keys() == set()


def test_every_runtime_dependency_has_its_licence_listed() -> None:
    rows = re.findall(r"^\| ([\w-]+) \| (.+) \|$", (ROOT / "packaging" / "THIRD_PARTY.md").read_text(), re.MULTILINE)
    wanted = {canonicalize_name(Requirement(line).name) for line in PROJECT["project"]["dependencies"]}
    assert wanted - dict(rows).keys() == set()


def test_typer_and_the_opencv_with_its_own_qt_stay_out() -> None:
    names = {canonicalize_name(line.name) for line in constraints()}
    assert names & {"typer", "opencv-python", "opencv-contrib-python", "pyside6", "pyside6-addons"} == set()
