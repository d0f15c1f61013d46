"""Several folders, archives and images imported at once."""

from pathlib import Path

import pytest

from core import jobs
from core.errors import Error
from core.importers import import_several
from core.importers.several import look_at
from core.project import records
from core.project.store import Store
from tests.core.importers.conftest import Draw, names, tree


def several(store: Store, *paths: Path) -> tuple[int, int, int]:
    report = jobs.run(import_several(store, paths), lambda event: None)
    return report.added, report.unchanged, len(report.skipped)


def test_folders_and_images_come_in_together(store: Store, tmp_path: Path, draw: Draw) -> None:
    pets = draw(tmp_path / "pets" / "cat" / "1.png").parents[1]
    loose = [draw(tmp_path / "desk" / "a.png"), draw(tmp_path / "desk" / "b.jpg"), draw(tmp_path / "c.png")]
    (tmp_path / "bad.png").write_bytes(b"no")
    before = tree(tmp_path / "desk")
    paths = [pets, *loose, tmp_path / "bad.png", loose[0]]
    looked = look_at(paths)
    assert [(p.kind, p.name, p.images) for p in looked.previews] == [
        ("folder", "pets", 1),
        ("pictures", "4 image files", 3),
    ]
    assert several(store, *paths) == (4, 0, 1)
    assert looked.images == records.counts(store).total
    assert names(store)["desk/b.jpg"] == (None, None)
    assert tmp_path / "c.png" in {record.path.resolve() for record in records.images(store, range(9))}
    assert several(store, *paths) == (0, 4, 1)
    assert several(store, tmp_path / "desk") == (0, 2, 0)
    assert tree(tmp_path / "desk") == before


def test_what_cannot_be_imported_is_told_beside_the_rest(tmp_path: Path, draw: Draw) -> None:
    (tmp_path / "notes.txt").write_text("x")
    looked = look_at([draw(tmp_path / "1.png"), tmp_path / "notes.txt"])
    assert looked.images == 1
    (problem,) = looked.problems
    assert problem.startswith("notes.txt is nothing that can be imported.")
    with pytest.raises(Error, match=r"^notes\.txt is nothing"):
        look_at([tmp_path / "notes.txt"])


def test_what_is_in_the_project_already_is_counted(store: Store, tmp_path: Path, draw: Draw) -> None:
    folder = draw(tmp_path / "pets" / "cat" / "1.png").parents[1]
    loose = draw(tmp_path / "2.png")
    assert look_at([folder, loose], store).known == 0
    several(store, folder)
    draw(folder / "dog" / "3.png")
    assert look_at([folder, loose], store).known == 1
    assert look_at([folder / "cat"], store).known == 1
    several(store, loose)
    looked = look_at([folder, loose, loose], store)
    assert (looked.images, looked.known) == (3, 2)


def test_what_came_before_a_problem_is_kept(store: Store, tmp_path: Path, draw: Draw) -> None:
    with pytest.raises(Error, match="There is nothing at"):
        several(store, draw(tmp_path / "a" / "1.png").parent, tmp_path / "gone")
    assert records.counts(store).total == 1
