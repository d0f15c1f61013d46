"""Full disks, kills, stops, and things in the way: what is there stays, and what appears is whole."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.curate import exchange
from core.curate.exchange.registry import FORMATS
from core.errors import Error
from core.events import Skipped
from core.importers import import_path
from core.project.catalog import add_images
from core.project.store import Store
from tests.core.conftest import finish
from tests.core.curate.exchange.conftest import facts
from tests.core.project.conftest import new_image
from tests.faults import ROOT, on_full_disk

EXPORT = """
import sys
from pathlib import Path
from core.cli.main import run
sys.exit(run(["labels", "export", sys.argv[-1], "-p", sys.argv[-2], "--format", sys.argv[-3]]))
"""


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("format", FORMATS)
def test_a_stopped_export_leaves_nothing(format: str, ours: Store, tmp_path: Path) -> None:
    before = left(tmp_path)
    place = tmp_path / f"out{FORMATS[format].suffix}"
    steps = 0
    while True:
        job = exchange.export(ours, place, format)
        try:
            for _ in range(steps + 1):
                next(job)
        except StopIteration:
            break
        job.close()
        assert left(tmp_path) == before
        steps += 1
    assert steps >= 2
    assert left(tmp_path) == before | {place.name}


def test_a_stopped_merge_writes_nothing(ours: Store, theirs: Store, tmp_path: Path) -> None:
    finish(exchange.export(ours, tmp_path / "a.csv", "csv"))
    before = facts(theirs)
    job = exchange.merge(theirs, tmp_path / "a.csv")
    for _ in range(3):
        next(job)
    job.close()
    assert facts(theirs) == before


def test_nothing_is_overwritten_unless_it_may(ours: Store, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    (tmp_path / "a.csv").write_text("mine")
    for place, format, words in (
        ("full", "imagefolder", "is not empty"),
        ("a.csv", "csv", "is there already"),
        ("a.csv", "imagefolder", "is a file"),
        ("full", "csv", "is a folder"),
    ):
        with pytest.raises(Error, match=words):
            finish(exchange.export(ours, tmp_path / place, format))
    assert (tmp_path / "a.csv").read_text() == "mine"
    finish(exchange.export(ours, tmp_path / "a.csv", "csv", replace=True))
    assert (tmp_path / "a.csv").read_text("utf-8").startswith("file,label,")
    (tmp_path / "empty").mkdir()
    finish(exchange.export(ours, tmp_path / "empty", "imagefolder"))
    assert (tmp_path / "empty" / "labels.csv").is_file()


def test_images_that_are_gone_or_have_changed_are_told(photos: Path, ours: Store, tmp_path: Path) -> None:
    (photos / "cat" / "1.png").unlink()
    (photos / "cat" / "2.png").write_bytes(b"another")
    events = list(exchange.export(ours, tmp_path / "set", "imagefolder"))
    assert {event.name for event in events if isinstance(event, Skipped)} == {"cat/1.png", "cat/2.png"}
    assert len((tmp_path / "set" / "labels.csv").read_text("utf-8").splitlines()) == 1 + 4 + 1  # a note has two lines


def test_a_file_name_that_is_no_text_goes_out_and_in(tmp_path: Path, photos: Path) -> None:
    if sys.platform in ("win32", "darwin"):
        pytest.skip("file names are text here")
    odd = os.path.join(os.fsencode(photos), b"cat", b"caf\xe9 \x01.png")
    os.rename(photos / "cat" / "1.png", odd)
    with Store.create(tmp_path / "project") as store:
        finish(import_path(store, photos))
        for format in FORMATS:
            place = tmp_path / f"{format}{FORMATS[format].suffix}"
            images = finish(exchange.export(store, place, format)).images
            assert finish(exchange.merge(store, place)).equal == images
        assert (tmp_path / "imagefolder" / "cat" / "caf_ _.png").is_file()


@pytest.mark.parametrize("format", ["csv", "jsonl", "label-studio", "imagefolder", "huggingface"])
def test_a_full_disk_is_told_and_leaves_nothing(format: str, ours: Store, tmp_path: Path) -> None:
    before = left(tmp_path)
    place = tmp_path / f"out{FORMATS[format].suffix}"
    ended = on_full_disk(EXPORT, 100, format, str(ours.root), str(place))
    assert ended.returncode == 1
    assert "The disk is full" in ended.stderr
    assert left(tmp_path) == before


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
@pytest.mark.parametrize("format", ["csv", "imagefolder"])
def test_a_killed_export_leaves_the_whole_or_nothing_and_the_next_one_cleans_up(
    format: str, tmp_path: Path, photos: Path
) -> None:
    with Store.create(tmp_path / "many") as store:
        finish(import_path(store, photos))
        add_images(store, tmp_path / "gone", [new_image(f"{n}.png", label="x") for n in range(20_000)])
    (tmp_path / "out").mkdir()
    place, draw = tmp_path / "out" / f"all{FORMATS[format].suffix}", random.Random(4)
    begun = 0
    for _ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", EXPORT, format, str(tmp_path / "many"), str(place)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 30
        while process.poll() is None and not any(place.parent.glob(".export-*")) and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(draw.random() * 0.1)
        process.send_signal(signal.SIGKILL)
        process.wait()
        begun += any(place.parent.glob(".export-*"))
        assert len(left(place.parent)) <= 1
        assert not place.exists() or len(left(place.parent)) == 1
        if place.is_file():
            place.unlink()
    assert begun
    with Store.open(tmp_path / "many", write=False) as store:
        finish(exchange.export(store, place, format))
    assert left(place.parent) == {place.name}
