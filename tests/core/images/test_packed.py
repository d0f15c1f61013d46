"""Packed pixels: right rows, whatever happened before."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import Error
from core.events import Event, Skipped, Stage
from core.images.packed import Packed, load_square, pack
from core.jobs import run
from core.paths import ProjectPaths
from tests.core.images.conftest import Pictures, hash_of

MakePictures = Callable[[int], Pictures]


@pytest.fixture
def paths(tmp_path: Path) -> ProjectPaths:
    return ProjectPaths(tmp_path / "project")


def finish(job: Generator[Event, None, Packed]) -> tuple[Packed, list[Event]]:
    events: list[Event] = []
    packed = run(job, events.append)
    assert isinstance(packed, Packed)
    return packed, events


def assert_right(packed: Packed, files: list[Path], size: int) -> None:
    for row, file in zip(packed.rows, files, strict=True):
        assert row >= 0
        assert np.array_equal(packed.pixels[row], load_square(file, size))


def test_pixels_are_those_of_the_loader(paths: ProjectPaths, make_pictures: MakePictures) -> None:
    hashes, files = make_pictures(20)
    packed, events = finish(pack(paths, hashes, files, 24))
    assert packed.pixels.shape == (20, 24, 24, 3)
    assert packed.pixels.dtype == np.uint8
    assert not packed.pixels.flags.writeable
    assert_right(packed, files, 24)
    assert events[0] == Stage(title="Preparing images", total=20)


def test_of_equal_images_any_readable_one_will_do(
    paths: ProjectPaths, make_pictures: MakePictures, tmp_path: Path
) -> None:
    hashes, files = make_pictures(2)
    gone = [tmp_path / "gone.png", tmp_path / "gone too.png"]
    packed, events = finish(pack(paths, hashes[[0, 0, 1, 0]], [gone[0], files[0], files[1], gone[1]], 16))
    assert packed.rows.tolist() == [0, 0, 1, 0]
    assert packed.skipped == []
    assert not any(isinstance(event, Skipped) for event in events)
    other = np.zeros((2, 32), np.uint8)
    assert [file for file, _ in finish(pack(paths, other, gone, 16))[0].skipped] == gone


def test_bilinear_with_antialiasing_stretches_to_a_square(tmp_path: Path) -> None:
    stripes = np.zeros((64, 128, 3), dtype=np.uint8)
    stripes[:, ::2] = 255
    Image.fromarray(stripes).save(tmp_path / "stripes.png")
    small = load_square(tmp_path / "stripes.png", 16)
    assert small.shape == (16, 16, 3)
    assert abs(int(small.min()) - 127) < 10
    assert abs(int(small.max()) - 127) < 10


def test_known_images_are_not_read_again(paths: ProjectPaths, make_pictures: MakePictures) -> None:
    hashes, files = make_pictures(12)
    finish(pack(paths, hashes[:8], files[:8], 16))
    for file in files[:8]:
        file.unlink()
    packed, events = finish(pack(paths, hashes[::-1], files[::-1], 16))
    assert events[0] == Stage(title="Preparing images", total=4)
    assert packed.rows.tolist() == [8, 9, 10, 11, 7, 6, 5, 4, 3, 2, 1, 0]
    again, events = finish(pack(paths, hashes, files, 16))
    assert events == []
    assert np.array_equal(again.pixels[again.rows], packed.pixels[packed.rows[::-1]])


def test_twins_share_a_row(paths: ProjectPaths, make_pictures: MakePictures, tmp_path: Path) -> None:
    hashes, files = make_pictures(2)
    packed, _ = finish(pack(paths, hashes[[0, 1, 0]], [files[0], files[1], files[0]], 16))
    assert packed.rows.tolist() == [0, 1, 0]


def test_nothing_asked(paths: ProjectPaths) -> None:
    packed, events = finish(pack(paths, np.zeros((0, 32), dtype=np.uint8), [], 16))
    assert packed.pixels.shape == (0, 16, 16, 3)
    assert packed.rows.shape == (0,)
    assert events == []


def test_unreadable_images_are_left_out_with_their_reason(paths: ProjectPaths, make_pictures: MakePictures) -> None:
    hashes, files = make_pictures(4)
    files[0].unlink()
    files[1].write_bytes(files[2].read_bytes())
    files[3].write_bytes(files[3].read_bytes()[:-30])
    hashes[3] = hash_of(files[3])
    packed, events = finish(pack(paths, hashes, files, 16))
    assert packed.rows.tolist() == [-1, -1, 0, -1]
    assert packed.skipped == [
        (files[0], "it is not there"),
        (files[1], "it has changed since it was imported; import it again"),
        (files[3], "it is cut off before its end"),
    ]
    assert [event.reason for event in events if isinstance(event, Skipped)] == [reason for _, reason in packed.skipped]


def test_closing_keeps_what_is_packed(paths: ProjectPaths, make_pictures: MakePictures) -> None:
    hashes, files = make_pictures(300)
    job = pack(paths, hashes, files, 256)  # 85 squares fill a batch
    next(job)
    next(job)
    job.close()
    packed, events = finish(pack(paths, hashes, files, 256))
    stage = events[0]
    assert isinstance(stage, Stage)
    assert stage.total is not None
    assert 0 < stage.total < 300
    assert_right(packed, files, 256)


def test_cache_may_be_deleted_at_any_time(paths: ProjectPaths, make_pictures: MakePictures) -> None:
    hashes, files = make_pictures(100)
    job = pack(paths, hashes, files, 256)
    next(job)
    next(job)
    delete(paths.cache)
    packed, _ = finish(job)
    assert_right(packed, files, 256)
    delete(paths.cache)
    assert_right(packed, files, 256)
    assert_right(finish(pack(paths, hashes, files, 256))[0], files, 256)


def delete(folder: Path) -> None:
    if folder.exists():
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        folder.rmdir()


@pytest.mark.parametrize("damage", ["index cut", "index flipped", "pixels cut", "pixels gone", "index gone"])
def test_damaged_cache_is_rebuilt(paths: ProjectPaths, make_pictures: MakePictures, damage: str) -> None:
    hashes, files = make_pictures(10)
    finish(pack(paths, hashes, files, 16))
    what, how = damage.split()
    (file,) = paths.packed.glob(f"*.{what}")
    data = bytearray(file.read_bytes())
    if how == "gone":
        file.unlink()
    elif how == "cut":
        file.write_bytes(data[: len(data) // 2 + 7])
    else:
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
    assert_right(finish(pack(paths, hashes, files, 16))[0], files, 16)


def test_another_packing_is_waited_for(paths: ProjectPaths, make_pictures: MakePictures) -> None:
    hashes, files = make_pictures(6)
    first = pack(paths, hashes, files, 16)
    next(first)
    second = pack(paths, hashes, files, 16)
    assert "Waiting" in str(next(second))
    finish(first)
    packed, _ = finish(second)
    assert_right(packed, files, 16)


CHILD = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from core.images.packed import pack
from core.paths import ProjectPaths
root, size, limit = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
if limit:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
files = sorted((root.parent / "photos").iterdir())
print("ready", flush=True)
try:
    for event in pack(ProjectPaths(root), np.load(root.parent / "hashes.npy"), files, size):
        print("event", flush=True)
except Exception as problem:
    print(type(problem).__name__, problem)
"""


def start(paths: ProjectPaths, size: int, limit: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-c", CHILD, str(paths.root), str(size), str(limit)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3])


def test_kill_at_a_random_moment(paths: ProjectPaths, make_pictures: MakePictures, tmp_path: Path) -> None:
    hashes, files = make_pictures(400)
    np.save(tmp_path / "hashes.npy", hashes)
    chance = random.Random(os.getpid())
    for _ in range(4):
        with start(paths, 128) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0, 0.5))
            child.send_signal(signal.SIGKILL)
    packed, _ = finish(pack(paths, hashes, files, 128))
    assert packed.skipped == []
    assert_right(packed, files, 128)


def test_full_disk_is_one_sentence_and_loses_nothing(
    paths: ProjectPaths, make_pictures: MakePictures, tmp_path: Path
) -> None:
    hashes, files = make_pictures(200)
    np.save(tmp_path / "hashes.npy", hashes)
    before = {file: file.read_bytes() for file in files}
    finish(pack(paths, hashes[:20], files[:20], 64))
    with start(paths, 64, limit=1_000_000) as child:
        output, _ = child.communicate()
    last = output.splitlines()[-1]
    assert last.startswith("Error The disk is full at ")
    assert "64px" in last
    assert {file: file.read_bytes() for file in files} == before
    packed, events = finish(pack(paths, hashes, files, 64))
    assert events[0] == Stage(title="Preparing images", total=180)
    assert_right(packed, files, 64)


def test_cache_that_cannot_be_made(paths: ProjectPaths, make_pictures: MakePictures) -> None:
    hashes, files = make_pictures(2)
    paths.packed.mkdir(parents=True)
    (paths.packed / "16px-v1.pixels").mkdir()
    with pytest.raises(Error, match=r"16px-v1\.pixels"):
        finish(pack(paths, hashes, files, 16))
