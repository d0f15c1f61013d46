"""Images that are copied into the project because they have no lasting place."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import jobs
from core.cli.main import run
from core.errors import Error
from core.events import Event, Skipped
from core.importers import copies
from core.importers.registry import ImportReport, imported
from core.project import records
from core.project.store import Store
from tests.core.importers.conftest import Draw, tree
from tests.faults import on_full_disk


def copy(store: Store, files: list[Path], sink: list[Event] | None = None) -> ImportReport:
    events = sink if sink is not None else []
    report = jobs.run(imported(store, copies.bring_in(store, files, "pasted")), events.append)
    assert isinstance(report, ImportReport)
    return report


def test_images_are_copied_and_the_same_one_comes_in_once(store: Store, tmp_path: Path, draw: Draw) -> None:
    first, second = draw(tmp_path / "a.png"), draw(tmp_path / "b.jpg")
    misnamed = tmp_path / "c.jpg"
    misnamed.write_bytes(draw(tmp_path / "d.png").read_bytes())
    assert copy(store, [first, second, misnamed, first]).added == 3
    content = {file.read_bytes() for file in (first, second, misnamed)}
    for file in (first, second, misnamed):
        file.unlink()
    assert {record.path.read_bytes() for record in records.images(store, range(9))} == content
    assert sorted(path.suffix for path in (store.paths.images / "pasted").iterdir()) == [".jpg", ".png", ".png"]
    again = tmp_path / "again.png"
    again.write_bytes(next(iter(content)))
    assert copy(store, [again]).unchanged == 1
    assert [path.name for path in store.paths.images.iterdir()] == ["pasted"]


def test_what_is_no_image_is_left_out(store: Store, tmp_path: Path, draw: Draw) -> None:
    (tmp_path / "page.png").write_bytes(b"<html>")
    sink: list[Event] = []
    report = copy(store, [tmp_path / "page.png", tmp_path / "gone.png", draw(tmp_path / "good.png")], sink)
    assert (report.added, len([event for event in sink if isinstance(event, Skipped)])) == (1, 2)


def test_nothing_is_left_where_nothing_came_in(store: Store, tmp_path: Path) -> None:
    (tmp_path / "page.png").write_bytes(b"<html>")
    before = tree(store.root)
    assert copy(store, [tmp_path / "page.png"]).added == 0
    assert tree(store.root) == before
    assert not store.paths.images.exists()


def test_closing_leaves_the_project_as_it_was(store: Store, tmp_path: Path, draw: Draw) -> None:
    job = copies.bring_in(store, [draw(tmp_path / "a.png")], "pasted")
    next(job)
    next(job)
    job.close()
    assert not store.paths.images.exists()


@pytest.mark.parametrize("name", ["", ".hidden", "  "])
def test_names_that_are_none(store: Store, tmp_path: Path, draw: Draw, name: str) -> None:
    with pytest.raises(Error, match="is no name for a folder"):
        jobs.run(copies.bring_in(store, [draw(tmp_path / "a.png")], name), lambda event: None)


def test_the_command_copies(tmp_path: Path, draw: Draw) -> None:
    file = draw(tmp_path / "a.png")
    assert run(["new", str(tmp_path / "p")]) == 0
    assert run(["import", str(file), "--into", "pasted", "-p", str(tmp_path / "p")]) == 0
    file.unlink()
    with Store.open(tmp_path / "p", write=False) as store:
        assert records.image(store, 1).path.parent.name == "pasted"


def test_full_disk_is_one_sentence_and_leaves_nothing(tmp_path: Path, draw: Draw) -> None:
    noise = tmp_path / "noise.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (400, 400, 3), np.uint8)).save(noise)
    assert run(["new", str(tmp_path / "p")]) == 0
    code = "from core.cli.main import run; sys.exit(run(sys.argv[2:]))"
    done = on_full_disk(code, 200_000, "import", str(noise), "--into", "pasted", "-p", str(tmp_path / "p"))
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "p" / "images").exists()
