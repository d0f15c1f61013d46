"""Imports while the world changes: files that go, change and cannot be read, and projects that are left meanwhile."""

import shutil
from pathlib import Path

import pytest

from core.events import Progress, Skipped, Stage
from core.importers import import_path
from core.importers.preview import preview
from core.project import records
from core.project.store import Store
from tests.core.importers.conftest import Draw, bring, names
from tests.faults import as_ordinary_user


def photos(folder: Path, draw: Draw, count: int = 20) -> Path:
    for number in range(count):
        draw(folder / ("cat", "dog")[number % 2] / f"{number:02}.png")
    return folder


def test_files_that_vanish_while_they_are_imported(store: Store, tmp_path: Path, draw: Draw) -> None:
    folder = photos(tmp_path / "photos", draw)
    skipped = []
    for event in import_path(store, folder):
        if event == Stage(title="Reading images", total=20):
            for number in (0, 7, 19):
                (folder / ("cat", "dog")[number % 2] / f"{number:02}.png").unlink()
        if isinstance(event, Skipped):
            skipped.append((event.name, event.reason))
    gone = ["cat/00.png", "dog/07.png", "dog/19.png"]
    assert sorted(skipped) == [(name, "it is not there") for name in gone]
    assert len(names(store)) == 17


def test_a_folder_that_vanishes_while_it_is_looked_at(tmp_path: Path, draw: Draw, store: Store) -> None:
    folder = photos(tmp_path / "photos", draw)
    job = import_path(store, folder)
    next(job)
    shutil.rmtree(folder)
    with pytest.raises(Exception, match="cannot be listed"):
        list(job)
    assert records.counts(store).total == 0


def test_a_whole_folder_that_vanishes_while_it_is_read_leaves_an_import_of_nothing(
    tmp_path: Path, draw: Draw, store: Store
) -> None:
    folder = photos(tmp_path / "photos", draw)
    skipped = 0
    for event in import_path(store, folder):
        if isinstance(event, Stage) and event.title == "Reading images":
            shutil.rmtree(folder)
        skipped += isinstance(event, Skipped)
    assert (skipped, records.counts(store).total) == (20, 0)


def test_links_in_circles_and_to_themselves_end(tmp_path: Path, draw: Draw, store: Store) -> None:
    folder = photos(tmp_path / "photos", draw, 2)
    (folder / "cat" / "up").symlink_to(folder)
    (folder / "cat" / "self.png").symlink_to("self.png")
    (folder / "a").symlink_to(folder / "b")
    (folder / "b").symlink_to(folder / "a")
    told = preview(folder)
    report = bring(store, folder)
    assert (told.images, report.added) == (2, 2)
    assert sum(left.count for left in told.left_out) == len(report.skipped) == 4


def test_a_cancelled_import_of_a_grown_project_changes_nothing(store: Store, tmp_path: Path, draw: Draw) -> None:
    bring(store, photos(tmp_path / "photos", draw, 4))
    before = store.read("SELECT * FROM image") + store.read("SELECT * FROM edit")
    photos(tmp_path / "photos", draw, 30)
    for at in range(1, 4):
        job = import_path(store, tmp_path / "photos")
        seen = 0
        for event in job:
            seen += isinstance(event, Progress | Stage)
            if seen == at:
                break
        job.close()
        assert store.read("SELECT * FROM image") + store.read("SELECT * FROM edit") == before


def test_partly_labelled_and_unlabelled_folders_are_ordinary(store: Store, tmp_path: Path, draw: Draw) -> None:
    draw(tmp_path / "photos" / "cat" / "1.png")
    draw(tmp_path / "photos" / "2.png")
    told = preview(tmp_path / "photos")
    bring(store, tmp_path / "photos")
    assert (told.classes, told.unlabelled) == ({"cat": 1}, 1)
    assert names(store) == {"cat/1.png": ("cat", None), "2.png": (None, None)}


def test_a_locked_folder_is_told_by_preview_and_import_alike(tmp_path: Path, draw: Draw) -> None:
    folder = photos(tmp_path / "photos", draw, 4)
    (folder / "cat").chmod(0)
    code = (
        "import sys; from pathlib import Path; from core.importers.preview import preview;"
        "found = preview(Path(sys.argv[1])); print(found.images, *[left.reason for left in found.left_out], sep='|')"
    )
    try:
        done = as_ordinary_user(code, str(folder))
    finally:
        (folder / "cat").chmod(0o755)
    assert done.stdout == "2|you are not allowed to open this folder\n", done.stderr
