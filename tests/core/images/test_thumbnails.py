"""Thumbnails: made once, from any thread, in a cache that may vanish or fill up."""

import io
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.images.decode import Unreadable
from core.images.thumbnails import Thumbnails, make
from tests.core.images.conftest import Pictures, hash_of

MakePictures = Callable[[int], Pictures]


@pytest.fixture
def thumbnails(tmp_path: Path) -> Iterator[Thumbnails]:
    with Thumbnails(tmp_path / "project" / "cache" / "thumbnails.db") as thumbnails:
        yield thumbnails


def size_of(jpeg: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(jpeg)) as image:
        return image.size


def test_fits_a_square_and_is_never_enlarged(tmp_path: Path, thumbnails: Thumbnails) -> None:
    Image.new("RGB", (900, 300), "red").save(tmp_path / "wide.jpg")
    Image.new("RGB", (20, 10), "red").save(tmp_path / "tiny.png")
    assert size_of(make(tmp_path / "wide.jpg", 256)) == (256, 85)
    assert size_of(thumbnails.get(hash_of(tmp_path / "tiny.png").tobytes(), tmp_path / "tiny.png")) == (20, 10)


def test_is_kept_by_content_and_side(thumbnails: Thumbnails, make_pictures: MakePictures, tmp_path: Path) -> None:
    hashes, (file,) = make_pictures(1)
    key = hashes[0].tobytes()
    large, small = thumbnails.get(key, file), thumbnails.get(key, file, 8)
    assert max(size_of(small)) == 8
    file.rename(tmp_path / "moved.png")
    assert thumbnails.get(key, tmp_path / "nowhere.png") == large
    assert thumbnails.get(key, tmp_path / "nowhere.png", 8) == small


def test_picture_changed_on_disk_is_shown_but_not_kept(thumbnails: Thumbnails, make_pictures: MakePictures) -> None:
    hashes, (first, second) = make_pictures(2)
    original = first.read_bytes()
    first.write_bytes(second.read_bytes())
    assert thumbnails.get(hashes[0].tobytes(), first) == make(second)
    first.write_bytes(original)
    assert thumbnails.get(hashes[0].tobytes(), first) == make(first)


def test_failure_is_remembered_but_absence_is_not(thumbnails: Thumbnails, make_pictures: MakePictures) -> None:
    _, (broken, absent) = make_pictures(2)
    broken.write_bytes(broken.read_bytes()[:60])
    key = hash_of(broken).tobytes()
    with pytest.raises(Unreadable) as first:
        thumbnails.get(key, broken)
    broken.unlink()
    with pytest.raises(Unreadable) as second:
        thumbnails.get(key, broken)
    assert str(first.value) == str(second.value)

    absent_key, bytes_of_absent = hash_of(absent).tobytes(), absent.read_bytes()
    absent.unlink()
    with pytest.raises(Unreadable, match="it is not there"):
        thumbnails.get(absent_key, absent)
    absent.write_bytes(bytes_of_absent)
    assert thumbnails.get(absent_key, absent)


def test_many_threads(thumbnails: Thumbnails, make_pictures: MakePictures) -> None:
    hashes, files = make_pictures(60)
    tasks = [(hashes[index].tobytes(), files[index]) for index in range(60)] * 3
    with ThreadPoolExecutor(6) as pool:
        jpegs = list(pool.map(lambda task: thumbnails.get(*task), tasks))
    assert jpegs[:60] == jpegs[60:120] == jpegs[120:]
    assert jpegs[:60] == [make(file) for file in files]
    assert thumbnails.trouble is None


@pytest.mark.parametrize("folder_too", [False, True])
def test_cache_may_be_deleted_while_in_use(
    thumbnails: Thumbnails, make_pictures: MakePictures, tmp_path: Path, folder_too: bool
) -> None:
    hashes, files = make_pictures(3)
    cache = tmp_path / "project" / "cache"
    for index in range(3):
        assert thumbnails.get(hashes[index].tobytes(), files[index]) == make(files[index])
        if folder_too:
            shutil.rmtree(cache, ignore_errors=True)
        else:
            (cache / "thumbnails.db").unlink(missing_ok=True)
    for index in range(3):
        assert thumbnails.get(hashes[index].tobytes(), files[index]) == make(files[index])


def test_damaged_cache_is_made_anew(tmp_path: Path, make_pictures: MakePictures) -> None:
    hashes, (file,) = make_pictures(1)
    database = tmp_path / "thumbnails.db"
    database.write_bytes(b"this is no database at all" * 400)
    with Thumbnails(database) as thumbnails:
        assert thumbnails.get(hashes[0].tobytes(), file) == make(file)
        assert thumbnails.trouble is None
    with sqlite3.connect(database) as db:
        assert db.execute("SELECT count(*) FROM thumbnail").fetchone() == (1,)
    db.close()


CHILD = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from core.images.thumbnails import Thumbnails, make
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
root = Path(sys.argv[1])
files, hashes = sorted((root / "photos").iterdir()), np.load(root / "hashes.npy")
with Thumbnails(root / "thumbnails.db") as thumbnails:
    for key, file in zip(hashes, files):
        assert thumbnails.get(key.tobytes(), file) == make(file)
    print(thumbnails.trouble)
"""


def test_full_disk_shows_pictures_all_the_same(tmp_path: Path, make_pictures: MakePictures) -> None:
    hashes, files = make_pictures(30)
    np.save(tmp_path / "hashes.npy", hashes)
    command = [sys.executable, "-W", "error", "-c", CHILD, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[3], check=False)
    assert done.stderr == ""
    assert "disk is full" in done.stdout
    with Thumbnails(tmp_path / "thumbnails.db") as thumbnails:
        for index in range(30):
            assert thumbnails.get(hashes[index].tobytes(), files[index]) == make(files[index])
        assert thumbnails.trouble is None
