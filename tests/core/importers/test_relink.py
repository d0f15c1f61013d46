"""Images that have moved are found again by what they hold."""

import json
import os
from pathlib import Path

import pytest

from core import jobs
from core.cli.main import run
from core.errors import Error
from core.importers.relink import Relinked, relink
from core.project import edits, records
from core.project.catalog import absent_folders
from core.project.store import Store
from tests.core.importers.conftest import Draw, bring


def again(store: Store, folder: Path) -> Relinked:
    found = jobs.run(relink(store, folder), lambda event: None)
    assert isinstance(found, Relinked)
    return found


def photos(folder: Path, draw: Draw) -> Path:
    for number in range(4):
        draw(folder / "cat" / f"{number}.png")
    return folder


def facts(store: Store) -> list[tuple[object, ...]]:
    sql = "SELECT id, class_id, labelled_by, split, source_id, content_hash, rejected FROM image ORDER BY id"
    return store.read(sql)


def test_a_folder_that_moved(store: Store, tmp_path: Path, draw: Draw) -> None:
    folder = photos(tmp_path / "photos", draw)
    bring(store, folder)
    edits.add_class(store, "dog")
    edits.label(store, [1, 2], "dog")
    edits.set_split(store, {3: "test"})
    before = facts(store)
    assert absent_folders(store) == []
    moved = tmp_path / "elsewhere" / "pictures"
    moved.parent.mkdir()
    folder.rename(moved)
    draw(moved / "cat" / "new.png")
    assert [(absent.path, absent.images) for absent in absent_folders(store)] == [(folder.resolve(), 4)]
    assert again(store, tmp_path / "elsewhere") == Relinked(4, 0)
    assert facts(store) == before
    assert all(record.path.is_file() for record in records.images(store, range(1, 5)))
    assert records.counts(store).total == 4  # what is new is for an import
    assert absent_folders(store) == []
    assert again(store, tmp_path / "elsewhere") == Relinked(0, 0)
    assert edits.undo(store) is not None  # labels given before can be undone still


def test_some_are_found_renamed_and_some_not_at_all(store: Store, tmp_path: Path, draw: Draw) -> None:
    folder = photos(tmp_path / "photos", draw)
    bring(store, folder)
    (tmp_path / "new").mkdir()
    (folder / "cat" / "0.png").rename(tmp_path / "new" / "zero.png")
    (folder / "cat" / "1.png").unlink()
    (tmp_path / "new" / "same-size.png").write_bytes(bytes((folder / "cat" / "2.png").stat().st_size))
    assert again(store, tmp_path / "new") == Relinked(1, 1)
    names = [record.path.resolve() for record in records.images(store, range(1, 5))]
    assert names[0] == tmp_path / "new" / "zero.png"
    assert names[1:] == [folder / "cat" / f"{number}.png" for number in (1, 2, 3)]


def test_of_the_same_content_each_file_goes_to_the_image_called_like_it(
    store: Store, tmp_path: Path, draw: Draw
) -> None:
    folder = tmp_path / "photos"
    data = draw(folder / "cat" / "a.png").read_bytes()
    (folder / "dog").mkdir()
    (folder / "dog" / "b.png").write_bytes(data)
    bring(store, folder)
    folder.rename(tmp_path / "new")
    (tmp_path / "new" / "a-copy.png").write_bytes(data)
    assert again(store, tmp_path / "new") == Relinked(2, 0)
    assert {record.name: record.class_name for record in records.images(store, [1, 2])} == {
        "cat/a.png": "cat",
        "dog/b.png": "dog",
    }


def test_a_file_that_another_image_has_is_left_to_it(store: Store, tmp_path: Path, draw: Draw) -> None:
    folder = tmp_path / "photos"
    data = draw(folder / "a.png").read_bytes()
    (folder / "b.png").write_bytes(data)
    bring(store, folder)
    (folder / "a.png").unlink()
    assert again(store, folder) == Relinked(0, 1)
    assert len({record.path for record in records.images(store, [1, 2])}) == 2


def test_closing_changes_nothing(store: Store, tmp_path: Path, draw: Draw) -> None:
    folder = photos(tmp_path / "photos", draw)
    bring(store, folder)
    folder.rename(tmp_path / "new")
    before = store.read("SELECT * FROM image")
    job = relink(store, tmp_path / "new")
    for _ in range(3):
        next(job)
    job.close()
    assert store.read("SELECT * FROM image") == before


def test_names_that_are_no_text(store: Store, tmp_path: Path, draw: Draw) -> None:
    folder = photos(tmp_path / "photos", draw)
    try:
        os.rename(folder / "cat" / "0.png", os.fsencode(folder / "cat") + b"/caf\xe9.png")
    except OSError:
        pytest.skip("this file system takes only names that are text")
    bring(store, folder)
    folder.rename(tmp_path / "new")
    (tmp_path / "new" / "loop").symlink_to(tmp_path / "new")
    assert again(store, tmp_path / "new") == Relinked(4, 0)


def test_what_is_no_folder_is_told(store: Store, tmp_path: Path) -> None:
    with pytest.raises(Error, match="There is no folder"):
        again(store, tmp_path / "nothing")


def test_the_command(tmp_path: Path, draw: Draw, capsys: pytest.CaptureFixture[str]) -> None:
    folder = photos(tmp_path / "photos", draw)
    project = str(tmp_path / "p")
    assert run(["import", str(folder), "-p", project]) == 0
    folder.rename(tmp_path / "new")
    (tmp_path / "new" / "cat" / "3.png").unlink()
    capsys.readouterr()
    assert run(["relink", str(tmp_path / "new"), "-p", project, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"relinked": 3, "missing": 1}
    assert run(["relink", str(tmp_path / "new"), "-p", project]) == 0
    assert capsys.readouterr().out == "0 images found again, 1 still missing\n"
