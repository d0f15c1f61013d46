from pathlib import Path

import numpy as np
import pytest

from core.project import edits, records
from core.project.catalog import AddedImages, add_images
from core.project.store import Store
from tests.core.project.conftest import new_image
from tests.faults import as_ordinary_user


def link(place: Path, target: Path) -> None:
    try:
        place.symlink_to(target, target_is_directory=True)
    except OSError:
        pytest.skip("this Windows account may not make links")


def test_importing_again_changes_nothing_and_keeps_edits(digits: Store, tmp_path: Path) -> None:
    edits.label(digits, [1], "2")
    again = [new_image(f"{n}.png", label=str(n % 3), source="sign") for n in range(30)]
    assert add_images(digits, tmp_path / "photos", again) == AddedImages(unchanged=30)
    assert records.image(digits, 1).class_name == "2"


def test_a_changed_file_is_renewed_and_keeps_its_label(digits: Store, tmp_path: Path) -> None:
    changed = new_image("0.png", content="other", width=99)
    assert add_images(digits, tmp_path / "photos", [changed]).updated == 1
    image = records.image(digits, 1)
    assert (image.width, image.class_name) == (99, "0")


def test_a_moved_folder_is_linked_again_by_content(digits: Store, tmp_path: Path) -> None:
    edits.label(digits, [1], "2")
    moved = tmp_path / "elsewhere"
    result = add_images(digits, moved, [new_image(f"new/{n}.png", content=f"{n}.png") for n in range(30)])
    assert result == AddedImages(relinked=30)
    image = records.image(digits, 1)
    assert (image.path.resolve(), image.class_name, image.name) == (moved / "new/0.png", "2", "new/0.png")


def test_a_copy_beside_the_original_is_an_image_of_its_own(store: Store, tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    add_images(store, tmp_path, [new_image("a.png", content="same")])
    assert add_images(store, tmp_path, [new_image("b.png", content="same")]).added == 1


def test_names_that_are_no_unicode_are_kept_exactly(store: Store, tmp_path: Path) -> None:
    from dataclasses import replace

    add_images(store, tmp_path, [replace(new_image("x"), path=b"caf\xe9.png")])
    image = records.image(store, 1)
    assert image.name == "caf\ufffd.png"
    assert bytes(image.path).endswith(b"caf\xe9.png")


def test_targets_and_tags_are_stored(store: Store, tmp_path: Path) -> None:
    add_images(store, tmp_path, [new_image("a.png", targets={"squares": 4.0}, tags=("blurry", "night"))])
    assert records.image(store, 1).tags == ("blurry", "night")
    add_images(store, tmp_path, [new_image("b.png", targets={"squares": 0.0, "up": 1.5}), new_image("c.png")])
    known = records.targets(store, np.array([2, -1, 1, 1, 3]))
    assert known.names == ("squares", "up")
    none = np.nan
    values = [[0, 1.5], [none, none], [4, none], [4, none], [none, none]]
    assert np.array_equal(known.values, values, equal_nan=True)
    assert records.targets(store, np.array([], np.int64)).values.shape == (0, 2)


def test_counts_name_every_class_split_and_source(digits: Store) -> None:
    counts = records.counts(digits)
    assert counts.classes == {"0": 10, "1": 10, "2": 10}
    assert counts.sources == {"meter": 15, "sign": 15}
    assert counts.splits == {"train": 0, "val": 0, "test": 0, "": 30}


def test_a_folder_within_an_imported_one_brings_nothing_twice(store: Store, tmp_path: Path) -> None:
    add_images(store, tmp_path, [new_image("cat/0.png", content="a"), new_image("dog/0.png", content="b")])
    assert add_images(store, tmp_path / "cat", [new_image("0.png", content="a")]).unchanged == 1
    assert add_images(store, tmp_path.parent, [new_image(f"{tmp_path.name}/dog/0.png", content="b")]).unchanged == 1
    assert records.counts(store).total == 2


def test_a_folder_imported_again_by_a_link_brings_nothing_twice(store: Store, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "0.png").touch()
    link(tmp_path / "link", photos)
    add_images(store, photos, [new_image("0.png")])
    assert add_images(store, tmp_path / "link", [new_image("0.png")]).unchanged == 1


def test_images_are_found_from_a_project_behind_a_link(tmp_path: Path) -> None:
    for folder in ("disk/deep", "photos"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "photos" / "0.png").touch()
    link(tmp_path / "project", tmp_path / "disk" / "deep")
    with Store.create(tmp_path / "project") as store:
        add_images(store, tmp_path / "photos", [new_image("0.png")])
        assert records.image(store, 1).path.exists()
        assert add_images(store, tmp_path / "photos", [new_image("0.png")]).unchanged == 1
    with Store.open(tmp_path / "disk" / "deep") as store:
        assert records.image(store, 1).path.exists()


def test_a_copy_of_an_image_that_may_not_be_looked_at_is_linked(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "a.png").touch()
    code = """
import sys
from pathlib import Path
from core.project.catalog import add_images
from core.project.store import Store
from tests.core.project.conftest import new_image
place = Path(sys.argv[1])
with Store.create(place / "project") as store:
    add_images(store, place / "hidden", [new_image("a.png")])
    (place / "hidden").chmod(0)
    print(add_images(store, place / "copy", [new_image("a.png")]).relinked)
"""
    done = as_ordinary_user(code, str(tmp_path))
    hidden.chmod(0o700)
    assert (done.stdout, done.stderr) == ("1\n", "")
