import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.cli.main import run
from core.project import views
from core.project.store import Store
from core.project.views import View


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two classes of 8 small pictures in class folders, and one file that is no picture."""
    folder = tmp_path / "photos"
    rng = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (folder / name).mkdir(parents=True)
        for n in range(8):
            Image.fromarray(rng.integers(0, 255, (24, 32, 3), np.uint8)).save(folder / name / f"{n}.png")
    (folder / "cat" / "broken.jpg").write_bytes(b"not a picture")
    return folder


@pytest.fixture
def project(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert run(["new", str(tmp_path / "pets")]) == 0
    assert run(["import", str(photos), "-p", str(tmp_path / "pets")]) == 0
    capsys.readouterr()
    return tmp_path / "pets"


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    """What a command prints with --json."""
    assert run([*arguments, "--json"]) == 0
    value: dict[str, object] = json.loads(capsys.readouterr().out)
    return value


def test_import_makes_a_project_with_the_name_of_the_folder(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    value = said(capsys, "import", str(photos))
    assert Path(str(value["project"])).parent == Path(os.environ["WILDSET_PROJECTS"])
    assert (value["added"], value["total"], value["classes"]) == (16, 16, ["cat", "dog"])
    (skipped,) = value["skipped"]  # type: ignore[misc]
    assert skipped["name"].endswith("broken.jpg")


def test_paths_can_come_from_a_file(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    named = [photos / "cat" / "0.png", photos / "dog"]
    (tmp_path / "list").write_bytes(b"".join(os.fsencode(path) + b"\0" for path in named))
    value = said(capsys, "import", "--list", str(tmp_path / "list"), "-p", str(tmp_path / "project"))
    assert value["added"] == 9
    assert run(["import", "-p", str(tmp_path / "project")]) == 2


def test_a_refused_first_import_leaves_no_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert run(["import", str(tmp_path / "empty"), "-p", str(tmp_path / "project")]) == 1
    assert "empty" in capsys.readouterr().err
    assert not (tmp_path / "project").exists()


def test_a_first_import_of_broken_images_alone_leaves_no_project(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.png").touch()
    assert run(["import", str(tmp_path / "bad"), "-p", str(tmp_path / "project")]) == 1
    said = capsys.readouterr().err
    assert "skipped a.png" in said
    assert "can be used" in said
    assert not (tmp_path / "project").exists()


def test_the_ordinary_way_through(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = ["-p", str(project)]
    listed = said(capsys, "list", *at, "--where", "class:cat", "--limit", "3")
    assert (listed["total"], len(listed["images"])) == (8, 3)  # type: ignore[arg-type]
    first = listed["images"][0]["id"]  # type: ignore[index]
    assert said(capsys, "label", str(first), "--class", "dog", *at)["images"] == [first]
    assert said(capsys, "list", *at)["classes"] == {"cat": 7, "dog": 9}
    said(capsys, "label", "--undo", *at)
    assert said(capsys, "list", *at)["classes"] == {"cat": 8, "dog": 8}
    said(capsys, "label", "--where", "class:cat", "--class", "wolf", "--new", *at)
    assert said(capsys, "list", *at)["classes"] == {"cat": 0, "dog": 8, "wolf": 8}
    health = said(capsys, "split", "--val", "0.25", *at)
    assert (health["train"], health["val"], health["torn_groups"]) == (12, 4, 0)


def test_a_project_is_found_around_the_current_folder(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project / "runs")
    assert said(capsys, "list")["total"] == 16


def test_people_get_a_table(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["list", "-p", str(project), "--limit", "1"])
    out = capsys.readouterr().out
    assert "cat/0.png" in out
    assert "… 15 more" in out
    assert "16 images" in out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["list", "-p", "absent"], 1, "There is no project absent."),
        (["list", "--where", "clas:3"], 1, "Did you mean class?"),
        (["label", "1"], 2, "Give one of --class"),
        (["label", "--class", "cat"], 2, "Give image numbers or --where"),
        (["label", "999", "--class", "cat"], 1, "There is no image 999"),
        (["label", "1", "--class", "bird"], 1, "The classes are: cat, dog"),
        (["label", "--redo"], 1, "nothing to redo"),
        (["split", "--val", "2"], 1, "Shares of 2"),
        (["split", "--val", "nan"], 1, "Shares of nan"),
        (["split", "--seed", "-1"], 2, "--seed"),
        (["new", " "], 1, "needs a name"),
        (["import", "/absent/folder"], 1, "/absent/folder"),
        (["train", "--optim.batch_size", "-1"], 1, "optim.batch_size is -1"),
        (["train", "--optim.batch_size", "x"], 2, "not a valid integer"),
        (["train", "--recipe", "absent.yaml"], 1, "no recipe"),
        (["evaluate"], 1, "run"),
        (["nonsense"], 2, "No such command"),
        (["list", "--limit", "-1"], 2, "--limit"),
    ],
)
def test_what_goes_wrong_is_told_with_its_exit_code(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    monkeypatch.chdir(project)
    assert run(arguments) == code
    captured = capsys.readouterr()
    assert words in captured.err
    assert "Traceback" not in captured.err


def test_a_bug_leaves_a_report_and_exits_with_3(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from core.project import records

    def broken(*_: object) -> None:
        raise ValueError("counts are off")

    monkeypatch.setattr(records, "counts", broken)
    assert run(["list", "-p", str(project)]) == 3
    err = capsys.readouterr().err
    assert "This is a bug of Wildset: ValueError: counts are off" in err
    report = Path(err.split("is in ")[1].strip().removesuffix("."))
    assert "counts are off" in report.read_text()


def test_events_are_json_lines_that_end_with_the_result(project: Path, photos: Path) -> None:
    command = [sys.executable, "-m", "core", "import", str(photos), "-p", str(project), "--events"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        events = [json.loads(line) for line in child.stdout]
    assert {"Stage", "Skipped", "Finished"} <= {event["event"] for event in events}
    assert events[-1]["result"]["unchanged"] == 16


def test_listing_and_help_never_load_torch(project: Path) -> None:
    code = (
        "import sys; from core.cli.main import run; run(['--help']);"
        f"run(['list', '-p', {str(project)!r}]); run(['label', '1', '--class', 'cat', '-p', {str(project)!r}]);"
        "print([m for m in ('torch', 'cv2', 'sklearn', 'PySide6', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_long_and_unprintable_names_fit_their_line(
    tmp_path: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / "cat" / "0.png").rename(photos / "cat" / "red\x1b[31m\n.png")
    assert run(["import", str(photos), "-p", str(tmp_path / "pets")]) == 0
    assert run(["list", "-p", str(tmp_path / "pets")]) == 0
    assert "cat/red\ufffd[31m\ufffd.png" in capsys.readouterr().out


def test_a_hint_names_some_of_many_projects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WILDSET_PROJECTS", str(tmp_path))
    for number in range(14):
        (tmp_path / f"p{number:02d}").mkdir()
        (tmp_path / f"p{number:02d}" / "project.db").touch()
    assert run(["list", "-p", "nope"]) == 1
    assert capsys.readouterr().err.endswith("p10, p11 and 2 more.\n")


def test_fields_and_views_can_be_listed_and_used(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Store.open(project) as store:
        views.save(store, View("dogs", "class:dog", "id", True))
    assert run(["list", "--fields", "-p", str(project)]) == 0
    told = capsys.readouterr().out
    assert "  conf  " in told
    assert "  dogs  " in told
    found = said(capsys, "list", "--view", "dogs", "-p", str(project))
    images: list[dict[str, object]] = found["images"]  # type: ignore[assignment]
    numbers = [int(str(image["id"])) for image in images]
    assert numbers == sorted(numbers, reverse=True)
    assert {image["class"] for image in images} == {"dog"}
    assert run(["list", "--view", "cats", "-p", str(project)]) == 1
    assert "no view cats" in capsys.readouterr().err
