"""`core synth`: sheets, folders of composites and the classifier, on a project of digits; and every refusal."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.cli.main import run
from core.importers import import_path
from core.project import edits
from core.project.records import columns
from core.project.store import Store
from core.synth.digits import digits
from tests.core.conftest import finish
from tests.faults import ROOT, as_ordinary_user, on_full_disk

SMALL = ("--data.image_size", "32")


def photos(folder: Path) -> None:
    """Three photos of each digit, 40 px high and 60 wide; those of 9 are smaller."""
    stamps, labels = digits()
    luck = np.random.default_rng(0)
    for digit in range(10):
        (folder / str(digit)).mkdir(parents=True)
        for n, stamp in enumerate(stamps[labels == digit][:3]):
            paper = np.tile(luck.integers(40, 255, 3), (40, 60, 1)) + luck.integers(-20, 20, (40, 60, 3))
            paper[:, 10:50] -= stamp[12:52, 12:52, None] // 2
            side = (30, 20) if digit == 9 else (60, 40)
            Image.fromarray(np.clip(paper, 0, 255).astype(np.uint8)).resize(side).save(folder / f"{digit}/{n}.png")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """30 photos of digits, the last of each kept for validation."""
    folder = tmp_path_factory.mktemp("digits")
    photos(folder / "photos")
    with Store.create(folder / "project") as store:
        finish(import_path(store, folder / "photos"))
        ids = columns(store).ids
        edits.set_split(store, {int(id): "val" if n % 3 == 2 else "train" for n, id in enumerate(ids)})
    return folder / "project"


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    """What a command prints with --json."""
    assert run([*arguments, "--json"]) == 0
    value: dict[str, object] = json.loads(capsys.readouterr().out)
    return value


def refused(capsys: pytest.CaptureFixture[str], code: int, *arguments: str) -> str:
    assert run([*arguments]) == code
    captured = capsys.readouterr()
    assert not captured.out
    return captured.err


def training_ids(project: Path) -> set[int]:
    with Store.open(project, write=False) as store:
        known = columns(store)
        return set(known.ids[known.split == 1].tolist())


def test_preview(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = tmp_path / "sheet.png"
    where = ("-p", str(project), "-o", str(sheet), *SMALL, "--synth.smallest", "20")
    value = said(capsys, "synth", "preview", *where, "--count", "12", "--start", "3")
    assert value["sheet"] == str(sheet)
    with Image.open(sheet) as image:
        assert image.size == (16 + 5 * 104 - 8 + 16, 16 + 3 * (96 + 8 + 18) - 8 + 16)
    told = value["composites"]
    assert [one["index"] for one in told] == list(range(3, 15))  # type: ignore[attr-defined]
    assert {one["background"] for one in told} <= training_ids(project)  # type: ignore[attr-defined]
    assert all(one["class"] in "0123456789" for one in told)  # type: ignore[attr-defined]
    before = sheet.read_bytes()
    said(capsys, "synth", "preview", *where, "--count", "12", "--start", "3")
    assert sheet.read_bytes() == before
    said(capsys, "synth", "preview", *where, "--count", "12", "--start", "3", "--synth.ink", "contrast")
    assert sheet.read_bytes() != before


def test_export_can_be_imported(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "new" / "composites"
    value = said(capsys, "synth", "export", str(folder), "-p", str(project), "--count", "60", *SMALL)
    assert value == {"folder": str(folder), "count": 60}
    assert [path.name for path in folder.parent.iterdir()] == ["composites"]
    with open(folder / "manifest.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*.png")} == {row["file"] for row in rows}
    assert len(rows) == 60
    for number, row in enumerate(rows):
        assert row["file"] == f"{row['label']}/synthetic_{number:06d}.png"
        assert (row["source"], row["split"]) == ("synthetic", "train")
        assert int(row["background"]) in training_ids(project)
    sheet = tmp_path / "sheet.png"
    told = said(capsys, "synth", "preview", "-p", str(project), "-o", str(sheet), "--count", "60", *SMALL)
    assert [one["ink"] for one in told["composites"]] == [row["ink"] for row in rows]  # type: ignore[attr-defined]
    with Image.open(sheet) as drawn, Image.open(folder / rows[0]["file"]) as written:
        assert written.size == (32, 32)
        tile = np.asarray(drawn)[16 : 16 + 96 : 3, 16 : 16 + 96 : 3]
        assert (tile == np.asarray(written)).all()
    assert run(["import", str(folder), "-p", str(tmp_path / "imported")]) == 0
    with Store.open(tmp_path / "imported", write=False) as store:
        known = columns(store)
        assert known.sources == ("synthetic",)
        assert (known.split == 1).all()


def test_realism(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    value = said(capsys, "synth", "realism", "-p", str(project), "--count", "15", *SMALL)
    assert 0 <= float(str(value["accuracy"])) <= 1
    points = value["points"]
    assert [point["id"] for point in points][15:] == list(range(-1, -16, -1))  # type: ignore[index, attr-defined]
    assert {point["id"] for point in points[:15]} <= training_ids(project)  # type: ignore[index]
    assert run(["synth", "realism", "-p", str(project), "--count", "15", *SMALL]) == 0
    assert "50 % would be chance" in capsys.readouterr().out


def test_realism_of_a_few(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "too few" in refused(capsys, 1, "synth", "realism", "-p", str(project), "--count", "9", *SMALL)


def test_unreadable_backgrounds_make_room_for_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos(tmp_path / "photos")
    with Store.create(tmp_path / "project") as store:
        finish(import_path(store, tmp_path / "photos"))
        ids = columns(store).ids
        edits.set_split(store, {int(id): "train" for id in ids})
    for file in (tmp_path / "photos" / "3").iterdir():
        file.write_bytes(b"no longer an image")
    where = ("-p", str(tmp_path / "project"), "-o", str(tmp_path / "sheet.png"), *SMALL)
    told = said(capsys, "synth", "preview", *where, "--count", "200")["composites"]
    assert len({one["background"] for one in told}) == 24  # type: ignore[attr-defined]  # neither 3 nor the small 9


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (("--synth.smallest", "100"), "No training image has a shorter side of 100 px"),
        (("--synth.stamps", "/nowhere/at/all"), "/nowhere/at/all"),
        (("--data.where", "source:nobody"), "nobody"),
    ],
)
def test_what_cannot_be_composed(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: tuple[str, str], words: str
) -> None:
    where = ("-p", str(project), *SMALL, *changes)
    assert words in refused(capsys, 1, "synth", "preview", "-o", str(tmp_path / "sheet.png"), *where)
    assert words in refused(capsys, 1, "synth", "export", str(tmp_path / "out"), "--count", "5", *where)
    assert words in refused(capsys, 1, "synth", "realism", *where)
    assert not list(tmp_path.iterdir())


def test_without_training_images_or_classes(shapes: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = ("-o", str(tmp_path / "sheet.png"))
    assert "no class 0, 1" in refused(capsys, 1, "synth", "preview", "-p", str(shapes.root), *sheet)
    edits.set_split(shapes, {int(id): "val" for id in columns(shapes).ids})
    assert "no labelled training images" in refused(capsys, 1, "synth", "preview", "-p", str(shapes.root), *sheet)
    assert not (tmp_path / "sheet.png").exists()


def test_none_is_wrong_usage(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet, folder, where = str(tmp_path / "sheet.png"), str(tmp_path / "out"), ("-p", str(project), *SMALL)
    refused(capsys, 2, "synth", "preview", "-o", sheet, "--count", "0", *where)
    refused(capsys, 2, "synth", "export", folder, "--count", "0", *where)
    refused(capsys, 2, "synth", "preview", "-o", str(tmp_path / "sheet.jpg"), *where)
    refused(capsys, 2, "synth", "preview", "-o", sheet, "--start", "9" * 30, *where)
    assert "How many" in refused(capsys, 1, "synth", "export", folder, *where)
    assert not list(tmp_path.iterdir())
    assert run(["synth", "export", folder, "--synth.count", "7", *where]) == 0
    assert len(list(Path(folder).rglob("*.png"))) == 7


def test_nothing_is_overwritten(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "empty").mkdir()
    command = ("synth", "export", "-p", str(project), "--count", "3", *SMALL)
    assert "is not empty" in refused(capsys, 1, *command, str(tmp_path / "full"))
    assert "is a file" in refused(capsys, 1, *command, str(tmp_path / "full" / "mine.txt"))
    assert (tmp_path / "full" / "mine.txt").read_text() == "mine"
    assert run([*command, str(tmp_path / "empty")]) == 0
    assert (tmp_path / "empty" / "manifest.csv").is_file()


def test_an_unwritable_place(project: Path, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir()
    (tmp_path / "locked").chmod(0o555)
    code = "import sys; from core.cli.main import run; sys.exit(run(sys.argv[1:]))"
    where = ("-p", str(project), "--count", "3", *SMALL)
    for command in (
        ("export", str(tmp_path / "locked" / "out")),
        ("export", str(tmp_path / "locked" / "deep" / "out")),
        ("preview", "-o", str(tmp_path / "locked" / "sheet.png")),
    ):
        ended = as_ordinary_user(code, "synth", *command, *where)
        assert ended.returncode == 1, ended.stderr
        assert "Not allowed to read or write" in ended.stderr
    assert not list((tmp_path / "locked").iterdir())


def test_a_full_disk_leaves_nothing(project: Path, tmp_path: Path) -> None:
    code = "from core.cli.main import run; sys.exit(run(sys.argv[2:]))"
    where = ("-p", str(project), "--count", "40", "--data.image_size", "256")
    assert run(["synth", "preview", *where, "-o", str(tmp_path / "sheet.png")]) == 0  # what it packs stays
    (tmp_path / "sheet.png").unlink()
    for command in (("export", str(tmp_path / "a" / "out")), ("preview", "-o", str(tmp_path / "sheet.png"))):
        ended = on_full_disk(code, 40_000, "synth", *command, *where)
        assert ended.returncode == 1, ended.stderr
        assert "The disk is full" in ended.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one child")
def test_stopped_half_way_it_leaves_nothing(project: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "core", "synth", "export", str(tmp_path / "a" / "out"), "--count", "900000"]
    child = subprocess.Popen([*command, "-p", str(project), *SMALL], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        for _ in range(600):
            if list(tmp_path.glob("a/.composites-*/*/*.png")):
                break
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=30)
    finally:
        child.kill()
    assert child.returncode == 130, errors
    assert not list(tmp_path.iterdir())
